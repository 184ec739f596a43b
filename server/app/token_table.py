"""Tokens in SQLite, a file of their own beside the feedback."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.app.tokens import Token, TokenTable
from rtlwright.server.errors import UserError
from rtlwright.server.feedback import database

_MIGRATIONS = Path(__file__).parent / "migrations"
_FILE = "tokens.sqlite3"


def open_tokens() -> TokenTable:
    """The table of this machine. Raises `UserError` where the account has no directory for data."""
    directory = paths.data_dir()
    if directory is None:
        raise UserError("there is no data directory to keep tokens in; set HOME or XDG_DATA_HOME")
    return SqliteTokens(directory / _FILE)


class SqliteTokens:
    """See `TokenTable`. The file is opened for each use: both are rare, and others write it."""

    def __init__(self, path: Path):
        self._path = path
        self._lock = threading.Lock()

    def all(self) -> list[Token]:
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT id, name, hash, created, expires, revoked FROM token ORDER BY created"
            )
            return [Token(*row) for row in rows]

    def add(self, token: Token) -> None:
        row = (token.id, token.name, token.hash, token.created, token.expires, token.revoked)
        with self._opened() as connection:
            connection.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?)", row)

    def revoke(self, id: str, at: float) -> None:
        with self._opened() as connection:
            connection.execute("UPDATE token SET revoked = ? WHERE id = ?", (at, id))

    def close(self) -> None:
        """Nothing is held open."""

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                connection = database.open_database(self._path, _MIGRATIONS).connection
            except database.StoreUnusable as error:
                raise UserError(str(error)) from None
            try:
                yield connection
            except sqlite3.Error as error:
                raise UserError(f"{self._path}: {error}") from None
            finally:
                connection.close()
