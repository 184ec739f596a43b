"""Loads the protocol's types without what nobody asks them for: import this before `lsprotocol`.

attrs writes and compiles methods for each of more than five hundred classes whenever they are loaded. Without
`__repr__`, which only a debugger would call, that is a third less time and two megabytes less. And it gives
the methods of each class a copy of all names that the module has so far, for tools that would look up their
annotations, which is five megabytes; of a module that it does not find it takes none.
"""

from __future__ import annotations

import linecache
import sys
from typing import Any, cast

import attrs

_define = attrs.define


def _lean(cls: type) -> Any:
    module = sys.modules.pop(cls.__module__)
    try:
        return _define(cls, repr=False)
    finally:
        sys.modules[cls.__module__] = module


try:
    attrs.define = cast(Any, _lean)
    import lsprotocol.types  # noqa: F401
finally:
    attrs.define = _define
linecache.clearcache()  # the source of those methods
