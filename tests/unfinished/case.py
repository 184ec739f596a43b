"""The noun of the test set: a candidate in its place, with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from unfinished.corpus import File


class Hole(StrEnum):
    """What of the finished file is missing after the candidate."""

    NOTHING = "nothing"
    LINE = "rest of the line"
    BLOCK = "rest of the block"
    MODULE = "rest of the module"
    FILE = "rest of the file"


@dataclass(frozen=True)
class Case:
    """`before + candidate + after`, and `before + candidate + hole + after` is the finished file."""

    file: File
    kind: str
    """How the candidate was cut, or what is wrong with it."""
    true: bool
    construct: str
    """What the cursor, or the mutation, stands in."""
    before: str
    candidate: str
    missing: str
    """The text of the hole."""
    after: str
    hole: Hole

    @property
    def finished(self) -> str:
        return self.before + self.candidate + self.missing + self.after

    @property
    def unfinished(self) -> str:
        """What the editor holds."""
        return self.before + self.after
