"""Design units and macros by name, over all files of the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile

from rtlwright.server.context.headers import FileHeaders, Macro, ModuleHeader


class NameTable:
    """Immutable once built. Of several units of one name, the first file's is the project's."""

    def __init__(self, files: Mapping[str, FileHeaders]):
        self._units: dict[str, list[ModuleHeader]] = {}
        self._macros: dict[str, list[Macro]] = {}
        self.instantiated: set[str] = set()
        for headers in files.values():
            for unit in headers.units:
                self._units.setdefault(unit.name, []).append(unit)
                self.instantiated.update(instance.module for instance in unit.instances)
            for macro in headers.macros:
                self._macros.setdefault(macro.name, []).append(macro)

    def unit(self, name: str, near: str = "") -> ModuleHeader | None:
        """The unit called `name`; where several files define it, that of the file `near` or the nearest."""
        found = self._units.get(name)
        if not found:
            return None
        if len(found) == 1 or not near:
            return found[0]
        return max(found, key=lambda unit: (unit.path == near, _shared(unit.path, near)))

    def units(self, *kinds: str) -> tuple[ModuleHeader, ...]:
        """All units of the given kinds, one of each name."""
        return tuple(found[0] for found in self._units.values() if not kinds or found[0].kind in kinds)

    def macro(self, name: str) -> Macro | None:
        found = self._macros.get(name)
        return found[0] if found else None

    def macros(self) -> tuple[Macro, ...]:
        return tuple(found[0] for found in self._macros.values())

    def defining(self, macro: str) -> Iterable[str]:
        """Paths of the files that define a macro."""
        return (found.path for found in self._macros.get(macro, ()))

    def tops(self) -> tuple[str, ...]:
        """Modules that nothing instantiates."""
        return tuple(unit.name for unit in self.units("module") if unit.name not in self.instantiated)

    def missing(self) -> tuple[str, ...]:
        """Names that are instantiated and defined nowhere: vendor primitives, or a file not named."""
        return tuple(sorted(name for name in self.instantiated if name and name not in self._units))


def _shared(a: str, b: str) -> int:
    """How many folders two paths have in common, from the root on."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a.split("/"), b.split("/"), strict=False))
    )


def distance(a: str, b: str) -> int:
    """Folders between two files, up and down."""
    shared = _shared(*(path.rpartition("/")[0] for path in (a, b)))
    return a.count("/") + b.count("/") - 2 * shared if "/" in a and "/" in b else a.count("/") + b.count("/")
