"""Which files belong to a project: what it names in configuration or filelists, else all below its root."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from rtlwright.server.config import ProjectConfig
from rtlwright.server.context.filelist import Filelist, read_filelist

SOURCE_SUFFIXES = frozenset({".v", ".sv", ".vh", ".svh"})
HEADER_SUFFIXES = frozenset({".vh", ".svh"})
_OUTSIDE_SUFFIXES = SOURCE_SUFFIXES | {".svp", ".vp", ".vo", ".svi", ".vams", ".h", ".inc"}
MAX_FILE_BYTES = 2 * 2**20

_SKIPPED_DIRS = frozenset(
    {
        "node_modules", "build", "obj_dir", "sim_build", "xsim.dir", "csrc", "simv.daidir", "__pycache__",
        "venv", "incremental_db", "output_files",
    }
)  # fmt: skip
_MARKERS = ("rtlwright.toml", "verible.filelist", ".git")
_LONE_DEPTH = 3
_MAX_DIRECTORIES = 50_000


@dataclass(frozen=True, slots=True)
class SourceSet:
    """The project's files (absolute) and how they are compiled."""

    files: tuple[Path, ...]
    include_dirs: tuple[Path, ...] = ()
    defines: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def discover(root: Path, config: ProjectConfig, environ: Mapping[str, str] = os.environ) -> SourceSet:
    """Never raises for what the disk holds; what is wrong becomes a problem."""
    lists = _filelists(root, config, environ)
    problems = [problem for filelist in lists for problem in filelist.problems]
    named = list(_readable(root, (path for filelist in lists for path in _named(filelist)), problems))
    if config.files:
        named += _globbed(root, config)
    elif not named or not (config.filelists or (root / "verible.filelist").is_file()):
        named += walk(root, config.max_files)
    files = _distinct(root, named, config, problems)
    include_dirs = [root / directory for directory in config.include_dirs]
    include_dirs += [directory for filelist in lists for directory in filelist.include_dirs]
    defines = {name: value for filelist in lists for name, value in filelist.defines.items()}
    defines |= config.defines
    return SourceSet(tuple(files), tuple(dict.fromkeys(include_dirs)), defines, tuple(problems))


def walk(root: Path, max_files: int) -> Iterator[Path]:
    """Sources below `root`, in a stable order.

    Hidden folders, build outputs and links that lead out of the root are not entered.
    """
    seen: set[tuple[int, int]] = set()
    pending, found, directories = [(root, 0)], 0, 0
    real_root = Path(os.path.realpath(root))
    # A lone file's folder may be somebody's home: without a sign that a project begins here, stay near.
    deepest = 256 if any((root / marker).exists() for marker in _MARKERS) else _LONE_DEPTH
    while pending and directories < _MAX_DIRECTORIES:
        directory, depth = pending.pop()
        directories += 1
        below: list[Path] = []
        for entry in _entries(directory, seen):
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and not _leads_inside(path, real_root):
                continue
            if _is_dir(entry):
                if entry.name not in _SKIPPED_DIRS and depth < deepest:
                    below.append(path)
            elif path.suffix.lower() in SOURCE_SUFFIXES:
                found += 1
                if found > max_files:
                    return
                yield path
        pending.extend((path, depth + 1) for path in reversed(below))


def _entries(directory: Path, seen: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    """The entries of a directory not visited before (links may form a loop)."""
    try:
        status = directory.stat()
        if (status.st_dev, status.st_ino) in seen:
            return []
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(directory) as scan:
            return sorted(scan, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _leads_inside(path: Path, real_root: Path) -> bool:
    try:
        return Path(os.path.realpath(path)).is_relative_to(real_root)
    except (OSError, ValueError):
        return False


def readable_outside(path: Path) -> bool:
    """What a project may read of the account it is opened in, beside its own folder.

    A filelist comes with the code, perhaps from a stranger, and what it names is shown to models and sent to
    the team's server. So it reaches RTL (libraries, other blocks), and no keys or notes.
    """
    return Path(os.path.realpath(path)).suffix.lower() in _OUTSIDE_SUFFIXES


def _filelists(root: Path, config: ProjectConfig, environ: Mapping[str, str]) -> list[Filelist]:
    if config.filelists:
        return [read_filelist(root / path, root, environ) for path in config.filelists]
    if config.files:
        return []
    found = [read_filelist(file, root, environ) for file in _lists_at(root)]
    # `*.f` may be Fortran, or of another tool: a list that names no file that exists is none of ours.
    return [f for f in found if any(path.is_file() for path in f.files[:64]) or f.library_dirs]


def _lists_at(root: Path) -> list[Path]:
    verible = root / "verible.filelist"
    if verible.is_file():
        return [verible]
    try:
        return sorted(path for path in root.glob("*.f") if path.is_file())[:64]
    except OSError:
        return []


def _named(filelist: Filelist) -> Iterator[Path]:
    yield from filelist.files
    extensions = set(filelist.library_extensions) or {".v", ".sv"}
    for directory in filelist.library_dirs:
        for entry in _entries(directory, set()):
            if Path(entry.name).suffix in extensions:
                yield Path(entry.path)


def _readable(root: Path, named: Iterable[Path], problems: list[str]) -> Iterator[Path]:
    """What filelists name, without what lies outside of the root and is no RTL."""
    real_root = Path(os.path.realpath(root))
    inside = lru_cache(maxsize=None)(
        lambda folder: _leads_inside(folder, real_root)
    )  # few folders, many files
    for path in named:
        ours = inside(path.parent) and not (path.is_symlink() and not _leads_inside(path, real_root))
        if ours or readable_outside(path):
            yield path
        else:
            problems.append(f"{path}: outside of the project only files with a suffix of RTL are read")


def _globbed(root: Path, config: ProjectConfig) -> list[Path]:
    patterns = [_pattern(glob) for glob in config.files]
    every = (path for path in walk(root, config.max_files))
    return [path for path in every if _matches(path.relative_to(root).as_posix(), patterns)]


def _distinct(
    root: Path, named: Iterable[Path], config: ProjectConfig, problems: list[str]
) -> Iterator[Path]:
    """Each file once, in order, without what is excluded, `max_files` at most."""
    excluded = [_pattern(glob) for glob in config.exclude]
    seen: set[str] = set()
    for path in named:
        absolute = os.path.normpath(path)
        if absolute in seen or _matches(os.path.relpath(absolute, root).replace(os.sep, "/"), excluded):
            continue
        seen.add(absolute)
        if len(seen) > config.max_files:
            problems.append(f"more than {config.max_files} files: raise project.max_files, or name them")
            return
        yield Path(absolute)


def _matches(path: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.fullmatch(path) for pattern in patterns)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """`**` any folders, `*` within a name, `?` one character; without a slash it matches at any depth."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob.removeprefix("./").rstrip("/"))
    table = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(table.get(part) or re.escape(part) for part in parts)
    anywhere = "" if "/" in glob.rstrip("/") else "(?:.*/)?"
    return re.compile(f"{anywhere}{body}(?:/.*)?")
