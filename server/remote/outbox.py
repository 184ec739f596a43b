"""Feedback on its way to the server: on this machine's disk until the server has said that it is safe."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.errors import UserError
from rtlwright.server.feedback import database
from rtlwright.server.remote.link import Rejected
from rtlwright.server.types import Cancelled

_MIGRATIONS = Path(__file__).parent / "migrations"
_MEND = "set XDG_DATA_HOME to a writable folder"
_BATCH = 64
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
MAX_WAITING = 100_000
"""Events kept while the server is away; beyond that the oldest are given up, and that is said."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One event, as it is sent."""

    uid: str
    workspace: str
    event: str


Deliver = Callable[[list[Letter]], None]
"""Sends events of one workspace; returns once they are safe. Raises `UserError` or `Cancelled` else."""


class Outbox:
    """Thread-safe. Processes may share the file: the server keeps an event once, however often sent."""

    def __init__(self, path: Path | None, url: str, deliver: Deliver):
        """Cheap: the file is opened, and what is left in it sent, with the first event or `wake`."""
        self._path, self._url, self._deliver = path, url, deliver
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._awake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._note: str | None = None

    def put(self, letter: Letter) -> bool:
        """True once the event is on disk."""
        try:
            with self._lock, self._transaction() as connection:
                connection.execute(
                    "INSERT INTO waiting VALUES (?, ?, ?, ?)",
                    (letter.uid, self._url, letter.workspace, letter.event),
                )
                connection.execute(
                    "DELETE FROM waiting WHERE rowid <= (SELECT max(rowid) FROM waiting) - ?", (MAX_WAITING,)
                )
        except (sqlite3.Error, database.StoreUnusable) as error:
            self._note = f"feedback cannot wait on disk ({error})"
            return False
        self.wake()
        return True

    def wake(self) -> None:
        """Send what there is, in the background."""
        self._awake.set()
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="rtlwright-outbox", daemon=True)
                self._thread.start()

    def drain(self, patience_s: float) -> bool:
        """Wait until everything has been sent; whether it has."""
        until = time.monotonic() + patience_s
        self.wake()
        while (left := bool(self._oldest())) and time.monotonic() < until:
            time.sleep(0.01)
        return not left

    def notes(self) -> tuple[str, ...]:
        """What the user should know, a line each."""
        return (self._note,) if self._note else ()

    def close(self, patience_s: float = 2.0) -> None:
        """Try to send the rest, for so long; what is left is sent by the next process."""
        self._closed = True
        self._awake.set()
        thread = self._thread
        if thread is not None:
            thread.join(patience_s)
        with self._lock:
            if self._connection is not None and not (thread and thread.is_alive()):
                self._connection.close()
                self._connection = None

    def _run(self) -> None:
        pause: float | None = None
        while True:
            self._awake.wait(pause)
            self._awake.clear()
            try:
                while self._send_some():
                    pass
                pause = self._note = None
            except Cancelled:
                return
            except (UserError, sqlite3.Error, database.StoreUnusable) as error:
                self._note = f"feedback waits on this machine: {error}"
                pause = min(2 * pause, _LONGEST_PAUSE_S) if pause else _FIRST_PAUSE_S
            if self._closed:
                return

    def _send_some(self) -> bool:
        """The oldest events of one workspace; whether there were any."""
        letters = self._oldest()
        if not letters:
            return False
        try:
            self._deliver(letters)
        except Rejected:
            for letter in letters:
                self._send_alone(letter)
        self._forget(letters)
        return True

    def _send_alone(self, letter: Letter) -> None:
        """One that the server will never take must not keep the others waiting."""
        with contextlib.suppress(Rejected):
            self._deliver([letter])

    def _forget(self, letters: list[Letter]) -> None:
        with self._lock, self._transaction() as connection:
            connection.executemany("DELETE FROM waiting WHERE uid = ?", [(each.uid,) for each in letters])

    def _oldest(self) -> list[Letter]:
        with self._lock:
            rows = self._opened().execute(
                "SELECT uid, workspace, event FROM waiting WHERE url = ? ORDER BY rowid LIMIT ?",
                (self._url, _BATCH),
            )
            letters = [Letter(*row) for row in rows]
        return [each for each in letters if each.workspace == letters[0].workspace]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._opened()
        with database.transaction(connection):
            yield connection

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._path is None:
                raise database.StoreUnusable("there is no data directory")
            self._connection = database.open_database(self._path, _MIGRATIONS, _MEND).connection
        return self._connection
