"""What makes the gate fast, by counting: no time is asserted here (`make bench` measures)."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from gate_asking import ROOT, ask, stage

from rtlwright.server.check.confine.runner import Child, gather
from rtlwright.server.check.gate import Gate
from rtlwright.server.check.icarus.find import installed
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.icarus.run import Run
from rtlwright.server.check.icarus.tool import IcarusTool
from rtlwright.server.check.yosys.designs import Designs, Read
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import ProjectView, SourceFile, Status

DESIGNS = Path(__file__).parent / "designs"
LEAF = "module leaf{n} #(parameter W = 4) (input [W-1:0] a, output [W-1:0] y); assign y = ~a; endmodule\n"
PACKAGE = "package widths; localparam W = 4; endpackage\n"
TOP = "module top(input [3:0] a, output [3:0] y);\n  localparam P = widths::W;\n" + "".join(
    f"  wire [3:0] w{n}; leaf{n} u{n} (.a(a), .y(w{n}));\n" for n in range(8)
)


def project() -> ProjectView:
    files = [SourceFile.of(f"rtl/leaf{n}.sv", LEAF.format(n=n)) for n in range(8)]
    return ProjectView(ROOT, "top.sv", (SourceFile.of("rtl/widths.sv", PACKAGE), *files))


def edited(view: ProjectView, path: str, text: str) -> ProjectView:
    files = (SourceFile.of(path, text) if file.path == path else file for file in view.sources)
    return replace(view, sources=tuple(files))


def counts(gate: Gate) -> dict[str, int]:
    found: dict[str, int] = gate._checker.call("counts", {}, timeout_s=20)
    return found


def grown(gate: Gate, before: dict[str, int]) -> dict[str, int]:
    return {name: value - before[name] for name, value in counts(gate).items()}


@pytest.fixture
def fresh() -> Gate:
    made = Gate(CheckConfig())
    yield made
    made.close()


def test_an_edit_reads_the_edited_file_and_no_other(fresh: Gate) -> None:
    view, text = project(), f"{TOP}<>\nendmodule\n"
    (verdict,) = ask(fresh, text, "assign y = w0 ^ widths::W;", name="top.sv", view=view)
    assert verdict.status is Status.PASS, verdict
    before = counts(fresh)
    assert (before["written"], before["parsed"], before["read"]) == (9, 9, 9)
    for n in range(5):  # keystrokes: another document, another candidate, the same project
        typed = text.replace("<>", f"  wire t{n};\n<>")
        (verdict,) = ask(fresh, typed, f"assign y = w0 ^ w{n};", name="top.sv", view=view)
        assert all(stage.status is Status.PASS for stage in verdict.stages), verdict
    assert not any(grown(fresh, before).values())
    other = edited(view, "rtl/leaf3.sv", LEAF.format(n=3).replace("~a", "a + 1'b1"))
    (verdict,) = ask(fresh, text, "assign y = w3;", name="top.sv", view=other)
    assert verdict.status is Status.PASS
    assert grown(fresh, before) == {"written": 1, "parsed": 1, "read": 1, "recipes": 0}


def test_an_edit_is_seen_by_every_stage(fresh: Gate) -> None:
    view, text = project(), f"{TOP}<>\nendmodule\n"
    good = "leaf0 v (.a(a), .b(y));"
    (before,) = ask(fresh, text, good, name="top.sv", view=view)
    assert before.status is Status.FAIL
    other = edited(view, "rtl/leaf0.sv", LEAF.format(n=0).replace("output [W-1:0] y", "output [W-1:0] b, y"))
    (after,) = ask(fresh, text, good, name="top.sv", view=other)
    assert {each.name: each.status for each in after.stages}["icarus"] is Status.PASS, after
    assert stage(after, "yosys").status in (Status.PASS, Status.WARN)
    assert not any("syntax error" in d.message or "port" in d.message for d in after.diagnostics)


def test_a_package_that_changes_is_read_with_what_may_depend_on_it(fresh: Gate) -> None:
    view, text = project(), f"{TOP}<>\nendmodule\n".replace("  localparam P = widths::W;\n", "")
    ask(fresh, text, "assign y = w0 ^ widths::W;", name="top.sv", view=view)
    other = edited(view, "rtl/widths.sv", PACKAGE.replace("W = 4", "V = 4"))
    (verdict,) = ask(fresh, text, "assign y = w0 ^ widths::W;", name="top.sv", view=other)
    assert verdict.status is Status.FAIL
    (verdict,) = ask(fresh, text, "assign y = w0 ^ widths::V;", name="top.sv", view=other)
    assert verdict.status is Status.PASS


def test_a_file_that_is_included_is_read_again(fresh: Gate) -> None:
    text = '`include "width.vh"\nmodule m(input [3:0] a, output [3:0] y);\n<>\nendmodule\n'
    for macro, status in (("WIDTH", Status.PASS), ("DEPTH", Status.FAIL), ("WIDTH", Status.PASS)):
        view = ProjectView(ROOT, "m.sv", includes=(SourceFile.of("width.vh", f"`define {macro} 4\n"),))
        (verdict,) = ask(fresh, text, "assign y = a ^ `WIDTH;", name="m.sv", view=view)
        assert verdict.status is status, (macro, verdict)


def test_both_confinements_start_icarus_without_its_command(confined: Gate) -> None:
    install = confined._checker.icarus
    if install is None or not install.compiler:
        pytest.skip("no Icarus Verilog whose parts are known")
    confined._warm()
    assert counts(confined)["recipes"] == 2


GOOD = "module m(input a, output y); assign y = `MACRO a; endmodule\n"
TEXTS = {
    "clean": GOOD,
    "undeclared": GOOD.replace("a;", "b;"),
    "syntax": GOOD.replace("assign", "asign"),
    "include": '`include "no_such_file.vh"\n' + GOOD,
    "macro": GOOD.replace("MACRO", "NOWHERE"),
    "warned": f"{GOOD}module other; m u (.b(1'b1)); endmodule\n",
    "crash": "module m(input [3:0] a, output y); always_comb assert #0 (a < 9); endmodule\n",
}


@pytest.mark.parametrize("install", installed(), ids=lambda install: f"icarus {install.version}")
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_icarus_without_its_command_says_the_same(install: IcarusInstall, text: str, tmp_path: Path) -> None:
    tool = IcarusTool(install, tmp_path)
    file = tmp_path / "m.sv"
    file.write_text(text)
    run = Run((str(file),), ("m",), (str(tmp_path),), ("MACRO=~", "BARE"))
    for standard in ("2005", "2012"):
        assert tool._recipe(standard) is not None
        direct = ended(tool, run, standard)
        tool._recipes = dict.fromkeys(tool._recipes)
        command = ended(tool, run, standard)
        tool._recipes = {}
        assert direct.exit_status == command.exit_status
        assert sorted(direct.text.split("\n")) == sorted(command.text.split("\n")) or "fault" in command.text


def ended(tool: IcarusTool, run: Run, standard: str) -> Child:
    from threading import Event

    place = Path(run.include_dirs[0])
    child = tool.elaborate(run, standard, place, cwd=place, timeout_s=10)
    for _ in gather([child], Event()):
        pass
    return child


def read(path: str, digest: str = "1", *modules: str) -> Read:
    return Read(("read_verilog", path), digest, modules)


class Recorder:
    """Stands for Yosys: remembers what it was told. The real one is behind the tests above."""

    def __init__(self) -> None:
        self.told: list[list[tuple[str, ...]]] = []
        self.broken = False

    def run(self, commands: list[tuple[str, ...]], design: object) -> object:
        self.told.append(list(commands))
        return design or object()

    def survives(self, commands: list[tuple[str, ...]], design: object) -> bool:
        return not self.broken


def test_designs_follow_their_project() -> None:
    yosys = Recorder()
    designs = Designs(yosys.run, yosys.survives)
    package, a, b = read("p.sv"), read("a.v", "1", "a"), read("b.v", "1", "b1", "b2")
    first = designs.get((package, a, b), "state 1")
    assert designs.get((package, a), "state 1") is first  # one more than wanted, of the same state
    changed = read("b.v", "2", "b1", "b3")
    assert designs.get((package, a, changed), "state 2") is first
    assert designs.get((package, changed), "state 3") is first
    assert yosys.told[1:] == [
        [("delete", r"\b1", r"\b2"), ("read_verilog", "b.v")],
        [("delete", r"\a")],
    ]
    assert designs.get((read("p.sv", "2"), a), "state 4") is not first  # a package: from the beginning
    yosys.broken = True
    assert designs.get((read("q.sv"),), "state 5") is None
    yosys.broken = False
    assert designs.get((read("q.sv"),), "state 5") is None  # it is known by now


_LOADED = """
import sys, rtlwright.server.local
print([name for name in sys.modules if name.split(".")[0] in ("pyslang", "pyosys")])
"""
_MEMORY = """
import gate_memory
samples = gate_memory.measure(120)
print(samples[-1].parent - samples[2].parent, samples[-1].workers)
"""


def test_the_editors_server_loads_neither_parser_nor_synthesis() -> None:
    assert said(_LOADED).strip() == "[]"


def test_memory_stays_flat() -> None:
    """A short version of `make bench-memory`."""
    grown, workers = map(float, said(_MEMORY).split())
    assert grown < 20 and workers < 700


def said(script: str) -> str:
    argv, bench = [sys.executable, "-c", script], Path(__file__).parents[2] / "bench"
    return subprocess.run(argv, cwd=bench, capture_output=True, text=True, check=True).stdout
