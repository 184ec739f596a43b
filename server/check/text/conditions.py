"""A place that conditional compilation leaves out is checked as if its macro were defined, or were not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rtlwright.server.check.text.lexer import HIDDEN

_DIRECTIVE = re.compile(r"`(ifdef|ifndef|elsif|else|endif|define|undef)\b[ \t]*([A-Za-z_]\w*)?")
_SEEN = re.compile(f"{HIDDEN}|{_DIRECTIVE.pattern}")
"""The same, and comments and strings without a group: hundreds of times as quick as tokens."""


@dataclass(frozen=True, slots=True)
class Supposition:
    """Under which macros a place is read."""

    defines: Mapping[str, str]
    """Of the whole project."""
    reason: str
    """For the user: what differs from the project as it is."""


def suppose(prefix: str, defines: Mapping[str, str]) -> Supposition | None:
    """None for a place behind `prefix` that is read as things are, or that no macro brings in.

    A file that defines the macro itself, above the place, stays as it is.
    """
    if "`if" not in prefix:
        return None
    directives = [found for found in _SEEN.finditer(prefix) if found[1]]
    place = _Place.behind(directives, defines)
    wanted = place.wanted()
    if place.active or wanted is None or "" in wanted:
        return None
    added = sorted(name for name, present in wanted.items() if present and name not in place.macros)
    removed = sorted(name for name, present in wanted.items() if not present and name in defines)
    supposed = {name: value for name, value in defines.items() if name not in removed}
    supposed |= dict.fromkeys(added, "")
    if not _Place.behind(directives, supposed).active:
        return None
    differs = [f"{name} were defined" for name in added] + [f"{name} were not defined" for name in removed]
    return Supposition(supposed, f"as if {' and '.join(differs)}")


def ends_branch(text: str) -> bool:
    """Whether it has the end of a branch that begins before it."""
    depth = 0
    for found in _DIRECTIVE.finditer(text):
        if depth == 0 and found[1] in ("elsif", "else", "endif"):
            return True
        depth += {"ifdef": 1, "ifndef": 1, "endif": -1}.get(found[1], 0)
    return False


@dataclass(slots=True)
class _Level:
    """One `ifdef` that is open."""

    outer: bool
    """What stands around it is read."""
    taken: bool
    """One of its branches was read."""
    active: bool
    before: tuple[tuple[str, bool], ...] = ()
    """Conditions of the branches above the current one: none of them may hold."""
    own: tuple[str, bool] | None = None
    """The current branch's; None for an `else`."""


@dataclass(slots=True)
class _Place:
    """What is open behind some directives."""

    macros: set[str]
    levels: list[_Level] = field(default_factory=list)

    @classmethod
    def behind(cls, directives: Iterable[re.Match[str]], defines: Mapping[str, str]) -> _Place:
        place = cls(set(defines))
        for found in directives:
            place._feed(found[1], found[2] or "")
        return place

    @property
    def active(self) -> bool:
        return not self.levels or self.levels[-1].active

    def wanted(self) -> dict[str, bool] | None:
        """For each macro whether it has to be defined; None where it would have to be both."""
        wanted: dict[str, bool] = {}
        for name, present in self._conditions():
            if wanted.setdefault(name, present) is not present:
                return None
        return wanted

    def _conditions(self) -> Iterator[tuple[str, bool]]:
        for level in self.levels:
            yield from ((name, not present) for name, present in level.before)
            if level.own is not None:
                yield level.own

    def _feed(self, word: str, name: str) -> None:
        if word in ("ifdef", "ifndef"):
            holds = self.active and (name in self.macros) == (word == "ifdef")
            self.levels.append(_Level(self.active, holds, holds, (), (name, word == "ifdef")))
        elif word in ("elsif", "else") and self.levels:
            level = self.levels[-1]
            holds = word == "else" or name in self.macros
            level.active = level.outer and not level.taken and holds
            level.taken |= level.active
            level.before += (level.own,) if level.own is not None else ()
            level.own = (name, True) if word == "elsif" else None
        elif word == "endif" and self.levels:
            self.levels.pop()
        elif word == "define" and self.active:
            self.macros.add(name)
        elif word == "undef":
            self.macros.discard(name)
