"""Which Icarus Verilog is used: the configured one, else the best of PATH and of what `make eda` installed.

Version 12 is the reference: the benchmarks' authors use it, and it is what a candidate is judged by
where there is a choice. One on PATH wins over one of the same version that `make eda` installed.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from rtlwright.server import paths
from rtlwright.server.check.icarus.install import IcarusInstall

REFERENCE = 12
_PATIENCE_S = 1.0
_LIBRARIES = ("lib/*/ivl", "lib/ivl", "lib64/ivl")


def eda_directory() -> Path | None:
    """Where `make eda` installs; `RTLWRIGHT_EDA` names another place."""
    named = os.environ.get("RTLWRIGHT_EDA")
    if named:
        return Path(named)
    data = paths.data_dir()
    return data / "eda" if data else None


def chosen(configured: Path | None = None) -> IcarusInstall | None:
    """The one to use; None where there is none, or where the configured one is no program."""
    if configured is not None:
        return _named(str(configured))
    return next(iter(installed()), None)


def installed() -> tuple[IcarusInstall, ...]:
    """All that run on this machine, best first."""
    found = [_named("iverilog"), *_beside()]
    return tuple(sorted((each for each in found if each), key=_preference))


def _preference(install: IcarusInstall) -> tuple[bool, bool, int]:
    """The reference, then the newest."""
    return install.major != REFERENCE, install.major == 0, -install.major


def _named(name: str) -> IcarusInstall | None:
    found = shutil.which(name)
    if found is None:
        return None
    place = os.path.realpath(found)  # a link may lead out of what the sandbox shows
    prefix = Path(place).parent.parent
    if (prefix / "manifest").is_file() and (prefix / "libexec").is_dir():
        return _unpacked(prefix)
    stat = Path(place).stat()
    return _system(place, stat.st_mtime_ns, stat.st_size)


@functools.cache
def _system(place: str, mtime_ns: int, size: int) -> IcarusInstall | None:
    """One that starts by itself; asked for its version once as long as its file is the same."""
    version = _version(place)
    if version is None:
        return None
    prefix = Path(place).parent.parent
    base = next((d for pattern in _LIBRARIES for d in sorted(prefix.glob(pattern)) if _complete(d)), None)
    vvp = shutil.which("vvp", path=os.pathsep.join((str(Path(place).parent), os.environ.get("PATH", ""))))
    return IcarusInstall(
        version,
        (place,),
        (os.path.realpath(vvp),) if vvp else (),
        (str(base / "ivlpp"),) if base else (),
        (str(base / "ivl"),) if base else (),
        str(base) if base else "",
        "" if place.startswith("/usr/") else str(prefix),
    )


def _beside() -> list[IcarusInstall | None]:
    directory = eda_directory()
    try:
        places = sorted(directory.glob("iverilog-*")) if directory else []
    except OSError:
        return []
    return [_unpacked(Path(os.path.realpath(place))) for place in places]


def _unpacked(prefix: Path) -> IcarusInstall | None:
    """What scripts/eda.sh made: programs for the C library that lies beside them."""
    loader = next(iter(sorted((prefix / "lib").glob("ld-linux*.so.*"))), None)
    try:
        line = (prefix / "manifest").read_text().splitlines()[0]
    except (OSError, IndexError):
        return None
    version = re.fullmatch(r"version (\d+(?:\.\d+)*).*", line)
    programs = {name: prefix / "libexec" / name for name in ("iverilog", "vvp", "ivlpp", "ivl")}
    if loader is None or version is None or not all(os.access(each, os.X_OK) for each in programs.values()):
        return None
    start = (str(loader), "--library-path", str(prefix / "lib"))
    return IcarusInstall(
        version[1],
        (*start, str(programs["iverilog"]), f"-B{prefix / 'ivl'}"),
        (*start, str(programs["vvp"])),
        (*start, str(programs["ivlpp"])),
        (*start, str(programs["ivl"])),
        str(prefix / "ivl"),
        str(prefix),
    )


def _complete(base: Path) -> bool:
    return all(os.access(base / name, os.X_OK) for name in ("ivl", "ivlpp"))


def _version(place: str) -> str | None:
    """What `-V` says; empty if it runs and does not say, None if it does not run."""
    try:
        done = subprocess.run(
            [place, "-V"], capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"version (\d+(?:\.\d+)*)", done.stdout.decode(errors="replace"))
    return found[1] if found else ""
