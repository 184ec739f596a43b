"""Tokens in SQLite, a file of their own, or beside the feedback in PostgreSQL."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.app.tokens import Token, TokenTable
from rtlwright.server.config import Config
from rtlwright.server.errors import UserError
from rtlwright.server.feedback import database, open_postgres
from rtlwright.server.feedback.driver import Connection, Database, SqliteFile

_MIGRATIONS = Path(__file__).parent / "migrations"
_FILE = "tokens.sqlite3"
_MEND = "set XDG_DATA_HOME to a writable folder"
_COLUMNS = "id, name, hash, created, expires, revoked"


def open_tokens(config: Config) -> TokenTable:
    """The configured table. Raises `UserError` where the account has no directory for data."""
    if config.feedback.database is not None:
        return SqlTokens(open_postgres(config.feedback.database, _MIGRATIONS, "token_schema_version"))
    directory = paths.data_dir()
    if directory is None:
        raise UserError("there is no data directory to keep tokens in; set HOME or XDG_DATA_HOME")
    return SqlTokens(SqliteFile(directory / _FILE, _MIGRATIONS, _MEND))


class SqlTokens:
    """See `TokenTable`. Opened for each use: that is rare, and others write it."""

    def __init__(self, place: Database):
        self._database = place
        self._lock = threading.Lock()

    def all(self) -> list[Token]:
        with self._opened() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM token ORDER BY created")
            return [Token(*row) for row in rows]

    def add(self, token: Token) -> None:
        row = (token.id, token.name, token.hash, token.created, token.expires, token.revoked)
        with self._opened() as connection:
            connection.execute(f"INSERT INTO token ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)

    def revoke(self, id: str, at: float) -> None:
        with self._opened() as connection:
            connection.execute("UPDATE token SET revoked = ? WHERE id = ?", (at, id))

    def close(self) -> None:
        """Nothing is held open."""

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Connection]:
        with self._lock:
            try:
                connection = self._database.open().connection
            except database.StoreUnusable as error:
                raise UserError(str(error)) from None
            try:
                yield connection
            except self._database.errors as error:
                raise UserError(f"{self._database.name}: {error}") from None
            finally:
                connection.close()
