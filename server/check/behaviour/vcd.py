"""A waveform (VCD, IEEE 1364-2005 clause 18): inputs, both designs' outputs, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtlwright.server.check.behaviour.stimulus import Stimulus
from rtlwright.server.check.behaviour.traces import Samples

_PERIOD = 10
"""Nanoseconds between two samples: the waveform shows samples, not delays."""


def text(stimulus: Stimulus, reference: Samples, design: Samples) -> str:
    """One scope each for the inputs, the reference, the candidate and the mismatches."""
    scopes: dict[str, dict[str, Sequence[str]]] = {
        "inputs": {
            each.name: [f"{value:0{each.width}b}" for value in each.values for _ in range(stimulus.per_cycle)]
            for each in stimulus.columns
        },
        "reference": dict(reference),
        "candidate": dict(design),
        "mismatch": {name: _wrong(reference[name], design[name]) for name in reference},
    }  # fmt: skip
    return "\n".join(_lines(scopes)) + "\n"


def _wrong(expected: Sequence[str], got: Sequence[str]) -> list[str]:
    pairs = zip(expected, got, strict=True)
    return ["1" if any(a != b for a, b in zip(e, g, strict=True) if a in "01") else "0" for e, g in pairs]


def _lines(scopes: dict[str, dict[str, Sequence[str]]]) -> Iterator[str]:
    yield "$timescale 1ns $end"
    columns: list[tuple[str, Sequence[str]]] = []
    for scope, signals in scopes.items():
        yield f"$scope module {scope} $end"
        for name, values in signals.items():
            code = _code(len(columns))
            columns.append((code, values))
            yield f"$var wire {len(values[0])} {code} {name} $end"
        yield "$upscope $end"
    yield "$enddefinitions $end"
    last = [""] * len(columns)
    for n in range(max(len(values) for _, values in columns)):
        yield f"#{n * _PERIOD}"
        for index, (code, values) in enumerate(columns):
            if n < len(values) and values[n] != last[index]:
                last[index] = values[n]
                yield f"{values[n]}{code}" if len(values[n]) == 1 else f"b{values[n]} {code}"


def _code(number: int) -> str:
    """A short printable identifier."""
    letters = ""
    while True:
        letters += chr(33 + number % 94)
        number //= 94
        if not number:
            return letters
