"""Reference designs of RTLLM that fail under Icarus Verilog, and why."""

from __future__ import annotations

from collections.abc import Sequence

from rtlwright.eval.record import Record

_RACE = "testbench and design act at the same time, and Icarus orders them in another way than VCS"
KNOWN: dict[str, str] = {
    "asyn_fifo": "Icarus Verilog 12 has no break statements",
    "ring_counter": "Icarus Verilog 12 cannot assign a whole array",
    "clkgenerator": _RACE,
    "radix2_div": _RACE,
    "div_16bit": "v1.1 only: the testbench declares a name twice",
    "pe": "v1.1 only: the reference declares a name twice",
}


def known(records: Sequence[Record]) -> list[str]:
    """A line for each reference that fails as it is known to."""
    return [
        f"known: {r.sample.problem}: {r.score.result} ({KNOWN[r.sample.problem]})"
        for r in records
        if not r.score.passed and r.sample.problem in KNOWN
    ]


def complaint(records: Sequence[Record]) -> str | None:
    """What should have passed and did not, in one line."""
    bad = [r for r in records if not r.score.passed and r.sample.problem not in KNOWN]
    words = ", ".join(f"{r.sample.problem} ({r.score.result})" for r in bad)
    return f"{len(bad)} reference designs fail unexpectedly: {words}" if bad else None
