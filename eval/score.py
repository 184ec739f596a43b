"""What became of one sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Letter(StrEnum):
    """How a sample ended. The letters up to RUNTIME are those of VerilogEval v2's analysis; ours follow."""

    PASS = "."
    SYNTAX = "S"
    CAST = "e"
    ZERO_WIDTH = "0"
    NO_SENSITIVITY = "n"
    WIRE = "w"
    UNKNOWN_MODULE = "m"
    CLOCK = "c"
    BIND = "p"
    COMPILE = "C"
    TIMEOUT = "T"
    RESET = "r"
    RUNTIME = "R"
    REFUSED = "X"
    """Ours: the harness would pass it, but the sample tampers with the test or forges its output."""
    KILLED = "K"
    """Ours: a tool ran out of memory, wrote without end, or crashed."""
    NO_ANSWER = "-"
    """Ours: the model gave none."""
    OTHER_TEXT = "~"
    """Ours, of completion: not what the author wrote."""

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS: Mapping[Letter, str] = {
    Letter.PASS: "passed",
    Letter.SYNTAX: "syntax error",
    Letter.CAST: "an explicit cast is needed",
    Letter.ZERO_WIDTH: "a constant of zero width",
    Letter.NO_SENSITIVITY: "a process that is never triggered",
    Letter.WIRE: "assignment to a wire in a process",
    Letter.UNKNOWN_MODULE: "unknown module",
    Letter.CLOCK: "the clock cannot be bound",
    Letter.BIND: "a name cannot be bound",
    Letter.COMPILE: "other compile error",
    Letter.TIMEOUT: "timeout",
    Letter.RESET: "wrong outputs; asynchronous reset where the name suggests it",
    Letter.RUNTIME: "wrong outputs",
    Letter.REFUSED: "refused: tampers with the test",
    Letter.KILLED: "a tool was killed or crashed",
    Letter.NO_ANSWER: "no answer from the model",
    Letter.OTHER_TEXT: "another text than the author's",
}


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict on one sample."""

    passed: bool
    letter: Letter
    result: str
    """The harness's own words: "passed", "failed: 207 out of 213 samples."."""
    compiled: bool
    mismatches: int | None = None
    total: int | None = None
    """Compared points in time; with `mismatches`, of the benchmarks that count."""
    partial: bool = False
    """The simulation was ended early: it could not pass any more."""
    outputs: Mapping[str, int] = field(default_factory=dict)
    """Output port → mismatches, where the testbench says so."""
    reason: str = ""
    """Of what is refused or killed."""
    seconds: float = 0.0
    """Compilation and simulation."""

    def believed(self, own: bool, tampering: str | None) -> Score:
        """This score, or a refusal of a pass that the sample has not earned.

        Args:
            own: the testbench itself said so, and not the sample in its name.
            tampering: what an inspection of the sample found.
        """
        reason = tampering if own else "its own output claims what the testbench does not say"
        if not self.passed or not reason:
            return self
        return replace(self, passed=False, letter=Letter.REFUSED, result="refused", reason=reason)
