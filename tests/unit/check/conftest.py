"""Gates that live as long as the tests need them, and short ways to ask them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.landlock import abi
from rtlwright.server.check.sandbox import bubblewrap_fault
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Candidate,
    Document,
    Position,
    ProjectView,
    Range,
    SourceName,
    Verdict,
)

ROOT = Path("/project")

Ask = Callable[..., list[Verdict]]


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


def at(text: str, mark: str = "<>") -> tuple[str, Position]:
    """The text without its mark, and where the mark was."""
    prefix, _, suffix = text.partition(mark)
    line = prefix.rfind("\n") + 1
    return prefix + suffix, Position(prefix.count("\n"), len(prefix[line:].encode("utf-16-le")) // 2)


def ask(
    gate: Gate, text: str, *candidates: str, name: str = "m.sv", view: ProjectView | None = None, **how
) -> list[Verdict]:
    """Verdicts of candidates at the mark `<>` in `text`."""
    plain, position = at(text)
    document = Document.of(ROOT / name, plain)
    given = [Candidate(each, Range.at(position), SourceName.MODEL) for each in candidates]
    view = view or ProjectView(ROOT, name)
    how = {"deadline_s": 30.0, "cancel": Cancel(), **how}
    return gate.check(document, given, view, **how)


def stage(verdict: Verdict, name: str):
    return next(each for each in verdict.stages if each.name == name)
