"""What ghost text asks of the service: a line, everything, or that it reads ahead."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from rtlwright.lsp.buffer import Buffer
from rtlwright.lsp.runner import Runner
from rtlwright.lsp.services import ReadsAhead, Services
from rtlwright.lsp.session import Session, path_of
from rtlwright.server.types import Cancel, Completion, CompletionRequest


class Asking:
    """All raise `Cancelled` once `cancel` is set; None after a failure, of which the user has been told."""

    def __init__(self, session: Session, services: Services, runner: Runner):
        self._session = session
        self._services = services
        self._runner = runner

    async def line(
        self, buffer: Buffer, cursor: int, cancel: Cancel, *, speculative: bool = False
    ) -> Completion | None:
        """What can be shown soonest. `speculative`: if that is wanted."""
        request = replace(self._request(buffer, cursor), speculative=speculative, brief=True)
        return await self._ask(buffer, request, cancel)

    async def by_hand(self, buffer: Buffer, cursor: int, cancel: Cancel) -> Completion | None:
        """As many as one may want to choose from."""
        return await self._ask(buffer, replace(self._request(buffer, cursor), manual=True), cancel)

    async def more(self, buffer: Buffer, cursor: int, cancel: Cancel) -> Completion | None:
        """What there is beside and behind one line, if that is wanted."""
        return await self._ask(buffer, replace(self._request(buffer, cursor), speculative=True), cancel)

    async def read_ahead(self, buffer: Buffer, cursor: int, cancel: Cancel) -> None:
        """Let the service do what it can before somebody asks."""
        request = self._request(buffer, cursor)
        await self._runner.run(cancel, partial(self._let_read, path_of(buffer.uri), request, cancel))

    def _request(self, buffer: Buffer, cursor: int) -> CompletionRequest:
        document, place = self._session.document(buffer), buffer.utf16(cursor)
        return CompletionRequest(document, place, open_documents=self._session.others(buffer.uri))

    async def _ask(self, buffer: Buffer, request: CompletionRequest, cancel: Cancel) -> Completion | None:
        return await self._runner.run(cancel, partial(self._complete, path_of(buffer.uri), request, cancel))

    def _complete(self, path: Path | None, request: CompletionRequest, cancel: Cancel) -> Completion | None:
        """In a worker thread. None: nothing is to be prepared."""
        entry = self._services.at(path)
        config = entry.config.complete
        if request.speculative and not (config.prepare_next if request.brief else config.extend):
            return None
        n = config.manual_n if request.manual else config.n
        return entry.service.complete(replace(request, n=n), cancel)

    def _let_read(self, path: Path | None, request: CompletionRequest, cancel: Cancel) -> None:
        """In a worker thread."""
        service = self._services.at(path).service
        if isinstance(service, ReadsAhead):
            service.read_ahead(request, cancel)
