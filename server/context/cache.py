"""Headers on disk, by content. A cache: any failure means that it is empty."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.context.headers import FileHeaders, from_row, to_row

_FORMAT = 3
"""To be raised whenever `extract` finds something else than before."""
_MAX_ROWS = 100_000
_TRIM = "DELETE FROM headers WHERE rowid <= (SELECT MAX(rowid) FROM headers) - ?"


def key(text: str, includes: Mapping[str, str], defines: Mapping[str, str]) -> str:
    """What the headers of a file depend on. `includes` maps names to digests."""
    state = hashlib.blake2b(digest_size=16)
    for part in (str(_FORMAT), *_flat(includes), "\0", *_flat(defines), "\0", text):
        state.update(part.encode(errors="surrogatepass"))
        state.update(b"\0")
    return state.hexdigest()


def _flat(mapping: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(mapping):
        yield from (name, mapping[name])


class HeaderCache:
    """Thread-safe; opens its file at the first use."""

    def __init__(self, directory: Path | None):
        """`directory` may be None, missing or read-only: then nothing is kept."""
        self._directory = directory
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = False

    def get(self, keys: Iterable[str]) -> dict[str, FileHeaders]:
        """Those of `keys` that are known, with an empty path."""
        found: dict[str, FileHeaders] = {}
        with self._lock, contextlib.suppress(sqlite3.Error):
            connection = self._open()
            if connection is None:
                return found
            for wanted in keys:
                row = connection.execute("SELECT headers FROM headers WHERE key = ?", (wanted,)).fetchone()
                with contextlib.suppress(ValueError, TypeError):
                    if row:
                        found[wanted] = from_row(FileHeaders, json.loads(row[0]))
        return found

    def put(self, entries: Mapping[str, FileHeaders]) -> None:
        rows = [(name, json.dumps(to_row(value))) for name, value in entries.items()]
        with self._lock, contextlib.suppress(sqlite3.Error):
            connection = self._open()
            if connection and rows:
                with connection:
                    connection.executemany("INSERT OR REPLACE INTO headers VALUES (?, ?)", rows)
                    connection.execute(_TRIM, (_MAX_ROWS,))

    def close(self) -> None:
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._connection:
                self._connection.close()
            self._connection, self._opened = None, True

    def _open(self) -> sqlite3.Connection | None:
        if self._opened:
            return self._connection
        self._opened = True
        directory = paths.writable(self._directory)
        if directory is None:
            return None
        file = directory / "headers.sqlite"
        for attempt in range(2):
            try:
                self._connection = _connect(file)
                break
            except sqlite3.OperationalError:  # locked, or a file system without locks
                break
            except sqlite3.DatabaseError:  # a torn file: once more from nothing
                if attempt == 0:
                    with contextlib.suppress(OSError):
                        file.unlink()
        return self._connection


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=1.0, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE IF NOT EXISTS headers (key TEXT PRIMARY KEY, headers TEXT NOT NULL)")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
