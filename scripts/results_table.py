"""The tables of docs/results.md, from what scripts/results.sh measured: scripts/results_table.py DIR."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WAYS = ("together", "structure", "recall", "model", "repeat-line", "n-gram")
KINDS = ("next line", "rest of line", "block", "port map")
LINES = ("next-line-known", "next-line-known-at-end", "next-line-held-out", "next-line-held-out-at-end")
COLUMNS = ("exact match", "edit similarity", "gate pass", "characters saved", "characters shown in vain")
CHOICES = {
    "picked first": "the first",
    "picked gate": "the first that compiles",
    "picked vote": "gate and vote",
    "picked any": "a perfect choice",
    "pass@1": "one, as it is",
    "pass@1 repaired": "one, mended in up to two tries",
    "pass@1 resampled": "one, drawn anew up to twice (expected)",
    "compile@1": "compiles",
    "compile@1 repaired": "compiles, mended",
}


def main() -> None:
    folder = Path(sys.argv[1])
    found = {
        file.stem: json.loads(file.read_text())
        for file in sorted(folder.glob("*.json"))
        if file.stem != "throughput"
    }
    print(f"Model file: sha256 {folder.name}…\n")
    references(found)
    verilogeval(found)
    for name in ("known", "held-out"):
        if f"spec-{name}" in found:
            specifications(name, found[f"spec-{name}"])
    if any(name in found for name in LINES):
        lines({name: found[name] for name in LINES if name in found})
    for name in ("repositories", "repositories-rest"):
        if name in found:
            repositories(name, found[name])


def references(found: dict[str, Any]) -> None:
    rows = [
        [
            name.removeprefix("reference-"),
            f"{round(one['metrics']['pass@1'] * one['samples'])} of {one['samples']}",
        ]
        for name, one in found.items()
        if name.startswith("reference-")
    ]
    table("Reference solutions", ["benchmark", "pass"], rows)


def verilogeval(found: dict[str, Any]) -> None:
    names = ("pass@1", "pass@5", "pass@10", "compile@1")
    rows = [
        [
            f"{set_} ({found[f'v1-{set_}']['samples']:,} samples)",
            *(value(found[f"v1-{set_}"], name) for name in names),
        ]
        for set_ in ("Human", "Machine")
        if f"v1-{set_}" in found
    ]
    table("VerilogEval v1", ["", *names], rows)


def specifications(name: str, one: dict[str, Any]) -> None:
    rows = [[words, value(one, metric)] for metric, words in CHOICES.items() if metric in one["metrics"]]
    table(
        f"Specifications, {name} families ({one['samples']} samples)",
        ["choice", "passes its testbench"],
        rows,
    )


def lines(found: dict[str, Any]) -> None:
    rows = [[way, *(value(one, f"{way}: exact match") for one in found.values())] for way in WAYS]
    table("Next line in generated modules", ["", *(name.removeprefix("next-line-") for name in found)], rows)


def repositories(name: str, one: dict[str, Any]) -> None:
    rows = [
        [way, value(one, f"{way}: {COLUMNS[0]}"), *(plain(one, f"{way}: {column}") for column in COLUMNS[1:])]
        for way in WAYS
    ]
    table(f"{name} ({one['samples']} places)", ["", *COLUMNS], rows)
    rows = [[way, *(value(one, f"{kind}: {way}: exact match") for kind in KINDS)] for way in WAYS]
    table(f"{name}, exact match by kind", ["", *KINDS], rows)


def plain(one: dict[str, Any], name: str) -> str:
    return f"{one['metrics'][name]:.1%}" if name in one["metrics"] else ""


def value(one: dict[str, Any], name: str) -> str:
    if name not in one["metrics"]:
        return ""
    low, high = one["intervals"][name]
    return f"{one['metrics'][name]:.1%} ({low:.1%} to {high:.1%})"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        print(f"### {title}\n")
        for row in (head, ["---"] * len(head), *rows):
            print(f"| {' | '.join(row)} |")
        print()


if __name__ == "__main__":
    main()
