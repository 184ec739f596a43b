"""Checks designs in batches: slang, Icarus Verilog with the reference model's testbench, Yosys.

The text comes from this package's own families, so nothing here is sandboxed; do not use it on the text
of a model. One compile holds many designs, each under a name of its own; when a batch cannot be compiled
or does not end, it is halved until the culprit stands alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyslang import ast, syntax

from rtlwright.training.synth.design import Design
from rtlwright.training.synth.testbench import Step, testbench

_LINE = re.compile(r"^D(\d+) Mismatches: (\d+) in (\d+) samples$", re.M)
_MIN_SAMPLES = 2


class IverilogMissingError(RuntimeError):
    """Icarus Verilog is not installed."""


@dataclass(frozen=True)
class Job:
    """A design, the vectors that judge it, and whether Yosys looks at it too."""

    design: Design
    steps: tuple[Step, ...]
    yosys: bool = False


@dataclass(frozen=True)
class Verdict:
    ok: bool
    stage: str = "done"
    message: str = ""


_PASS = Verdict(True)


def require_iverilog() -> None:
    if not (shutil.which("iverilog") and shutil.which("vvp")):
        raise IverilogMissingError("Icarus Verilog is missing: apt-get install iverilog")


def _slang(design: Design) -> Verdict:
    compilation = ast.Compilation()
    compilation.addSyntaxTree(syntax.SyntaxTree.fromText(design.rtl))
    errors = [d for d in compilation.getAllDiagnostics() if d.isError()]
    return Verdict(False, "slang", str(errors[0].code)) if errors else _PASS


def _renamed(design: Design, number: int) -> str:
    names = "|".join(map(re.escape, design.modules))
    return re.sub(rf"\b({names})\b", rf"\1__{number}", design.rtl)


def _run(argv: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str] | None:
    """The finished process, or None when it was killed for time."""
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None


def _seconds(jobs: Sequence[Job]) -> float:
    return 20 + 0.5 * len(jobs)


def _simulate(jobs: Sequence[Job]) -> dict[int, tuple[int, int]] | str:
    """(mismatches, samples) by position in the batch, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="rtlwright-synth-") as folder:
        source, binary = Path(folder, "batch.sv"), Path(folder, "batch.vvp")
        parts = [
            _renamed(job.design, n)
            + testbench(
                job.design,
                job.steps,
                top=f"tb__{n}",
                dut=f"{job.design.name}__{n}",
                label=f"D{n} ",
                finish=False,
            )
            for n, job in enumerate(jobs)
        ]
        source.write_text("".join(parts))
        compiled = _run(["iverilog", "-g2012", "-o", str(binary), str(source)], _seconds(jobs))
        if compiled is None:
            return "iverilog did not end"
        if compiled.returncode:
            return compiled.stderr.strip().split("\n")[0]
        ran = _run(["vvp", "-n", str(binary)], _seconds(jobs))
        if ran is None:
            return "the simulation did not end"
        return {int(n): (int(bad), int(total)) for n, bad, total in _LINE.findall(ran.stdout)}


def _icarus(jobs: Sequence[Job]) -> list[Verdict]:
    found = _simulate(jobs)
    if isinstance(found, str):
        if len(jobs) == 1:
            return [Verdict(False, "icarus", found)]
        half = len(jobs) // 2
        return _icarus(jobs[:half]) + _icarus(jobs[half:])
    return [_judged(job, found.get(n)) for n, job in enumerate(jobs)]


def _judged(job: Job, counts: tuple[int, int] | None) -> Verdict:
    if counts is None:
        return Verdict(False, "icarus", "no result line")
    mismatches, samples = counts
    compared = sum(step.care != 0 for step in job.steps)
    if mismatches or samples != len(job.steps):
        return Verdict(False, "icarus", f"{mismatches} mismatches in {samples} samples")
    if compared < _MIN_SAMPLES:
        return Verdict(False, "reference", "the reference model judged nothing")
    return _PASS


def _yosys_accepts(designs: Sequence[Design]) -> bool:
    """Yosys ends the process on an error, hence the fork; the end marker is the exit status."""
    with tempfile.NamedTemporaryFile("w", suffix=".sv", prefix="rtlwright-synth-") as file:
        file.write("".join(_renamed(design, n) for n, design in enumerate(designs)))
        file.flush()
        child = os.fork()
        if child == 0:
            _yosys_child(file.name)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _yosys_child(path: str) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        from pyosys import libyosys

        for command in (f"read_verilog -sv {path}", "hierarchy -check", "proc"):
            libyosys.run_pass(command)
        os._exit(0)
    finally:
        os._exit(1)


def _yosys(designs: Sequence[Design]) -> list[Verdict]:
    if not designs or _yosys_accepts(designs):
        return [_PASS] * len(designs)
    if len(designs) == 1:
        return [Verdict(False, "yosys", "rejected by read_verilog, hierarchy or proc")]
    half = len(designs) // 2
    return _yosys(designs[:half]) + _yosys(designs[half:])


def verify(jobs: Sequence[Job]) -> list[Verdict]:
    """One verdict a job, in order.

    Raises:
        IverilogMissingError: Icarus Verilog is not installed.
    """
    require_iverilog()
    verdicts = [_slang(job.design) for job in jobs]
    alive = [n for n, verdict in enumerate(verdicts) if verdict.ok]
    if alive:
        for n, verdict in zip(alive, _icarus([jobs[n] for n in alive]), strict=True):
            verdicts[n] = verdict
    asked = [n for n, job in enumerate(jobs) if job.yosys and verdicts[n].ok]
    for n, verdict in zip(asked, _yosys([jobs[n].design for n in asked]), strict=True):
        verdicts[n] = verdict
    return verdicts
