"""`rtlwright serve` as a process: from the command to the answer, killed, and without room on its disk."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import lsp_editor
import pytest
from lsp_editor import HERE, eventually, start

COUNTER = """module counter (input logic clk, output logic [3:0] n);
  always_ff @(posedge clk) n <= n + 1;
endmodule
"""
TOP = "module top (\n  input  logic       clk,\n  output logic [3:0] n\n);\n  counter u_counter (\n"


@dataclass
class Place:
    """A home, a project, and what runs there."""

    home: Path
    project: Path
    token: str = ""

    @property
    def environ(self) -> dict[str, str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith(("RTLWRIGHT", "XDG"))}
        return {**own, "HOME": str(self.home), "RTLWRIGHT_TOKEN": self.token, "COLUMNS": "100"}

    @property
    def database(self) -> Path:
        return self.home / ".local/share/rtlwright/feedback.sqlite3"

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "rtlwright.server", *args]
        return subprocess.run(
            argv, cwd=self.project, env=self.environ, capture_output=True, text=True, timeout=90
        )

    @contextlib.contextmanager
    def serving(self, *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        argv = [sys.executable, "-m", "rtlwright.server", "serve", "--port", "0", *args]
        process = subprocess.Popen(argv, cwd=self.home, env=self.environ, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = re.search(r" at (http://\S+)", line)
            assert found, line + process.stderr.read()
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield process, found[1]
        finally:
            process.kill()
            process.wait()

    def send(self, url: str, id: str) -> int:
        event = {
            "id": uuid.uuid4().hex,
            "kind": "shown",
            "suggestion_id": id,
            "at": time.time(),
            "detail": {"x": "y" * 500},
        }
        form = {"workspace": "0123456789abcdef", "events": [event]}
        headers = {"authorization": f"Bearer {self.token}"}
        answer = httpx2.post(f"{url}/v1/feedback", json=form, headers=headers, timeout=20)
        return int(answer.status_code)

    def sent_at_last(self, url: str, id: str) -> bool:
        until = time.monotonic() + 10
        while (status := self.send(url, id)) != 204 and time.monotonic() < until:
            time.sleep(0.1)
        return status == 204

    def asked(self, url: str) -> int:
        """Completions that the server has answered."""
        told = httpx2.get(f"{url}/metrics", headers={"authorization": f"Bearer {self.token}"}).text
        found = re.findall(
            r'^rtlwright_requests_total\{route="/v1/complete",status="200"\} (\d+)', told, re.M
        )
        return int(found[0]) if found else 0

    def kept(self) -> set[str]:
        with sqlite3.connect(self.database) as connection:
            return {row[0] for row in connection.execute("SELECT suggestion_id FROM event")}

    def kinds(self) -> set[str]:
        with sqlite3.connect(self.database) as connection:
            return {row[0] for row in connection.execute("SELECT kind FROM event")}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("home")
    (project := home / "project").mkdir()
    (project / "rtlwright.toml").touch()
    (project / "counter.sv").write_text(COUNTER)
    (project / "top.sv").write_text(TOP)
    config = home / ".config/rtlwright/rtlwright.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[serve]\nrate = 10000\nburst = 10000\n")
    place = Place(home, project)
    made = place.run("token", "create", "alice", "--expires", "1d", "--json")
    place.token = json.loads(made.stdout)["token"]
    return place


def test_from_the_command_to_the_answer(place: Place) -> None:
    with place.serving("--engine", "embedded") as (process, url):
        done = place.run("complete", "top.sv:5", "--server", url, "--json")
        assert done.returncode == 0, done.stderr
        first = json.loads(done.stdout)["suggestions"][0]
        assert first["verdict"]["status"] == "pass" and ".clk" in first["text"]
        checked = place.run("check", "counter.sv", "--server", url, "--json")
        assert json.loads(checked.stdout)["verdict"]["status"] == "pass"
        listed = place.run("token", "list", "--json")
        assert [each["name"] for each in json.loads(listed.stdout)["tokens"]] == ["alice"]
        told = place.run("status", "--server", url)
        assert told.returncode == 0 and re.search(r"^asks as +alice$", told.stdout, re.M), told
        load = json.loads(place.run("status", "--server", url, "--json").stdout)["server"]
        assert load["url"] == url and load["waiting"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, "an end that was asked for is no failure"
    gone = place.run("check", "counter.sv", "--server", url)
    away = place.run("status", "--server", url)
    assert away.returncode == 1 and "not ready: nothing answers at" in away.stdout
    assert gone.returncode == 2 and gone.stderr.startswith("rtlwright: nothing answers at ")


@pytest.mark.asyncio
async def test_an_editor_is_served(place: Place, tmp_path: Path) -> None:
    """The language server on one side, `rtlwright serve` on the other."""
    environ = {**place.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "PYTHONPATH": str(HERE)}
    with place.serving("--engine", "embedded") as (_, url):
        environ["RTLWRIGHT_SERVER_URL"] = url
        client = await start(lsp_editor.Place(place.project, environ))
        await client.begin("VS Code", lsp_editor.Place(place.project, environ), {})
        uri = (place.project / "top.sv").as_uri()
        client.open(uri, TOP)
        answer = await client.complete(uri, 4, 21, manual=True)
        assert answer is not None and answer.items, [m.message for m in client.messages]
        item = answer.items[0]
        assert ".clk" in str(item.insert_text) and item.command is not None
        await eventually(lambda: place.asked(url) == 2, 20)  # the next answer, while this one is read
        client.edit(uri, 2, str(item.insert_text), (4, 21), (4, 21))
        text = (TOP.rstrip("\n").rpartition("\n")[2] + str(item.insert_text)).split("\n")
        await client.complete(uri, 3 + len(text), len(text[-1]))
        assert place.asked(url) == 2, "what was prepared over there is the answer"
        await client.execute(item.command.command, *item.command.arguments or ())
        await eventually(lambda: "accepted" in place.kinds(), 20)
        assert await client.end() == 0
        await client.stop()


def test_no_acknowledged_event_is_lost_when_it_is_killed(place: Place) -> None:
    acknowledged: set[str] = set()
    with place.serving("--engine", "embedded") as (process, url):

        def send(sender: int) -> None:
            with contextlib.suppress(httpx2.HTTPError):
                for number in range(10_000):
                    if place.send(url, f"killed-{sender}-{number}") == 204:
                        acknowledged.add(f"killed-{sender}-{number}")

        senders = [threading.Thread(target=send, args=(number,)) for number in range(3)]
        for sender in senders:
            sender.start()
        until = time.monotonic() + 30
        while len(acknowledged) < 30 and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
        for sender in senders:
            sender.join()
    assert len(acknowledged) >= 30 and acknowledged <= place.kept()


def test_a_full_disk_refuses_and_recovers(place: Place) -> None:
    """No file may grow: what is acknowledged is kept, the rest is refused, until there is room."""
    unlimited: Any = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    with place.serving("--engine", "embedded") as (process, url):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        assert place.send(url, "early") == 503, "full before anything was ever written"
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert place.sent_at_last(url, "before")
        log = place.database.with_name(place.database.name + "-wal")
        size = log.stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size + 8192, resource.RLIM_INFINITY))
        statuses = [place.send(url, f"full-{number}") for number in range(12)]
        assert statuses[-1] == 503, statuses
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert place.sent_at_last(url, "after")
    kept = place.kept()
    assert {"before", "after"} | {f"full-{n}" for n, each in enumerate(statuses) if each == 204} <= kept
    assert not {f"full-{n}" for n, each in enumerate(statuses) if each == 503} & kept


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--host", "0.0.0.0"), "--insecure"),
        (("--engine", "telepathy"), "--engine telepathy: name `embedded`"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(place: Place, args: tuple[str, ...], told: str) -> None:
    done = place.run("serve", *args)
    assert done.returncode == 2 and re.search(told, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
