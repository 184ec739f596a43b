"""`$/progress` for one piece of long work, where the client can show it."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from rtlwright.lsp.session import Session
from rtlwright.server.types import Cancel

Report = Callable[[str], None]


class WorkProgress:
    """The user's cancel button sets the work's `Cancel`."""

    def __init__(self, server: LanguageServer, session: Session):
        self._server = server
        self._session = session

    @contextlib.asynccontextmanager
    async def shown(
        self, title: str, cancel: Cancel, token: types.ProgressToken | None
    ) -> AsyncIterator[Report]:
        """Yields what reports a phrase, from any thread. `token` is the client's, if it sent one."""
        token = token if token is not None else await self._created()
        if token is None:
            yield lambda phrase: None
            return
        work = self._server.work_done_progress
        work.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        work.tokens[token].add_done_callback(lambda _: cancel.cancel())  # pygls cancels it, nothing else
        loop = asyncio.get_running_loop()

        def send(phrase: str) -> None:
            work.report(token, types.WorkDoneProgressReport(message=phrase))

        def report(phrase: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody watches any more
                loop.call_soon_threadsafe(send, phrase)

        try:
            yield report
        finally:
            work.tokens.pop(token, None)
            work.end(token, types.WorkDoneProgressEnd())

    async def _created(self) -> types.ProgressToken | None:
        window = self._session.capabilities.window
        if window is None or not window.work_done_progress:
            return None
        token = uuid.uuid4().hex
        try:
            await self._server.work_done_progress.create_async(token)
        except Exception:  # a client may refuse, and the work goes on unseen
            return None
        return token
