"""Opening the feedback database: migrations, a corrupt file moved aside, several processes at once."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 10_000
MEND = "set feedback.path to a writable file"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class StoreUnusable(Exception):  # noqa: N818 - read as a sentence at the call sites
    """There is no usable database. The message is one line that says why and how to mend it."""


class StoreAway(StoreUnusable):
    """It cannot be reached now; another try may help."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    sql: str


@dataclass(frozen=True, slots=True)
class Opened:
    connection: sqlite3.Connection
    note: str | None = None
    """Said once: a corrupt file was moved aside."""


def open_database(path: Path, migrations: Path = MIGRATIONS, mend: str = MEND) -> Opened:
    """A connection to an up-to-date database at `path`, made if need be.

    Opening runs under a file lock: two processes must neither migrate at once nor both move a corrupt
    file aside (the second would move away the fresh one).

    Raises:
        StoreUnusable: the place cannot be written (`mend` says what helps), or the file was written by a
            newer release. `StoreAway` while there is no room on the disk.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(path.name + ".lock")):
            return _open_locked(path, migrations)
    except (OSError, sqlite3.Error) as error:
        if _passes(error):
            raise StoreAway(f"{path}: cannot be used now ({error}); is there room on its disk?") from None
        raise StoreUnusable(f"{path}: cannot be used ({error}); {mend}") from None


def _passes(error: OSError | sqlite3.Error) -> bool:
    """It may be otherwise in a moment, without anybody's doing here."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING


def load_migrations(directory: Path) -> list[Migration]:
    """Numbered .sql files, in order; numbers count up from 1 without a gap."""
    files = sorted(directory.glob("[0-9]*.sql"))
    found = [Migration(int(f.name.split("_")[0]), f.read_text(encoding="utf-8")) for f in files]
    assert [m.version for m in found] == list(range(1, len(found) + 1)), "migrations must count up from 1"
    return found


def _open_locked(path: Path, migrations: Path) -> Opened:
    try:
        return Opened(_connect(path, migrations))
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
    aside = move_aside(path)
    return Opened(
        _connect(path, migrations), f"{path} was corrupt; moved to {aside.name}, started a fresh one"
    )


def _connect(path: Path, migrations: Path) -> sqlite3.Connection:
    # Created by hand for its mode: the file holds code, and WAL and shared memory inherit the mode.
    # Never where it is there already: closing a descriptor of it would drop the locks of the connections
    # that this process has, and the next process to close the database would take its log away under them.
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA cache_size = -512")  # KiB: it is written to and seldom read
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        migrate(connection, load_migrations(migrations))
    except BaseException:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, migrations: list[Migration]) -> None:
    """Apply what is missing, each migration in its own transaction.

    Raises:
        StoreUnusable: the database is newer than every known migration.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, at REAL NOT NULL)"
    )
    current = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()[0]
    if current > len(migrations):
        raise StoreUnusable(
            f"the feedback database has schema {current}, this release knows {len(migrations)}; "
            "upgrade rtlwright or set feedback.path"
        )
    for migration in migrations[current:]:
        with transaction(connection):
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_version VALUES (?, ?)", (migration.version, time.time()))


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. IMMEDIATE: waiting for a lock at COMMIT could fail after all the work."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_corrupt(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def move_aside(path: Path) -> Path:
    """Rename the database and its companions; the new name carries the time."""
    stamp = time.strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}-{os.getpid()}")
    for suffix in ("", "-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + suffix))
    return aside


def _statements(sql: str) -> Iterator[str]:
    """Statement by statement: `executescript` would commit the transaction that it runs in."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
