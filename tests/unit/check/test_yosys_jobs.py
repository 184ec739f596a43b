"""Yosys jobs: the spare fork, and the check that is done again with constants folded."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from rtlwright.server.check.confine.runner import gather
from rtlwright.server.check.yosys import jobs

LOOP = "module m(input a, b, output y); wire z = {}; assign y = z ? y : a; endmodule\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yosys")


@pytest.fixture(scope="module")
def tool(place: Path) -> Iterator[jobs.Yosys]:
    tool = jobs.Yosys(place)
    tool.host.wait()
    yield tool
    tool.host.close()


def complaints(
    tool: jobs.Yosys, place: Path, text: str, libraries: tuple[jobs.File, ...] = (), stamp: str = ""
) -> list[str]:
    file = place / "m.v"
    file.write_text(text)
    run = tool.start(jobs.Job(file, "m", libraries, (), (), (), place, stamp=stamp), 10.0)
    for _ in gather([run.child], Event()):
        pass
    assert jobs.finished(run), run.child.text
    return [complaint.text for complaint in jobs.complaints(jobs.said(run), file)]


def spare(tool: jobs.Yosys) -> int:
    """What the host has forked while nothing is asked."""
    host, deadline = tool.host.pid, time.monotonic() + 10.0
    while time.monotonic() < deadline:
        if found := Path(f"/proc/{host}/task/{host}/children").read_text().split():
            return int(found[0])
        time.sleep(0.001)
    raise AssertionError("no spare")


def test_a_loop_that_is_never_chosen_is_none(tool: jobs.Yosys, place: Path) -> None:
    assert complaints(tool, place, LOOP.format("1'b0")) == []
    assert complaints(tool, place, LOOP.format("b")) == ["found logic loop in module m"]


def test_what_is_said_before_the_checks_is_said_once(tool: jobs.Yosys, place: Path) -> None:
    latch = LOOP.format("1'b0").replace("endmodule", "reg q; always @* if (b) q = a; endmodule")
    assert complaints(tool, place, latch) == ["Latch inferred for signal 'm.q'"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_dead_spare_is_no_loss(tool: jobs.Yosys, place: Path, number: int) -> None:
    pid = spare(tool)
    os.kill(pid, number)
    while ") Z " not in Path(f"/proc/{pid}/stat").read_text():
        time.sleep(0.001)
    assert complaints(tool, place, LOOP.format("b")) == ["found logic loop in module m"]


def test_a_spare_does_the_job(tool: jobs.Yosys, place: Path) -> None:
    pid = spare(tool)
    assert complaints(tool, place, LOOP.format("b"))
    assert spare(tool) != pid and not Path(f"/proc/{pid}").exists()


def test_a_spare_that_is_older_than_the_design_is_not_asked(tool: jobs.Yosys, place: Path) -> None:
    text = "module m(input a, output y); sub u (a, y); endmodule\n"
    for width in (1, 2):
        spare(tool)
        (place / "sub.v").write_text(
            f"module sub(input a, output [{width - 1}:0] y); assign y = a; endmodule\n"
        )
        library = (jobs.File("sub.v", str(width), ("sub",)),)
        assert complaints(tool, place, text, library, stamp=str(width)) == []
        spare(tool)
        # A fault of the design, not of the job: the project's file is gone from the second design's files.
        assert complaints(tool, place, LOOP.format("b"), library, stamp=str(width))
