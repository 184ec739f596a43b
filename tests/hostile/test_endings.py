"""A tool that is killed, whenever that is, has no good word for a broken text."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest
from world import descendants

from rtlwright.server.check.behaviour.simulate import Result, simulate
from rtlwright.server.check.confine.landlock import abi
from rtlwright.server.check.confine.runner import Child, Ended, gather, spawn
from rtlwright.server.check.confine.sandbox import bubblewrap_fault
from rtlwright.server.check.icarus.end import end_file, reached
from rtlwright.server.check.icarus.stage import errors, silent
from rtlwright.server.check.stages import ENV
from rtlwright.server.check.yosys import jobs

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(not shutil.which("iverilog"), reason="no Icarus Verilog"),
]
KILLS = 8
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM)
WARNS = "module w(input [3:0] a, output b); assign b = a[7]; endmodule\n"
BROKEN = "module last(output y); assign y = nobody; endmodule\n"


def filler(count: int) -> str:
    return "".join(
        f"module f{n}(input [7:0] a, output [7:0] y); assign y = a + {n % 200}; endmodule\n"
        for n in range(count)
    )


def compiled(tmp_path: Path, text: str, kill: Callable[[int], None] | None) -> tuple[Child, Path]:
    file = tmp_path / "big.v"
    file.write_text(text)
    argv = ["iverilog", "-t", "null", "-g2012", str(file), str(end_file(tmp_path))]
    child = spawn("iverilog", argv, cwd=tmp_path, timeout_s=30.0, env=ENV)
    killer = Thread(target=kill, args=(child.pid,)) if kill else None
    if killer:
        killer.start()
    for _ in gather([child], Event()):
        pass
    if killer:
        killer.join()
    return child, file


def killing(
    name: str, after_s: float, killed: list[str], signals: Sequence[signal.Signals] = SIGNALS
) -> Callable[[int], None]:
    def kill(pid: int) -> None:
        deadline = time.monotonic() + 5
        found: list[int] = []
        while not found and time.monotonic() < deadline:
            found = [each for each, comm in descendants(pid).items() if comm == name]
        time.sleep(after_s)
        for each in found:
            try:
                os.kill(each, random.choice(signals))
                killed.append(name)
            except ProcessLookupError:
                pass

    return kill


def test_icarus_says_what_is_wrong_and_proves_what_is_right(tmp_path: Path) -> None:
    child, file = compiled(tmp_path, WARNS + filler(50), None)
    assert silent(child, file) is None and not errors(child, file) and reached(child)
    child, file = compiled(tmp_path, WARNS + filler(50) + BROKEN, None)
    assert silent(child, file) is None and errors(child, file)


@pytest.mark.parametrize("name", ["ivlpp", "ivl", "sh"])
def test_killed_icarus_has_no_good_word(tmp_path: Path, name: str) -> None:
    """The error stands at the very end, behind a warning: what is cut off before it looks like a success."""
    text, killed = WARNS + filler(6_000) + BROKEN, list[str]()
    for index in range(KILLS):
        after = 0.2 * index / KILLS
        child, file = compiled(tmp_path, text, killing(name, after, killed))
        assert silent(child, file) or errors(child, file), (after, child.exit_status, child.text[-300:])
    assert killed


@pytest.mark.parametrize("first", [WARNS, WARNS + "\n" * 200_000], ids=["short", "longer than a pipe"])
def test_a_text_that_is_cut_off_between_modules_is_no_success(tmp_path: Path, first: str) -> None:
    """The preprocessor is killed while it waits at the second file; the compiler likes the first."""
    (tmp_path / "first.v").write_text(first)
    os.mkfifo(tmp_path / "second.v")
    argv = ["iverilog", "-t", "null", "-g2012", "first.v", "second.v", str(end_file(tmp_path))]
    child = spawn("iverilog", argv, cwd=tmp_path, timeout_s=30.0, env=ENV)
    killer = Thread(target=killing("ivlpp", 0.3, []), args=(child.pid,))
    killer.start()
    for _ in gather([child], Event()):
        pass
    killer.join()
    assert not errors(child, Path()), "the trick has lost its point"
    assert silent(child, Path())


def test_killed_yosys_has_no_good_word(tmp_path: Path) -> None:
    file = tmp_path / "big.v"
    file.write_text(filler(4000))
    job = jobs.Job(file, "", (), (), (), (), tmp_path)
    tool = jobs.Yosys(tmp_path)
    tool.host.wait()
    for index in range(KILLS):
        run = tool.start(job, 30.0)
        timer = Thread(target=kill_job, args=(tool.host.pid, 0.02 * index))
        timer.start()
        for child in gather([run.child], Event()):
            assert child.ended is not None and not jobs.finished(run)
        timer.join()
    tool.host.close()


def test_without_the_host_of_yosys_no_job_has_a_good_word_and_the_next_one_works(tmp_path: Path) -> None:
    file = tmp_path / "big.v"
    file.write_text(filler(4000))
    job = jobs.Job(file, "", (), (), (), (), tmp_path)
    tool = jobs.Yosys(tmp_path)
    for number, ending in ((signal.SIGKILL, Ended.KILLED), (signal.SIGSTOP, Ended.TIMEOUT)):
        tool.host.wait()
        run, host = tool.start(job, 2.0), tool.host.pid
        assert host is not None
        os.kill(host, number)
        for child in gather([run.child], Event()):
            assert child.ended is ending and not jobs.finished(run)
        tool.host.tidy()
        file.write_text("module m; endmodule\n")
        again = tool.start(job, 30.0)
        for _ in gather([again.child], Event()):
            pass
        assert jobs.finished(again) and tool.host.pid != host
        file.write_text(filler(4000))
    tool.host.close()


def kill_job(host: int, after_s: float) -> None:
    """What the host has forked is killed, as soon as there is something."""
    deadline = time.monotonic() + 10.0
    while not (jobs := Path(f"/proc/{host}/task/{host}/children").read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(after_s)
    os.kill(int(jobs[0]), signal.SIGKILL)


def test_killed_simulation_has_no_good_word(tmp_path: Path) -> None:
    """But for SIGTERM: vvp ends then as if the design had called `$finish`, and docs/gate.md says so."""
    hard = (signal.SIGKILL, signal.SIGSEGV)
    bench = 'module tb; initial begin $display("PASSED"); forever #1; end endmodule'
    params = {
        "files": [["tb.v", bench]], "includes": [], "include_dirs": [], "defines": {}, "top": "tb",
        "iverilog": shutil.which("iverilog"), "timeout_s": 30.0, "arguments": [],
    }  # fmt: skip
    for index in range(4):
        killed: list[str] = []
        killer = Thread(target=killing("vvp", 0.1 * index, killed, hard), args=(os.getpid(),))
        killer.start()
        found = simulate(params, tmp_path / str(index), Event())
        killer.join()
        assert killed and found["result"] == Result.UNKNOWN.value, found


def test_forty_kills_lose_no_request() -> None:
    """The short form of `make chaos`."""
    modes = [] if bubblewrap_fault() else ["bubblewrap"]
    modes += ["landlock"] if abi() else []
    if not modes:
        pytest.skip("no sandbox here")
    chaos = str(Path(__file__).parent / "chaos.py")
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(
            [sys.executable, chaos, "20", mode], stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        for mode in modes
    ]
    try:
        for each in running:
            told, _ = each.communicate(timeout=110)
            assert each.returncode == 0 and " 0 faults" in told, told
    finally:
        for each in running:
            each.kill()
            each.wait()


_EARLY = """
import ctypes, os, sys, time
sys.path.insert(0, sys.argv[1])
from world import left
from rtlwright.server.check.checker import Checker
from rtlwright.server.config import CheckConfig
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are seen
checker = Checker(CheckConfig())
for index in range(40):
    worker = checker.once("short")
    worker._running()
    time.sleep(0.0005 * index)
    worker.close()
