"""The texts of docs/server.md as they stand there: nginx, Caddy, systemd, in front of a real server.

Skipped where the program is not installed (Debian: `apt-get install nginx-light caddy`).
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from serving import Running, serving

from rtlwright.server.app.notify import notify
from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import Tokens, create
from rtlwright.server.config import Config
from rtlwright.server.feedback.driver import SqliteFile
from rtlwright.server.remote.forms import SUGGESTION
from rtlwright.server.remote.service import RemoteService
from rtlwright.server.types import (
    Cancel,
    Cancelled,
    CompletionRequest,
    Document,
    GenerateRequest,
    Position,
    Range,
    SourceName,
    Suggestion,
    Verdict,
)  # fmt: skip

DOCS = Path(__file__).parents[2] / "docs/server.md"
NAME = "rtl.example.org"
COUNTER = "module counter (input logic clk, output logic [3:0] n);\nendmodule\n"
TOP = "module top (\n  input  logic       clk,\n  output logic [3:0] n\n);\n  counter u_counter (\n"


def text_of(language: str, begins: str) -> str:
    """The block of the documentation that begins so."""
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.S)
    return next(block for block in blocks if block.startswith(begins))


def with_own(text: str, *own: tuple[str, object]) -> str:
    """The documentation's text with this machine's addresses and files, each at its one place."""
    for there, here in own:
        assert text.count(there) == 1, f"{there!r} is in the documentation {text.count(there)} times"
        text = text.replace(there, str(here))
    return text


@dataclass(frozen=True)
class Front:
    """A team server with a proxy in front of it."""

    running: Running
    url: str
    token: str
    cert: Path

    def service(self, root: Path) -> RemoteService:
        config = Config.load(None, {"server": {"url": self.url, "ca_file": str(self.cert)}}, {})
        return RemoteService(config, root, {"RTLWRIGHT_TOKEN": self.token})


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    home = tmp_path_factory.mktemp("team")
    overrides = {
        "model": {"engine": "off"}, "feedback": {"capture": "off"},
        "serve": {"port": 0, "audit": "off", "hosts": [NAME], "rate": 1000, "burst": 1000},
    }  # fmt: skip
    table = SqlTokens(SqliteFile(home / "tokens.sqlite3", _MIGRATIONS))
    token = create(table, "alice")
    with serving(Config.load(None, overrides, {}), slots=4, tokens=Tokens(table)) as running:
        yield running, token


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(
    request: pytest.FixtureRequest, team: tuple[Running, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    running, token = team
    program = shutil.which(request.param, path="/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin")
    if program is None:
        pytest.skip(f"{request.param} is not installed")
    home = tmp_path_factory.mktemp(request.param)
    cert, key = certificate(home)
    port, behind = free_port(), running.url.removeprefix("http://")
    write = {"nginx": nginx_file, "caddy": caddy_file}[request.param]
    asked, argv = write(home, program, port, behind, cert, key)
    checked = subprocess.run(asked, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        assert eventually(lambda: is_open(port)), (home / "log").read_text()
        yield Front(running, f"https://{NAME}:{port}", token, cert)
    finally:
        process.terminate()
        process.wait(20)


def nginx_file(
    home: Path, program: str, port: int, behind: str, cert: Path, key: Path
) -> tuple[list[str], list[str]]:
    site = with_own(
        text_of("nginx", "# nginx"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("127.0.0.1:8765", behind),
        ("/etc/ssl/rtl.pem", cert),
        ("/etc/ssl/rtl.key", key),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in kinds)
    file = home / "nginx.conf"
    main = f"daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\nevents {{}}\n"
    file.write_text(f"{main}http {{\naccess_log off;\n{places}{site}}}\n")
    argv = [program, "-p", str(home), "-e", f"{home}/error.log", "-c", str(file)]
    return [*argv, "-t"], argv


def caddy_file(
    home: Path, program: str, port: int, behind: str, cert: Path, key: Path
) -> tuple[list[str], list[str]]:
    site = with_own(
        text_of("caddyfile", "# Caddy"),
        ("127.0.0.1:8765", behind),
        (f"{NAME} {{", f"{NAME} {{\n    tls {cert} {key}\n    bind 127.0.0.1"),
    )
    file = home / "Caddyfile"
    own = f"admin off\nauto_https disable_redirects\nhttps_port {port}\n"
    own += f"storage file_system {home}/x"
    file.write_text(f"{{\n{own}\n}}\n{site}")
    more = ["--config", str(file), "--adapter", "caddyfile"]
    return [program, "validate", *more], [program, "run", *more]


def certificate(home: Path) -> tuple[Path, Path]:
    cert, key = home / "cert.pem", home / "key.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    argv += ["-days", "2", "-keyout", str(key), "-out", str(cert), "-subj", f"/CN={NAME}"]
    subprocess.run([*argv, "-addext", f"subjectAltName=DNS:{NAME}"], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client's project, on a machine whose name server knows the proxy."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    real = socket.getaddrinfo

    def known(host: Any, *more: Any, **named: Any) -> Any:
        return real("127.0.0.1" if host == NAME else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    root = tmp_path / "project"
    root.mkdir()
    (root / "rtlwright.toml").touch()
    (root / "counter.sv").write_text(COUNTER)
    return root


def test_a_completion_through_a_proxy(front: Front, project: Path) -> None:
    """With the files that it needs, over TLS, under the proxy's name."""
    service = front.service(project)
    try:
        document = Document.of(project / "top.sv", TOP)
        found = service.complete(CompletionRequest(document, Position(4, 21), 3, manual=True), Cancel())
        assert found.suggestions and ".clk" in found.suggestions[0].text
        assert service.status().kind == "remote"
    finally:
        service.close()


