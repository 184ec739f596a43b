"""The label rules of the feedback store, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.feedback.labels import Label, kept_ratio, label
from rtlwright.server.feedback.pairs import LabelledCandidate, Pair, pairs
from rtlwright.server.types import EventKind, FeedbackEvent

T0 = 1_000_000.0


def event(kind: EventKind, after: float = 0.0, **detail: object) -> FeedbackEvent:
    return FeedbackEvent(kind, "s", T0 + after, detail)


SHOWN = event(EventKind.SHOWN)


@pytest.mark.parametrize(
    ("events", "elapsed", "expected"),
    [
        ([], 100, Label.UNDECIDED),
        ([SHOWN], 9.9, Label.UNDECIDED),
        ([SHOWN], 10.0, Label.REJECTED),
        ([SHOWN, event(EventKind.ACCEPTED, 60)], 61, Label.CHOSEN),
        ([SHOWN, event(EventKind.TYPED_THROUGH, 5)], 6, Label.CHOSEN),
        ([SHOWN, event(EventKind.PARTIALLY_ACCEPTED, 2)], 99, Label.PARTIAL),
        ([SHOWN, event(EventKind.PARTIALLY_ACCEPTED, 2), event(EventKind.ACCEPTED, 3)], 99, Label.CHOSEN),
        ([SHOWN, event(EventKind.REJECTED, 0.499)], 99, Label.UNDECIDED),
        ([SHOWN, event(EventKind.REJECTED, 0.501)], 99, Label.REJECTED),
        ([SHOWN, event(EventKind.REJECTED, 5, visible_ms=120)], 99, Label.UNDECIDED),
        ([event(EventKind.REJECTED, 5, visible_ms=700)], 99, Label.REJECTED),
        ([SHOWN, event(EventKind.REPLACED, 3)], 99, Label.UNDECIDED),
        ([SHOWN, event(EventKind.ACCEPTED, 2), event(EventKind.SETTLED, 62, kept=0.49)], 99, Label.REJECTED),
        ([SHOWN, event(EventKind.ACCEPTED, 2), event(EventKind.SETTLED, 62, kept=0.5)], 99, Label.CHOSEN),
        (
            [SHOWN, event(EventKind.REJECTED, 3, visible_ms=900), event(EventKind.ACCEPTED, 4)],
            99,
            Label.CHOSEN,
        ),
    ],
)
def test_rule(events: list[FeedbackEvent], elapsed: float, expected: Label) -> None:
    assert label(events, T0 + elapsed) is expected
    assert label(events[::-1], T0 + elapsed) is expected


def test_kept_ratio_of_the_docstring() -> None:
    assert kept_ratio("a\nb\n", "  a\nc\n") == 0.5


def test_whitespace_alone_counts_as_kept() -> None:
    assert kept_ratio("\n  \n", "") == 1.0


@given(st.text(), st.text())
def test_kept_ratio_is_a_share_and_whole_text_is_kept(text: str, around: str) -> None:
    assert 0.0 <= kept_ratio(text, around) <= 1.0
    assert kept_ratio(text, text) == 1.0


def test_pairs_set_each_chosen_against_every_other() -> None:
    candidates = [
        LabelledCandidate("good", Label.CHOSEN),
        LabelledCandidate("bad", Label.REJECTED),
        LabelledCandidate("unseen", Label.UNDECIDED),
        LabelledCandidate("half", Label.PARTIAL),
        LabelledCandidate("good", Label.UNDECIDED),
        LabelledCandidate("bad", Label.UNDECIDED),
    ]
    assert list(pairs("p", candidates)) == [Pair("p", "good", "bad"), Pair("p", "good", "unseen")]


def test_no_pair_without_a_chosen_one() -> None:
    assert not list(
        pairs("p", [LabelledCandidate("a", Label.REJECTED), LabelledCandidate("b", Label.UNDECIDED)])
    )
