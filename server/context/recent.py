"""What the user has just changed: the lines that differ between one snapshot of a document and the next."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.types import Document

_MAX_EDITS = 16
_MAX_DOCUMENTS = 64
_MAX_LINES = 20
_MAX_TEXT = 2**20
"""Characters; a longer file is compared at no key."""


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """One changed span, as it reads now."""

    path: Path
    line: int
    """0-based first line."""
    text: str


class RecentEdits:
    """The last few edits over all documents, newest last. Thread-safe, bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshots: OrderedDict[Path, str] = OrderedDict()
        self._edits: deque[RecentEdit] = deque(maxlen=_MAX_EDITS)

    def observe(self, document: Document) -> None:
        """Compare with the last snapshot of the same file; an edit that touches the last one replaces it."""
        if len(document.text) > _MAX_TEXT:
            return
        with self._lock:
            before = self._snapshots.get(document.path)
            self._snapshots[document.path] = document.text
            self._snapshots.move_to_end(document.path)
            while len(self._snapshots) > _MAX_DOCUMENTS:
                self._snapshots.popitem(last=False)
            if before is None or before == document.text:
                return
            edit = changed(before, document)
            last = self._edits[-1] if self._edits else None
            if last and last.path == edit.path and _touches(last, edit):
                self._edits.pop()
            self._edits.append(edit)

    def edits(self) -> tuple[RecentEdit, ...]:
        with self._lock:
            return tuple(self._edits)


def changed(before: str, document: Document) -> RecentEdit:
    """The span of lines between the common head and the common tail."""
    old, new = before.splitlines(), document.text.splitlines()
    limit = min(len(old), len(new))
    head = next((i for i in range(limit) if old[i] != new[i]), limit)
    tail = next((i for i in range(limit - head) if old[-1 - i] != new[-1 - i]), limit - head)
    lines = new[head : len(new) - tail]
    return RecentEdit(document.path, head, "\n".join(lines[:_MAX_LINES]))


def _touches(last: RecentEdit, edit: RecentEdit) -> bool:
    return last.line - 1 <= edit.line <= last.line + last.text.count("\n") + 1
