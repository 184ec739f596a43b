"""Confines the workers: bubblewrap, else Landlock, else (only if asked for) nothing.

Inside there are the system's libraries and tools, the interpreter, this package, and an empty scratch
directory in memory. No home, no project, no network, no other process. What a mode does not cover is said in
`Sandbox.limits`.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import rtlwright.server
from rtlwright.server.check.confine import landlock

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_SCRATCH = Path("/scratch")
_SCRATCH_MB = 512
GATE_WORKER = "rtlwright.server.check.worker.main"
INSTALL_BUBBLEWRAP = "sudo apt-get install bubblewrap"
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}


class Mode(StrEnum):
    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How workers are confined on this machine."""

    mode: Mode
    reason: str | None
    """Why it is not the first choice."""
    confines: bool = True

    @property
    def limits(self) -> str | None:
        """What this mode does not cover."""
        match self.mode:
            case Mode.LANDLOCK:
                return "Landlock: names of other processes stay visible, and disk use has no limit in total"
            case Mode.OFF:
                return "nothing is confined: only resource limits apply"
            case _:
                return None

    def command(
        self, scratch: Path | None, memory_mb: int, extra: Sequence[Path] = (), program: str = GATE_WORKER
    ) -> list[str]:
        """The argv of a worker, under bubblewrap another one each time.

        `scratch` is a fresh directory, needed by every mode but bubblewrap.

        `program` is the module to run, with a `main(arguments)`; what it imports beyond this package is in
        `extra`.
        """
        python = [str(_prefix(Path(sys.executable))), "-I", *_program(program)]
        if self.mode is Mode.BUBBLEWRAP:
            outside = _bubblewrap(extra, secrets.token_hex(8))
            return [*outside, *python, str(_SCRATCH), str(memory_mb), self.mode.value]
        assert scratch is not None
        tail = [str(scratch), str(memory_mb), self.mode.value]
        if self.mode is Mode.LANDLOCK:
            tail += [*_SYSTEM, *_ETC, *map(str, needed_paths()), *map(str, extra)]
        return [*python, *tail]


def choose(wanted: str = "auto") -> Sandbox:
    """The confinement that `wanted` (a value of `check.sandbox`) gets on this machine, tried out once."""
    if wanted == "off":
        return Sandbox(Mode.OFF, "switched off in the configuration", confines=False)
    why = "configured"
    if wanted in ("auto", "bubblewrap"):
        why = bubblewrap_fault() or ""
        if not why:
            return Sandbox(Mode.BUBBLEWRAP, None)
    if wanted in ("auto", "landlock") and landlock.abi() > 0:
        return Sandbox(Mode.LANDLOCK, why)
    if wanted == "landlock":
        why = "this kernel has no Landlock (Linux 5.13 or later has it)"
    elif wanted == "auto":
        why = f"{why}; and this kernel has no Landlock"
    return Sandbox(Mode.OFF, why, confines=False)


@functools.cache
def bubblewrap_fault() -> str | None:
    """Why bubblewrap does not work here, found by running it; None if it does."""
    if _bwrap() is None:
        return f"bubblewrap is not installed ({INSTALL_BUBBLEWRAP})"
    try:
        tried = subprocess.run(
            [*_bubblewrap(()), "true"], capture_output=True, timeout=10, stdin=subprocess.DEVNULL, env=ENV
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap cannot be started ({error})"
    if tried.returncode == 0:
        return None
    lines = tried.stderr.decode(errors="replace").strip().splitlines()
    return f"bubblewrap does not work here ({lines[-1] if lines else f'exit status {tried.returncode}'})"


def needed_paths() -> tuple[Path, ...]:
    """The interpreter, its libraries and this package: what a worker imports, nothing of the project."""
    package = Path(rtlwright.server.__file__).resolve().parent
    found = [Path(sys.base_prefix), Path(sys.prefix), Path(sys.base_exec_prefix), package]
    link = Path(sys.executable)
    while link.is_symlink():  # a virtual environment's python may be a chain of links
        link = link.parent / link.readlink()
        found.append(link.parent)
    found.append(Path(sys.executable).resolve().parent)
    found += _libraries()
    return tuple(dict.fromkeys(_prefix(path) for path in found if path.exists()))


@functools.cache
def _libraries() -> tuple[Path, ...]:
    """Directories of packages outside of the interpreter's own (`pip install --user` puts them there)."""
    found = []
    for name in ("pyslang", "pyosys", "rtlwright.server"):
        spec = importlib.util.find_spec(name)
        place = Path(spec.origin).parent if spec and spec.origin else None
        if place and not any(place.is_relative_to(prefix) for prefix in (sys.prefix, sys.base_prefix)):
            found.append(place.parent.parent if place.parent.name == "rtlwright" else place.parent)
    own = Path(rtlwright.server.__file__).resolve().parent.parent
    return tuple(dict.fromkeys(path for path in found if path != own))


def _program(module: str) -> list[str]:
    """What the interpreter runs; `-I` ignores the user's own packages, so they are named."""
    if not _libraries():
        return ["-m", module]
    paths = [str(path) for path in _libraries()]
    start = f"from {module} import main; main(sys.argv[1:])"
    return ["-c", f"import sys; sys.path.extend({paths!r}); {start}"]


def _prefix(path: Path) -> Path:
    """Normalized, but not resolved: the links' own names must be there inside."""
    return Path(os.path.normpath(path))


def _bwrap() -> str | None:
    return shutil.which("bwrap", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")


def _bubblewrap(extra: Sequence[Path], name: str = "sandbox") -> list[str]:
    argv = [_bwrap() or "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    argv += ["--hostname", name]  # by this word of their command its processes are known from outside
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            argv += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            argv += ["--ro-bind", name, name]
    argv += ["--dir", "/etc"]
    for name in _ETC:
        argv += ["--ro-bind-try", name, name]
    argv += ["--proc", "/proc", "--dir", "/dev", "--dev-bind", "/dev/null", "/dev/null"]
    for scratch in ("/tmp", str(_SCRATCH)):
        argv += [*_size(), "--tmpfs", scratch]
    for path in (*needed_paths(), *extra):
        if not any(path == Path(name) or Path(name) in path.parents for name in _SYSTEM):
            argv += ["--ro-bind", str(path), str(path)]
    argv += ["--remount-ro", "/"]
    return [*argv, "--chdir", str(_SCRATCH), "--clearenv", *_environment()]


@functools.cache
def _size() -> tuple[str, ...]:
    """The limit of a file system in memory; old versions lack it, and a file's own size is limited anyway."""
    try:
        shown = subprocess.run([_bwrap() or "bwrap", "--help"], capture_output=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return ("--size", str(_SCRATCH_MB * 2**20)) if b"--size" in shown else ()


def _environment() -> list[str]:
    return [word for name, value in ENV.items() for word in ("--setenv", name, value)]
