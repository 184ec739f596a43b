"""The report as one HTML page that loads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rtlwright.eval.passk import interval, pass_at_k
from rtlwright.eval.report.compare import Comparison, Run, compare
from rtlwright.eval.report.published import PASS_AT_1, SOURCE
from rtlwright.eval.report.svg import Bar, Curve, bars, curves
from rtlwright.eval.score import Letter

_STYLE = """body{font:15px/1.5 sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}
tr.published{color:#777;font-style:italic}svg{max-width:44em;display:block;margin:1em 0}small{color:#666}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}svg{background:#eee}}"""


def page(benchmarks: Mapping[str, Sequence[Run]]) -> str:
    body = "".join(_section(name, runs) for name, runs in benchmarks.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>rtlwright: benchmarks</title>'
        f"<style>{_STYLE}</style><h1>Benchmarks</h1>{body}</html>\n"
    )


def _section(name: str, runs: Sequence[Run]) -> str:
    categories = [bar for run in runs for bar in _categories(run)]
    return "".join(
        (
            f"<h2>{escape(name)}</h2>", _metrics(name, runs),
            curves("pass@k", [_curve(run) for run in runs], "k"),
            "<h3>How samples ended</h3>", bars("how samples ended", [_endings(run) for run in runs]),
            "<h3>By category</h3>" + bars("passed by category", categories) if categories else "",
            *(_difference(compare(runs[0], run)) for run in runs[1:]),
            _small_print(runs),
        )
    )  # fmt: skip


def _metrics(name: str, runs: Sequence[Run]) -> str:
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.summary.metrics))
    rows = ["<tr><th>model<th>samples" + "".join(f"<th>{escape(m)}" for m in metrics)]
    for run in runs:
        found = [run.summary.metrics.get(m) for m in metrics]
        cells = "".join(
            f"<td>{f.value:.1%} <small>{f.low:.1%}–{f.high:.1%}</small>" if f else "<td>" for f in found
        )
        rows.append(f"<tr><td><b>{escape(run.label)}</b><td>{run.summary.samples}{cells}")
    for model, value in PASS_AT_1.get(name, {}).items():
        cells = "".join(f"<td>{value}%" if m == "pass@1" else "<td>" for m in metrics)
        rows.append(f'<tr class="published"><td>{escape(model)} (published)<td>{cells}')
    return f"<table>{''.join(rows)}</table>"


def _curve(run: Run) -> Curve:
    """pass@k for every k that all problems have samples for."""
    counts = run.summary.per_problem.values()
    fewest = min(total for _, total in counts)
    ks = [k for k in (1, 2, 3, 5, 10, 20, 50, 100) if k <= fewest]
    found = [(k, interval([pass_at_k(total, right, k) for right, total in counts], rounds=500)) for k in ks]
    return Curve(run.label, [(k, f.value) for k, f in found], [(k, f.low, f.high) for k, f in found])


def _endings(run: Run) -> Bar:
    total = run.summary.samples
    return Bar(run.label, [(Letter(x).meaning, count / total) for x, count in run.summary.letters.items()])


def _categories(run: Run) -> list[Bar]:
    return [
        Bar(f"{name}, {run.label}", [("passed", passed / total)])
        for name, (_, passed, total) in run.summary.categories.items()
    ]


def _difference(found: Comparison) -> str:
    value = found.found
    rows = "".join(
        f"<tr><td>{escape(name)}<td>{a:.0%}<td>{b:.0%}<td>{b - a:+.0%}"
        for name, a, b in (*found.better, *found.worse)
    )
    return (
        f"<h3>{escape(found.after.label)} against {escape(found.before.label)}</h3><p>pass@{found.k} over "
        f"{found.problems} problems: <b>{value.value:+.1%}</b> (95% interval {value.low:+.1%} to "
        f"{value.high:+.1%}, p = {value.p:.3f}, paired bootstrap)</p>"
        f"<details><summary>{len(found.better)} problems better, {len(found.worse)} worse</summary>"
        f"<table><tr><th>problem<th>before<th>after<th>{rows}</table></details>"
    )


def _small_print(runs: Sequence[Run]) -> str:
    lines = []
    for run in runs:
        settings = ", ".join(f"{k} {v}" for k, v in run.summary.settings.values.items())
        tools = ", ".join(f"{k} {v}" for k, v in run.summary.tools.items())
        lines.append(f"<li>{escape(run.label)}: {escape(settings)}; {escape(tools)}")
    return f"<p><small>Published rows: {escape(SOURCE)}.</small></p><ul>{''.join(lines)}</ul>"
