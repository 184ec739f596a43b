"""Keeps benchmark problems, their solutions and held-out rows out of the data.

Two texts overlap when they share 13 words in a row; case and punctuation do not count, and specification and
module are looked at apart. A row that overlaps a benchmark is dropped and drawn again, also when the shared
words are only digits (truth tables, bit orders): the report counts those apart, as `trivial`.

Rows of another data set, such as the held-out specifications, are written by the same voices and share whole
sentences with every row. Against them a row is dropped when its specification or its module is the same but
for case and white space.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtlwright.server.errors import UserError

GRAM = 13
_WORD = re.compile(r"[a-z0-9_]+")
_TOLD = frozenset(
    {"task_id", "test"}
)  # not problem text: a name, and a testbench with the solution once more
_FILES = ("*description*.txt", "*_prompt.txt", "*_ref.sv", "verified_*.v", "reference.v")
_EXAMPLES = 20

Gram = tuple[str, ...]


def words(text: str) -> list[str]:
    """`assign Y = a[3:0];` → assign, y, a, 3, 0"""
    return _WORD.findall(text.lower())


def grams(text: str) -> Iterator[Gram]:
    """Every 13 words in a row."""
    found = words(text)
    return (tuple(found[n : n + GRAM]) for n in range(len(found) - GRAM + 1))


def trivial(gram: Gram) -> bool:
    """Whether fewer than four different words of two letters or more are in it: digits and names of ports."""
    return len({word for word in gram if len(word) > 1 and not word[0].isdigit()}) < 4


def same(text: str) -> str:
    """A hash that ignores case and white space."""
    return hashlib.sha1(re.sub(r"\s+", " ", text).strip().lower().encode()).hexdigest()


@dataclass(frozen=True)
class Source:
    """One benchmark (its grams) or one data set (the hashes of its texts), with a name that tells no path."""

    name: str
    digest: str
    texts: int
    grams: frozenset[Gram] = frozenset()
    hashes: frozenset[str] = frozenset()

    def hit(self, spec: str, module: str) -> Gram | None:
        """What the row shares with this source, or None."""
        if self.hashes:
            equal = same(spec) in self.hashes or same(module) in self.hashes
            return ("the same text",) if equal else None
        for text in (spec, module):
            for gram in grams(text):
                if gram in self.grams:
                    return gram
        return None


def open_source(path: Path) -> Source:
    """A file or a folder: JSONL of a benchmark, its text and Verilog files, or rows of `rtlwright synth`.

    Raises UserError if nothing there can be read as one of them.
    """
    if not path.exists():
        raise UserError(f"--against {path}: no such file or folder")
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    others = [] if path.is_file() else sorted({file for kind in _FILES for file in path.rglob(kind)})
    records = [record for file in files for record in _records(file)]
    if records and all("spec" in record and "module" in record for record in records):
        texts = [str(record[key]) for record in records for key in ("spec", "module")]
        return Source(path.name, _digest(texts), len(records), hashes=frozenset(map(same, texts)))
    texts = [value for record in records for value in _strings(record)]
    texts += [file.read_text("utf-8", errors="replace") for file in others]
    if not texts:
        raise UserError(f"--against {path}: no *.jsonl and no benchmark files here")
    found = frozenset(gram for text in texts for gram in grams(text))
    return Source(path.name, _digest(texts), len(texts), grams=found)


def _records(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
        except ValueError:
            raise UserError(f"--against {file}:{number}: not a line of JSON") from None
        if isinstance(record, dict):
            yield record


def _strings(record: dict[str, Any]) -> Iterator[str]:
    for key, value in record.items():
        if key not in _TOLD and isinstance(value, str):
            yield value


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


@dataclass
class Report:
    """What was dropped so far; kept as JSON beside the shards."""

    checked: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    trivial: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)


class Decontaminator:
    """Checks rows against sources and keeps the report."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(sources)
        self.report = Report()

    def drops(self, family: str, spec: str, module: str) -> bool:
        """Whether the row overlaps a source; either way it is counted."""
        self.report.checked += 1
        for source in self.sources:
            gram = source.hit(spec, module)
            if gram is not None:
                self._count(source, family, gram)
                return True
        return False

    def _count(self, source: Source, family: str, gram: Gram) -> None:
        report = self.report
        report.dropped[source.name] += 1
        report.families[family] += 1
        report.trivial[source.name] += int(bool(source.grams) and trivial(gram))
        example = f"{source.name}: {family}: {' '.join(gram)}"
        if len(report.examples) < _EXAMPLES and example not in report.examples:
            report.examples.append(example)

    def text(self) -> str:
        """The report as JSON."""
        r = self.report
        sources = {
            s.name: {
                "digest": s.digest, "texts": s.texts, "sequences": len(s.grams),
                "dropped": r.dropped[s.name], "trivial": r.trivial[s.name],
            }
            for s in self.sources
        }  # fmt: skip
        facts = {
            "words": GRAM, "checked": r.checked, "sources": sources,
            "families": dict(sorted(r.families.items())), "examples": r.examples,
        }  # fmt: skip
        return json.dumps(facts, indent=1)

    def restore(self, text: str) -> None:
        """Go on from a report that `text` wrote."""
        data = json.loads(text)
        self.report = Report(
            checked=data["checked"],
            dropped=Counter({name: entry["dropped"] for name, entry in data["sources"].items()}),
            trivial=Counter({name: entry["trivial"] for name, entry in data["sources"].items()}),
            families=Counter(data["families"]),
            examples=list(data["examples"]),
        )

    def markdown(self) -> str:
        """The report as a part of the dataset card."""
        lines = "".join(
            f"| {s.name} ({s.digest}) | {s.texts} | {'13 words in a row' if s.grams else 'the same text'} | "
            f"{self.report.dropped[s.name]} | {self.report.trivial[s.name]} |\n"
            for s in self.sources
        )
        return (
            "## Overlap with benchmarks and held-out rows\n\nRows that overlapped were dropped and "
            "drawn again: "
            f"{sum(self.report.dropped.values())} of {self.report.checked}. Trivial means digits and "
            "names of "
            "ports alone.\n\n| source | texts | overlap | dropped | of them trivial "
            "|\n|---|---|---|---|---|\n"
            f"{lines}"
        )
