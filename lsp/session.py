"""What the client has told us: open documents, roots, capabilities. No file system, no service."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from lsprotocol import types

from rtlwright.lsp.buffer import UTF16, Buffer
from rtlwright.server.types import Document, Language

LANGUAGES = {"verilog": Language.VERILOG, "systemverilog": Language.SYSTEMVERILOG}
SUFFIXES = frozenset({".v", ".vh", ".sv", ".svh"})
LINES_ALONE = frozenset({"neovim", "emacs", "eglot"})
"""Clients that hold lines without their ends: they would put the carriage return of a text into its lines."""
UNTITLED = Path("/untitled")
"""Stands for the folder of a document that has none; it must not exist, for its files are looked at."""


def split(uri: str) -> SplitResult:
    """The parts of a URI; all empty for what is none."""
    try:
        return urlsplit(uri)
    except ValueError:
        return urlsplit("")


def path_of(uri: str) -> Path | None:
    """The file behind a `file:` URI."""
    parts = split(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" and parts.path else None


class Session:
    """Lives on the event loop's thread alone."""

    def __init__(self) -> None:
        self.encoding: str = UTF16
        self.roots: tuple[Path, ...] = ()
        self.capabilities = types.ClientCapabilities()
        self._lines_alone = False
        self.changes = 0
        """How many there have been, of any document."""
        self._buffers: dict[str, Buffer] = {}

    def begin(self, params: types.InitializeParams, encoding: str) -> None:
        self.encoding = encoding
        self.capabilities = params.capabilities
        client = params.client_info
        self._lines_alone = client is not None and client.name.lower() in LINES_ALONE
        folders = [folder.uri for folder in params.workspace_folders or ()]
        found = [path_of(uri) for uri in folders or [params.root_uri or ""]]
        self.roots = tuple(path for path in found if path is not None)

    def change_roots(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        removed = {path_of(folder.uri) for folder in event.removed}
        added = [path for folder in event.added if (path := path_of(folder.uri)) is not None]
        kept = [root for root in self.roots if root not in removed and root not in added]
        self.roots = (*kept, *added)

    def open(self, item: types.TextDocumentItem) -> None:
        self._buffers[item.uri] = Buffer(item.uri, item.language_id, item.version, item.text, self.encoding)

    def change(self, params: types.DidChangeTextDocumentParams) -> Buffer | None:
        """None for a document that was never opened."""
        self.changes += 1
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None:
            return None
        for change in params.content_changes:
            buffer = buffer.changed(change, params.text_document.version)
        self._buffers[buffer.uri] = buffer
        return buffer

    def close(self, uri: str) -> None:
        self._buffers.pop(uri, None)

    def buffer(self, uri: str) -> Buffer | None:
        """An open document that is ours to help with: Verilog, in a file or not yet in one."""
        buffer = self._buffers.get(uri)
        return buffer if buffer is not None and language_of(buffer) is not None else None

    def text(self, uri: str) -> str | None:
        """The text of any open document."""
        buffer = self._buffers.get(uri)
        return buffer.text if buffer else None

    def others(self, uri: str) -> tuple[Document, ...]:
        """The other open documents that are files."""
        return tuple(
            self.document(other)
            for other in self._buffers.values()
            if other.uri != uri and path_of(other.uri) is not None and language_of(other) is not None
        )

    def for_insertion(self, text: str) -> str:
        """What the client is to insert as it is."""
        return text.replace("\r\n", "\n") if self._lines_alone else text

    def document(self, buffer: Buffer) -> Document:
        """The buffer as the service takes it."""
        path = path_of(buffer.uri) or self._untitled(buffer)
        language = language_of(buffer) or Language.of(path)
        return Document(path, buffer.clean_text, language, buffer.version)

    def _untitled(self, buffer: Buffer) -> Path:
        name = Path(unquote(split(buffer.uri).path)).name or "untitled"
        suffix = ".v" if language_of(buffer) is Language.VERILOG else ".sv"
        folder = self.roots[0] if self.roots else UNTITLED
        return folder / (name if Path(name).suffix.lower() in SUFFIXES else name + suffix)


def language_of(buffer: Buffer) -> Language | None:
    """The editor's word, else the suffix; None for what is no Verilog, and for views that are no document."""
    scheme = split(buffer.uri).scheme
    if scheme not in ("file", "untitled"):
        return None
    if buffer.language_id in LANGUAGES:
        return LANGUAGES[buffer.language_id]
    suffix = Path(unquote(split(buffer.uri).path)).suffix.lower()
    return Language.of(f"x{suffix}") if suffix in SUFFIXES else None
