"""`rtlwright/status`: what the editor's status line shows, sent when it changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

METHOD = "rtlwright/status"

Send = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Line:
    """The fields of Copilot's `didChangeStatus`, so that existing status lines understand it."""

    kind: str = "Normal"
    """`Normal`, `Warning` or `Error`."""
    message: str = ""
    busy: bool = False
    command: str | None = None
    """What a click should run."""


class StatusLine:
    """Lives on the event loop's thread alone."""

    def __init__(self, send: Send):
        self._send = send
        self._running = 0
        self._kind, self._message = "Normal", ""
        self._last = Line()

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """While something runs that the user waits for."""
        self._running += 1
        self._tell()
        try:
            yield
        finally:
            self._running -= 1
            self._tell()

    def normal(self) -> None:
        self._kind, self._message = "Normal", ""
        self._tell()

    def warn(self, message: str) -> None:
        self._kind, self._message = "Warning", message
        self._tell()

    def fail(self, message: str) -> None:
        self._kind, self._message = "Error", message
        self._tell()

    def _tell(self) -> None:
        command = "rtlwright.status" if self._kind != "Normal" else None
        line = Line(self._kind, self._message, self._running > 0, command)
        if line != self._last:
            self._last = line
            fields = {"kind": line.kind, "message": line.message, "busy": line.busy, "command": line.command}
            self._send(METHOD, fields)
