"""A run in numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rtlwright.eval.passk import Interval, interval, pass_at_k
from rtlwright.eval.record import Record, Settings

KS = (1, 5, 10)


@dataclass(frozen=True)
class Summary:
    """Metrics of one run; every one is the mean of one value per problem."""

    settings: Settings
    tools: Mapping[str, str]
    samples: int
    problems: int
    metrics: Mapping[str, Interval]
    letters: Mapping[str, int]
    per_problem: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Problem → (passed, samples)."""
    categories: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """Category → (problems, passed, samples)."""

    def json(self) -> dict[str, Any]:
        return {
            "metrics": {name: found.value for name, found in self.metrics.items()},
            "intervals": {name: [found.low, found.high] for name, found in self.metrics.items()},
            "samples": self.samples,
            "problems": self.problems,
            "letters": dict(self.letters),
            "settings": self.settings.flat(),
            "tools": dict(self.tools),
        }


def summarize(records: Sequence[Record], ks: Sequence[int] = KS) -> Summary:
    """The numbers of one run's records (there is at least one).

    pass@k is given for every k that each problem has samples for. "compiled" and "passed" are shares of
    samples, averaged over problems; "refused" counts samples that the official harness would have passed.
    """
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record.sample.problem].append(record)
    counts = {
        name: (sum(r.score.passed for r in group), len(group)) for name, group in sorted(groups.items())
    }
    fewest = min(total for _, total in counts.values())
    metrics = {
        f"pass@{k}": interval([pass_at_k(total, passed, k) for passed, total in counts.values()])
        for k in ks
        if k <= fewest
    }
    for k in ks:
        if k <= fewest:
            metrics[f"compile@{k}"] = interval([_compiled(group, k) for _, group in sorted(groups.items())])
    letters = Counter(str(record.score.letter) for record in records)
    tools = {name: _joined(records, name) for name in sorted({n for r in records for n in r.tools})}
    return Summary(
        records[0].settings, tools, len(records), len(counts), metrics, dict(letters.most_common()), counts,
        _categories(records),
    )  # fmt: skip


def _compiled(group: Sequence[Record], k: int) -> float:
    return pass_at_k(len(group), sum(record.score.compiled for record in group), k)


def _joined(records: Sequence[Record], tool: str) -> str:
    """All versions that took part: a merged log may have several."""
    return ", ".join(sorted({record.tools[tool] for record in records if tool in record.tools}))


def _categories(records: Sequence[Record]) -> dict[str, tuple[int, int, int]]:
    found: dict[str, tuple[set[str], int, int]] = {}
    for record in records:
        if record.category:
            names, passed, total = found.get(record.category, (set(), 0, 0))
            names.add(record.sample.problem)
            found[record.category] = (names, passed + record.score.passed, total + 1)
    return {name: (len(names), passed, total) for name, (names, passed, total) in sorted(found.items())}
