"""A run's numbers for people."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text

from rtlwright.eval.score import Letter
from rtlwright.eval.summary import Summary
from rtlwright.server.terminal import console


def summary_view(summary: Summary) -> Group:
    """Metrics with intervals, then how samples ended."""
    table = Table("metric", "value", "95% interval")
    for name, found in summary.metrics.items():
        table.add_row(name, f"{found.value:.1%}", f"{found.low:.1%} to {found.high:.1%}")
    ends = Table("", "how samples ended", "samples", "share")
    for letter, count in summary.letters.items():
        ends.add_row(letter, Letter(letter).meaning, str(count), f"{count / summary.samples:.1%}")
    tools = ", ".join(f"{name} {version}" for name, version in summary.tools.items())
    head = (
        f"{summary.settings.benchmark}, {summary.settings.model}: {summary.samples} samples of "
        f"{summary.problems} problems"
    )
    return Group(Text(head), table, ends, Text(tools, style="dim"))


def show(summary: Summary) -> None:
    console().print(summary_view(summary))
