"""The feedback store: what it keeps, what it gives back, and what it survives."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rtlwright.server import paths
from rtlwright.server.config import FeedbackConfig
from rtlwright.server.errors import UserError
from rtlwright.server.feedback import database, open_store
from rtlwright.server.feedback.driver import Opened, SqliteFile
from rtlwright.server.feedback.records import Capture, RequestRecord, SourceStats
from rtlwright.server.feedback.store import DAY_S, FeedbackStore
from rtlwright.server.types import (
    Candidate,
    Completion,
    Diagnostic,
    EventKind,
    FeedbackEvent,
    Language,
    Position,
    Range,
    Severity,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)

NOW = 2_000_000_000.0
SECRET = "secret_sauce"


def suggestion(id: str, text: str, status: Status = Status.PASS) -> Suggestion:
    quoted = Diagnostic(Severity.ERROR, 1, 1, f"undeclared {SECRET}", "slang")
    stage = StageResult("syntax", status, 1.0, (quoted,) if status is Status.FAIL else ())
    candidate = Candidate(text, Range.at(Position(0, 0)), SourceName.MODEL, "tiny")
    return Suggestion.of(id, candidate, Verdict.of((stage,)))


def completion() -> Completion:
    offered = (suggestion("s1", f"assign {SECRET} = a;"), suggestion("s2", "assign y = b;"))
    return Completion(offered, (suggestion("s3", "assign y = ;", Status.FAIL),))


REQUEST = RequestRecord("complete", Language.VERILOG, f"module {SECRET}", "endmodule", Path("/p/a.v"))


def ask(store: FeedbackStore, answer: Completion) -> None:
    store.record_request(REQUEST, answer)


def event(kind: EventKind, id: str = "s1", at: float = NOW, **detail: object) -> FeedbackEvent:
    return FeedbackEvent(kind, id, at, detail)


def filled(path: Path, capture: Capture = "full") -> FeedbackStore:
    store = FeedbackStore(path, capture, clock=lambda: NOW)
    ask(store, completion())
    store.record(event(EventKind.SHOWN))
    store.record(event(EventKind.ACCEPTED, inserted=SECRET, visible_ms=900, how="command"))
    return store


def contents(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(directory.iterdir()))


def test_stats_count_distinct_suggestions(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite")
    store.record(event(EventKind.SHOWN))
    store.record(event(EventKind.SHOWN, "s2", NOW - 60))
    stats = store.stats()
    assert (stats.requests, stats.candidates, stats.withheld, stats.events) == (1, 3, 1, 4)
    assert (stats.shown, stats.accepted, stats.rejected, stats.rate) == (2, 1, 1, 0.5)
    assert stats.by_source == {"model": SourceStats(2, 1, 0.5)}


def test_export_is_what_trl_reads(tmp_path: Path) -> None:
    out = io.StringIO()
    assert filled(tmp_path / "f.sqlite").export(out, lambda p: f"{p.prefix}<fill>{p.suffix}") == 2
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {tuple(line) for line in lines} == {("prompt", "chosen", "rejected")}
    assert lines[0]["prompt"] == f"module {SECRET}<fill>endmodule"
    assert {line["chosen"] for line in lines} == {f"assign {SECRET} = a;"}
    assert [line["rejected"] for line in lines] == ["assign y = b;", "assign y = ;"]


def test_metadata_keeps_no_code(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite", "metadata")
    assert store.stats().accepted == 1
    assert store.export(io.StringIO()) == 0
    assert SECRET.encode() not in contents(tmp_path)


def test_off_keeps_nothing(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite", "off")
    assert not list(tmp_path.iterdir())
    assert store.stats().events == 0
    assert not store.status().enabled


def test_purge_by_age_and_of_everything_leaves_no_trace(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite")
    store.record(event(EventKind.SHOWN, "foreign", NOW - 500))
    assert store.purge(NOW - 100) == 1
    assert store.stats().events == 2
    assert store.purge_all() == 3
    assert store.stats().candidates == 0
    assert SECRET.encode() not in contents(tmp_path)


def test_retention_is_applied_while_it_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a day: a team server runs for months."""
    now, passed, real = [NOW], [0.0], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed[0])
    store = FeedbackStore(tmp_path / "f.sqlite", retention_days=30, clock=lambda: now[0])
    store.record(event(EventKind.SHOWN, "old", NOW))
    now[0], passed[0] = NOW + 31 * DAY_S, 31 * DAY_S
    store.record(event(EventKind.SHOWN, "new", now[0]))
    with sqlite3.connect(tmp_path / "f.sqlite") as connection:
        assert [row[0] for row in connection.execute("SELECT suggestion_id FROM event")] == ["new"]
    store.close()


def test_retention_is_applied_at_opening(tmp_path: Path) -> None:
    filled(tmp_path / "f.sqlite").close()
    later = FeedbackStore(tmp_path / "f.sqlite", retention_days=30, clock=lambda: NOW + 31 * DAY_S)
    assert later.stats().requests == 0


