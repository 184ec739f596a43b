"""The worker of the simulator pool: compiles and runs one job after the other, inside the sandbox.

Started as `python -m rtlwright.eval.sim_worker SCRATCH MEMORY_MB MODE [PATH…]`. Every job has a directory
of its own, and the scratch space is emptied after it: nothing that a sample writes is there for the next.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rtlwright.eval.job import Ended, ToolRun
from rtlwright.eval.tampering import inspect
from rtlwright.eval.tool_run import run_tool
from rtlwright.server.check.cell import Cell
from rtlwright.server.check.icarus_install import IcarusInstall
from rtlwright.server.worker_main import Job, serve

FILE_MB = 64
_OUTPUT = "test.vvp"


class Simulator:
    """Icarus Verilog with a scratch directory."""

    def __init__(self, scratch: Path):
        self._scratch = scratch

    def run(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """The fields of a `Job`, and `icarus` → those of an `Outcome`."""
        place = self._scratch / secrets.token_hex(8)
        place.mkdir()
        try:
            return self._run(params, IcarusInstall.decode(params["icarus"]), place)
        finally:
            self._sweep()

    def _run(self, params: Mapping[str, Any], icarus: IcarusInstall, place: Path) -> dict[str, Any]:
        names = _write(place, params["files"])
        argv = [*icarus.driver, *params["flags"], "-o", _OUTPUT, *names]
        compiled = run_tool(argv, place, params["timeout_s"])
        answer: dict[str, Any] = {"compile": asdict(compiled)}
        if compiled.ended is not Ended.EXITED or not (place / _OUTPUT).exists():
            return answer
        _write(place, params["data"])
        limit = params["timeout_s"] - (compiled.seconds if params["shared_limit"] else 0.0)
        # No waveform is wanted, and `-none` writes none; all else is as the benchmark has it.
        ran = run_tool([*icarus.simulator, *params["run_flags"], _OUTPUT, "-none"], place, max(0.1, limit))
        answer["run"] = asdict(ran)
        if params["inspection"] and _passes(ran, params["expect"]):
            answer["tampering"] = inspect(params["inspection"], icarus, place)
        return answer

    def _sweep(self) -> None:
        for root in {self._scratch, Path("/tmp")} if self._private_tmp else {self._scratch}:
            for entry in root.iterdir():
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink(missing_ok=True)

    @property
    def _private_tmp(self) -> bool:
        """Only bubblewrap gives the worker a /tmp of its own, and /scratch beside it."""
        return self._scratch == Path("/scratch")


def _passes(ran: ToolRun, expect: str) -> bool:
    return re.search(expect, ran.out) is not None


def _write(place: Path, files: Sequence[Mapping[str, str]]) -> list[str]:
    for file in files:
        (place / Path(file["name"]).name).write_text(file["text"], "utf-8", errors="surrogateescape")
    return [Path(file["name"]).name for file in files]


def main(arguments: Sequence[str]) -> None:
    scratch = Cell.of(arguments).enter(FILE_MB)
    os.chdir(scratch)
    serve({"run": Simulator(scratch).run})


if __name__ == "__main__":
    main(sys.argv[1:])
