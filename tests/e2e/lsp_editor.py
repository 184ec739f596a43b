"""Clients of the language server that look like real editors to it, and one that is none."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

HERE = Path(__file__).parent
SCRIPTED = ("--test-service", "scripted_service:ScriptedService")
EDITORS = {"VS Code": "visual-studio-code", "Neovim": "neovim"}


@dataclass
class Place:
    """Where one test's server lives: a project, a home of its own, and the scripted service's log."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    said_before: int = 0
    """Lines of the log that are not of this test."""
    events_before: int = 0
    """The same of the store's events."""

    store_at: Path | None = None

    @property
    def store(self) -> Path:
        return self.store_at or self.root.parent / "feedback.sqlite3"

    @property
    def said(self) -> list[str]:
        log = Path(self.environ["SCRIPTED_LOG"])
        return log.read_text(encoding="utf-8").splitlines()[self.said_before :] if log.exists() else []

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()


class Editor(LanguageClient):
    """A client that applies edits and remembers them."""

    edits: list[types.ApplyWorkspaceEditParams]
    exit_status: int | None = None

    async def begin(
        self, editor: str, place: Place, options: Any = None, experimental: Any = None
    ) -> types.InitializeResult:
        capabilities = client_capabilities(EDITORS[editor])
        capabilities.experimental = experimental or capabilities.experimental
        params = types.InitializeParams(
            capabilities=capabilities,
            root_uri=place.root.as_uri(),
            workspace_folders=[types.WorkspaceFolder(place.root.as_uri(), "project")],
            initialization_options=options,
            process_id=os.getpid(),
            client_info=types.ClientInfo(name=editor),
        )
        return await self.initialize_session(params)

    def open(self, uri: str, text: str, language: str = "systemverilog") -> None:
        item = types.TextDocumentItem(uri=uri, language_id=language, version=1, text=text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def edit(self, uri: str, version: int, text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        range = types.Range(types.Position(*start), types.Position(*end))
        change = types.TextDocumentContentChangePartial(range=range, text=text)
        document = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def complete(
        self, uri: str, line: int, character: int, manual: bool = False
    ) -> types.InlineCompletionList | None:
        kind = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            context=types.InlineCompletionContext(kind.Invoked if manual else kind.Automatic),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
        )
        answer = await self.text_document_inline_completion_async(params)
        assert answer is None or isinstance(answer, types.InlineCompletionList)
        return answer

    async def execute(self, command: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(command=command, arguments=list(arguments))
        return await self.workspace_execute_command_async(params)

    @contextlib.asynccontextmanager
    async def at_once(self) -> AsyncIterator[None]:
        """What is sent inside reaches the server in one piece: no pause of this process comes between."""
        pipe, held = self.protocol.writer, io.BytesIO()
        self.protocol.writer = held
        try:
            yield
            await asyncio.sleep(0)  # requests that were begun as tasks are written now
        finally:
            self.protocol.writer = pipe
        pipe.write(held.getvalue())

    async def end(self) -> int:
        """`shutdown`, `exit`, and the exit status."""
        assert self._server is not None
        if self._server.returncode is None:
            await self.shutdown_async(None)
            self.exit(None)
        return await asyncio.wait_for(self._server.wait(), 10)

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid


async def start(place: Place, *arguments: str) -> Editor:
    client = make_test_lsp_client()
    client.__class__ = Editor
    assert isinstance(client, Editor)
    client.edits = []

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        client.edits.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        return None

    await client.start_io(sys.executable, "-m", "rtlwright.lsp", *arguments, env=place.environ)
    return client


def place_in(folder: Path) -> Place:
    """A project in `folder`, and beside it a home and all that a server writes."""
    root = folder / "project"
    root.mkdir()
    environ = dict(os.environ)
    environ |= {
        "HOME": str(folder / "home"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "RTLWRIGHT_FEEDBACK_PATH": str(folder / "feedback.sqlite3"),
        "SCRIPTED_LOG": str(folder / "scripted.log"),
        "PYTHONPATH": str(HERE),
    }
    return Place(root, environ)


class Shared:
    """One server for each kind of client, for all tests of a module; each test has its own project in it.

    Looks like an `Editor` once `begin` was called.
    """

    def __init__(self, place: Place):
        self._place = place
        self._clients: dict[str, Editor] = {}
        self._results: dict[str, types.InitializeResult] = {}
        self._current: Editor | None = None
        self._tests = 0

    def place(self) -> Place:
        """For the next test."""
        self._tests += 1
        root = self._place.root / f"test{self._tests}"
        root.mkdir()
        (root / "rtlwright.toml").touch()  # a project, and so a service, of its own
        place = self._place
        return Place(root, place.environ, len(place.said), len(events(place, settled=True)), place.store)

    async def begin(self, editor: str, place: Place) -> types.InitializeResult:
        if editor not in self._clients:
            self._clients[editor] = await start(self._place, *SCRIPTED)
            self._results[editor] = await self._clients[editor].begin(
                editor, self._place, experimental={"rtlwrightExtended": True}
            )
        self._current = self._clients[editor]
        self._current.messages.clear()
        self._current.edits.clear()
        self._current.progress_reports.clear()
        await self._settle(place)
        return self._results[editor]

    async def _settle(self, place: Place) -> None:
        """Wait until what earlier tests left to be written is written: it is not of this test."""
        for name, client in self._clients.items():
            mark = f"{name} before test {self._tests}"
            await client.execute("rtlwright.accepted", mark)
            await eventually(lambda mark=mark: mark in (id for _, id in events(place)))
        place.events_before += len(events(place, settled=True))

    async def end(self) -> None:
        for client in self._clients.values():
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.end(), 10)
            await client.stop()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current, name)


def events(place: Place, settled: bool = False) -> list[tuple[str, str]]:
    """(kind, suggestion) of what was recorded in this test; `settled`: what comes a minute later, too."""
    if not place.store.exists():
        return []
    with contextlib.closing(sqlite3.connect(place.store)) as store, contextlib.suppress(sqlite3.Error):
        found = store.execute("SELECT kind, suggestion_id FROM event ORDER BY id").fetchall()
        return [event for event in found[place.events_before :] if settled or event[0] != "settled"]
    return []


async def eventually(condition: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait until `condition` holds; fails the test if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.02)


class Wire:
    """A client without any library: whatever bytes a test wants to send."""

    def __init__(self, process: asyncio.subprocess.Process):
        self.process = process

    async def send(self, message: object, header: str = "Content-Length: {}\r\n\r\n") -> None:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        await self.raw(header.format(len(body)).encode() + body)

    async def raw(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def answer(self) -> dict[str, Any]:
        """The next response; notifications and requests of the server are skipped."""
        while True:
            message = await asyncio.wait_for(self._message(), 10)
            if "method" not in message:
                return message

    async def _message(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        header = await self.process.stdout.readuntil(b"\r\n\r\n")
        length = next(line for line in header.decode().splitlines() if line.startswith("Content-Length"))
        message: dict[str, Any] = json.loads(await self.process.stdout.readexactly(int(length.split(":")[1])))
        return message


def children(pid: int) -> Iterator[int]:
    """Living descendants of a process."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(entry.read_text().rpartition(")")[2].split()[1]) == pid:
                child = int(entry.parent.name)
                yield child
                yield from children(child)


def memory_kb(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0])
