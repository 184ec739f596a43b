"""A model server that sends garbage, half a character, a megabyte without a line end, or nothing at all."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asking import completion, project
from serving import Running, serving

from rtlwright.server.config import Config
from rtlwright.server.remote.stream import named_events

sys.path.insert(0, str(Path(__file__).parents[1] / "model"))
from faulty_server import HEAD, FaultyServer, event

DEADLINE_S = 2.0
SLACK_S = 20.0
"""For a machine that has other things to do; a server that hangs takes for ever."""


def garbage(connection: socket.socket, number: int) -> None:
    connection.sendall(HEAD + b"data: {]\n\n" + bytes(range(256)) * 40)


def half_a_character(connection: socket.socket, number: int) -> None:
    connection.sendall(HEAD + event(" bin") + b'data: {"choices": [{"index": 0, "text": "\xf0\x9d')


def no_line_end(connection: socket.socket, number: int) -> None:
    connection.sendall(HEAD + b"data: " + b"x" * (2 << 20))


def one_long_line(connection: socket.socket, number: int) -> None:
    connection.sendall(HEAD + event("y" * (1 << 20), "stop") + b"data: [DONE]\n\n")


def nothing(connection: socket.socket, number: int) -> None:
    time.sleep(SLACK_S)


def a_drop_at_a_time(connection: socket.socket, number: int) -> None:
    connection.sendall(HEAD)
    for _ in range(200):
        connection.sendall(event("a"))
        time.sleep(0.1)


@pytest.fixture(scope="module")
def faulty() -> Iterator[list[Callable[[socket.socket, int], None]]]:
    """What the model server does; the test changes the one entry."""
    yield [garbage]


@pytest.fixture(scope="module")
def running(
    faulty: list[Callable[[socket.socket, int], None]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    def answer(connection: socket.socket, number: int) -> None:
        try:
            faulty[0](connection, number)
        except OSError:
            return  # the server has hung up, as it should

    model = FaultyServer(answer)
    overrides: dict[str, Any] = {
        "model": {"engine": "openai", "url": model.url, "timeout_s": 1.5, "profile": "qwen2-coder"},
        "complete": {"model_deadline_ms": 1000},
        "generate": {"deadline_s": DEADLINE_S},
        "feedback": {"capture": "off"},
        "serve": {"port": 0, "tokens": "off", "audit": "off", "rate": 1000},
    }
    with serving(Config.load(None, overrides, {})) as found:
        yield found
    model.close()


FAULTS = [garbage, half_a_character, no_line_end, one_long_line, nothing, a_drop_at_a_time]


@pytest.mark.parametrize("fault", FAULTS)
def test_clients_get_an_answer_within_their_deadline(
    running: Running, faulty: list[Any], fault: Callable[[socket.socket, int], None]
) -> None:
    faulty[0] = fault
    began = time.monotonic()
    answer = httpx2.post(running.url + "/v1/complete", json=completion(manual=False), timeout=SLACK_S)
    assert answer.status_code == 200 and not answer.json()["suggestions"], answer.text
    assert answer.json()["notes"] or fault is one_long_line, "a line that never ends is no line"
    assert all("\n" not in note for note in answer.json()["notes"])
    form = {"project": project(), "spec": "an inverter", "n": 2}
    with httpx2.stream("POST", running.url + "/v1/generate", json=form, timeout=SLACK_S) as stream:
        events = [(name, json.loads(data)) for name, data in named_events(stream.iter_raw())]
    name, last = events[-1]
    assert name == "completion" and (last["notes"] or last["rejected"]), events
    assert time.monotonic() - began < DEADLINE_S + SLACK_S
    assert running.calls.slots.taken == 0
