"""The measurement as a table."""

from __future__ import annotations

import math

from rich.table import Table

from rtlwright.server.terminal import console
from rtlwright.training.measure import SAMPLES, Measured

_NAMES = {"seen": "unseen rows of trained families", "held_out": "families never trained on"}


def show(result: Measured) -> None:
    """Print speed, then one column per kind of row."""
    speed = result.speed
    screen = console()
    screen.print(
        f"{result.file}: {result.size / 2**20:.1f} MB, loads in {speed.load_seconds:.2f} s; {speed.threads} "
        f"threads: first token {speed.first_token_ms:.0f} ms, {speed.tokens_per_second:.0f} tokens/s"
    )
    table = Table("measure (95% interval)", *(_NAMES[kind] for kind in result.spec))
    rows = {
        "greedy: compiles": [(s.compiles, s.rows) for s in result.spec.values()],
        "greedy: passes its testbench": [(s.passes, s.rows) for s in result.spec.values()],
        "greedy: the reference to the letter": [(s.exact, s.rows) for s in result.spec.values()],
        f"best of {SAMPLES}: compiles": [(s.best_compiles, s.rows) for s in result.spec.values()],
        f"best of {SAMPLES}: passes": [(s.best_passes, s.rows) for s in result.spec.values()],
        f"any of {SAMPLES} that compile: passes": [(s.any_passes, s.rows) for s in result.spec.values()],
        "next line, suffix known": [(s.with_suffix, s.lines) for s in result.lines.values()],
        "next line, end of file": [(s.without_suffix, s.lines) for s in result.lines.values()],
        "next line, repeating (baseline)": [(s.repeat_baseline, s.lines) for s in result.lines.values()],
    }
    for name, cells in rows.items():
        table.add_row(name, *(_cell(share, count) for share, count in cells))
    screen.print(table)


def _cell(share: float, count: int) -> str:
    low, high = wilson(share, count)
    return f"{share:.1%} ({low:.1%} to {high:.1%}, n={count})"


def wilson(share: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share of `count` (Wilson 1927): 0.5 of 100 gives 0.404 to 0.596."""
    if not count:
        return 0.0, 1.0
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
