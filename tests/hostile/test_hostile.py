"""Every hostile input, under bubblewrap, under Landlock alone, and as an ordinary user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cases import CASES
from nobody import CANNOT

from rtlwright.server.check.confine.landlock import abi
from rtlwright.server.check.confine.sandbox import bubblewrap_fault

HERE = Path(__file__).parent
LONGEST_S = 300
"""For all modes together: a minute or two, on a machine with nothing else to do."""
MODES = ("bubblewrap", "landlock", "ordinary user")
pytestmark = pytest.mark.hostile


@dataclass
class Running:
    """A suite in its own process."""

    process: subprocess.Popen[str]
    report: Path

    def read(self) -> dict[str, Any] | str:
        """The report, or why there is none."""
        out, _ = self.process.communicate(timeout=LONGEST_S)
        if self.process.returncode == CANNOT:
            return out
        assert self.process.returncode == 0, out
        found: dict[str, Any] = json.loads(self.report.read_text())
        return found


def _fault(mode: str) -> str | None:
    if mode == "landlock":
        return None if abi() else "no Landlock in this kernel"
    if mode == "ordinary user" and os.geteuid() != 0:
        return "the tests run as an ordinary user: the other modes are this one"
    return bubblewrap_fault()


def _start(mode: str, place: Path) -> Running:
    report = place / f"{mode.replace(' ', '-')}.json"
    argv = [str(HERE / "suite.py"), "bubblewrap" if mode == "ordinary user" else mode, str(report)]
    if mode == "ordinary user":
        argv = [str(HERE / "nobody.py"), *argv]
    pipe = subprocess.PIPE
    return Running(
        subprocess.Popen([sys.executable, *argv], stdout=pipe, stderr=subprocess.STDOUT, text=True), report
    )


@pytest.fixture(scope="module")
def reports() -> Iterator[dict[str, dict[str, Any] | str]]:
    """All modes at once: most of the time they wait for limits to be reached."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="rtlwright-reports-") as name:
        place = Path(name)
        place.chmod(0o777)
        faults = {mode: _fault(mode) for mode in MODES}
        running = {mode: _start(mode, place) for mode in MODES if faults[mode] is None}
        try:
            yield {mode: running[mode].read() if mode in running else faults[mode] or "" for mode in MODES}
        finally:
            for each in running.values():
                each.process.kill()
                each.process.wait()


@pytest.fixture(params=MODES)
def report(request: pytest.FixtureRequest, reports: dict[str, dict[str, Any] | str]) -> dict[str, Any]:
    found = reports[request.param]
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.mark.timeout(LONGEST_S)
def test_the_mode_is_the_one_that_was_asked_for(report: dict[str, Any], request: Any) -> None:
    mode = request.node.callspec.params["report"]
    assert report["mode"] == ("bubblewrap" if mode == "ordinary user" else mode)
    assert (report["uid"] != 0) == (mode == "ordinary user" or os.geteuid() != 0)
    assert len(report["outcomes"]) == len(CASES) >= 60


@pytest.mark.timeout(LONGEST_S)
def test_nothing_is_left_running(report: dict[str, Any]) -> None:
    assert report["left"] == []


@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_input(report: dict[str, Any], case: Any) -> None:
    """The verdict is right and in time, nothing was read or written, and the next check works."""
    outcome = next(each for each in report["outcomes"] if each["name"] == case.name)
    assert outcome["faults"] == []


def test_the_suite_sees_what_no_sandbox_keeps_in(tmp_path: Path) -> None:
    report = tmp_path / "off.json"
    name = "a testbench that reads and writes"
    subprocess.run([sys.executable, HERE / "suite.py", "off", report, name], check=True, timeout=60)
    (outcome,) = json.loads(report.read_text())["outcomes"]
    assert any("tells" in fault for fault in outcome["faults"])
    assert any("is new" in fault for fault in outcome["faults"])
