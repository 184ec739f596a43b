"""Requests, cancellation, commands and feedback over stdio: one server for each kind of client, shared."""

from __future__ import annotations

import asyncio

import pytest
from lsp_editor import Place, Shared, events, eventually
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from scripted_service import MODULE, OFFERED

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEFORE = "module m(input a, b, output y);\n  "
TEXT = BEFORE + "\nendmodule\n"


@pytest.fixture
def scripted(shared: Shared) -> Shared:
    return shared


@pytest.fixture
def place(shared: Shared) -> Place:
    return shared.place()


async def test_diagnostics_at_open_and_save_are_cleared_at_close(
    editor: str, place: Place, scripted: Shared
) -> None:
    result = await scripted.begin(editor, place)
    uri, other = place.uri("a.sv"), place.uri("other.sv")
    scripted.open(uri, TEXT)
    await eventually(lambda: uri in scripted.diagnostics)
    assert not scripted.diagnostics[uri]
    scripted.edit(uri, 2, "/* 𝄞 */ WRONG ", (1, 2), (1, 2))
    scripted.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await eventually(lambda: scripted.diagnostics[uri])
    (found,) = scripted.diagnostics[uri]
    start = 2 + len("/*  */ ") + (4 if result.capabilities.position_encoding == "utf-8" else 2)
    assert found.range == types.Range(types.Position(1, start), types.Position(1, start + 5))
    assert (found.source, found.message) == ("slang", "it is wrong\nRight it.")
    await eventually(lambda: [d.message for d in scripted.diagnostics.get(other, ())] == ["from afar"])
    scripted.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await eventually(lambda: not scripted.diagnostics[uri] and not scripted.diagnostics[other])


