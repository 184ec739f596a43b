"""What an engineer meets at the keyboard and no other module here shows: over stdio, as both editors."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsp_editor import EDITORS, Editor, Place, Shared, events, eventually, place_in, start
from lsprotocol import types
from scripted_service import OFFERED

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "module m(input a, b, output y);\n  \nendmodule\n"


@pytest.fixture
def scripted(shared: Shared) -> Shared:
    return shared


@pytest.fixture
def place(shared: Shared) -> Place:
    return shared.place()


async def test_by_hand_and_along_nothing_is_waited_for(editor: str, place: Place, scripted: Shared) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    waited: dict[bool, list[float]] = {True: [], False: []}
    for version, manual in enumerate([False, True] * 3, 2):
        scripted.edit(uri, version, "x", (1, 2), (1, 2))
        begun = time.perf_counter()
        await scripted.complete(uri, 1, 3, manual=manual)
        waited[manual].append(time.perf_counter() - begun)
        await asyncio.sleep(0.2)  # the pace of a person: an answer to a key waits for about the next one
    assert min(waited[True]) < min(waited[False]) / 2


async def test_another_text_behind_the_cursor_is_another_question(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    await scripted.complete(uri, 1, 2)
    scripted.edit(uri, 2, "a", (1, 2), (1, 2))
    along = await scripted.complete(uri, 1, 3)
    assert along is not None and along.items[0].insert_text == OFFERED[1:]
    scripted.edit(uri, 3, "\n// more", (2, 9), (2, 9))
    await scripted.complete(uri, 1, 3)
    assert sum(line.startswith("completed") for line in place.said) == 2


async def test_a_key_that_races_the_answer(editor: str, place: Place, scripted: Shared) -> None:
    """The document moves on while a request waits: its answer would be misplaced, and is not given."""
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    scripted.edit(uri, 2, "x", (1, 2), (1, 2))
    async with scripted.at_once():
        request = asyncio.ensure_future(scripted.complete(uri, 1, 3))
        await asyncio.sleep(0)
        scripted.edit(uri, 3, "\n", (0, 0), (0, 0))
    assert await request is None
    answer = await scripted.complete(uri, 2, 3)
    assert answer is not None and answer.items[0].range and answer.items[0].range.start.line == 2


async def test_what_is_typed_past_a_suggestion_rejects_it(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    await scripted.complete(uri, 1, 2)
    scripted.edit(uri, 2, "z", (1, 2), (1, 2))
    await eventually(lambda: [kind for kind, _ in events(place)][:2] == ["shown", "rejected"])


async def test_a_word_and_a_line_of_a_suggestion(editor: str, place: Place, scripted: Shared) -> None:
    """As both editors insert them: no notification comes, the text alone tells."""
    await scripted.begin(editor, place)
    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    await scripted.complete(uri, 1, 2)
    scripted.edit(uri, 2, "assign ", (1, 2), (1, 2))
    rest = await scripted.complete(uri, 1, 9)
    assert rest is not None and rest.items[0].insert_text == OFFERED.removeprefix("assign ")
    scripted.edit(uri, 3, "y = a & b;", (1, 9), (1, 9))
    rest = await scripted.complete(uri, 1, 19)
    assert rest is not None and rest.items[0].insert_text == OFFERED.removeprefix("assign y = a & b;")
    await eventually(lambda: [kind for kind, _ in events(place)] == ["shown"] + 2 * ["partially_accepted"])


async def test_the_status_line_is_busy_while_something_is_worked_out(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    told: list[Any] = []
    scripted.protocol.fm.features.pop("rtlwright/status", None)

    @scripted.feature("rtlwright/status")
    def status(params: Any) -> None:
        told.append(params)

    uri = place.uri("a.sv")
    scripted.open(uri, TEXT)
    await scripted.complete(uri, 1, 2)
    await eventually(lambda: [each.busy for each in told][:2] == [True, False])
    assert {"kind", "message", "busy", "command"} <= set(told[0]._fields)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(EDITORS))
async def real(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Editor, Place]]:
    """The real service with all tools; the model's part is played by a script."""
    place = place_in(tmp_path_factory.mktemp("real"))
    script = place.root.parent / "script.json"
    script.write_text(json.dumps(SCRIPT))
    client = await start(place)
    options = {
        "model": {"engine": "scripted", "script": str(script)},
        "complete": {"deadline_ms": 20000, "model_deadline_ms": 20000},
        "check": {"timeout_s": 60},
    }
    await client.begin(request.param, place, options)
    yield client, place
    await client.end()
    await client.stop()


HEAD = "module m(input logic clk, a, b, output logic y, z);\n"
BLOCK = "    y <= a;\n    z <= b;\n  end"
SCRIPT = [  # prompts end before the word at the cursor
    {"after": "// fenced\n  ", "answers": ["```verilog\nassign y = a & b;\n```"]},
    {"after": "// open\n  ", "answers": ["always_comb begin\n    y = a;"]},
    {"after": "// closes\n  ", "answers": ["assign y = a;\nendmodule\n"]},
    {"after": "// latch\n  ", "answers": ["always_comb if (a) y = b;"]},
    {"after": "// nowhere\n  ", "answers": ["assign y = nowhere;"]},
    {"after": "// doubled\n  assign y = (", "answers": ["a & b);"]},
    {"after": "// block\n  always_ff @(posedge clk) begin\n", "answers": [BLOCK]},
    {"after": "// block\r\n  always_ff @(posedge clk) begin\r\n", "answers": [BLOCK]},
]


