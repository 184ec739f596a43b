"""How often the recall source proposes the very next line, against repeating what followed the same line.

    python tests/bench/recall_rate.py DIRECTORY [--files N] [--lines N] [--json FILE]

Every sampled line of every sampled file is asked for with the cursor at its start, the text before it as
it is, and nothing after it. `file`: nothing but the file itself is known. `project`: the other files of
the directory are open as well. The baseline is the line that followed the last occurrence of the same
line, in the file and then in the others.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from rtlwright.server.context.window import Context
from rtlwright.server.sources.recall import RecallSource
from rtlwright.server.types import Cancel, Document

SUFFIXES = {".v", ".sv", ".vh", ".svh"}
TRIVIAL = {"end", "begin", "endmodule", ");", "(", ")", "else", "endcase", "end else begin", "end,"}


@dataclass
class Tally:
    """Counts over the sampled lines of one setting."""

    lines: int = 0
    baseline: int = 0
    first: int = 0
    among_three: int = 0
    proposed: int = 0
    hard_lines: int = 0
    """Those that are more than a lone keyword or bracket."""
    hard_baseline: int = 0
    hard_first: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    chars_right: int = 0
    """Characters of lines proposed first and right."""

    def rates(self) -> dict[str, float]:
        def share(part: int, whole: int) -> float:
            return round(100 * part / max(1, whole), 1)

        return {
            "baseline %": share(self.baseline, self.lines),
            "recall first %": share(self.first, self.lines),
            "recall in 3 %": share(self.among_three, self.lines),
            "proposed %": share(self.proposed, self.lines),
            "right when proposed %": share(self.first, self.proposed),
            "baseline % (hard)": share(self.hard_baseline, self.hard_lines),
            "recall first % (hard)": share(self.hard_first, self.hard_lines),
            "p50 ms": round(self.p50_ms, 2),
            "p95 ms": round(self.p95_ms, 2),
        }


def measure(files: Sequence[tuple[Path, str]], lines_each: int, with_project: bool, seed: int = 0) -> Tally:
    random_ = random.Random(seed)
    source, tally, times = RecallSource(), Tally(), []
    for path, text in files:
        others = [Document.of(p, t) for p, t in files if p != path] if with_project else []
        others = sorted(others, key=lambda document: document.path.parent != path.parent)[:20]
        follows = _following(tuple(document.text for document in others))
        lines = text.split("\n")
        eligible = [i for i, line in enumerate(lines) if i > 3 and line.strip() and not _is_comment(line)]
        for number in sorted(random_.sample(eligible, min(lines_each, len(eligible)))):
            before = "\n".join(lines[:number]) + "\n" + _indent(lines[number])
            context = Context.at(Document.of(path, before), len(before), tuple(others))
            started = time.perf_counter()
            found = source.propose(context, 3, Cancel())
            times.append((time.perf_counter() - started) * 1000)
            texts = [_flat(candidate.text.split("\n")[0]) for candidate in found]
            _count(tally, lines, number, texts, follows)
    tally.p50_ms = statistics.median(times)
    tally.p95_ms = sorted(times)[int(len(times) * 0.95)]
    return tally


def _count(tally: Tally, lines: list[str], number: int, texts: list[str], follows: dict[str, str]) -> None:
    wanted = _flat(lines[number])
    hard = wanted not in TRIVIAL
    tally.lines += 1
    tally.hard_lines += hard
    tally.proposed += bool(texts)
    right = bool(texts) and texts[0] == wanted
    tally.first += right
    tally.hard_first += right and hard
    tally.among_three += wanted in texts
    tally.chars_right += len(wanted) * right
    repeated = _repeat(lines[:number], follows)
    tally.baseline += repeated == wanted
    tally.hard_baseline += repeated == wanted and hard


def _repeat(before: list[str], follows: dict[str, str]) -> str | None:
    """The line after the last earlier occurrence of the last line, in this file or else in the others."""
    flat = [_flat(line) for line in before if line.strip()]
    for at in range(len(flat) - 2, -1, -1):
        if flat[at] == flat[-1]:
            return flat[at + 1]
    return follows.get(flat[-1]) if flat else None


def _following(texts: tuple[str, ...]) -> dict[str, str]:
    """Line → the line after its last occurrence."""
    table: dict[str, str] = {}
    for text in texts:
        flat = [_flat(line) for line in text.split("\n") if line.strip()]
        table.update(pairwise(flat))
    return table


def _flat(line: str) -> str:
    return " ".join(line.split("//")[0].split())


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("//", "/*", "*"))


def read(directory: Path, count: int) -> list[tuple[Path, str]]:
    """A fixed choice of the directory's files."""
    found = sorted(p for p in directory.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    random.Random(1).shuffle(found)
    files = [(p, p.read_text(errors="replace")) for p in found[:count]]
    return [(p, t) for p, t in files if 20 <= t.count("\n") <= 5000]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    files = read(arguments.directory, arguments.files)
    if not files:
        sys.exit(f"{arguments.directory}: no RTL of 20 to 5000 lines")
    results = {}
    for name, with_project in (("file", False), ("project", True)):
        tally = measure(files, arguments.lines, with_project)
        results[name] = {**asdict(tally), "rates": tally.rates()}
        print(f"{name:8}", *(f"{key} {value}" for key, value in tally.rates().items()), sep="  ")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
