from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import Context
from rtlwright.server.types import CompletionRequest, Document, Position

PROJECT = Path(__file__).parent.parent / "context/project"

At = Callable[..., Context]


@pytest.fixture(scope="module")
def soc() -> Iterator[ProjectIndex]:
    index = ProjectIndex(PROJECT)
    index.refresh()
    yield index
    index.close()


@pytest.fixture
def at(soc: ProjectIndex) -> Iterator[At]:
    """A context in the example system, of a text with `|` for the cursor."""
    opened: list[Path] = []

    def make(marked: str, name: str = "rtl/edited.sv") -> Context:
        offset = marked.index("|")
        document = Document.of(PROJECT / name, marked.replace("|", "", 1))
        opened.append(document.path)
        line = marked.count("\n", 0, offset)
        character = offset - (marked.rfind("\n", 0, offset) + 1)
        return Context.of(CompletionRequest(document, Position(line, character)), soc)

    yield make
    for path in opened:
        soc.close_document(path)
