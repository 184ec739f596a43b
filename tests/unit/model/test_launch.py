"""vLLM's supervisor with a scripted vLLM; the real one is in tests/vllm (`make vllm-e2e`)."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.flags import Command
from rtlwright.server.model.launch.supervisor import ModelServer, Patience, Phase

SCRIPT = str(Path(__file__).parent / "scripted_vllm.py")
QUICK = Patience(start=20, poll=0.03, watch=0.05, first_pause=0.05, longest_pause=0.2, futile=3)

Start = Callable[..., ModelServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    made: list[ModelServer] = []

    def make(mode: str = "", port: int = 0, patience: Patience = QUICK) -> ModelServer:
        def command(port: int) -> Command:
            return Command((sys.executable, "-S", SCRIPT, mode, "--port", str(port)), {"A_VARIABLE": "here"})

        made.append(ModelServer(command, "m", tmp_path / "logs/vllm.log", port, patience))
        made[-1].start()
        return made[-1]

    yield make
    for server in made:
        server.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def engine(server: ModelServer) -> int:
    """Process id of the second process, of the last start."""
    return int(re.findall(r"engine (\d+)", server.log.read_text())[-1])


def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_starts_and_nothing_is_left_when_it_is_closed(start: Start) -> None:
    server = start()
    assert server.wait(20).phase is Phase.READY and server.state.detail.startswith("vLLM serves m")
    assert httpx2.get(f"{server.endpoint.url}/health").status_code == 200
    asked = httpx2.post(f"{server.endpoint.api}/completions", json={"model": "m"})
    assert asked.status_code == 401, "the port is not for everybody on this machine"
    assert "A_VARIABLE=here" in server.log.read_text() and server.endpoint.key not in server.log.read_text()
    second, group = engine(server), server.pid
    server.close()
    server.close()
    assert server.state.phase is Phase.STOPPED and server.pid is None
    until(lambda: not alive(second))
    assert group and not alive(group)


@pytest.mark.parametrize("which", ["group", "keeper", "first"])
def test_what_is_killed_comes_back_by_itself(start: Start, which: str) -> None:
    server = start()
    server.wait(20)
    second, group = engine(server), server.pid
    assert group
    if which == "group":
        os.killpg(group, signal.SIGKILL)
    elif which == "keeper":
        os.kill(group, signal.SIGKILL)
    else:
        children = Path(f"/proc/{group}/task/{group}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
    until(lambda: server.state.restarts == 1 and server.state.phase is Phase.READY)
    until(lambda: not alive(second))  # the engine of the first life keeps no memory
    assert server.pid != group


@pytest.mark.parametrize(
    "mode, reason",
    [
        ("memory", "has no 100.0 GiB left for keys and values; lower vllm.kv_cache_gb"),
        ("context", "vllm.context is 4096, but the model knows only 1024 positions; lower it"),
        ("argument", "does not know the argument --nonsense; see vllm.args"),
    ],
)
def test_what_would_fail_again_is_said_in_one_line(start: Start, mode: str, reason: str) -> None:
    server = start(mode)
    state = server.wait(20)
    assert state.phase is Phase.FAILED and reason in state.detail and "\n" not in state.detail
    assert str(server.log) in state.detail and state.restarts == 0


@pytest.mark.parametrize(
    "mode, reason", [("gpu", "GPU's memory is too small"), ("crash", "KeyError: 'model.la")]
)
def test_what_may_pass_is_tried_again_then_given_up(start: Start, mode: str, reason: str) -> None:
    server = start(mode)
    state = server.wait(20)
    assert state.phase is Phase.FAILED and reason in state.detail and state.restarts == QUICK.futile - 1


def test_a_start_that_fails_once_is_no_harm(start: Start, tmp_path: Path) -> None:
    server = start(f"once:crash:{tmp_path / 'mark'}")
    assert server.wait(20).phase is Phase.READY and server.state.restarts == 1


def test_a_port_that_is_taken(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken by another program; set vllm.port"):
            start(port=port)
    server = start("port", port=port)  # it was free when we looked
    assert f"port {port} is taken" in server.wait(20).detail
    another = start(f"once:port:{tmp_path / 'mark'}")  # any port will do: the next one is tried
    before = another.endpoint
    assert another.wait(20).phase is Phase.READY and another.endpoint != before


def test_one_that_does_not_answer_any_more_is_replaced(start: Start) -> None:
    server = start(patience=replace(QUICK, look=0.2, silent=0.5))
    server.wait(20)
    group = server.pid
    assert group
    for child in Path(f"/proc/{group}/task/{group}/children").read_text().split():
        os.kill(int(child), signal.SIGSTOP)
    until(lambda: server.state.restarts == 1 and server.state.phase is Phase.READY, 30)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Also by kill -9."""
    log = tmp_path / "vllm.log"
    program = (
        "import sys, time; from pathlib import Path\n"
        "from rtlwright.server.model.launch.flags import Command\n"
        "from rtlwright.server.model.launch.supervisor import ModelServer\n"
        f"command = lambda port: Command((sys.executable, '-S', {SCRIPT!r}, '', '--port', str(port)), {{}})\n"
        f"server = ModelServer(command, 'm', Path({str(log)!r})); server.start()\n"
        "print(server.wait().phase, server.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    phase, group = parent.stdout.readline().split()
    assert phase == "ready"
    second = int(re.findall(r"engine (\d+)", log.read_text())[-1])
    parent.kill()
    parent.wait()
    try:
        until(lambda: not alive(second) and not alive(int(group)))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(group), signal.SIGKILL)


def test_stopping_does_not_wait_for_a_start(start: Start, tmp_path: Path) -> None:
    server = start("once:crash:" + str(tmp_path / "mark"), patience=Patience(first_pause=60, poll=0.03))
    until(lambda: server.state.phase is Phase.WAITING)
    assert "next start in 60 s" in server.state.detail
    began = time.monotonic()
    server.close()
    assert time.monotonic() - began < 10 and server.wait().phase is Phase.STOPPED
