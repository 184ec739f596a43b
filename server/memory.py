"""What a process that lives for days does so that memory which it had once does not stay its own.

glibc alone: elsewhere nothing happens. Eight threads that each free what another one took would otherwise
have eight heaps, none of which shrinks; and blocks that are freed would raise the size from which on blocks
are given back at once.
"""

from __future__ import annotations

import contextlib
import ctypes

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
