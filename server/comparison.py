"""The nouns of a comparison with a reference. Values are strings of bits: `0`, `1`, `x`, `z`, MSB first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Equality(StrEnum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One clock cycle (of combinational designs: one set of inputs)."""

    cycle: int
    """From 0, the first cycle of the first reset."""
    inputs: Mapping[str, str]
    reference: Mapping[str, str]
    """Values of outputs."""
    candidate: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OutputComparison:
    """One output under the common stimulus."""

    name: str
    mismatches: int
    compared: int
    """Samples after the first reset."""
    unspecified: int
    """Those in which the reference has an X or Z: its unknown bits leave everything open."""
    first: Step | None = None
    """The first mismatch, with this output alone."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """What the solver says."""

    result: Equality
    proof: str | None = None
    """`bounded` (for `cycles` after the reset), or `induction` (for ever)."""
    cycles: int = 0
    reason: str | None = None
    """Why it is unknown, or what the result rests on."""
    counterexample: tuple[Step, ...] = ()
    """Cycles from the first of the reset to the mismatch, which is in the last one."""


@dataclass(frozen=True, slots=True)
class Against:
    """A design and its reference."""

    reference: str
    """File, as it was named."""
    outputs: tuple[OutputComparison, ...] = ()
    equivalence: Equivalence = field(default_factory=lambda: Equivalence(Equality.UNKNOWN))
    waves: str | None = None
    """VCD of the comparison, if asked for and not too wide."""


def literal(bits: str) -> str:
    """Bits as Verilog has them.

    >>> literal("1"), literal("00101100"), literal("0x1")
    ('1', "8'h2c", "3'b0x1")
    """
    if len(bits) <= 1:
        return bits
    if set(bits) <= {"0", "1"}:
        return f"{len(bits)}'h{int(bits, 2):x}"
    same = set(bits)
    return f"{len(bits)}'b{same.pop()}" if len(same) == 1 else f"{len(bits)}'b{bits}"


def said_of(found: Equivalence) -> str:
    """The solver's result in a sentence."""
    match found.result, found.proof:
        case Equality.EQUAL, "induction":
            return f"equal, proven by induction{f' ({found.reason})' if found.reason else ''}"
        case Equality.EQUAL, _:
            more = f"; {found.reason}" if found.reason else ""
            return f"no difference within {found.cycles} cycles (bounded{more})"
        case Equality.DIFFERENT, _:
            return f"different in cycle {len(found.counterexample) - 1} ({found.reason})"
    return f"unknown ({found.reason})" if found.reason else "unknown"
