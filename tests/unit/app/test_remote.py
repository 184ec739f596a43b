"""`RemoteService`: what its user is told when something is wrong, what it sends, and what it never loses."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import DOCUMENT, Team
from serving import serving

from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import Tokens, create
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.feedback.driver import SqliteFile
from rtlwright.server.probe_server import team_server
from rtlwright.server.probes import CheckStatus
from rtlwright.server.remote.link import Link
from rtlwright.server.remote.outbox import Letter
from rtlwright.server.remote.service import RemoteService
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    CheckRequest,
    CompletionRequest,
    Document,
    EventKind,
    FeedbackEvent,
    GenerateRequest,
    Position,
    Status,
)

REQUEST_AT = Position(4, 15)


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "rtlwright.toml").touch()
    return root


@pytest.fixture
def remote(root: Path) -> Iterator[Callable[..., RemoteService]]:
    made: list[RemoteService] = []

    def make(url: str, token: str = "", **server: Any) -> RemoteService:
        config = Config.load(None, {"server": {"url": url, **server}}, {})
        made.append(RemoteService(config, root, {"RTLWRIGHT_TOKEN": token}))
        return made[-1]

    yield make
    for service in made:
        service._outbox.close(0)
        service.close()


def asked(root: Path, **more: Any) -> CompletionRequest:
    return replace(
        CompletionRequest(Document.of(root / "gray.sv", DOCUMENT), REQUEST_AT, 3, manual=True), **more
    )


class Answering:
    """A server of one's own making; counts the requests, and answers each with what the test says."""

    def __init__(self, answer: Callable[[socket.socket, int], None]):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._answer, self.asked, self.gone = answer, 0, threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            if not whole_request(connection):
                return
            number, self.asked = self.asked, self.asked + 1
            self._answer(connection, number)
            connection.settimeout(10)
            with contextlib.suppress(OSError):
                while connection.recv(65536):
                    pass
                self.gone.set()


def whole_request(connection: socket.socket) -> bytes:
    """With its body: who hangs up before that resets a connection that the client still writes to."""
    data, more = b"", b"more"
    while more and not _is_whole(data):
        data += (more := connection.recv(65536))
    return data if more else b""


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.I)
    return bool(end) and len(body) >= int(length[1] if length else 0)


def head(status: str = "200 OK", *more: str, protocol: str | None = "1") -> bytes:
    lines = [f"HTTP/1.1 {status}", *([f"rtlwright-protocol: {protocol}"] if protocol else []), *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def body(text: bytes, status: str = "200 OK", **more: Any) -> bytes:
    return head(status, f"content-length: {len(text)}", "connection: close", **more) + text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (body(b"<html>", protocol=None), r"answers \(200\), but is no rtlwright server; see server\.url"),
        (body(b"{}", protocol="9"), r"speaks protocol 9, this release 1: use one release on both"),
        (body(b"{}"), r"sent what is no answer \(suggestions: Field required\)"),
        (body(b"\xff garbage"), r"sent what is no answer"),
        (head("200 OK", "content-length: 100") + b"half", r"the answer broke off|nothing came"),
        (body(b'{"error": "no"}', "401 Unauthorized"), r"refuses the token .*\$RTLWRIGHT_TOKEN"),
        (body(b'{"error": "x:1: mend it"}', "400 Bad Request"), r"^x:1: mend it$"),
        (body(b"oops", "500 Internal Server Error"), r"answers 500: Internal Server Error"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", r"the connection broke|no answer"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    remote: Callable[..., RemoteService], root: Path, answer: bytes, told: str
) -> None:
    def send(connection: socket.socket, number: int) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)

    service = remote(Answering(send).url, "rtw_x", timeout_s=2)
    with pytest.raises(UserError, match=told) as caught:
        service.complete(asked(root), Cancel())
    assert "\n" not in str(caught.value)


