"""Nets that are a group of ports under another name: `s_awaddr`, `s_awlen` are `m0_awaddr`, `m0_awlen`.

One net that merely resembles a port is no evidence. Several ports that become nets of the module when the
same words are exchanged at their front or end are: the author named them as a bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rtlwright.server.context.headers import PortDecl

_MAX_NAMES = 4_000
_MIN_COMMON = 3
"""Characters that port and net must share: `o` of `i_o` and `q_o` says nothing."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """Exchange of `old` for `new` words at one end of a name; either may be empty."""

    end: Literal["front", "back"]
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Group:
    """What a renaming explains: port → net."""

    renaming: Renaming
    nets: Mapping[str, str]

    @property
    def common(self) -> int:
        """Characters that its ports share with their nets: the more, the less is made up."""
        return sum(len(port) - len(self.renaming.old) for port in self.nets)


def groups(
    ports: Sequence[PortDecl], names: Iterable[str], fits: Callable[[PortDecl, str], bool]
) -> list[Group]:
    """Renamings that explain two of `ports` or more, those that explain most first.

    `fits` says whether a port may be connected to a name at all. A port of several groups is in each.
    """
    known = list(names)
    if len(ports) < 2 or len(known) > _MAX_NAMES:
        return []
    by_rest: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name in known:
        for end, affix, rest in _splits(name.lower()):
            by_rest.setdefault((end, rest), []).append((affix, name))
    explained: dict[Renaming, dict[str, str]] = {}
    for port in ports:
        for end, old, rest in _splits(port.name.lower()):
            for new, name in by_rest.get((end, rest), ()):
                if new != old and fits(port, name):
                    explained.setdefault(Renaming(end, old, new), {}).setdefault(port.name, name)
    found = [Group(renaming, nets) for renaming, nets in explained.items() if len(nets) > 1]
    return sorted(found, key=lambda group: (-len(group.nets), -group.common))


def _splits(name: str) -> Iterator[tuple[Literal["front", "back"], str, str]]:
    """(end, words at that end, the rest) for every place between words; `a_b` → ("front", "a", "b"), …"""
    words = name.split("_")
    for cut in range(len(words)):
        rest = "_".join(words[cut:])
        if len(rest) >= _MIN_COMMON or not cut:
            yield "front", "_".join(words[:cut]), rest
    for cut in range(len(words), 0, -1):
        rest = "_".join(words[:cut])
        if len(rest) >= _MIN_COMMON or cut == len(words):
            yield "back", "_".join(words[cut:]), rest
