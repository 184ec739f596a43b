"""The report as Markdown: for a model card, and for eyes in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtlwright.eval.passk import Interval
from rtlwright.eval.report.compare import Comparison, Run, compare
from rtlwright.eval.report.published import PASS_AT_1, SOURCE
from rtlwright.eval.score import Letter

_NAMED = 10
"""Problems listed on either side of a comparison."""


def markdown(benchmarks: Mapping[str, Sequence[Run]]) -> str:
    parts = ["# Benchmarks\n"]
    for name, runs in benchmarks.items():
        parts += [f"## {name}\n", metrics_table(name, runs), endings_table(runs)]
        parts += [comparison_text(compare(runs[0], run)) for run in runs[1:]]
        parts.append(_small_print(runs))
    return "\n".join(parts)


def metrics_table(name: str, runs: Sequence[Run]) -> str:
    """Measured rows with intervals, then published ones."""
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.summary.metrics))
    head = ["model", "samples", *metrics]
    rows = [
        [f"**{run.label}**", f"{run.summary.samples}", *(cell(run.summary.metrics.get(m)) for m in metrics)]
        for run in runs
    ]
    for model, value in PASS_AT_1.get(name, {}).items():
        rows.append([f"{model} *(published)*", "", *(f"{value}%" if m == "pass@1" else "" for m in metrics)])
    return table(head, rows)


def endings_table(runs: Sequence[Run]) -> str:
    letters = list(dict.fromkeys(letter for run in runs for letter in run.summary.letters))
    rows = [
        [f"`{letter}`", Letter(letter).meaning, *(str(run.summary.letters.get(letter, 0)) for run in runs)]
        for letter in letters
    ]
    return table(["", "how samples ended", *(run.label for run in runs)], rows)


def comparison_text(found: Comparison) -> str:
    value = found.found
    word = "significant at 5%" if value.p < 0.05 else "not significant at 5%"
    lines = [
        f"**{found.after.label}** against **{found.before.label}**, pass@{found.k} over {found.problems} "
        f"problems: "
        f"{value.value:+.1%} (95% interval {value.low:+.1%} to {value.high:+.1%}, p = {value.p:.3f}, paired "
        f"bootstrap; {word}).",
        "",
    ]
    for word, pairs in (("better", found.better), ("worse", found.worse)):
        if pairs:
            named = ", ".join(f"{name} ({a:.0%} → {b:.0%})" for name, a, b in pairs[:_NAMED])
            more = f", and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
            lines.append(f"- {word} on {len(pairs)}: {named}{more}")
    return "\n".join([*lines, ""])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cell(found: Interval | None) -> str:
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})" if found else ""


def _small_print(runs: Sequence[Run]) -> str:
    lines = [f"Intervals: 95%, bootstrap over problems. Published rows: {SOURCE}.\n"]
    for run in runs:
        settings = ", ".join(f"{k} {v}" for k, v in run.summary.settings.values.items())
        tools = ", ".join(f"{k} {v}" for k, v in run.summary.tools.items())
        lines.append(f"- {run.label}: {settings}; {tools}")
    return "\n".join(lines) + "\n"
