"""Server-sent events from bytes as they come: bounded, and indifferent to where the bytes were cut."""

from __future__ import annotations

from collections.abc import Iterator

MAX_EVENT = 1 << 20
"""Bytes of one line; a server that sends more without a line end is broken."""


class StreamError(Exception):
    """What came is no stream of events; the message is one line."""


def events(chunks: Iterator[bytes]) -> Iterator[str]:
    r"""The `data` of each event, in order (WHATWG HTML, section 9.2); other fields and comments are skipped.

    >>> list(events(iter([b"data: a\n\nda", b"ta: b\r\n: comment\r\n\r\n"])))
    ['a', 'b']

    Raises:
        StreamError: a line without an end, or bytes that are no UTF-8.
    """
    data: list[str] = []
    for line in lines(chunks):
        if not line:
            if data:
                yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
    if data:
        yield "\n".join(data)


def lines(chunks: Iterator[bytes], longest: int = MAX_EVENT) -> Iterator[str]:
    """Lines without their ends, `longest` bytes each. Raises `StreamError`."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield _text(line)
        if len(rest) > longest:
            raise StreamError(f"more than {longest >> 20} MB without a line end")
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    try:
        return line.rstrip(b"\r").decode()
    except UnicodeDecodeError:
        raise StreamError("bytes that are no UTF-8") from None
