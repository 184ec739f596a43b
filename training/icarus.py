"""Icarus Verilog on text that a model wrote: refused if it touches files, else run with limits.

Limits are time, memory and file size, in a fresh folder; this is not the product's sandbox, and what a flaw
of Icarus itself would let a design do is not covered.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.refuse import refusal
from rtlwright.server.errors import MissingError

_MEMORY = 1 << 30
_FILE = 16 << 20
_PASSED = re.compile(r"Mismatches: 0 in (\d+) samples")


@dataclass(frozen=True)
class Judged:
    """What Icarus says of one module."""

    compiles: bool
    passes: bool


def require_icarus() -> None:
    """Raises MissingError unless both programs are installed."""
    if not (shutil.which("iverilog") and shutil.which("vvp")):
        raise MissingError("measuring needs Icarus Verilog: apt-get install iverilog")


def compiles(source: str, seconds: float = 10.0) -> bool:
    """Whether `iverilog -t null -g2012` accepts `source`."""
    with tempfile.TemporaryDirectory(prefix="rtlwright-") as folder:
        Path(folder, "candidate.sv").write_text(source, "utf-8")
        done = _run(["iverilog", "-t", "null", "-g2012", "candidate.sv"], folder, seconds)
        return done is not None and done.returncode == 0


def judge(source: str, testbench: str, seconds: float = 15.0) -> Judged:
    """Compile `source`, and run `testbench` on it if there is one. Refused text does not compile."""
    if not source.strip() or refusal(source) or not compiles(source):
        return Judged(False, False)
    if not testbench:
        return Judged(True, False)
    with tempfile.TemporaryDirectory(prefix="rtlwright-") as folder:
        Path(folder, "candidate.sv").write_text(source, "utf-8")
        Path(folder, "testbench.sv").write_text(testbench, "utf-8")
        build = ["iverilog", "-g2012", "-o", "bench.vvp", "candidate.sv", "testbench.sv"]
        built = _run(build, folder, seconds)
        if built is None or built.returncode != 0:
            return Judged(True, False)
        ran = _run(["vvp", "-n", "bench.vvp"], folder, seconds)
        return Judged(True, ran is not None and _PASSED.search(ran.stdout) is not None)


def _run(argv: list[str], folder: str, seconds: float) -> subprocess.CompletedProcess[str] | None:
    """The finished process, or None when it was killed for time."""

    def limit() -> None:
        cpu = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    try:
        return subprocess.run(
            argv,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            preexec_fn=limit,
        )
    except subprocess.TimeoutExpired:
        return None
