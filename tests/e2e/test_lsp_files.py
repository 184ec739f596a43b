"""Files that are renamed, deleted, changed behind the editor's back, and very large ones: over stdio."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest
from lsp_editor import Editor, Place, Shared, memory_kb, place_in, start
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIFO = "module fifo(input clk, input push, output full);\nendmodule\n"
TOP = "module top(input clk);\n  fifo u_fifo (.clk(clk), .push(clk), .full());\nendmodule\n"


@pytest.fixture
def scripted(shared: Shared) -> Shared:
    return shared


@pytest.fixture
def place(shared: Shared) -> Place:
    return shared.place()


async def definition(client: Shared | Editor, uri: str) -> str | None:
    """The file that has `fifo`, as the instance in `TOP` leads to it."""
    params = types.DefinitionParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    found = await client.text_document_definition_async(params)
    return found.uri if isinstance(found, types.Location) else None


def watched(client: Shared, kind: types.FileChangeType, uri: str) -> None:
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([types.FileEvent(uri, kind)]))


async def hover(client: Shared, uri: str) -> str:
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    found = await client.text_document_hover_async(params)
    return found.contents.value if found and isinstance(found.contents, types.MarkupContent) else ""


async def leads_to(client: Shared, uri: str, wanted: str | None) -> None:
    for _ in range(200):
        if await definition(client, uri) == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"fifo is in {await definition(client, uri)}, not in {wanted}")


async def test_the_index_follows_files_that_the_editor_renames_and_deletes(
    editor: str, place: Place, scripted: Shared
) -> None:
    """VS Code says so itself; with Neovim it is the watcher that does."""
    result = await scripted.begin(editor, place)
    if editor == "VS Code":
        told = result.capabilities.workspace and result.capabilities.workspace.file_operations
        assert told and told.did_rename and told.did_delete and told.did_create
    uri, old, new = (place.uri(name) for name in ("top.sv", "fifo.sv", "queue.sv"))
    (place.root / "fifo.sv").write_text(FIFO)
    scripted.open(uri, TOP)
    await leads_to(scripted, uri, old)
    (place.root / "fifo.sv").rename(place.root / "queue.sv")
    if editor == "VS Code":
        scripted.workspace_did_rename_files(types.RenameFilesParams([types.FileRename(old, new)]))
    else:
        watched(scripted, types.FileChangeType.Deleted, old)
        watched(scripted, types.FileChangeType.Created, new)
    await leads_to(scripted, uri, new)
    (place.root / "queue.sv").unlink()
    if editor == "VS Code":
        scripted.workspace_did_delete_files(types.DeleteFilesParams([types.FileDelete(new)]))
    else:
        watched(scripted, types.FileChangeType.Deleted, new)
    await leads_to(scripted, uri, None)


async def test_an_open_document_that_is_renamed_leaves_nothing_behind(
    editor: str, place: Place, scripted: Shared
) -> None:
    await scripted.begin(editor, place)
    uri, old, new = (place.uri(name) for name in ("top.sv", "fifo.sv", "queue.sv"))
    (place.root / "fifo.sv").write_text("// nothing yet\n")
    scripted.open(uri, TOP)
    scripted.open(old, FIFO)
    await hover(scripted, old)
    await leads_to(scripted, uri, old)
    (place.root / "fifo.sv").rename(place.root / "queue.sv")
    scripted.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(old)))
    scripted.open(new, FIFO)
    scripted.workspace_did_rename_files(types.RenameFilesParams([types.FileRename(old, new)]))
    await hover(scripted, new)
    await leads_to(scripted, uri, new)
    scripted.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(new)))
    await leads_to(scripted, uri, None)  # what was never saved is gone with its editor


async def test_a_file_that_others_change(editor: str, place: Place, scripted: Shared) -> None:
    """By the client's watcher where it has one; without one, the index looks for itself."""
    await scripted.begin(editor, place)
    uri, file = place.uri("top.sv"), place.root / "fifo.sv"
    file.write_text(FIFO)
    scripted.open(uri, TOP)
    await leads_to(scripted, uri, file.as_uri())
    file.write_text(FIFO.replace("output full", "output full, output extra"))
    if editor == "VS Code":
        watched(scripted, types.FileChangeType.Changed, file.as_uri())
    for _ in range(200):
        if "extra" in await hover(scripted, uri):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the change was not seen")


LINES = 50_000


def large() -> str:
    register = "  logic r{0};\n  always_ff @(posedge clk)\n    if (rst) r{0} <= 0;\n    else r{0} <= a[0];\n"
    body = "".join(register.format(n) for n in range(11))
    head = "module part_{}(input logic clk, rst, input logic [7:0] a, b, output logic [7:0] y);\n"
    return "".join(f"{head.format(n)}{body}  assign y = a ^ b;\nendmodule\n\n" for n in range(LINES // 48))


class Typing:
    """Keys that are typed in the middle of a document, and how long each was answered, in milliseconds."""

    def __init__(self, client: Editor, uri: str, text: str):
        self._client = client
        self._uri = uri
        self._line, self._character = text.count("\n", 0, text.index("  assign y", len(text) // 2)), 0
        self._version = 1
        self.taken: list[float] = []
        client.open(uri, text)

    async def look(self) -> None:
        """The first at the project."""
        await self._client.complete(self._uri, self._line, self._character, manual=True)

    async def key(self, key: str) -> None:
        place = self._line, self._character
        self._version += 1
        self._client.edit(self._uri, self._version, key, place, place)
        self._line, self._character = (place[0] + 1, 0) if key == "\n" else (place[0], place[1] + 1)
        begun = time.perf_counter()
        answer = await self._client.complete(self._uri, self._line, self._character)
        self.taken.append((time.perf_counter() - begun) * 1e3)
        assert answer is None or all(i.range.start.line == self._line for i in answer.items if i.range)


async def test_fifty_thousand_lines_are_typed_in_as_few_are(tmp_path: Path, editor: str) -> None:
    """Opened, typed in and completed, key by key beside a small file of the same kind in the same server."""
    place = place_in(tmp_path)
    text = large()
    client = await start(place)
    await client.begin(editor, place, {"model": {"engine": "off"}, "complete": {"deadline_ms": 2000}})
    few = Typing(client, place.uri("small.sv"), text[: text.index("\n\n") + 2])
    await few.look()
    before = memory_kb(client.pid)
    (place.root / "large.sv").write_text(text)
    many = Typing(client, place.uri("large.sv"), text)
    await many.look()
    for key in "\n  always_ff @(posedge clk)\n    if (rst)":
        await few.key(key)
        await many.key(key)
    slower = statistics.median(many.taken) / statistics.median(few.taken)
    assert slower < 20, "the file is a thousand times as long"
    assert memory_kb(client.pid) - before < 40 * len(text) / 1024, "it has copies of the text, but not many"
    line = text.count("\n", 0, text.index("  assign y", len(text) // 4))
    client.edit(place.uri("large.sv"), 99, "  part_3 u_part (", (line, 0), (line, 19))
    answer = await client.complete(place.uri("large.sv"), line, 17, manual=True)
    assert answer is not None and answer.items and ".clk" in str(answer.items[0].insert_text), answer
    assert answer.items[0].range and answer.items[0].range.start == types.Position(line, 17)
    assert await client.end() == 0
    await client.stop()
