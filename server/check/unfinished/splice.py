"""Fits a candidate into its place: nothing twice, nothing closed that is not open, the buffer's layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rtlwright.server.check.text.balance import overcloses, spared
from rtlwright.server.check.text.conditions import suppose
from rtlwright.server.check.text.lexer import CLOSERS, DESIGN_UNITS, PAIRS, Kind, Token, tokens
from rtlwright.server.check.text.structure import Scanner, Structure, scan
from rtlwright.server.check.unfinished.finish import rest_of_else
from rtlwright.server.types import Candidate, Document, Position

_FENCE = re.compile(
    r"^[^\S\n]{0,99}```[\w+-]*[^\S\n]{0,99}\r?\n?|\r?\n?[^\S\n]{0,99}```[^\S\n]{0,99}(?=\r?\n|$)",
    re.MULTILINE,
)
_ARTEFACT = re.compile(
    r"<\|[\w|▁ ]{1,40}\|>|<｜[^｜>]{1,40}｜>|</?s>|<(?:PRE|SUF|MID|EOT|fim_\w+|endoftext)>"
)
_LONGEST = 50_000
_MOST_LINES = 200
_UNITS = frozenset({"module", "macromodule", "program", "primitive", "config"})
_SHORTEST_REPEAT = 3
"""Characters; a repeated `;` or `)` is cut by the balance, or by its line."""


def splice(document: Document, candidate: Candidate) -> Candidate:
    """The candidate as it will be inserted; its text is empty if nothing of it is of use. Never raises."""
    start, end = span(document.text, candidate)
    prefix, suffix = document.text[:start], document.text[end:]
    return replace(candidate, text=fit(candidate.text, prefix, suffix))


def fit(text: str, prefix: str, suffix: str) -> str:
    """`text` between `prefix` and `suffix`. Idempotent in what it trims."""
    if len(text) > _LONGEST:
        return text  # no completion; what it costs to look at it is not worth it
    text = _without_artefacts(text)
    text = balanced(text, prefix, suffix)
    text = _without_nested_unit(text, prefix)
    text = _without_repeat(text, suffix)
    text = _without_last_comma(text, prefix, suffix)
    text = _laid_out(text, prefix, suffix)
    return text if text.strip() or not suffix.strip() else ""


def _without_last_comma(text: str, prefix: str, suffix: str) -> str:
    """`.a(a),` before the `)` of a list: no list may end so, though slang lets it pass."""
    bare = text.rstrip()
    if not (bare.endswith(",") and len(bare) > 1 and suffix.lstrip().startswith(")")) or _head(prefix).hides:
        return text
    last = tuple(tokens(prefix + text, _head(prefix).restart))[-1]
    return bare[:-1] + text[len(bare) :] if last.text == "," else text


def span(text: str, candidate: Candidate) -> tuple[int, int]:
    """The candidate's range as offsets in `text`; positions outside are moved to the nearest inside."""
    start = offset(text, candidate.range.start)
    if candidate.range.end == candidate.range.start:
        return start, start
    return start, max(start, offset(text, candidate.range.end))


def offset(text: str, position: Position) -> int:
    """An LSP position as an offset in code points."""
    start = 0
    for _ in range(max(0, position.line)):
        found = text.find("\n", start)
        if found < 0:
            return len(text)
        start = found + 1
    end = text.find("\n", start)
    line = text[start : len(text) if end < 0 else end].removesuffix("\r")
    if line.isascii():
        return start + min(max(0, position.character), len(line))
    units = 0
    for index, character in enumerate(line):
        if units >= position.character:
            return start + index
        units += 2 if ord(character) > 0xFFFF else 1
    return start + len(line)


def _without_artefacts(text: str) -> str:
    """Without the marks of a model's own format: fences, special tokens, NULs."""
    found = _ARTEFACT.search(text)
    if found:
        text = text[: found.start()] if found.start() else _ARTEFACT.sub("", text)
    if "```" in text:
        text = _FENCE.sub("", text)
    return text.replace("\0", "").replace("\ufffd", "")


def balanced(text: str, prefix: str, suffix: str) -> str:
    """Cut where the text begins to close what the suffix closes already.

    `open`: what is open before; the suffix supplies closers for some of it; only the rest may be closed here.
    """
    head = _head(prefix)
    if head.hides:
        return text
    start, supplied = head.structure, _supplied(suffix, head.macros)
    whole = prefix + text
    rest = tuple(tokens(whole, head.restart))
    scanner = head.scanner.copy()
    if not overcloses(start, _finished_else(scanner.copy().feed(rest)), supplied):
        return text  # `end else begin`: what it closes it opens again
    spare = spared(start, supplied)
    for token in rest:
        scanner.feed((token,))
        if token.end <= len(prefix) or token.text not in CLOSERS:
            continue
        now = scanner.structure()
        if len(now.supplied) > len(start.supplied) or len(now.frames) < (spare or 0):
            return whole[len(prefix) : max(len(prefix), token.start)].rstrip(" \t")
    return text


