"""One run of Icarus Verilog's compiler, as a noun, and as the arguments of its command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.worker.project import Project, Source, argument

_SYSTEMVERILOG = ("-g2012",)
GENERATIONS = {"2005": ("-g2005", "-gno-xtypes"), "2012": _SYSTEMVERILOG, "2017": _SYSTEMVERILOG}
"""Options for a standard; with its extended types, `logic` is a keyword to Icarus even in Verilog-2005."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the compiler has of its own."""

    files: tuple[str, ...]
    tops: tuple[str, ...]
    include_dirs: tuple[str, ...]
    defines: tuple[str, ...]
    """`NAME` or `NAME=value`."""

    @property
    def plain(self) -> bool:
        """Every word fits on a line of its own."""
        return all(map(str.isprintable, (*self.files, *self.tops, *self.include_dirs, *self.defines)))

    @classmethod
    def of(
        cls, project: Project, document: Path, sources: Sequence[Source], tops: Iterable[str],
        extra: Sequence[Path] = (),
    ) -> Run:  # fmt: skip
        """Elaborates `document` in its project."""
        return cls(
            (*(argument(source.file.path) for source in sources), str(document), *map(str, extra)),
            tuple(sorted(tops)),
            tuple(str(path) for path in project.search_path),
            tuple(f"{name}={value}" if value else name for name, value in project.defines.items()),
        )

    def arguments(self) -> list[str]:
        """Of the command."""
        words = [word for top in self.tops for word in ("-s", top)]
        words += [f"-I{path}" for path in self.include_dirs]
        words += [f"-D{define}" for define in self.defines]
        return [*words, *self.files]


def generation(standard: str) -> tuple[str, ...]:
    """The options that choose a standard."""
    return GENERATIONS.get(standard, _SYSTEMVERILOG)
