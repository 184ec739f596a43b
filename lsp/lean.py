"""Loads the protocol's types without what nobody asks them for: import this before `lsprotocol`.

attrs writes and compiles methods for each of more than five hundred classes whenever they are loaded. Without
`__repr__`, which only a debugger would call, that is a third less time and two megabytes less.
"""

from __future__ import annotations

import linecache
from functools import partial

import attrs

_define = attrs.define
try:
    attrs.define = partial(_define, repr=False)
    import lsprotocol.types  # noqa: F401
finally:
    attrs.define = _define
linecache.clearcache()  # the source of those methods
