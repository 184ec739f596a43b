"""What the outputs of designs did, and who did the same.

Nothing is compared before the first reset is released. After that, an output is compared from the first
sample on at which most of the designs know it in full: what a register without a reset held before anything
was written to it is no behaviour. From there on an X is a value like others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Samples = Mapping[str, Sequence[str]]
"""Output → its bits at each sample, `0`, `1`, `x` and `z`."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What of one design's trace is compared with others'."""

    digests: Mapping[str, str]
    """Output → digest of its samples: equal for those that do the same."""
    unknown: Mapping[str, int]
    """Output → how many of the compared samples have an X or Z in them."""
    samples: int


def parse(text: str, mark: str, outputs: Sequence[str], count: int) -> Samples | None:
    """The lines that bear the mark; None unless they are all there, with the end."""
    lines = [line.split() for line in text.splitlines() if line.startswith(f"{mark} ")]
    if len(lines) != count + 1 or lines[-1] != [mark, "end"]:
        return None
    if any(len(line) != len(outputs) + 1 for line in lines[:-1]):
        return None
    columns = list(zip(*lines[:-1], strict=True)) if count else [()] * (len(outputs) + 1)
    return dict(zip(outputs, columns[1:], strict=True))


def known(bits: str) -> bool:
    return "x" not in bits and "z" not in bits


def behaviours(found: Sequence[Samples], begin: int) -> list[Behaviour]:
    """Of designs with the same outputs; `begin` is the first sample after the reset."""
    if not found:
        return []
    starts = {name: _start([each[name] for each in found], begin) for name in found[0]}
    return [_behaviour(each, starts) for each in found]


def _start(columns: Sequence[Sequence[str]], begin: int) -> int:
    """The first sample that most of the designs know; `begin` where most of them never know one."""
    end = len(columns[0])
    firsts = sorted(next((n for n in range(begin, end) if known(each[n])), end) for each in columns)
    middle = firsts[len(firsts) // 2]
    return middle if middle < end else begin


def _behaviour(samples: Samples, starts: Mapping[str, int]) -> Behaviour:
    digests, unknown, count = {}, {}, 0
    for name, column in samples.items():
        compared = column[starts[name] :]
        digests[name] = hashlib.blake2b("\n".join(compared).encode(), digest_size=12).hexdigest()
        unknown[name] = sum(not known(bits) for bits in compared)
        count = max(count, len(compared))
    return Behaviour(digests, unknown, count)
