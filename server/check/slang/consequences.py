"""What follows from an include or a package that is not there: told once a file, not for each name.

A testbench for UVM, in a project that leaves UVM to its simulator, uses unknown names and macros in every
line. What is missing stays an error. What may follow from it is gathered into one warning for each file, with
the first few names: some of them may be slips all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rtlwright.server.check.slang.raw import Raw
from rtlwright.server.check.text.lexer import Kind, Token, code
from rtlwright.server.check.unfinished.judge import BLIND_CODES
from rtlwright.server.check.worker.project import Source
from rtlwright.server.types import SourceFile

_NOT_THERE = frozenset({"CouldNotOpenIncludeFile", "UnknownPackage"})
_FOLLOWS = (BLIND_CODES | {"UnknownClassMember", "CouldNotResolveHierarchicalPath"}) - _NOT_THERE
_MACRO = "UnknownDirective"
_UVM = "`uvm_"
"""Macros of IEEE 1800.2: a file may leave it to one that is compiled before it to include them."""
_TOLD = 6
"""So many names are told."""


@dataclass(frozen=True)
class Consequences:
    """Errors of whole files, split into what stands for itself and what something missing may have caused."""

    standing: tuple[Raw, ...]
    gathered: tuple[Raw, ...] = ()
    """One for each file, where the first of its consequences is."""
    missing: tuple[str, ...] = ()
    """Includes and packages that are not there."""

    @classmethod
    def of(
        cls, errors: Sequence[Raw], sources: Mapping[Source, frozenset[str]], texts: Mapping[str, SourceFile]
    ) -> Consequences:
        """`sources`: with the paths of what each includes. `texts`: all of these by path."""
        missing = tuple(dict.fromkeys(name for error in errors if (name := _missing(error))))
        if not missing:
            return cls(tuple(errors))
        blind = _blind({error.file for error in errors if _missing(error)}, sources)
        macros = {(error.file, error.names[0]) for error in errors if error.code == _MACRO}
        unread = {(file, line) for file in blind for line in _lines(file, macros, texts)}
        standing: list[Raw] = []
        following: dict[str | None, list[Raw]] = {}
        for error in errors:
            follows = error.code in _FOLLOWS or (error.file, error.line) in unread
            if follows and error.file in blind and error.code not in _NOT_THERE:
                following.setdefault(error.file, []).append(error)
            else:
                standing.append(error)
        return cls(tuple(standing), tuple(_one(each, missing) for each in following.values()), missing)


def _missing(error: Raw) -> str | None:
    """What an error says is not there."""
    name = error.names[0] if error.names else ""
    if error.code == _MACRO and name.startswith(_UVM):
        return "uvm_macros.svh"
    return name if error.code in _NOT_THERE else None


def _blind(files: set[str | None], sources: Mapping[Source, frozenset[str]]) -> set[str | None]:
    """The files that use names which may come from what is missing: through an include, or a package."""
    packages: set[str] = set()
    pending = set(sources)
    while True:
        found = [
            source
            for source in pending
            if not packages.isdisjoint(source.mentions)
            or not files.isdisjoint({source.file.path, *sources[source]})
        ]
        if not found:
            return files
        pending.difference_update(found)
        for source in found:
            files |= {source.file.path, *sources[source]}
            packages |= source.packages


def _lines(
    file: str | None, macros: set[tuple[str | None, str]], texts: Mapping[str, SourceFile]
) -> Iterator[int]:
    """The lines whose syntax depends on a macro that nobody knows: of its use, and of what follows that."""
    if file is None or file not in texts or all(where != file for where, _ in macros):
        return
    text = texts[file].text
    tokens = code(text)
    for index, token in enumerate(tokens):
        if token.kind is Kind.DIRECTIVE and (file, token.text) in macros:
            end = _behind(tokens, index + 1)
            first = text.count("\n", 0, token.start) + 1
            last = first + text.count(
                "\n", token.start, tokens[end].start if end < len(tokens) else len(text)
            )
            yield from range(first, last + 1)


def _behind(tokens: Sequence[Token], at: int) -> int:
    """Past the arguments of a macro, if there are any."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0)
        if depth <= 0:
            return index + (tokens[index].text == ")" and index > at)
    return len(tokens)


def _one(errors: Sequence[Raw], missing: Sequence[str]) -> Raw:
    first = min(errors, key=lambda error: (error.line, error.column))
    names = list(dict.fromkeys(e.names[0] for e in errors if e.names and e.code in _FOLLOWS))
    told = ", ".join(names[:_TOLD]) + (f" and {len(names) - _TOLD} more" if len(names) > _TOLD else "")
    message = f"not checked, as {' and '.join(missing[:2])} cannot be read: {told}"
    return replace(first, code="Unseen", message=message, names=(), syntax=False)
