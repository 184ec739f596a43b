"""From a key to checked ghost text, and what of it is the gate: `python tests/bench/keystrokes.py [--json]`.

Language servers with the shipped model edit a file of 366 lines in a project of 17: one as it is, and in the
same run one whose gate nods at everything. Each replays the same sequences (`recording`): it goes to another
place, types there, pauses until the answer is there, then types along the answer. The server says itself
when it starts to work on a request (`rtlwright/status`), so that its wait for the next key can be told from
its work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "e2e"))

from keystrokes_report import Measured, memory, show  # noqa: E402 - found beside this file
from recording import Sequence, recording  # noqa: E402
from rpc import Rpc, position  # noqa: E402

EDITED = TESTS / "bench/designs/stream_dma.sv"
OTHERS = (TESTS / "unit/check/designs", TESTS / "unit/context/project/rtl")
FILES = 17
REST_S = 4.0
"""After the last key, before memory is looked at: what is free then has gone back."""
WARM_UP = 4
"""Sequences that are not counted: workers start, files are read."""


class Typing:
    """One document in one server."""

    def __init__(self, rpc: Rpc, uri: str, text: str):
        self._rpc = rpc
        self._uri = uri
        self._text = text
        self._into = Measured()
        self._version = 1
        self._begun_work = 0.0
        rpc.on_notification = self._told
        item = {"uri": uri, "languageId": "systemverilog", "version": 1, "text": text}
        rpc.notify("textDocument/didOpen", {"textDocument": item})

    async def play(self, sequence: Sequence, into: Measured) -> None:
        """Take the statement away, type its head, wait, type along, and put it back."""
        self._into = into
        at, statement = sequence.start, sequence.statement
        line = self._text.rindex("\n", 0, at) if sequence.opens_line else at
        indent = self._text[line + 1 : at] if sequence.opens_line else ""
        before = self._text
        self._replace(line, at + len(statement), "")
        self._replace(0, 0, " ")  # the last change is elsewhere, so that the first key here is a cold one
        typed, waiting, begun = line + 1, None, 0.0
        for wait, key in sequence.keys:
            await asyncio.sleep(wait)
            new = key + indent if key == "\n" else key
            self._replace(typed, typed, new)
            typed += len(new)
            begun = time.perf_counter()
            if waiting is not None and not waiting[1].done():
                self._rpc.notify("$/cancelRequest", {"id": waiting[0]})
            waiting = self._complete(typed)
        assert waiting is not None
        self._begun_work = begun
        answer = await waiting[1]
        await self._note(answer, begun)
        await self._along(answer, typed, sequence.along)
        self._replace(0, len(self._text), before)

    async def _note(self, answer: Any, begun: float) -> None:
        now = time.perf_counter()
        self._into.whole.append((now - begun) * 1e3)
        self._into.after_wait.append((now - max(begun, self._begun_work)) * 1e3)
        if self._begun_work > begun:  # else it was there already: typed along, or prepared
            self._into.anew.append((now - self._begun_work) * 1e3)
        self._into.with_text += bool(answer and answer["items"])
        params = {"command": "rtlwright.candidates", "arguments": [{"uri": self._uri}]}
        panel = await self._rpc.request("workspace/executeCommand", params)
        if panel:
            for leg in ("context", "sources", "check"):
                getattr(self._into, leg).append(panel["timings"][leg])

    async def _along(self, answer: Any, offset: int, keys: int) -> None:
        """Keys of the suggestion itself."""
        items = answer["items"] if answer else []
        if not items or items[0]["range"]["start"] != position(self._text, offset):
            return
        for key in items[0]["insertText"][:keys]:
            if key == "\n":
                break
            self._replace(offset, offset, key)
            offset += 1
            begun = time.perf_counter()
            await self._complete(offset)[1]
            self._into.along.append((time.perf_counter() - begun) * 1e3)
            await asyncio.sleep(0.01)

    def _complete(self, offset: int) -> tuple[int, asyncio.Future[Any]]:
        params = {
            "textDocument": {"uri": self._uri},
            "position": position(self._text, offset),
            "context": {"triggerKind": 2},
        }
        return self._rpc.ask("textDocument/inlineCompletion", params)

    def _replace(self, start: int, end: int, new: str) -> None:
        span = {"start": position(self._text, start), "end": position(self._text, end)}
        self._text = self._text[:start] + new + self._text[end:]
        self._version += 1
        document = {"uri": self._uri, "version": self._version}
        change = {"textDocument": document, "contentChanges": [{"range": span, "text": new}]}
        self._rpc.notify("textDocument/didChange", change)

    def _told(self, method: str, params: Any) -> None:
        if method == "rtlwright/status" and params["busy"]:
            self._begun_work = time.perf_counter()


class Server:
    """A language server on a project of its own, and the document that is edited in it."""

    def __init__(self, place: Path, arguments: tuple[str, ...] = ()):
        self._place, self._arguments = place, arguments
        self.found = Measured()

    async def begin(self) -> None:
        root = self._place / "project"
        root.mkdir(parents=True)
        text = project(root)
        environ = dict(os.environ) | {"PYTHONPATH": str(TESTS / "bench")}
        environ |= {
            f"XDG_{kind}_HOME": f"{self._place}/{kind}" for kind in ("DATA", "STATE", "CACHE", "CONFIG")
        }
        begun = time.perf_counter()
        self.rpc = await Rpc.start(environ, *self._arguments)
        folders = [{"uri": root.as_uri(), "name": "project"}]
        params = {"processId": os.getpid(), "capabilities": {}, "workspaceFolders": folders}
        await self.rpc.request("initialize", params)
        self.found.initialize_ms = (time.perf_counter() - begun) * 1e3
        self.rpc.notify("initialized", {})
        self.typing = Typing(self.rpc, (root / EDITED.name).as_uri(), text)


def project(root: Path) -> str:
    """The edited file and sixteen others below `root`; the edited file's text."""
    text = EDITED.read_text()
    (root / EDITED.name).write_text(text)
    others = sorted(path for folder in OTHERS for path in folder.glob("*.*v"))
    for path in others[: FILES - 1]:
        (root / f"{path.parent.parent.name}_{path.name}").write_text(path.read_text())
    return text


