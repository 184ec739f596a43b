"""The 200 keystroke sequences of the latency bench: the same ones each time, made from our own design.

Each begins where a person would stand: a statement is taken away, or a line is opened below one, and the head
of the statement is typed. Keys come as fast as a quick hand types, a median of 0.1 s apart.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCES = 200
SEED = 2026
INTERVAL_S = 0.1
_SPREAD = 0.35
_JUMP_S = 0.25
"""Between the change that comes with going to another place and the first key there."""
_STATEMENT = re.compile(r"^( +)([a-z_]\w*.{6,}[;,({]|.*\bbegin)$", re.M)


@dataclass(frozen=True, slots=True)
class Sequence:
    """One place: what is taken away there, then keys with the seconds before each."""

    start: int
    """Index of the first character of the statement."""
    statement: str
    opens_line: bool
    """The statement goes away with its line, which is opened anew by the first key."""
    keys: tuple[tuple[float, str], ...]
    along: int
    """How many keys follow a suggestion, if there is one."""


def recording(text: str, count: int = SEQUENCES, seed: int = SEED) -> Iterator[Sequence]:
    """`count` sequences in a file with this text."""
    rng = random.Random(seed)
    places = [(match.start(2), match[2]) for match in _STATEMENT.finditer(text)]
    for _ in range(count):
        start, statement = rng.choice(places)
        opens = rng.random() < 0.5
        length = rng.randint(0 if opens else 2, max(2, min(6, len(statement) - 3)))
        waits = (INTERVAL_S * rng.lognormvariate(0, _SPREAD) for _ in range(length + 1))
        keys = (["\n"] if opens else []) + list(statement[:length])
        timed = tuple(zip((_JUMP_S, *waits), keys, strict=False))
        yield Sequence(start, statement, opens, timed, rng.randint(1, 5))
