"""The seeded source of every choice a family makes: names, widths, clocks, resets, style."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from rtlwright.training.synth.design import Clock, Param, Port, Reset, Size, Style
from rtlwright.training.synth.names import DOMAINS, KEYWORDS, MODIFIERS, ROLES, invented
from rtlwright.training.synth.rtl import Module

T = TypeVar("T")

_COMMON_WIDTHS = (4, 8, 8, 8, 16, 16, 32, 2, 64, 12, 24)
_DECORATED = re.compile(r"^(i|o|in|out)_|_(i|o|ni|in|out)$|^(in|out)$|^(in|out)\d$")
_AFFIXES = (("", ""), ("", ""), ("", ""), ("_i", "_o"), ("_in", "_out"), ("i_", "o_"))


def draw_style(rng: Random) -> Style:
    systemverilog = rng.random() < 0.6
    plain = "logic" if systemverilog else "plain"
    ports = plain if rng.random() < 0.9 else ("plain" if systemverilog else "wire")
    return Style(
        systemverilog=systemverilog,
        ansi=systemverilog or rng.random() > 0.06,
        indent=4 if rng.random() < 0.08 else 2,
        comments=rng.random() < 0.12,
        ports=ports,
    )


class Draw:
    """Hands out choices and collects the ports, in the order drawn, for `module`."""

    def __init__(self, rng: Random, family: str = "", style: Style | None = None) -> None:
        self.rng = rng
        self.family = family
        self.style = style or draw_style(rng)
        self.ports: list[Port] = []
        self.params: list[Param] = []
        self.clk: Clock | None = None
        self.rst: Reset | None = None
        self._taken: set[str] = set()
        self._affixes = rng.choice(_AFFIXES)
        self._domain = rng.choice(DOMAINS)

    # -- plain choices --------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        return self.rng.choice(options)

    def integer(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def width(self, low: int = 1, high: int = 64) -> int:
        """A width between the bounds, mostly one that people use."""
        common = [w for w in _COMMON_WIDTHS if low <= w <= high]
        return self.pick(common) if common and self.chance(0.75) else self.integer(low, high)

    def size(self, low: int = 1, high: int = 64, param: str = "WIDTH", share: float = 0.2) -> Size:
        """A width that is a parameter in `share` of the draws (never below 2 bits then)."""
        bits = self.width(low, high)
        if bits < 2 or not self.chance(share):
            return Size(bits)
        name = self.pick((param, param, "W", "DATA_WIDTH", "N")) if param == "WIDTH" else param
        return Size(
            bits, self.parameter(name, bits, "data width" if param == "WIDTH" else param.lower()).name
        )

    def parameter(self, name: str, value: int, doc: str) -> Param:
        param = Param(self.claim(name), value, doc)
        self.params.append(param)
        return param

    # -- names ----------------------------------------------------------------------------------------

    def claim(self, name: str) -> str:
        """The name, or the name with a number if the design already uses it."""
        base, number = name, 2
        while name in self._taken or name in KEYWORDS:
            name, number = f"{base}{number}", number + 1
        self._taken.add(name)
        return name

    def _composed(self, stem: str) -> str:
        kind = self.rng.random()
        if kind < 0.35:
            return f"{self._domain}_{stem}"
        if kind < 0.6:
            return f"{self.pick(DOMAINS)}_{stem}"
        if kind < 0.75:
            return f"{self.pick(DOMAINS)}_{self.pick(MODIFIERS)}_{stem}"
        if kind < 0.85:
            return f"{self.pick(DOMAINS)}_{self.pick(DOMAINS)}"
        return f"{invented(self.pick)}_{stem}" if kind < 0.95 else invented(self.pick)

    def name(self, role: str) -> str:
        """An unused identifier for a role of `names.ROLES` (or for a stem that is no role)."""
        pool = ROLES.get(role, role).split()
        name = self.pick(pool) if self.chance(0.6) else self._composed(self.pick(pool[:3]))
        return self.claim(name)

    def _port_name(self, role: str, affix: str) -> str:
        pool = ROLES.get(role, role).split()
        name = self.pick(pool) if self.chance(0.55) else self._composed(self.pick(pool[:3]))
        decorated = affix + name if affix.endswith("_") else name + affix
        plain = len(name) > 18 or _DECORATED.search(name)
        return self.claim(name if plain else decorated)

    # -- ports ----------------------------------------------------------------------------------------

    def input(
        self, role: str, size: Size | int, doc: str, *, signed: bool = False, bias: float = 0.5
    ) -> Port:
        size = Size(size) if isinstance(size, int) else size
        return self.port(Port(self._port_name(role, self._affixes[0]), "input", size, doc, signed, bias))

    def output(self, role: str, size: Size | int, doc: str, *, signed: bool = False) -> Port:
        size = Size(size) if isinstance(size, int) else size
        return self.port(Port(self._port_name(role, self._affixes[1]), "output", size, doc, signed))

    def port(self, port: Port) -> Port:
        self.ports.append(port)
        return port

    def clock(self) -> Clock:
        """The design's clock; a falling-edge one is rare."""
        self.clk = Clock(self.name("clock"), positive=not self.chance(0.03))
        doc = "clock" if self.clk.positive else "clock, active on the falling edge"
        self.port(Port(self.clk.name, "input", Size(1), doc))
        return self.clk

    def reset(self, none: float = 0.0) -> Reset | None:
        """The design's reset, or None in a share `none` of the draws."""
        if self.chance(none):
            return None
        low, asynchronous = self.chance(0.5), self.chance(0.5)
        name = self.name("reset_low" if low else "reset_high")
        self.rst = Reset(name, low, asynchronous)
        doc = f"{self.rst.kind} reset, {'active low' if low else 'active high'}"
        self.port(Port(name, "input", Size(1), doc))
        return self.rst

    # -- the module -----------------------------------------------------------------------------------

    def module_name(self, *stems: str) -> str:
        """A module name around one of the stems, sometimes `top_module` as in benchmarks."""
        kind, stem = self.rng.random(), self.pick(stems)
        if kind < 0.10:
            return self.claim("top_module")
        if kind < 0.14:
            return self.claim("TopModule")
        if kind < 0.5:
            return self.claim(stem)
        return self.claim(self._composed(stem))

    def module(self, *stems: str) -> Module:
        """The module that the ports drawn so far belong to, ready for its body."""
        return Module(
            self.module_name(*stems), self.family, self.style, tuple(self.ports), tuple(self.params),
            self.clk, self.rst, self.claim,
        )  # fmt: skip
