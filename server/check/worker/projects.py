"""Projects as the worker keeps them from one check to the next: an edit changes its file and no more.

A place is a directory with the files of one project, in one state at a time. When the next check brings
another one, the files that differ are written, and parsers and Yosys read them (`slang.Elaborator.follow`,
`yosys_designs`). Jobs never see a change: a check has ended before the next one begins.
"""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rtlwright.server.check.worker.bases import Bases
from rtlwright.server.check.worker.project import Project, Source
from rtlwright.server.types import SourceFile

_MAX_PLACES = 4
_MAX_FILES = 20_000
_MAX_TEXT = 2**20
"""Characters of all files that are kept, of whatever state: while a file is edited, each look at it brings
another. What the last view names is kept in any case."""
_MAX_READ = 2**19
"""The same for what is known of them beside their text."""
View = Mapping[str, Any]
"""A `ProjectView` as `wire.encode_view` writes it."""


class Texts:
    """Files' texts by their digests, sent once; what was not wanted for longest goes first."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._sources: OrderedDict[tuple[str, str], Source] = OrderedDict()
        self._wanted: frozenset[str] = frozenset()
        self._size = self._read = 0

    def put(self, texts: Mapping[str, str]) -> None:
        self._wanted |= texts.keys()
        for digest, text in texts.items():
            self._size += len(text) - len(self._texts.get(digest, ""))
            self._texts[digest] = text
        while self._size > _MAX_TEXT or len(self._texts) > _MAX_FILES:
            if next(iter(self._texts)) in self._wanted:
                break
            self._size -= len(self._texts.popitem(last=False)[1])

    def lacking(self, view: View) -> list[str]:
        """Digests of the view's files that have to be sent."""
        wanted = [digest for _, digest in (*view["sources"], *view["includes"])]
        self._wanted = frozenset(wanted)
        for digest in wanted:
            if digest in self._texts:
                self._texts.move_to_end(digest)
        return [digest for digest in wanted if digest not in self._texts]

    def file(self, path: str, digest: str) -> SourceFile:
        return SourceFile(path, self._texts[digest], digest)

    def source(self, path: str, digest: str) -> Source:
        """The same for all projects that have the file: it is read once."""
        key = (path, digest)
        if key not in self._sources:
            self._sources[key] = Source(self.file(path, digest))
            self._read += len(self._texts[digest])
            while self._read > _MAX_READ and next(iter(self._sources))[1] not in self._wanted:
                self._read -= len(self._sources.popitem(last=False)[1].file.text)
        self._sources.move_to_end(key)
        return self._sources[key]

    def project(self, view: View, directory: Path) -> Project:
        return Project(
            directory,
            view["document_path"],
            tuple(self.source(path, digest) for path, digest in view["sources"]),
            tuple(self.file(path, digest) for path, digest in view["includes"]),
            tuple(view["include_dirs"]),
            dict(view["defines"]),
            frozenset(view["missing"]),
            view["key"],
            tuple(self.source(path, digest) for path, digest in view["includes"]),
        )


class Place:
    """One directory, and what has been made of the files in it."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._project: Project | None = None
        self.writes = 0
        self.bases = Bases()
        self._elaborators: dict[str, Any] = {}

    def follow(self, project: Project) -> None:
        """Take over another state."""
        if self._project is not None and self._project.stamp == project.stamp:
            return
        old = self._project.texts if self._project else {}
        for path in old.keys() - project.texts.keys():
            (self.directory / path).unlink(missing_ok=True)
        changed = [file for path, file in project.texts.items() if path not in old or old[path] != file]
        project.write(changed)
        self.writes += len(changed)
        self._project = project
        self.bases.clear()
        for elaborator in self._elaborators.values():
            elaborator.follow(project)

    @property
    def project(self) -> Project:
        assert self._project is not None
        return self._project

    def elaborator(self, standard: str) -> Any:
        from rtlwright.server.check.slang.elaborator import Elaborator

        if standard not in self._elaborators:
            self._elaborators[standard] = Elaborator(self.project, standard)
        return self._elaborators[standard]

    @property
    def elaborators(self) -> tuple[Any, ...]:
        return tuple(self._elaborators.values())

    def leave(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


class Projects:
    """Places by what their files are read with; the oldest go first."""

    def __init__(self, scratch: Path):
        self.texts = Texts()
        self._scratch = scratch
        self._places: OrderedDict[tuple[object, ...], Place] = OrderedDict()
        self._made = 0

    def place(self, view: View) -> Place:
        """The place of a view, in the view's state."""
        name = (
            PurePosixPath(view["document_path"]).parent, tuple(view["include_dirs"]),
            tuple(sorted(view["defines"].items())),
        )  # fmt: skip
        try:
            place = self._places.get(name) or self._made_for(name)
            place.follow(self.texts.project(view, place.directory))
        except OSError:  # a file where the last state has a directory: begin anew
            self._places.pop(name).leave()
            place = self._made_for(name)
            place.follow(self.texts.project(view, place.directory))
        self._places.move_to_end(name)
        return place

    def _made_for(self, name: tuple[object, ...]) -> Place:
        self._made += 1
        self._places[name] = Place(self._scratch / f"p{self._made}")
        while len(self._places) > _MAX_PLACES:
            self._places.popitem(last=False)[1].leave()
        return self._places[name]

    def tidy(self) -> None:
        """Between two checks: what has piled up is thrown away."""
        for place in self._places.values():
            for elaborator in place.elaborators:
                elaborator.tidy()

    def counts(self) -> dict[str, int]:
        """Files written and parsed so far."""
        places = self._places.values()
        parses = sum(elaborator.parses for place in places for elaborator in place.elaborators)
        return {"written": sum(place.writes for place in places), "parsed": parses}