def test_doctor_asks_the_server(team: Team, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.load(None, {"server": {"url": team.running.url}}, {})
    for token, status in ((team.alice, CheckStatus.OK), ("rtw_wrong", CheckStatus.MISSING)):
        monkeypatch.setenv("RTLWRIGHT_TOKEN", token)
        (check,) = team_server(config, root)
        assert check.status is status, check
    assert "refuses the token" in check.detail


def test_a_server_that_is_not_there(remote: Callable[..., RemoteService], root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    service = remote(url)
    with pytest.raises(UserError, match="nothing answers at .*; is the team server running"):
        service.check(CheckRequest((Document.of(root / "a.sv", "module m; endmodule\n"),)), Cancel())
    status = service.status()
    assert status.kind == "remote" and not status.model.ready and "nothing answers" in status.notes[0]


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://x:y", "no url"])
def test_a_url_that_is_none(remote: Callable[..., RemoteService], url: str) -> None:
    with pytest.raises(UserError, match=r"server\.url is "):
        remote(url)


def test_a_server_that_says_nothing(remote: Callable[..., RemoteService], root: Path) -> None:
    service = remote(Answering(lambda connection, number: None).url, timeout_s=0.3)
    with pytest.raises(UserError, match=r"nothing came for 0\.3 s"):
        service.complete(asked(root), Cancel())


def test_a_cancelled_request_closes_its_connection(remote: Callable[..., RemoteService], root: Path) -> None:
    came = threading.Event()
    server = Answering(lambda connection, number: came.set())
    service, cancel = remote(server.url), Cancel()
    threading.Thread(target=lambda: came.wait(10) and cancel.cancel(), daemon=True).start()
    with pytest.raises(Cancelled):
        service.complete(asked(root), cancel)
    assert server.gone.wait(10)


def test_tried_again_while_nothing_has_come(remote: Callable[..., RemoteService], root: Path) -> None:
    def answer(connection: socket.socket, number: int) -> None:
        if number == 0:
            connection.sendall(body(b'{"error": "later"}', "429 Too Many Requests"))
        elif number == 1:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            connection.sendall(body(b'{"suggestions": []}'))

    server = Answering(answer)
    assert remote(server.url).complete(asked(root), Cancel()).suggestions == ()
    assert server.asked == 3


def test_not_tried_again_once_something_has_come(remote: Callable[..., RemoteService], root: Path) -> None:
    def answer(connection: socket.socket, number: int) -> None:
        event = b'event: progress\ndata: {"phrase": "1 of 2"}\n\n'
        connection.sendall(head("200 OK", "content-type: text/event-stream", "connection: close") + event)
        connection.shutdown(socket.SHUT_RDWR)

    server, phrases = Answering(answer), list[str]()
    with pytest.raises(UserError, match="the answer broke off"):
        remote(server.url).generate(GenerateRequest("x"), Cancel(), phrases.append)
    assert server.asked == 1 and phrases == ["1 of 2"]


def test_a_busy_server_does_not_disturb_who_types(remote: Callable[..., RemoteService], root: Path) -> None:
    busy = body(b'{"error": "all slots are taken"}', "429 Too Many Requests")
    server = Answering(lambda connection, number: connection.sendall(busy))
    service = remote(server.url)
    (note,) = service.complete(asked(root, manual=False), Cancel()).notes
    assert "is busy" in note


def test_the_token_stays_where_it_belongs(tmp_path: Path, root: Path) -> None:
    file = tmp_path / "token"
    file.write_text("rtw_secret\n")
    config = Config.load(None, {"server": {"url": "http://x", "token_file": str(file)}}, {})
    with pytest.raises(UserError, match="others can read this token; type: chmod 600"):
        RemoteService(config, root, {})
    file.chmod(0o600)
    service = RemoteService(config, root, {})
    assert service._link._token == "rtw_secret"
    service.close()


def test_files_are_sent_once(
    team: Team, remote: Callable[..., RemoteService], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "inv.sv").write_text("module inv (input logic a, output logic y);\n  assign y = ~a;\nendmodule\n")
    sent: list[int] = []
    put = team.running.backend.files
    monkeypatch.setattr(
        team.running.backend, "files", lambda token, form: sent.append(len(form.texts)) or put(token, form)
    )
    top = Document.of(
        root / "top.sv", "module top (input logic a, output logic y);\n  inv i (.a, .y);\nendmodule\n"
    )
    for _ in range(2):
        service = remote(team.running.url, team.alice)
        for _ in range(2):
            assert service.check(CheckRequest((top,)), Cancel()).verdict.status is Status.PASS
    assert sent == [1]
    (root / "inv.sv").write_text("module inv (input logic b, output logic y);\n  assign y = ~b;\nendmodule\n")
    service.index.refresh()
    assert service.check(CheckRequest((top,)), Cancel()).verdict.status is Status.FAIL
    assert sent == [1, 1]


def test_a_project_that_is_larger_than_the_store(
    team: Team, remote: Callable[..., RemoteService], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "a.sv").write_text("module a; endmodule\n")
    (root / "b.sv").write_text("module b; endmodule\n")
    service = remote(team.running.url, team.bob)
    contents = team.running.backend._contents_of(team.bob.split("_")[1])
    monkeypatch.setattr(contents, "_limit", 10)
    with pytest.raises(UserError, match=r"raise serve\.contents_mb"):
        service.check(CheckRequest((Document.of(root / "c.sv", "module c; endmodule\n"),)), Cancel())


def test_no_event_is_lost_while_the_server_is_away(
    tmp_path: Path, root: Path, remote: Callable[..., RemoteService]
) -> None:
    """Nor when the editor ends meanwhile: the next one sends what is left."""
    overrides = {
        "model": {"engine": "off"}, "feedback": {"path": str(tmp_path / "f.sqlite3")},
        "serve": {"port": 0, "audit": "off", "tokens": "off"},
    }  # fmt: skip
    config = Config.load(None, overrides, {})
    with serving(config) as running:
        url, port = running.url, int(running.url.rpartition(":")[2])
    first = remote(url)
    for number in range(5):
        first.feedback(FeedbackEvent(EventKind.SHOWN, f"s{number}", 1.0, {"code": ["nested", 1]}))
    first._outbox.close(0.2)
    second = remote(url)
    second.feedback(FeedbackEvent(EventKind.ACCEPTED, "s0", 2.0))
    until = time.monotonic() + 10
    while not second.status().notes and time.monotonic() < until:
        time.sleep(0.01)
    assert any("waits on this machine" in note for note in second._outbox.notes()) or second.status().notes
    again = config.model_copy(update={"serve": config.serve.model_copy(update={"port": port})})
    with serving(again) as running:
        assert second._outbox.drain(20)
        stats = running.backend.store._store.stats()
    assert (stats.events, stats.shown, stats.accepted) == (6, 5, 1)


def test_an_event_that_is_refused_keeps_no_other_waiting(
    team: Team, remote: Callable[..., RemoteService]
) -> None:
    service = remote(team.running.url, team.alice)
    bad = json.dumps({"id": "0" * 32, "kind": "shown", "suggestion_id": "ok", "at": 1.0, "detail": {}})
    service._outbox.put(Letter("0" * 32, "not hexadecimal", bad))
    service.feedback(FeedbackEvent(EventKind.SHOWN, "s1", 1.0))
    assert service._outbox.drain(20)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    home = tmp_path_factory.mktemp("tls")
    cert, key = home / "cert.pem", home / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    subprocess.run(
        [*command, "-days", "2", "-keyout", str(key), "-out", str(cert), *subject],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_tls_is_verified(
    certificate: tuple[Path, Path], tmp_path: Path, remote: Callable[..., RemoteService],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    cert, key = certificate
    table = SqlTokens(SqliteFile(tmp_path / "tokens.sqlite3", _MIGRATIONS))
    token = create(table, "alice")
    overrides = {
        "model": {"engine": "off"}, "feedback": {"capture": "off"},
        "serve": {"port": 0, "audit": "off", "tls_cert": str(cert), "tls_key": str(key)},
    }  # fmt: skip
    with serving(Config.load(None, overrides, {}), tokens=Tokens(table)) as running:
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        trusting = remote(running.url, token, ca_file=str(cert)).status()
        assert trusting.kind == "remote" and not [n for n in trusting.notes if "clear" in n]
        assert trusting.model.name == "off"
        (note, *_) = remote(running.url, token).status().notes
        assert "certificate is not trusted" in note and "server.ca_file" in note
        plain = remote(running.url.replace("https", "http"), token).status()
        assert not plain.model.ready
    assert "timeout graceful shutdown exceeded" not in caplog.text, "it waited for an idle client's goodbye"


def test_a_proxy_path_and_idle_connections(team: Team) -> None:
    """A connection that the server has closed meanwhile is no error."""
    link = Link(team.running.url, team.alice, ssl.create_default_context(), 10.0, "hint")
    for _ in range(2):
        assert b'"token":"alice"' in link.ask("GET", "/v1/status", None, Cancel())
        for connection in link._idle:
            assert connection.sock is not None
            connection.sock.shutdown(socket.SHUT_RDWR)
    link.close()
