"""What can be done at a place before anybody asks: the model reads what stands around it.

Who begins a line will want something in it. The prompt is the same for every key of a word and grows by a
few tokens with the next, so that it is worked out while the keys are awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rtlwright.lsp.buffer import Buffer
from rtlwright.server.types import Cancel, Cancelled

Read = Callable[[Buffer, int, Cancel], Awaitable[None]]


class ReadAhead:
    """Once for each line that is begun; one at a time a document, on the event loop's thread."""

    def __init__(self, read: Read):
        self._read = read
        self._lines: dict[str, tuple[int, int]] = {}
        self._running: dict[str, tuple[asyncio.Task[None], Cancel]] = {}

    def at(self, buffer: Buffer, cursor: int) -> None:
        """The cursor stands, or the text was changed, at this index."""
        line = buffer.lines.line_of(cursor), len(buffer.lines)
        if self._lines.get(buffer.uri) == line:
            return
        self._lines[buffer.uri] = line
        self._stop(buffer.uri)
        cancel = Cancel()
        task = asyncio.get_running_loop().create_task(self._quietly(buffer, cursor, cancel))
        self._running[buffer.uri] = task, cancel

    def forget(self, uri: str) -> None:
        """The document was closed."""
        self._lines.pop(uri, None)
        self._stop(uri)

    def forget_all(self) -> None:
        for uri in list(self._lines):
            self.forget(uri)

    def _stop(self, uri: str) -> None:
        if running := self._running.pop(uri, None):
            running[1].cancel()

    async def _quietly(self, buffer: Buffer, cursor: int, cancel: Cancel) -> None:
        try:
            await self._read(buffer, cursor, cancel)
        except Cancelled:
            return