def _finished_else(scanner: Scanner) -> Structure:
    """The structure with `end el` taken for what it begins: `end else begin`."""
    now = scanner.structure()
    rest = rest_of_else(now.tail)
    if not rest and [token.text for token in now.tail] != ["else"]:
        return now
    (word,) = now.tail
    begin = Token(Kind.KEYWORD, "begin", word.end, word.end)
    return scanner.feed((begin,)).structure()


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the cursor, scanned once for all candidates."""

    restart: int
    """Where the last token begins: the candidate may go on with it."""
    hides: bool
    """The cursor is in a comment or a string."""
    scanner: Scanner
    """Has read all but the last token; to be copied, not fed."""
    structure: Structure
    macros: frozenset[str]
    """Supposed, so that the place counts as read."""


@lru_cache(maxsize=4)
def _head(prefix: str) -> _Head:
    head = tuple(tokens(prefix))
    hides = bool(head) and head[-1].kind in (Kind.COMMENT, Kind.OPEN_COMMENT, Kind.OPEN_STRING)
    supposition = suppose(prefix, {})
    defines = supposition.defines if supposition else {}
    scanner = Scanner(defines).feed(head[:-1])
    structure = scanner.copy().feed(head[-1:]).structure()
    return _Head(head[-1].start if head else 0, hides, scanner, structure, frozenset(defines))


@lru_cache(maxsize=4)
def _supplied(suffix: str, macros: frozenset[str]) -> tuple[str, ...]:
    return scan(tokens(suffix), dict.fromkeys(macros, "")).supplied


def _without_nested_unit(text: str, prefix: str) -> str:
    """Cut where a module begins inside of another: legal SystemVerilog (23.4), but a model that ran on."""
    if not any(word in text for word in _UNITS):
        return text
    scanner = Scanner()
    for token in tokens(prefix + text):
        if token.start >= len(prefix) and token.text in _UNITS and token.kind is Kind.KEYWORD:
            now = scanner.structure()
            if now.inside(*DESIGN_UNITS) and not now.tail:
                return text[: token.start - len(prefix)].rstrip()
        scanner.feed((token,))
    return text


def _without_repeat(text: str, suffix: str) -> str:
    """Without what stands after the cursor already: the rest of the line, or whole lines."""
    rest = suffix.split("\n", 1)[0].strip()
    if rest and text.rstrip().endswith(rest) and _ends_between_tokens(text.rstrip(), rest):
        cut = text.rstrip()[: -len(rest)]
        if (len(rest) >= _SHORTEST_REPEAT or cut.strip()) and not _needs(cut, rest):
            return cut
    return _without_repeated_lines(text, suffix)


def _needs(cut: str, rest: str) -> bool:
    """Whether `rest` closes what the text itself opened: `.y(y)` before the `)` that an editor typed."""
    return rest[0] in ")]}" and _depth(cut) > 0


def _depth(text: str) -> int:
    """Brackets opened in a text less those closed, comments and strings aside."""
    return sum(
        (token.text in "([{") - (token.text in ")]}") for token in tokens(text) if len(token.text) == 1
    )


def _ends_between_tokens(text: str, rest: str) -> bool:
    before = text[: -len(rest)][-1:]
    return not (before and (before.isalnum() or before == "_") and (rest[0].isalnum() or rest[0] == "_"))


def _without_repeated_lines(text: str, suffix: str) -> str:
    """The longest run of lines at the end that begins the suffix, too."""
    ours = [line.strip() for line in text.split("\n")]
    theirs = [line.strip() for line in suffix.split("\n") if line.strip()][: min(len(ours), _MOST_LINES)]
    while ours and not ours[-1]:
        ours.pop()
    for count in range(min(len(ours), len(theirs)), 0, -1):
        tail = ours[-count:]
        if tail == theirs[:count] and sum(map(len, tail)) >= _SHORTEST_REPEAT and not _only_closers(tail):
            kept = text.split("\n")[: len(ours) - count]
            return "\n".join(kept) + ("\n" if kept and count < len(ours) else "")
    return text


def _only_closers(lines: Sequence[str]) -> bool:
    """`end`, `endmodule`: whether those are needed is for the balance to say."""
    words = [token.text for line in lines for token in tokens(line)]
    return all(word in CLOSERS or word in PAIRS or word == ";" for word in words)


def _laid_out(text: str, prefix: str, suffix: str) -> str:
    """Line ends and indentation as the buffer has them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line = prefix[prefix.rfind("\n") + 1 :]
    if _uses_tabs(prefix + suffix):
        text = _tabbed(text)
    if line and not line.strip() and text.startswith(line) and text != line:
        text = text[len(line) :]  # the model repeats the indentation that is typed already
    if text.strip() and not suffix.strip() and suffix.lstrip(" \t")[:1] in ("\n", "\r"):
        text = text.rstrip("\n")  # at the end of a file that has its last line's end
    if "\r\n" in prefix or "\r\n" in suffix:
        text = text.replace("\n", "\r\n")
    return text


def _uses_tabs(text: str) -> bool:
    return text.count("\n\t") > text.count("\n  ")


def _tabbed(text: str) -> str:
    lines = text.split("\n")
    widths = [len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.startswith("  ")]
    unit = 2 if any(width % 4 for width in widths) else 4
    return "\n".join([lines[0], *(_tab_line(line, unit) for line in lines[1:])])


def _tab_line(line: str, unit: int) -> str:
    body = line.lstrip(" ")
    spaces = len(line) - len(body)
    return "\t" * (spaces // unit) + " " * (spaces % unit) + body