sys.exit(len(left(os.getpid(), wait_s=10.0)))
"""


def test_a_worker_that_is_killed_while_its_sandbox_is_set_up_leaves_nothing() -> None:
    argv = [sys.executable, "-c", _EARLY, str(Path(__file__).parent)]
    assert subprocess.run(argv, timeout=60).returncode == 0


_STOPPED = """
import ctypes, os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from world import left
from rtlwright.server import processes
from rtlwright.server.check.checker import Checker
from rtlwright.server.config import CheckConfig
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are seen
checker, stopped = Checker(CheckConfig()), 0
for index in range(16):
    worker = checker.once("short")
    worker._running()
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
    deadline = time.monotonic() + 2.0
    inner = ""
    while not inner and time.monotonic() < deadline:
        inner = children.read_text().partition(" ")[0]
    while inner and (process := processes.of(int(inner))) and time.monotonic() < deadline:
        if process.session == int(inner):  # it has left the group, and asks to die with the first next
            os.kill(int(inner), signal.SIGSTOP)
            stopped += 1
            break
    worker.close()
found = left(os.getpid(), wait_s=2.0)
for pid in found:
    os.kill(pid, signal.SIGKILL)
print(f"{stopped} stopped, {len(found)} left")
sys.exit(bool(found) or stopped < 8)
"""


@pytest.mark.skipif(bool(bubblewrap_fault()), reason="no bubblewrap")
def test_a_sandbox_that_is_stopped_while_it_is_set_up_leaves_nothing() -> None:
    """There is a moment in which it has left its group and does not yet die with its parent."""
    argv = [sys.executable, "-c", _STOPPED, str(Path(__file__).parent)]
    tried = subprocess.run(argv, timeout=60, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout + tried.stderr
