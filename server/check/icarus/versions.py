"""What each version of Icarus does not read, as scripts/measure_icarus.py measured it."""

from __future__ import annotations

import functools
import json
from typing import Any

from rtlwright.server import paths
from rtlwright.server.check.icarus.find import REFERENCE


def constructs() -> int:
    """How many constructs of SystemVerilog were tried."""
    return int(_table()["constructs"])


def unread(major: int) -> tuple[str, ...] | None:
    """The constructs that this version refuses though they are valid; None if it was not measured."""
    names = _table()["unread"].get(str(major))
    return None if names is None else tuple(names)


def worse_than_reference(major: int) -> tuple[str, ...]:
    """What the reference reads and this version does not."""
    reference = frozenset(unread(REFERENCE) or ())
    return tuple(name for name in unread(major) or () if name not in reference)


@functools.cache
def _table() -> dict[str, Any]:
    return dict(json.loads(paths.package_file("check", "icarus", "versions.json").read_text()))
