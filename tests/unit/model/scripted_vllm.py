"""Behaves as vLLM does at its start and end, without a model: `scripted_vllm.py MODE --port P`.

Like vLLM it is two processes, the second of which survives the death of the first. What it says in each mode
vLLM 0.32 said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SAID = {
    "memory": "(Worker pid=7) ERROR 11-21 14:32:11 [multiproc_executor.py:1063] ValueError: Available memory "
    "on node 0 (13.3/19.09 GiB) on kv cache allocation is less than requested memory for kv (100.0 GiB). "
    "Decrease --kv-cache-memory-bytes, VLLM_CPU_KVCACHE_SPACE, or reduce CPU memory used by others.\n"
    "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
    "gpu": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has",
    "port": "    sock.bind(addr)\nOSError: [Errno 98] Address already in use",
    "context": "  Value error, User-specified max_model_len (4096) is greater than the derived max_model_len "
    "(max_position_embeddings=1024.0 or model_max_length=None in model's config.json). To allow overriding",
    "argument": "usage: api_server.py [-h]\napi_server.py: error: unrecognized arguments: --nonsense",
    "crash": "(EngineCore pid=3) INFO all is well\nKeyError: 'model.layers.0.weight'",
}


class Handler(BaseHTTPRequestHandler):
    adapters: list[str] = []
    requests: list[str] = []

    def do_GET(self) -> None:
        if self.path == "/health":
            return self._answer({})
        if self.path == "/v1/models":
            listed = [{"id": "m", "max_model_len": 512, "parent": None}]
            return self._answer({"data": listed + [{"id": name, "parent": "m"} for name in self.adapters]})
        if self.path == "/requests":
            return self._answer({"requests": self.requests})
        return self._answer({}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {os.environ['VLLM_API_KEY']}":
            return self._answer({"error": "Unauthorized"}, 401)
        if self.path == "/v1/load_lora_adapter":
            if not Path(body["lora_path"]).is_dir():
                return self._answer({"error": {"message": f"No adapter found for {body['lora_path']}"}}, 404)
            self.adapters.append(body["lora_name"])
        elif self.path == "/v1/unload_lora_adapter":
            self.adapters.remove(body["lora_name"])
        elif self.path == "/v1/completions":
            self.requests.append(body["model"])
            if body.get("stream"):
                choice = {"index": 0, "text": body["model"], "finish_reason": "stop"}
                return self._send(
                    b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\ndata: [DONE]\n\n"
                )
        return self._answer({})

    def _answer(self, value: object, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), status)

    def _send(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def main(mode: str, port: int) -> None:
    engine = subprocess.Popen([sys.executable, "-S", "-c", "import time\nwhile True: time.sleep(1)"])
    print("engine", engine.pid, flush=True)
    if mode.startswith("once:"):  # this once; the next start goes well
        mark = Path(mode.split(":")[2])
        mode = "" if mark.exists() else mode.split(":")[1]
        mark.touch()
    time.sleep(0.1)
    if mode in SAID:
        print(SAID[mode], flush=True)
        sys.exit(2 if mode == "argument" else 1)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[sys.argv.index("--port") + 1]))
