"""Baselines that know no Verilog: the line that followed the same line before, and a trigram model."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

_TOKEN = re.compile(r"\s*(?:[\w$`]+|'[bdhoBDHO]\w+|<=|>=|==|!=|&&|\|\||<<|>>|\S)")
_LONGEST = 40


def repeat_line(prefix: str) -> str:
    r"""What followed the last earlier occurrence of the last full line; "" if it is new.

    >>> repeat_line("a\nb\nc\na\n  ")
    'b'
    """
    lines = [line.strip() for line in prefix.split("\n")[:-1] if line.strip()]
    typed = prefix.split("\n")[-1].strip()
    for at in range(len(lines) - 2, -1, -1):
        if lines[at] == lines[-1] and lines[at + 1].startswith(typed):
            return lines[at + 1][len(typed) :]
    return ""


class Trigram:
    """Tokens by the two before them, else by the one before; greedy, to the end of the line."""

    def __init__(self, texts: Iterable[str]):
        self._tables: tuple[defaultdict[tuple[str, ...], Counter[str]], ...] = tuple(
            defaultdict(Counter) for _ in range(2)
        )
        for text in texts:
            self.learn(text)

    def learn(self, text: str) -> None:
        for line in text.split("\n"):
            tokens = ["", "", *_tokens(line), "\n"]
            for at in range(2, len(tokens)):
                for order, table in enumerate(self._tables, 1):
                    table[_key(tokens[at - order : at])][tokens[at]] += 1

    def rest_of_line(self, typed: str) -> str:
        tokens = ["", "", *_tokens(typed)]
        out: list[str] = []
        while len(out) < _LONGEST:
            found = next((t[k] for o, t in ((2, self._tables[1]), (1, self._tables[0]))
                          if (k := _key(tokens[-o:])) in t), None)  # fmt: skip
            word = found.most_common(1)[0][0] if found else "\n"
            if word == "\n":
                break
            tokens.append(word)
            out.append(word)
        return "".join(out)


def _tokens(line: str) -> list[str]:
    return _TOKEN.findall(line.split("//")[0].strip())


def _key(tokens: list[str]) -> tuple[str, ...]:
    return tuple(token.strip() for token in tokens)
