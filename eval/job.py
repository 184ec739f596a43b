"""What the simulator is asked to do, and what it saw. Both cross a process boundary as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from rtlwright.eval.problem import File


class Ended(StrEnum):
    """How a tool came to its end."""

    EXITED = "exited"
    KILLED = "killed"
    TIMEOUT = "timeout"
    FLOOD = "flood"


@dataclass(frozen=True, slots=True)
class Inspection:
    """How to find out, once a sample has passed, whether it passed by itself.

    `before` is what is compiled ahead of the sample in the same file, so that macros are the same.
    """

    design: str
    before: str = ""
    top: str = ""
    allowed: tuple[str, ...] = ()
    """System tasks that this benchmark's references need beyond the usual ones."""


@dataclass(frozen=True, slots=True)
class Job:
    """Compile `files` in their order, run the result."""

    files: tuple[File, ...]
    flags: tuple[str, ...]
    """Of iverilog, without the output."""
    run_flags: tuple[str, ...]
    """Of vvp, before the file."""
    timeout_s: float
    """Wall-clock limit of the run."""
    shared_limit: bool = False
    """The limit holds for compilation and run together (VerilogEval v1)."""
    silent: bool = False
    """Only what the compiler says nothing of is run: a word of it is a failure already (VerilogEval v1)."""
    expect: str = ""
    """Regular expression that a passing run's output has; only then it is inspected."""
    inspection: Inspection | None = None
    data: tuple[File, ...] = ()

    def params(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One tool's end and words. Of long output the middle is left out."""

    ended: Ended
    status: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tools did with a job."""

    compile: ToolRun
    run: ToolRun | None
    """None where there was nothing to run."""
    tampering: str | None = None
    """What the inspection found."""
    nonce: str = field(default="", compare=False)

    @property
    def killed(self) -> bool:
        """A tool crashed, ran out of memory, or wrote without end."""
        return any(run and run.ended in (Ended.KILLED, Ended.FLOOD) for run in (self.compile, self.run))

    @property
    def timed_out(self) -> bool:
        return any(run and run.ended is Ended.TIMEOUT for run in (self.compile, self.run))

    @property
    def seconds(self) -> float:
        """Compilation and simulation, to a tenth of a millisecond."""
        return round(self.compile.seconds + (self.run.seconds if self.run else 0.0), 4)

    @classmethod
    def decode(cls, raw: dict[str, Any], nonce: str) -> Outcome:
        run = raw.get("run")
        return cls(_run(raw["compile"]), _run(run) if run else None, raw.get("tampering"), nonce)


def _run(raw: dict[str, Any]) -> ToolRun:
    return ToolRun(
        Ended(raw["ended"]), int(raw["status"]), str(raw["out"]), str(raw["err"]), float(raw["seconds"])
    )
