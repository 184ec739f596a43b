"""Which file an include directive means. Only files of the project count, whatever the name says.

Of the project are those below its root, and RTL beside the sources and in the directories that its
filelists name elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.context.discover import readable_outside
from rtlwright.server.context.store import TextStore
from rtlwright.server.context.text import INCLUDE
from rtlwright.server.types import SourceFile

_MAX_FILES = 256


@dataclass(frozen=True, slots=True)
class Included:
    """One resolved include directive."""

    name: str
    """As written between the quotes."""
    path: Path
    directory: Path | None
    """The folder from which `name` leads to `path`; None where its last name alone is the same."""


class IncludeResolver:
    """Knows the project's folders and files; made anew when they change. Not thread-safe."""

    def __init__(self, root: Path, directories: Iterable[Path], files: Iterable[Path], store: TextStore):
        self._directories = tuple(directories)
        self._inside = os.path.realpath(root) + os.sep
        self._root = root
        self._store = store
        self._by_last_name: dict[str, list[Path]] = {}
        beside = set(self._directories)
        for path in files:
            self._by_last_name.setdefault(path.name, []).append(path)
            if not path.is_relative_to(root):
                beside.add(path.parent)
        self._beside = tuple(os.path.realpath(path) + os.sep for path in beside)
        self._resolved: dict[tuple[Path, str], Included | None] = {}

    def resolve(self, name: str, folder: Path) -> Included | None:
        """What `name` means in a file of `folder`; None if no file of the project answers to it."""
        key = (folder, name)
        if key not in self._resolved:
            self._resolved[key] = self._search(name, folder)
        return self._resolved[key]

    def closure(self, path: Path, names: Iterable[str]) -> dict[str, Included]:
        """All that a file at `path` includes, directly or not, by the name in the directive.

        Where two directives of the same name mean different files, the first one found counts.
        """
        found: dict[str, Included] = {}
        pending = [(name, path.parent) for name in names]
        while pending and len(found) < _MAX_FILES:
            name, folder = pending.pop(0)
            included = self.resolve(name, folder)
            if included is None or name in found:
                continue
            found[name] = included
            source = self._store.get(included.path)
            if isinstance(source, SourceFile):
                pending += [(nested, included.path.parent) for nested in INCLUDE.findall(source.text)]
        return found

    def texts(self, closure: Mapping[str, Included]) -> dict[str, SourceFile]:
        """The texts of a closure, by name; what cannot be read is left out."""
        read = {name: self._store.get(included.path) for name, included in closure.items()}
        return {name: source for name, source in read.items() if isinstance(source, SourceFile)}

    def _search(self, name: str, folder: Path) -> Included | None:
        for directory in (folder, *self._directories, self._root):
            path = Path(os.path.normpath(directory / name))
            if self._is_ours(path):
                return Included(name, path, directory)
        parts = name.replace("\\", "/").split("/")
        same = self._by_last_name.get(parts[-1], ())
        whole = [path for path in same if ".." not in parts and path.parts[-len(parts) :] == tuple(parts)]
        nearest = max(whole or same, key=lambda path: len(os.path.commonpath((path, folder))), default=None)
        if nearest is None:
            return None
        return Included(name, nearest, nearest.parents[len(parts) - 1] if whole else None)

    def _is_ours(self, path: Path) -> bool:
        """A hostile file must not pull `/etc/passwd` into a check."""
        try:
            real = os.path.realpath(path)
            if not real.startswith(self._inside) and not (
                real.startswith(self._beside) and readable_outside(path)
            ):
                return False
            return path.is_file()
        except (OSError, ValueError):
            return False
