"""The project of one client: an index over what was sent, and a service on shared parts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rtlwright.server.app.contents import Contents
from rtlwright.server.app.sent_index import SentIndex, Snapshot
from rtlwright.server.config import Config
from rtlwright.server.context.reader import HeaderReader
from rtlwright.server.errors import UserError
from rtlwright.server.feedback.records import Capture, RequestRecord, StoreStatus
from rtlwright.server.feedback.store import Store, stricter
from rtlwright.server.local import LocalService
from rtlwright.server.parts import Parts
from rtlwright.server.remote.forms import DocumentForm, FileForm, Preferences, ProjectForm
from rtlwright.server.types import Cancel, Completion, Document, FeedbackEvent, SourceFile


class Missing(Exception):  # noqa: N818 - read as a sentence at the call sites
    """The client has to send these files first, by digest."""

    def __init__(self, digests: list[str]):
        super().__init__(f"{len(digests)} files of the project have to be sent first")
        self.digests = digests


class Workspace:
    """One project of one client. Its paths are names below a root that nobody else's project has."""

    def __init__(
        self, name: str, preferences: Preferences, config: Config, parts: Parts, reader: HeaderReader
    ):
        self.base = f"/rtlwright/{name}"
        self.preferences = preferences
        self._root = Path(self.base, "project")
        self._index = SentIndex(self._root, reader)
        store = _ClientStore(parts.store, self._root, preferences.capture)
        self.service = LocalService(
            _with(config, preferences), self._root, replace(parts, index=self._index, store=store)
        )

    def take(self, form: ProjectForm, contents: Contents, cancel: Cancel) -> tuple[Document, ...]:
        """Follow the client's project; its other open documents.

        Raises:
            Missing: there are files that have not been sent, or not been kept.
        """
        wanted = [*form.files, *form.includes, *form.open]
        texts = contents.get(file.digest for file in wanted)
        missing = dict.fromkeys(file.digest for file in wanted if file.digest not in texts)
        if missing:
            raise Missing(list(missing))
        files, includes = (
            {self.path(file.path): self._source(file, texts[file.digest]) for file in each}
            for each in (form.files, form.includes)
        )
        opened = tuple(Document.of(self.path(file.path), texts[file.digest]) for file in form.open)
        directories = tuple(self.path(each) for each in form.include_dirs)
        snapshot = Snapshot(files, includes, directories, dict(form.defines))
        self._index.take(snapshot, frozenset(document.path for document in opened), cancel)
        return opened

    @property
    def size(self) -> int:
        """Characters of its project's texts."""
        return self._index.size

    def document(self, form: DocumentForm) -> Document:
        return Document(self.path(form.path), form.text, form.language, form.version)

    def path(self, text: str) -> Path:
        """A client's path as a name of ours: whatever it says, it stays below our base."""
        where = "elsewhere" if text.startswith("/") else "project"
        return Path(self.base, where, os.path.normpath("/" + text).lstrip("/"))

    def theirs(self, answer: bytes) -> bytes:
        """Our names in an answer turned back into the client's."""
        base = self.base.encode()
        return answer.replace(base + b"/project/", b"").replace(base + b"/elsewhere/", b"/")

    @contextlib.contextmanager
    def their_words(self) -> Iterator[None]:
        """The same for what users are told."""
        try:
            yield
        except UserError as error:
            told = self.theirs(str(error).encode(errors="replace")).decode()
            raise type(error)(told) from None

    def close(self) -> None:
        self._index.close()

    def _source(self, file: FileForm, text: str) -> SourceFile:
        return SourceFile(self._index.relative(self.path(file.path)), text, file.digest)


class _ClientStore:
    """The server's store for one client: paths as the client has them, no more than the client allows."""

    def __init__(self, store: Store, root: Path, capture: Capture):
        self._store, self._root, self._capture = store, root, capture

    def record_request(
        self, request: RequestRecord, completion: Completion, capture: Capture = "full"
    ) -> bool:
        path = request.path
        if path is not None and path.is_relative_to(self._root):
            path = path.relative_to(self._root)
        allowed = stricter(capture, self._capture)
        return self._store.record_request(replace(request, path=path), completion, allowed)

    def record(self, event: FeedbackEvent, uid: str | None = None, capture: Capture = "full") -> bool:
        return self._store.record(event, uid, stricter(capture, self._capture))

    def status(self) -> StoreStatus:
        return self._store.status()

    def close(self) -> None:
        """Its owner's."""


def _with(config: Config, preferences: Preferences) -> Config:
    """The server's configuration with what is the client's to say."""
    shown = {"show_warnings": preferences.show_warnings, "show_unchecked": preferences.show_unchecked}
    return config.model_copy(
        update={
            "complete": config.complete.model_copy(update=shown),
            "check": config.check.model_copy(
                update={} if config.check.testbench == "off" else {"testbench": preferences.testbench}
            ),
        }
    )
