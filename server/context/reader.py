"""Headers of many files, by way of the parser's process; a file that kills it is marked and skipped."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rtlwright.server.check.confine.confined import ConfinedWorker
from rtlwright.server.check.confine.sandbox import Sandbox
from rtlwright.server.context.headers import FileHeaders, from_row
from rtlwright.server.types import Cancel, SourceFile
from rtlwright.server.worker import Worker, WorkerDied, WorkerError, WorkerTimeout

PARSER = "rtlwright.server.context.parser"
MEMORY_MB = 1536
NO_ANSWER = "the parser ended without an answer"
"""Not the file's fault: it is worth another try."""
_BATCH_CHARACTERS = 2 * 2**20
_MAX_DEATHS = 32


@dataclass(frozen=True, slots=True)
class Unread:
    """A file to be read, and the texts its include directives mean."""

    source: SourceFile
    includes: Mapping[str, SourceFile] = field(default_factory=dict)


class HeaderReader:
    """Thread-safe; the process starts at the first call."""

    def __init__(self, sandbox: Callable[[], Sandbox] | None = None):
        """`sandbox` is asked once, at the first call: a sandbox beside what the process forbids itself."""
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._started: Worker | None = None

    def read(
        self,
        files: Sequence[Unread],
        defines: Mapping[str, str],
        cancel: Cancel | None = None,
        timeout_s: float = 10.0,
    ) -> list[FileHeaders]:
        """One result per file, in order. `timeout_s` is for one file that hangs, not for all.

        Raises:
            Cancelled: `cancel` was set.
        """
        found: list[FileHeaders] = []
        for batch in _batches(files):
            found += self._read_batch(batch, defines, cancel, timeout_s)
        return found

    @property
    def pid(self) -> int | None:
        """Process id of the running parser, if there is one."""
        return self._started.pid if self._started else None

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            self._started = self._started or _plain()  # a closed one: further calls find no process
        self._started.close()

    def _worker(self) -> Worker:
        with self._lock:
            if self._started is None:
                self._started = _confined(self._sandbox()) if self._sandbox else _plain()
            return self._started

    def _read_batch(
        self, batch: Sequence[Unread], defines: Mapping[str, str], cancel: Cancel | None, timeout_s: float
    ) -> list[FileHeaders]:
        found: list[FileHeaders] = []
        deaths = 0
        while len(found) < len(batch):
            if cancel is not None:
                cancel.check()
            left = batch[len(found) :]
            answers = _Answers(left)
            try:
                params = _params(left, defines)
                longest = max(len(unread.source.text) for unread in left)
                limit = timeout_s * (1 + longest / _BATCH_CHARACTERS)
                self._worker().call("headers", params, timeout_s=limit, cancel=cancel, on_part=answers.add)
            except WorkerError as error:
                deaths += 1
                if deaths == 1 and isinstance(error, WorkerDied) and not answers.begun:
                    continue  # it may have ended for want of work at that moment
                answers.blame(error)
            found += answers.found
            if not answers.found or deaths > _MAX_DEATHS:
                found += [FileHeaders(u.source.path, unreadable=NO_ANSWER) for u in batch[len(found) :]]
        return found


def _plain() -> Worker:
    # -P: the folder the editor was started in must not be searched for Python modules.
    argv = [sys.executable, "-P", "-m", PARSER]
    # An environment of its own, so that nothing secret is in the reach of what takes it over.
    env = {k: os.environ[k] for k in ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR") if k in os.environ}
    return Worker("parser", lambda: argv, env)


def _confined(sandbox: Sandbox) -> Worker:
    return ConfinedWorker("parser", sandbox, MEMORY_MB, program=PARSER)


class _Answers:
    """What came back of one call, until it ended."""

    def __init__(self, files: Sequence[Unread]):
        self._files = files
        self.begun = 0
        self.found: list[FileHeaders] = []

    def add(self, part: Any) -> None:
        if len(self.found) >= len(self._files):
            return
        path = self._files[len(self.found)].source.path
        if "begin" in part:
            self.begun += 1
            return
        try:
            headers = from_row(FileHeaders, part["headers"])
            ok = headers.path == path
        except (KeyError, ValueError, TypeError):
            ok = False
        reason = str(part.get("unreadable", "the parser gave no headers"))[:200]
        self.found.append(headers if ok else FileHeaders(path, unreadable=reason))

    def blame(self, error: WorkerError) -> None:
        """The file under way when the process ended is the culprit; those before it are safe."""
        if self.begun > len(self.found):
            reason = f"the parser failed on it ({error})"
            if isinstance(error, WorkerTimeout):
                reason = "the parser hangs on it"
            elif isinstance(error, WorkerDied):
                reason = f"the parser crashed on it ({error})"
            self.found.append(FileHeaders(self._files[len(self.found)].source.path, unreadable=reason[:200]))


def _params(files: Sequence[Unread], defines: Mapping[str, str]) -> dict[str, Any]:
    texts = {source.digest: source.text for file in files for source in file.includes.values()}
    listed = [
        {
            "path": file.source.path,
            "text": file.source.text,
            "includes": {name: source.digest for name, source in file.includes.items()},
        }
        for file in files
    ]
    return {"files": listed, "texts": texts, "defines": dict(defines)}


def _batches(files: Sequence[Unread]) -> Iterator[Sequence[Unread]]:
    batch: list[Unread] = []
    size = 0
    for file in files:
        if batch and size + len(file.source.text) > _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += len(file.source.text)
    if batch:
        yield batch
