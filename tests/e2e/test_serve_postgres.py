"""Two `rtlwright serve`, each a process, over one PostgreSQL: its tokens, their events, an outage."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_server import INSTALL, PostgresServer, binaries
from test_serve import Place

pytestmark = pytest.mark.skipif(binaries() is None, reason=f"no PostgreSQL here: {INSTALL}")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresServer]:
    bin = binaries()
    assert bin is not None
    home = Path("/tmp") / f"rtlwright-pg-e2e-{time.time_ns()}"  # a socket's path is short
    server = PostgresServer(home, bin)
    yield server
    server.kill()
    shutil.rmtree(home, ignore_errors=True)


def eventually(done: Callable[[], bool], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
    return done()


def test_two_servers_share_what_they_keep(database: PostgresServer, tmp_path: Path) -> None:
    config = tmp_path / ".config/rtlwright/rtlwright.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[feedback]\ndatabase = "{database.url}"\n[model]\nengine = "off"\n')
    (tmp_path / "counter.sv").write_text("module counter (input logic clk); endmodule\n")
    place = Place(tmp_path, tmp_path)
    place.token = json.loads(place.run("token", "create", "alice", "--json").stdout)["token"]
    with place.serving() as (_, one), place.serving() as (_, other):
        assert place.send(one, "a") == place.send(other, "b") == 204
        database.kill()
        assert place.send(one, "c") == 503, "what is not safe is not acknowledged"
        assert place.run("check", "counter.sv", "--server", other).returncode == 0, "work goes on"
        database.start()
        for url in (one, other):
            assert eventually(lambda url=url: place.send(url, f"d{url}") == 204)
    stats = json.loads(place.run("feedback", "stats", "--json").stdout)
    assert stats["shown"] == 4
