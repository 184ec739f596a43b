"""A module's ports as slang elaborates them; apart from slang, which the editor's process never loads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a module, elaborated."""

    name: str
    direction: str
    """`in`, `out` or `inout`."""
    width: int
