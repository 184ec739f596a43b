"""Input values, cycle by cycle: the same for all designs with the same ports, from one seed.

Uniform values reach little: a FIFO that is read as often as it is written never fills, and two random words
are never equal. So there are long runs in which single controls stay high, corners beside uniform words,
the designs' own constants, words that repeat a neighbour's, and random phases with all densities.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.slang.ports import Port

CYCLES = 1000
RESET_CYCLES = 4
EXHAUSTIVE_BITS = 12
"""Combinational designs with at most so many input bits see every value."""
_DIRECTED = 0.5
_DENSITIES = (0.03, 0.2, 0.5, 0.5, 0.8, 0.97)
_QUICK = range(510, 610, 9)
"""Cycles with a reset of one cycle: what it leaves behind shows only right after it."""
_LATE = (780, 781, 900)
_LITERAL = re.compile(r"'\s*[sS]?(?:[hH]\s*([\da-fA-F_]+)|[bB]\s*([01_]+)|[dD]\s*([\d_]+))|\b(\d{2,9})\b")


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one input over all cycles."""

    name: str
    width: int
    values: tuple[int, ...]


def constants(texts: Iterable[str]) -> tuple[int, ...]:
    """Numbers that stand in designs: what they compare with is worth a try."""
    found: set[int] = set()
    for text in texts:
        for match in _LITERAL.finditer(text[:200_000]):
            digits = next(group for group in match.groups() if group).replace("_", "")
            base = 16 if match[1] else 2 if match[2] else 10
            if digits and len(digits) <= 64:
                found.add(int(digits, base))
    return tuple(sorted(found - {0, 1})[:64])


def columns(
    ports: Sequence[Port], roles: Roles, words: Sequence[int] = (), seed: int = 1
) -> tuple[Column, ...]:
    """A column per input (clocks: whether it ticks in this cycle), in the order of the ports.

    An inout has a second column, `NAME/drive`: whether the testbench drives it.
    """
    rng = random.Random(seed)
    free = [port for port in ports if port.direction != "out" and port.name not in _special(roles)]
    driven = _still(free, words, rng) if roles.combinational else _stepped(free, roles, words, rng)
    order = {port.name: index for index, port in enumerate(ports)}
    return tuple(sorted(driven, key=lambda column: order[column.name.partition("/")[0]]))


def _special(roles: Roles) -> set[str]:
    return {*roles.clocks, *(name for name, _ in (*roles.resets, *roles.rare))}


def _still(free: Sequence[Port], words: Sequence[int], rng: random.Random) -> list[Column]:
    """For combinational designs: every value there is, or corners and random ones."""
    bits = sum(port.width for port in free)
    if 0 < bits <= EXHAUSTIVE_BITS and all(port.direction == "in" for port in free):
        found, shift = [], bits
        for port in free:
            shift -= port.width
            mask = (1 << port.width) - 1
            found.append(Column(port.name, port.width, tuple(n >> shift & mask for n in range(1 << bits))))
        return found
    draw = _Draw(free, words, rng)
    for begin in range(0, CYCLES, 4):
        draw.random(min(4, CYCLES - begin), still=True)
    return draw.columns()


