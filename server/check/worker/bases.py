"""What the tools say of texts without any candidate: asked once, and not at every keystroke."""

from __future__ import annotations

from typing import Any

_MAX_BASES = 32


class Bases(dict[tuple[object, ...], Any]):
    """By all that they depend on in one state of a project."""

    def keep(self, key: tuple[object, ...], base: Any) -> None:
        if len(self) >= _MAX_BASES:
            self.clear()
        self[key] = base
