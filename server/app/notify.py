"""What systemd is told of a unit with `Type=notify` (sd_notify): nothing, where nobody asked."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send `state`, `READY=1` or `STOPPING=1`, to the socket that $NOTIFY_SOCKET names. Never raises."""
    place = environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.connect("\0" + place[1:] if place[0] == "@" else place)
        link.send(state.encode())
