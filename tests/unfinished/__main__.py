"""How often the gate is wrong in unfinished code.

`make gate-report`, or `PYTHONPATH=tests python -m unfinished [--seed S] [--show] [DIR …]`; each DIR is a
project to be measured as well (any checkout of somebody's RTL).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from unfinished import corpus
from unfinished.corpus import File
from unfinished.report import Outcome, made
from unfinished.table import shown, table, totals


def main() -> None:
    options = _options()
    report = made()
    begun = time.perf_counter()
    try:
        for seed in options.seed:
            report.run(_files(options, seed), seed, options.true, options.broken)
            now = totals(report.judged)
            print(f"seed {seed}: {now[0].cases} + {now[1].cases} cases so far", file=sys.stderr)
    finally:
        report.close()
    if options.show:
        for each in report.judged:
            if each.outcome is Outcome.WRONG or (options.apart and each.outcome is Outcome.APART):
                print(shown(each))
    alarms, misses = totals(report.judged)
    if options.json:
        print(json.dumps({
            "false alarms": alarms.rate, "true": alarms.cases, "misses": misses.rate, "broken": misses.cases,
        }))  # fmt: skip
    else:
        print(table(report.judged))
        print(f"{time.perf_counter() - begun:.0f} s, seeds {options.seed}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="unfinished", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--true", type=int, default=16, help="true continuations per file")
    parser.add_argument("--broken", type=int, default=20, help="broken continuations per file, at most")
    parser.add_argument("--generated", type=int, default=30, help="files from the generator")
    parser.add_argument("--files", type=int, default=40, help="files per DIR, at most")
    parser.add_argument("--only", nargs="+", help="sources: examples, designs, projects, generated")
    parser.add_argument("--show", action="store_true", help="print the cases that went wrong")
    parser.add_argument("--apart", action="store_true", help="with --show: those that count as neither, too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("directories", nargs="*", type=Path, metavar="DIR")
    return parser.parse_args()


def _files(options: argparse.Namespace, seed: int) -> list[File]:
    sources = {
        "examples": corpus.examples,
        "designs": corpus.designs,
        "projects": corpus.projects,
        "generated": lambda: corpus.generated(seed, options.generated),
    }
    wanted = options.only if options.only else () if options.directories else tuple(sources)
    files = [file for name in wanted for file in sources[name]()]
    for directory in options.directories:
        found = list(corpus.project(directory.name, directory.absolute(), foreign=True))
        random.Random(seed).shuffle(found)
        files += found[: options.files]
    return files


if __name__ == "__main__":
    main()
