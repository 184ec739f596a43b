"""A language server in a process of its own, with a project and a home that are the test's."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from lsp_editor import EDITORS, SCRIPTED, Editor, Place, Shared, Wire, place_in, start


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_in(tmp_path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shared]:
    servers = Shared(place_in(tmp_path_factory.mktemp("shared")))
    yield servers
    await servers.end()


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
