"""A random editing session against the language server: edits, requests, cancels, files closed and opened.

The client's text is kept here, by other code than the server's, and compared with what reached the service.
By hand: `python tests/e2e/typist.py --operations 10000 --seed 1`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rpc import Rpc

PIECES = (
    "assign y = a & b;", "\n", "\r\n", "\r", "\t", "  ", "𝄞", "é", "\u2028", "\x0c", "begin\n", "end\n",
    "// note", "/* 𝄞", "*/", '"', "module m;\nendmodule\n", "uart_tx u (.clk(clk));\n", "x", "`define A 1\n",
    "(", ")", ";",
)  # fmt: skip
CANCELLED = -32800
NAMES = ("a.sv", "b.v")


@dataclass
class Report:
    """What a session came to."""

    operations: int
    requests: int
    answered: int
    cancelled: int
    errors: Counter[int] = field(default_factory=Counter)
    compared: int = 0
    """How often the texts of client and server were compared."""
    rss_start_kb: int = 0
    rss_end_kb: int = 0
    seconds: float = 0.0


class Text:
    """A document as an editor holds it: lines end at LF, CR LF and CR."""

    def __init__(self, text: str, utf8: bool):
        self.text = text
        self._utf8 = utf8

    def place(self, offset: int) -> dict[str, int]:
        """Position of an offset, counted from the start of the text."""
        line, start, at = 0, 0, 0
        while at < offset:
            character = self.text[at]
            if character == "\r" and self.text[at + 1 : at + 2] == "\n":
                if at + 1 == offset:
                    break  # between CR and LF: the end of the line
                at += 2
                line, start = line + 1, at
                continue
            at += 1
            if character in "\r\n":
                line, start = line + 1, at
        piece = self.text[start:offset].rstrip("\r") if at != offset else self.text[start:offset]
        units = len(piece.encode()) if self._utf8 else len(piece.encode("utf-16-le")) // 2
        return {"line": line, "character": units}

    def spot(self, rng: random.Random) -> int:
        """A random offset, never between CR and LF: no position says that."""
        offset = rng.randint(0, len(self.text))
        inside = 0 < offset < len(self.text) and self.text[offset - 1 : offset + 1] == "\r\n"
        return offset + 1 if inside else offset


class Session:
    """One server process, and what was asked of it."""

    def __init__(self, rpc: Rpc, log: Path, rng: random.Random, report: Report):
        self._rpc = rpc
        self._log = log
        self._rng = rng
        self.report = report
        self._texts: dict[str, Text] = {}
        self._versions: Counter[str] = Counter()
        self.utf8 = False
        rpc.on_error = self._failed

    async def begin(self, utf8: bool) -> None:
        encodings = ["utf-8", "utf-16"] if utf8 else ["utf-16"]
        params = {"processId": os.getpid(), "capabilities": {"general": {"positionEncodings": encodings}}}
        answer = await self._ask("initialize", params)[1]
        self.utf8 = answer["capabilities"].get("positionEncoding") == "utf-8"
        assert self.utf8 == utf8
        self._rpc.notify("initialized", {})
        for name in NAMES:
            self._open(name)

    async def operate(self, count: int) -> None:
        work: list[asyncio.Future[Any]] = []
        for number in range(count):
            self._one(work)
            if number % 20 == 19:
                await asyncio.sleep(0.002)
            if number % 100 == 99:
                await asyncio.wait_for(asyncio.gather(*work), 60)
                work.clear()
                await self._compare(self._rng.choice(list(self._texts)))
        await asyncio.wait_for(asyncio.gather(*work), 60)
        for uri in self._texts:
            await self._compare(uri)

    def _failed(self, code: int) -> None:
        self.report.cancelled += code == CANCELLED
        self.report.errors[code] += 1

    def _one(self, work: list[asyncio.Future[Any]]) -> None:
        """One random operation."""
        uri = self._rng.choice(list(self._texts))
        kind = self._rng.choices(
            ("edit", "several", "whole", "complete", "cancelled", "manual", "look", "save", "reopen"),
            (50, 8, 1, 18, 8, 3, 8, 1, 1),
        )[0]
        if kind in ("edit", "several"):
            self._edit(uri, 1 if kind == "edit" else self._rng.randint(2, 4))
        elif kind == "whole":
            self._whole(uri)
        elif kind in ("complete", "cancelled", "manual"):
            self._complete(uri, kind, work)
        elif kind == "look":
            self._look(uri, work)
        elif kind == "save":
            self._rpc.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        else:
            self._rpc.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
            del self._texts[uri]
            self._open(uri.rpartition("/")[2])

    def _edit(self, uri: str, count: int) -> None:
        text = self._texts[uri]
        changes = []
        for _ in range(count):
            start, end = sorted((text.spot(self._rng), text.spot(self._rng)))
            if self._rng.random() < 0.7:
                end = start
            new = self._rng.choice(PIECES) if self._rng.random() < 0.85 or start == end else ""
            changes.append({"range": {"start": text.place(start), "end": text.place(end)}, "text": new})
            text.text = text.text[:start] + new + text.text[end:]
        self._change(uri, changes)
        if len(text.text) > 4000:
            self._whole(uri)

    def _whole(self, uri: str) -> None:
        new = "".join(self._rng.choice(PIECES) for _ in range(20))
        self._texts[uri].text = new
        self._change(uri, [{"text": new}])

    def _change(self, uri: str, changes: list[dict[str, Any]]) -> None:
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        self._rpc.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def _complete(self, uri: str, kind: str, work: list[asyncio.Future[Any]]) -> None:
        text = self._texts[uri]
        params = {
            "textDocument": {"uri": uri},
            "position": text.place(text.spot(self._rng)),
            "context": {"triggerKind": 1 if kind == "manual" else 2},
        }
        id, future = self._ask("textDocument/inlineCompletion", params)
        work.append(future)
        if kind == "cancelled":
            self._rpc.notify("$/cancelRequest", {"id": id})

    def _look(self, uri: str, work: list[asyncio.Future[Any]]) -> None:
        text = self._texts[uri]
        place = text.place(text.spot(self._rng))
        at: dict[str, Any] = {"textDocument": {"uri": uri}, "position": place}
        method = self._rng.choice(("hover", "definition", "codeAction"))
        if method == "codeAction":
            at = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}}
            at["context"] = {"diagnostics": []}
        work.append(self._ask(f"textDocument/{method}", at)[1])

    def _open(self, name: str) -> None:
        uri = f"file:///nowhere/{name}"
        self._texts[uri] = Text("module m;\r\n  𝄞\nendmodule\n", self.utf8)
        self._versions[uri] += 1
        item = {"uri": uri, "languageId": "", "version": self._versions[uri], "text": self._texts[uri].text}
        self._rpc.notify("textDocument/didOpen", {"textDocument": item})

    async def _compare(self, uri: str) -> None:
        """What the service is given is what the client has.

        Looked for among what was asked by hand from now on: beside it, answers are prepared and extended.
        """
        before = len(self._log.read_text().splitlines())
        argument = {"uri": uri, "position": {"line": 0, "character": 0}}
        await self._ask(
            "workspace/executeCommand", {"command": "rtlwright.candidates", "arguments": [argument]}
        )[1]
        digest = hashlib.blake2b(self._texts[uri].text.encode(), digest_size=8).hexdigest()
        said = [line for line in self._log.read_text().splitlines()[before:] if line.endswith("manual=True")]
        assert f"text={digest} manual=True" in said, f"the texts of {uri} differ"
        self.report.compared += 1

    def _ask(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        self.report.requests += 1
        id, future = self._rpc.ask(method, params)
        future.add_done_callback(self._done)
        return id, future

    def _done(self, _: asyncio.Future[Any]) -> None:
        self.report.answered += 1


async def run(place: Path, operations: int, seed: int, utf8: bool, environ: dict[str, str]) -> Report:
    """A session in the directory `place`.

    Raises:
        AssertionError: the texts differ, or the server did not end well.
        TimeoutError: something was not answered.
    """
    here = Path(__file__).parent
    log = place / "scripted.log"
    environ = environ | {"SCRIPTED_LOG": str(log), "PYTHONPATH": str(here)}
    environ |= {f"XDG_{kind}_HOME": str(place / kind) for kind in ("DATA", "STATE", "CACHE", "CONFIG")}
    service = ("--test-service", "scripted_service:ScriptedService")
    rpc = await Rpc.start(environ, *service)
    report = Report(operations, 0, 0, 0)
    begun = time.monotonic()
    try:
        session = Session(rpc, log, random.Random(seed), report)
        await session.begin(utf8)
        await session.operate(min(operations, 500))
        report.rss_start_kb = _rss_kb(rpc.pid)
        await session.operate(max(0, operations - 500))
        report.rss_end_kb = _rss_kb(rpc.pid)
        assert await rpc.end() == 0
    finally:
        await rpc.kill()
    report.seconds = round(time.monotonic() - begun, 1)
    return report


def _rss_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for utf8 in (False, True):
        with tempfile.TemporaryDirectory() as place:
            print(asyncio.run(run(Path(place), options.operations, options.seed, utf8, dict(os.environ))))


if __name__ == "__main__":
    main()
