"""Which inputs are clocks and resets: by what the designs do with them, else by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rtlwright.server.check.slang.ports import Port, Uses

_CLOCK = re.compile(r"^(?:i_|in_)?(?:\w*_)?(?:clk|clock|ck|aclk|hclk|pclk)(?:_?(?:i|in))?$", re.IGNORECASE)
_RESET = re.compile(
    r"^(?:i_|in_)?(?:\w*_)?(?P<low>n)?a?(?:rst|reset|areset|clr|clear|resetn|rstn)(?P<suffix>_?(?:n|b|ni|l))?(?:_?(?:i|in))?$",
    re.IGNORECASE,
)
_LOW = re.compile(r"^n|n$|_b$|_ni$|_l$|_n_i$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Roles:
    """What the inputs are for; those that are nothing here get random values."""

    clocks: tuple[str, ...] = ()
    falling: bool = False
    """State is stepped by a falling edge, too."""
    resets: tuple[tuple[str, bool], ...] = ()
    """(port, active high): held at first, and pulsed again later on."""
    rare: tuple[tuple[str, bool], ...] = ()
    """(port, active high): sets everything to constants, so that it is seldom active."""

    @property
    def combinational(self) -> bool:
        return not self.clocks

    @classmethod
    def of(cls, ports: Sequence[Port], uses: Sequence[Uses] = ()) -> Roles:
        """What most of the designs do decides; where none says anything, the name does.

        All designs with these ports share the answer: they are driven alike or cannot be compared.
        """
        single = [port.name for port in ports if port.direction == "in" and port.width == 1]
        if uses and not any(each.clocks or each.derived for each in uses):
            return cls()
        clocks = tuple(name for name in single if _is_clock(name, uses))
        if not clocks:
            return cls()
        levels = {name: _level(name, uses) for name in single if name not in clocks}
        resets = {name for name in levels if _is_reset(name, uses)}
        rare = {name for name in levels if _share(name, [dict(u.synchronous) for u in uses]) > 0.5} - resets
        return cls(
            clocks,
            any(each.falling for each in uses),
            tuple((name, levels[name]) for name in single if name in resets),
            tuple((name, levels[name]) for name in single if name in rare),
        )


def _is_clock(name: str, uses: Sequence[Uses]) -> bool:
    named = bool(_CLOCK.match(name))
    if not uses:
        return named
    share = _share(name, [each.clocks for each in uses])
    return share > 0.5 or (named and (share > 0 or any(each.derived for each in uses)))


def _is_reset(name: str, uses: Sequence[Uses]) -> bool:
    return bool(_RESET.match(name)) or _share(name, [dict(each.asynchronous) for each in uses]) > 0.5


def _level(name: str, uses: Sequence[Uses]) -> bool:
    """Whether it is active high: by use, by name where use is undecided."""
    votes = [
        1 if dict(tests)[name] else -1
        for each in uses
        for tests in (each.asynchronous, each.synchronous)
        if name in dict(tests)
    ]
    return sum(votes) > 0 if sum(votes) else not (_RESET.match(name) and _LOW.search(name))


def _share(name: str, each: Sequence[Any]) -> float:
    return sum(name in one for one in each) / len(each) if each else 0.0


def encode(roles: Roles) -> dict[str, Any]:
    return asdict(roles)


def decode(data: Mapping[str, Any]) -> Roles:
    def levels(pairs: Sequence[Any]) -> tuple[tuple[str, bool], ...]:
        return tuple((str(name), bool(high)) for name, high in pairs)

    clocks = tuple(str(name) for name in data["clocks"])
    return Roles(clocks, bool(data["falling"]), levels(data["resets"]), levels(data["rare"]))
