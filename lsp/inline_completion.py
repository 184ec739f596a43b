"""`textDocument/inlineCompletion`: ghost text."""

from __future__ import annotations

from functools import partial

from lsprotocol import types

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.candidates import Answers
from rtlwright.lsp.feedback import Feedback, accept_command
from rtlwright.lsp.in_flight import InFlight
from rtlwright.lsp.offer import Offer
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.lsp.type_through import Rest, TypeThrough
from rtlwright.server.types import Cancel, Cancelled, Completion, CompletionRequest, Suggestion

Answer = types.InlineCompletionList | None
"""None: superseded, which leaves what is on screen; an empty list clears it (Neovim tells them apart)."""


class InlineCompletion:
    """One request in flight per document: a newer one cancels the older."""

    def __init__(
        self,
        session: Session,
        services: Services,
        runner: Runner,
        feedback: Feedback,
        cache: TypeThrough,
        in_flight: InFlight,
        answers: Answers,
    ):
        self._session = session
        self._services = services
        self._runner = runner
        self._feedback = feedback
        self._cache = cache
        self._in_flight = in_flight
        self._answers = answers

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
        with self._in_flight.newest(buffer.uri) as cancel:
            try:
                return await self._fresh(buffer, cursor, manual, cancel)
            except Cancelled:
                return None

    async def _fresh(self, buffer: Buffer, cursor: int, manual: bool, cancel: Cancel) -> Answer:
        document = self._session.document(buffer)
        request = CompletionRequest(
            document, buffer.utf16(cursor), open_documents=self._session.others(buffer.uri), manual=manual
        )
        completion = await self._runner.run(cancel, partial(self._ask, buffer.uri, request, cancel))
        if completion is not None:
            self._answers.put(buffer, completion)
        offers = _offers(buffer, cursor, completion)
        self._cache.put(buffer.uri, offers)
        if self._session.buffer(buffer.uri) is not buffer:
            return None  # the document has moved on; what was found serves the next request from the cache
        if offers:
            self._feedback.shown(buffer, offers)
        return types.InlineCompletionList(items=[_item(buffer, offer.suggestion) for offer in offers])

    def _ask(self, uri: str, request: CompletionRequest, cancel: Cancel) -> Completion:
        """In a worker thread."""
        entry = self._services.at(path_of(uri))
        n = entry.config.complete.n
        numbered = CompletionRequest(
            request.document, request.position, n, request.open_documents, request.manual
        )
        return entry.service.complete(numbered, cancel)

    def _remaining(self, buffer: Buffer, cursor: int, rests: tuple[Rest, ...]) -> Answer:
        """Shown is shown, even if the request that found it was superseded before it could answer."""
        self._feedback.shown(buffer, tuple(rest.offer for rest in rests))
        here = buffer.position(cursor)
        items = [
            types.InlineCompletionItem(
                insert_text=rest.text,
                range=types.Range(here, here),
                command=accept_command(rest.offer.suggestion.id),
            )
            for rest in rests
        ]
        return types.InlineCompletionList(items=items)


def _offers(buffer: Buffer, cursor: int, completion: Completion | None) -> tuple[Offer, ...]:
    """What an inline item can express: it replaces text around the cursor, on the cursor's line."""
    place = buffer.utf16(cursor)
    found = []
    for suggestion in completion.suggestions if completion else ():
        start, end = suggestion.range.start, suggestion.range.end
        if start <= place <= end and start.line == end.line and suggestion.text:
            found.append(Offer.of(suggestion, buffer))
    return tuple(found)


def _item(buffer: Buffer, suggestion: Suggestion) -> types.InlineCompletionItem:
    """The range is always explicit: without one, clients replace the word that they see at the cursor."""
    return types.InlineCompletionItem(
        insert_text=suggestion.text,
        range=buffer.client_range(suggestion.range),
        command=accept_command(suggestion.id),
    )
