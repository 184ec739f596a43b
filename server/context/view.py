"""The files that one document needs: what it instantiates, imports and includes, and what those need."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rtlwright.server.check.text.lexer import Kind, code, named
from rtlwright.server.check.worker.project import design_units
from rtlwright.server.context.discover import SourceSet
from rtlwright.server.context.headers import FileHeaders, ModuleHeader
from rtlwright.server.context.includes import Included
from rtlwright.server.context.text import INCLUDE
from rtlwright.server.types import ProjectView, SourceFile

if TYPE_CHECKING:
    from rtlwright.server.context.index import ProjectIndex

_MAX_FILES = 2_000
_MAX_CHARACTERS = 24 * 2**20


@dataclass(frozen=True, slots=True)
class _Need:
    """What a file takes from others."""

    units: frozenset[str]
    packages: frozenset[str]
    macros: frozenset[str]


class ViewBuilder:
    """One walk from one document. Where a name is defined twice, the nearest file's definition counts."""

    def __init__(self, index: ProjectIndex, document: FileHeaders, sources: SourceSet):
        self._index = index
        self._names = index.names
        self._files = index.files()
        self._document = document
        self._sources = sources
        self._own = {unit.name for unit in document.units}
        self._ordered: dict[str, None] = {}
        self._entered: set[str] = {document.path}
        self._included: dict[str, Included] = {}
        self._missing: set[str] = set()
        self._macro_only: set[str] = set()
        """Files of nothing but macros that some file uses without including them: sources in any case."""

    def build(self, path: Path, others: Sequence[tuple[Path, FileHeaders]] = ()) -> ProjectView:
        """What the document at `path` needs; with `others`, these too and what they need."""
        self._enter(self._document, path)
        for other, headers in others:
            if headers.path not in self._entered:
                self._entered.add(headers.path)
                self._enter(headers, other)
        self._ordered.pop(self._document.path, None)
        included = {item.path for item in self._included.values()}
        names = [
            name for name in self._ordered if self._path(name) not in included or name in self._macro_only
        ]
        names.sort(key=self._rank)  # stable: among equals, what is needed stands before what needs it
        inside = path.is_relative_to(self._index.root)
        return ProjectView(
            root=self._index.root,
            document_path=self._document.path if inside else path.name,
            sources=tuple(self._texts(self._path(name) for name in names)),
            includes=tuple(self._texts(sorted(included - {path}))),
            include_dirs=tuple(self._include_dirs()),
            defines=dict(self._sources.defines),
            missing_modules=frozenset(self._missing),
        )

    def _enter(self, start: FileHeaders, path: Path) -> None:
        """Depth-first, without recursion: a chain of a thousand files is no reason to fail."""
        stack: list[tuple[FileHeaders, Iterator[str]]] = [(start, iter(self._needed(start, path)))]
        while stack:
            headers, needed = stack[-1]
            name = next(needed, None)
            if name is None:
                self._ordered[headers.path] = None
                stack.pop()
            elif name not in self._entered and len(self._entered) < _MAX_FILES:
                self._entered.add(name)
                below = self._files[name]
                stack.append((below, iter(self._needed(below, self._path(name)))))

    def _needed(self, headers: FileHeaders, path: Path) -> list[str]:
        """Paths of the files that define what this one uses; packages and macros first."""
        included = self._index.includes(path, headers)
        self._included |= included
        need = needs(headers, self._parts(included.values()))
        files = list(self._macro_files(headers, need))
        for name in sorted(need.packages) + sorted(need.units):
            if name in self._own:
                continue
            unit = self._names.unit(name, headers.path)
            if unit is not None and unit.path != headers.path:
                files.append(unit.path)
            elif unit is None and name in need.units:
                self._missing.add(name)
        return [name for name in dict.fromkeys(files) if name in self._files]

    def _parts(self, included: Iterable[Included]) -> list[FileHeaders]:
        """What an included file refers to, its includer does."""
        names = (self._index.relative(item.path) for item in included)
        return [self._files[name] for name in names if name in self._files]

    def _macro_files(self, headers: FileHeaders, need: _Need) -> Iterator[str]:
        """Files that define a macro which neither this file nor its includes nor the command line defines."""
        included = {self._index.relative(item.path) for item in self._included.values()}
        for macro in sorted(need.macros - self._sources.defines.keys()):
            defining = list(self._names.defining(macro))
            if defining and headers.path not in defining and included.isdisjoint(defining):
                if not self._files[defining[0]].units:
                    self._macro_only.add(defining[0])
                yield defining[0]

    def _rank(self, name: str) -> int:
        """Macro files, then packages, then the rest."""
        units = self._files[name].units
        if not units:
            return 0
        return 1 if any(unit.kind == "package" for unit in units) else 2

    def _texts(self, paths: Iterable[Path]) -> Iterator[SourceFile]:
        total = 0
        for path in paths:
            source = self._index.store.get(path)
            if isinstance(source, SourceFile):
                total += len(source.text)
                if total > _MAX_CHARACTERS:
                    return
                yield source

    def _include_dirs(self) -> Iterator[str]:
        found = dict.fromkeys(item.directory for item in self._included.values() if item.directory)
        for directory in found | dict.fromkeys(self._sources.include_dirs):
            yield os.path.relpath(directory, self._index.root).replace(os.sep, "/")

    def _path(self, name: str) -> Path:
        return self._index.root / name


def needs(headers: FileHeaders, parts: Iterable[FileHeaders] = ()) -> _Need:
    """By name: instantiated units, packages, and macros that this file does not define itself.

    `parts`: what it includes.
    """
    whole = (headers, *parts)
    own = {unit.name for file in whole for unit in file.units}
    units = {name for file in whole for unit in file.units for name in unit.instantiated if name}
    packages = {name for file in whole for name in (*file.imports, *file.references)}
    for unit in (unit for file in whole for unit in file.units):
        packages.update(unit.imports)
        packages.update(_interfaces(unit))
    return _Need(frozenset(units - own), frozenset(packages - own), frozenset(headers.macro_uses))


def _interfaces(unit: ModuleHeader) -> Iterator[str]:
    """Names that port types begin with: interfaces, or types that nobody defines as a unit."""
    for port in unit.ports:
        base = port.type_text.split(".", 1)[0].strip()
        if base.isidentifier():
            yield base


def widened(headers: FileHeaders, candidates: Iterable[str]) -> FileHeaders:
    """The headers of a file with everything that `candidates` name among what it refers to.

    By name alone, without a parser: a signal that is called as a module of the project is costs a look at
    that module, and no more.
    """
    names: set[str] = set()
    macros: set[str] = set()
    includes: list[str] = []
    for text in candidates:
        includes += INCLUDE.findall(text)
        found = code(text)
        names |= named(found) - {name for name, _ in design_units(found)}
        macros |= {token.text[1:] for token in found if token.kind is Kind.DIRECTIVE}
    if not names and not macros:
        return headers
    return replace(
        headers,
        references=(*headers.references, *sorted(names)),
        macro_uses=(*headers.macro_uses, *sorted(macros)),
        includes=tuple(dict.fromkeys((*headers.includes, *includes))),
    )
