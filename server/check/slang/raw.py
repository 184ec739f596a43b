"""What slang says of a text, as nouns: for those who judge it, and need not load slang for that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

GRAVE = frozenset(
    ["ParameterDoesNotExist", "Redefinition", "UnknownSystemName", "FatalTask", "ErrorTask", "StaticAssert"]
)
"""Warnings of slang that say what an engineer calls an error."""
BLINDING = frozenset(
    {"CouldNotOpenIncludeFile", "UnknownPackage", "UnknownDirective", "UnknownClassOrPackage"}
)
"""With one of these in the user's own text, names may be declared where nobody can see them."""


_ALIAS = re.compile(r"'(\w+)(?:\[[^']*)?' \(aka")
"""A type that has another name, as slang writes it."""
_TYPE_PARAMETER = re.compile(r"\btype\s+([A-Za-z_]\w*)\s*=")


@dataclass(frozen=True, slots=True)
class Raw:
    """One error of slang, placed."""

    code: str
    message: str
    offset: int
    """In the parsed text, in code points; -1 if it is in another file."""
    file: str | None = None
    line: int = 0
    """Of another file."""
    column: int = 0
    """Of another file, in bytes."""
    syntax: bool = False
    names: tuple[str, ...] = ()


def of_type_parameter(error: Raw, text: str) -> bool:
    """It is wrong of a parameter's default type: what the module is instantiated with is not known."""
    named = frozenset(_ALIAS.findall(error.message))
    return bool(named) and not named.isdisjoint(_TYPE_PARAMETER.findall(text))


@dataclass(frozen=True)
class Parsed:
    """A text with its tree and its syntax errors."""

    text: str
    tree: Any
    errors: tuple[Raw, ...]
    names: tuple[Raw, ...]
    """Includes that are not there, macros that nothing defines."""
    prelude: int
    """Length of the macro definitions that were put before the text, in bytes."""
