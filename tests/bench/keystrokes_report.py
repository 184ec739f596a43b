"""What a replay of keystrokes came to, as a table."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

MEMORY_BAR_MB = 120


@dataclass
class Measured:
    """Milliseconds, one for each request of its kind."""

    whole: list[float] = field(default_factory=list)
    """From the key to the answer."""
    after_wait: list[float] = field(default_factory=list)
    """The same without the wait for the next key."""
    anew: list[float] = field(default_factory=list)
    """Of these, answers to what had to be asked: neither typed along nor prepared."""
    along: list[float] = field(default_factory=list)
    """Answers to keys typed along a suggestion."""
    context: list[float] = field(default_factory=list)
    sources: list[float] = field(default_factory=list)
    check: list[float] = field(default_factory=list)
    """The legs of a request, as the service measures them: project, sources with the model, gate."""
    with_text: int = 0
    """Answers that had a suggestion."""
    initialize_ms: float = 0.0
    memory_mb: dict[str, float] = field(default_factory=dict)

    @classmethod
    def joined(cls, first: Measured, second: Measured) -> Measured:
        """Of two parts of a recording; start and memory are those of the second."""
        both = cls(initialize_ms=second.initialize_ms, memory_mb=second.memory_mb)
        for each in fields(cls):
            if each.name not in ("initialize_ms", "memory_mb"):
                setattr(both, each.name, getattr(first, each.name) + getattr(second, each.name))
        return both


def show(gated: Measured, nodding: Measured) -> None:
    table = Table("milliseconds", "n", "p50", "p95", "bar")
    rows = (
        ("key to checked ghost text, the wait for the next key left out", gated.after_wait, "150 / 300"),
        ("the same, what had to be asked anew", gated.anew, "150 / 300"),
        ("with a gate that nods", nodding.after_wait, ""),
        ("with a gate that nods, what had to be asked anew", nodding.anew, ""),
        ("key to checked ghost text, with the wait", gated.whole, ""),
        ("of it the project and the place", gated.context, ""),
        ("of it the sources, the model among them", gated.sources, ""),
        ("of it the gate", gated.check, ""),
        ("a key typed along", gated.along, "- / 5"),
    )
    for name, values, bar in rows:
        table.add_row(name, str(len(values)), *(f"{percentile(values, p):.1f}" for p in (0.5, 0.95)), bar)
    table.add_row("initialize", "1", f"{gated.initialize_ms:.0f}", "", "700")
    console = Console(width=120)
    console.print(table)
    if gated.anew and nodding.anew:
        ours, theirs = statistics.median(gated.anew), statistics.median(nodding.anew)
        console.print(f"the gate's share of the median: {(ours - theirs) / ours:.0%}")
    console.print(f"answers with a suggestion: {gated.with_text} of {len(gated.whole)}")
    without = sum(size for name, size in gated.memory_mb.items() if "embedded" not in name)
    what = "memory in MB (PSS of the process tree, 4 s after the last key)"
    console.print(f"{what}: {gated.memory_mb}; without the model {without:.0f} (bar {MEMORY_BAR_MB})")


def memory(pid: int) -> dict[str, float]:
    """Megabytes of each process of a server, pages that several share divided among them (PSS)."""
    found: dict[str, float] = {"server": _pss(pid)}
    for child in _children(pid):
        command = _command(child).split(b"\0")
        name = next((p.decode() for p in command if p.startswith(b"rtlwright.")), command[0].decode())
        found[name] = found.get(name, 0.0) + _pss(child)
    return {name: round(size, 1) for name, size in found.items()}


def _pss(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (OSError, ProcessLookupError):
        return 0.0  # it has ended meanwhile
    return int(rollup.partition("\nPss:")[2].split()[0]) / 1024


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""  # it has ended meanwhile


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # as above
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return [each for child in found for each in (child, *_children(child))]


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")
