"""Verilog text without a parser: comments, tokens and positions, for code that does not parse yet.

Everything here takes any string, runs in linear time and never raises on what the string contains.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from rtlwright.server.check.text.lexer import HIDDEN
from rtlwright.server.keywords import KEYWORDS

INCLUDE = re.compile(
    r'^[ \t]*`(?:include[ \t]*|define[ \t]+\w+[ \t]+(?="[^"\n]*\.(?:s?vh?|h|inc)"))"([^"\n]+)"', re.M
)
"""A name that is included, or may be by a macro: `define CONFIG "config.vh", then `include `CONFIG."""
IDENTIFIER = re.compile(r"[A-Za-z_][\w$]*")

_HIDDEN = re.compile(HIDDEN)
_NOT_NEWLINE = re.compile(r"[^\n]")
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))
      |(?P<word>[A-Za-z_][\w$]*|\\\S+)
      |(?P<number>(?:\d[\d_]*)?'[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+|'[01xzXZ]|\d[\w.]*)
      |(?P<string>"(?:\\[\s\S]|[^"\\\n])*"?)
      |(?P<directive>[`$][A-Za-z_][\w$]*)
      |(?P<operator><<<=|>>>=|<<<|>>>|===|!==|==\?|!=\?|<<=|>>=|->>|<->|&&&|\*\*|::|<=|>=|==|!=|&&|\|\||<<|>>
          |->|\+\+|--|\+:|-:|[-+*/%&|^]=|~[&|^]|\^~|\.\*|=>|\*>|\(\*(?!\))|\*\)|\#\#|[\s\S])""",
    re.X,
)


def blank(text: str) -> str:
    """`text` with comments and the insides of strings turned into spaces; offsets stay what they were."""
    return _HIDDEN.sub(_blanked, text)


def _blanked(match: re.Match[str]) -> str:
    found = match.group()
    if found[0] == '"':
        closed = len(found) > 1 and found[-1] == '"'
        return '"' + _NOT_NEWLINE.sub(" ", found[1 : len(found) - closed]) + '"' * closed
    return _NOT_NEWLINE.sub(" ", found) if "\n" in found else " " * len(found)


def ends_hidden(text: str) -> bool:
    """Whether the end of `text` is inside a comment or a string."""
    last = deque(_HIDDEN.finditer(text), maxlen=1)
    if not last or last[0].end() != len(text):
        return False
    found = last[0].group()
    if found.startswith("//"):
        return True
    closer = "*/" if found.startswith("/*") else '"'
    return len(found) < len(closer) * 2 or not found.endswith(closer)


class Token(NamedTuple):
    """One token; `kind` is `word`, `number`, `string`, `directive` or `operator`."""

    kind: str
    text: str
    start: int


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of `text[start:end]`, comments and space left out; their offsets are those in `text`."""
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        kind = match.lastgroup
        if kind is not None and kind != "space":
            yield Token(kind, match.group(), match.start())


def is_name(token: Token) -> bool:
    """An identifier, and no keyword."""
    return token.kind == "word" and token.text not in KEYWORDS
