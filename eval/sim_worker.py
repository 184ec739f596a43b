"""The worker of the simulator pool: compiles and runs one job after the other, inside the sandbox.

Started as `python -m rtlwright.eval.sim_worker SCRATCH MEMORY_MB MODE [PATH…]`. Every job has a directory
of its own, and the scratch space is emptied after it: nothing that a sample writes is there for the next.
"""

from __future__ import annotations

import os
import re
import resource
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rtlwright.eval.direct import Compiler
from rtlwright.eval.job import Ended, ToolRun
from rtlwright.eval.tampering import inspect
from rtlwright.eval.tool_run import run_tool
from rtlwright.server.check.confine.cell import Cell
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.worker_main import Job, serve

FILE_MB = 64
_OUTPUT = "test.vvp"


class Simulator:
    """Icarus Verilog with a scratch directory."""

    def __init__(self, scratch: Path):
        self._scratch = scratch
        # Only bubblewrap gives the worker a /tmp of its own, and /scratch beside it.
        self._places = (scratch, Path("/tmp")) if scratch == Path("/scratch") else (scratch,)
        self._compilers: dict[tuple[IcarusInstall, tuple[str, ...]], Compiler] = {}
        self._first = frozenset(path for place in self._places for path in _entries(place))

    def run(self, params: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """The fields of a `Job`, and `icarus` → those of an `Outcome`."""
        place = self._scratch / secrets.token_hex(8)
        place.mkdir()
        before = _processor()
        try:
            answer = self._run(params, IcarusInstall.decode(params["icarus"]), place)
        finally:
            self._sweep()
        return {**answer, "processor": _processor() - before}

    def _run(self, params: Mapping[str, Any], icarus: IcarusInstall, place: Path) -> dict[str, Any]:
        names = _write(place, params["files"])
        compiler = self._compiler(icarus, tuple(params["flags"]))
        compiled = compiler.compile(names, _OUTPUT, place, params["timeout_s"])
        answer: dict[str, Any] = {"compile": asdict(compiled)}
        if compiled.ended is not Ended.EXITED or not (place / _OUTPUT).exists():
            return answer
        if params["silent"] and compiled.err:
            return answer
        _write(place, params["data"])
        limit = params["timeout_s"] - (compiled.seconds if params["shared_limit"] else 0.0)
        # No waveform is wanted, and `-none` writes none; all else is as the benchmark has it.
        ran = run_tool([*icarus.simulator, *params["run_flags"], _OUTPUT, "-none"], place, max(0.1, limit))
        answer["run"] = asdict(ran)
        if params["inspection"] and _passes(ran, params["expect"]):
            answer["tampering"] = inspect(params["inspection"], icarus, place)
        return answer

    def _compiler(self, icarus: IcarusInstall, flags: tuple[str, ...]) -> Compiler:
        """Made at the first job, before a sample has run; its directory is swept back to what it was then."""
        if (icarus, flags) not in self._compilers:
            place = self._scratch / f"compiler{len(self._compilers)}"
            self._compilers[icarus, flags] = Compiler(icarus, flags, place)
            self._first |= {place, *_entries(place)}
        return self._compilers[icarus, flags]

    def _sweep(self) -> None:
        """Away with all that was not there at the start; what the sandbox shows of the machine stays."""
        for root in self._places:
            for path in _entries(root):
                if path in self._first:
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


def _entries(root: Path) -> list[Path]:
    """Everything on the file system of `root`, without what is mounted below it."""
    device = root.stat().st_dev
    found = []
    for entry in os.scandir(root):
        if entry.stat(follow_symlinks=False).st_dev != device:
            continue
        found.append(Path(entry.path))
        if entry.is_dir(follow_symlinks=False):
            found += _entries(Path(entry.path))
    return found


def _processor() -> float:
    """Processor time of this worker and its tools, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


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
