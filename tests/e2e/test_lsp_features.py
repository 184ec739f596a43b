"""What the language server offers besides ghost text, and when it holds its tongue: over stdio."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsp_editor import Place, Shared, eventually
from lsprotocol import types
from scripted_service import FIRST_LINE, OFFERED

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "module m(input a, b, output y);\n  \nendmodule\n"


@pytest.fixture
def scripted(shared: Shared) -> Shared:
    return shared


@pytest.fixture
def place(shared: Shared) -> Place:
    return shared.place()


FIFO = """module fifo #(parameter W = 8) (
  input clk, input push, input [W-1:0] d, output [W-1:0] q
);
endmodule
"""


def asked(place: Place) -> int:
    return sum(line.startswith("completed") for line in place.said)


async def test_keys_in_quick_succession_are_one_request(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    answers = []
    async with scripted.at_once():
        for index, character in enumerate("xyzuvw"):
            scripted.edit(uri, 2 + index, character, (1, 2 + index), (1, 2 + index))
            answers.append(asyncio.ensure_future(scripted.complete(uri, 1, 3 + index)))
            await asyncio.sleep(0)
    *older, newest = await asyncio.gather(*answers)
    assert newest is not None and newest.items
    assert older == [None] * 5
    assert asked(place) == 1


async def test_it_is_silent_where_nobody_wants_it(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// a remark\n" + TEXT.replace("  \n", "  assign y = a & b;\n"))
    for line, character in ((0, 5), (2, 2), (2, 12)):
        answer = await scripted.complete(uri, line, character)
        assert answer is not None and not answer.items
    scripted.edit(uri, 2, "", (2, 15), (2, 20))
    answer = await scripted.complete(uri, 2, 15)
    assert answer is not None and not answer.items, "after a deletion"
    assert asked(place) == 0
    answer = await scripted.complete(uri, 2, 15, manual=True)
    assert answer is not None and answer.items, "by hand it is always answered"


async def test_the_next_answer_is_there_when_a_suggestion_is_accepted(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    answer = await scripted.complete(uri, 1, 2)
    assert answer is not None and asked(place) == 1
    await eventually(lambda: any(line.startswith("prepared") for line in place.said))
    scripted.edit(uri, 2, OFFERED, (1, 2), (1, 2))
    line, character = 1 + OFFERED.count("\n"), len(OFFERED.rpartition("\n")[2])
    following = await scripted.complete(uri, line, character)
    assert following is not None and following.items
    assert asked(place) == 1, "nothing was asked anew"


async def test_a_line_comes_first_and_its_block_while_it_is_read(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// growing\n" + TEXT)
    first = await scripted.complete(uri, 2, 2)
    assert first is not None and [item.insert_text for item in first.items] == [FIRST_LINE]
    await eventually(lambda: any(line.startswith("extended") for line in place.said))
    longer = await answered(scripted, uri, (2, 2), OFFERED)
    assert [item.insert_text for item in longer.items] == [OFFERED, FIRST_LINE, "assign y = a | b;"]
    scripted.edit(uri, 2, "assign", (2, 2), (2, 2))
    along = await scripted.complete(uri, 2, 8)
    assert along is not None and along.items[0].insert_text == OFFERED.removeprefix("assign")
    assert asked(place) == 1, "both came from what was there"


async def answered(client: Shared, uri: str, at: tuple[int, int], text: str) -> types.InlineCompletionList:
    """The answer that begins with `text`, once there is one."""
    for _ in range(100):
        answer = await client.complete(uri, *at)
        if answer is not None and answer.items and answer.items[0].insert_text == text:
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError(f"{text!r} was never offered")


async def test_a_client_that_asks_to_be_told_is_told(place: Place, scripted: Shared) -> None:
    told: list[Any] = []
    await scripted.begin("VS Code", place)

    @scripted.feature("rtlwright/extended")
    def extended(params: Any) -> None:
        told.append(params)

    uri = place.uri("a.sv")
    scripted.open(uri, "// growing\n" + TEXT)
    await scripted.complete(uri, 2, 2)
    await eventually(lambda: told)
    assert told[0].uri == uri and told[0].version == 1


async def test_by_hand_there_are_more_to_cycle_through(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    answer = await scripted.complete(uri, 1, 2, manual=True)
    assert answer is not None and len({item.insert_text for item in answer.items}) == len(answer.items) > 1
    assert answer.items[0].command and answer.items[0].command.title == "model · passed slang"


async def test_a_backend_that_is_down_is_left_in_peace(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// broken\n" + TEXT)
    await scripted.complete(uri, 2, 2)
    failures = len([line for line in place.said if line == "fails"])
    answers = []
    async with scripted.at_once():  # all within the second for which it is left in peace
        for key in range(5):
            scripted.edit(uri, 2 + key, "x", (2, 2 + key), (2, 2 + key))
            answers.append(asyncio.ensure_future(scripted.complete(uri, 2, 3 + key)))
            await asyncio.sleep(0)
    await asyncio.gather(*answers)
    assert len([line for line in place.said if line == "fails"]) == failures == 1
    assert len(scripted.messages) == 1
    scripted.edit(uri, 20, "mended", (0, 3), (0, 9))
    await asyncio.sleep(1.1)
    answer = await scripted.complete(uri, 2, 7)
    assert answer is not None and answer.items, "it is noticed when it is back"


async def test_actions_hover_and_definition(editor: str, place: Place, scripted: Shared) -> None:
    result = await scripted.begin(editor, place)
    assert result.capabilities.hover_provider and result.capabilities.definition_provider
    (place.root / "fifo.sv").write_text(FIFO)
    uri = place.uri("top.sv")
    scripted.open(uri, "module top(input clk);\n  fifo #(.W(4)) u_fifo (.clk(clk), .q(out));\nendmodule\n")
    hover = await scripted.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    )
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    assert "module fifo #(W = 8)" in hover.contents.value
    found = await scripted.text_document_definition_async(
        types.DefinitionParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    )
    assert isinstance(found, types.Location)
    assert found.uri == place.uri("fifo.sv") and found.range.start == types.Position(0, 7)
    actions = {action.title: action for action in await code_actions(scripted, uri, 1, 30)}
    refresh = actions["Refresh the port map of u_fifo"]
    assert ".push" in str(refresh.edit) and ".d" in str(refresh.edit)
    assert "logic [4-1:0] out;" in str(actions["Declare the missing net of u_fifo"].edit)
    refactor = await code_actions(scripted, uri, 1, 30, only=["refactor"])
    assert "Refresh the port map of u_fifo" in [action.title for action in refactor]
    assert {action.kind for action in refactor} == {types.CodeActionKind.RefactorRewrite}
    assert not await code_actions(
        scripted, uri, 1, 30, only=["refactor.extract", "refac", "source.organizeImports"]
    )


async def code_actions(
    client: Shared,
    uri: str,
    line: int,
    character: int,
    *diagnostics: types.Diagnostic,
    only: list[str] | None = None,
) -> list[types.CodeAction]:
    place = types.Position(line, character)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(uri),
        types.Range(place, place),
        types.CodeActionContext(list(diagnostics), only),
    )
    found = await client.text_document_code_action_async(params)
    return [action for action in found or () if isinstance(action, types.CodeAction)]


async def test_a_quick_fix_belongs_to_its_diagnostic(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "module m(output y);\n  assign y = 1\nendmodule\n")
    place_of = types.Range(types.Position(1, 14), types.Position(1, 14))
    wrong = types.Diagnostic(
        place_of, "expected ';'\nA semicolon is missing.", severity=types.DiagnosticSeverity.Error
    )
    (fix, *_) = await code_actions(scripted, uri, 1, 14, wrong)
    assert fix.title == "Insert the missing ;" and fix.is_preferred
    assert [d.message for d in fix.diagnostics or ()] == [
        wrong.message
    ] and fix.kind == types.CodeActionKind.QuickFix


async def test_a_comment_is_a_specification_and_a_module_can_be_had_again(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, "// spec: a counter\n")
    at = types.Range(types.Position(0, 5), types.Position(0, 5))
    menu = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, types.CodeActionContext([]))
    # The test's client takes an action with a command for a bare command.
    first_action, *_ = await scripted.text_document_code_action_async(menu) or ()
    assert first_action.title == "Write the module that this comment specifies"
    argument = {"uri": uri, "position": {"line": 0, "character": 5}}
    first = await scripted.execute("rtlwright.generate", argument)
    assert first["applied"] and first["alternatives"] == []
    assert "spec='a counter'" in place.said, "the label is no part of it"
    edit = scripted.edits[0].edit
    versioned = edit.document_changes[0].edits if edit.document_changes else ()
    inserted = (versioned or (edit.changes or {}).get(uri, ()))[0]
    start = (inserted.range.start.line, inserted.range.start.character)
    scripted.edit(uri, 2, inserted.new_text, start, start)
    told = await scripted.execute("rtlwright.explain", {"id": first["id"]})
    assert "**pass**" in told
    second = await scripted.execute("rtlwright.another", {"id": first["id"]})
    assert second["applied"] and second["id"] != first["id"]
    assert len(scripted.edits) == 2
    assert await scripted.execute("rtlwright.another", {"id": "unknown"}) is None


async def test_an_instance_by_command(place: Place, scripted: Shared) -> None:
    await scripted.begin("VS Code", place)
    (place.root / "fifo.sv").write_text(FIFO)
    uri = place.uri("top.sv")
    scripted.open(uri, "module top(input clk);\n  \nendmodule\n")
    listed = await scripted.execute("rtlwright.modules", {"uri": uri})
    assert "fifo" in [unit["name"] for unit in listed]
    argument = {"uri": uri, "position": {"line": 1, "character": 2}, "module": "fifo"}
    assert await scripted.execute("rtlwright.instantiate", argument) is True
    assert "u_fifo" in str(scripted.edits[0].edit)
    assert await scripted.execute("rtlwright.instantiate", argument | {"module": "nothing"}) is False
    assert [m.message for m in scripted.messages if "no module nothing" in m.message]


async def test_a_testbench_is_a_new_file_where_the_client_makes_files(place: Place, scripted: Shared) -> None:
    await scripted.begin("VS Code", place)
    uri = place.uri("blink.v")
    scripted.open(uri, "module blink(input clk, output led);\nendmodule\n", "verilog")
    (bench,) = [a for a in await code_actions(scripted, uri, 0, 8) if "testbench" in a.title]
    assert bench.edit is not None and bench.edit.document_changes is not None
    made = bench.edit.document_changes[0]
    assert isinstance(made, types.CreateFile) and made.uri == place.uri("blink_tb.v")
    assert made.options is not None and made.options.overwrite is False


async def test_the_parser_looks_while_one_types(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    await eventually(lambda: uri in scripted.diagnostics)
    scripted.edit(uri, 2, "WRONG", (1, 2), (1, 2))
    await eventually(lambda: scripted.diagnostics[uri])
    assert "checked quick=True" in place.said
