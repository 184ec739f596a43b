"""Clients that are slow, silent, endless, many, or no longer welcome; and a server that is told to end."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asking import SCRIPT, Team, completion, project
from serving import Running, serving

from rtlwright.server.app.connections import PatientProtocol, connection_limit, keep_watch
from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import Tokens, create, revoke
from rtlwright.server.config import Config
from rtlwright.server.feedback.driver import SqliteFile
from rtlwright.server.remote.stream import named_events
from rtlwright.server.types import Cancel, SourceFile

Tell = Callable[[str, bytes], None]


def connected(team: Team) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(team.running.url.rpartition(":")[2])), timeout=20)


def head(team: Team, path: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {team.alice}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def is_closed(connection: socket.socket) -> bool:
    """Within the connection's own time-out."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        return True
    return True


def is_reset(connection: socket.socket) -> bool:
    """By the other side; what it has sent before can be read still."""
    watch = select.poll()
    watch.register(connection, 0)
    return bool(watch.poll(0))


def eventually(done: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.005)
    return done()


def test_who_says_nothing_is_not_waited_for(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        second = stack.enter_context(connected(team))
        assert "200 OK" in health(second)
        monkeypatch.setattr(PatientProtocol, "head_s", 0.2)
        silent, slow = stack.enter_context(connected(team)), stack.enter_context(connected(team))
        with contextlib.suppress(ConnectionError):
            slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        second.sendall(b"G")  # of a further request that never comes
        assert is_closed(silent) and is_closed(slow) and is_closed(second)


def test_a_head_without_end_is_cut(team: Team) -> None:
    with connected(team) as endless, pytest.raises(ConnectionError):
        endless.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        for number in range(10_000):
            endless.sendall(b"X-%d: " % number + b"x" * 8192 + b"\r\n")


def test_a_large_body_is_no_endless_head(team: Team) -> None:
    form = completion(project=project(uuid.uuid4().hex))
    form["document"]["text"] += " " + "/* " + "x" * 300_000 + " */"
    assert team.ask("POST", "/v1/complete", form).status_code in (200, 400)


def health(connection: socket.socket) -> str:
    """The answer, head and body, which may come apart."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = b""
    while b'"ok"}' not in answer and (more := connection.recv(65536)):
        answer += more
    return answer.decode()


def turned_away(team: Team) -> bool:
    """A connection of which nothing is read; it may be reset before it is even here."""
    try:
        with connected(team) as connection:
            return is_closed(connection)
    except ConnectionError:
        return True


def served(team: Team) -> bool:
    try:
        return bool(team.ask("GET", "/v1/status").status_code == 200)
    except httpx2.TransportError:
        return False


def test_too_many_connections_leave_the_others_alone(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        kept = stack.enter_context(connected(team))
        assert "200 OK" in health(kept)
        monkeypatch.setattr(PatientProtocol, "limit", 8)
        for _ in range(8):
            with contextlib.suppress(ConnectionError):  # the last may be one too many already
                stack.enter_context(connected(team))
        assert all(turned_away(team) for _ in range(4))
        assert "200 OK" in health(kept)
    assert eventually(lambda: served(team)), "the crowd has left"


def test_who_reads_nothing_holds_no_slot_and_no_connection(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "stalled_s", 0.3)
    begun, ended = threading.Event(), threading.Event()

    def much(token: str, form: Any, cancel: Cancel, tell: Tell) -> bytes:
        for _ in range(24):
            tell("suggestion", json.dumps("x" * 2**20).encode())
        begun.set()
        ended.set()
        return b"{}"

    monkeypatch.setattr(team.running.backend, "generate", much)
    body = json.dumps({"project": project(), "spec": "x"}).encode()
    with connected(team) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(head(team, "/v1/generate", len(body)) + body)
        assert begun.wait(10) and ended.wait(10)
        assert eventually(lambda: team.running.calls.slots.taken == 0)
        assert eventually(lambda: is_reset(reader)), "it is waited for"
        with pytest.raises(ConnectionError):
            while reader.recv(65536):
                pass


def test_half_a_connection_is_asked_whether_it_lives() -> None:
    with socket.socket() as bound:
        keep_watch(bound)
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        with socket.create_connection(bound.getsockname()), bound.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 60
            assert 0 < accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 60_000
    assert connection_limit() >= 64


def test_one_token_s_projects_push_out_no_others(team: Team) -> None:
    bob = completion(project=project("00000000000000b0"))
    assert team.ask("POST", "/v1/complete", bob, token=team.bob).status_code == 200
    workspaces = team.running.backend.workspaces
    for number in range(18):
        form = completion(project=project(f"{number:016x}"))
        assert team.ask("POST", "/v1/complete", form).status_code == 200
    owners = [token for token, _ in workspaces._kept]
    assert max(map(owners.count, owners)) <= 16 and len(set(owners)) == 2
    (bobs,) = {name for name in workspaces._kept if name[1] == "00000000000000b0"}
    assert workspaces.known(*bobs) is not None


def test_projects_hold_no_more_text_than_may_be_kept(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    workspaces = team.running.backend.workspaces
    monkeypatch.setattr(workspaces, "_config", Config.load(None, {"serve": {"contents_mb": 1}}, {}))
    for number in range(5):
        text = f"// {number}\n" + "// filling\n" * 40_000  # 440 kB
        digest = SourceFile.of("", text).digest
        files = [{"path": "a.sv", "digest": digest}]
        assert team.ask("POST", "/v1/files", {"texts": {digest: text}}).status_code == 204
        form = completion(project=project(f"{number:08x}", files=files))
        assert team.ask("POST", "/v1/complete", form).status_code == 200
    alices = [each for (_, name), each in workspaces._kept.items() if len(name) == 8]
    assert sum(each.size for each in alices[:-1]) <= 2**20 and len(alices) < 5


def test_a_wrong_clock_stops_nobody(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    for shift in (-400 * 86400.0, 400 * 86400.0, 0.0):
        monkeypatch.setattr(time, "time", lambda shift=shift: real() + shift)
        assert team.ask("POST", "/v1/complete", completion()).status_code == 200
        event = {"id": uuid.uuid4().hex, "kind": "shown", "suggestion_id": "clock", "at": real()}
        form = {"workspace": "0123456789abcdef", "events": [event]}
        assert team.ask("POST", "/v1/feedback", form).status_code == 204


def test_a_database_that_hangs_keeps_nobody_waiting_who_was_known(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert team.ask("GET", "/v1/status").status_code == 200
    answered, asked, patient = threading.Event(), threading.Event(), list[bool]()
    real = SqlTokens.all

    def hang(table: SqlTokens) -> list[Any]:
        asked.set()
        patient.append(answered.wait(25))
        return real(table)

    monkeypatch.setattr(SqlTokens, "all", hang)
    monkeypatch.setattr(Tokens, "stale", True)
    while not asked.is_set():  # a look a second, at most
        assert team.ask("GET", "/v1/status").status_code == 200
    assert not patient, "it was waited for"
    answered.set()
    assert eventually(lambda: bool(patient)) and patient[0]


@contextlib.contextmanager
def of_its_own(home: Path, **serve: Any) -> Iterator[tuple[Running, SqlTokens, dict[str, str]]]:
    (script := home / "script.json").write_text(json.dumps(SCRIPT))
    overrides = {
        "model": {"engine": "scripted", "script": str(script)},
        "feedback": {"path": str(home / "feedback.sqlite3")},
        "serve": {"port": 0, "audit": "off", **serve},
    }
    table = SqlTokens(SqliteFile(home / "tokens.sqlite3", _MIGRATIONS))
    tokens = {name: create(table, name) for name in ("alice", "bob")}
    with serving(Config.load(None, overrides, {}), slots=4, tokens=Tokens(table)) as running:
        yield running, table, tokens


def last_event(running: Running, token: str, begun: threading.Event) -> tuple[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    form = {"project": project(), "spec": "x"}
    url = running.url + "/v1/generate"
    with httpx2.stream("POST", url, json=form, headers=headers, timeout=30) as answer:
        events = []
        for event in named_events(answer.iter_raw()):
            events.append(event)
            begun.set()
    name, data = events[-1]
    return name, json.loads(data)


def for_ever(token: str, form: Any, cancel: Cancel, tell: Tell) -> bytes:
    stopped = threading.Event()
    cancel.on_cancel(stopped.set)
    stopped.wait(30)
    cancel.check()
    return b"{}"


def test_a_token_that_is_revoked_ends_its_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with of_its_own(tmp_path) as (running, table, tokens):
        monkeypatch.setattr(running.backend, "generate", for_ever)
        begun, ends = threading.Event(), list[Any]()
        alice = threading.Thread(target=lambda: ends.append(last_event(running, tokens["alice"], begun)))
        alice.start()
        assert begun.wait(10)
        revoke(table, "alice")
        alice.join(10)
        assert not alice.is_alive()
        assert ends == [("error", {"status": 401, "error": "this token was revoked, or has expired"})]
        assert eventually(lambda: running.calls.slots.taken == 0)


def test_an_end_is_told_to_those_who_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is short is answered, what is long is told to ask again; nobody's connection just breaks."""
    ends, begun, asked = dict[str, Any](), threading.Event(), threading.Event()
    with of_its_own(tmp_path, grace_s=2.0) as (running, _, tokens):
        monkeypatch.setattr(running.backend, "generate", for_ever)

        def slowly(*arguments: Any) -> bytes:
            asked.set()
            time.sleep(0.3)
            return b"{}"

        monkeypatch.setattr(running.backend, "complete", slowly)

        def short() -> None:
            headers = {"authorization": f"Bearer {tokens['bob']}"}
            url = running.url + "/v1/complete"
            ends["short"] = httpx2.post(url, json=completion(), headers=headers, timeout=30).status_code

        def long() -> None:
            ends["long"] = last_event(running, tokens["alice"], begun)

        threads = [threading.Thread(target=each) for each in (long, short)]
        for thread in threads:
            thread.start()
        assert begun.wait(10) and asked.wait(10)
    for thread in threads:
        thread.join(10)
    assert ends["short"] == 200
    assert ends["long"] == ("error", {"status": 503, "error": "the server is being stopped; ask again"})


def test_who_floods_is_refused_and_nobody_else(tmp_path: Path) -> None:
    with of_its_own(tmp_path, rate=0.001, burst=10) as (running, _, tokens):

        def statuses(name: str, count: int) -> list[int]:
            headers = {"authorization": f"Bearer {tokens[name]}"}
            with httpx2.Client(headers=headers, timeout=30) as client:
                return [client.get(running.url + "/v1/status").status_code for _ in range(count)]

        flood = statuses("alice", 40)
        assert flood == [200] * 10 + [429] * 30
        assert statuses("bob", 5) == [200] * 5
