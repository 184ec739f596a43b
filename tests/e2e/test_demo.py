"""`rtlwright demo`, the product's face: every case has something checked to show, and it is drawn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def demo(home: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RTLWRIGHT")}
    return subprocess.run(
        [sys.executable, "-m", "rtlwright.server", "demo", *args],
        env={**environ, "HOME": str(home), "COLUMNS": "100", **env},
        capture_output=True,
        text=True,
        timeout=110,
    )


def test_every_case_has_a_suggestion_that_passed(home: Path) -> None:
    ran = demo(home, "--json")
    assert ran.returncode == 0, ran.stderr
    cases = json.loads(ran.stdout)["cases"]
    assert len(cases) >= 6
    for case in cases:
        passed = [s for s in case["suggestions"] if s["verdict"]["status"] == "pass"]
        assert passed, case["name"]
    assert {s["source"] for case in cases for s in case["suggestions"]} == {"structure", "recall", "model"}
    assert not list(home.rglob("feedback*"))  # what the demo shows is nobody's preference


def test_it_is_drawn(home: Path, tmp_path: Path) -> None:
    ran = demo(home, "uart-instance", "spec-up-counter", "--svg", str(tmp_path / "demo.svg"))
    assert ran.returncode == 0, ran.stderr
    for words in ("An instance of your own module", ".clk", "icarus", "agree", "Summary", "module counter8"):
        assert words in ran.stdout
    assert "\x1b" not in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 100
    assert "<svg" in (tmp_path / "demo.svg").read_text()


def test_unknown_case(home: Path) -> None:
    ran = demo(home, "uart")
    assert ran.returncode == 2
    assert "did you mean 'uart-instance'" in ran.stderr and len(ran.stderr.splitlines()) == 1
