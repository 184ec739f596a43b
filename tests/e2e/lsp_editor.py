"""Clients of the language server that look like real editors to it, and one that is none."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
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

    @property
    def store(self) -> Path:
        return self.root.parent / "feedback.sqlite3"

    @property
    def said(self) -> list[str]:
        log = Path(self.environ["SCRIPTED_LOG"])
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

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
