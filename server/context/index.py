"""`ProjectIndex`: the project as the tool sees it."""

from __future__ import annotations

import contextlib
import heapq
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.config import ProjectConfig
from rtlwright.server.context.cache import HeaderCache
from rtlwright.server.context.discover import SourceSet, discover
from rtlwright.server.context.harvest import Entry, Harvest, changed
from rtlwright.server.context.headers import FileHeaders, Macro, ModuleHeader
from rtlwright.server.context.includes import Included, IncludeResolver
from rtlwright.server.context.names import NameTable, distance
from rtlwright.server.context.reader import HeaderReader
from rtlwright.server.context.scope import Scope, scope_at
from rtlwright.server.context.store import Stamp, TextStore
from rtlwright.server.context.view import ViewBuilder, widened
from rtlwright.server.context.wholes import Wholes
from rtlwright.server.types import (
    LARGE_DOCUMENT,
    Cancel,
    Cancelled,
    Document,
    Position,
    ProjectView,
    SourceFile,
)

_CHUNK = 256
_LARGE_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Counts, for `doctor` and the status line."""

    files: int
    lines: int
    units: int
    unreadable: int
    seconds: float
    """How long the last refresh took."""
    reread: int
    """Files parsed in the last refresh; the others were unchanged, or in the cache."""


class ProjectIndex:
    """Headers of every unit below `root`, kept up to date; open documents win over the disk.

    Thread-safe. Queries answer from what is known and never touch the disk but for `view`, which reads
    texts; `refresh` looks for changes, `update` takes a document as its editor holds it.
    """

    def __init__(
        self,
        root: Path,
        config: ProjectConfig | None = None,
        cache_dir: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        reader: HeaderReader | None = None,
    ):
        """Cheap: nothing is read before `refresh`.

        `reader` is shared with other indexes, and its owner's to close.
        """
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links
        self._config = config or ProjectConfig()
        self._environ = environ
        self._cache = HeaderCache(cache_dir)
        self._reader = reader or HeaderReader()
        self._own_reader = reader is None
        self.store = self._new_store()
        self._refresh_lock = threading.Lock()
        self._lock = threading.RLock()
        self._entries: dict[Path, Entry] = {}
        self._open: dict[Path, Entry] = {}
        self._sources = SourceSet(())
        self._names: NameTable | None = NameTable({})
        self._harvest = self._harvest_of(self._sources)
        self._stamps_of_included: dict[Path, Stamp | None] = {}
        self._refreshed_at = float("-inf")
        self._first_look_at: float | None = None
        self._seconds, self._reread = 0.0, 0
        self._nearest: tuple[tuple[int, str, int], tuple[str, ...]] = ((-1, "", 0), ())
        self._excerpt: tuple[tuple[Path, str] | None, FileHeaders] = (None, FileHeaders(""))
        self._large_read: dict[Path, float] = {}
        self._background: threading.Thread | None = None
        self._again = False
        """A look is about to begin."""
        self._ended = Cancel()
        self.generation = 0
        """Grows whenever any header may have changed."""
        self.wholes = Wholes(self)

    # Keeping up

    def refresh(self, cancel: Cancel | None = None) -> IndexStats:
        """Look at the disk again and read what has changed.

        Raises:
            Cancelled: `cancel` was set; what was read so far is kept.
        """
        with self._refresh_lock:
            self._again = False
            started = time.perf_counter()
            sources = self._discover()
            stamps = {path: self.store.stamp(path) for path in sources.files}
            paths = self._take(sources, stamps)
            # The lock is free while the parser works, so that a completion never waits for a whole project.
            for at in range(0, len(paths), _CHUNK):
                entries = self._harvest.files(stamps, paths[at : at + _CHUNK], cancel)
                with self._lock:
                    self._entries |= entries
                    self._invalidate()
            self._reread = self._harvest.parsed
            self._refreshed_at = time.monotonic()
            self._seconds = time.perf_counter() - started
        return self.stats()

    def ensure(self, max_age_s: float = 5.0, first_wait_s: float = 10.0) -> None:
        """Look for changes in the background, unless that was done within `max_age_s`.

        The very first look is waited for until `first_wait_s` after its start, by however many that ask:
        later ones never delay a keystroke.
        """
        if time.monotonic() - self._refreshed_at <= max_age_s:
            return
        with self._lock:
            if self._background is None or not self._background.is_alive():
                self._background = threading.Thread(target=self._refresh_quietly, daemon=True)
                self._background.start()
            waited_for = self._background
            begun = self._first_look_at = self._first_look_at or time.monotonic()
        if self._refreshed_at == float("-inf"):
            waited_for.join(max(0.0, begun + first_wait_s - time.monotonic()))

    def look_again(self) -> None:
        """Somebody says that the disk has changed: look for changes in the background, now."""
        with self._lock:
            if self._again:
                return
            self._again = True
        threading.Thread(target=self._refresh_quietly, daemon=True).start()

    def update(self, document: Document, cancel: Cancel | None = None) -> FileHeaders:
        """Take a document as its editor holds it. Returns its headers; cheap if its text is unchanged."""
        path = self.absolute(document.path)
        if document.excerpt:
            return self._beside(path, document.text, cancel)
        with self._lock:
            known, entry = self.store.peek_open(path), self._open.get(path)
            if entry is not None and known is not None and known.text == document.text:
                return entry.headers
            previous = entry or self._entries.get(path)
            if previous is not None and self._too_soon(path, len(document.text)):
                return previous.headers
            source = self.store.open(path, document.text)
            try:
                entry = self._harvest.document(path, source, cancel)
            except Cancelled:
                self.store.close(path)  # the text is there and its headers are not: nobody may think so
                raise
            if entry.headers.unreadable and previous and not previous.headers.unreadable:
                entry = Entry(None, previous.headers, previous.included)
            self._open[path] = entry
            if previous is None or previous.headers != entry.headers:
                self._invalidate()
            return entry.headers

    def _too_soon(self, path: Path, characters: int) -> bool:
        """A large document takes a tenth of a second and more: now and then is enough."""
        if characters <= LARGE_DOCUMENT:
            return False
        now = time.monotonic()
        if now - self._large_read.get(path, float("-inf")) < _LARGE_EVERY_S:
            return True
        self._large_read = {path: now}
        return False

    def _beside(self, path: Path, text: str, cancel: Cancel | None) -> FileHeaders:
        """Headers of a part of a file, which stays in the index as it is on disk."""
        known, headers = self._excerpt
        if known != (path, text):
            headers = self._harvest.document(path, SourceFile.of(self.relative(path), text), cancel).headers
            self._excerpt = ((path, text), headers)
        return headers

    def close_document(self, path: Path) -> None:
        """The editor has closed it: the disk counts again."""
        path = self.absolute(path)
        with self._lock:
            if self._open.pop(path, None) is not None:
                self.store.close(path)
                self._invalidate()

    def close(self) -> None:
        """End the parser and the cache. Idempotent."""
        self._ended.cancel()
        if self._own_reader:
            self._reader.close()
        self._cache.close()

    # Queries

    def module(self, name: str, near: Path | None = None) -> ModuleHeader | None:
        """A module, interface, program or primitive by name; of several the one nearest to `near`."""
        return self.names.unit(name, self.relative(near) if near else "")

    def modules(self) -> tuple[ModuleHeader, ...]:
        return self.names.units("module", "primitive")

    def interfaces(self) -> tuple[ModuleHeader, ...]:
        return self.names.units("interface")

    def packages(self) -> tuple[ModuleHeader, ...]:
        return self.names.units("package")

    def macros(self) -> tuple[Macro, ...]:
        return self.names.macros()

    def headers_in(self, path: Path) -> FileHeaders | None:
        """None if the file is not part of the project and not open."""
        path = self.absolute(path)
        entry = self._open.get(path) or self._entries.get(path)
        return entry.headers if entry else None

    def files(self) -> Mapping[str, FileHeaders]:
        """Every file by its path relative to the root; open documents first."""
        with self._lock:
            entries = {**self._open, **{k: v for k, v in self._entries.items() if k not in self._open}}
        return {entry.headers.path: entry.headers for entry in entries.values()}

    def text(self, path: str) -> str | None:
        """The text of a file of the project, by its relative path; as of the last look at the disk."""
        source = self.store.last(self.root / path)
        return source.text if isinstance(source, SourceFile) else None

    def nearest(self, path: str, count: int) -> tuple[str, ...]:
        """Relative paths of the project's other files, those of the same folder first, then by name."""
        key = (self.generation, path, count)
        if self._nearest[0] != key:
            files = self.files().items()
            others = (name for name, headers in files if name != path and not headers.unreadable)
            ranked = heapq.nsmallest(count, others, key=lambda name: (distance(path, name), name))
            self._nearest = (key, tuple(ranked))
        return self._nearest[1]

    def view(self, document: Document, candidates: Iterable[str] = ()) -> ProjectView:
        """What the tools need to elaborate `document`, with any of `candidates` in it, and nothing else."""
        self.ensure()
        headers = widened(self.update(document), candidates)
        with self._lock:
            return ViewBuilder(self, headers, self._sources).build(self.absolute(document.path))

    def view_of_all(self, documents: Sequence[Document]) -> ProjectView:
        """The view of the first, with the others among its sources and all that these need."""
        self.ensure()
        first, *others = [(self.absolute(each.path), self.update(each)) for each in documents]
        with self._lock:
            return ViewBuilder(self, first[1], self._sources).build(first[0], others)

    def view_of_new(self, path: Path, candidates: Iterable[str]) -> ProjectView:
        """What any of `candidates` needs as the whole text of a file that does not exist yet."""
        self.ensure()
        absolute = self.absolute(path)
        headers = widened(FileHeaders(self.relative(absolute)), candidates)
        with self._lock:
            return ViewBuilder(self, headers, self._sources).build(absolute)

    def scope_at(self, document: Document, position: Position) -> Scope:
        """What surrounds a position; works in unfinished code and needs no refresh."""
        return scope_at(document.text, position)

    def stats(self) -> IndexStats:
        files = self.files().values()
        return IndexStats(
            files=len(files),
            lines=sum(headers.lines for headers in files),
            units=sum(len(headers.units) for headers in files),
            unreadable=sum(headers.unreadable is not None for headers in files),
            seconds=round(self._seconds, 3),
            reread=self._reread,
        )

    @property
    def sources(self) -> SourceSet:
        """The project's files and how they are compiled, as of the last look."""
        return self._sources

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the filelists, a line each."""
        return self._sources.problems

    @property
    def names(self) -> NameTable:
        with self._lock:
            if self._names is None:
                self._names = NameTable(self.files())
            return self._names

    def includes(self, path: Path, headers: FileHeaders) -> dict[str, Included]:
        """What a file includes, directly or not, by the name in the directive."""
        with self._lock:
            return self._harvest.resolver.closure(path, headers.includes)

    def included(self) -> dict[Path, tuple[Path, ...]]:
        """All that each file includes, directly or not; open documents as they are."""
        with self._lock:
            return {path: entry.included for path, entry in (self._entries | self._open).items()}

    def resolve(self, name: str, folder: Path) -> Path | None:
        """The file that an include directive means in a file of `folder`."""
        with self._lock:
            found = self._harvest.resolver.resolve(name, folder)
        return found.path if found else None

    def name_of(self, path: Path) -> str:
        """`relative` for a path as an editor has it, whatever links it goes through."""
        return self.relative(self.absolute(path))

    def relative(self, path: Path) -> str:
        """As paths are shown and sent to tools: below the root with forward slashes, else absolute."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def absolute(self, path: Path) -> Path:
        """Below the root if the file is, whatever links the editor's path goes through."""
        joined = Path(os.path.normpath(self.root / path))
        if joined.is_relative_to(self.root):
            return joined
        try:
            inside = Path(os.path.realpath(joined)).relative_to(os.path.realpath(self.root))
        except (ValueError, OSError):
            return joined
        return self.root / inside

    # What an index without a disk does otherwise

    def _new_store(self) -> TextStore:
        return TextStore(self.relative)

    def _discover(self) -> SourceSet:
        return discover(self.root, self._config, self._environ)

    def _resolver(self, sources: SourceSet) -> IncludeResolver:
        return IncludeResolver(self.root, sources.include_dirs, sources.files, self.store)

    # The parts

    def _refresh_quietly(self) -> None:
        with contextlib.suppress(Cancelled):
            self.refresh(self._ended)

    def _take(self, sources: SourceSet, stamps: Mapping[Path, Stamp | None]) -> list[Path]:
        """Go over to a new state of the filelists. Returns what is to be read."""
        with self._lock:
            before, self._sources = self._sources, sources
            self._harvest = self._harvest_of(sources)
            gone = self._entries.keys() - stamps.keys()
            for path in gone:
                del self._entries[path]
            if gone:
                self._invalidate()
            if (before.defines, before.include_dirs) != (sources.defines, sources.include_dirs):
                return list(stamps)
            return changed(self._entries, stamps, self._touched(stamps))

    def _touched(self, stamps: Mapping[Path, Stamp | None]) -> list[Path]:
        """Included files that are no sources themselves (`.h`, `.inc`) and have changed."""
        included = {path for entry in self._entries.values() for path in entry.included} - stamps.keys()
        before, now = self._stamps_of_included, {path: self.store.stamp(path) for path in included}
        self._stamps_of_included = now
        return [path for path, stamp in now.items() if before.get(path, stamp) != stamp]

    def _harvest_of(self, sources: SourceSet) -> Harvest:
        return Harvest(self.store, self._cache, self._reader, self._resolver(sources), sources.defines)

    def _invalidate(self) -> None:
        with self._lock:
            self._names = None
            self.generation += 1
