"""Gates that live as long as the tests need them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rtlwright.server.check.confine.landlock import abi
from rtlwright.server.check.confine.sandbox import bubblewrap_fault
from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig


@pytest.fixture(scope="session")
def gate() -> Iterator[Gate]:
    made = Gate(CheckConfig())
    yield made
    made.close()


@pytest.fixture(scope="session", params=["bubblewrap", "landlock"])
def confined(request: pytest.FixtureRequest) -> Iterator[Gate]:
    """The gate under each confinement that this machine has."""
    if request.param == "bubblewrap" and (fault := bubblewrap_fault()):
        pytest.skip(fault)
    if request.param == "landlock" and abi() < 1:
        pytest.skip("no Landlock in this kernel")
    made = Gate(CheckConfig(sandbox=request.param, timeout_s=3.0, memory_mb=512))
    yield made
    made.close()
