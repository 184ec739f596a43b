"""The stages of candidates as they come in, from a worker that may end at any moment."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from rtlwright.server.types import StageResult, Status, Verdict

ORDER = ("splice", "syntax", "icarus", "yosys", "behaviour")


@dataclass
class Entry:
    """What is known of one candidate. Shared by every check that asks for the same text at the same place."""

    stages: dict[str, StageResult] = field(default_factory=dict)
    done: bool = False

    @property
    def failed(self) -> bool:
        return any(stage.status is Status.FAIL for stage in self.stages.values())

    def verdict(self, lacking: str, *, optional: frozenset[str] = frozenset()) -> Verdict:
        """The verdict so far; `lacking` is the reason of the first stage that is not there.

        A stage in `optional` could not have rejected: if it alone is late it is skipped, and the rest decide.
        """
        stages = [self.stages[name] for name in ORDER if name in self.stages]
        if not self.done and not self.failed:
            name = next((each for each in ORDER[:4] if each not in self.stages), "syntax")
            status = Status.SKIPPED if name in optional else Status.UNCHECKED
            stages.append(StageResult(name, status, 0.0, (), lacking))
        return Verdict.of(tuple(stages))


class Board:
    """Entries by name, with a condition that announces every change. Bounded: the oldest go first."""

    def __init__(self, size: int = 2048):
        self._size = size
        self._entries: dict[str, Entry] = {}
        self._changed = threading.Condition()

    def entry(self, name: str) -> tuple[Entry, bool]:
        """(the entry, whether it is new)."""
        with self._changed:
            found = self._entries.get(name)
            if found is not None:
                return found, False
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[name] = Entry()
            return self._entries[name], True

    def add(self, entry: Entry, stage: StageResult, *, last: bool = False) -> None:
        with self._changed:
            entry.stages[stage.name] = replace(stage, ms=round(stage.ms, 3))
            entry.done |= last or stage.status is Status.FAIL
            self._changed.notify_all()

    def finish(self, name: str, *, keep: bool) -> None:
        """Nothing more will come; `keep` says whether it may be remembered."""
        with self._changed:
            entry = self._entries.get(name)
            if entry is not None:
                entry.done = True
                if not keep:
                    del self._entries[name]
            self._changed.notify_all()

    def forget(self, name: str) -> None:
        with self._changed:
            self._entries.pop(name, None)
            self._changed.notify_all()

    def poke(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def wait(self, ready: threading.Event, entries: list[Entry], deadline: float) -> bool:
        """Until all entries are done (True), `ready` is set, or the (monotonic) deadline has passed."""
        with self._changed:
            while not ready.is_set():
                if all(entry.done for entry in entries):
                    return True
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.5))
        return False
