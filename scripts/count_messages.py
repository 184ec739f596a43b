#!/usr/bin/env python
"""Counts what slang, Icarus and Yosys say of broken RTL: which messages need a plain sentence.

    scripts/count_messages.py [MUTANTS] [SEED]

Mutants of the examples and of generated modules go through the gate as whole files; printed is in how many of
them a message came, most often first, and whether server/check/hints.py has a sentence for it (`+`).
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from pathlib import Path

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.text.lexer import Kind, Token, code
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Document, ProjectView, SourceFile, Verdict
from rtlwright.training.synth.families import all_families
from rtlwright.training.synth.generate import Settings, draw_row

ROOT = Path(__file__).parents[1]
WORDS = [
    "begin",
    "end",
    "endmodule",
    "assign",
    "always",
    "input",
    "output",
    "wire",
    "reg",
    "if",
    "else",
    "case",
    "endcase",
    "default",
]


def texts() -> list[tuple[str, str]]:
    """(name, text) of self-contained files."""
    found = []
    for file in sorted((ROOT / "examples").glob("*/*.*v")):
        package = next((each for each in file.parent.glob("*_pkg.sv") if each != file), None)
        found.append((f"m{file.suffix}", (package.read_text() if package else "") + file.read_text()))
    settings = Settings(seed=1, count=200, families=tuple(all_families()))
    rows = (draw_row(settings, index, 0)[0] for index in range(settings.count))
    return found + [(f"m.{row.language}", row.module) for row in rows]


def broken(text: str, draw: random.Random) -> str:
    """A token deleted, doubled, renamed, exchanged or followed by a keyword; or a line lost or doubled."""
    tokens = [token for token in code(text) if token.kind is not Kind.DIRECTIVE and not token.trivial]
    token: Token = draw.choice(tokens)
    kind = draw.randrange(8)
    if kind >= 6:
        lines = text.splitlines(True)
        at = draw.randrange(len(lines))
        return "".join(lines[:at] + (lines[at : at + 1] * 2 if kind == 6 else []) + lines[at + 1 :])
    names = [each.text for each in tokens if each.kind is Kind.IDENTIFIER]
    new = (
        "", f"{token.text} {token.text}", f"{token.text}_x", draw.choice(names),
        token.text[:-1], f"{token.text} {draw.choice(WORDS)} ",
    )[kind]  # fmt: skip
    return text[: token.start] + new + text[token.end :]


def judged(gate: Gate, name: str, text: str) -> Verdict:
    view = ProjectView(ROOT, name, (SourceFile.of(name, text),))
    document = Document.of(ROOT / name, text)
    return gate.check_files(
        [document], view, top=None, testbench=None, timeout_s=20.0, cancel=Cancel()
    ).verdict


def general(message: str) -> str:
    """The message without its names and numbers."""
    return re.sub(r"\d+", "#", re.sub(r"'[^']*'|`[^']*'|\"[^\"]*\"|\w+\.[\w.]+", "…", message))


def main(mutants: int = 1000, seed: int = 1) -> None:
    draw, gate, sources = random.Random(seed), Gate(CheckConfig()), texts()
    counts: Counter[tuple[str, str, bool]] = Counter()
    for _ in range(mutants):
        name, text = draw.choice(sources)
        found = judged(gate, name, broken(text, draw)).diagnostics
        counts.update({(d.tool, general(d.message), d.hint is not None) for d in found})
    gate.close()
    for (tool, message, hinted), count in counts.most_common():
        print(f"{count:6} {'+' if hinted else '-'} {tool:7} {message}")
    told = sum(count for (_, _, hinted), count in counts.items() if hinted)
    print(f"{told} of {counts.total()} have a sentence ({100 * told / max(1, counts.total()):.1f} %)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
