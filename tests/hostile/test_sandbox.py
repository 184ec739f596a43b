"""What the sandbox holds: real attempts to get out, under bubblewrap and under Landlock, as root and not."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from nobody import CANNOT
from world import TOOLS, World, descendants

from rtlwright.server import processes
from rtlwright.server.check.confine import scratch as scratches
from rtlwright.server.check.confine.landlock import abi
from rtlwright.server.check.confine.sandbox import ENV, Mode, Sandbox, bubblewrap_fault
from rtlwright.server.check.confine.scratch import Scratch

HERE = Path(__file__).parent
pytestmark = pytest.mark.hostile
HELD = {
    "bubblewrap": {"EPERM", "EACCES", "ENOENT", "EROFS", "ENXIO", "ESRCH", "ENOSYS", "ECONNREFUSED", "EXDEV"},
    "landlock": {"EPERM", "EACCES", "ENOENT", "ENXIO", "ENOSYS", "EXDEV"},
}


@pytest.fixture(scope="module", params=["bubblewrap", "landlock", "ordinary user"])
def attempts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of each attempt of `probe.py`."""
    ordinary = request.param == "ordinary user"
    mode = "bubblewrap" if ordinary else request.param
    if ordinary and os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user: the other modes are this one")
    if mode == "bubblewrap" and (fault := bubblewrap_fault()):
        pytest.skip(fault)
    if mode == "landlock" and not abi():
        pytest.skip("no Landlock in this kernel")
    world = World(tmp_path_factory.mktemp("world"))
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as file,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        file.bind(str(world.out / "socket"))
        abstract.bind("\0" + world.name)
        for each in (file, abstract):
            each.listen()
        world._before = dict(world._tree())
        places = {
            "pid": os.getpid(), "out": str(world.out), "home": str(world.home), "cwd": str(world.cwd),
            "secret": str(world.secret), "name": world.name, "port": tcp.getsockname()[1],
            "socket": str(world.out / "socket"), "abstract": world.name,
        }  # fmt: skip
        found = _probed(Sandbox(Mode(mode), None), places, ordinary)
    assert world.harm() == []
    assert world.told(json.dumps(found)) == []
    return {**found, "mode": mode, "root": os.geteuid() == 0 and not ordinary}


def _probed(sandbox: Sandbox, places: dict[str, Any], ordinary: bool) -> dict[str, Any]:
    scratch = Scratch()
    argv = sandbox.command(scratch.path, 1024, [HERE])
    at = argv.index("-I")
    after = next(i for i in range(at, len(argv)) if argv[i] == str(scratch.path) or argv[i] == "/scratch")
    program = ["-I", str(HERE / "probe.py"), json.dumps(places)]
    start = "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])"
    become = [sys.executable, str(HERE / "nobody.py"), "-c", start] if ordinary else []
    done = subprocess.run(
        [*become, *argv[:at], *program, *argv[after:]], capture_output=True, text=True, timeout=60,
        env={**ENV}, start_new_session=True, cwd="/",
    )  # fmt: skip
    scratch.remove()
    if ordinary and done.returncode == CANNOT:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


REFUSED = (
    "read the secret", "read the accounts", "read the home", "read through a link",
    "read through a hard link", "read the parent's environment", "read the parent's memory",
    "read the parent's files", "read zeros", "write outside", "write to the home",
    "write to the working directory", "write to the program", "write to the system",
    "connect by TCP", "connect by UDP", "connect by a socket's file", "connect by an abstract name",
    "trace the parent", "read a key", "type into the terminal", "leave the session",
    "make a user namespace", "fork into a user namespace", "call as another architecture",
    "set up a ring", "make a pipe in the file system", "fork with no processes allowed",
    "run with no processes allowed",
)  # fmt: skip


@pytest.mark.parametrize("attempt", REFUSED)
def test_it_is_refused(attempts: dict[str, Any], attempt: str) -> None:
    assert attempts[attempt] in HELD[attempts["mode"]]


def test_signals_do_not_leave(attempts: dict[str, Any]) -> None:
    if attempts["mode"] == "landlock" and abi() < 6:
        pytest.skip("this kernel's Landlock does not hold signals; the documentation says so")
    assert attempts["send the parent a signal"] in ("EPERM", "ESRCH")


