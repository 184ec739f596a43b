"""`rtlwright feedback`: what it prints where, and what it does not delete."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rtlwright.server.cli import cli
from rtlwright.server.config import FeedbackConfig
from rtlwright.server.feedback import open_store
from rtlwright.server.feedback.records import RequestRecord
from rtlwright.server.types import (
    Candidate,
    Completion,
    EventKind,
    FeedbackEvent,
    Language,
    Position,
    Range,
    SourceName,
    Suggestion,
    Verdict,
)  # fmt: skip


def suggestion(id: str) -> Suggestion:
    candidate = Candidate(f"assign y = {id};", Range.at(Position(0, 0)), SourceName.MODEL, "tiny")
    return Suggestion.of(id, candidate, Verdict.of(()))


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request: the first of two suggestions was taken, the other one refused."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    store = open_store(FeedbackConfig())
    request = RequestRecord("complete", Language.VERILOG, "module m;", "endmodule", Path("/p/a.v"))
    store.record_request(request, Completion((suggestion("a"), suggestion("b"))))
    for kind, id in ((EventKind.SHOWN, "a"), (EventKind.ACCEPTED, "a"), (EventKind.REJECTED, "b")):
        store.record(FeedbackEvent(kind, id, time.time(), {"visible_ms": 9_000, "reason": "dismissed"}))
    store.close()


def run(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["feedback", *words], input=answer)


def test_a_dash_is_stdout(tmp_path: Path) -> None:
    done = run("export", "-")
    assert done.exit_code == 0 and json.loads(done.stdout)["chosen"] == "assign y = a;"
    assert "1 pairs written" in done.stderr and not (tmp_path / "-").exists()


def test_no_is_no() -> None:
    refused = run("purge", answer="n\n")
    assert refused.exit_code == 1 and "nothing was deleted" in refused.stderr
    assert run("export", "-").stdout
    assert run("purge", answer="y\n").exit_code == 0
    assert not run("export", "-").stdout
