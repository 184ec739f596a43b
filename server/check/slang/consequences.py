"""What follows from an include or a package that is not there: told once a file, not for each name.

A testbench for UVM, in a project that leaves UVM to its simulator, uses unknown names and macros in every
line. What is missing stays an error. What may follow from it is gathered into one warning for each file, with
the first few names: some of them may be slips all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rtlwright.server.check.slang.raw import Raw
from rtlwright.server.check.unfinished.judge import BLIND_CODES
from rtlwright.server.check.worker.project import Source

_ROOTS = frozenset({"CouldNotOpenIncludeFile", "UnknownPackage"})
_FOLLOWS = (BLIND_CODES | {"UnknownClassMember"}) - _ROOTS
_TOLD = 6
"""So many names are told."""


@dataclass(frozen=True)
class Consequences:
    """Errors of whole files, split into what stands for itself and what something missing may have caused."""

    standing: tuple[Raw, ...]
    gathered: tuple[Raw, ...]
    """One for each file, where the first of its consequences is."""
    missing: tuple[str, ...]
    """Includes and packages that are not there."""

    @classmethod
    def of(cls, errors: Sequence[Raw], sources: Mapping[Source, frozenset[str]]) -> Consequences:
        """`sources`: with what each includes."""
        roots = [error for error in errors if error.code in _ROOTS]
        if not roots:
            return cls(tuple(errors), (), ())
        blind = _blind({error.file for error in roots}, sources)
        unread = {(error.file, error.line) for error in errors if error.code == "UnknownDirective"}
        standing: list[Raw] = []
        following: dict[str | None, list[Raw]] = {}
        for error in errors:
            follows = error.code in _FOLLOWS or (error.file, error.line) in unread
            if follows and error.file in blind and error not in roots:
                following.setdefault(error.file, []).append(error)
            else:
                standing.append(error)
        missing = tuple(dict.fromkeys(error.names[0] for error in roots if error.names))
        return cls(tuple(standing), tuple(_one(each, missing) for each in following.values()), missing)


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


def _one(errors: Sequence[Raw], missing: Sequence[str]) -> Raw:
    first = min(errors, key=lambda error: (error.line, error.column))
    names = list(dict.fromkeys(e.names[0] for e in errors if e.names and e.code in _FOLLOWS))
    told = ", ".join(names[:_TOLD]) + (f" and {len(names) - _TOLD} more" if len(names) > _TOLD else "")
    message = f"not checked, as {' and '.join(missing[:2])} cannot be read: {told}"
    return replace(first, code="Unseen", message=message, names=(), syntax=False)
