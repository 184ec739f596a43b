"""The team server over real sockets, with the real gate."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from asking import INVERTERS, Team, completion, project

from rtlwright.server.remote.stream import named_events
from rtlwright.server.types import Cancel, SourceFile

COUNTER = """module counter (input logic clk, output logic [3:0] n);
  always_ff @(posedge clk) n <= n + 1;
endmodule
"""
TOP = "module top (input logic clk);\n  logic [3:0] n;\n  counter u_counter (.clk(clk), .n(n));\nendmodule\n"


def test_nobody_asks_without_a_token(team: Team) -> None:
    for header in ("", "Bearer", "Bearer nonsense", f"Basic {team.alice}", f"Bearer {team.alice[:-1]}"):
        answer = httpx2.get(team.running.url + "/v1/status", headers={"authorization": header})
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer", header
    assert httpx2.get(team.running.url + "/metrics").status_code == 401
    assert httpx2.get(team.running.url + "/healthz").json() == {"status": "ok"}


def test_status_names_the_caller(team: Team) -> None:
    found = team.ask("GET", "/v1/status", token=team.bob).json()
    assert found["token"] == "bob" and found["service"]["model"]["name"] == "scripted"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "localhost"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://good.example"}, 200),
    ],
)
def test_web_pages_do_not_ask(team: Team, headers: dict[str, str], status: int) -> None:
    """Not even those whose name leads here (DNS rebinding)."""
    assert team.ask("GET", "/v1/status", headers=headers).status_code == status


def test_a_completion_is_checked(team: Team) -> None:
    found = team.ask("POST", "/v1/complete", completion()).json()
    assert [s["text"] for s in found["suggestions"]] == [" bin ^ (bin >> 1);"]
    assert found["suggestions"][0]["verdict"]["status"] == "pass" and len(found["rejected"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"position": {"line": 99, "character": 0}}, 400, r"^gray\.sv:100:1: the file has 5 lines"),
        ({"position": {"line": -1, "character": 0}}, 422, "greater than or equal to 0"),
        ({"nonsense": 1}, 422, "nonsense"),
        ({"project": {"workspace": "../../etc"}}, 422, "workspace"),
        ({"document": {"path": "a\0b", "language": "verilog", "text": ""}}, 422, "path"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(team: Team, change: Any, status: int, told: str) -> None:
    answer = team.ask("POST", "/v1/complete", completion(**change))
    assert answer.status_code == status
    assert re.search(told, answer.json()["error"]) and "\n" not in answer.json()["error"]


def test_files_are_asked_for_and_sent_once(team: Team) -> None:
    digest = SourceFile.of("", COUNTER).digest
    form = {
        "project": project("fedcba9876543210", files=[{"path": "counter.sv", "digest": digest}]),
        "documents": [{"path": "top.sv", "language": "systemverilog", "text": TOP}],
    }
    asked = team.ask("POST", "/v1/check", form)
    assert asked.status_code == 409 and asked.json()["missing"] == [digest]
    assert team.ask("POST", "/v1/files", {"texts": {digest: COUNTER}}).status_code == 204
    report = team.ask("POST", "/v1/check", form).json()
    assert report["verdict"]["status"] == "pass" and report["files"] == ["top.sv"], report
    assert team.ask("POST", "/v1/check", form).status_code == 200
    assert team.ask("POST", "/v1/check", form, token=team.bob).status_code == 409, "a text of somebody else's"


def test_a_text_under_a_wrong_name_is_not_that_text(team: Team) -> None:
    digest = SourceFile.of("", "module good; endmodule").digest
    team.ask("POST", "/v1/files", {"texts": {digest: "module evil; endmodule"}})
    form = {
        "project": project(files=[{"path": "a.sv", "digest": digest}]),
        "documents": [{"path": "b.sv", "language": "systemverilog", "text": TOP}],
    }
    assert team.ask("POST", "/v1/check", form).json()["missing"] == [digest]


def test_modules_come_as_they_are_checked(team: Team) -> None:
    events = list(generated(team, {"project": project(), "spec": "an inverter", "n": 2}))
    names = [name for name, _ in events]
    assert names[0] == "begin" and names[-1] == "completion" and names.count("completion") == 1
    told = {data["text"]: data for name, data in events if name == "suggestion"}
    found = events[-1][1]
    assert [s["text"] for s in found["suggestions"]] == INVERTERS[:1]
    for text, suggestion in told.items():
        final = next(s for s in (*found["suggestions"], *found["rejected"]) if s["text"] == text)
        assert final["id"] == suggestion["id"]
    quiet = generated(team, {"project": project(), "spec": "an inverter", "n": 2, "previews": False})
    assert "suggestion" not in [name for name, _ in quiet]


def generated(team: Team, form: Any) -> Iterator[tuple[str, Any]]:
    headers = {"authorization": f"Bearer {team.alice}"}
    with httpx2.stream("POST", team.running.url + "/v1/generate", json=form, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for name, data in named_events(answer.iter_raw()):
            yield name, json.loads(data)


def test_what_goes_wrong_in_a_stream_is_its_last_event(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> bytes:
        raise RuntimeError("a bug near secret code")

    monkeypatch.setattr(team.running.backend, "generate", fail)
    *_, (name, data) = generated(team, {"project": project(), "spec": "x"})
    assert name == "error" and data["status"] == 500 and "secret" not in data["error"]


@pytest.mark.parametrize("path", ["/v1/complete", "/v1/generate"])
def test_a_closed_connection_ends_the_work(team: Team, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    begun, ended = threading.Event(), threading.Event()

    def wait(token: str, form: Any, cancel: Cancel, *more: Any) -> bytes:
        stopped = threading.Event()
        cancel.on_cancel(stopped.set)
        begun.set()
        stopped.wait(20)
        ended.set()
        cancel.check()
        return b"{}"

    monkeypatch.setattr(team.running.backend, path.rpartition("/")[2], wait)
    form = completion() if "complete" in path else {"project": project(), "spec": "x"}
    body = json.dumps(form).encode()
    host, port = "127.0.0.1", int(team.running.url.rpartition(":")[2])
    with socket.create_connection((host, port)) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {team.alice}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert begun.wait(10) and team.running.calls.slots.taken == 1
    assert ended.wait(10)
    until = time.monotonic() + 10
    while team.running.calls.slots.taken and time.monotonic() < until:
        time.sleep(0.005)
    assert team.running.calls.slots.taken == 0
    # How long it took is measured, not asserted: `make bench-serve` prints it.
    assert "rtlwright_cancel_duration_seconds_count" in team.ask("GET", "/metrics").text


def test_who_finds_no_slot_is_told_when_to_come_back(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(team.running.backend, "complete", lambda *_: release.wait(20) and b"{}")
    answers: list[Any] = []

    def ask() -> None:
        answers.append(team.ask("POST", "/v1/complete", completion(manual=False)))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    while team.running.calls.slots.taken < 2:
        time.sleep(0.005)
    refused = team.ask("POST", "/v1/complete", completion(manual=False))
    release.set()
    for thread in threads:
        thread.join()
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_request_has_a_size(team: Team) -> None:
    form = completion()
    form["document"]["text"] = "x" * (2**20 + 1)
    assert team.ask("POST", "/v1/complete", form).status_code == 413

    def chunks() -> Iterator[bytes]:  # without a Content-Length
        for _ in range(40):
            yield b"x" * 65536

    headers = {"authorization": f"Bearer {team.alice}", "content-type": "application/json"}
    answer = httpx2.post(team.running.url + "/v1/complete", content=chunks(), headers=headers, timeout=20)
    assert answer.status_code == 413


def test_who_has_no_token_sends_nothing_large(team: Team) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(4):
            yield b"x" * 32_000

    for content in (b"x" * 100_000, chunks()):
        answer = httpx2.post(team.running.url + "/healthz", content=content, timeout=20)
        assert answer.status_code == 413, answer.text
    assert httpx2.request("GET", team.running.url + "/healthz", content=b"x").status_code == 200


def test_events_are_safe_when_they_are_acknowledged(team: Team) -> None:
    event = {
        "id": uuid.uuid4().hex,
        "kind": "accepted",
        "suggestion_id": "s9",
        "at": time.time(),
        "detail": {"kept": 1},
    }
    form = {"workspace": "0123456789abcdef", "events": [event]}
    for _ in range(2):
        assert team.ask("POST", "/v1/feedback", form).status_code == 204
    with sqlite3.connect(team.home / "feedback.sqlite3") as connection:
        found = connection.execute("SELECT kind, detail FROM event WHERE suggestion_id = 's9'").fetchall()
    assert found == [("accepted", '{"kept": 1}')]


def test_events_that_cannot_be_stored_are_not_acknowledged(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team.running.backend.store._store, "_opened", lambda: None)
    event = {"id": uuid.uuid4().hex, "kind": "shown", "suggestion_id": "s9", "at": time.time()}
    answer = team.ask("POST", "/v1/feedback", {"workspace": "0123456789abcdef", "events": [event]})
    assert answer.status_code == 503 and "send them again" in answer.json()["error"]
    assert int(answer.headers["retry-after"]) >= 1


def test_what_the_client_does_not_allow_is_not_kept(team: Team) -> None:
    secret = f"secret_{uuid.uuid4().hex}"
    for capture in ("metadata", "off"):
        form = completion(project=project(uuid.uuid4().hex, preferences={"capture": capture}))
        form["document"]["text"] = form["document"]["text"].replace("bin,", f"bin, {secret},", 1)
        assert team.ask("POST", "/v1/complete", form).status_code == 200
    while team.running.backend.store.waiting:
        time.sleep(0.005)
    kept = b"".join(each.read_bytes() for each in team.home.glob("feedback.sqlite3*"))
    assert secret.encode() not in kept


def test_the_audit_log_has_no_code(team: Team) -> None:
    team.ask("POST", "/v1/complete", completion())
    assert team.ask("GET", "/v1/status", token=team.bob).status_code == 200  # the line before is written
    text = (team.home / "audit.jsonl").read_text()
    assert "gray" not in text and "inverter" not in text and "assign" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    last = [line for line in lines if line["token"] == "alice"][-1]
    assert last["route"] == "/v1/complete" and last["status"] == 200


def test_metrics_count(team: Team) -> None:
    team.ask("POST", "/v1/complete", completion())
    text = team.ask("GET", "/metrics").text
    assert re.search(r'rtlwright_requests_total\{route="/v1/complete",status="200"\} \d', text)
    assert re.search(r"rtlwright_requests_in_flight 0\.0", text) and "gray" not in text


def test_metrics_are_named_as_prometheus_wants_them(team: Team) -> None:
    linter = shutil.which("promtool")
    if linter is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    team.ask("POST", "/v1/complete", completion())
    text = team.ask("GET", "/metrics").text
    done = subprocess.run(
        [linter, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr + done.stdout


def test_paths_stay_names(team: Team) -> None:
    """A client's paths never lead to the server's own disk, whatever they say."""
    text = '`include "/etc/passwd"\n`include "../../../../etc/hostname"\nmodule m; endmodule\n'
    for path in ("/etc/passwd", "../../../etc/x.sv", "a/../../b.sv", "/proc/self/environ"):
        form = {
            "project": project(),
            "documents": [{"path": path, "language": "systemverilog", "text": text}],
        }
        answer = team.ask("POST", "/v1/check", form)
        assert answer.status_code == 200 and "root:" not in answer.text and "/rtlwright/" not in answer.text


def test_the_openapi_document_names_every_route(team: Team) -> None:
    found = httpx2.get(team.running.url + "/openapi.json").json()
    assert {"/v1/complete", "/v1/generate", "/v1/check", "/v1/feedback", "/v1/status"} <= found[
        "paths"
    ].keys()
    answer = found["paths"]["/v1/complete"]["post"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"].endswith("Completion")
