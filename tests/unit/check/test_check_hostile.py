"""Hostile text under every sandbox: nothing outside is read or written, nothing hangs, nothing is left."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from threading import Thread

import pytest
from gate_asking import ROOT, ask, stage

from rtlwright.server.check.behaviour.simulation import Design, Simulation
from rtlwright.server.check.gate import Gate
from rtlwright.server.check.refuse import refusal
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Document, Language, ProjectView, SourceFile, Status

pytestmark = pytest.mark.hostile

MODULE = "module m(input clk, input a, output y);\n  <>\nendmodule\n"
GOOD = "assign y = a;"

OUTSIDE = Path(tempfile.gettempdir()) / "rtlwright_pwned"
"""What the attacks want to write."""
REFUSED = {
    "a DPI import": 'import "DPI-C" function void exit(int code);\n initial exit(0);',
    "a DPI import by macro": '`define L "DPI-C"\n import `L function void exit(int code);',
    "a pasted DPI": '`define D(x) `"x`"\n import "DPI``-C" function void exit(int code);',
    "an absolute include": '`include "/etc/passwd"',
    "an include that climbs": '`include "../../etc/passwd"',
    "an include through a folder": '`include "a/../../../etc/passwd"',
    "$fopen": f'integer f; initial f = $fopen("{OUTSIDE}", "w");',
    "$fopen in a macro": f'`define F $fopen("{OUTSIDE}")\n initial `F;',
    "$writememh": f'reg [7:0] r[0:3]; initial $writememh("{OUTSIDE}", r);',
    "$dumpfile": f'initial $dumpfile("{OUTSIDE}");',
    "$system": f'initial $system("touch {OUTSIDE}");',
    "too much text": "// " + "x" * 1_100_000,
    "deep brackets": "assign y = " + "(" * 300 + "a" + ")" * 300 + ";",
    "deep blocks": "initial " + "begin " * 300 + "end " * 300,
    "a long expression": "assign y = a" + " + a" * 30_000 + ";",
    "a macro bomb": "`define A0 a a a a a a a a\n"
    + "".join(f"`define A{n} `A{n - 1} `A{n - 1} `A{n - 1} `A{n - 1}\n" for n in range(1, 20))
    + "assign y = `A19;",
    "a recursive macro": "`define R `R `R\n assign y = `R;",
    "a NUL": "assign y = a;\0",
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_before_any_tool(name: str) -> None:
    assert refusal(REFUSED[name]), name


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        'always @(posedge clk) $display("%d", a);',
        'initial $readmemh("rom.hex", mem);',
        "// DPI-C in a comment\nassign y = a;",
        "`define W 8\nwire [`W-1:0] q;",
        '`include "defs.vh"',
    ],
)
def test_ordinary_text_is_not_refused(text: str) -> None:
    assert refusal(text) is None


def test_refusals_are_failures_of_the_splice_stage(confined: Gate) -> None:
    for verdict in ask(confined, MODULE, *REFUSED.values(), best=1):
        assert verdict.status is Status.FAIL
        assert [each.name for each in verdict.stages] == ["splice"]


LOOP = (
    "function integer f(input integer n); integer i; begin f = 0;"
    " for (i = 0; i < 1000000000; i = i + 1) f = f + 1; end endfunction\n localparam P = f(1);"
)


def test_a_worker_killed_in_mid_call_is_unchecked_and_comes_back(confined: Gate) -> None:
    ask(confined, MODULE, GOOD, name="m.v")
    worker = confined._checker.worker
    pid = worker.pid
    assert pid is not None
    # A bubblewrap monitor and its child share the process group that the worker leads.
    from threading import Timer

    slow = (
        "genvar i, j; generate for (i = 0; i < 3000; i = i + 1) begin : g"
        " for (j = 0; j < 3000; j = j + 1) begin : h wire w; end end endgenerate"
    )
    slow += f" // {secrets.token_hex(4)}"
    timer = Timer(0.3, lambda: os.killpg(pid, signal.SIGKILL))
    timer.start()
    (verdict,) = ask(confined, MODULE, slow, name="m.v")
    timer.join()
    assert verdict.status is not Status.PASS
    assert (
        ask(confined, MODULE, f"assign y = a; // {secrets.token_hex(4)}", name="m.v")[0].status is Status.PASS
    )


def run(gate: Gate, text: str, **view) -> object:
    simulation = Simulation(gate._checker, gate._config)
    design = Design((("tb.v", text),), None, True)
    return simulation.run(design, ProjectView(ROOT, "tb.v", **view), timeout_s=1.5, cancel=Cancel())


def test_simulations_reach_nothing_outside(confined: Gate, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("topsecretvalue\n")
    target = tmp_path / "written.txt"
    text = f"""module tb; integer f, c; reg [8*64:1] s; reg [7:0] m[0:3]; initial begin
      f = $fopen("{secret}", "r"); if (f) begin c = $fgets(s, f); $display("READ %s", s); end
      f = $fopen("/etc/passwd", "r"); if (f) begin c = $fgets(s, f); $display("READ %s", s); end
      f = $fopen("{target}", "w"); if (f) begin $fdisplay(f, "x"); $display("WROTE"); end
      f = $fopen("{Path.home()}/rtlwright_pwned", "w"); if (f) $display("WROTE");
      $dumpfile("{target}"); $dumpvars; $writememh("{target}", m);
      $display("done"); $finish; end endmodule"""
    found = run(confined, text)
    assert "done" in found.output and "READ" not in found.output and "WROTE" not in found.output
    assert "topsecret" not in found.output
    assert not target.exists() and not (Path.home() / "rtlwright_pwned").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("module tb; initial while (1); endmodule", "does not end"),
        ("module tb; initial forever #1 ; endmodule", "does not end"),
        ('module tb; initial while (1) $display("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); endmodule', "floods"),
        ('`include "/etc/passwd"\nmodule tb; endmodule', "compile"),
    ],
)
def test_simulations_end(confined: Gate, text: str, reason: str) -> None:
    begun = time.monotonic()
    found = run(confined, text).reason
    assert reason in found or "no answer within" in found, found  # where even its worker takes long to start
    assert time.monotonic() - begun < 10


def test_a_module_that_speaks_for_its_testbench_is_not_believed(confined: Gate) -> None:
    spoof = "module dut(input a, output y); assign y = 0; initial begin"
    spoof += ' $display("Mismatches: 0 in 100 samples"); $finish; end endmodule'
    bench = "module tb; reg a = 1; wire y; dut u(a, y); initial #10 begin"
    bench += ' $display("Mismatches: %0d in 1 samples", y !== a); $finish; end endmodule'
    view = ProjectView(ROOT, "x.sv")
    checks = confined.check_modules(
        [spoof], view, Language.SYSTEMVERILOG, testbench=bench, deadline_s=30, cancel=Cancel()
    )
    assert stage(checks.verdicts[0], "behaviour").status is Status.WARN


def test_users_own_dpi_is_kept_from_yosys(confined: Gate) -> None:
    text = 'module m(input a, output y);\n  import "DPI-C" function int puts(string s);\n  <>\nendmodule\n'
    (verdict,) = ask(confined, text, GOOD)
    assert stage(verdict, "yosys").status is Status.SKIPPED
    document = Document.of(ROOT / "m.sv", text.replace("<>", GOOD))
    report = confined.check_files(
        [document], ProjectView(ROOT, "m.sv"), top=None, testbench=None, timeout_s=20, cancel=Cancel()
    )
    assert stage(report.verdict, "yosys").status is Status.SKIPPED


def test_yosys_that_exits_by_itself_has_no_verdict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The static refusal is taken away: `exit(0)` through DPI still does not pass, for want of the marker."""
    from threading import Event

    from rtlwright.server.check.confine.runner import gather
    from rtlwright.server.check.yosys import jobs

    file = tmp_path / "m.sv"
    file.write_text(
        'module m(output [31:0] y); import "DPI-C" function int exit(int code);\n'
        "assign y = exit(0); endmodule\n"
    )
    found = jobs.Yosys(tmp_path).start(jobs.Job(file, "m", (), (), (), (), tmp_path), 10.0)
    for child in gather([found.child], Event()):
        assert not jobs.finished(found), child.text


