"""Fit the weights of `server/sources/confidence.py` on directories of RTL, one project each.

    python tests/bench/model_fit.py DIRECTORY… [--files N] [--lines N]

At sampled places the shipped model is asked for the line that stands there, as ghost text asks: half of the
places at the start of a line, half after some of its tokens; half with the rest of the file, half at its end.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from recall_fit import Example, calibration, fit
from recall_rate import _flat, _indent, _is_comment, read

from rtlwright.server.config import ModelConfig
from rtlwright.server.context.window import Context
from rtlwright.server.model.embedded import EmbeddedModel
from rtlwright.server.sources.confidence import features
from rtlwright.server.sources.lines import line_tokens
from rtlwright.server.sources.model import ModelSource
from rtlwright.server.types import Cancel, Document


def examples(model: EmbeddedModel, directory: Path, files_each: int, lines_each: int) -> Iterator[Example]:
    draw, source = random.Random(2), ModelSource(model, 48, 0.0)
    for path, text in read(directory, files_each):
        lines = text.split("\n")
        eligible = [i for i, line in enumerate(lines) if i > 3 and line.strip() and not _is_comment(line)]
        for number in draw.sample(eligible, min(lines_each, len(eligible))):
            typed = _indent(lines[number])
            found = line_tokens(lines[number].split("//")[0])
            if draw.random() < 0.5 and len(found) > 2:
                typed = lines[number][: found[draw.randrange(1, len(found))].start]
            before = "\n".join(lines[:number]) + "\n" + typed
            behind = "\n" + "\n".join(lines[number + 1 :]) if draw.random() < 0.5 else ""
            context = Context.at(Document.of(path, before + behind), len(before))
            for line, logprob in source.bets(context, model, Cancel()):
                right = _flat(typed + line) == _flat(lines[number].split("//")[0])
                yield features(line, logprob), right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--lines", type=int, default=20)
    arguments = parser.parse_args()
    model = EmbeddedModel(ModelConfig())
    try:
        data = [
            e for d in arguments.directories for e in examples(model, d, arguments.files, arguments.lines)
        ]
    finally:
        model.close()
    print(len(data), "examples,", sum(right for _, right in data), "right")
    weights = fit(data)
    print(", ".join(f"{weight:.2f}" for weight in weights))
    calibration(weights, data)


if __name__ == "__main__":
    main()
