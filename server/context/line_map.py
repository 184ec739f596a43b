"""Where the lines of a text are, in LSP's terms: they end with LF, CR LF or CR, and nowhere else."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate

_BLOCK = 16 * 1024
"""Characters between two counts of lines."""


class LineMap:
    """Lines by number and by offset, from a count for every block of the text.

    A key makes another text, of which a handful of places are wanted: a list of all starts of lines would
    take ten times as long, which fifty thousand lines show.
    """

    __slots__ = ("_before", "_text", "_unix")

    def __init__(self, text: str):
        self._text = text
        # As long as the text, with one LF for each end of a line, in the place of its last character.
        self._unix = text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
        counts = (self._unix.count("\n", at, at + _BLOCK) for at in range(0, len(text), _BLOCK))
        self._before = array("Q", (0, *accumulate(counts)))

    def __len__(self) -> int:
        """How many lines there are; a text that ends with a line's end has an empty one after it."""
        return self._before[-1] + 1

    def line_of(self, offset: int) -> int:
        """0-based line that holds `offset`."""
        block = min(offset // _BLOCK, len(self._before) - 1)
        return self._before[block] + self._unix.count("\n", block * _BLOCK, offset)

    def start(self, number: int) -> int:
        """Offset of a line's first character.

        Raises:
            IndexError: no such line.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"line {number}")
        if number == 0:
            return 0
        block = bisect_left(self._before, number) - 1
        text = self._unix[block * _BLOCK : (block + 1) * _BLOCK]
        rest = text.split("\n", number - self._before[block])[-1]
        return block * _BLOCK + len(text) - len(rest)

    def line(self, number: int) -> str:
        """The text of a line, without its end.

        Raises:
            IndexError: no such line.
        """
        start = self.start(number)
        end = self._unix.find("\n", start)
        return self._text[start : len(self._text) if end < 0 else end].rstrip("\r")

    def offset(self, line: int, character: int) -> int:
        """Offset of a UTF-16 position. A position inside a surrogate pair means the pair's start.

        Raises:
            IndexError: no such line, or the line is shorter.
        """
        start, content = self.start(line), self.line(line)
        if not 0 <= character <= utf16_length(content):
            raise IndexError(f"character {character}")
        if content.isascii():
            return start + character
        head = content.encode("utf-16-le", "surrogatepass")[: character * 2]
        return start + len(head.decode("utf-16-le", "ignore"))

    def position(self, offset: int) -> tuple[int, int]:
        """0-based line and UTF-16 character of an offset."""
        start = self._unix.rfind("\n", 0, offset) + 1
        return self.line_of(offset), utf16_length(self._text[start:offset])


@lru_cache(maxsize=8)
def line_map(text: str) -> LineMap:
    """Several stages ask for the same snapshot."""
    return LineMap(text)


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
