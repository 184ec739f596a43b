"""A project's own testbench: which one is found, when it decides, and what its words mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rtlwright.server import testbenches
from rtlwright.server.check.behaviour.simulate import Result, has_checks, judge
from rtlwright.server.check.behaviour.simulation import Bench
from rtlwright.server.check.confine.runner import Child, Ended
from rtlwright.server.check.gate import Gate
from rtlwright.server.cli import cli
from rtlwright.server.config import CheckConfig, Config
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.types import Cancel, Document, Language, ProjectView, Status

INVERTER = "module inv(input a, output y); assign y = ~a; endmodule\n"
MODEL = "module model(input a, output y); assign y = !a; endmodule\n"
BENCH = """module {name}; reg a = 0; wire y, z; inv dut(a, y); model m(a, z);
  initial begin #1 if (y !== z) $display("mismatch: FAILED"); {end} $finish; end
endmodule
"""
SAYS, SILENT = '$display("all PASSED");', ""


def project(folder: Path, **files: str) -> Path:
    for name, text in {"rtl/inv": INVERTER, "sim/model": MODEL, **files}.items():
        place = folder / f"{name}.v"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    (folder / "rtlwright.toml").write_text("")
    return folder / "rtl/inv.v"


def checked(file: Path) -> tuple[int, str, str]:
    """(exit status, the stage's status, what the terminal says)."""
    said = CliRunner().invoke(cli, ["check", str(file)])
    found = json.loads(CliRunner().invoke(cli, ["check", str(file), "--json"]).stdout)
    stages = {stage["name"]: stage["status"] for stage in found["verdict"]["stages"]}
    return said.exit_code, stages.get("behaviour", "none"), " ".join(said.stdout.split())


def test_check_runs_the_projects_own_testbench(tmp_path: Path) -> None:
    file = project(tmp_path, **{"sim/inv_tb": BENCH.format(name="inv_tb", end=SAYS)})
    status, stage, said = checked(file)
    assert (status, stage) == (0, "pass")
    assert "sim/inv_tb.v (found in the project): the testbench says: all PASSED" in said
    file.write_text(INVERTER.replace("~a", "a"))
    status, stage, said = checked(file)
    assert (status, stage) == (1, "fail") and "mismatch: FAILED" in said


def test_one_that_says_nothing_is_no_pass(tmp_path: Path) -> None:
    file = project(tmp_path, **{"sim/tb_inv": BENCH.format(name="tb_inv", end=SILENT)})
    status, stage, said = checked(file)
    assert (status, stage) == (0, "skipped") and "ran to the end and says nothing" in said
    (tmp_path / "rtlwright.toml").write_text('[check]\ntestbench = "off"\n')
    assert checked(file)[:2] == (0, "none")


def test_of_another_version_it_does_not_decide(tmp_path: Path) -> None:
    bench = BENCH.format(name="inv_tb", end=SAYS).replace("inv dut(a, y)", "inv dut(.a(a), .y(y), .en(1'b1))")
    status, stage, said = checked(project(tmp_path, **{"sim/inv_tb": bench}))
    assert (status, stage) == (0, "skipped") and "does not compile with its testbench" in said


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a": BENCH.format(name="a", end=""), "inv_tb": BENCH.format(name="x", end="")}, "inv_tb.v"),
        ({"a": BENCH.format(name="a", end=""), "z": BENCH.format(name="tb_z", end="")}, "z.v"),
        ({"a": BENCH.format(name="a", end="").replace("$finish;", "")}, None),
        ({"a": "module a(input p); wire y; inv u(p, y); initial $finish; endmodule\n"}, None),
    ],
)
def test_which_one_is_found(tmp_path: Path, files: dict[str, str], found: str | None) -> None:
    file = project(tmp_path, **files)
    index = ProjectIndex(tmp_path, Config().project, None)
    try:
        index.view(Document.of(file, INVERTER))
        bench = testbenches.find(index, ["inv"])
        assert (bench.path.name if bench else None) == found
        assert testbenches.find(index, ["other"]) is None
    finally:
        index.close()


def test_where_it_says_nothing_candidates_are_driven_alike() -> None:
    gate, view = Gate(CheckConfig()), ProjectView(Path("/project"), "m.v")
    texts = (INVERTER, INVERTER.replace("~a", "a ? 0 : 1"), INVERTER.replace("~a", "a"))
    silent = MODEL + "module tb; reg a; wire y; inv u(a, y); initial $finish; endmodule\n"
    try:
        found = gate.check_modules(
            texts,
            view,
            Language.VERILOG,
            testbench=Bench(silent, "tb.v", True),
            deadline_s=60,
            cancel=Cancel(),
        )
    finally:
        gate.close()
    assert found.groups == ((0, 1), (2,))
    assert "tb.v (found in the project)" in (found.verdicts[0].stages[-1].reason or "")
    assert found.verdicts[0].status is Status.PASS


@pytest.mark.parametrize(
    ("output", "checks", "result"),
    [
        ("", False, Result.SILENT),
        ("", True, Result.PASSED),
        ("cycle 3\n", False, Result.SILENT),
        ("tests ok\n", False, Result.PASSED),
        ("simulation finished with 0 errors\n", False, Result.PASSED),
        ("2 tests passed, 1 failed\n", False, Result.FAILED),
        ("errors: 0, failures: 0\n", True, Result.PASSED),
        ("ERROR: tb.v:3: bad\n", True, Result.FAILED),
        ("book passport\n", False, Result.SILENT),
    ],
)
def test_words(output: str, checks: bool, result: Result) -> None:
    child = Child("vvp", 0, -1, 0.0, bytearray(f"{output}\nMARK\n".encode()), Ended.EXITED, 0)
    assert judge(child, "MARK", checks=checks).result is result


def test_checks_are_calls_not_comments() -> None:
    assert has_checks("initial if (x) $error;") and has_checks("initial assert (a);")
    assert not has_checks('// $error\ninitial $display("$fatal");')
