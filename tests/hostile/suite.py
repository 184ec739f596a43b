"""Puts every hostile input to one gate and writes what happened: `python suite.py MODE REPORT [NAME…]`.

Run by `test_hostile.py` in a process of its own, once per mode, and as an ordinary user. It is its
descendants' reaper, so that nothing which outlives its parent escapes the count.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from asking import BODY, GRACE_S, ROOT, VIEW, Asking
from cases import CASES, Case, Place
from world import TOOLS, World, left

from rtlwright.server.check.gate import Gate
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Document, ProjectView, SourceFile, Verdict

TIMEOUT_S = 0.7
"""Of one run of a tool."""
DEADLINE_S = 8.0
BENCH = """`timescale 1ns/1ns
module tb; reg clk = 0, a = 0; wire y; integer wrong = 0; parameter WRONG = 1;
  dut u(clk, a, y);
  initial begin : run
    repeat (16) begin a = $random; #1 if (y !== a) wrong = wrong + WRONG; end
    $display("Mismatches: %0d in 16 samples", wrong); $finish;
  end
endmodule
"""
GOOD = "module dut(input clk, input a, output y); assign y = a; endmodule\n"


@dataclass(frozen=True)
class Outcome:
    """What became of one case."""

    name: str
    status: str
    seconds: float
    faults: tuple[str, ...]
    """Whatever should not have happened; empty if all is well."""
    verdict: str


class Suite:
    """One gate under one confinement, asked hostile and honest questions in turn."""

    def __init__(self, gate: Gate, world: World):
        self.asking, self.world = Asking(gate, DEADLINE_S), world
        self._asked = 0

    def outcome(self, case: Case) -> Outcome:
        begun = time.monotonic()
        verdict = self.ask(case)
        seconds = time.monotonic() - begun
        shown = repr(verdict)
        faults = [*self.world.harm(), *self.world.told(shown)]
        if verdict.status.value not in case.right:
            faults.append(f"{verdict.status.value} is no right verdict for it: {shown[:600]}")
        if case.place is Place.UNDER_BENCH and any(
            each.name == "behaviour" and each.status.value == "pass" for each in verdict.stages
        ):
            faults.append("a wrong design has passed its testbench")
        if seconds > DEADLINE_S + GRACE_S:
            faults.append(f"it took {seconds:.1f} s")
        self._asked += 1
        # What no tool has seen can have done no harm to one: then every eighth time is enough.
        if len(verdict.stages) > 1 or self._asked % 8 == 0:
            faults += self._honest()
        faults += [f"{name} still runs" for name in left(os.getpid(), only=TOOLS - {"bwrap"}).values()]
        return Outcome(case.name, verdict.status.value, round(seconds, 3), tuple(faults), shown[:2000])

    def _honest(self) -> list[str]:
        verdict = self.asking.inline(f"assign y = a; // {secrets.token_hex(8)}", VIEW)
        return [] if verdict.status.value == "pass" else [f"an honest candidate afterwards: {verdict}"]

    def ask(self, case: Case) -> Verdict:
        text = case.made(str(self.world.out), str(self.world.secret), self.world.name)
        view = ProjectView(ROOT, "m.sv", defines=self._filled(case.defines), include_dirs=case.include_dirs)
        path = self._fill(case.path or "other.sv")
        asking = self.asking
        match case.place:
            case Place.INLINE:
                return asking.inline(text, view)
            case Place.PROJECT:
                sources = (SourceFile.of(path, text),)
                view = ProjectView(ROOT, "m.sv", sources, (), case.include_dirs, self._filled(case.defines))
                return asking.inline("other u_other(.a(a), .y(y));", view)
            case Place.INCLUDE:
                view = ProjectView(ROOT, "m.sv", (), (SourceFile.of("defs.vh", text),), case.include_dirs)
                return asking.inline("assign y = a;", view, '`include "defs.vh"\n' + BODY, 2)
            case Place.FILE:
                document = Document.of(ROOT / self._fill(case.path or "m.sv"), text)
                return asking.file(document, ProjectView(ROOT, document.path.name))
            case Place.TESTBENCH:
                design = Document.of(ROOT / "dut.sv", GOOD)
                return asking.file(design, view, Document.of(ROOT / "tb.sv", text))
            case Place.MODULE | Place.UNDER_BENCH:
                return asking.module(text, view, BENCH if case.place is Place.UNDER_BENCH else None)

    def _fill(self, text: str) -> str:
        return text.replace("@OUT@", str(self.world.out)).replace("@NAME@", self.world.name)

    def _filled(self, defines: object) -> dict[str, str]:
        return {self._fill(name): self._fill(value) for name, value in dict(defines).items()}  # type: ignore[call-overload]


def main(arguments: Sequence[str]) -> None:
    mode, report, *names = arguments
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="rtlwright-hostile-") as place:
        Path(place).chmod(0o755)
        world = World(Path(place))
        world.enter()
        # Without a sandbox nothing would run: `off` shows that the suite sees what a sandbox keeps in.
        gate = Gate(CheckConfig(sandbox=mode, simulate="on", timeout_s=TIMEOUT_S, memory_mb=512))
        suite = Suite(gate, world)
        outcomes = [suite.outcome(case) for case in CASES if not names or case.name in names]
        reached = gate.status().mode
        gate.close()
        remaining = left(os.getpid(), wait_s=10.0)
    found = {"mode": reached, "uid": os.geteuid(), "left": list(remaining.values())}
    Path(report).write_text(json.dumps({**found, "outcomes": [asdict(each) for each in outcomes]}))


if __name__ == "__main__":
    main(sys.argv[1:])