def _stepped(free: Sequence[Port], roles: Roles, words: Sequence[int], rng: random.Random) -> list[Column]:
    draw = _Draw(free, words, rng)
    draw.random(RESET_CYCLES, still=False)
    runs = _runs([port.name for port in free if port.width == 1 and port.direction == "in"])
    length = max(12, min(300, int(CYCLES * _DIRECTED) // len(runs)))
    for high in runs:
        if draw.cycles < CYCLES * _DIRECTED:
            draw.run(high, length)
    while draw.cycles < CYCLES:
        longest = 40 if draw.cycles > _QUICK.stop else 5
        draw.random(min(rng.randint(3, longest), CYCLES - draw.cycles), still=False)
    free_columns = (
        [_after_reset(column, rng) for column in draw.columns()] if roles.resets else draw.columns()
    )
    return [*free_columns, *_ticks(roles, rng), *_resets(roles, rng)]


def _after_reset(column: Column, rng: random.Random) -> Column:
    """Zeros and ones behind a reset: where a register begins shows best against one of them."""
    if column.width == 1:
        return column
    values = list(column.values)
    for cycle in (RESET_CYCLES, *(pulse + 1 for pulse in _QUICK)):
        values[cycle] = rng.choice((0, (1 << column.width) - 1, values[cycle]))
    return Column(column.name, column.width, tuple(values))


def _runs(controls: Sequence[str]) -> list[frozenset[str]]:
    """Which controls are high together for long: all, each alone, all but each."""
    everything = frozenset(controls)
    found = [everything, *(frozenset({name}) for name in controls)]
    if len(controls) > 2:
        found += [everything - {name} for name in controls]
    return list(dict.fromkeys(found))


def _ticks(roles: Roles, rng: random.Random) -> list[Column]:
    """The first clock ticks always; others faster and slower, but while reset is held."""
    found = []
    for number, name in enumerate(roles.clocks):
        density = 1.0 if not number else 0.6
        ticks = (int(n < RESET_CYCLES or rng.random() < density) for n in range(CYCLES))
        found.append(Column(name, 1, tuple(ticks)))
    return found


def _resets(roles: Roles, rng: random.Random) -> list[Column]:
    found = []
    for number, (name, high) in enumerate(roles.resets):
        pulses = {cycle + 4 * number for cycle in (*_QUICK, *_LATE)}
        active = [n < RESET_CYCLES or n in pulses for n in range(CYCLES)]
        found.append(Column(name, 1, tuple(int(each == high) for each in active)))
    for name, high in roles.rare:
        begin = int(CYCLES * _DIRECTED)
        active = [n < RESET_CYCLES or (n > begin and rng.random() < 0.04) for n in range(CYCLES)]
        found.append(Column(name, 1, tuple(int(each == high) for each in active)))
    return found


class _Draw:
    """Columns that grow phase by phase."""

    def __init__(self, free: Sequence[Port], words: Sequence[int], rng: random.Random):
        self._free, self._rng = free, rng
        self._words = {port.name: [w for w in words if w.bit_length() <= port.width] for port in free}
        self._values: dict[str, list[int]] = {port.name: [] for port in free}
        self._drive: dict[str, list[int]] = {p.name: [] for p in free if p.direction == "inout"}
        self.cycles = 0

    def columns(self) -> list[Column]:
        widths = {port.name: port.width for port in self._free}
        found = [Column(name, widths[name], tuple(values)) for name, values in self._values.items()]
        return found + [Column(f"{name}/drive", 1, tuple(v)) for name, v in self._drive.items()]

    def run(self, high: frozenset[str], length: int) -> None:
        """Single controls constant for long; selectors change now and then, words as they like."""
        for port in self._free:
            if port.width == 1 and port.direction == "in":
                self._values[port.name] += [int(port.name in high)] * length
            elif port.width <= 4 and port.direction == "in":
                self._values[port.name] += self._held(port, length)
            else:
                self._values[port.name] += self._phase(port, length)
        self._grow(length)

    def random(self, length: int, *, still: bool) -> None:
        for port in self._free:
            if port.width == 1:
                density = 0.5 if still else self._rng.choice(_DENSITIES)
                self._values[port.name] += [int(self._rng.random() < density) for _ in range(length)]
            else:
                self._values[port.name] += self._phase(port, length)
        self._grow(length)

    def _grow(self, length: int) -> None:
        for drive in self._drive.values():
            drive += [self._rng.randint(0, 1)] * length
        self.cycles += length

    def _held(self, port: Port, length: int) -> list[int]:
        found: list[int] = []
        while len(found) < length:
            found += [self._rng.getrandbits(port.width)] * self._rng.randint(6, 24)
        return found[:length]

    def _phase(self, port: Port, length: int) -> list[int]:
        """One way of drawing words, for as long as a phase lasts."""
        rng, width = self._rng, port.width
        mask = (1 << width) - 1
        match rng.randrange(8):
            case 0 | 1:
                return [rng.getrandbits(width) for _ in range(length)]
            case 2:
                return [self._corner(port)] * length
            case 3:
                begin = self._corner(port)
                return [begin + n & mask for n in range(length)]
            case 4:
                return [1 << (n % width) for n in range(length)]
            case 5:
                return self._neighbours(port, length)
            case _:
                return [self._corner(port) for _ in range(length)]

    def _corner(self, port: Port) -> int:
        rng, width, words = self._rng, port.width, self._words[port.name]
        mask = (1 << width) - 1
        if words and rng.random() < 0.4:
            return rng.choice(words)
        corners = (
            0, mask, 1, 1 << width - 1, mask >> 1, mask // 3, mask - mask // 3, 1 << rng.randrange(width),
            mask ^ (1 << rng.randrange(width)), rng.randrange(8) & mask, mask - (rng.randrange(4) & mask),
            rng.getrandbits(width),
        )  # fmt: skip
        return rng.choice(corners)

    def _neighbours(self, port: Port, length: int) -> list[int]:
        """What another input of this width has just now, or one off it: else nothing is ever equal."""
        mask = (1 << port.width) - 1
        others = [
            values[-length:]
            for other in self._free
            if other.width == port.width and other is not port
            and len(values := self._values[other.name]) >= self.cycles + length
        ]  # fmt: skip
        if not others:
            return [self._corner(port) for _ in range(length)]
        base = self._rng.choice(others)
        return [value + self._rng.choice((0, 0, 0, 1, -1)) & mask for value in base]
