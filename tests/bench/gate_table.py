"""The gate against the commands it replaces: `python tests/bench/gate_table.py [--runs N] [--json FILE]`.

Each run asks for new text in a document that has grown by a character, as while one types: no verdict is
known, the project is. The commands run on the same texts in the same run, one after the other as a script
would: iverilog on every candidate, yosys on the best. Sandbox on. Ratios hold across machines, times do not.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from gate_cases import AGAIN, AGAIN_BAR_MS, CASES, HERE, Case
from rich.console import Console
from rich.table import Table

from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, ProjectView, Verdict

WARM = 3
"""Runs that are not counted: the project is read, the worker's memory is touched."""


@dataclass(frozen=True)
class Row:
    """One line of the table; milliseconds."""

    case: str
    commands: float | None
    gate: float
    p95: float
    bar: float | None

    @property
    def ratio(self) -> float | None:
        return None if self.commands is None else self.gate / self.commands

    @property
    def met(self) -> str:
        return "" if self.bar is None else "yes" if self.gate <= self.bar else "no"


class Commands:
    """What a plain script would do."""

    def __init__(self, iverilog: str | None, place: Path):
        self._iverilog, self._yosys, self._place = iverilog, shutil.which("yosys"), place
        shutil.copy(HERE / "platform.svh", place)

    def run(self, case: Case, run: int) -> float | None:
        """Milliseconds for all candidates; None where a command is missing."""
        if self._iverilog is None or self._yosys is None:
            return None
        jobs = [list(self._jobs(case, text, index)) for index, text in enumerate(case.texts(run))]
        begun = time.perf_counter()
        for job in jobs:
            for argv in job:
                subprocess.run(argv, capture_output=True)
        return (time.perf_counter() - begun) * 1e3

    def _jobs(self, case: Case, text: str, index: int) -> Iterator[list[str]]:
        file = self._place / f"c{index}.sv"
        file.write_text(text)
        files = [*map(str, case.library), str(file)]
        yield [self._iverilog or "", "-t", "null", "-g2012", f"-I{self._place}", *files]
        if index < case.best:
            read = f"read_verilog -sv -I{self._place} {' '.join(files)}"
            yield [self._yosys or "", "-q", "-p", f"{read}; hierarchy; proc; check"]


class Bench:
    """All cases, interleaved."""

    def __init__(self, gate: Gate, commands: Commands):
        self._gate, self._commands = gate, commands
        self._views: dict[str, ProjectView] = {case.name: case.view for case in CASES}
        self._times: dict[str, list[float]] = {case.name: [] for case in CASES}
        self._again: list[float] = []
        self._script: dict[str, list[float]] = {case.name: [] for case in CASES}

    def run(self, runs: int) -> list[Row]:
        for run in range(runs + WARM):
            for case in CASES:
                took, again = self._check(case, run)
                script = self._commands.run(case, run)
                if run >= WARM:
                    self._times[case.name].append(took)
                    self._again.append(again)
                    self._script[case.name] += [] if script is None else [script]
        rows = [self._row(case.name, case.bar_ms, self._times[case.name]) for case in CASES]
        return [*rows, self._row(AGAIN, AGAIN_BAR_MS, self._again)]

    def _check(self, case: Case, run: int) -> tuple[float, float]:
        document, position = case.document(run)
        given, view = case.given(run, position), self._views[case.name]

        def ask() -> tuple[float, list[Verdict]]:
            begun = time.perf_counter()
            found = self._gate.check(
                document, given, view, deadline_s=10, best=case.best, cancel=Cancel()
            )  # fmt: skip
            return (time.perf_counter() - begun) * 1e3, found

        took, verdicts = ask()
        _expect(case, verdicts)
        again, _ = ask()
        return took, again / len(given)

    def _row(self, name: str, bar: float | None, times: list[float]) -> Row:
        script = self._script.get(name)
        return Row(
            name,
            _quantile(script, 0.5) if script else None,
            _quantile(times, 0.5),
            _quantile(times, 0.95),
            bar,
        )


def _expect(case: Case, verdicts: list[Verdict]) -> None:
    """A figure for anything but the whole way through the stages would be none."""
    stages = [stage.name for verdict in verdicts for stage in verdict.stages if stage.ms]
    broken = "syntax error" in case.name
    assert stages.count("syntax") == case.candidates, verdicts
    assert stages.count("icarus") == stages.count("yosys") == (0 if broken else case.best), verdicts


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _printed(rows: list[Row], title: str) -> None:
    table = Table("case", "commands p50", "gate p50", "gate p95", "ratio", "bar", "met", title=title)
    for row in rows:
        commands = "-" if row.commands is None else f"{row.commands:.1f}"
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        bar = "-" if row.bar is None else f"{row.bar:g}"
        table.add_row(row.case, commands, f"{row.gate:.2f}", f"{row.p95:.2f}", ratio, bar, row.met)
    Console(width=120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    gate = Gate(CheckConfig())
    try:
        gate._warm()
        with tempfile.TemporaryDirectory() as place:
            rows = Bench(gate, Commands(gate._checker.iverilog, Path(place))).run(options.runs)
        status = gate.status()
    finally:
        gate.close()
    tools = ", ".join(f"{tool.name} {tool.version}" for tool in status.tools if tool.version)
    load = os.getloadavg()[0]
    machine = f"{os.cpu_count()} cores, load {load:.1f}, sandbox {status.mode}"
    title = f"gate, ms: {machine}, {tools}, {options.runs} runs"
    _printed(rows, title)
    if options.json:
        found = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in rows]
        options.json.write_text(json.dumps({"title": title, "rows": found}, indent=1))


if __name__ == "__main__":
    main()
