"""Asks for the menu at the `|` of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.actions.edits import Action, TextEdit
from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.context.line_map import line_map
from rtlwright.server.types import Document, Position

PROJECT = Path(__file__).parent.parent / "context/project"


@dataclass(frozen=True)
class Asked:
    """What the menu has at the `|` of a text."""

    document: Document
    position: Position
    menu: ProjectActions
    actions: tuple[Action, ...]

    def applied(self, title: str) -> str:
        """The document after the one action whose title begins so."""
        (action,) = [action for action in self.actions if action.title.startswith(title)]
        return apply(self.document.text, action.edits)

    @property
    def titles(self) -> list[str]:
        return [action.title for action in self.actions]


def apply(text: str, edits: Sequence[TextEdit]) -> str:
    lines = line_map(text)
    spans = [
        (
            lines.offset(e.range.start.line, e.range.start.character),
            lines.offset(e.range.end.line, e.range.end.character),
            e.text,
        )
        for e in edits
    ]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


Ask = Callable[..., Asked]
