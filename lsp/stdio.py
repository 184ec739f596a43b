"""Standard input and output as the protocol's own: nothing else in this process can read or write them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from rtlwright.lsp.frames import FrameReader

_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Channel:
    """Private file descriptors of the client's two pipes; no child process inherits them."""

    read_fd: int
    write_fd: int

    @classmethod
    def claim(cls) -> Channel:
        """Take 0 and 1 away: a stray print would break the protocol, a child would eat its input."""
        channel = cls(os.dup(0), os.dup(1))
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        try:
            os.dup2(2, 1)
        except OSError:  # started without standard error
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return channel


class Writer:
    """What pygls writes to. A client that is gone is reported once, not raised."""

    def __init__(self, fd: int, on_broken: Callable[[], None]):
        self._fd = fd
        self._on_broken = on_broken
        self._lock = threading.Lock()
        self._broken = False

    def write(self, data: bytes) -> None:
        with self._lock:
            view = memoryview(data)
            while view and not self._broken:
                try:
                    view = view[os.write(self._fd, view) :]
                except OSError:
                    self._broken = True
                    self._on_broken()

    def close(self) -> None:
        """The descriptor goes with the process."""


def read_in_thread(fd: int, deliver: Callable[[bytes | None], None]) -> threading.Thread:
    """Call `deliver` with each message body, and with None at the end of input.

    A daemon thread on the bare descriptor: it may be blocked in `read` when the process ends, and a
    buffered reader would hold its lock then.
    """

    def loop() -> None:
        frames = FrameReader()
        try:
            while data := os.read(fd, _CHUNK):
                for body in frames.feed(data):
                    deliver(body)
        except OSError:
            pass  # the pipe broke: that is an end of input, too
        finally:
            deliver(None)

    thread = threading.Thread(target=loop, name="rtlwright-stdin", daemon=True)
    thread.start()
    return thread
