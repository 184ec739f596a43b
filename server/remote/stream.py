"""Server-sent events with their names, from bytes as they come."""

from __future__ import annotations

from collections.abc import Iterator

from rtlwright.server.model.sse import MAX_EVENT, lines


def named_events(chunks: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    r"""(name, data) of each event; without a name it is a `message` (WHATWG HTML, section 9.2).

    >>> list(named_events(iter([b"event: begin\ndata: {}\n\n: still here\n\nda", b"ta: 1\n\n"])))
    [('begin', '{}'), ('message', '1')]

    Raises:
        StreamError: a line without an end, or bytes that are no UTF-8.
    """
    name = "message"
    data: list[str] = []
    for line in lines(chunks, 64 * MAX_EVENT):
        if not line:
            if data:
                yield name, "\n".join(data)
            name, data = "message", []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif line.startswith("event:"):
            name = line[6:].strip()
