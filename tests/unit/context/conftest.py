from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtlwright.server.context.index import ProjectIndex

PROJECT = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def soc() -> Iterator[ProjectIndex]:
    """The example system, read once."""
    index = ProjectIndex(PROJECT)
    index.refresh()
    yield index
    index.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example system to change."""
    return Path(shutil.copytree(PROJECT, tmp_path / "soc"))
