"""The `Content-Length` framing of the protocol, read so that garbage between frames is survived."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_HEADER = 8192
MAX_BODY = 256 * 2**20
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,12})", re.IGNORECASE)
_END = b"\r\n\r\n"


class FrameReader:
    """Bytes in, message bodies out. A header block without a length is skipped, not an end."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._missing: int | None = None
        """Length of the body that is being read; None between frames."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that `data` completes."""
        self._buffer += data
        while (body := self._next()) is not None:
            yield body

    def _next(self) -> bytes | None:
        while self._missing is None:
            if not self._read_header():
                return None
        if len(self._buffer) < self._missing:
            return None
        body = bytes(self._buffer[: self._missing])
        del self._buffer[: self._missing]
        self._missing = None
        return body

    def _read_header(self) -> bool:
        """Consume one header block; False where more bytes are needed."""
        end = self._buffer.find(_END)
        if end < 0:
            # Without a bound, a peer that never ends its header would fill the memory.
            if len(self._buffer) > MAX_HEADER:
                del self._buffer[: -MAX_HEADER // 2]
            return False
        # The last one counts: what stands before it is the rest of something broken.
        lengths = _LENGTH.findall(self._buffer, 0, end)
        del self._buffer[: end + len(_END)]
        if lengths and int(lengths[-1]) <= MAX_BODY:
            self._missing = int(lengths[-1])
        return True