async def measure(sequences: Iterable[Sequence], without_every: int) -> tuple[Measured, Measured]:
    """(as it is, with a gate that nods)."""
    with tempfile.TemporaryDirectory() as place:
        gated = Server(Path(place) / "gated")
        nodding = Server(Path(place) / "nods", ("--test-service", "ungated_service:ungated"))
        servers = (gated, nodding) if without_every else (gated,)
        try:
            for server in servers:
                await server.begin()
                for warm_up in recording(EDITED.read_text(), WARM_UP, seed=0):
                    await server.typing.play(warm_up, Measured())
            for number, sequence in enumerate(sequences):
                await gated.typing.play(sequence, gated.found)
                if without_every and number % without_every == 0:
                    await nodding.typing.play(sequence, nodding.found)
            for server in servers[1:]:  # pages that both have would be counted half
                await server.rpc.end()
            await asyncio.sleep(REST_S)
            gated.found.memory_mb = memory(gated.rpc.pid)
            await gated.rpc.end()
        finally:
            for server in servers:
                await server.rpc.kill()
    return gated.found, nodding.found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=200)
    parser.add_argument("--skip", type=int, default=0, help="begin with this one of the recording")
    parser.add_argument("--without-every", type=int, default=4, metavar="N",
                        help="every N-th sequence is replayed without the gate, too; 0: none")  # fmt: skip
    parser.add_argument("--add", type=Path, help="results of an earlier run (--json) to be added")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sequences = list(recording(EDITED.read_text()))[options.skip :][: options.sequences]
    found = asyncio.run(measure(sequences, options.without_every))
    if options.add:
        earlier = json.loads(options.add.read_text())
        found = tuple(Measured.joined(Measured(**old), new) for old, new in zip(earlier, found, strict=True))
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in found]))
    show(*found)


if __name__ == "__main__":
    main()