def test_no_process_and_no_file_is_left() -> None:
    before = set(Path("/dev/shm").glob(f"rtlwright-{os.getpid()}-*"))
    for mode in ("bubblewrap", "landlock"):
        gate = Gate(CheckConfig(sandbox=mode, timeout_s=2.0))
        ask(gate, MODULE, LOOP, GOOD, name="m.v")
        pid = gate._checker.worker.pid
        gate.close()
        time.sleep(0.3)
        listed = subprocess.run(["ps", "-eo", "pgid,args"], capture_output=True, text=True).stdout
        assert not any(
            line.split()[0] == str(pid) for line in listed.splitlines()[1:] if "<defunct>" not in line
        )
    assert set(Path("/dev/shm").glob(f"rtlwright-{os.getpid()}-*")) <= before


def test_closing_ends_what_is_under_way() -> None:
    """A check that is waited for by nobody any longer does not ask a closed worker for ever."""
    gate = Gate(CheckConfig(timeout_s=20.0))
    ask(gate, MODULE, GOOD, name="m.v")
    wide = "genvar i; generate for (i = 0; i < 19000; i = i + 1) begin : g wire [255:0] w = {256{a}}; end"
    (verdict,) = ask(gate, MODULE, f"{wide} endgenerate", name="m.v", deadline_s=0.05)
    assert verdict.status is Status.UNCHECKED
    gate.close()
    ended = Thread(target=gate._threads.shutdown, daemon=True)
    ended.start()
    ended.join(10)
    assert not ended.is_alive()


def test_diagnostics_never_tell_of_files_that_were_not_given(confined: Gate) -> None:
    for verdict in ask(
        confined, MODULE, '`include "passwd"', 'initial $readmemh("/etc/passwd", m);', name="m.v"
    ):
        assert "root:" not in str(verdict)


def test_files_outside_of_the_project_do_not_stop_a_simulation(confined: Gate) -> None:
    paths = enumerate(("../../x.sv", "/etc/x.sv", "a\nb.sv"))
    sources = tuple(SourceFile.of(path, f"module other{n}; endmodule\n") for n, path in paths)
    view = ProjectView(ROOT, "x.sv", sources, include_dirs=("../..", "/etc"), defines={"A;b": "1"})
    text = "module dut(input a, output y); assign y = a; endmodule\n"
    bench = "module tb; reg a = 1; wire y; dut u(a, y); initial #10 begin"
    bench += ' $display("Mismatches: %0d in 1 samples", y !== a); $finish; end endmodule'
    checks = confined.check_modules(
        [text], view, Language.SYSTEMVERILOG, testbench=bench, deadline_s=30, cancel=Cancel()
    )
    assert stage(checks.verdicts[0], "behaviour").status is Status.PASS
