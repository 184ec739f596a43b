"""The project as the worker holds it: files in the scratch directory, an index of who defines what."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from rtlwright.server.check.text.lexer import Kind, Token, code, identifiers
from rtlwright.server.types import SourceFile

_UNITS = {"module", "macromodule", "interface", "package", "program", "class", "primitive"}
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_LOCAL = re.compile(r"`(?:timescale|default_nettype|resetall|celldefine|endcelldefine)\b")
"""Directives that leave nothing behind for other files, in the tools that read them one by one."""
_MACRO = re.compile(r"`define\s+([^\W\d][\w$]*)")


@dataclass(frozen=True)
class Source:
    """A project file with what it defines and what it mentions."""

    file: SourceFile

    @cached_property
    def _found(self) -> _Found:
        """Read once: the tokens themselves, fifty times as large as the text, are not kept."""
        return _Found.of(self.file.text)

    @property
    def units(self) -> Mapping[str, str]:
        """Name → kind of each design unit in it."""
        return self._found.units

    @property
    def macros(self) -> Mapping[str, str]:
        """Name → the whole directive."""
        return self._found.macros

    @property
    def mentions(self) -> frozenset[str]:
        return self._found.mentions

    @property
    def loose(self) -> frozenset[str]:
        """The identifiers that stand beside its design units: what it declares for all of the compilation."""
        return self._found.loose

    @property
    def names(self) -> frozenset[str]:
        """What it defines, macros too."""
        return self._found.names

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of its modules, if it has nothing else that other files could depend on."""
        return self._found.modules

    @cached_property
    def packages(self) -> frozenset[str]:
        return frozenset(name for name, kind in self.units.items() if kind == "package")

    @property
    def has_packages(self) -> bool:
        """It cannot be reduced to the headers of its modules."""
        return any(kind != "module" for kind in self.units.values()) or not self.units


@dataclass(frozen=True, slots=True)
class _Found:
    """What the tokens of a file say; see `Source`."""

    units: Mapping[str, str]
    macros: Mapping[str, str]
    names: frozenset[str]
    mentions: frozenset[str]
    loose: frozenset[str]
    modules: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Found:
        tokens = code(text)
        units, macros = dict(design_units(tokens)), _macros(tokens)
        directives = (token.text[1:] for token in tokens if token.kind is Kind.DIRECTIVE)
        beside = (token.text for token in _beside_units(tokens) if token.kind is Kind.IDENTIFIER)
        loose = frozenset(beside)
        plain = all(kind == "module" and _PLAIN.fullmatch(name) for name, kind in units.items())
        return cls(
            units,
            macros,
            frozenset(units.keys() | macros.keys() | loose),
            identifiers(text) | frozenset(directives),
            loose,
            tuple(units) if plain and not _has_more(tokens) else (),
        )


def _macros(tokens: Iterable[Token]) -> dict[str, str]:
    found: dict[str, str] = {}
    for token in tokens:
        if token.kind is Kind.DIRECTIVE and (match := _MACRO.match(token.text)):
            found[match.group(1)] = token.text
    return found


def _beside_units(tokens: Iterable[Token]) -> Iterator[Token]:
    """The tokens outside of design units, without the headers of those."""
    depth, heads = 0, False
    before = ""
    for token in tokens:
        text = token.text if token.kind is Kind.KEYWORD else ""
        if text in _UNITS and before not in ("virtual", "typedef", "extern"):
            depth += 1
        elif text.startswith("end") and text[3:] in _UNITS:
            depth, heads = max(0, depth - 1), True
        elif not depth and not (heads and (token.text == ":" or before == ":")):
            heads = False
            yield token
        before = token.text


def _has_more(tokens: Iterable[Token]) -> bool:
    """Something beside modules stands in a file: macros, and what belongs to the compilation unit."""
    inside = False
    for token in tokens:
        if token.kind is Kind.DIRECTIVE and not _LOCAL.match(token.text):
            return True
        if token.kind is Kind.KEYWORD and token.text in ("module", "macromodule", "endmodule"):
            inside = token.text != "endmodule"
        elif token.kind is not Kind.DIRECTIVE and not inside:
            return True
    return False


