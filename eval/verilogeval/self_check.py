"""Which of the benchmark's own solutions are known to fail, and why."""

from __future__ import annotations

from collections.abc import Sequence

from rtlwright.eval.record import Record

_LONG = "the test's own limit of 100,000 cycles ends it, which v2's analysis counts as a timeout"
KNOWN: dict[str, str] = {
    "Prob099_m2014_q6c": "the reference's ports are not those that the test connects (a bug of the dataset)",
    "Prob082_lfsr32": _LONG,
    "Prob141_count_clock": _LONG,
    "Prob156_review2015_fancytimer": _LONG,
}
OLD_ICARUS: dict[str, str] = {
    "review2015_fancytimer": "Icarus Verilog 11 has no size casts of this kind",
    "review2015_fsm": "Icarus Verilog 11 has no size casts of this kind",
}


def complaint(records: Sequence[Record]) -> str | None:
    """What should have passed and did not, in one line."""
    bad = [
        f"{r.sample.problem} ({r.score.result})" for r in records if not r.score.passed and not _excused(r)
    ]
    return f"{len(bad)} reference solutions fail unexpectedly: {', '.join(bad)}" if bad else None


def _excused(record: Record) -> bool:
    name = record.sample.problem
    major = record.tools.get("iverilog", "").split(".")[0]
    old = major.isdigit() and int(major) < 12
    return name in KNOWN or (old and any(name.endswith(each) for each in OLD_ICARUS))
