"""The language server through its real entry point, over stdio, once per kind of client."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from lsp_editor import Editor, Place, Wire, children, events, eventually, start
from lsprotocol import types
from scripted_service import OFFERED

pytestmark = pytest.mark.asyncio

BEFORE = "module m(input a, b, output y);\n  "
TEXT = BEFORE + "\nendmodule\n"
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}


async def test_from_initialize_to_exit(editor: str, place: Place, scripted: Editor) -> None:
    result = await scripted.begin(editor, place)
    assert result.capabilities.inline_completion_provider is not None
    assert result.capabilities.position_encoding in ("utf-8", "utf-16")
    wide = 4 if result.capabilities.position_encoding == "utf-8" else 2
    uri = place.uri("a.sv")
    scripted.open(uri, "// 𝄞\n" + TEXT)
    scripted.edit(uri, 2, "/* 𝄞 */ ", (2, 2), (2, 2))
    answer = await scripted.complete(uri, 2, 8 + wide)
    assert answer is not None
    item = answer.items[0]
    assert item.insert_text == OFFERED
    assert item.range == types.Range(types.Position(2, 8 + wide), types.Position(2, 8 + wide))
    assert "completed version=2 manual=False" in place.said
    assert "position=2:10" in place.said, "the service counts in UTF-16, whatever the client does"
    assert item.command and item.command.command == "rtlwright.accepted"
    scripted.edit(uri, 3, OFFERED, (2, 8 + wide), (2, 8 + wide))
    await scripted.execute(item.command.command, *item.command.arguments or ())
    id = (item.command.arguments or [""])[0]
    await eventually(lambda: len(events(place)) == 2)
    assert events(place) == [("shown", id), ("accepted", id)], "seen in the text and told, recorded once"
    assert await scripted.end() == 0
    assert "closed" in place.said
    assert not list(children(scripted.pid))


async def test_failures_are_told_once_and_answered_with_nothing(
    editor: str, place: Place, scripted: Editor
) -> None:
    await scripted.begin(editor, place)
    for mark in ("broken", "refused", "silent"):
        uri = place.uri(f"{mark}.sv")
        scripted.open(uri, f"// {mark}\n")
        for _ in range(3):
            answer = await scripted.complete(uri, 1, 0)
            assert answer is not None and not answer.items
    await eventually(lambda: len(scripted.messages) == 2)
    assert {"bug" in m.message for m in scripted.messages} == {False}
    assert any("the script refuses; remove the mark" in m.message for m in scripted.messages)
    logs = list(place.root.parent.rglob("lsp.log"))
    assert logs and "RuntimeError" in logs[0].read_text()
    assert "a bug near" not in logs[0].read_text(), "no code in the log"


async def test_bad_settings_name_the_key_and_defaults_stay(
    editor: str, place: Place, scripted: Editor
) -> None:
    await scripted.begin(editor, place, {"complete": {"nn": 1}, "trace": {"server": "off"}, "model": None})
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    answer = await scripted.complete(uri, 1, 2)
    assert answer is not None and len(answer.items) == 2
    await eventually(lambda: scripted.messages)
    assert len(scripted.messages) == 1
    assert "'nn'" in scripted.messages[0].message and "'n'" in scripted.messages[0].message
    settings = {"rtlwright": {"complete": {"n": 1}}}
    scripted.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
    answer = await scripted.complete(uri, 1, 2)
    assert answer is not None and len(answer.items) == 1


@pytest.mark.parametrize("when", ["at the start", "when they change"])
async def test_settings_are_pulled_where_the_client_wants_that(
    when: str, place: Place, scripted: Editor
) -> None:
    if when == "at the start":
        scripted.set_configuration({"complete": {"n": 1}}, section="rtlwright")
    await scripted.begin("VS Code", place)
    if when != "at the start":
        scripted.set_configuration({"complete": {"n": 1}}, section="rtlwright")
        scripted.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    for _ in range(100):  # the client's answer takes its time, and nothing says that it has come
        answer = await scripted.complete(uri, 1, 2, manual=True)
        assert answer is not None
        if len(answer.items) == 1:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the settings never came")


async def test_an_empty_word_takes_no_settings_back(place: Place, scripted: Editor) -> None:
    """Eglot sends one behind `initialized`, whatever its initialization options were."""
    await scripted.begin("Neovim", place, {"complete": {"n": 1}})
    scripted.workspace_did_change_configuration(types.DidChangeConfigurationParams({}))
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    answer = await scripted.complete(uri, 1, 2, manual=True)
    assert answer is not None and len(answer.items) == 1


async def test_each_project_has_its_own_configuration(editor: str, place: Place, scripted: Editor) -> None:
    inner = place.root / "inner"
    inner.mkdir()
    (inner / "rtlwright.toml").write_text("[complete]\nn = 1\n")
    lone = place.root.parent / "lone"
    lone.mkdir()
    await scripted.begin(editor, place)
    counts = {}
    for uri in (
        place.uri("a.sv"),
        (inner / "b.sv").as_uri(),
        (lone / "c.sv").as_uri(),
        "untitled:Untitled-1",
    ):
        scripted.open(uri, TEXT)
        answer = await scripted.complete(uri, 1, 2)
        assert answer is not None
        counts[uri.rpartition("/")[2]] = len(answer.items)
    assert counts == {"a.sv": 2, "b.sv": 1, "c.sv": 2, "untitled:Untitled-1": 2}
    assert [line for line in place.said if line.startswith("made")] == [
        f"made {place.root} n=3", f"made {inner} n=1", f"made {lone} n=3"
    ]  # fmt: skip
    (inner / "rtlwright.toml").write_text("[complete]\nn = 2\n")
    changed = types.FileEvent((inner / "rtlwright.toml").as_uri(), types.FileChangeType.Changed)
    scripted.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
    answer = await scripted.complete((inner / "b.sv").as_uri(), 1, 2)
    assert answer is not None and len(answer.items) == 2


async def test_what_is_no_verilog_is_left_alone_and_status_says_what_serves(
    place: Place, scripted: Editor
) -> None:
    await scripted.begin("VS Code", place)
    status = await scripted.execute("rtlwright.status")
    assert status["kind"] == "scripted" and status["root"] == str(place.root)
    assert status["log"].endswith("lsp.log")
    for uri in (place.uri("notes.md"), "git:/project/a.sv", place.uri("never-opened.sv")):
        if "never" not in uri:
            scripted.open(uri, "WRONG", "markdown")
        answer = await scripted.complete(uri, 0, 0)
        assert answer is not None and not answer.items
    assert not scripted.diagnostics


async def test_unknown_and_malformed_messages_are_refused_and_survived(wire: Wire) -> None:
    await wire.send({"jsonrpc": "2.0", "id": 7, "method": "textDocument/hover", "params": {}})
    assert (await wire.answer())["error"]["code"] == types.ErrorCodes.ServerNotInitialized
    await wire.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    await wire.send(INITIALIZE)
    assert "capabilities" in (await wire.answer())["result"]
    await wire.send(INITIALIZE)
    assert (await wire.answer())["error"]["code"] == types.ErrorCodes.InvalidRequest
    for body, code in (
        (b"{not json", types.ErrorCodes.ParseError),
        (b"\xff\xfe", types.ErrorCodes.ParseError),
        (b"[" * 100_000, types.ErrorCodes.ParseError),
        (b"[]", types.ErrorCodes.InvalidRequest),
        (b'{"id": 1, "method": "shutdown"}', types.ErrorCodes.InvalidRequest),
    ):
        await wire.send(body)
        answer = await wire.answer()
        assert answer["error"]["code"] == code and answer["id"] is None
    await wire.raw(b"Content-Type: none\r\n\r\nContent-Length: x\r\n\r\n")
    await wire.send({"jsonrpc": "2.0", "id": 8, "method": "no/such"}, "content-length: {}\r\n\r\n")
    assert (await wire.answer())["error"]["code"] == types.ErrorCodes.MethodNotFound
    bad = {"jsonrpc": "2.0", "id": 9, "method": "textDocument/inlineCompletion", "params": {"position": 1}}
    await wire.send(bad)
    answer = await wire.answer()
    assert answer["id"] == 9 and answer["error"]["code"] == types.ErrorCodes.InvalidParams
    assert "data" not in answer["error"], "no traceback for the client"
    unknown = {"jsonrpc": "2.0", "id": 10, "method": "workspace/executeCommand", "params": {"command": "x"}}
    await wire.send(unknown)
    assert (await wire.answer())["error"]["code"] == types.ErrorCodes.InvalidParams
    change = {"textDocument": {"uri": "file:///x.sv", "version": 1}, "contentChanges": [{"text": ""}]}
    await wire.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change})
    await wire.send({"jsonrpc": "2.0", "id": 11, "method": "shutdown"})
    assert (await wire.answer()) == {"jsonrpc": "2.0", "id": 11, "result": None}
    await wire.send(
        {"jsonrpc": "2.0", "id": 12, "method": "workspace/executeCommand", "params": {"command": "x"}}
    )
    assert (await wire.answer())["error"]["code"] == types.ErrorCodes.InvalidRequest
    await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await asyncio.wait_for(wire.process.wait(), 10) == 0


@pytest.mark.parametrize("ending", ["end of input", "exit without shutdown", "terminated"])
async def test_every_other_end_is_clean_too(ending: str, wire: Wire, place: Place) -> None:
    await wire.send(INITIALIZE | {"params": {"capabilities": {}, "rootUri": place.root.as_uri()}})
    await wire.answer()
    await wire.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    await eventually(lambda: place.said)
    assert wire.process.stdin is not None
    if ending == "end of input":
        wire.process.stdin.close()
    elif ending == "terminated":
        wire.process.send_signal(signal.SIGTERM)
    else:
        await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await asyncio.wait_for(wire.process.wait(), 10) == 1
    assert place.said[-1] == "closed"


async def test_the_server_ends_with_its_client(place: Place, wire: Wire) -> None:
    client = await asyncio.create_subprocess_exec("sleep", "60")
    params = {"capabilities": {}, "processId": client.pid, "rootUri": place.root.as_uri()}
    await wire.send(INITIALIZE | {"params": params})
    await wire.answer()
    client.kill()
    await client.wait()
    await asyncio.wait_for(wire.process.wait(), 10)


async def test_the_command_line_starts_the_same_server(place: Place) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("rtlwright"), "lsp", "--stdio",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=place.environ,
    )  # fmt: skip
    wire = Wire(process)
    await wire.send(INITIALIZE)
    assert (await wire.answer())["result"]["serverInfo"]["name"] == "rtlwright"
    await wire.send({"jsonrpc": "2.0", "id": 2, "method": "shutdown"})
    await wire.answer()
    await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_the_real_service_completes_checks_and_leaves_nothing_behind(editor: str, place: Place) -> None:
    pytest.importorskip("rtlwright.server.local", exc_type=ImportError)
    (place.root / "adder.sv").write_text(
        "module adder(input logic [7:0] a, b, output logic [7:0] s);\n  assign s = a + b;\nendmodule\n"
    )
    (place.root / "acc.sv").write_text(
        'module acc(input logic [7:0] d, output logic [7:0] q);\n  `include "next.svh"\nendmodule\n'
    )
    (place.root / "next.svh").write_text("  assign q = d;\n")
    client = await start(place)
    await client.begin(editor, place, {"model": {"engine": "off"}, "complete": {"deadline_ms": 20000}})
    uri = place.uri("top.sv")
    above = "module top(input logic [7:0] a, b, output logic [7:0] s);\n  adder u_adder("
    client.open(uri, above + "\nendmodule\n")
    answer = await client.complete(uri, 1, 16, manual=True)
    assert answer is not None and answer.items, [m.message for m in client.messages]
    item = answer.items[0]
    assert ".a" in str(item.insert_text) and item.command is not None
    client.edit(uri, 2, str(item.insert_text), (1, 16), (1, 16))
    await client.execute(item.command.command, *item.command.arguments or ())
    await eventually(lambda: [kind for kind, _ in events(place)] == ["shown", "accepted"])
    bad = place.uri("bad.sv")
    client.open(bad, "module bad(input logic a, output logic y);\n  assign y = nowhere;\nendmodule\n")
    await eventually(lambda: client.diagnostics.get(bad), 30)
    assert any("nowhere" in d.message and d.range.start.line == 1 for d in client.diagnostics[bad])
    client.edit(bad, 2, "elsewhere", (1, 13), (1, 20))
    await eventually(lambda: any("elsewhere" in d.message for d in client.diagnostics[bad]), 30)
    assert {d.source for d in client.diagnostics[bad]} == {"slang"}, "while one types, slang alone looks"
    part = place.uri("next.svh")
    client.open(part, "  // a part of acc\n  assign q = d + dd;\n")
    await eventually(lambda: client.diagnostics.get(part), 30)
    assert {d.range.start.line for d in client.diagnostics[part]} == {1}
    client.edit(part, 2, "", (1, 17), (1, 18))
    await eventually(lambda: not client.diagnostics[part], 30)
    workers = list(children(client.pid))
    assert await client.end() == 0
    await eventually(lambda: not any(_alive(pid) for pid in workers))
    await client.stop()


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
