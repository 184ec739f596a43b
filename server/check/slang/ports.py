"""A module's interface as slang elaborates it; apart from slang, which the editor's process never loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a module, elaborated."""

    name: str
    direction: str
    """`in`, `out` or `inout`."""
    width: int
    fault: str | None = None
    """Why a testbench in Verilog cannot connect a vector to it."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What the always blocks of a design, its instances included, do with the ports of its top."""

    clocks: tuple[str, ...] = ()
    """Ports whose edge steps state."""
    falling: tuple[str, ...] = ()
    """Those of them of which a falling edge counts."""
    asynchronous: tuple[tuple[str, bool], ...] = ()
    """(port, active high): in a sensitivity list, and tested first."""
    synchronous: tuple[tuple[str, bool], ...] = ()
    """(port, active high): tested first in a clocked block, and sets constants."""
    derived: bool = False
    """State is stepped by a signal that is no port: a gated or divided clock."""


@dataclass(frozen=True, slots=True)
class Interface:
    """The ports of a module with its default parameters, and how they are used."""

    ports: tuple[Port, ...]
    uses: Uses = Uses()

    @property
    def fault(self) -> str | None:
        """Why it cannot be driven."""
        if not self.ports:
            return "its ports cannot be elaborated"
        first = next((port for port in self.ports if port.fault), None)
        if first:
            return f"port {first.name} is {first.fault}, which a generated testbench cannot drive"
        if all(port.direction == "in" for port in self.ports):
            return "it has no outputs"
        return None

    @property
    def signature(self) -> tuple[tuple[str, str, int], ...]:
        """The same for modules that the same stimulus fits, whatever their names and the order of ports."""
        return tuple(sorted((port.name, port.direction, port.width) for port in self.ports))


def encode(interface: Interface) -> dict[str, Any]:
    return asdict(interface)


def decode(data: Mapping[str, Any]) -> Interface:
    """Raises `KeyError`, `TypeError` or `ValueError` for what is no interface."""
    ports = tuple(
        Port(
            str(p["name"]),
            str(p["direction"]),
            int(p["width"]),
            None if p["fault"] is None else str(p["fault"]),
        )
        for p in data["ports"]
    )
    uses = data["uses"]
    return Interface(
        ports,
        Uses(
            _names(uses["clocks"]), _names(uses["falling"]), _levels(uses["asynchronous"]),
            _levels(uses["synchronous"]), bool(uses["derived"]),
        ),
    )  # fmt: skip


def _names(data: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in data)


def _levels(data: Sequence[Any]) -> tuple[tuple[str, bool], ...]:
    return tuple((str(name), bool(high)) for name, high in data)
