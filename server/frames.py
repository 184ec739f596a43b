"""The frames that a worker and its parent exchange; see `worker`. Alone, since every worker loads it."""

from __future__ import annotations

import json
from typing import IO, Any

MAX_FRAME = 64 * 2**20


def read_frame(stream: IO[bytes]) -> Any:
    """The next JSON value, or None at the end of the stream.

    Raises:
        ValueError: an oversized or truncated frame, or one that is no JSON.
    """
    head = stream.read(4)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if len(head) < 4 or size > MAX_FRAME:
        raise ValueError(f"a frame of {size} bytes")
    body = stream.read(size)
    if len(body) < size:
        raise ValueError("a truncated frame")
    return json.loads(body)
