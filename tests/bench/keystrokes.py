"""From a key to checked ghost text, and what of it is the gate: `python tests/bench/keystrokes.py [--json]`.

A language server with the shipped model edits a file of 366 lines in a project of 17. Each sequence takes a
line away, types the head of it with the intervals of a hand, pauses until the answer is there, then types
along the answer. The server says itself when it starts to work on a request (`rtlwright/status`), so
that its wait for the next key can be told from its work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "e2e"))

from rpc import Rpc, position  # noqa: E402 - found beside this folder

EDITED = TESTS / "bench/designs/stream_dma.sv"
OTHERS = (TESTS / "unit/check/designs", TESTS / "unit/context/project/rtl")
FILES = 17
_STATEMENT = re.compile(r"^( +)([a-z_]\w*.{6,}[;,({]|.*\bbegin)$", re.M)
_INTERVAL_S = 0.13
"""Median between two keys: some 90 words a minute."""


@dataclass
class Measured:
    """Milliseconds, one for each request of its kind."""

    whole: list[float] = field(default_factory=list)
    """From the key to the answer."""
    after_wait: list[float] = field(default_factory=list)
    """The same without the wait for the next key."""
    along: list[float] = field(default_factory=list)
    """Answers to keys typed along a suggestion."""
    check: list[float] = field(default_factory=list)
    """Of it the gate."""
    without_gate: list[float] = field(default_factory=list)
    """Context and sources: what the same model takes with nothing checked."""
    with_text: int = 0
    """Answers that had a suggestion."""
    initialize_ms: float = 0.0
    memory_mb: dict[str, float] = field(default_factory=dict)


class Typing:
    """One document in one server."""

    def __init__(self, rpc: Rpc, uri: str, text: str, rng: random.Random, into: Measured):
        self._rpc = rpc
        self._uri = uri
        self._text = text
        self._rng = rng
        self._into = into
        self._version = 1
        self._begun_work = 0.0
        rpc.on_notification = self._told
        item = {"uri": uri, "languageId": "systemverilog", "version": 1, "text": text}
        rpc.notify("textDocument/didOpen", {"textDocument": item})

    async def sequence(self, start: int, line: str) -> None:
        """Take `line` away at `start`, type its head, wait, type along, and put it back."""
        self._replace(start, start + len(line), "")
        await asyncio.sleep(0.5)
        keys = self._rng.randint(2, max(2, min(8, len(line) - 3)))
        typed, waiting = "", None
        for key in line[:keys]:
            await asyncio.sleep(_INTERVAL_S * self._rng.lognormvariate(0, 0.35))
            self._replace(start + len(typed), start + len(typed), key)
            typed += key
            begun = time.perf_counter()
            if waiting is not None and not waiting[1].done():
                self._rpc.notify("$/cancelRequest", {"id": waiting[0]})
            waiting = self._complete(start + len(typed))
        assert waiting is not None
        self._begun_work = begun
        answer = await waiting[1]
        await self._note(answer, begun)
        await self._along(answer, start + len(typed))
        self._put_back(start, line)

    async def _note(self, answer: Any, begun: float) -> None:
        now = time.perf_counter()
        self._into.whole.append((now - begun) * 1e3)
        self._into.after_wait.append((now - max(begun, self._begun_work)) * 1e3)
        self._into.with_text += bool(answer and answer["items"])
        params = {"command": "rtlwright.candidates", "arguments": [{"uri": self._uri}]}
        panel = await self._rpc.request("workspace/executeCommand", params)
        if panel:
            timings = panel["timings"]
            self._into.check.append(timings["check"])
            self._into.without_gate.append(timings["context"] + timings["sources"])

    async def _along(self, answer: Any, offset: int) -> None:
        """Up to five keys of the suggestion itself."""
        items = answer["items"] if answer else []
        if not items or items[0]["range"]["start"] != position(self._text, offset):
            return
        for key in items[0]["insertText"][:5]:
            if key == "\n":
                break
            self._replace(offset, offset, key)
            offset += 1
            begun = time.perf_counter()
            await self._complete(offset)[1]
            self._into.along.append((time.perf_counter() - begun) * 1e3)
            await asyncio.sleep(0.02)

    def _put_back(self, start: int, line: str) -> None:
        self._replace(start, self._text.index("\n", start), line)

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


def project(root: Path) -> str:
    """The edited file and sixteen others below `root`; the edited file's text."""
    text = EDITED.read_text()
    (root / EDITED.name).write_text(text)
    others = sorted(path for folder in OTHERS for path in folder.glob("*.*v"))
    for path in others[: FILES - 1]:
        (root / f"{path.parent.parent.name}_{path.name}").write_text(path.read_text())
    return text


