"""Where feedback is kept: what the store asks of a database, and SQLite's answer to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rtlwright.server.feedback import database


class Connection(Protocol):
    """As sqlite3 has it. SQL is what both databases read, with `?` for parameters."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any: ...

    def close(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Opened:
    connection: Connection
    note: str | None = None
    """Said once: a corrupt file was moved aside."""


class Database(Protocol):
    """One place; the store opens it once, and again after it was lost."""

    name: str
    """For messages; without a password."""
    path: Path | None
    errors: tuple[type[Exception], ...]
    """What its connections raise."""

    def exists(self) -> bool:
        """False only where it is certain that nothing was ever written."""
        ...

    def open(self) -> Opened:
        """Connected and up to date. Raises `StoreUnusable`; `StoreAway` where another try may help."""
        ...

    def transaction(self, connection: Connection) -> AbstractContextManager[None]:
        """All or nothing: what is in it is safe once it ends."""
        ...

    def lost(self, error: Exception) -> bool:
        """Whether opening again may help, after this error."""
        ...

    def compact(self, connection: Connection) -> None:
        """Give space back, outside of any transaction."""
        ...


class SqliteFile:
    """See `Database`: one file, for this machine's processes."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path, migrations: Path = database.MIGRATIONS, mend: str = database.MEND):
        """`mend`: what helps where the file cannot be written."""
        self.name, self._file, self._migrations, self._mend = str(path), path, migrations, mend
        self.path: Path | None = path

    def exists(self) -> bool:
        return self._file.exists()

    def open(self) -> Opened:
        opened = database.open_database(self._file, self._migrations, self._mend)
        return Opened(opened.connection, opened.note)

    def transaction(self, connection: Connection) -> AbstractContextManager[None]:
        assert isinstance(connection, sqlite3.Connection)
        return database.transaction(connection)

    def lost(self, error: Exception) -> bool:
        """Opening a corrupt file moves it aside."""
        return isinstance(error, sqlite3.Error) and database.is_corrupt(error)

    def compact(self, connection: Connection) -> None:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
