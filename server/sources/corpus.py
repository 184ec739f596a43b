"""The texts that recall searches: this file around the cursor, the open files, those just edited, and the
nearest ones of the project."""

from __future__ import annotations

import threading
from collections import OrderedDict

from rtlwright.server.context.window import Context
from rtlwright.server.sources.lines import Text
from rtlwright.server.types import Cancel

_NEW_PER_CALL = 8
"""Files indexed in one call at most, so that the first call is no slower than the others."""
_MAX_KEPT = 128


class Corpus:
    """Keeps what it has read, by path and content. Thread-safe."""

    def __init__(self, max_files: int, max_lines: int):
        self._max_files = max_files
        self._max_lines = max_lines
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], Text] = OrderedDict()

    def texts(self, context: Context, cancel: Cancel) -> list[Text]:
        """First what stands before the cursor, then the rest of the file, then other files."""
        before = context.document.text[: context.offset - len(context.line_prefix)]
        after = context.suffix[len(context.line_suffix) :]
        path = context.path
        head = Text.of(path, before.split("\n")[-self._max_lines : -1])
        tail = Text.of(path, after.split("\n")[1 : self._max_lines], from_end=True)
        return [head, tail, *self._others(context, cancel)]

    def _others(self, context: Context, cancel: Cancel) -> list[Text]:
        found: list[Text] = []
        read: set[str] = {context.path}
        for document in context.open_documents[: self._max_files]:
            path = context.index.relative(document.path) if context.index else document.path.as_posix()
            read.add(path)
            found.append(self._text(path, document.text))
        if context.index is None:
            return found
        new = 0
        edited = (context.index.relative(edit.path) for edit in reversed(context.recent_edits))
        nearest = context.index.nearest(context.path, self._max_files + 8)
        for path in dict.fromkeys((*edited, *nearest)):
            cancel.check()
            if len(found) >= self._max_files or new >= _NEW_PER_CALL:
                break
            if path in read:
                continue
            text = context.index.text(path)
            if text is not None:
                new += not self._has(path, text)
                found.append(self._text(path, text))
        return found

    def _has(self, path: str, text: str) -> bool:
        with self._lock:
            return (path, hash(text)) in self._kept

    def _text(self, path: str, text: str) -> Text:
        key = (path, hash(text))
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = Text.of(path, text.split("\n")[: self._max_lines])
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return made
