"""Edits by offsets into a text."""

from __future__ import annotations

from rtlwright.server.actions.edits import TextEdit
from rtlwright.server.context.line_map import line_map
from rtlwright.server.types import Document, Position, Range


def edit_at(document: Document, start: int, end: int, text: str) -> TextEdit:
    """An edit by offsets into the document's text."""
    lines = line_map(document.text)
    return TextEdit(Range(Position(*lines.position(start)), Position(*lines.position(end))), text)
