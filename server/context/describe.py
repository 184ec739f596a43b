"""The project as `rtlwright index` shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rtlwright.server.context.headers import Macro, ModuleHeader
from rtlwright.server.context.index import IndexStats, ProjectIndex


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProjectDescription:
    """What the index knows, sorted by name; everything in it is JSON once through `as_json`."""

    root: str
    files: tuple[str, ...]
    modules: tuple[ModuleHeader, ...]
    interfaces: tuple[ModuleHeader, ...]
    packages: tuple[ModuleHeader, ...]
    macros: tuple[Macro, ...]
    tops: tuple[str, ...]
    """Modules that nothing instantiates: top modules, testbenches, the unused."""
    missing: tuple[str, ...]
    """Instantiated, defined nowhere."""
    unreadable: tuple[UnreadableFile, ...]
    problems: tuple[str, ...]
    """What is wrong with the filelists."""
    stats: IndexStats


def describe(index: ProjectIndex) -> ProjectDescription:
    """Pure: the index is not refreshed."""
    files = index.files()
    names = index.names
    unreadable = (UnreadableFile(path, h.unreadable) for path, h in sorted(files.items()) if h.unreadable)
    return ProjectDescription(
        root=str(index.root),
        files=tuple(sorted(files)),
        modules=_sorted(index.modules()),
        interfaces=_sorted(index.interfaces()),
        packages=_sorted(index.packages()),
        macros=tuple(sorted(index.macros(), key=lambda macro: macro.name)),
        tops=tuple(sorted(names.tops())),
        missing=names.missing(),
        unreadable=tuple(unreadable),
        problems=index.problems,
        stats=index.stats(),
    )


def as_json(description: ProjectDescription) -> dict[str, Any]:
    """One object, for `--json`."""
    return asdict(description)


def summary(unit: ModuleHeader) -> str:
    """`fifo #(DEPTH = 16, WIDTH) (input clk, output [WIDTH-1:0] q)`, one line."""
    settable = (f"{p.name} = {p.default}" if p.default else p.name for p in unit.settable)
    parameters = ", ".join(settable)
    listed = (f"{port.direction or port.type_text} {port.width_text} {port.name}" for port in unit.ports)
    ports = ", ".join(" ".join(port.split()) for port in listed)
    return f"{unit.name}{f' #({parameters})' if parameters else ''} ({ports})"


def _sorted(units: tuple[ModuleHeader, ...]) -> tuple[ModuleHeader, ...]:
    return tuple(sorted(units, key=lambda unit: unit.name))
