"""The pygls server, with errors kept to the log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from functools import partial
from typing import Any

from pygls.lsp.server import LanguageServer

from rtlwright.lsp.protocol import Protocol
from rtlwright.lsp.stdio import Channel, Writer, read_in_thread

log = logging.getLogger(__name__)


class RtlLanguageServer(LanguageServer):
    """Serves one client over a channel until it says `exit`, hangs up, or this process is told to end."""

    protocol: Protocol

    def __init__(self, version: str):
        super().__init__("rtlwright", version, protocol_cls=Protocol)
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def serve(self, channel: Channel) -> int:
        """Exit status: 0 after `shutdown` and `exit`, else 1 (LSP: exit)."""
        loop = asyncio.get_running_loop()
        self.protocol.on_exit = self.stop
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

        def deliver(body: bytes | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self._inbox.put_nowait, body)

        self.protocol.set_writer(Writer(channel.write_fd, partial(deliver, None)))
        read_in_thread(channel.read_fd, deliver)
        while (body := await self._inbox.get()) is not None:
            self.protocol.receive(body)
            # Lets an asynchronous handler run up to its first `await` before the next message: it must
            # see the documents as they were when its request was sent.
            await asyncio.sleep(0)
            if self.protocol.exit_status is not None:
                break
        return 1 if self.protocol.exit_status is None else self.protocol.exit_status

    def stop(self) -> None:
        """End `serve`, from the loop's thread."""
        self._inbox.put_nowait(None)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """To the log, by its type alone: messages of errors may quote code."""
        log.error("%s: %s", getattr(source, "__name__", source), type(error).__name__)
