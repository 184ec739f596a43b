"""The one argument of a command: an object from an editor, so that nothing in it can be relied on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types


@dataclass(frozen=True, slots=True)
class Arguments:
    """Fields by name; one that is missing or of another kind is as if it were not there."""

    fields: dict[str, Any] = field(default_factory=dict)
    bare: str = ""
    """The argument itself, where it is a string."""

    @classmethod
    def of(cls, params: types.ExecuteCommandParams) -> Arguments:
        argument = params.arguments[0] if params.arguments else None
        if isinstance(argument, str):
            return cls(bare=argument)
        return cls(argument) if isinstance(argument, dict) else cls()

    def text(self, name: str) -> str:
        """Empty if there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def id(self) -> str:
        """`{id}`, or the bare string."""
        return self.text("id") or self.bare

    def count(self, limit: int, default: int) -> int:
        """`n` from 1 to `limit`."""
        value = self.fields.get("n")
        return value if type(value) is int and 1 <= value <= limit else default

    def flag(self, name: str, default: bool) -> bool:
        value = self.fields.get(name)
        return value if isinstance(value, bool) else default

    def position(self) -> types.Position | None:
        """`{line, character}`, both not negative."""
        value = self.fields.get("position")
        if not isinstance(value, dict):
            return None
        line, character = value.get("line"), value.get("character")
        if type(line) is int and type(character) is int and line >= 0 and character >= 0:
            return types.Position(line, character)
        return None
