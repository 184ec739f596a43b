from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from menu_asking import PROJECT, Ask, Asked

from rtlwright.server.actions.edits import ActionRequest
from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.line_map import line_map
from rtlwright.server.types import Cancel, Diagnostic, Document, Position, Range


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