def design_units(tokens: Sequence[Token]) -> Iterable[tuple[str, str]]:
    """(name, kind) of each unit that `tokens` define, in order."""
    for index, token in enumerate(tokens):
        if token.kind is not Kind.KEYWORD or token.text not in _UNITS:
            continue
        if index and tokens[index - 1].text in ("virtual", "typedef", "extern", "("):
            continue
        for name in tokens[index + 1 : index + 3]:
            if name.kind is Kind.IDENTIFIER:
                yield name.text, "module" if token.text == "macromodule" else token.text
                break
            if name.text not in ("automatic", "static"):
                break


@dataclass(frozen=True)
class Project:
    """What a `ProjectView` says, materialized below `directory`."""

    directory: Path
    document_path: str
    sources: tuple[Source, ...]
    includes: tuple[SourceFile, ...]
    include_dirs: tuple[str, ...]
    defines: Mapping[str, str]
    missing: frozenset[str]
    stamp: str = ""
    """Names this state of the project."""
    parts: tuple[Source, ...] = ()
    """The included files, with what they mention."""
    _needed: dict[frozenset[str], tuple[Source, ...]] = field(default_factory=dict)
    _preludes: dict[str, str] = field(default_factory=dict)

    @cached_property
    def texts(self) -> Mapping[str, SourceFile]:
        """Every file by its path."""
        return {file.path: file for file in (*(source.file for source in self.sources), *self.includes)}

    @cached_property
    def loose(self) -> frozenset[str]:
        """What the files declare outside of design units, with the names of packages imported there."""
        found: frozenset[str] = frozenset().union(*(source.loose for source in self.sources))
        brought = (source.mentions for source in self.sources if not found.isdisjoint(source.packages))
        return found.union(*brought)

    @cached_property
    def included_names(self) -> frozenset[str]:
        """What the included files mention: who includes them needs it."""
        return frozenset().union(*(part.mentions for part in self.parts))

    @cached_property
    def includes_digest(self) -> str:
        """Of all that a file may include."""
        whole = "\0".join(f"{file.path}={file.digest}" for file in self.includes)
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()

    def write(self, files: Iterable[SourceFile]) -> None:
        """Put files at their places. Paths that would leave the directory were refused before.

        Raises:
            OSError: something else stands there.
        """
        for file in files:
            place = self.directory / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.text, encoding="utf-8", newline="")
        self.document_directory.mkdir(parents=True, exist_ok=True)

    @property
    def document_directory(self) -> Path:
        return (self.directory / self.document_path).parent

    def relative(self, path: str | None) -> str | None:
        """What a tool calls a file, as the project does."""
        return path.removeprefix(f"{self.directory}/") if path else None

    @property
    def search_path(self) -> tuple[Path, ...]:
        """Where `include` looks, in order."""
        paths = (
            self.document_directory,
            *(self.directory / each for each in self.include_dirs),
            self.directory,
        )
        return tuple(dict.fromkeys(paths))

    def needed(self, mentions: frozenset[str]) -> tuple[Source, ...]:
        """The sources that define, directly or not, something that `mentions` names; in compilation order."""
        if mentions not in self._needed:
            if len(self._needed) > 256:
                self._needed.clear()
            self._needed[mentions] = self._closure(mentions)
        return self._needed[mentions]

    def _closure(self, mentions: frozenset[str]) -> tuple[Source, ...]:
        chosen: set[int] = set()
        wanted, fresh = set(mentions), set(mentions)
        while fresh:
            found: set[str] = set()
            for index, source in enumerate(self.sources):
                if index not in chosen and (not source.names or not fresh.isdisjoint(source.names)):
                    chosen.add(index)
                    found |= source.mentions
            fresh = found - wanted
            wanted |= found
        return tuple(source for index, source in enumerate(self.sources) if index in chosen)

    def prelude_of(self, source: Source) -> str:
        """The macros of other files that a source uses."""
        if source.file.path not in self._preludes:
            self._preludes[source.file.path] = self.macro_prelude(source.mentions - source.macros.keys())
        return self._preludes[source.file.path]

    def macro_prelude(self, mentions: frozenset[str]) -> str:
        """The macros that earlier files define and `mentions` names: a compilation unit shares them."""
        found: dict[str, str] = {}
        for source in self.sources:
            if source.macros:
                found.update({name: text for name, text in source.macros.items() if name in mentions})
        return "".join(f"{text}\n" for text in found.values())


def safe_path(path: str) -> bool:
    """A path that stays below the root it is joined to, and that no tool's list of files reads as two."""
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts and path.isprintable()


def argument(path: str) -> str:
    """A relative path as a tool's argument: `-o.v` is a file, too."""
    return f"./{path}" if path.startswith(("-", "+", "@", "~")) else path
