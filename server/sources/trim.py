"""Keeps a block of lines to what it finishes."""

from __future__ import annotations

from rtlwright.server.check.text.lexer import tokens

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def finished_lines(text: str) -> str:
    r"""Without trailing lines that end inside a bracket which a line after the first one opened.

    >>> finished_lines(",\n  .a(a),\n  .b({x,\n      y")
    ',\n  .a(a),'
    """
    if "\n" not in text:
        return text
    depths = _depths(text)
    first = next((depth for depth, line in zip(depths, text.split("\n"), strict=True) if line.strip()), 0)
    keep = max((count for count, depth in enumerate(depths, 1) if depth <= max(first, 0)), default=1)
    return "\n".join(text.split("\n")[:keep])


def _depths(text: str) -> list[int]:
    """Open brackets after each line."""
    depths, depth, line = [0] * (text.count("\n") + 1), 0, 0
    position = 0
    for token in tokens(text):
        for _ in range(text.count("\n", position, token.start)):
            depths[line] = depth
            line += 1
        position = token.start
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
    for rest in range(line, len(depths)):
        depths[rest] = depth
    return depths