async def by_hand(client: Editor, place: Place, text: str) -> list[types.InlineCompletionItem]:
    """The answer where the text has a `|`; every item replaces text of its line and no more."""
    before, _, after = text.partition("|")
    uri = place.uri(f"f{abs(hash(text))}.sv")
    client.open(uri, before + after)
    line, character = before.count("\n"), len(before.rpartition("\n")[2])
    answer = await client.complete(uri, line, character, manual=True)
    assert answer is not None
    for item in answer.items:
        assert item.range is not None and item.range.start.line == item.range.end.line == line
        assert item.command is not None and re.search(r"passed|warn", item.command.title), item.command
    return list(answer.items)


def texts(items: list[types.InlineCompletionItem]) -> list[str]:
    return [str(item.insert_text) for item in items]


async def test_what_models_leave_behind_is_stripped(real: tuple[Editor, Place]) -> None:
    offered = texts(await by_hand(*real, HEAD + "// fenced\n  |\nendmodule\n"))
    assert "assign y = a & b;" in offered
    assert not any("`" in text for text in offered)


async def test_balance_against_what_stands_behind_the_cursor(real: tuple[Editor, Place]) -> None:
    closed = texts(await by_hand(*real, HEAD + "// open\n  |\nendmodule\n"))
    assert not any(text.count("begin") > text.count("end") for text in closed), closed
    ended = texts(await by_hand(*real, HEAD + "// closes\n  |\nendmodule\n"))
    assert "assign y = a;" in ended and not any("endmodule" in text for text in ended)
    doubled = texts(await by_hand(*real, HEAD + "// doubled\n  assign y = (a|);\nendmodule\n"))
    assert " & b" in doubled and not any(")" in text for text in doubled)


async def test_a_block_where_a_block_belongs(real: tuple[Editor, Place]) -> None:
    offered = texts(await by_hand(*real, HEAD + "// block\n  always_ff @(posedge clk) begin\n|\nendmodule\n"))
    block = next(text for text in offered if "z <= b;" in text)
    assert "    y <= a;\n    z <= b;\n  end" in block, "indented as the buffer is"
    one = texts(
        await by_hand(
            *real, HEAD + "  assign y = a | b;\n".replace("|", "&") + "  assign z = a |;\nendmodule\n"
        )
    )
    assert not any("\n" in text for text in one), "in the middle of an expression there is one line"


async def test_line_ends_are_those_of_the_file_as_the_client_takes_them(
    real: tuple[Editor, Place], request: pytest.FixtureRequest
) -> None:
    """Neovim would put the carriage return into the line; both say the text with it when it is accepted."""
    client, place = real
    uri = place.uri("windows.sv")
    head = (HEAD + "// block\n  always_ff @(posedge clk) begin\n").replace("\n", "\r\n")
    client.open(uri, head + "\r\nendmodule\r\n")
    answer = await client.complete(uri, 3, 0, manual=True)
    assert answer is not None
    item = next(item for item in answer.items if "z <= b;" in str(item.insert_text))
    text = str(item.insert_text).replace("\r\n", "\n")
    windows = text.replace("\n", "\r\n")
    assert item.insert_text == (text if "Neovim" in request.node.name else windows) and "\n" in text
    client.edit(uri, 2, windows, (3, 0), (3, 0))
    id = item.command.arguments[0] if item.command and item.command.arguments else ""
    await eventually(lambda: ("accepted", id) in events(place))


async def test_what_fails_is_withheld_and_a_warning_is_seen(real: tuple[Editor, Place]) -> None:
    assert "assign y = nowhere;" not in texts(await by_hand(*real, HEAD + "// nowhere\n  |\nendmodule\n"))
    latch = await by_hand(*real, HEAD + "// latch\n  |\nendmodule\n")
    titles = [
        item.command.title for item in latch if "if (a) y = b;" in str(item.insert_text) and item.command
    ]
    assert titles and all("warn" in title for title in titles), titles


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "untitled:/no/such/folder/x%20y.v"])
async def test_what_is_wrong_in_an_untitled_document_is_said_there(
    uri: str, real: tuple[Editor, Place]
) -> None:
    client, _ = real
    client.open(uri, "module m(input a, output y);\n  assign y = nowhere;\nendmodule\n", "verilog")
    await eventually(lambda: client.diagnostics.get(uri))
    assert any("nowhere" in found.message for found in client.diagnostics[uri])


async def test_candidates_differ_by_more_than_their_space(real: tuple[Editor, Place]) -> None:
    offered = texts(await by_hand(*real, HEAD + "// fenced\n  |\nendmodule\n"))
    assert len({" ".join(text.split()) for text in offered}) == len(offered) <= 5


async def test_the_table_of_behaviours_names_tests_that_are_there() -> None:
    here = Path(__file__).parents[1]
    table = (here / "e2e/BEHAVIOURS.md").read_text()
    code = "".join(path.read_text() for path in here.rglob("*") if path.suffix in (".py", ".mjs", ".lua"))
    named = re.findall(r"`(test_\w+|scene: [^`]+)`", table)
    missing = [name for name in named if name.removeprefix("scene: ") not in code.replace("\\'", "'")]
    assert len(named) > 40 and not missing, missing
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", table, re.M)] == list(range(1, 21))
