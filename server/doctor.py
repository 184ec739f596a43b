"""`rtlwright doctor`: what is installed, which versions, what is missing and the command that mends it.

Nothing here needs the rest of the package to work, and nothing raises: a check that breaks says so.
Checks run side by side, and no tool is waited for longer than a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from rtlwright.server import probe_icarus, probe_server, probes
from rtlwright.server.config import Config
from rtlwright.server.probes import Check, CheckStatus
from rtlwright.server.terminal_text import mark, one_line

_MARKS = {
    CheckStatus.OK: ("pass", "green"),
    CheckStatus.WARN: ("warn", "yellow"),
    CheckStatus.MISSING: ("fail", "red"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """Every check, in the order in which they are shown."""

    checks: tuple[Check, ...]

    @property
    def exit_status(self) -> int:
        """3 if something that rtlwright needs is missing, else 0; a warning is no failure."""
        return 3 if any(check.status is CheckStatus.MISSING for check in self.checks) else 0

    def json(self) -> dict[str, Any]:
        return {"ok": self.exit_status == 0, "checks": [asdict(check) for check in self.checks]}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, style="bold")
        table.add_column(overflow="fold", min_width=8, max_width=16)
        table.add_column(overflow="fold", ratio=1)
        for check in self.checks:
            name, style = _MARKS[check.status]
            version, detail = (one_line(text, options.encoding) for text in (check.version, check.detail))
            table.add_row(Text(mark(name, options), style=style), check.name, Text(version), Text(detail))
        yield table
        yield from self._mending(options)

    def _mending(self, options: ConsoleOptions) -> Iterable[Text]:
        """The commands, unwrapped by any table, so that each can be copied."""
        mends = dict.fromkeys(check.mend for check in self.checks if check.mend)
        if mends:
            yield Text("\nWhat mends it:", style="bold")
        for mend in mends:
            yield Text(f"  {one_line(mend, options.encoding)}", style="cyan")


def diagnose(config: Config, root: Path) -> Report:
    """Examine this machine for `config` in the project at `root`. Never raises."""
    remote = config.server.url is not None
    examinations: tuple[tuple[str, Callable[[], Iterable[Check]]], ...] = (
        ("python", probes.python),
        ("rtlwright", probes.package),
        ("libraries", probes.libraries),
        ("model", lambda: probes.model(config.model, needed=not remote)),
        ("vllm", lambda: probes.model_server(config)),
        ("iverilog", lambda: probe_icarus.icarus(config.check, needed=not remote)),
        ("sandbox", lambda: probes.sandbox(config.check, needed=not remote)),
        ("configuration", lambda: probes.configuration(root)),
        ("team server", lambda: probe_server.team_server(config, root)),
        ("directories", probes.directories),
        ("feedback", lambda: probes.feedback(config.feedback)),
        ("gpu", probes.gpu),
        ("extras", probes.extras),
    )
    with ThreadPoolExecutor(max_workers=len(examinations)) as threads:
        running = [threads.submit(_guarded, name, examine) for name, examine in examinations]
        return Report(tuple(check for future in running for check in future.result()))


def _guarded(name: str, examine: Callable[[], Iterable[Check]]) -> tuple[Check, ...]:
    """The one boundary: whatever a strange machine makes of a check, the others are shown."""
    try:
        return tuple(examine())
    except Exception as error:
        return (
            Check(name, CheckStatus.WARN, detail=f"could not be examined: {type(error).__name__}: {error}"),
        )
