"""Where fill-in-the-middle documents are cut: the places at which an engineer waits for a suggestion.

Everything here is a pure function of the text and of the random generator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from rtlwright.training.config import CorpusConfig

_NESTING = re.compile(r"//[^\n]*|/\*.*?\*/|\b(?:begin|case[xz]?|endcase|end)\b|[()]", re.S)
_OPEN = re.compile(r"begin|case[xz]?|\(")
_WORDISH = re.compile(r"[A-Za-z0-9_$]")
_HEADER_END = re.compile(r"\)\s*;")
_LONGEST_SPAN = 400


@dataclass(frozen=True)
class Cut:
    """A text in three parts; joined they are the text, unless lines at the edges were dropped."""

    prefix: str
    middle: str
    suffix: str

    @property
    def text(self) -> str:
        return self.prefix + self.middle + self.suffix


def draw_cut(text: str, rng: Random, inside_word_rate: float = 0.1) -> Cut:
    """Cut out the rest of a line, whole lines, a block, the module's body, or any span.

    `text` must not be blank. A middle ends before a line break, never with one, and is never empty.
    """
    kinds = (_rest_of_line, _lines, _block, _body, _span)
    for kind in rng.choices(kinds, weights=(35, 27, 13, 8, 17), k=4):
        span = kind(text, rng, inside_word_rate)
        if span is not None and text[span[0] : span[1]].strip():
            start, end = span
            end = start + len(text[start:end].rstrip())
            return Cut(text[:start], text[start:end], text[end:])
    end = len(text.rstrip())
    return Cut("", text[:end], text[end:])


def unfinish(cut: Cut, rng: Random) -> Cut:
    """Drop the suffix, all but `endmodule`, or the lines just after the cut: a file that is being written."""
    draw = rng.random()
    if draw < 0.4:
        return Cut(cut.prefix, cut.middle, "")
    if draw < 0.7:
        return Cut(cut.prefix, cut.middle, rng.choice(["\n", "\n\n"]) + "endmodule\n")
    breaks = [i for i, char in enumerate(cut.suffix[:-1]) if char == "\n"]
    return Cut(cut.prefix, cut.middle, cut.suffix[rng.choice(breaks) :] if breaks else "")


def window(cut: Cut, before: int, after: int) -> Cut:
    """Keep at most `before` whole lines of the prefix besides the cursor's, and `after` of the suffix.

    >>> window(Cut("a\\nb\\nc", "m", "d\\ne\\nf"), 1, 1)
    Cut(prefix='b\\nc', middle='m', suffix='d\\ne')
    """
    prefix = "\n".join(cut.prefix.split("\n")[-(before + 1) :])
    suffix = "\n".join(cut.suffix.split("\n")[: after + 1])
    return Cut(prefix, cut.middle, suffix)


def draw_document(text: str, rng: Random, config: CorpusConfig) -> Cut:
    """A cut of `text` as training sees it: complete or unfinished, whole or a window."""
    cut = draw_cut(text, rng, config.inside_word_rate)
    if rng.random() >= config.complete_suffix_rate:
        cut = unfinish(cut, rng)
    if rng.random() < config.window_rate:
        cut = window(cut, rng.randint(0, 12), rng.randint(0, 12))
    return cut


def as_comment(spec: str, width: int = 78) -> str:
    """`spec` as line comments, long lines wrapped, as one writes above a module.

    >>> as_comment("Invert a.\\n\\nb")
    '// Invert a.\\n//\\n// b\\n'
    """
    lines: list[str] = []
    for paragraph in spec.strip().split("\n"):
        line = ""
        for word in re.findall(r"\s*\S+", paragraph):
            if line and len(line) + len(word) > width - 3:
                lines.append(line)
                line = word.lstrip()
            else:
                line += word
        lines.append(line)
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def _rest_of_line(text: str, rng: Random, inside: float) -> tuple[int, int] | None:
    start = _boundary(text, rng, inside)
    end = text.find("\n", start)
    return start, end if end >= 0 else len(text)


def _lines(text: str, rng: Random, inside: float) -> tuple[int, int] | None:
    """One to four whole lines; the cursor stands at the end of the line above, in column 0, or indented."""
    starts = [match.start() for match in re.finditer(r"^[^\n]*\S", text, re.M)]
    first = rng.randrange(len(starts)) if starts else 0
    last = min(first + rng.choice([0, 0, 1, 2, 3]), len(starts) - 1)
    if last < first:
        return None
    end = text.find("\n", starts[last])
    return _cursor(text, starts[first], rng), end if end >= 0 else len(text)


def _block(text: str, rng: Random, inside: float) -> tuple[int, int] | None:
    """What follows an opening `begin`, `case` or `(` of several lines, up to and with its closing."""
    stack: list[re.Match[str]] = []
    pairs: list[tuple[int, int]] = []
    for match in _NESTING.finditer(text):
        if match[0].startswith("/"):
            continue
        if _OPEN.fullmatch(match[0]):
            stack.append(match)
        elif stack:
            opening = stack.pop()
            line_end = text.find("\n", opening.end())
            if 0 <= line_end < match.start():
                pairs.append((line_end + 1, match.end()))
    if not pairs:
        return None
    start, end = rng.choice(pairs)
    line_end = text.find("\n", end)
    return _cursor(text, start, rng), line_end if line_end >= 0 else len(text)


def _body(text: str, rng: Random, inside: float) -> tuple[int, int] | None:
    """From the end of the header to the end of the text, sometimes without `endmodule`."""
    header = _HEADER_END.search(text)
    if header is None:
        return None
    end = text.rfind("endmodule") if rng.random() < 0.5 else len(text)
    line = text.find("\n", header.end())
    return (_cursor(text, line + 1, rng), end) if 0 <= line < end else None


def _span(text: str, rng: Random, inside: float) -> tuple[int, int] | None:
    start = _boundary(text, rng, inside)
    limit = min(len(text), start + 1 + int(_LONGEST_SPAN * rng.random() ** 2))
    return start, limit if rng.random() < inside else _back_to_boundary(text, limit)


def _boundary(text: str, rng: Random, inside: float) -> int:
    start = rng.randrange(len(text))
    return start if rng.random() < inside else _back_to_boundary(text, start)


def _back_to_boundary(text: str, position: int) -> int:
    while 0 < position < len(text) and _WORDISH.match(text[position - 1]) and _WORDISH.match(text[position]):
        position -= 1
    return position


def _cursor(text: str, line_start: int, rng: Random) -> int:
    """Where the cursor stands when the line at `line_start` is to be written."""
    draw = rng.random()
    if draw < 0.35:
        return max(line_start - 1, 0)  # at the end of the line above: the middle begins with the line break
    if draw < 0.6:
        return line_start
    return line_start + len(text[line_start:]) - len(text[line_start:].lstrip(" \t"))
