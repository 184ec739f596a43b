"""What the `iverilog` command would do, learnt from itself, so that we can do it without the command.

The command writes a few temporary files and runs `ivlpp … | ivl …` in a shell; with what `make eda` installs,
a shell script stands before each of the three. Starting the two programs ourselves takes half the time. The
files differ a little from version to version. So the command is asked once, with an input that never comes:
what it has written by then is the recipe, in which every run replaces what it has of its own.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import termios
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from rtlwright.server.check.confine.runner import Child, gather, spawn
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.icarus.run import Run

_TOP, _PATH, _NAME = "rtlwright_top", "/rtlwright_path", "rtlwright_name"
_MARKS = ("-s", _TOP, f"-I{_PATH}", f"-D{_NAME}=1")
_ROOT, _INCLUDE, _DEFINE = f"root:{_TOP}\n", f"I:{_PATH}\n", f"D:{_NAME}=1\n"
_COMMAND = re.compile(r"^translate: (?P<first>.+?) ?\|(?P<second>.+)$", re.MULTILINE)
_FILE = re.compile(r'-(?P<role>[FfpPC])"(?P<path>[^"]*)"')
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """The temporary files, with the marks of the run they were learnt from."""

    preprocessor: tuple[str, ...]
    compiler: tuple[str, ...]
    target: str
    """The configuration of the target `null`."""
    options: str
    config: str

    def start(self, run: Run, beside: Path, *, cwd: Path, timeout_s: float, env: dict[str, str]) -> Child:
        """Run the two programs; the files they want are written into the directory `beside`.

        Raises:
            OSError: a file cannot be written, or a program started.
        """
        names = {role: beside / f"icarus.{role}" for role in ("options", "files", "macros", "config")}
        options = self.options.replace(_INCLUDE, "".join(f"I:{path}\n" for path in run.include_dirs))
        options = options.replace(_DEFINE, "".join(f"D:{define}\n" for define in run.defines))
        names["options"].write_text(options)
        names["files"].write_text("".join(f"{file}\n" for file in run.files))
        names["config"].write_text(self.config.replace(_ROOT, "".join(f"root:{top}\n" for top in run.tops)))
        first = [
            *self.preprocessor, "-L", f"-F{names['options']}", f"-f{names['files']}", f"-p{names['macros']}",
        ]  # fmt: skip
        second = [*self.compiler, f"-C{names['config']}", f"-C{self.target}", "--", "-"]
        return spawn("iverilog", first, then=second, cwd=cwd, timeout_s=timeout_s, env=env)


def learnt(install: IcarusInstall, generation: Sequence[str], scratch: Path) -> Recipe | None:
    """The recipe of an installation for a language; None if it is not what we know how to follow."""
    if not (install.preprocessor and install.compiler):
        return None
    place = scratch / "icarus"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        return _learnt(install, generation, place)
    except (OSError, KeyError, UnicodeDecodeError):
        return None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _learnt(install: IcarusInstall, generation: Sequence[str], place: Path) -> Recipe | None:
    temporary = place / "tmp"
    temporary.mkdir()
    argv = [*install.driver, "-v", "-t", "null", *generation, *_MARKS, "/proc/self/fd/0"]
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TMPDIR": str(temporary)}
    reading, writing = os.pipe()
    try:
        child = spawn("iverilog", argv, cwd=place, timeout_s=_PATIENCE_S, env=env, stdin=reading)
        os.write(writing, b"\n")
        _await_reader(reading)
        texts = {str(file): file.read_text() for file in temporary.iterdir()}
    finally:
        os.close(reading)
        os.close(writing)  # nothing more comes: it ends
    for _ in gather([child], Event()):
        pass
    return _made(install, child.text, texts)


def _await_reader(pipe: int) -> None:
    """Until the preprocessor has read what is in its input: by then everything else is written."""
    deadline = time.monotonic() + _PATIENCE_S
    waiting = array("i", [1])
    while waiting[0] and time.monotonic() < deadline:
        time.sleep(0.0005)
        fcntl.ioctl(pipe, termios.FIONREAD, waiting)


def _made(install: IcarusInstall, said: str, texts: dict[str, str]) -> Recipe | None:
    command = _COMMAND.search(said)
    if command is None:
        return None
    before = {match["role"]: match["path"] for match in _FILE.finditer(command["first"])}
    configs = [match["path"] for match in _FILE.finditer(command["second"])]
    known = _FILE.sub("", command["first"]).split()[1:] == ["-v", "-L"]
    known &= _FILE.sub("", command["second"]).split()[1:] == ["-v", "--", "-"]
    options, config = texts[before["F"]], texts[configs[0]]
    known &= _INCLUDE in options and _DEFINE in options and _ROOT in config and len(configs) == 2
    if not known:
        return None
    return Recipe(install.preprocessor, install.compiler, configs[1], options, config)
