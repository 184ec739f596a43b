"""Landlock, by system call: the sandbox where bubblewrap is not to be had.

Covered: files (nothing is read or written outside of what is named; ABI 1, Linux 5.13; shortening a file
from ABI 3, Linux 6.2), TCP (ABI 4), devices' control calls (ABI 5), signals to and abstract sockets of other
processes (ABI 6, Linux 6.12). The system-call filter (`seccomp`) forbids every socket in any case. Not
covered: other processes of the same user are visible in /proc by name, unless hidepid is set; before ABI 6
they could be sent signals; file names and sizes outside can be asked for (`stat`), contents cannot be read.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ALL_FILES = (1 << 13) - 1
_DIRECTORY_ONLY = _ALL_FILES & ~(_EXECUTE | _WRITE_FILE | _READ_FILE)
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """Version of the kernel's Landlock; 0 without it."""
    try:
        version = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    except (OSError, AttributeError):
        return 0
    return max(0, int(version))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Restrict this process and all its descendants for good.

    Raises:
        OSError: the kernel refused; nothing may run then.
    """
    libc, version = _libc(), abi()
    if version < 1:
        raise OSError("no Landlock in this kernel")
    handled = _ALL_FILES
    handled |= _REFER if version >= 2 else 0
    handled |= _TRUNCATE if version >= 3 else 0
    handled |= _IOCTL if version >= 5 else 0
    network = 3 if version >= 4 else 0
    scoped = 3 if version >= 6 else 0
    attributes = struct.pack("QQQ", handled, network, scoped)[
        : 24 if version >= 6 else 16 if version >= 4 else 8
    ]
    ruleset = _checked(libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))
    for path in readable:
        _allow(libc, ruleset, path, _READ)
    for path in writable:
        _allow(libc, ruleset, path, handled)
    _allow(libc, ruleset, Path("/dev/null"), _READ_FILE | _WRITE_FILE)  # the others never end
    _allow(libc, ruleset, Path("/proc/self"), _READ)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        if not path.is_dir():
            rights &= ~(_DIRECTORY_ONLY | _REFER)
        rule = struct.pack("=Qi", rights, fd)
        _checked(libc.syscall(_ADD, ruleset, 1, rule, 0))
    finally:
        os.close(fd)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
