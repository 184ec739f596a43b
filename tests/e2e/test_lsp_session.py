"""A random editing session: the server's text stays the client's, and every request is answered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typist


@pytest.mark.asyncio
@pytest.mark.parametrize("utf8", [False, True], ids=["utf-16", "utf-8"])
async def test_a_random_session(utf8: bool, tmp_path: Path) -> None:
    report = await typist.run(tmp_path, 800, 7, utf8, dict(os.environ))
    assert report.answered == report.requests
    assert set(report.errors) <= {typist.CANCELLED}
    assert report.compared >= 8
