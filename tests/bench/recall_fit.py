"""Fit the weights of `server/sources/likelihood.py` on directories of RTL, one project each.

    python tests/bench/recall_fit.py DIRECTORY… [--files N] [--lines N]

Every proposal at every sampled place is one example: is it the line that stands there? Half of the places
have the cursor at the start of the line, half after some of its tokens. Logistic regression with a small
L2 penalty, by stochastic gradient; prints the weights, and expected against actual rates by score.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from pathlib import Path

from recall_rate import _flat, _indent, _is_comment, read

from rtlwright.server.context.window import Context
from rtlwright.server.sources.corpus import Corpus
from rtlwright.server.sources.lines import line_tokens
from rtlwright.server.sources.recall import Query
from rtlwright.server.types import Cancel, Document

Example = tuple[tuple[float, ...], bool]


def examples(directory: Path, files_each: int, lines_each: int) -> Iterator[Example]:
    draw = random.Random(2)
    files = read(directory, files_each)
    corpus = Corpus(40, 6_000)
    for path, text in files:
        others = [Document.of(p, t) for p, t in files if p != path][:20]
        lines = text.split("\n")
        eligible = [i for i, line in enumerate(lines) if i > 3 and line.strip() and not _is_comment(line)]
        for number in draw.sample(eligible, min(lines_each, len(eligible))):
            typed = _indent(lines[number])
            found = line_tokens(lines[number].split("//")[0])
            if draw.random() < 0.5 and len(found) > 2:
                typed = lines[number][: found[draw.randrange(1, len(found))].start]
            before = "\n".join(lines[:number]) + "\n" + typed
            known = others if draw.random() < 0.6 else []
            context = Context.at(Document.of(path, before), len(before), tuple(known))
            query = Query(context, corpus.texts(context, Cancel()), Cancel())
            for proposal in query.proposals():
                if proposal.evidence is not None:
                    right = _flat(proposal.line) == _flat(lines[number])
                    yield proposal.evidence.features(), right


def fit(data: list[Example], rounds: int = 12) -> list[float]:
    weights = [0.0] * len(data[0][0])
    squares = [1e-3] * len(weights)
    draw = random.Random(3)
    for _ in range(rounds):
        draw.shuffle(data)
        for features, right in data:
            error = probability(weights, features) - right
            for at, value in enumerate(features):
                if value:
                    gradient = error * value + 1e-5 * weights[at]
                    squares[at] += gradient * gradient
                    weights[at] -= 0.3 * gradient / math.sqrt(squares[at])
    return weights


def probability(weights: list[float], features: tuple[float, ...]) -> float:
    total = sum(weight * value for weight, value in zip(weights, features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def calibration(weights: list[float], data: list[Example]) -> None:
    buckets: dict[int, list[tuple[float, bool]]] = {}
    for features, right in data:
        expected = probability(weights, features)
        buckets.setdefault(min(9, int(expected * 10)), []).append((expected, right))
    for bucket, found in sorted(buckets.items()):
        mean = sum(p for p, _ in found) / len(found)
        actual = sum(r for _, r in found) / len(found)
        print(f"  {bucket / 10:.1f}  n={len(found):6}  expected {mean:.3f}  actual {actual:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=25)
    parser.add_argument("--lines", type=int, default=30)
    arguments = parser.parse_args()
    data = [e for d in arguments.directories for e in examples(d, arguments.files, arguments.lines)]
    print(len(data), "examples,", sum(right for _, right in data), "right")
    weights = fit(data)
    print(", ".join(f"{weight:.2f}" for weight in weights))
    calibration(weights, data)


if __name__ == "__main__":
    main()
