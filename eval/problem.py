"""What a benchmark asks: a problem, and all that is needed to put it to a model and to judge answers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class File:
    """A text under the name that the tools see."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a benchmark."""

    id: str
    description: str
    """What the design shall do, in words."""
    header: str
    """The module header that a completion continues; empty where the whole module is asked for."""
    top: str
    """The module under test; empty where the testbench alone knows."""
    test: tuple[File, ...]
    """The benchmark's own files, in the order in which they are compiled."""
    reference: str | None = None
    """A right answer, in the form of an answer (a completion or a whole module)."""
    category: str = ""
    data: tuple[File, ...] = field(default=(), repr=False)
    """Files that the testbench reads while it runs."""
