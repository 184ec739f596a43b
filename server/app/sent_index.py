"""The index of a project that lives on another machine: the same as any, over texts that its client sent.

Nothing here touches the server's own disk: paths are names, and a file is there if it was sent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rtlwright.server.context.discover import SourceSet
from rtlwright.server.context.includes import IncludeResolver
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.reader import HeaderReader
from rtlwright.server.context.store import Stamp, TextStore, Unreadable
from rtlwright.server.types import Cancel, SourceFile

_NO_FILE = Unreadable("no such file")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a client said of its project: texts by absolute path, and how they are compiled."""

    files: Mapping[Path, SourceFile]
    """Sources."""
    includes: Mapping[Path, SourceFile] = field(default_factory=dict)
    """No sources; reached by `include` only."""
    include_dirs: tuple[Path, ...] = ()
    defines: Mapping[str, str] = field(default_factory=dict)


class _SentStore(TextStore):
    """The snapshot in place of the disk."""

    files: Mapping[Path, SourceFile] = {}

    def stamp(self, path: Path) -> Stamp | None:
        source = self.files.get(path)
        return (int(source.digest, 16), len(source.text)) if source else None

    def last(self, path: Path) -> SourceFile | Unreadable:
        return self.get(path)

    def on_disk(self, path: Path) -> SourceFile | Unreadable:
        return self.files.get(path, _NO_FILE)


class _SentIncludes(IncludeResolver):
    def _is_ours(self, path: Path) -> bool:
        return isinstance(self._store.get(path), SourceFile)


class SentIndex(ProjectIndex):
    """Brought up to date by `take`, never by looking anywhere."""

    _snapshot = Snapshot({})
    _complete = True
    size = 0
    """Characters of the snapshot's texts."""

    def __init__(self, root: Path, reader: HeaderReader):
        """`root` is a name that no other client's project has; nothing needs to be there."""
        super().__init__(root, reader=reader)

    def take(self, snapshot: Snapshot, open_paths: frozenset[Path], cancel: Cancel) -> None:
        """The state that the next requests see. Documents but `open_paths` are closed.

        Raises:
            Cancelled: `cancel` was set; the next one goes on from there.
        """
        with self._lock:
            for path in self._open.keys() - open_paths:
                self.close_document(path)
            if snapshot == self._snapshot and self._complete:
                return
            self._snapshot = snapshot
            self.size = sum(
                len(file.text) for file in (*snapshot.files.values(), *snapshot.includes.values())
            )
            assert isinstance(self.store, _SentStore)
            self.store.files = {**snapshot.includes, **snapshot.files}
            self._complete = False
        self.refresh(cancel)
        self._complete = True

    def ensure(self, max_age_s: float = 5.0, first_wait_s: float = 10.0) -> None:
        """Nothing changes but by `take`."""

    def _new_store(self) -> TextStore:
        return _SentStore(self.relative)

    def _discover(self) -> SourceSet:
        found = self._snapshot
        return SourceSet(tuple(found.files), found.include_dirs, found.defines)

    def _resolver(self, sources: SourceSet) -> IncludeResolver:
        return _SentIncludes(self.root, sources.include_dirs, sources.files, self.store)

    def _absolute(self, path: Path) -> Path:
        return Path(os.path.normpath(self.root / path))
