"""What the instances of a module are connected to already."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rtlwright.server.context.headers import Instance, ModuleHeader

HeaderOf = Callable[[str], ModuleHeader | None]
"""A module's header by its name."""
_ASSIGNED = re.compile(r"assign\s+([A-Za-z_]\w*)\s*=")
_CONNECTED = re.compile(r"\.\s*([A-Za-z_]\w*)\s*\(\s*([A-Za-z_]\w*)\s*\)")


@dataclass(frozen=True, slots=True)
class Wire:
    """A named connection to one whole net."""

    module: str
    """Of the instance; empty where that is not known."""
    port: str
    net: str


def wires(clean: str, instances: Sequence[Instance]) -> list[Wire]:
    """The connections in a module's comment-free text, in order."""
    starts = []
    for instance in instances:
        pattern = rf"\b{re.escape(instance.name)}\s*(?:\[[^\]\n]*\]\s*)?\("
        found = re.search(pattern, clean)
        if found is not None:
            starts.append((found.start(), instance.module))
    starts.sort(reverse=True)
    result = []
    for match in _CONNECTED.finditer(clean):
        module = next((module for start, module in starts if start < match.start()), "")
        result.append(Wire(module, match[1], match[2]))
    return result


class Wiring:
    """Which nets of a module are driven, and how its instances are connected, before the cursor."""

    def __init__(self, clean: str, instances: Sequence[Instance], header_of: HeaderOf):
        """`clean` is the module's comment-free text; `header_of` tells what an instance drives."""
        self._wires = wires(clean, instances)
        self._driven = set(_ASSIGNED.findall(clean))
        self._perhaps: set[tuple[str, str]] = set()
        outputs = {name: _outputs(header_of(name)) for name in {wire.module for wire in self._wires}}
        for wire in self._wires:
            drives = outputs[wire.module]
            if drives is None:
                self._perhaps.add((wire.port, wire.net))
            elif wire.port in drives:
                self._driven.add(wire.net)

    def drives(self, port: str, net: str) -> bool:
        """Whether something drives `net`, so that an output called `port` must not.

        Of an instance whose module is not known, a port of that name is taken for an output, too.
        """
        return net in self._driven or (port, net) in self._perhaps

    def of_module(self, module: str) -> frozenset[tuple[str, str]]:
        """(port, net) of the instances of one module."""
        return frozenset((wire.port, wire.net) for wire in self._wires if wire.module == module)


def _outputs(header: ModuleHeader | None) -> frozenset[str] | None:
    if header is None:
        return None
    return frozenset(port.name for port in header.ports if port.direction == "output")
