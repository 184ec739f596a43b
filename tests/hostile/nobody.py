"""Runs a Python program as an ordinary user, from root: `python nobody.py PROGRAM ARGUMENT…`.

The interpreter and this checkout may lie below a directory that only root may enter (its home). In a mount
namespace of its own, such a directory is replaced by an empty one that has only what is needed.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

NOBODY = 65534
CANNOT = 77
"""Exit status: this machine does not let root do it (a container without the right to mount)."""
_NEW_MOUNTS = 0x20000
_BIND_RECURSIVE = 0x1000 | 0x4000
_PRIVATE = 0x4000 | 0x40000


def main(arguments: list[str]) -> None:
    try:
        _open_the_way([*_interpreter(), Path(__file__).resolve().parents[2]])
    except OSError as error:
        print(f"no namespace of mounts for the interpreter: {error}", file=sys.stderr)
        sys.exit(CANNOT)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.chdir("/")
    os.execv(sys.executable, [sys.executable, *arguments])


def _interpreter() -> Iterable[Path]:
    yield from map(Path, (sys.prefix, sys.base_prefix, sysconfig.get_path("purelib")))
    link = Path(sys.executable)
    while link.is_symlink():
        link = link.parent / link.readlink()
        yield Path(os.path.normpath(link.parent))


def _open_the_way(needed: Iterable[Path]) -> None:
    closed: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(needed):
        barrier = next((p for p in (*reversed(path.parents), path) if not _open_to_all(p)), None)
        if barrier is not None:
            closed.setdefault(barrier, []).append(path)
    if not closed:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.unshare(_NEW_MOUNTS))
    _checked(libc.mount(b"none", b"/", None, _PRIVATE, None))
    for barrier, paths in closed.items():
        held = [(path, os.open(path, os.O_PATH)) for path in paths if path != barrier]
        _checked(libc.mount(b"tmpfs", bytes(barrier), b"tmpfs", 0, b"mode=755"))
        for path, fd in held:
            path.mkdir(parents=True, exist_ok=True)
            _checked(libc.mount(f"/proc/self/fd/{fd}".encode(), bytes(path), None, _BIND_RECURSIVE, None))
            os.close(fd)


def _open_to_all(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXOTH)


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