def test_events_come_one_by_one_through_a_proxy(
    front: Front, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is written once the first has been read: a proxy that collected them would wait for ever."""
    seen = [threading.Event() for _ in range(3)]

    def work(token: str, form: Any, cancel: Cancel, tell: Callable[[str, bytes], None]) -> bytes:
        for number, event in enumerate(seen):
            tell("suggestion", SUGGESTION.dump_json(suggestion(str(number))))
            assert event.wait(20), f"the event {number} did not come through"
        return b'{"suggestions":[]}'

    monkeypatch.setattr(front.running.backend, "generate", work)
    service = front.service(project)
    try:
        service.generate(GenerateRequest("x"), Cancel(), found=lambda each: seen[int(each.id)].set())
    finally:
        service.close()
    assert all(event.is_set() for event in seen)


@pytest.mark.parametrize("method", ["generate", "complete"])
def test_a_cancel_through_a_proxy(
    front: Front, project: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Of a stream, and of an answer of which nothing has been sent yet."""
    begun, stopped = threading.Event(), threading.Event()

    def work(token: str, form: Any, cancel: Cancel, *tell: Any) -> bytes:
        cancel.on_cancel(stopped.set)
        begun.set()
        stopped.wait(20)
        cancel.check()
        return b"{}"

    monkeypatch.setattr(front.running.backend, method, work)
    service, cancel = front.service(project), Cancel()
    document = Document.of(project / "top.sv", TOP)
    try:
        threading.Thread(target=lambda: begun.wait(20) and cancel.cancel(), daemon=True).start()
        with pytest.raises(Cancelled):
            if method == "generate":
                service.generate(GenerateRequest("x"), cancel)
            else:
                service.complete(CompletionRequest(document, Position(4, 21), 3, manual=True), cancel)
        assert stopped.wait(15) and eventually(lambda: front.running.calls.slots.taken == 0)
    finally:
        service.close()


def test_an_upload_of_several_megabytes_through_a_proxy(front: Front, project: Path) -> None:
    """More than a proxy takes by default (nginx: one megabyte)."""
    for number in range(5):
        (project / f"filler{number}.sv").write_text(
            f"module filler{number};\n{'// x' * 150_000}\nendmodule\n"
        )
    service = front.service(project)
    try:
        document = Document.of(project / "top.sv", TOP)
        found = service.complete(CompletionRequest(document, Position(4, 21), 3, manual=True), Cancel())
        assert found.suggestions
    finally:
        service.close()


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = text_of("ini", "# /etc/systemd/system/rtlwright.service")
    there = str(Path(sys.executable).with_name("rtlwright"))
    assert "/opt/rtlwright/bin/rtlwright" in unit
    unit = unit.replace("/opt/rtlwright/bin/rtlwright", there)
    assert not complaints(tmp_path, unit)
    assert "kill mode" in complaints(tmp_path, unit.replace("KillMode=mixed", "KillMode=sometimes"))


def complaints(folder: Path, unit: str) -> str:
    file = folder / "rtlwright.service"
    file.write_text(unit)
    argv = ["systemd-analyze", "verify", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    return "\n".join(line for line in done.stderr.splitlines() if file.name in line)


def test_systemd_is_told_when_it_is_ready(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert systemd.recv(100) == b"READY=1"
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    notify("READY=1", {})


def suggestion(id: str) -> Suggestion:
    at = Range.at(Position(0, 0))
    return Suggestion(id, f"module m{id}; endmodule", at, SourceName.MODEL, "m", 0.0, Verdict.of(()))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def eventually(done: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.02)
    return done()