async def measure(sequences: int, seed: int) -> Measured:
    into = Measured()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        root.mkdir()
        text = project(root)
        environ = dict(os.environ) | {
            f"XDG_{kind}_HOME": f"{place}/{kind}" for kind in ("DATA", "STATE", "CACHE", "CONFIG")
        }
        begun = time.perf_counter()
        rpc = await Rpc.start(environ)
        try:
            folders = [{"uri": root.as_uri(), "name": "project"}]
            params = {"processId": os.getpid(), "capabilities": {}, "workspaceFolders": folders}
            await rpc.request("initialize", params)
            into.initialize_ms = (time.perf_counter() - begun) * 1e3
            rpc.notify("initialized", {})
            await _typed(rpc, (root / EDITED.name).as_uri(), text, sequences, seed, into)
            into.memory_mb = memory(rpc.pid)
            await rpc.end()
        finally:
            await rpc.kill()
    return into


async def _typed(rpc: Rpc, uri: str, text: str, sequences: int, seed: int, into: Measured) -> None:
    rng = random.Random(seed)
    typing = Typing(rpc, uri, text, rng, Measured())
    places = [(match.start(2), match[2]) for match in _STATEMENT.finditer(text)]
    for _ in range(3):  # workers start, files are read
        await typing.sequence(*rng.choice(places))
    typing._into = into
    for _ in range(sequences):
        await typing.sequence(*rng.choice(places))


def memory(pid: int) -> dict[str, float]:
    """Megabytes of each process of a server, shared pages counted once (PSS)."""
    found: dict[str, float] = {"server": _pss(pid)}
    for child in _children(pid):
        command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        name = next((p.decode() for p in command if p.startswith(b"rtlwright.")), command[0].decode())
        found[name] = found.get(name, 0.0) + _pss(child)
    return {name: round(size, 1) for name, size in found.items()}


def _pss(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (OSError, ProcessLookupError):
        return 0.0  # it has ended meanwhile
    return int(rollup.partition("\nPss:")[2].split()[0]) / 1024


def _children(pid: int) -> list[int]:
    own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(child) for child in own]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        if thread.name != str(pid):
            found += [int(child) for child in (thread / "children").read_text().split()]
    return [each for child in found for each in (child, *_children(child))]


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def show(found: Measured) -> None:
    table = Table("milliseconds", "n", "p50", "p95", "bar")
    rows = (
        ("key to checked ghost text, the wait for the next key left out", found.after_wait, "150 / 300"),
        ("the same with the wait", found.whole, ""),
        ("of it the gate", found.check, ""),
        ("of it context and model (without the gate)", found.without_gate, ""),
        ("a key typed along", found.along, "- / 5"),
    )
    for name, values, bar in rows:
        p50, p95 = percentile(values, 0.5), percentile(values, 0.95)
        table.add_row(name, str(len(values)), f"{p50:.1f}", f"{p95:.1f}", bar)
    table.add_row("initialize", "1", f"{found.initialize_ms:.0f}", "", "700")
    console = Console(width=120)
    console.print(table)
    gate = statistics.fmean(found.check) if found.check else 0.0
    rest = statistics.fmean(found.without_gate) if found.without_gate else 0.0
    console.print(f"the gate's share of a request: {gate / max(gate + rest, 1e-9):.0%}")
    console.print(f"answers with a suggestion: {found.with_text} of {len(found.whole)}")
    without = sum(size for name, size in found.memory_mb.items() if "embedded" not in name)
    console.print(f"memory in MB: {found.memory_mb}; without the model {without:.0f} (bar 120)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.sequences, options.seed))
    if options.json:
        print(json.dumps(asdict(found)))
    else:
        show(found)


if __name__ == "__main__":
    main()
