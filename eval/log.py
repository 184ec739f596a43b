"""The log of a run: JSON Lines, a record a line, appended as samples are scored.

A run that was killed goes on where its log ends: what stands there is not done again. Logs of several
machines merge into one by their keys. A last line that a kill has torn is dropped, and cut off before more is
written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from rtlwright.eval.record import Record, Settings
from rtlwright.server.errors import UserError


class RunLog:
    """Records of one run in one file. Thread-safe; every record is on disk when `add` returns."""

    def __init__(self, file: Path, settings: Settings):
        """Reads what is there.

        Raises:
            UserError: the file cannot be read or written, holds something else, or records of other settings.
        """
        self.file = file
        self.settings = settings
        self.records = read_log(file) if file.exists() else []
        for record in self.records:
            if record.settings.key != settings.key:
                raise UserError(
                    f"{file}: holds a run with other settings ({_changed(record.settings, settings)}); "
                    "name another file with --log, or delete it"
                )
        self._done = {record.sample.key for record in self.records}
        self._lock = threading.Lock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._stream: IO[bytes] = file.open("ab")
            _cut_torn_end(file)
        except OSError as error:
            raise UserError(f"{file}: cannot be written ({error.strerror})") from None

    def __contains__(self, key: tuple[str, int]) -> bool:
        """Whether the sample (problem, index) has its record."""
        return key in self._done

    def add(self, record: Record) -> None:
        with self._lock:
            if record.sample.key in self._done:
                return
            self._stream.write(record.line().encode())
            self._stream.flush()
            self.records.append(record)
            self._done.add(record.sample.key)

    def close(self) -> None:
        with self._lock:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()


def read_log(file: Path) -> list[Record]:
    """All records of a log, each once.

    Raises:
        UserError: the file cannot be read, or a line other than a torn last one is no record.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    lines = data.split(b"\n")
    found: dict[tuple[str, str, int], Record] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = Record.parse(line.decode())
        except ValueError as error:
            if number == len(lines):  # no line end: its writer was killed
                break
            raise UserError(f"{file}:{number}: is no record of a log: {error}") from None
        found.setdefault(record.key, record)
    return list(found.values())


def merge_logs(files: Iterable[Path]) -> list[Record]:
    """The records of all files, each once: the first file that has one wins."""
    found: dict[tuple[str, str, int], Record] = {}
    for file in files:
        for record in read_log(file):
            found.setdefault(record.key, record)
    return list(found.values())


def _cut_torn_end(file: Path) -> None:
    data = file.read_bytes()
    if not data or data.endswith(b"\n"):
        return
    tail = data[data.rfind(b"\n") + 1 :]
    try:
        Record.parse(tail.decode())
    except ValueError:
        os.truncate(file, len(data) - len(tail))
    else:
        with file.open("ab") as stream:  # whole but for its line end
            stream.write(b"\n")


def _changed(there: Settings, here: Settings) -> str:
    old, new = there.flat(), here.flat()
    names = [name for name in (*old, *new) if old.get(name) != new.get(name)]
    name = names[0] if names else "nothing"
    return f"{name} is {old.get(name)!r} there and {new.get(name)!r} here"
