"""A suggestion drawn where it would stand: the code around it in colour, the new text as ghost text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from rtlwright.server.terminal_text import sanitize
from rtlwright.server.types import Language, Position, Suggestion

# Both colours are given, so that the text can be read on light and on dark terminals alike.
GHOST = Style(color="#b7f5c4", bgcolor="#15402a")
_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB = 4


def offset_of(text: str, position: Position) -> int:
    """Index into `text` of an LSP position (UTF-16); beyond the end of a line or the text, that end."""
    start = 0
    for _ in range(position.line):
        found = _LINE_END.search(text, start)
        if found is None:
            return len(text)
        start = found.end()
    units, end = 0, start
    while end < len(text) and units < position.character and text[end] not in "\r\n":
        units += 1 + (ord(text[end]) > 0xFFFF)
        end += 1
    return end


@dataclass(frozen=True, slots=True)
class Ghost:
    """`suggestion` inside `text`, with lines before and after it.

    A `+` in the gutter marks a new line, a `~` one that is new in part: the picture holds without colour.
    At most `limit` new lines are drawn; the gutter tells how many are not.
    """

    text: str
    suggestion: Suggestion
    language: Language = Language.SYSTEMVERILOG
    before: int = 6
    after: int = 3
    limit: int = 1000

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for mark, number, code in self._rows(options.encoding):
            grid.add_row(Text(f" {mark}", style="bold green"), Text(number), code)
        yield grid

    def _rows(self, encoding: str) -> Iterator[tuple[str, str, Text]]:
        prefix, inserted, suffix = (sanitize(part, encoding) for part in self._parts())
        number = self.suggestion.range.start.line + 1 - prefix.count("\n")
        begin, end = len(prefix.expandtabs(_TAB)), len((prefix + inserted).expandtabs(_TAB))
        code = (prefix + inserted + suffix).expandtabs(_TAB)
        at, drawn = 0, 0
        for line in self._highlight(code, begin, end):
            mark = _gutter(code, at, at + len(line), begin, end)
            drawn += mark != " "
            if drawn > self.limit and mark != " ":
                yield "+", "", Text(f"({code.count(chr(10), at, end) + 1} more lines)", style="dim")
                return
            yield mark, str(number), line
            at += len(line) + 1
            number += 1

    def _parts(self) -> tuple[str, str, str]:
        """What stands before, the new text, what stands after; cut to the lines that are shown."""
        start = offset_of(self.text, self.suggestion.range.start)
        end = offset_of(self.text, self.suggestion.range.end)
        prefix = _LINE_END.split(self.text[:start])[-self.before - 1 :]
        while len(prefix) > 1 and not prefix[0].strip():
            prefix = prefix[1:]
        suffix = _LINE_END.split(self.text[end:])[: self.after + 1]
        while len(suffix) > 1 and not suffix[-1].strip():
            suffix = suffix[:-1]
        text = self.suggestion.text if any(suffix) else self.suggestion.text.rstrip()
        return "\n".join(prefix), text, "\n".join(suffix)

    def _highlight(self, code: str, begin: int, end: int) -> list[Text]:
        syntax = Syntax("", self.language.value, theme="ansi_dark", background_color="default")
        text = syntax.highlight(code)
        text.no_wrap, text.overflow = False, "fold"
        if (extra := len(text) - len(code)) > 0:  # the lexer ends every text with a newline
            text.right_crop(extra)
        text.stylize(GHOST, begin, end)
        return list(text.split("\n", allow_blank=True))


def _gutter(code: str, start: int, stop: int, begin: int, end: int) -> str:
    """` `, `~` or `+` for the line `code[start:stop]` when `code[begin:end]` is new."""
    if stop < begin or start >= end:
        return " "
    new = code[max(start, begin) : min(stop, end)]
    old = code[start : max(start, begin)] + code[min(stop, end) : stop]
    if not new.strip():
        return "+" if begin < start and stop < end else " "  # a blank line inside of the new text
    return "~" if old.strip() else "+"
