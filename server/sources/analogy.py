"""From an earlier passage to this one: which name stands for which, and what follows from that.

Then: `assign tx_a = i0;` was followed by `assign tx_b = i1;`. Now: `assign rx_a = i4;`. So `tx` has become
`rx`, and `i0` `i4`: what follows is `assign rx_b = i5;`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rtlwright.server.context.text import Token
from rtlwright.server.sources.lines import is_slot, line_tokens

_SEGMENT = re.compile(r"\d+|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^A-Za-z0-9]+|.")


@dataclass(slots=True)
class Analogy:
    """Names and numbers of an earlier passage, and what they are called now."""

    words: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    """Of differing names, the parts that differ: `tx` → `rx`."""
    steps: set[int] = field(default_factory=set)
    """By how much numbers have grown."""
    last: tuple[tuple[Token, ...], tuple[Token, ...]] = ((), ())
    """The nearest pair of lines, then and now."""

    def copy(self) -> Analogy:
        """One that may learn more without changing this one."""
        return Analogy(dict(self.words), dict(self.parts), set(self.steps), self.last)

    def learn(self, then: str, now: str) -> bool:
        """Take in a pair of lines; the nearest comes first. False if they contradict what is known."""
        a, b = line_tokens(then), line_tokens(now)
        if len(a) != len(b):
            return False
        pairs = [(x, y) for x, y in zip(a, b, strict=True)]
        if any(x.text != y.text and not (is_slot(x) and is_slot(y) and x.kind == y.kind) for x, y in pairs):
            return False
        words = dict(self.words)
        for x, y in pairs:
            if x.kind == "word" and is_slot(x) and words.setdefault(x.text, y.text) != y.text:
                return False
        self.words = words
        for x, y in pairs:
            if x.text != y.text:
                self._learn_parts(x.text, y.text)
        if not self.last[0]:
            self.last = (a, b)
        return True

    @property
    def is_identity(self) -> bool:
        return not self.parts and not self.steps and all(then == now for then, now in self.words.items())

    def apply(self, line: str) -> list[str]:
        """An earlier line with today's names; two readings where place and name say different things.

        By its place: what stood there became this, so what stands there now becomes that. By name: each
        name is what it is now.
        """
        found = line_tokens(line)
        by_name = self._rewritten(line, [self.translate(token) for token in found])
        before, now = self.last
        if len(found) != len(before) or not all(map(_comparable, found, before)):
            return [by_name]
        followed = [
            self._follow(a.text, token.text, c.text) if is_slot(token) else token.text
            for a, token, c in zip(before, found, now, strict=True)
        ]
        return list(dict.fromkeys((self._rewritten(line, followed), by_name)))

    def _rewritten(self, line: str, words: Sequence[str]) -> str:
        pieces: list[str] = []
        end = 0
        for token, word in zip(line_tokens(line), words, strict=True):
            pieces += (line[end : token.start], word)
            end = token.start + len(token.text)
        return "".join(pieces) + line[end:]

    def translate(self, token: Token) -> str:
        """What a name or number of then is now."""
        if not is_slot(token):
            return token.text
        if token.text in self.words:
            return self.words[token.text]
        if token.kind == "number" or not self.parts:
            return token.text
        return "".join(self.parts.get(part, part) for part in segments(token.text))

    def _follow(self, before: str, after: str, now: str) -> str:
        """`before` became `after` then; what `now` becomes, in the same place of the line."""
        if after == before:
            return now
        if now == before:
            return self.words.get(after, after)
        parts = segments(before), segments(after), segments(now)
        if len(parts[0]) == len(parts[1]) == len(parts[2]):
            stepped = [_step(a, b, c) for a, b, c in zip(*parts, strict=True)]
            if None not in stepped:
                return "".join(part for part in stepped if part is not None)
        if after in self.words:
            return self.words[after]
        return "".join(self.parts.get(part, part) for part in segments(after))

    def _learn_parts(self, then: str, now: str) -> None:
        a, b = segments(then), segments(now)
        if len(a) != len(b):
            return
        for x, y in zip(a, b, strict=True):
            if x == y:
                continue
            if x.isdigit() and y.isdigit():
                self.steps.add(_value(y) - _value(x))
            else:
                self.parts.setdefault(x, y)


def _comparable(a: Token, b: Token) -> bool:
    """Whether two tokens may stand in one place of two lines of one shape."""
    return a.text == b.text or (is_slot(a) and is_slot(b))


def _step(before: str, after: str, now: str) -> str | None:
    """One part of a name: kept, counted on, or changed as it was then; None where no rule fits."""
    if before == after:
        return now
    if before == now:
        return after
    if before.isdigit() and after.isdigit() and now.isdigit():
        value = _value(now) + _value(after) - _value(before)
        return str(value).zfill(len(now) if now[0] == "0" else 0) if value >= 0 else None
    return None


def _value(digits: str) -> int:
    return int(digits[:18])


@lru_cache(maxsize=8192)
def segments(name: str) -> Sequence[str]:
    """`txData_10` → `tx`, `Data`, `_`, `10`."""
    return tuple(_SEGMENT.findall(name[:200])) + ((name[200:],) if len(name) > 200 else ())