def test_an_answer_from_a_cache_belongs_to_its_first_request(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite")
    ask(store, completion())
    assert store.stats().candidates == 3


def test_half_a_surrogate_pair_is_stored(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "f.sqlite")
    ask(store, Completion((suggestion("s", "// \ud83d"),)))
    assert store.stats().candidates == 1
    assert not store.status().notes


@pytest.mark.parametrize("version", range(len(database.load_migrations(database.MIGRATIONS)) + 1))
def test_every_older_schema_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "f.sqlite"
    old = sqlite3.connect(path, isolation_level=None)
    database.migrate(old, database.load_migrations(database.MIGRATIONS)[:version])
    if version:
        old.execute(
            "INSERT INTO event (at, suggestion_id, kind, detail) VALUES (?, 'x', 'shown', '{}')", (NOW,)
        )
    old.close()
    store = filled(path)
    assert store.stats().shown == (2 if version else 1)
    assert store.status().enabled


def test_a_newer_schema_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    filled(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("INSERT INTO schema_version VALUES (99, 0)")
    store = filled(path)
    status = store.status()
    assert not status.enabled and status.reason
    assert "schema 99" in status.reason and "upgrade rtlwright" in status.reason and "\n" not in status.reason
    with pytest.raises(UserError, match="schema 99"):
        store.stats()


def test_a_kind_of_event_from_a_newer_release_is_skipped(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite")
    with sqlite3.connect(tmp_path / "f.sqlite") as newer:
        newer.execute("INSERT INTO event (at, suggestion_id, kind, detail) VALUES (0, 's1', 'adored', '{}')")
    assert store.stats().accepted == 1


@pytest.mark.parametrize("where", [None, "a file/f.sqlite", "a directory"])
def test_no_place_to_write_is_a_reason_and_no_exception(tmp_path: Path, where: str | None) -> None:
    (tmp_path / "a file").write_text("")
    (tmp_path / "a directory").mkdir()
    store = filled(tmp_path / where) if where else FeedbackStore(None)
    store.record(event(EventKind.SHOWN))
    status = store.status()
    assert not status.enabled
    assert status.reason and "feedback.path" in status.reason and "\n" not in status.reason


def test_a_corrupt_file_is_moved_aside_and_said_once(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    path.write_bytes(b"this is no database, but somebody's notes" * 100)
    store = filled(path)
    assert store.stats().accepted == 1
    (note,) = store.status().notes
    aside = next(tmp_path.glob("f.sqlite.corrupt-*"))
    assert aside.name in note
    assert aside.read_bytes().startswith(b"this is no database")


def test_corruption_under_way_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    filled(path).close()
    size = path.stat().st_size
    with path.open("r+b") as file:  # the header stays, every page after it is ruined
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    store = FeedbackStore(path)
    for _ in range(3):
        store.record(event(EventKind.SHOWN))
    assert any("corrupt" in note for note in store.status().notes)
    assert store.stats().shown == 1


def test_the_configuration_names_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    ask(open_store(FeedbackConfig()), completion())
    ask(open_store(FeedbackConfig(path=tmp_path / "mine")), completion())
    assert (tmp_path / "data" / "feedback.sqlite3").is_file()
    assert (tmp_path / "mine").is_file()


def test_an_absence_is_told_while_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Absent(SqliteFile):
        away = True

        def open(self) -> Opened:
            if self.away:
                raise database.StoreAway("no room on its disk")
            return super().open()

    monkeypatch.setattr("rtlwright.server.feedback.store._AGAIN_S", 0.0)
    place = Absent(tmp_path / "f.sqlite")
    store = FeedbackStore(place)
    assert not store.record(FeedbackEvent(EventKind.SHOWN, "a", 1.0))
    status = store.status()
    assert not status.enabled and status.notes == ("no room on its disk",)
    place.away = False
    assert store.record(FeedbackEvent(EventKind.SHOWN, "a", 1.0))
    status = store.status()
    assert status.enabled and not status.notes


def test_notes_are_silent_where_all_is_well_or_off_by_choice(tmp_path: Path) -> None:
    assert FeedbackStore(tmp_path / "f.sqlite").status().notes == ()
    assert FeedbackStore(None, "off").status().notes == ()
    assert len(FeedbackStore(None).status().notes) == 1


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    store = filled(tmp_path / "f.sqlite")
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    store.close()


WRITER = """
import sys
import time
from pathlib import Path
from rtlwright.server.feedback.store import FeedbackStore
from rtlwright.server.types import EventKind, FeedbackEvent
store = FeedbackStore(Path(sys.argv[1]))
for i in range(50):
    store.record(FeedbackEvent(EventKind.SHOWN, f"{sys.argv[2]}-{i}", 2e9))
print(store.status())
sys.exit(bool(store.status().notes) or not store.status().enabled)
"""


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(n)]) for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    assert FeedbackStore(path).stats().shown == 200


def test_a_reader_takes_nothing_from_two_projects_of_one_editor(tmp_path: Path) -> None:
    """Opening a second time must not drop the first one's locks: who closes last takes the log away."""
    path = tmp_path / "feedback.sqlite3"
    first, second = filled(path), FeedbackStore(path, clock=lambda: NOW)
    second.record(event(EventKind.SHOWN, "s2"))
    read = f"import sqlite3; sqlite3.connect({str(path)!r}).execute('SELECT count(*) FROM event').fetchall()"
    subprocess.run([sys.executable, "-c", read], check=True, timeout=30)
    first.record(event(EventKind.REJECTED, "s2", reason="diverged"))
    with sqlite3.connect(path) as another:
        assert another.execute("SELECT count(*) FROM event").fetchone() == (4,)
    another.close()
