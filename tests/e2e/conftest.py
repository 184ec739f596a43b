"""A language server in a process of its own, with a project and a home that are the test's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_editor import EDITORS, HERE, SCRIPTED, Editor, Place, Wire, start


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "project"
    root.mkdir()
    environ = dict(os.environ)
    environ |= {
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "RTLWRIGHT_FEEDBACK_PATH": str(tmp_path / "feedback.sqlite3"),
        "SCRIPTED_LOG": str(tmp_path / "scripted.log"),
        "PYTHONPATH": str(HERE),
    }
    return Place(root, environ)


@pytest_asyncio.fixture
async def scripted(place: Place) -> AsyncIterator[Editor]:
    """A server with the scripted service, not yet initialized."""
    client = await start(place, *SCRIPTED)
    yield client
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client.end(), 10)
    await client.stop()


@pytest.fixture(params=list(EDITORS))
def editor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def wire(place: Place) -> AsyncIterator[Wire]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rtlwright.lsp", *SCRIPTED, stdin=pipe, stdout=pipe, env=place.environ
    )
    yield Wire(process)
    if process.returncode is None:
        process.kill()
    await process.wait()
