"""JSON-RPC with a language server in a process of its own; quick enough for thousands of messages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

Notified = Callable[[str, Any], None]


class Rpc:
    """A client without any library: requests are futures, what the server asks is answered with null."""

    def __init__(self, process: asyncio.subprocess.Process):
        self._process = process
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        self._reader = asyncio.create_task(self._read())
        self.on_notification: Notified = lambda method, params: None
        self.on_error: Callable[[int], None] = lambda code: None

    @classmethod
    async def start(cls, environ: dict[str, str], *arguments: str) -> Rpc:
        return cls(await start(environ, arguments))

    @property
    def pid(self) -> int:
        return self._process.pid

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        """(the request's id, its result; None after an error)."""
        self._next += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = future
        self._send({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params})
        return self._next, future

    async def request(self, method: str, params: Any) -> Any:
        return await self.ask(method, params)[1]

    async def end(self) -> int:
        """`shutdown`, `exit`, and the exit status."""
        await self.request("shutdown", None)
        self.notify("exit", None)
        return await asyncio.wait_for(self._process.wait(), 20)

    async def kill(self) -> None:
        """Whatever state it is in. Idempotent."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._reader.cancel()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                header = await self._process.stdout.readuntil(b"\r\n\r\n")
                length = int(header.partition(b"Content-Length:")[2].split(b"\r\n")[0])
                self._take(json.loads(await self._process.stdout.readexactly(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            self.on_notification(message["method"], message.get("params"))
            if "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            return
        if error := message.get("error"):
            self.on_error(error["code"])
        self._waiting.pop(message["id"]).set_result(message.get("result"))


async def start(environ: dict[str, str], arguments: Sequence[str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "rtlwright.lsp", *arguments)
    return await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, env=environ, limit=64 * 2**20
    )


def position(text: str, offset: int) -> dict[str, int]:
    """Of an offset, for text whose lines end at LF."""
    line_start = text.rfind("\n", 0, offset) + 1
    units = len(text[line_start:offset].encode("utf-16-le")) // 2
    return {"line": text.count("\n", 0, offset), "character": units}
