"""From changed files to their headers: includes, the cache on disk, the parser's process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.context.cache import HeaderCache, key
from rtlwright.server.context.discover import HEADER_SUFFIXES
from rtlwright.server.context.headers import FileHeaders, at_path
from rtlwright.server.context.includes import IncludeResolver
from rtlwright.server.context.reader import NO_ANSWER, HeaderReader, Unread
from rtlwright.server.context.store import Stamp, TextStore, Unreadable
from rtlwright.server.context.text import INCLUDE
from rtlwright.server.types import Cancel, SourceFile

_EDIT_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of a file."""

    stamp: Stamp | None
    """None: to be read again at the next look."""
    headers: FileHeaders
    included: tuple[Path, ...] = ()
    """All that it includes, directly or not."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    unread: Unread
    key: str
    included: tuple[Path, ...]


class Harvest:
    """Reads files for one state of the filelists (`resolver`, `defines`)."""

    def __init__(
        self,
        store: TextStore,
        cache: HeaderCache,
        reader: HeaderReader,
        resolver: IncludeResolver,
        defines: Mapping[str, str],
    ):
        self._store = store
        self._cache = cache
        self._reader = reader
        self.resolver = resolver
        self.defines = defines
        self.parsed = 0
        """Files that went through the parser."""

    def files(
        self, stamps: Mapping[Path, Stamp | None], paths: Iterable[Path], cancel: Cancel | None
    ) -> dict[Path, Entry]:
        """The entries of files as they are on disk. Raises `Cancelled`."""
        entries: dict[Path, Entry] = {}
        prepared: dict[Path, _Prepared] = {}
        for path in paths:
            source = self._store.on_disk(path)
            if isinstance(source, Unreadable):
                headers = FileHeaders(self._store.name(path), unreadable=source.reason)
                entries[path] = Entry(stamps[path], headers)
            else:
                prepared[path] = self._prepare(path, source)
        for path, headers in self._headers(prepared, cancel).items():
            stamp = None if headers.unreadable == NO_ANSWER else stamps[path]
            entries[path] = Entry(stamp, headers, prepared[path].included)
        return entries

    def document(self, path: Path, source: SourceFile, cancel: Cancel | None) -> Entry:
        """The entry of an open document. Raises `Cancelled`."""
        prepared = self._prepare(path, source)
        headers = self._reader.read([prepared.unread], self.defines, cancel, _EDIT_TIMEOUT_S)[0]
        return Entry(None, headers, prepared.included)

    def _headers(self, prepared: Mapping[Path, _Prepared], cancel: Cancel | None) -> dict[Path, FileHeaders]:
        cached = self._cache.get(item.key for item in prepared.values())
        fresh = {path: item for path, item in prepared.items() if item.key not in cached}
        read = self._reader.read([item.unread for item in fresh.values()], self.defines, cancel)
        self.parsed += len(read)
        found = dict(zip(fresh, read, strict=True))
        self._cache.put({fresh[path].key: h for path, h in found.items() if not h.unreadable})
        for path, item in prepared.items():
            if path not in found:
                found[path] = at_path(cached[item.key], self._store.name(path))
        return found

    def _prepare(self, path: Path, source: SourceFile) -> _Prepared:
        """A file with the texts of its includes, and its key in the cache."""
        closure = self.resolver.closure(path, INCLUDE.findall(source.text))
        texts = self.resolver.texts(closure)
        digests = {name: text.digest for name, text in texts.items()}
        included = tuple(item.path for item in closure.values())
        return _Prepared(Unread(source, texts), key(source.text, digests, self.defines), included)


def changed(
    known: Mapping[Path, Entry],
    stamps: Mapping[Path, Stamp | None],
    touched: Iterable[Path],
) -> list[Path]:
    """Files to be read: new or changed ones, and those that include such a file or one of `touched`."""
    found = {path for path, stamp in stamps.items() if path not in known or known[path].stamp != stamp}
    # a header that has just come may be what an include directive was waiting for
    came = any(path.suffix in HEADER_SUFFIXES and path not in known for path in found)
    reasons = found | set(touched)
    for path, entry in known.items():
        if (came and entry.headers.includes) or not reasons.isdisjoint(entry.included):
            found.add(path)
    return [path for path in stamps if path in found]
