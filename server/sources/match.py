"""Which net of the enclosing module an instance's port is meant for: by name, direction and width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rtlwright.server.context.headers import Net, PortDecl
from rtlwright.server.context.scope import Scope

_PREFIXES = ("i_", "o_", "io_", "in_", "out_")
_SUFFIXES = ("_i", "_o", "_io", "_in", "_out")
_BY_CORE = 4
"""Place of the tier in `Matcher._tiers` where direction affixes are dropped."""
_INSTANCE_AFFIX = re.compile(r"\A(?:u_|i_|inst_)|(?:_inst|_i|_u|_\d+)\Z")
_ASSIGNED = re.compile(r"assign\s+([A-Za-z_]\w*)\s*=")
_CONNECTED = re.compile(r"\.\s*([A-Za-z_]\w*)\s*\(\s*([A-Za-z_]\w*)\s*\)")
_CLOCK = re.compile(r"\A(?:[ai]?_?)(?:clk|clock|aclk)(?:_i|_in)?\Z", re.I)
_RESET = re.compile(r"\A[as]?_?(?:rst|reset|areset|arst)(?P<low>_?n|_?b|_?l)?(?:_?i|_in)?\Z", re.I)


@dataclass(frozen=True, slots=True)
class _Named:
    """A name that an expression may use, and what it is."""

    name: str
    width: str
    direction: str
    """Of the enclosing module's port; empty for a net."""


class Matcher:
    """The nets of one scope, ready to be asked for many ports of one instance."""

    def __init__(self, scope: Scope, module: str, instance: str, clean: str):
        """`clean` is the enclosing module's text, searched for nets that are driven already."""
        self._nets = {name: _of(item) for name, item in scope.names.items()}
        self._instances = {item.name: item.module for item in scope.instances}
        self._stems = _stems(module, instance)
        self._assigned = frozenset(_ASSIGNED.findall(clean))
        self._connected = frozenset(_CONNECTED.findall(clean))
        self._by_lower = _grouped((name.lower(), name) for name in self._nets)
        self._by_core = _grouped((core(name), name) for name in self._nets)

    def net_for(self, port: PortDecl) -> str | None:
        """The best net, or None: a wrong connection costs more than a missing one."""
        if port.is_interface or not port.direction:
            return self._interface_for(port)
        for likeness, names in enumerate(self._tiers(port.name)):
            fitting = [name for name in names if self._fits(port, self._nets[name], likeness)]
            if fitting:
                return max(fitting, key=lambda name: self._width_score(port, self._nets[name]))
        return None

    def _tiers(self, port: str) -> Iterable[list[str]]:
        """Names by falling likeness."""
        nets, lower = self._nets, port.lower()
        yield [port] if port in nets else []
        yield self._by_lower.get(lower, [])
        joined = [f"{stem}_{end}" for stem in self._stems for end in (lower, core(port))]
        yield [name for key in joined for name in self._by_lower.get(key, [])]
        joined = [f"{end}_{stem}" for stem in self._stems for end in (lower, core(port))]
        yield [name for key in joined for name in self._by_lower.get(key, [])]
        yield self._by_core.get(core(port), [])
        yield self._synonyms(port)

    def _synonyms(self, port: str) -> list[str]:
        """The one clock, or the one reset of the same polarity."""
        if _CLOCK.match(port):
            found = [name for name in self._nets if _CLOCK.match(name)]
        elif (reset := _RESET.match(port)) is not None:
            resets = ((name, _RESET.match(name)) for name in self._nets)
            found = [name for name, other in resets if other and bool(other["low"]) == bool(reset["low"])]
        else:
            return []
        return found if len(found) == 1 else []

    def _interface_for(self, port: PortDecl) -> str | None:
        wanted = port.type_text.split(".", 1)[0]
        instances = [name for name, module in self._instances.items() if module == wanted]
        ports = [name for name in self._nets if name == port.name]
        if port.name in instances or len(instances) == 1:
            return port.name if port.name in instances else instances[0]
        return ports[0] if ports else None

    def _fits(self, port: PortDecl, net: _Named, likeness: int) -> bool:
        """An output must not drive an input of the enclosing module, nor what is driven already."""
        if port.direction != "output":
            # `data_i` is no reason to read back our own output `o_data`; the same name is.
            return net.direction != "output" or likeness < _BY_CORE
        return net.direction != "input" and not self._driven(port.name, net.name)

    def _driven(self, port: str, net: str) -> bool:
        return net in self._assigned or (port, net) in self._connected

    def _width_score(self, port: PortDecl, net: _Named) -> int:
        if port.width_text == net.width:
            return 2
        return 0 if bool(port.width_text) != bool(net.width) else 1


def is_clock(name: str) -> bool:
    return _CLOCK.match(name) is not None


def is_reset(name: str) -> bool:
    return _RESET.match(name) is not None


def is_active_low(reset: str) -> bool:
    """`rst_n`, `resetn`, `rst_ni`: by the name alone."""
    found = _RESET.match(reset)
    return found is not None and bool(found["low"])


def core(name: str) -> str:
    """A name without its direction's affix, in lower case: `i_data`, `data_o`, `data` → `data`."""
    lower = name.lower()
    for prefix in _PREFIXES:
        if lower.startswith(prefix) and len(lower) > len(prefix):
            return lower[len(prefix) :]
    for suffix in _SUFFIXES:
        if lower.endswith(suffix) and len(lower) > len(suffix):
            return lower[: -len(suffix)]
    # active-low names carry both: `rst_ni`
    return lower[:-1] if lower.endswith("_ni") else lower


def _of(item: PortDecl | Net) -> _Named:
    return _Named(item.name, item.width_text, item.direction if isinstance(item, PortDecl) else "")


def _stems(module: str, instance: str) -> list[str]:
    """What its nets may be called after: `u_tx_fifo` of `fifo` → `u_tx_fifo`, `tx_fifo`, `tx`."""
    bare = _INSTANCE_AFFIX.sub("", instance)
    without = bare.removesuffix(f"_{module}").removeprefix(f"{module}_")
    return list(dict.fromkeys(s.lower() for s in (instance, bare, without, module) if s))


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return found
