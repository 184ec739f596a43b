from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from rtlwright.server.actions.edits import Action, ActionRequest, TextEdit
from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import line_map
from rtlwright.server.types import Cancel, Diagnostic, Document, Position, Range

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


@pytest.fixture(scope="module")
def soc() -> Iterator[ProjectIndex]:
    index = ProjectIndex(PROJECT)
    index.refresh()
    yield index
    index.close()


@pytest.fixture
def ask(soc: ProjectIndex) -> Iterator[Ask]:
    opened: list[Path] = []

    def make(marked: str, *diagnostics: Diagnostic, name: str = "rtl/edited.sv") -> Asked:
        offset = marked.index("|")
        document = Document.of(PROJECT / name, marked.replace("|", "", 1))
        opened.append(document.path)
        position = Position(*line_map(document.text).position(offset))
        menu = ProjectActions(soc)
        request = ActionRequest(document, Range.at(position), tuple(diagnostics))
        return Asked(document, position, menu, menu.actions(request, Cancel()))

    yield make
    for path in opened:
        soc.close_document(path)
