"""What a request needs of its project: the files that go to the server with it, by content.

Of a small project all; of a large one what the documents use, directly or not, what stands in the names
around the cursor, and the neighbours that recall learns from. A candidate that uses a unit of a large
project which none of these files uses is checked without it, and warned of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rtlwright.server import testbenches
from rtlwright.server.check.text.lexer import identifiers
from rtlwright.server.check.text.tops import modules
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.remote.forms import MAX_FILES, FileForm
from rtlwright.server.types import Document, ProjectView, SourceFile

_SMALL_FILES, _SMALL_CHARACTERS = 64, 2**20
_NEIGHBOURS = 24


@dataclass(frozen=True, slots=True)
class Bundle:
    """Texts by digest beside the forms that name them."""

    files: tuple[FileForm, ...]
    includes: tuple[FileForm, ...]
    open: tuple[FileForm, ...]
    texts: dict[str, str]


class Bundler:
    """Thread-safe, as its index is."""

    def __init__(self, index: ProjectIndex):
        self._index = index

    def of_documents(
        self, documents: Sequence[Document], opened: Sequence[Document] = (),
        near: Iterable[str] = (), find_testbench: bool = False,
    ) -> Bundle:  # fmt: skip
        """For a request about `documents`; `near` is text whose names may be those of units."""
        index, near = self._index, tuple(near)
        index.ensure()
        for document in (*opened, *documents):
            index.update(document)
        views = [index.view(document, near) for document in documents]
        wholes = map(index.wholes.of, documents)
        views += [self._whole(whole) for whole in wholes if whole not in documents]
        if find_testbench:
            views += self._testbench(name for each in documents for name in modules(each.text))
        own = {index.name_of(document.path) for document in documents}
        others = [name for document in opened if (name := index.name_of(document.path)) not in own]
        return self._made(own, others, views)

    def of_new(self, path: Path, spec: str) -> Bundle:
        """For a module that will stand at `path`, with what its specification names."""
        self._index.ensure()
        views = [self._index.view_of_new(path, (spec,)), *self._testbench(identifiers(spec))]
        return self._made(set(), [], views, near=(self._index.name_of(path),))

    def _made(
        self, own: set[str], opened: Sequence[str], views: Sequence[ProjectView], near: Iterable[str] = ()
    ) -> Bundle:
        wanted = {name for name in self._wanted((*own, *near), views) if name not in own}
        listed = [name for name in self._index.files() if name in wanted][:MAX_FILES]
        files, held = list(self._texts(listed)), list(self._texts(opened))
        included = [file for view in views for file in view.includes if file.path not in wanted]
        return Bundle(
            tuple(map(_form, files)),
            tuple({file.path: _form(file) for file in included}.values()),
            tuple(map(_form, held)),
            {file.digest: file.text for file in (*files, *included, *held)},
        )

    def _wanted(self, near: Iterable[str], views: Sequence[ProjectView]) -> Iterator[str]:
        everything = self._index.files()
        if len(everything) <= _SMALL_FILES and self._size(everything) <= _SMALL_CHARACTERS:
            yield from everything
            return
        for view in views:
            yield from (file.path for file in view.sources)
        for name in near:
            yield from self._index.nearest(name, _NEIGHBOURS)

    def _size(self, names: Iterable[str]) -> int:
        return sum(len(file.text) for file in self._texts(names))

    def _texts(self, names: Iterable[str]) -> Iterator[SourceFile]:
        for name in names:
            source = self._index.store.get(self._index.root / name)
            if isinstance(source, SourceFile):
                yield source

    def _testbench(self, names: Iterable[str]) -> Iterator[ProjectView]:
        """The project's own testbench of one of these modules, with what it needs."""
        bench = testbenches.find(self._index, names)
        if bench is not None:
            yield self._whole(bench)

    def _whole(self, document: Document) -> ProjectView:
        """The document among what it needs."""
        view, name = self._index.view(document), self._index.name_of(document.path)
        return replace(view, sources=(*view.sources, SourceFile.of(name, document.text)))


def _form(file: SourceFile) -> FileForm:
    return FileForm(path=file.path, digest=file.digest)
