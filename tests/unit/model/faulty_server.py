"""A server that fails in the way its test asks for, over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

Answer = Callable[[socket.socket, int], None]
"""Called with the connection and the number of the completion request, from 0."""


def event(text: str, finish: str | None = None, index: int = 0) -> bytes:
    choice = {"index": index, "text": text, "finish_reason": finish, "logprobs": {"token_logprobs": [-0.5]}}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


class FaultyServer:
    """Lists one model; completions are the test's business."""

    def __init__(self, answer: Answer):
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.asked = 0
        self.bodies: list[dict[str, Any]] = []
        """Of the completion requests."""
        self.told: dict[str, Any] = {}
        """What it says of its model beside the name."""
        self.hung_up = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def wait_for_hang_up(self, connection: socket.socket) -> None:
        """The client is gone once reading gives nothing."""
        connection.settimeout(10)
        try:
            while connection.recv(4096):
                pass
            self.hung_up.set()
        except OSError:
            self.hung_up.set()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            data, more = b"", b"more"
            while more and b"\r\n\r\n" not in data:
                data += (more := connection.recv(65536))
            head, _, body = data.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                listed = json.dumps({"data": [{"id": "test-coder", **self.told}]}).encode()
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                    + b"Content-Length: %d\r\n\r\n" % len(listed) + listed
                )  # fmt: skip
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            while more and len(body) < length:
                body += (more := connection.recv(65536))
            if not more:
                return  # a client that left before it had asked
            self.bodies.append(json.loads(body))
            number, self.asked = self.asked, self.asked + 1
            self._answer(connection, number)
