"""Which net of the enclosing module an instance's port is meant for: by name, direction and width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rtlwright.server.context.headers import Net, PortDecl
from rtlwright.server.context.scope import Scope, window_start
from rtlwright.server.context.window import Context
from rtlwright.server.sources.renaming import Group, groups
from rtlwright.server.sources.wiring import HeaderOf, Wiring

_BACK = 64 * 1024
"""Characters of the enclosing module that are searched for connections."""
_PREFIXES = ("i_", "o_", "io_", "in_", "out_")
_SUFFIXES = ("_i", "_o", "_io", "_in", "_out")
_BY_CORE = 4
"""Place of the tier in `Matcher._tiers` where direction affixes are dropped."""
_BITS = frozenset({"", "wire", "logic", "reg", "bit", "tri", "var logic", "wire logic"})
_A_BUNDLE = 3
"""Ports that one renaming explains, from which on that says more than what a single name resembles."""
_INSTANCE_AFFIX = re.compile(r"\A(?:u_|i_|inst_)|(?:_inst|_i|_u|_\d+)\Z")
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

    @classmethod
    def of(cls, context: Context, module: str, instance: str) -> Matcher:
        """For an instance at the context's cursor."""
        first = window_start(context.document.text, context.offset)
        clean = context.clean_prefix[max(0, context.scope.start - first) :][-_BACK:]
        index, path = context.index, context.document.path
        header_of = (lambda name: index.module(name, path)) if index is not None else (lambda _: None)
        return cls(context.scope, module, instance, clean, header_of)

    def __init__(self, scope: Scope, module: str, instance: str, clean: str, header_of: HeaderOf):
        """`clean` is the enclosing module's text before the cursor, searched for what is driven already.

        `header_of` gives a module's ports, and so what its instances drive.
        """
        self._nets = {name: _of(item) for name, item in scope.names.items()}
        self._instances = {item.name: item.module for item in scope.instances}
        self._stems = _stems(module, instance)
        self._wiring = Wiring(clean, scope.instances, header_of)
        self._used = self._wiring.of_module(module)
        self._by_lower = _grouped((name.lower(), name) for name in self._nets)
        self._by_core = _grouped((core(name), name) for name in self._nets)

    def nets_for(self, ports: Sequence[PortDecl]) -> list[str | None]:
        """The best net for each, or None: a wrong connection costs more than a missing one.

        A name of its own comes first, then what a whole group is called, then what only resembles the port.
        """
        directed = [port for port in ports if port.direction and not port.is_interface]
        found = self._bundles(directed, {}, _A_BUNDLE, own=True)
        for port in ports:
            if port.name not in found and (net := self._same_name(port)) is not None:
                found[port.name] = net
        found |= self._bundles(directed, found, _A_BUNDLE)
        for port in ports:
            if port.name not in found and (net := self.net_for(port)) is not None:
                found[port.name] = net
        found |= self._bundles(directed, found, 2)
        return [found.get(port.name) for port in ports]

    def _bundles(
        self, ports: Sequence[PortDecl], found: Mapping[str, str], least: int, own: bool = False
    ) -> dict[str, str]:
        """Nets of groups of at least `least` ports that have none in `found`; with `own`, of what is called
        after the instance only."""
        unnamed = [port for port in ports if port.name not in found]
        explained = [g for g in groups(unnamed, self._nets, self._may_be) if len(g.nets) >= least]
        if own:
            explained = [g for g in explained if self._likeness(g.renaming.new) == 2]
        chosen: dict[str, str] = {}
        used = set(found.values())
        for group in self._chosen(explained):
            for port, net in group.nets.items():
                if port not in chosen and net not in used:
                    chosen[port] = net
                    used.add(net)
        return chosen

    def net_for(self, port: PortDecl) -> str | None:
        """The best net for one port by its name alone, or None."""
        if port.is_interface or not port.direction:
            return self._interface_for(port)
        for likeness, names in enumerate(self._tiers(port.name)):
            if (net := self._best(port, names, likeness)) is not None:
                return net
        return None

    def _same_name(self, port: PortDecl) -> str | None:
        if port.is_interface or not port.direction:
            return self._interface_for(port)
        names = [port.name] if port.name in self._nets else self._by_lower.get(port.name.lower(), [])
        return self._best(port, names, 0)

    def _best(self, port: PortDecl, names: list[str], likeness: int) -> str | None:
        fitting = [name for name in names if self._fits(port, self._nets[name], likeness)]
        return max(fitting, key=lambda name: self._width_score(port, self._nets[name]), default=None)

    def _may_be(self, port: PortDecl, name: str) -> bool:
        """A group's nets must be as wide as its ports: scalars and vectors are not exchanged."""
        net = self._nets[name]
        return self._fits(port, net, 0) and self._width_score(port, net) > 0

    def _chosen(self, explained: Sequence[Group]) -> list[Group]:
        """Of several groups for the same ports one, if there is a reason for it; else none."""
        chosen: list[Group] = []
        settled: set[str] = set()
        for group in explained:
            if settled.issuperset(group.nets):
                continue
            rivals = [g for g in explained if g is not group and _rivals(group, g)]
            best = max([group, *rivals], key=self._reason)
            if all(self._reason(g) < self._reason(best) for g in (group, *rivals) if g is not best):
                chosen.append(best)
            settled |= group.nets.keys()
        return chosen

    def _reason(self, group: Group) -> tuple[int, int]:
        """Named after the instance; not connected to another instance of the module yet."""
        again = sum((port, net) in self._used for port, net in group.nets.items())
        return self._likeness(group.renaming.new), -again

    def _likeness(self, words: str) -> int:
        """2: has the instance's name; 1: shares a word with it or its module."""
        bare = self._stems[0] if self._stems else ""
        if bare and f"_{bare}_" in f"_{words}_":
            return 2
        return int(any(set(words.split("_")) & set(stem.split("_")) for stem in self._stems))

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
        """An output must not drive an input of the enclosing module, nor what is driven already.

        A bus is not what one bit is meant for: that is one of its bits, and which one is not known.
        """
        if net.width and _is_one_bit(port):
            return False
        if port.direction != "output":
            # `data_i` is no reason to read back our own output `o_data`; the same name is.
            return net.direction != "output" or likeness < _BY_CORE
        return net.direction != "input" and not self._wiring.drives(port.name, net.name)

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


def _is_one_bit(port: PortDecl) -> bool:
    return not port.width_text and not port.unpacked_text and port.type_text in _BITS


def _rivals(one: Group, other: Group) -> bool:
    """They explain most of the same ports, otherwise."""
    shared = one.nets.keys() & other.nets.keys()
    differ = any(one.nets[port] != other.nets[port] for port in shared)
    return differ and 2 * len(shared) >= len(one.nets)


def _of(item: PortDecl | Net) -> _Named:
    return _Named(item.name, item.width_text, item.direction if isinstance(item, PortDecl) else "")


def _stems(module: str, instance: str) -> list[str]:
    """What its nets may be called after: `u_tx_fifo` of `fifo` → `u_tx_fifo`, `tx_fifo`, `tx`."""
    bare = _INSTANCE_AFFIX.sub("", instance)
    without = bare.removesuffix(f"_{module}").removeprefix(f"{module}_")
    return list(dict.fromkeys(s.lower() for s in (bare, instance, without, module) if s))


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return found
