"""Text from a model, a tool or a file, made safe for a terminal: no escapes, no bidirectional overrides."""

from __future__ import annotations

import unicodedata

from rich.console import ConsoleOptions

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UTF8_MARKS = {"pass": "✔", "warn": "▲", "fail": "✘", "unchecked": "?", "skipped": "–", "dot": "·"}
_ASCII_MARKS = {"pass": "+", "warn": "!", "fail": "x", "unchecked": "?", "skipped": "-", "dot": "|"}


def sanitize(text: str, encoding: str = "utf-8") -> str:
    """`text` without anything that a terminal would obey, and with only what `encoding` can say.

    Newlines and tabs stay. ESC becomes ␛ (and so on for its kin), other invisible characters �.
    """
    text = text.replace("\r\n", "\n")
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return text.encode(encoding, "replace").decode(encoding)


def one_line(text: str, encoding: str = "utf-8") -> str:
    """`sanitize`, with every run of white space made one space."""
    return " ".join(sanitize(text, encoding).split())


def mark(name: str, options: ConsoleOptions) -> str:
    """A sign for a status (or `dot`, between items) that the console's encoding has."""
    return (_ASCII_MARKS if options.ascii_only else _UTF8_MARKS)[name]


def _visible(character: str) -> str:
    code = ord(character)
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"
