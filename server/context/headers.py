"""What the index knows of a file: modules, packages, interfaces with their ports, and macros.

Everything here crosses a process boundary as JSON rows (`to_row`, `from_row`): a list of the fields in
order. The decoder checks every type, since the process that made the row read hostile text.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    default: str
    """Source text; empty where there is none."""
    type_text: str
    """`int`, `logic [3:0]`, `type` for a type parameter; empty where implicit."""
    is_local: bool
    in_header: bool = True
    """Stands in `#(…)`; where such a list exists, parameters of the body cannot be overridden."""


@dataclass(frozen=True, slots=True)
class PortDecl:
    name: str
    direction: str
    """`input`, `output`, `inout`, `ref`; empty for an interface port."""
    type_text: str
    """`wire`, `logic`, `pkg::word_t`, `axi_if.master`; without dimensions."""
    width_text: str
    """Packed dimensions as written, `[WIDTH-1:0]`; empty for a scalar."""
    unpacked_text: str = ""
    """Unpacked dimensions as written, `[0:3]`."""
    is_interface: bool = False
    line: int = 0
    """1-based; 0 if it stands in another file (an include)."""


@dataclass(frozen=True, slots=True)
class Net:
    """A declared net, variable or genvar."""

    name: str
    type_text: str
    width_text: str
    unpacked_text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TypeDecl:
    name: str
    kind: str
    """`enum`, `struct`, `union` or `alias`."""
    members: tuple[str, ...] = ()
    """Enumerators in order, or fields."""
    text: str = ""
    """Source text of an alias."""


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    module: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Macro:
    name: str
    arguments: str
    """`(a, b)` as written; empty for an object-like macro."""
    body: str
    line: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class ModuleHeader:
    """A design unit; `kind` says which."""

    name: str
    kind: str
    """`module`, `interface`, `package`, `program`, `class`, `checker` or `primitive`."""
    path: str
    """Relative to the project's root, or absolute outside of it."""
    line: int
    """1-based line of the name."""
    end_line: int
    parameters: tuple[Parameter, ...] = ()
    ports: tuple[PortDecl, ...] = ()
    ansi: bool = True
    instances: tuple[Instance, ...] = ()
    imports: tuple[str, ...] = ()
    """Packages imported in the header or the body."""
    nets: tuple[Net, ...] = ()
    types: tuple[TypeDecl, ...] = ()
    subroutines: tuple[str, ...] = ()
    modports: tuple[str, ...] = ()

    @property
    def settable(self) -> tuple[Parameter, ...]:
        """Parameters that an instance may override."""
        own = [p for p in self.parameters if not p.is_local]
        listed = [p for p in own if p.in_header]
        return tuple(listed or own)

    @property
    def declared(self) -> tuple[str, ...]:
        """Names that an expression in the unit may use."""
        groups: tuple[tuple[PortDecl | Net | Parameter, ...], ...] = (self.ports, self.nets, self.parameters)
        return tuple(item.name for group in groups for item in group)

    @property
    def instantiated(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(instance.module for instance in self.instances))


@dataclass(frozen=True, slots=True)
class FileHeaders:
    """One file, read."""

    path: str
    units: tuple[ModuleHeader, ...] = ()
    macros: tuple[Macro, ...] = ()
    imports: tuple[str, ...] = ()
    """Packages imported outside of every unit."""
    references: tuple[str, ...] = ()
    """Names before `::` and behind `virtual` and `extends`: packages, classes, interfaces."""
    includes: tuple[str, ...] = ()
    """As written between the quotes."""
    macro_uses: tuple[str, ...] = ()
    """Macros that are used and not defined in this file."""
    lines: int = 0
    unreadable: str | None = None
    """Why nothing is known of it."""


def at_path(headers: FileHeaders, path: str) -> FileHeaders:
    """The same content, found at another place."""
    if headers.path == path:
        return headers
    units = tuple(replace(unit, path=path) for unit in headers.units)
    macros = tuple(replace(macro, path=path) for macro in headers.macros)
    return replace(headers, path=path, units=units, macros=macros)


def to_row(value: object) -> Any:
    """The JSON form of one of the dataclasses above."""
    if isinstance(value, tuple):
        return [to_row(item) for item in value]
    kind: Any = type(value)
    names = _field_names(kind)
    return value if names is None else [to_row(getattr(value, name)) for name in names]


def from_row(cls: type[T], row: Any) -> T:
    """The dataclass a row stands for.

    Raises:
        ValueError: the row is not what `to_row` makes of a `cls`.
    """
    wanted: Any = cls
    expected = _field_types(wanted)
    if not isinstance(row, list) or len(row) != len(expected):
        raise ValueError(f"no {cls.__name__}: {str(row)[:60]}")
    return cls(*[_decode(kind, value) for kind, value in zip(expected, row, strict=True)])


def _decode(kind: Any, value: Any) -> Any:
    item = _item_type(kind)
    if item is None:
        if not isinstance(value, kind):
            raise ValueError(f"not {kind}: {str(value)[:60]}")
        return value
    if not isinstance(value, list):
        raise ValueError(f"no list: {str(value)[:60]}")
    if item is str:
        if not all(type(entry) is str for entry in value):
            raise ValueError("not only strings")
        return tuple(value)
    return tuple(from_row(item, entry) for entry in value)


@cache
def _field_names(cls: Any) -> tuple[str, ...] | None:
    return tuple(f.name for f in fields(cls)) if hasattr(cls, "__dataclass_fields__") else None


@cache
def _field_types(cls: Any) -> tuple[Any, ...]:
    return tuple(typing.get_type_hints(cls).values())


@cache
def _item_type(kind: Any) -> Any:
    """`X` for `tuple[X, ...]`, else None."""
    return typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else None
