"""The nouns of the generator: what a design is, apart from how it is described or checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol

Inputs = Mapping[str, int]
Outputs = Mapping[str, int | None]
Stimulus = Callable[[Random], Iterable[dict[str, int]]]


@dataclass(frozen=True)
class Style:
    """How the source is written; `ports` is the net kind that the header spells out."""

    systemverilog: bool = True
    ansi: bool = True
    indent: int = 2
    comments: bool = False
    ports: Literal["logic", "wire", "plain"] = "logic"

    @property
    def spoken(self) -> bool:
        """Whether a specification can express this style without showing the header."""
        return self.indent == 2 and self.ports == ("logic" if self.systemverilog else "plain")


@dataclass(frozen=True)
class Size:
    """A width in bits, possibly the value of a parameter."""

    bits: int
    param: str | None = None

    @property
    def range(self) -> str:
        """`[7:0]`, `[WIDTH-1:0]`, or nothing for a single bit."""
        if self.param:
            return f"[{self.param}-1:0]"
        return f"[{self.bits - 1}:0]" if self.bits > 1 else ""

    @property
    def msb(self) -> str:
        return f"{self.param}-1" if self.param else str(self.bits - 1)

    @property
    def text(self) -> str:
        return self.param or str(self.bits)

    @property
    def words(self) -> str:
        """`8-bit`, or `WIDTH-bit` when parameterized."""
        return f"{self.text}-bit"


@dataclass(frozen=True)
class Param:
    name: str
    value: int
    doc: str


@dataclass(frozen=True)
class Port:
    """A port; `bias` is the share of ones that the stimulus drives on a single-bit input."""

    name: str
    direction: Literal["input", "output"]
    size: Size
    doc: str
    signed: bool = False
    bias: float = 0.5

    @property
    def width(self) -> int:
        return self.size.bits

    @property
    def range_text(self) -> str:
        return self.size.range

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Clock:
    name: str
    positive: bool = True

    @property
    def edge(self) -> str:
        return "posedge" if self.positive else "negedge"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Reset:
    name: str
    active_low: bool
    asynchronous: bool

    @property
    def kind(self) -> str:
        return "asynchronous" if self.asynchronous else "synchronous"

    @property
    def level(self) -> str:
        return "active-low" if self.active_low else "active-high"

    def active(self, inputs: Inputs) -> bool:
        return bool(inputs[self.name]) != self.active_low

    def __str__(self) -> str:
        return self.name


class Reference(Protocol):
    """A model of the behaviour, written without looking at the RTL.

    `outputs` gives the values just before the active clock edge; a missing name or None is not compared.
    """

    def outputs(self, inputs: Inputs) -> Outputs: ...

    def clock(self, inputs: Inputs) -> None: ...


@dataclass(frozen=True)
class Table:
    """A truth table, an opcode list, a state table: for the voices that show one."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Design:
    """One module with what is needed to describe and to check it.

    Identifiers in prose stand in backticks; a voice keeps, strips or quotes them. `brief` says that a
    summary with the ports and the reset determines the function.
    """

    family: str
    name: str
    style: Style
    ports: tuple[Port, ...]
    header: str
    rtl: str
    modules: tuple[str, ...]
    summaries: tuple[str, ...]
    behaviour: tuple[str, ...]
    reference: Callable[[], Reference]
    params: tuple[Param, ...] = ()
    clock: Clock | None = None
    reset: Reset | None = None
    reset_effect: str = ""
    brief: bool = True
    table: Table | None = None
    equations: tuple[str, ...] = ()
    vectors: int = 64
    stimulus: Stimulus | None = None

    @property
    def inputs(self) -> tuple[Port, ...]:
        return tuple(p for p in self.ports if p.direction == "input")

    @property
    def outputs(self) -> tuple[Port, ...]:
        return tuple(p for p in self.ports if p.direction == "output")
