"""`textDocument/inlineCompletion`: ghost text."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import replace

from lsprotocol import types

from rtlwright.lsp.ahead import Ahead
from rtlwright.lsp.asking import Asking
from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.candidates import Answers
from rtlwright.lsp.extension import Extension
from rtlwright.lsp.feedback import Feedback, accept_command
from rtlwright.lsp.health import Health
from rtlwright.lsp.in_flight import InFlight
from rtlwright.lsp.offer import Offer
from rtlwright.lsp.pace import Pace
from rtlwright.lsp.read_ahead import ReadAhead
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session
from rtlwright.lsp.status_line import Send, StatusLine
from rtlwright.lsp.type_through import Rest, TypeThrough
from rtlwright.lsp.wanted import unwanted
from rtlwright.server.types import Cancel, Cancelled, Completion, Suggestion

Answer = types.InlineCompletionList | None
"""None: superseded, which leaves what is on screen; an empty list clears it (Neovim tells them apart)."""


class InlineCompletion:
    """One request in flight per document: a newer one cancels the older.

    From the cheapest to the dearest: what is left of an answer that the user types along, the answer that
    was prepared while the last suggestion was read, and a new request once the keys have paused.
    """

    def __init__(
        self,
        session: Session,
        services: Services,
        runner: Runner,
        feedback: Feedback,
        status: StatusLine,
        answers: Answers,
        notify: Send,
    ):
        self._session = session
        self._ask = Asking(session, services, runner)
        self._runner = runner
        self._feedback = feedback
        self._status = status
        self._answers = answers
        self._cache = TypeThrough()
        self._in_flight = InFlight()
        self._pace = Pace()
        self._health = Health()
        self._notify = notify
        self._ahead = Ahead(self._prepare)
        self._extension = Extension(self._longer, self._extended)
        self._read_ahead = ReadAhead(self._ask.read_ahead)

    async def answer(self, params: types.InlineCompletionParams) -> Answer:
        """Up to its first `await` this runs before the next message: the buffer is the one asked about."""
        buffer = self._session.buffer(params.text_document.uri)
        if buffer is None:
            return types.InlineCompletionList(items=[])
        cursor = buffer.offset(params.position)
        manual = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
        rests = () if manual else self._cache.rests(buffer.uri, buffer.text, cursor)
        if rests:
            self._in_flight.cancel(buffer.uri)
            return self._remaining(buffer, cursor, rests)
        if not manual and self._unwanted(buffer, cursor):
            self._in_flight.cancel(buffer.uri)
            return types.InlineCompletionList(items=[])
        self._read_ahead.at(buffer, cursor)
        with self._in_flight.newest(buffer.uri) as cancel:
            try:
                return await self._fresh(buffer, cursor, manual, cancel)
            except Cancelled:
                return None

    def changed(self, buffer: Buffer) -> None:
        """The document was changed to this."""
        self._pace.key(buffer.uri, time.monotonic())
        self._ahead.changed(buffer.uri, buffer.text)
        self._extension.changed(buffer.uri, buffer.text)
        if buffer.touched is not None and self._session.buffer(buffer.uri) is not None:
            self._read_ahead.at(buffer, buffer.touched)

    def forget(self, uri: str) -> None:
        """The document was closed."""
        self._in_flight.cancel(uri)
        self._ahead.drop(uri)
        self._extension.drop(uri)
        self._read_ahead.forget(uri)
        self._cache.forget(uri)
        self._pace.forget(uri)

    def reset(self) -> None:
        """Settings have changed: what was found may be answered differently now."""
        self._cache.clear()
        self._ahead.drop_all()
        self._extension.drop_all()
        self._health.reset()

    def close(self) -> None:
        self._in_flight.cancel_all()
        self._ahead.drop_all()
        self._extension.drop_all()
        self._read_ahead.forget_all()

    def _unwanted(self, buffer: Buffer, cursor: int) -> bool:
        if not self._health.may_try(buffer.uri, time.monotonic()):
            return True
        return unwanted(buffer, self._session.document(buffer), cursor) is not None

    async def _fresh(self, buffer: Buffer, cursor: int, manual: bool, cancel: Cancel) -> Answer:
        self._extension.drop(buffer.uri)
        if manual:
            completion = await self._watched(self._ask.by_hand(buffer, cursor, cancel))
        else:
            completion = await self._prepared(buffer, cursor, cancel)
            if completion is None:
                self._ahead.drop(buffer.uri)
                await self._runner.sleep(cancel, self._pace.wait_s(buffer.uri, time.monotonic()))
                completion = await self._watched(self._ask.line(buffer, cursor, cancel))
        cancel.check()
        offers = self._found(buffer, cursor, completion)
        if self._session.buffer(buffer.uri) is not buffer:
            return None  # the document has moved on; what was found serves the next request from the cache
        if offers:
            self._show(buffer, offers)
            if not manual:
                self._extension.plan(buffer, cursor, offers[0])
        return types.InlineCompletionList(items=[self._item(buffer, offer.suggestion) for offer in offers])

    async def _prepared(self, buffer: Buffer, cursor: int, cancel: Cancel) -> Completion | None:
        """What was worked out, or is being, while the suggestion before was read."""
        prepared = self._ahead.take(buffer.uri, buffer.text, cursor)
        if prepared is None:
            return None
        task, its_cancel = prepared
        cancel.on_cancel(its_cancel.cancel)
        return await self._watched(task)

    def _found(self, buffer: Buffer, cursor: int, completion: Completion | None) -> tuple[Offer, ...]:
        self._judge(buffer.uri, completion)
        offers = _offers(buffer, cursor, completion)
        self._cache.put(buffer.uri, offers)
        if completion is not None and self._session.buffer(buffer.uri) is buffer:
            self._answers.put(buffer, completion)
        return offers

    async def _longer(self, buffer: Buffer, cursor: int, cancel: Cancel) -> tuple[Offer, ...]:
        """For `Extension`."""
        completion = await self._ask.more(buffer, cursor, cancel)
        if completion is not None and self._session.buffer(buffer.uri) is buffer:
            self._answers.put(buffer, completion)
        return _offers(buffer, cursor, completion)

    def _extended(self, buffer: Buffer, offers: tuple[Offer, ...]) -> None:
        """What is typed on is answered with this; a client that wants to know is told, and asks again."""
        self._cache.put(buffer.uri, offers)
        experimental = self._session.capabilities.experimental
        if isinstance(experimental, dict) and experimental.get("rtlwrightExtended"):
            self._notify("rtlwright/extended", {"uri": buffer.uri, "version": buffer.version})

    async def _watched(self, work: Awaitable[Completion | None]) -> Completion | None:
        """With the status line busy, and the time taken."""
        begun = time.monotonic()
        with self._status.busy():
            completion = await work
        self._pace.answered(time.monotonic() - begun)
        return completion

    def _judge(self, uri: str, completion: Completion | None) -> None:
        """Whether the backend is well; the user has been told of a failure by the runner."""
        if completion is None:
            self._health.failed(uri, time.monotonic())
            self._status.fail("no answer; see the log")
            return
        if self._health.worked(uri):
            self._runner.recovered()
        lacking = [note for note in completion.notes if note.startswith("model:")]
        if lacking:
            self._status.warn(lacking[0])
        else:
            self._status.normal()

    async def _prepare(self, uri: str, text: str, cursor: int, cancel: Cancel) -> Completion | None:
        """For `Ahead`: as if the document had this text."""
        buffer = self._session.buffer(uri)
        if buffer is None:
            return None
        return await self._ask.line(replace(buffer, text=text), cursor, cancel, speculative=True)

    def _remaining(self, buffer: Buffer, cursor: int, rests: tuple[Rest, ...]) -> Answer:
        """Shown is shown, even if the request that found it was superseded before it could answer."""
        self._show(buffer, tuple(rest.offer for rest in rests))
        here = buffer.position(cursor)
        items = [
            types.InlineCompletionItem(
                insert_text=self._session.for_insertion(rest.text),
                range=types.Range(here, here),
                command=accept_command(rest.offer.suggestion),
            )
            for rest in rests
        ]
        return types.InlineCompletionList(items=items)

    def _item(self, buffer: Buffer, suggestion: Suggestion) -> types.InlineCompletionItem:
        """The range is always explicit: without one, clients replace the word that they see at the cursor."""
        return types.InlineCompletionItem(
            insert_text=self._session.for_insertion(suggestion.text),
            range=buffer.client_range(suggestion.range),
            command=accept_command(suggestion),
        )

    def _show(self, buffer: Buffer, offers: tuple[Offer, ...]) -> None:
        self._feedback.shown(buffer, offers)
        self._ahead.plan(buffer.uri, offers[0])


def _offers(buffer: Buffer, cursor: int, completion: Completion | None) -> tuple[Offer, ...]:
    """What an inline item can express: it replaces text around the cursor, on the cursor's line."""
    place = buffer.utf16(cursor)
    found = []
    for suggestion in completion.suggestions if completion else ():
        start, end = suggestion.range.start, suggestion.range.end
        if start <= place <= end and start.line == end.line and suggestion.text:
            found.append(Offer.of(suggestion, buffer))
    return tuple(found)
