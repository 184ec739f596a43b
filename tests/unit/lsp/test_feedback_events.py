"""From an offer on screen to events in the service: each once, in order, with the ratio that was kept."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from lsprotocol import types

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.feedback import Feedback
from rtlwright.lsp.offer import Offer
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session
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

URI = "file:///p/a.sv"
TEXT = "one\ntwo"


class Editing:
    """A document with an offer at its start, and the events that came out."""

    def __init__(self) -> None:
        self.events: list[FeedbackEvent] = []
        service = SimpleNamespace(feedback=self.events.append)
        services = cast(Services, SimpleNamespace(at=lambda path: SimpleNamespace(service=service)))
        self.session = Session()
        self.feedback = Feedback(self.session, services, settle_after_s=0.01)
        self.session.open(types.TextDocumentItem(URI, "systemverilog", 1, ""))
        here = Range.at(Position(0, 0))
        suggestion = Suggestion("s", TEXT, here, SourceName.MODEL, None, 0.0, Verdict(Status.PASS, 1.0))
        buffer = self._buffer()
        self.feedback.shown(buffer, (Offer.of(suggestion, buffer),))

    def write(self, text: str) -> None:
        change: Any = types.TextDocumentContentChangeWholeDocument(text)
        document = types.VersionedTextDocumentIdentifier(2, URI)
        self.session.change(types.DidChangeTextDocumentParams(document, [change]))
        self.feedback.changed(self._buffer())

    def _buffer(self) -> Buffer:
        buffer = self.session.buffer(URI)
        assert buffer is not None
        return buffer


@pytest.mark.parametrize("order", ["text first", "command first"])
def test_acceptance_is_recorded_once_and_settles(order: str) -> None:
    async def work() -> list[FeedbackEvent]:
        editing = Editing()
        if order == "command first":
            editing.feedback.accepted("s")
        editing.write(TEXT)
        if order == "text first":
            editing.feedback.accepted("s")
        editing.write("two\nthree")
        await asyncio.sleep(0.05)
        editing.feedback.close()
        return editing.events

    events = asyncio.run(work())
    assert [e.kind for e in events] == [EventKind.SHOWN, EventKind.ACCEPTED, EventKind.SETTLED]
    assert events[-1].detail == {"kept": 0.5}


def test_a_closed_document_ends_its_suggestion_without_a_rejection() -> None:
    async def work() -> list[FeedbackEvent]:
        editing = Editing()
        editing.feedback.closed(URI)
        editing.feedback.close()
        return editing.events

    events = asyncio.run(work())
    assert [e.kind for e in events] == [EventKind.SHOWN, EventKind.REPLACED]
    assert events[-1].detail["reason"] == "closed"


def test_a_suggestion_that_nobody_knows_is_recorded_all_the_same() -> None:
    async def work() -> list[FeedbackEvent]:
        editing = Editing()
        editing.feedback.accepted("from before a restart")
        editing.feedback.close()
        return editing.events

    assert asyncio.run(work())[-1].suggestion_id == "from before a restart"
