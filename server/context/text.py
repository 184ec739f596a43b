"""Verilog text without a parser: comments, tokens and positions, for code that does not parse yet.

Everything here takes any string, runs in linear time and never raises on what the string contains.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from rtlwright.server.keywords import KEYWORDS

INCLUDE = re.compile(
    r'^[ \t]*`(?:include[ \t]*|define[ \t]+\w+[ \t]+(?="[^"\n]*\.(?:s?vh?|h|inc)"))"([^"\n]+)"', re.M
)
"""A name that is included, or may be by a macro: `define CONFIG "config.vh", then `include `CONFIG."""
IDENTIFIER = re.compile(r"[A-Za-z_][\w$]*")

_HIDDEN = re.compile(r'//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|"(?:\\[\s\S]|[^"\\\n])*"?')
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


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class LineMap:
    """Offsets of the lines of one text. Lines end with LF, CRLF or CR, as LSP has it."""

    text: str
    starts: Sequence[int]

    @classmethod
    def of(cls, text: str) -> LineMap:
        if "\r" not in text:  # three times as quick as searching
            return cls(text, array("Q", (0, *accumulate(len(line) + 1 for line in text.split("\n"))))[:-1])
        return cls(text, array("Q", (0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text)))))

    def line_of(self, offset: int) -> int:
        """0-based line that holds `offset`."""
        return bisect_right(self.starts, offset) - 1

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[number] : end].rstrip("\r\n")

    def offset(self, line: int, character: int) -> int:
        """Offset of a UTF-16 position. A position inside a surrogate pair means the pair's start.

        Raises:
            IndexError: no such line, or the line is shorter.
        """
        if not 0 <= line < len(self.starts):
            raise IndexError(f"line {line}")
        content = self.line(line)
        if not 0 <= character <= utf16_length(content):
            raise IndexError(f"character {character}")
        if content.isascii():
            return self.starts[line] + character
        head = content.encode("utf-16-le", "surrogatepass")[: character * 2]
        return self.starts[line] + len(head.decode("utf-16-le", "ignore"))

    def position(self, offset: int) -> tuple[int, int]:
        """0-based line and UTF-16 character of an offset."""
        line = self.line_of(offset)
        return line, utf16_length(self.text[self.starts[line] : offset])
