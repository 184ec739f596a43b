"""What a process that lives for days does so that memory which it had once does not stay its own.

glibc alone: elsewhere nothing happens. Eight threads that each free what another one took would otherwise
have eight heaps, none of which shrinks; and blocks that are freed would raise the size from which on blocks
are given back at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
from pathlib import Path

_MADV_DONTNEED = 4
_MAPPING = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) (\S+) .*?(\S*)\n"  # begin, end, rights, file
    r"(?:[A-Z].*\n)*?Anonymous: +(\d+) kB\n"
    r"(?:[A-Z].*\n)*?Swap: +(\d+) kB",
    re.MULTILINE,
)
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_ARENAS = 2
_BLOCK = 256 * 1024
"""Bytes from which on a block has pages of its own, and free memory at the end of a heap is given back."""


def be_frugal() -> None:
    """Call once, before the threads start."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _BLOCK)
        libc.mallopt(_M_TRIM_THRESHOLD, _BLOCK)


def give_back() -> None:
    """Free pages within the heaps, too; some milliseconds."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def release_startup_pages() -> None:
    """Let go of the pages of shared libraries that only the start of the process has touched.

    Those that work needs come back from the page cache, a fault for sixteen of them. A library that sets up a
    thousand objects when it is loaded has touched most of itself. Linux alone: elsewhere nothing happens.

    To be called while no other thread loads a library: a mapping that is being replaced would lose its pages.
    """
    with contextlib.suppress(OSError, AttributeError):
        madvise = ctypes.CDLL(None).madvise
        madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for begin, end, rights, file, own, swapped in _MAPPING.findall(Path("/proc/self/smaps").read_text()):
            # What was relocated is the process' own, also where a fork shares it: the file has it otherwise.
            if ".so" in Path(file).name and "w" not in rights and own == swapped == "0":
                madvise(int(begin, 16), int(end, 16) - int(begin, 16), _MADV_DONTNEED)