def test_limits(attempts: dict[str, Any]) -> None:
    assert attempts["write to the scratch"] == "done"
    assert attempts["write a large file"] == "EFBIG"
    assert attempts["take four gigabytes"] == "MemoryError"
    assert attempts["core"] == 0
    if attempts["mode"] == "bubblewrap" and not attempts["root"]:
        assert attempts["fork two hundred times"] == "EAGAIN"


def test_nothing_of_the_environment_comes_along(attempts: dict[str, Any]) -> None:
    assert set(attempts["environment"]) <= {*ENV, "PWD", "LC_CTYPE"}


_PARENT = """
import sys, time
from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig
from rtlwright.server.check.behaviour.simulation import Design, Simulation
from rtlwright.server.types import *
from pathlib import Path
gate = Gate(CheckConfig(sandbox=sys.argv[1], timeout_s=60.0))
endless = "module tb; initial while (1); endmodule"
print("ready", flush=True)
Simulation(gate._checker, gate._config).run(
    Design((("tb.v", endless),), None, True), ProjectView(Path("/project"), "tb.v"),
    timeout_s=60, cancel=Cancel())
"""


@pytest.mark.parametrize("mode", ["bubblewrap", "landlock"])
def test_a_killed_parent_leaves_no_process_and_no_file(mode: str) -> None:
    """SIGKILL, in the middle of a run: the worker, its tool and its scratch go all the same."""
    if mode == "bubblewrap" and (fault := bubblewrap_fault()):
        pytest.skip(fault)
    if mode == "landlock" and not abi():
        pytest.skip("no Landlock in this kernel")
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, mode], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
    below = _running(parent.pid)
    places = set(Path("/dev/shm").glob(f"rtlwright-{parent.pid}-*"))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert _gone(below), {pid: processes.table().get(pid) for pid in below}
    if mode == "landlock":
        assert places and _vanish(places)


@pytest.mark.parametrize("mode", ["bubblewrap", "landlock"])
def test_a_killed_worker_leaves_no_tool(mode: str) -> None:
    if mode == "bubblewrap" and (fault := bubblewrap_fault()):
        pytest.skip(fault)
    if mode == "landlock" and not abi():
        pytest.skip("no Landlock in this kernel")
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, mode], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None and parent.stdout.readline() == "ready\n"
    below = _running(parent.pid)
    workers = [pid for pid, process in processes.table().items() if process.parent == parent.pid]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    try:
        assert _gone(below)
        assert parent.wait(10) == 0
    finally:
        parent.kill()


def _running(pid: int) -> dict[int, str]:
    """The descendants of `pid`, once a simulation is among them (a compiler is gone after a moment)."""
    deadline = time.monotonic() + 20
    while True:
        found = descendants(pid)
        lasting = found.keys() & (time.sleep(0.5) or descendants(pid)).keys()
        if TOOLS & {found[each] for each in lasting} - {"bwrap"}:
            return {each: found[each] for each in lasting}
        assert time.monotonic() < deadline, found


def _gone(pids: dict[int, str]) -> bool:
    deadline = time.monotonic() + 5
    while (left := pids.keys() & processes.table().keys()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not left


def _vanish(places: set[Path]) -> bool:
    deadline = time.monotonic() + 5
    while any(place.exists() for place in places) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(place.exists() for place in places)


def test_what_nobody_owns_is_swept_and_what_somebody_owns_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratches, "_place", lambda: tmp_path)
    monkeypatch.setattr(scratches, "_FRESH_S", 0.0)
    old, strange, link = (tmp_path / f"rtlwright-{name}" for name in ("old", "strange", "link"))
    (old / "p1").mkdir(parents=True)
    strange.mkdir()
    for place, mode in ((old, 0o700), (strange, 0o755)):
        place.chmod(mode)
    kept = tmp_path / "precious"
    kept.mkdir(mode=0o700)
    link.symlink_to(kept)
    first = Scratch()
    second = Scratch()
    assert not old.exists() and first.path.exists() and kept.exists() and strange.exists()
    first.remove()
    second.remove()
    assert not first.path.exists()