async def test_a_newer_request_supersedes_and_the_service_is_told(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// slow\n")
    older = asyncio.ensure_future(scripted.complete(uri, 1, 0))
    await eventually(lambda: "waiting" in place.said)
    scripted.edit(uri, 2, "quick", (0, 3), (0, 7))
    newer = await asyncio.wait_for(scripted.complete(uri, 1, 0), 5)
    assert newer is not None and newer.items
    assert await asyncio.wait_for(older, 5) is None
    await eventually(lambda: "cancelled" in place.said)


async def test_the_client_cancels(place: Place, scripted: Shared) -> None:
    await scripted.begin("VS Code", place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// slow\n")
    params = types.InlineCompletionParams(
        context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
        text_document=types.TextDocumentIdentifier(uri),
        position=types.Position(1, 0),
    )
    request = asyncio.ensure_future(
        scripted.protocol.send_request_async("textDocument/inlineCompletion", params, msg_id="mine")
    )
    await eventually(lambda: "waiting" in place.said)
    scripted.cancel_request(types.CancelParams(id="mine"))
    with pytest.raises(JsonRpcException) as refused:
        await asyncio.wait_for(request, 5)
    assert refused.value.code == types.LSPErrorCodes.RequestCancelled
    await eventually(lambda: "cancelled" in place.said)


async def test_typing_along_asks_the_service_once(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    await scripted.complete(uri, 1, 2)
    for index, character in enumerate("assign"):
        scripted.edit(uri, 2 + index, character, (1, 2 + index), (1, 2 + index))
        answer = await scripted.complete(uri, 1, 3 + index)
        assert answer is not None
        assert answer.items[0].insert_text == OFFERED[index + 1 :]
        assert answer.items[0].range == types.Range(
            types.Position(1, 3 + index), types.Position(1, 3 + index)
        )
    assert sum(line.startswith("completed") for line in place.said) == 1
    again = await scripted.complete(uri, 1, 8, manual=True)
    assert again is not None and again.items[0].insert_text == OFFERED, "asked for by hand, it is asked anew"
    assert "completed version=7 manual=True" in place.said


async def test_generate_from_the_comment_at_the_cursor(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// An 8-bit counter\n//   with enable.\n\nmodule other; endmodule\n")
    result = await scripted.execute(
        "rtlwright.generate", {"uri": uri, "position": {"line": 0, "character": 3}}
    )
    assert result["applied"] and result["text"] == MODULE and result["agreement"] == "1 of 1 agree"
    assert "spec='An 8-bit counter\\nwith enable.'" in place.said
    (params,) = scripted.edits
    edit = one_edit(params.edit, uri)
    assert edit.range.start == types.Position(1, 17)
    assert edit.new_text == "\n" + MODULE + "\n"
    (reports,) = scripted.progress_reports.values()
    assert isinstance(reports[0], types.WorkDoneProgressBegin)
    assert isinstance(reports[-1], types.WorkDoneProgressEnd)
    await eventually(lambda: [kind for kind, _ in events(place)] == ["shown", "accepted"])


async def test_a_module_keeps_the_line_ends_of_its_file(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    comment = "// A counter\r\n"
    scripted.open(uri, comment + "module other; endmodule\r\n")
    asked = {"uri": uri, "position": {"line": 0, "character": 3}}
    first = await scripted.execute("rtlwright.generate", asked)
    inserted = one_edit(scripted.edits[0].edit, uri)
    module = MODULE.replace("\n", "\r\n")
    assert inserted.range.start == inserted.range.end == types.Position(0, 12)
    assert inserted.new_text == f"\r\n{module}\r\n"
    scripted.edit(uri, 2, inserted.new_text, (0, 12), (0, 12))
    await scripted.execute("rtlwright.another", {"id": first["id"]})
    replaced = one_edit(scripted.edits[1].edit, uri)
    assert replaced.range.start == types.Position(1, 0) and replaced.new_text == module


def one_edit(edit: types.WorkspaceEdit, uri: str) -> types.TextEdit:
    changes = [c for c in edit.document_changes or () if isinstance(c, types.TextDocumentEdit)]
    (found,) = changes[0].edits if changes else (edit.changes or {})[uri]
    assert isinstance(found, types.TextEdit)
    return found


async def test_a_module_is_only_previewed_where_the_client_wants_that(place: Place, scripted: Shared) -> None:
    await scripted.begin("VS Code", place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// A counter\nmodule other; endmodule\n")
    asked = {"uri": uri, "position": {"line": 0, "character": 3}, "apply": False}
    result = await scripted.execute("rtlwright.generate", asked)
    assert not result["applied"] and not scripted.edits
    assert result["edit"] == {
        "version": 1, "position": {"line": 0, "character": 12}, "before": "\n", "after": "\n"
    }  # fmt: skip
    assert result["alternatives"] == []
    await eventually(lambda: [kind for kind, _ in events(place)] == ["shown"])
    await scripted.execute("rtlwright.accepted", result["id"])
    await eventually(lambda: [kind for kind, _ in events(place)] == ["shown", "accepted"])


async def test_all_candidates_with_their_verdicts(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    assert await scripted.execute("rtlwright.candidates", {"uri": uri}) is None
    scripted.open(uri, "// 𝄞\n" + TEXT)
    assert await scripted.execute("rtlwright.candidates", {"uri": uri}) is None, "nothing was asked yet"
    await scripted.complete(uri, 2, 2)
    last = await scripted.execute("rtlwright.candidates", {"uri": uri})
    assert [s["text"] for s in last["suggestions"]] == [OFFERED, "assign y = a | b;"]
    assert last["suggestions"][0]["range"]["start"] == {"line": 2, "character": 2}
    assert last["suggestions"][0]["verdict"]["stages"][0]["name"] == "syntax"
    (rejected,) = last["rejected"]
    assert rejected["verdict"]["stages"][0]["diagnostics"][0]["message"] == "z is declared nowhere"
    again = await scripted.execute(
        "rtlwright.candidates", {"uri": uri, "position": {"line": 2, "character": 1}}
    )
    assert again["version"] == 1 and again["suggestions"][0]["id"] != last["suggestions"][0]["id"]
    assert "completed version=1 manual=True" in place.said
    await scripted.execute("rtlwright.accepted", again["suggestions"][1]["id"])
    await eventually(lambda: events(place)[-1:] == [("accepted", again["suggestions"][1]["id"])])


async def test_generate_is_cancelled_from_its_progress(place: Place, scripted: Shared) -> None:
    await scripted.begin("VS Code", place)
    assert await scripted.execute("rtlwright.generate", {"uri": "nonsense", "position": 3}) is None
    await eventually(lambda: scripted.messages)
    assert "specification" in scripted.messages[0].message
    work = asyncio.ensure_future(scripted.execute("rtlwright.generate", {"spec": "a slow one"}))
    await eventually(lambda: "waiting" in place.said)
    (token,) = scripted.progress_reports
    scripted.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert await asyncio.wait_for(work, 5) is None
    await eventually(lambda: "cancelled" in place.said)
    assert not scripted.edits


async def test_partial_acceptance_as_a_plugin_reports_it(place: Place, scripted: Shared) -> None:
    await scripted.begin("VS Code", place)
    item = {"command": {"command": "rtlwright.accepted", "arguments": ["some-id"]}}
    scripted.protocol.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 7})
    await eventually(lambda: events(place) == [("partially_accepted", "some-id")])
