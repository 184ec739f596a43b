"""llama.cpp's own HTTP server with the shipped model, for tests: `python llama_server.py PORT`."""

from __future__ import annotations

import sys
import time

import xllamacpp

from rtlwright.server.model.embedded import shipped_model


def main() -> None:
    common = xllamacpp.CommonParams()
    common.model.path = str(shipped_model())
    common.model_alias = {"rtlwright-small"}
    common.n_ctx = 2048
    common.n_parallel = 2
    common.cpuparams.n_threads = 1
    common.cpuparams_batch.n_threads = 1
    common.warmup = False
    common.ui = False
    common.verbosity = 1
    common.hostnames = ["127.0.0.1"]
    common.port = int(sys.argv[1])
    server = xllamacpp.Server(common)
    print("ready", server is not None, flush=True)
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
