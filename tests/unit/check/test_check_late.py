"""What a deadline leaves unfinished."""

from __future__ import annotations

from rtlwright.server.check.batch import Entry
from rtlwright.server.types import StageResult, Status

DONE = {name: StageResult(name, Status.PASS, 1.0) for name in ("splice", "syntax", "icarus")}


def test_what_could_still_reject_is_unchecked() -> None:
    for missing in ("syntax", "icarus"):
        entry = Entry({name: stage for name, stage in DONE.items() if name != missing})
        verdict = entry.verdict("late", optional=frozenset({"yosys"}))
        assert verdict.status is Status.UNCHECKED
        assert (verdict.stages[-1].name, verdict.stages[-1].reason) == (missing, "late")


def test_yosys_alone_cannot_reject_unless_it_is_told_to() -> None:
    entry = Entry(dict(DONE))
    assert entry.verdict("late", optional=frozenset({"yosys"})).status is Status.PASS
    assert entry.verdict("late", optional=frozenset({"yosys"})).stages[-1].status is Status.SKIPPED
    assert entry.verdict("late").status is Status.UNCHECKED
