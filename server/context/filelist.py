"""Filelists: `*.f` as simulators read them, and `verible.filelist`.

Covered: sources, `+incdir+A+B`, `-I A`, `+define+A=1+B`, `-D A=1`, `-y DIR`, `-v FILE`, `+libext+.v+.sv`,
`-f` and `-F` (nested), `//`, `#` and block comments, quotes, `$VAR`, `${VAR}`, `$(VAR)`. Other options are
ignored, since every simulator has its own. Paths are taken relative to the filelist, then to the project's
root, which is where simulators are mostly started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_COMMENT = re.compile(r"/\*[\s\S]*?(?:\*/|\Z)|(?:(?<=\s)|^)(?://|#)[^\n]*", re.M)
_WORD = re.compile(r'"([^"\n]*)"|(\S+)')
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))")
_MAX_NESTING = 16
_MAX_BYTES = 4 * 2**20


@dataclass(slots=True)
class Filelist:
    """What a filelist, and those it names, ask for. Paths are absolute; they need not exist."""

    files: list[Path] = field(default_factory=list)
    include_dirs: list[Path] = field(default_factory=list)
    defines: dict[str, str] = field(default_factory=dict)
    library_dirs: list[Path] = field(default_factory=list)
    library_extensions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """A line each, naming the filelist."""


def read_filelist(file: Path, root: Path, environ: Mapping[str, str]) -> Filelist:
    """Never raises: what cannot be read is a problem in the result."""
    result = Filelist()
    _read(file, root, environ, result, ())
    return result


def _read(
    file: Path, root: Path, environ: Mapping[str, str], result: Filelist, opened: tuple[Path, ...]
) -> None:
    if file in opened or len(opened) >= _MAX_NESTING:
        result.problems.append(f"{file}: filelists name each other; remove the nested -f")
        return
    try:
        if file.exists() and not file.is_file():
            result.problems.append(f"{file}: is no file")  # a pipe would block
            return
        with file.open("rb") as stream:
            text = stream.read(_MAX_BYTES).decode(errors="replace")
    except (OSError, ValueError) as error:
        result.problems.append(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})")
        return
    reader = _Reader(file, root, environ, result, (*opened, file))
    reader.read(words(text))


def words(text: str) -> Iterator[str]:
    """The words of a filelist, comments removed."""
    for match in _WORD.finditer(_COMMENT.sub(" ", text)):
        word = match[1] if match[1] is not None else match[2]
        if word:
            yield word


class _Reader:
    """One filelist under way."""

    def __init__(
        self, file: Path, root: Path, environ: Mapping[str, str], result: Filelist, opened: tuple[Path, ...]
    ):
        self._file = file
        self._root = root
        self._environ = environ
        self._result = result
        self._opened = opened

    def read(self, items: Iterator[str]) -> None:
        for item in items:
            word = self._expand(item)
            if word.startswith("+"):
                self._plus(word)
            elif word.startswith("-"):
                self._option(word, items)
            else:
                self._result.files.append(self._path(word))

    def _plus(self, word: str) -> None:
        _, name, *values = word.split("+")
        values = [value for value in values if value]
        if name == "incdir":
            self._result.include_dirs.extend(self._path(value) for value in values)
        elif name == "define":
            for value in values:
                self._define(value)
        elif name == "libext":
            self._result.library_extensions.extend(values)

    def _option(self, word: str, items: Iterator[str]) -> None:
        option, attached = word[:2], word[2:]
        if word in ("-f", "-F", "-v", "-y", "-I", "-D", "-file"):
            option, attached = word[:2], self._expand(next(items, ""))
        elif option not in ("-I", "-D") or not attached:
            return
        if not attached:
            self._result.problems.append(f"{self._file}: nothing follows {word}")
        elif option in ("-f", "-F"):
            _read(self._path(attached), self._root, self._environ, self._result, self._opened)
        elif option == "-v":
            self._result.files.append(self._path(attached))
        elif option == "-y":
            self._result.library_dirs.append(self._path(attached))
        elif option == "-I":
            self._result.include_dirs.append(self._path(attached))
        else:
            self._define(attached)

    def _define(self, text: str) -> None:
        name, _, value = text.partition("=")
        if name.isidentifier():
            self._result.defines[name] = value

    def _path(self, word: str) -> Path:
        beside, below_root = self._file.parent / word, self._root / word
        try:
            return below_root if not beside.exists() and below_root.exists() else beside
        except (OSError, ValueError):  # too long, a NUL
            return beside

    def _expand(self, word: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2] or match[3]
            if name not in self._environ:
                self._result.problems.append(f"{self._file}: the environment variable {name} is not set")
            return self._environ.get(name, match[0])

        return _VARIABLE.sub(value, word)
