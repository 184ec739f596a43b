"""Worker processes: answers, parts, cancel, deaths, limits, and no process left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtlwright.server.types import Cancel, Cancelled
from rtlwright.server.worker import Worker, WorkerDied, WorkerRefused, WorkerTimeout

CHILD = """
import os, sys, time
from rtlwright.server.worker_main import serve

def count(params, job):
    for i in range(params):
        job.part(i)
    return "counted"

def fail(params, job):
    raise ValueError("no such thing")

def wait(params, job):
    job.cancelled.wait(params)
    return job.cancelled.is_set()

def noisy(params, job):
    print("a library prints")
    os.write(1, b"and writes")
    return "fine"

def die(params, job):
    print("about to die", file=sys.stderr)
    sys.stderr.flush()
    os.kill(os.getpid(), params)

def pid(params, job):
    return os.getpid()

def starve(params, job):
    raise MemoryError("no more")

serve({"starve": starve, "count": count, "fail": fail, "wait": wait, "noisy": noisy, "die": die, "pid": pid,
       "echo": lambda params, job: params})
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test", lambda: [sys.executable, "-c", CHILD])
    yield worker
    worker.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter if it goes while it is read
        return False


def wait_dead(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


def test_echo_and_parts(worker: Worker) -> None:
    parts: list[int] = []
    assert worker.call("echo", {"ä": [1, None]}, timeout_s=10) == {"ä": [1, None]}
    assert worker.call("count", 3, timeout_s=10, on_part=parts.append) == "counted"
    assert parts == [0, 1, 2]


def test_what_a_library_prints_is_not_an_answer(worker: Worker) -> None:
    assert worker.call("noisy", timeout_s=10) == "fine"
    assert worker.call("noisy", timeout_s=10) == "fine"


def test_an_exception_is_an_answer(worker: Worker) -> None:
    with pytest.raises(WorkerRefused, match="ValueError: no such thing"):
        worker.call("fail", timeout_s=10)
    with pytest.raises(WorkerRefused, match="no method 'nonsense'"):
        worker.call("nonsense", timeout_s=10)
    assert worker.starts == 1


def test_timeout_kills_and_the_next_call_works(worker: Worker) -> None:
    pid = worker.call("pid", timeout_s=10)
    with pytest.raises(WorkerTimeout, match="no answer within 0.2 s"):
        worker.call("wait", 60, timeout_s=0.2)
    assert wait_dead(pid)
    assert worker.call("echo", 1, timeout_s=10) == 1
    assert worker.starts == 2


def test_death_is_told_with_its_last_words(worker: Worker) -> None:
    with pytest.raises(WorkerDied, match=r"SIGSEGV: about to die"):
        worker.call("die", int(signal.SIGSEGV), timeout_s=10)
    assert worker.call("echo", 2, timeout_s=10) == 2


def test_cancel_leaves_the_worker_alive(worker: Worker) -> None:
    pid = worker.call("pid", timeout_s=10)
    cancel = Cancel()
    threading.Timer(0.1, cancel.cancel).start()
    with pytest.raises(Cancelled):
        worker.call("wait", 60, timeout_s=30, cancel=cancel)
    assert worker.call("pid", timeout_s=10) == pid


def test_cancelled_before_the_call(worker: Worker) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        worker.call("echo", 1, timeout_s=10, cancel=cancel)


def test_close_ends_the_process_and_refuses(worker: Worker) -> None:
    pid = worker.call("pid", timeout_s=10)
    worker.close()
    worker.close()
    assert wait_dead(pid)
    with pytest.raises(WorkerDied, match="closed"):
        worker.call("echo", 1, timeout_s=10)


def test_what_cannot_be_started() -> None:
    with pytest.raises(WorkerDied, match="cannot be started .*no-such-program"):
        Worker("test", lambda: ["/no-such-program"]).call("echo", 1, timeout_s=10)


@pytest.mark.parametrize(
    "program", ["print('no frame')", "import sys; sys.stdout.buffer.write(b'\\xff' * 64)", "pass"]
)
def test_what_is_no_worker(program: str) -> None:
    worker = Worker("test", lambda: [sys.executable, "-c", program])
    with pytest.raises(WorkerDied):
        worker.call("echo", 1, timeout_s=10)
    worker.close()


def test_many_threads_get_their_own_answers(worker: Worker) -> None:
    wrong: list[tuple[int, object]] = []

    def ask(n: int) -> None:
        for i in range(50):
            answer = worker.call("echo", [n, i], timeout_s=30)
            if answer != [n, i]:
                wrong.append((n, answer))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_child_dies_with_a_killed_parent() -> None:
    program = (
        "import sys, os, signal\n"
        "from rtlwright.server.worker import Worker\n"
        f"worker = Worker('test', lambda: [sys.executable, '-c', {CHILD!r}])\n"
        "print(worker.call('pid', timeout_s=20), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert parent.returncode == -signal.SIGKILL
    assert wait_dead(int(parent.stdout))


def test_one_that_is_stopped_is_replaced(worker: Worker) -> None:
    """A signal has stopped it: nobody waits for the whole time limit, and the next call has another one."""
    pid = worker.call("pid", timeout_s=10)
    threading.Timer(0.2, os.kill, (pid, signal.SIGSTOP)).start()
    begun = time.monotonic()
    with pytest.raises(WorkerDied):
        worker.call("wait", 60, timeout_s=60)
    assert time.monotonic() - begun < 20
    assert worker.call("pid", timeout_s=10) != pid and wait_dead(pid)


def test_one_that_is_out_of_memory_is_replaced(worker: Worker) -> None:
    """What libraries have taken they keep: everything after it would fail."""
    pid = worker.call("pid", timeout_s=10)
    with pytest.raises(WorkerRefused, match="out of memory"):
        worker.call("starve", timeout_s=10)
    assert worker.call("pid", timeout_s=10) != pid and wait_dead(pid)


@pytest.mark.parametrize(
    "answer", [b"[" * 100_000, b"[]", b"3", b'{"id": [], "part": 1}', b'{"id": 1}', b'{"part": 1}', b"NaN"]
)
def test_no_answer_of_a_child_leaves_a_call_waiting(answer: bytes) -> None:
    program = (
        "import sys, time\n"
        f"body = {answer[:20]!r} * {len(answer) // len(answer[:20])}\n"
        "sys.stdout.buffer.write(len(body).to_bytes(4, 'big') + body); sys.stdout.flush(); time.sleep(60)"
    )
    worker = Worker("test", lambda: [sys.executable, "-c", program])
    with pytest.raises(WorkerDied, match="no answer"):
        worker.call("echo", 1, timeout_s=20)
    worker.close()


def test_a_slow_start_does_not_count() -> None:
    """On a machine with much else to do a worker would be killed at each start, for ever."""
    slow = Worker("test", lambda: [sys.executable, "-c", f"import time; time.sleep(1.5)\n{CHILD}"])
    try:
        assert slow.call("pid", timeout_s=0.5, start_s=30) == slow.pid
        begun = time.monotonic()
        with pytest.raises(WorkerTimeout):
            slow.call("wait", 60, timeout_s=0.5, start_s=30)
        assert time.monotonic() - begun < 10
        with pytest.raises(WorkerTimeout):
            slow.call("pid", timeout_s=0.5)
    finally:
        slow.close()


def test_one_that_rests_ends_and_is_there_when_it_is_wanted() -> None:
    child = CHILD.partition("serve({")[0] + "serve({'pid': pid}, rest=lambda: os._exit(0), rest_after_s=0.0)"
    quick = "import serve\nimport rtlwright.server.worker_main as main\nmain._IDLE_S = 0.01"
    child = child.replace("import serve", quick)
    worker = Worker("rests", lambda: [sys.executable, "-c", child])
    try:
        assert wait_dead(worker.call("pid", timeout_s=20))
        deadline = time.monotonic() + 20
        while worker.pid is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert worker.call("pid", timeout_s=20) and worker.starts == 2
    finally:
        worker.close()
