"""The feedback store: one SQLite file, written by every front end at once, or a PostgreSQL database.

Recording never raises: nobody loses a completion to a full disk. Reading raises `UserError` where there
is nothing to read from. A commit survives the death of the process; the last ones before a power cut may
be lost (WAL with `synchronous = NORMAL`).
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TextIO

from rtlwright.server.errors import UserError
from rtlwright.server.feedback import captured, database, queries
from rtlwright.server.feedback.driver import Connection, Database, SqliteFile
from rtlwright.server.feedback.pairs import pairs
from rtlwright.server.feedback.records import Capture, FeedbackStats, Prompt, RequestRecord, StoreStatus
from rtlwright.server.types import Completion, FeedbackEvent

DAY_S = 86_400.0
_AGAIN_S = 1.0
"""A database that is away is not asked more often than that."""
_MAX_NOTES = 8
Render = Callable[[Prompt], str]


def plain(prompt: Prompt) -> str:
    """The prompt as it stood before the cursor; the renderer of a model adds what follows."""
    return prompt.prefix


def stricter(*captures: Capture) -> Capture:
    order: tuple[Capture, ...] = ("off", "metadata", "full")
    return min(captures, key=order.index)


class Store(Protocol):
    """What a service needs of a store. Thread-safe; nothing here raises."""

    def record_request(
        self, request: RequestRecord, completion: Completion, capture: Capture = "full"
    ) -> bool:
        """True once it is written (or not wanted). The stricter of `capture` and the store's own holds."""
        ...

    def record(self, event: FeedbackEvent, uid: str | None = None, capture: Capture = "full") -> bool:
        """True once the event is safe (or not wanted). The same `uid` is kept once."""
        ...

    def status(self) -> StoreStatus: ...

    def close(self) -> None: ...


class FeedbackStore:
    """Thread-safe. The place is opened at the first use, so that making a store costs nothing."""

    def __init__(
        self,
        place: Path | Database | None,
        capture: Capture = "full",
        retention_days: int = 365,
        clock: Callable[[], float] = time.time,
    ):
        self._database = SqliteFile(place) if isinstance(place, Path) else place
        self._capture: Capture = capture
        self._retention_days = retention_days
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._away_until = float("-inf")
        self._retired_at = float("-inf")
        self._reason: str | None = None if place else "there is no data directory; set feedback.path"
        self._absence: str | None = None
        """Why the database is away now."""
        self._notes: list[str] = []

    def record_request(
        self, request: RequestRecord, completion: Completion, capture: Capture = "full"
    ) -> bool:
        """Keep the prompt, every candidate and its verdict, as far as `capture` allows."""
        allowed = stricter(capture, self._capture)
        if allowed == "off" or not (completion.suggestions or completion.rejected):
            return True
        head = captured.request_row(request, completion, allowed, self._clock())
        rows = list(captured.candidate_rows(completion, allowed))
        return self._write(lambda connection: queries.insert_request(connection, head, rows))

    def record(self, event: FeedbackEvent, uid: str | None = None, capture: Capture = "full") -> bool:
        """Keep one event. Returns once it is committed (True), or noted as lost; the same `uid` once."""
        allowed = stricter(capture, self._capture)
        if allowed == "off":
            return True
        row = captured.event_row(event, allowed)
        return self._write(lambda connection: queries.insert_event(connection, (*row, uid)))

    def status(self) -> StoreStatus:
        """Opens the file if that has not happened yet: a status that has not tried is worth nothing."""
        if self._capture == "off":
            return StoreStatus(False, self._path, "feedback.capture is off")
        with self._lock:
            usable = self._opened() is not None
            notes = [*filter(None, (self._reason, self._absence)), *self._notes]
            return StoreStatus(usable, self._path, self._reason, tuple(notes))

    def stats(self) -> FeedbackStats:
        """Raises `UserError` where the store cannot be read."""
        with self._using() as connection:
            return queries.stats(connection, self._clock()) if connection else FeedbackStats()

    def export(self, out: TextIO, render: Render = plain) -> int:
        """Write preference pairs as JSONL that TRL's DPO trainer reads as it is; how many.

        `render` turns a stored prompt into the prompt of one model (its fill-in-the-middle or chat form).
        Raises `UserError` where the store cannot be read.
        """
        written = 0
        with self._using() as connection:
            labels = queries.labels(connection, self._clock()) if connection else {}
            requests = queries.labelled_requests(connection, labels) if connection else iter(())
            for prompt, candidates in requests:
                for pair in pairs(render(prompt), candidates):
                    line = {"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected}
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
                    written += 1
        return written

    def purge(self, before: float) -> int:
        """Forget what is older than `before` (seconds since the epoch); how many requests and events.

        The space is given back and overwritten (`secure_delete`), so that purged code is gone.
        Raises `UserError` where the store cannot be written.
        """
        with self._using() as connection:
            if connection is None:
                return 0
            assert self._database is not None
            with self._database.transaction(connection):
                removed = queries.delete_before(connection, before)
            self._database.compact(connection)
            return removed

    def purge_all(self) -> int:
        """Forget everything; how many requests and events."""
        return self.purge(math.inf)

    def close(self) -> None:
        """Idempotent; a later use opens the file again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def _path(self) -> Path | None:
        return self._database.path if self._database else None

    def _write(self, action: Callable[[Connection], None]) -> bool:
        """Once more after the database was lost: opening again finds it, or moves a corrupt file aside."""
        with self._lock:
            for attempt in range(2):
                connection = self._opened()
                if connection is None or self._database is None:
                    return False
                try:
                    with self._database.transaction(connection):
                        action(connection)
                    if time.monotonic() - self._retired_at > DAY_S:  # a team server runs for months
                        self._retire(connection)
                    return True
                except self._database.errors as error:
                    lost = self._database.lost(error)
                    if lost:
                        self.close()
                    if attempt or not lost:
                        self._note(f"{self._database.name}: an event was not recorded ({error})")
                        return False
            return False

    @contextlib.contextmanager
    def _using(self) -> Iterator[Connection | None]:
        """The connection for reading; None where nothing was ever recorded: asking must not make a file."""
        with self._lock:
            if self._connection is None and self._database is not None and not self._database.exists():
                yield None
                return
            connection = self._opened()
            if connection is None or self._database is None:
                raise UserError(self._reason or self._absence or "the feedback store is closed")
            try:
                yield connection
            except self._database.errors as error:
                raise UserError(f"{self._database.name}: {error}") from None

    def _opened(self) -> Connection | None:
        """The connection, or None and a reason. A refusal is final for this store, an absence is not."""
        if self._connection is not None or self._reason is not None or self._database is None:
            return self._connection
        if time.monotonic() < self._away_until:
            return None
        try:
            opened = self._database.open()
        except database.StoreAway as error:
            self._away_until = time.monotonic() + _AGAIN_S
            self._absence = str(error)
            return None
        except database.StoreUnusable as error:
            self._reason = str(error)
            return None
        self._connection, self._absence = opened.connection, None
        if opened.note:
            self._note(opened.note)
        self._retire(opened.connection)
        return self._connection

    def _retire(self, connection: Connection) -> None:
        assert self._database is not None
        self._retired_at = time.monotonic()
        try:
            with self._database.transaction(connection):
                queries.delete_before(connection, self._clock() - self._retention_days * DAY_S)
        except self._database.errors as error:
            self._note(f"{self._database.name}: old events were not removed ({error})")

    def _note(self, text: str) -> None:
        """The latest few, each once."""
        if text not in self._notes:
            self._notes = [*self._notes[-_MAX_NOTES:], text]
