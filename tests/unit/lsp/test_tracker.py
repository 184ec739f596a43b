"""What becomes of a suggestion, read from the text; and the cache that lives on the same comparison."""

from __future__ import annotations

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.offer import Offer
from rtlwright.lsp.tracker import Tracker
from rtlwright.lsp.type_through import ANSWERS, TypeThrough
from rtlwright.server.types import (
    EventKind,
    FeedbackEvent,
    Position,
    Range,
    SourceName,
    Status,
    Suggestion,
    Verdict,
)

URI = "file:///a.sv"
HEAD, TAIL = "module m;\n  ", "\nendmodule\n"
OFFERED = "assign y = a;\n  assign z = b;"
PASSED = Verdict(Status.PASS, 1.0)


def offer(text: str = OFFERED, id: str = "s", typed: str = "") -> Offer:
    buffer = Buffer(URI, "systemverilog", 1, HEAD + typed + TAIL)
    range = Range(Position(1, 2), Position(1, 2 + len(typed)))
    return Offer.of(Suggestion(id, text, range, SourceName.MODEL, None, 0.0, PASSED), buffer)


def after(*texts: str, offers: tuple[Offer, ...] = ()) -> list[FeedbackEvent]:
    """The events of a document that shows an offer at 0 s and has these texts at 1 s, 2 s, …"""
    tracker = Tracker()
    found = list(tracker.show(URI, offers or (offer(),), HEAD + TAIL, 0.0))
    for second, text in enumerate(texts, 1):
        found += tracker.change(URI, HEAD + text + TAIL, float(second))
    return found[1:]


def kinds(*texts: str, offers: tuple[Offer, ...] = ()) -> list[EventKind]:
    return [event.kind for event in after(*texts, offers=offers)]


def test_inserted_at_once_is_accepted() -> None:
    assert kinds(OFFERED) == [EventKind.ACCEPTED]


def test_typed_to_the_end_is_typed_through() -> None:
    assert kinds(*(OFFERED[:n] for n in range(1, len(OFFERED) + 1) if OFFERED[n - 1] != " "))[-1:] != []
    assert kinds(*(OFFERED[:n] for n in range(1, len(OFFERED) + 1))) == [EventKind.TYPED_THROUGH]


def test_a_word_at_once_is_partly_accepted_and_the_rest_accepted() -> None:
    events = after("assign", "assign y = a;", OFFERED)
    assert [e.kind for e in events] == [EventKind.PARTIALLY_ACCEPTED] * 2 + [EventKind.ACCEPTED]
    assert [e.detail.get("accepted_length") for e in events] == [6, 13, None]


def test_return_with_its_indentation_is_one_key() -> None:
    first = OFFERED.index("\n")
    typed = [OFFERED[:n] for n in range(1, first + 1)]
    assert kinds(*typed, OFFERED[: first + 3]) == []


def test_anything_else_is_a_divergence_with_the_time_on_screen() -> None:
    (event,) = after("a", "x")
    assert event.kind is EventKind.REJECTED
    assert event.detail == {"reason": "diverged", "visible_ms": 2000}
    assert kinds("x", "y") == [EventKind.REJECTED], "said once"


def test_an_alternative_may_be_taken() -> None:
    (event,) = after("wire w;", offers=(offer(), offer("wire w;", "t")))
    assert (event.kind, event.suggestion_id) == (EventKind.ACCEPTED, "t")


def test_a_newer_suggestion_replaces_and_the_same_one_does_not() -> None:
    tracker = Tracker()
    text = HEAD + TAIL
    assert [e.kind for e in tracker.show(URI, (offer(),), text, 0.0)] == [EventKind.SHOWN]
    assert not list(tracker.show(URI, (offer(),), text, 1.0))
    newer = list(tracker.show(URI, (offer(id="t"),), text, 2.0))
    assert [(e.kind, e.suggestion_id) for e in newer] == [(EventKind.REPLACED, "s"), (EventKind.SHOWN, "t")]


def test_after_the_command_the_text_is_no_news() -> None:
    tracker = Tracker()
    list(tracker.show(URI, (offer(),), HEAD + TAIL, 0.0))
    tracker.accepted("s")
    assert not list(tracker.change(URI, HEAD + OFFERED + TAIL, 1.0))


def test_an_offer_that_replaces_a_begun_word_counts_it_as_typed() -> None:
    assert offer(typed="ass").typed(HEAD + "assi" + TAIL) == "assi"


def test_the_cache_gives_the_rest_at_the_cursor_and_nowhere_else() -> None:
    cache = TypeThrough()
    cache.put(URI, (offer(), offer("wire w;", "t")))
    text, cursor = HEAD + "ass" + TAIL, len(HEAD) + 3
    assert [rest.text for rest in cache.rests(URI, text, cursor)] == [OFFERED[3:]]
    assert not cache.rests(URI, text, cursor - 1)
    assert not cache.rests("file:///b.sv", text, cursor)
    assert not cache.rests(URI, HEAD + "ass" + "// other suffix" + TAIL, cursor)
    assert not cache.rests(URI, "// other prefix" + text, cursor + 15)
    assert not cache.rests(URI, HEAD + OFFERED + TAIL, len(HEAD + OFFERED)), "nothing is left"
    assert len(cache.rests(URI, HEAD + TAIL, len(HEAD))) == 2
    cache.forget(URI)
    assert not cache.rests(URI, text, cursor)


def test_the_cache_prefers_the_newest_and_is_bounded() -> None:
    cache = TypeThrough()
    for n in range(ANSWERS + 1):
        cache.put(URI, (offer(f"assign y{n}", f"{n}"),))
    (rest,) = cache.rests(URI, HEAD + "a" + TAIL, len(HEAD) + 1)
    assert rest.offer.suggestion.id == str(ANSWERS)
    assert not cache.rests(URI, HEAD + "assign y0"[:9] + TAIL, len(HEAD) + 9)
