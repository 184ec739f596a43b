"""How long the gate takes: `python tests/unit/check/gate_speed.py [--runs N] [--json]`."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Candidate,
    Document,
    Position,
    ProjectView,
    Range,
    SourceFile,
    SourceName,
    Verdict,
)

DESIGNS = Path(__file__).parent / "designs"
ROOT = Path("/project")


@dataclass(frozen=True)
class Setting:
    name: str
    document: Document
    position: Position
    view: ProjectView
    candidates: int
    best: int
    pattern: str


def small(
    candidates: int, best: int, pattern: str = "    wire odd_{n} = ^rd_ptr;", name: str = ""
) -> Setting:
    """A module of some fifty lines."""
    text = (DESIGNS / "fifo.v").read_text()
    line = text[: text.index("    always @(posedge")].count("\n")
    document = Document.of(ROOT / "fifo.v", text)
    title = f"51 lines, {candidates} candidates, best {best}{name}"
    return Setting(title, document, Position(line, 0), ProjectView(ROOT, "fifo.v"), candidates, best, pattern)


def project(files: int) -> Setting:
    """A top that instantiates one module of each of `files` files."""
    ram = (DESIGNS / "ram_top.sv").read_text()
    sources = tuple(
        SourceFile.of(
            f"rtl/ram{n}.sv", ram.replace("module ram_top", f"module top{n}").replace("ram ", f"ram{n} ")
        )
        for n in range(files)
    )
    ports = (
        "input logic clk, rst, we, input logic [7:0] addr, input logic [31:0] wdata, output logic [31:0] q"
    )
    used = "".join(
        f"  logic [31:0] r{n};\n"
        f"  top{n} u{n} (.clk(clk), .rst(rst), .addr(addr), .wdata(wdata), .we(we), .rdata(r{n}));\n"
        for n in range(files)
    )
    text = f"module soc ({ports});\n{used}\n\nendmodule\n"
    position = Position(text.count("\n") - 2, 0)
    document = Document.of(ROOT / "soc.sv", text)
    view = ProjectView(ROOT, "soc.sv", sources)
    return Setting(f"project of {files} files", document, position, view, 3, 2, "  assign q = r{n} ^ {salt};")


def measure(gate: Gate, setting: Setting, runs: int) -> dict[str, float]:
    """Median milliseconds: the whole check, and each stage of one candidate."""
    walls: list[float] = []
    verdicts: list[Verdict] = []
    for run in range(runs + 3):
        texts = [
            setting.pattern.format(n=n, salt=f"32'd{run}") + f" // {run}" for n in range(setting.candidates)
        ]
        given = [Candidate(text, Range.at(setting.position), SourceName.MODEL) for text in texts]
        begun = time.perf_counter()
        found = gate.check(
            setting.document, given, setting.view, deadline_s=10, best=setting.best, cancel=Cancel()
        )
        if run >= 3:
            walls.append((time.perf_counter() - begun) * 1e3)
            verdicts += found
    stages = {stage.name: [] for verdict in verdicts for stage in verdict.stages}
    for verdict in verdicts:
        for stage in verdict.stages:
            if stage.ms:
                stages[stage.name].append(stage.ms)
    medians = {name: statistics.median(values) for name, values in stages.items() if values}
    return {"wall": statistics.median(walls), "wall p95": sorted(walls)[int(len(walls) * 0.95)], **medians}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gate = Gate(CheckConfig())
    results = {}
    begun = time.perf_counter()
    gate._warm()
    results["start of the worker"] = {"wall": (time.perf_counter() - begun) * 1e3}
    broken = small(1, 1, "assign nowhere = {n} + ;", " (a syntax error)")
    for setting in (broken, small(1, 1), small(3, 2), project(4), project(16)):
        results[setting.name] = measure(gate, setting, options.runs)
    gate.close()
    if options.json:
        print(json.dumps(results))
        return
    for name, values in results.items():
        print(f"{name:50}", "  ".join(f"{key} {value:6.2f}" for key, value in values.items()))


if __name__ == "__main__":
    main()
