"""Finished files, each in its project: what the test set is cut from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rtlwright.server.config import Config
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.types import Document, Language, ProjectView
from rtlwright.training.synth.families import all_families

ROOT = Path(__file__).parents[2]
DESIGNS = ROOT / "tests" / "unit" / "check" / "designs"
PROJECTS = Path(__file__).parent / "projects"
EXAMPLES = ROOT / "examples"
_NOWHERE = Path("/project")
_SUFFIXES = (".v", ".sv", ".vh", ".svh")


@dataclass(frozen=True)
class File:
    """A finished file that its author's tools accept."""

    source: str
    """Where it is from: a row of the report."""
    path: Path
    text: str
    index: ProjectIndex | None = field(default=None, compare=False)
    """The project that it is part of; None for a lone file."""

    foreign: bool = False
    """It counts as finished even if Icarus cannot read it: slang can, or it is somebody else's."""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def flag(self) -> str:
        """The generation of Icarus that goes with the language."""
        return "-g2005" if Language.of(self.path) is Language.VERILOG else "-g2012"

    def document(self, text: str) -> Document:
        return Document.of(self.path, text)

    def view(self, text: str, candidate: str = "") -> ProjectView:
        """What the service would give the gate while the file holds `text`."""
        if self.index is None:
            return ProjectView(_NOWHERE, self.name)
        return self.index.view(self.document(text), [candidate])


def read(path: Path) -> str:
    """The text with its own line ends."""
    return path.read_bytes().decode(errors="replace")


def lone(source: str, paths: Sequence[Path]) -> list[File]:
    return [File(source, _NOWHERE / path.name, read(path)) for path in paths]


def project(source: str, root: Path, longest: int = 700, *, foreign: bool = False) -> Iterator[File]:
    """Every source below `root` in a project of its own, seen through the real index."""
    index = ProjectIndex(root, Config.load(root).project)
    index.refresh()
    for path in sorted(root.rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file():
            text = read(path)
            if 5 <= text.count("\n") <= longest and "\0" not in text:
                yield File(source, path, text, index, foreign)


def designs() -> list[File]:
    """Single files that the gate was tuned on."""
    return lone("designs", sorted(DESIGNS.iterdir()))


def examples() -> list[File]:
    return list(project("examples", EXAMPLES))


def projects(root: Path = PROJECTS) -> list[File]:
    """Projects of several files, with packages, includes, filelists and modules that are in no file."""
    return [
        file
        for each in sorted(root.glob("*/"))
        if each.is_dir()
        for file in project(root.name, each, foreign=True)
    ]


def generated(seed: int, count: int) -> list[File]:
    """Modules by the repository's own generator, from as many families as there are."""
    families = list(all_families().values())
    rng = random.Random(f"unfinished{seed}")
    rng.shuffle(families)
    found = []
    for number in range(count):
        design = families[number % len(families)].design(random.Random(f"{seed}/{number}"))
        suffix = "sv" if design.style.systemverilog else "v"
        found.append(File("generated", _NOWHERE / f"g{seed}_{number}.{suffix}", design.rtl))
    return found
