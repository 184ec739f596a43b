"""The store in a real PostgreSQL: the same as in SQLite, and what happens while it is away."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from postgres_server import INSTALL, PostgresServer, binaries

from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import Tokens, create, revoke
from rtlwright.server.feedback.behind import WriteBehind
from rtlwright.server.feedback.records import RequestRecord
from rtlwright.server.feedback.store import FeedbackStore
from rtlwright.server.types import (
    Candidate,
    Completion,
    EventKind,
    FeedbackEvent,
    Language,
    Position,
    Range,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)

BIN = binaries()
pytestmark = pytest.mark.skipif(BIN is None, reason=f"no PostgreSQL here: {INSTALL}")
NOW = 2_000_000_000.0
OUTAGE_S = float(os.environ.get("RTLWRIGHT_OUTAGE_S", "0.5"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    assert BIN is not None
    home = Path("/tmp") / f"rtlwright-pg-{tmp_path_factory.mktemp('pg').name}-{time.time_ns() % 10**8}"
    server = PostgresServer(home, BIN)
    yield server
    server.kill()
    import shutil

    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def database(server: PostgresServer) -> Callable[..., object]:
    """A fresh schema for each test; each call is one server process's view of it."""
    import psycopg

    from rtlwright.server.feedback.postgres import Postgres

    name = f"t{time.time_ns()}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    url = f"{server.url}&options=-csearch_path%3D{name}"
    return lambda *what: Postgres(url, *what)


def suggestion(id: str, text: str) -> Suggestion:
    verdict = Verdict.of((StageResult("syntax", Status.PASS, 1.0),))
    return Suggestion.of(id, Candidate(text, Range.at(Position(0, 0)), SourceName.MODEL, "tiny"), verdict)


ANSWER = Completion((suggestion("s1", "assign y = a;"), suggestion("s2", "nul \0 and half a pair \ud834")))
REQUEST = RequestRecord("complete", Language.VERILOG, "module m;", "endmodule", Path("/p/a.v"))


def event(kind: EventKind, id: str = "s1", **detail: object) -> FeedbackEvent:
    return FeedbackEvent(kind, id, NOW, detail)


def eventually(done: Callable[[], bool], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.02)
    return done()


def fill(store: FeedbackStore) -> None:
    assert store.record_request(REQUEST, ANSWER)
    assert store.record(event(EventKind.SHOWN))
    assert store.record(event(EventKind.ACCEPTED, visible_ms=900, inserted="a\0b"))


def test_it_says_what_sqlite_says(database: Callable[..., object], tmp_path: Path) -> None:
    stores = [FeedbackStore(place, clock=lambda: NOW) for place in (database(), tmp_path / "f.sqlite")]
    found = []
    for store in stores:
        fill(store)
        out = io.StringIO()
        assert store.export(out) == 1
        line = json.loads(out.getvalue())
        found.append(
            (asdict(store.stats()), line["prompt"], line["chosen"], store.purge(NOW + 1), store.stats())
        )
    assert found[0] == found[1]
    assert stores[0].status().enabled


def test_two_processes_open_it_at_once(database: Callable[..., object]) -> None:
    stores = [FeedbackStore(database(), clock=lambda: NOW) for _ in range(6)]
    threads = [threading.Thread(target=fill, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = stores[0].stats()
    assert (stats.requests, stats.events, stats.candidates) == (6, 12, 2)


def test_an_event_that_is_sent_twice_is_kept_once(database: Callable[..., object], tmp_path: Path) -> None:
    for place in (database(), tmp_path / "f.sqlite"):
        store = FeedbackStore(place)
        for uid in ("1" * 32, "1" * 32, "2" * 32):
            assert store.record(event(EventKind.SHOWN), uid)
        assert store.stats().events == 2


def test_what_is_acknowledged_survives_its_death(
    server: PostgresServer, database: Callable[..., object]
) -> None:
    """Killed under load and started again: every event that was acknowledged is there, and no other twice."""
    store = FeedbackStore(database())
    behind = WriteBehind(store)
    acknowledged: set[str] = set()
    refused = 0
    ended = threading.Event()

    def send() -> None:
        nonlocal refused
        number = 0
        while not ended.is_set():
            uid = f"{number:032x}"
            while not behind.record(event(EventKind.SHOWN, f"s{number}"), uid):
                refused += 1
                time.sleep(0.02)
            acknowledged.add(f"s{number}")
            behind.record_request(REQUEST, Completion((suggestion(f"s{number}", "x"),)))
            number += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert eventually(lambda: len(acknowledged) >= 20)
        server.kill()
        time.sleep(OUTAGE_S)
        assert eventually(lambda: refused > 0), "nothing was refused while it was away"
        server.start()
        before = len(acknowledged)
        assert eventually(lambda: len(acknowledged) >= before + 20, 15), "it did not recover"
    finally:
        ended.set()
        sender.join()
    assert eventually(lambda: not behind.waiting, 10)
    with store._using() as connection:
        assert connection is not None
        kept = [row[0] for row in connection.execute("SELECT suggestion_id FROM event")]
        requests = connection.execute("SELECT count(*) FROM request").fetchone()[0]
    assert acknowledged <= set(kept) and len(kept) == len(set(kept))
    assert requests >= len(acknowledged), "requests were lost while it was away"
    behind.close()


def test_tokens_are_everybodys(database: Callable[..., object]) -> None:
    here, there = (SqlTokens(database(_MIGRATIONS, "token_schema_version")) for _ in range(2))  # type: ignore[arg-type]
    text = create(here, "alice")
    tokens = Tokens(there)
    tokens.read()
    found = tokens.check(text)
    assert found is not None and found.name == "alice"
    revoke(there, "alice")
    tokens.read()
    assert tokens.check(text) is None


def test_a_place_that_is_none_is_told_in_a_line() -> None:
    from rtlwright.server.feedback.postgres import Postgres

    store = FeedbackStore(Postgres("postgresql://u:secret@127.0.0.1:1/none"))
    assert not store.record(event(EventKind.SHOWN))
    (note,) = store.status().notes
    assert "127.0.0.1" in note and "secret" not in note and "\n" not in note
