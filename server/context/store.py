"""Texts of the project's files: read when needed, few kept, the open documents' in place of the disk's."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.context.discover import MAX_FILE_BYTES
from rtlwright.server.types import SourceFile

_MAX_KEPT = 48 * 2**20

Stamp = tuple[int, int]
"""Modification time in nanoseconds, size in bytes."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file has no text."""

    reason: str


class TextStore:
    """Thread-safe. Paths are absolute; `name` turns one into the path that a `SourceFile` carries."""

    def __init__(self, name: Callable[[Path], str]):
        self.name = name
        self._lock = threading.Lock()
        self._kept: OrderedDict[Path, tuple[Stamp, SourceFile]] = OrderedDict()
        self._kept_bytes = 0
        self._open: dict[Path, SourceFile] = {}

    def open(self, path: Path, text: str) -> SourceFile:
        """From now on `text` is what the file holds."""
        clean = text if text.isascii() else text.encode(errors="replace").decode()  # no lone surrogates
        source = SourceFile.of(self.name(path), clean)
        with self._lock:
            self._open[path] = source
        return source

    def peek_open(self, path: Path) -> SourceFile | None:
        """The text an editor holds, if one does."""
        with self._lock:
            return self._open.get(path)

    def close(self, path: Path) -> None:
        with self._lock:
            self._open.pop(path, None)

    def stamp(self, path: Path) -> Stamp | None:
        """None if there is no such file."""
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        return status.st_mtime_ns, status.st_size

    def get(self, path: Path) -> SourceFile | Unreadable:
        return self.peek_open(path) or self.on_disk(path)

    def last(self, path: Path) -> SourceFile | Unreadable:
        """Like `get`, without asking the disk whether a text that is kept has changed."""
        with self._lock:
            kept = self._kept.get(path)
            found = self._open.get(path) or (kept[1] if kept else None)
        return found or self.on_disk(path)

    def on_disk(self, path: Path) -> SourceFile | Unreadable:
        """The file as it was saved, open or not."""
        stamp = self.stamp(path)
        if stamp is None:
            return Unreadable("no such file")
        with self._lock:
            kept = self._kept.get(path)
            if kept and kept[0] == stamp:
                self._kept.move_to_end(path)
                return kept[1]
        source = self._read(path, stamp)
        if isinstance(source, SourceFile):
            self._keep(path, stamp, source)
        return source

    def _read(self, path: Path, stamp: Stamp) -> SourceFile | Unreadable:
        if stamp[1] > MAX_FILE_BYTES:
            return Unreadable(f"larger than {MAX_FILE_BYTES // 2**20} MiB")
        try:
            if not path.is_file():  # a pipe or a device would block
                return Unreadable("not a file")
            with path.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES)
        except (OSError, ValueError) as error:
            return Unreadable(getattr(error, "strerror", None) or str(error))
        if b"\0" in data[:4096]:
            return Unreadable("binary")
        return SourceFile.of(self.name(path), data.decode("utf-8-sig", errors="replace"))

    def _keep(self, path: Path, stamp: Stamp, source: SourceFile) -> None:
        with self._lock:
            if path in self._kept:
                self._kept_bytes -= len(self._kept.pop(path)[1].text)
            self._kept[path] = (stamp, source)
            self._kept_bytes += len(source.text)
            while self._kept_bytes > _MAX_KEPT and len(self._kept) > 1:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._kept_bytes -= len(dropped.text)
