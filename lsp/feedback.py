"""Feedback events on their way from the editor to the service: each once, in order, never in the way."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.offer import Offer
from rtlwright.lsp.runner import log_failure
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.tracker import Tracker
from rtlwright.lsp.words import how_checked
from rtlwright.server.feedback.labels import SETTLE_AFTER_S, kept_ratio
from rtlwright.server.types import EventKind, FeedbackEvent, Suggestion

REMEMBERED = 1000


@dataclass(slots=True)
class _Known:
    """An offered suggestion: where it belongs, and what has been said of it."""

    uri: str
    text: str
    accepted: bool = False


class Feedback:
    """Lives on the event loop's thread; events are written by one thread, so that they stay in order."""

    def __init__(self, session: Session, services: Services, settle_after_s: float = SETTLE_AFTER_S):
        self._session = session
        self._services = services
        self._settle_after_s = settle_after_s
        self._tracker = Tracker()
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="rtlwright-feedback")

    def shown(self, buffer: Buffer, offers: tuple[Offer, ...]) -> None:
        """An answer goes to the client, which shows its first suggestion."""
        for offer in offers:
            self._known.setdefault(offer.suggestion.id, _Known(buffer.uri, offer.suggestion.text))
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self._send(self._tracker.show(buffer.uri, offers, buffer.text, time.time()))

    def listed(self, uri: str, suggestions: Iterable[Suggestion]) -> None:
        """A list goes to the client, which shows it beside the document: one of them may be taken."""
        for suggestion in suggestions:
            self._known.setdefault(suggestion.id, _Known(uri, suggestion.text))

    def generated(self, suggestion: Suggestion, uri: str) -> None:
        """A module goes to the client, which inserts or shows it."""
        self._known[suggestion.id] = _Known(uri, suggestion.text)
        self._send([FeedbackEvent(EventKind.SHOWN, suggestion.id, time.time())])

    def replaced(self, suggestion_id: str) -> None:
        """Another module was wanted in the place of this one."""
        detail = {"reason": "another"}
        self._send([FeedbackEvent(EventKind.REJECTED, suggestion_id, time.time(), detail)])

    def changed(self, buffer: Buffer) -> None:
        self._send(self._tracker.change(buffer.uri, buffer.text, time.time()))

    def closed(self, uri: str) -> None:
        self._send(self._tracker.end(uri, EventKind.REPLACED, "closed", time.time()))

    def accepted(self, suggestion_id: str, how: str = "command") -> None:
        """The client says that a suggestion was accepted."""
        self._tracker.accepted(suggestion_id)
        self._send([FeedbackEvent(EventKind.ACCEPTED, suggestion_id, time.time(), {"how": how})])

    def partially_accepted(self, suggestion_id: str, length: int) -> None:
        """From a client that reports it; `length` in UTF-16 units from the start of the suggestion."""
        detail = {"accepted_length": length, "how": "notification"}
        self._send([FeedbackEvent(EventKind.PARTIALLY_ACCEPTED, suggestion_id, time.time(), detail)])

    def close(self) -> None:
        """Write what is under way; blocks until it is safe."""
        self._writer.shutdown(wait=True)

    def _send(self, events: Iterable[FeedbackEvent]) -> None:
        for event in events:
            known = self._known.get(event.suggestion_id)
            if event.kind is EventKind.ACCEPTED and known is not None:
                if known.accepted:
                    continue  # seen in the text before the command came, or the other way round
                known.accepted = True
                loop = asyncio.get_running_loop()
                loop.call_later(self._settle_after_s, self._settle, event.suggestion_id, known)
            path = path_of(known.uri) if known else None
            self._writer.submit(self._write, path, event)

    def _settle(self, suggestion_id: str, known: _Known) -> None:
        """What is left of an accepted suggestion after a while; unknown once the document is closed."""
        text = self._session.text(known.uri)
        if text is not None:
            detail = {"kept": round(kept_ratio(known.text, text), 3)}
            self._send([FeedbackEvent(EventKind.SETTLED, suggestion_id, time.time(), detail)])

    def _write(self, path: Path | None, event: FeedbackEvent) -> None:
        try:
            self._services.at(path).service.feedback(event)
        except Exception as error:
            log_failure("an event was not recorded", error)


def accept_command(suggestion: Suggestion) -> types.Command:
    """What the client runs after it has inserted a suggestion; its title says how that was checked."""
    title = how_checked(suggestion)
    return types.Command(title=title, command="rtlwright.accepted", arguments=[suggestion.id])
