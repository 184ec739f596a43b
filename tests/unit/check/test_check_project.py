"""Candidates in a project, through the real index and the real gate: good ones pass, bad ones fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtlwright.server.check.gate import Gate
from rtlwright.server.config import Config
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.types import Cancel, Candidate, Document, Position, Range, SourceName, Status, Verdict

FILES = {
    "rtlwright.toml": '[project]\nfilelists = ["soc.f"]\n',
    "soc.f": "+incdir+inc\n+define+WIDE=1\nrtl/macros.v\nrtl/types.sv\nrtl/fifo.v\n"
    "rtl/bus.sv\nrtl/old.v\nrtl/top.sv\n",
    "inc/sizes.svh": "`define SIZE 8\n`define TWICE(x) ((x) * 2)\n",
    "rtl/macros.v": "`define SHARED 4\n",
    "rtl/types.sv": "package types; typedef logic [7:0] octet_t; typedef enum logic {OFF, ON} on_t;\n"
    "  function automatic octet_t inv(octet_t x); return ~x; endfunction\nendpackage\n",
    "rtl/fifo.v": "module fifo #(parameter DEPTH = 4)"
    "  (input wire clk, input wire [7:0] d, output wire [7:0] q);"
    "  assign q = d;\nendmodule\n",
    "rtl/bus.sv": "interface bus (input logic clk); logic [7:0] data; modport src(output data);\n"
    "  modport dst(input data); endinterface\n",
    # A `.v` file that is SystemVerilog all the same.
    "rtl/old.v": "module old #(localparam W = 8) (input logic [W-1:0] i, output logic [W-1:0] o);\n"
    "  always_comb o = i;\nendmodule\n",
    "rtl/top.sv": "",
}  # fmt: skip
TOP = "module top (input logic clk, input logic [7:0] a, output logic [7:0] y);\n  <>\nendmodule\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("soc")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def index(root: Path):
    made = ProjectIndex(root, Config.load(root).project)
    made.refresh()
    yield made
    made.close()


def ask(gate: Gate, index: ProjectIndex, text: str, candidate: str, name: str = "rtl/top.sv") -> Verdict:
    prefix, _, suffix = text.partition("<>")
    document = Document.of(index.root / name, prefix + suffix)
    place = Position(prefix.count("\n"), len(prefix) - prefix.rfind("\n") - 1)
    given = [Candidate(candidate, Range.at(place), SourceName.MODEL)]
    view = index.view(document, [candidate])
    return gate.check(document, given, view, deadline_s=30, cancel=Cancel())[0]


GOOD = [
    "fifo u (.clk(clk), .d(a), .q(y));",
    "fifo #(.DEPTH(8)) u (.clk(clk), .d(a), .q(y));",
    "old u (.i(a), .o(y));",
    "assign y = types::inv(a);",
    "import types::*;\n  octet_t t;\n  assign t = a;\n  assign y = inv(t);",
    "bus u_bus (.clk(clk));\n  assign u_bus.data = a;\n  assign y = u_bus.data;",
    "assign y = a + `SHARED;",
    '`include "sizes.svh"\n  assign y = `TWICE(a);',
    "`ifdef WIDE\n  assign y = a;\n`else\n  assign y = nowhere;\n`endif",
]
BAD = [
    "fifo u (.clk(clk), .d(a), .out(y));",
    "old u (.in(a), .o(y));",
    "old u (a, y, clk);",
    "assign y = types::invert(a);",
    "import types::*;\n  octet t;\n  assign t = a;",
    "import tpyes::*;",
    "bus u_bus (.clock(clk));",
    "assign y = a + `SHAERD;",
    '`include "sizes.svh"\n  assign y = `TWICE(b);',
    "`ifdef WIDE\n  assign y = nowhere;\n`endif",
]


@pytest.mark.parametrize("candidate", GOOD)
def test_what_other_files_define_is_known_though_only_the_candidate_names_it(
    gate: Gate, index: ProjectIndex, candidate: str
) -> None:
    verdict = ask(gate, index, TOP, candidate)
    assert verdict.status is Status.PASS, verdict


@pytest.mark.parametrize("candidate", BAD)
def test_what_other_files_do_not_define_fails(gate: Gate, index: ProjectIndex, candidate: str) -> None:
    verdict = ask(gate, index, TOP, candidate)
    assert verdict.status is Status.FAIL, verdict


@pytest.mark.parametrize(
    "candidate",
    [
        "BUFG u_buf (.I(clk), .O(y[0]));",
        "nand2 u_cell (.A(a[0]), .B(a[1]), .Y(y[0]));",
        "timer u_timer (.clk(clk), .irq(y[0]));",
        "packer #(.N(2)) u_packer (clk, a, y);",
        "RAMB36 #(.INIT(8'h0)) u [3:0] (.CLK(clk), .DO(y));",
    ],
)
def test_modules_that_no_file_has_warn(gate: Gate, index: ProjectIndex, candidate: str) -> None:
    """Vendor primitives, cells, and modules that are not written yet; none is one slip from a keyword."""
    assert ask(gate, index, TOP, candidate).status is Status.WARN


@pytest.mark.parametrize(
    "candidate", ["asisgn y = a;", "always_fff @(posedge clk) y <= a;", "edn", "lgoic t;"]
)
def test_slips_of_keywords_are_no_modules(gate: Gate, index: ProjectIndex, candidate: str) -> None:
    assert ask(gate, index, TOP, candidate).status is Status.FAIL


def test_a_whole_module_may_be_written_anew_where_another_file_has_one(
    gate: Gate, index: ProjectIndex
) -> None:
    text = "module fifo (input wire clk);\nendmodule\n"
    assert ask(gate, index, "<>", text, "rtl/fifo2.v").status is Status.PASS


def test_a_verilog_file_of_a_project_that_mixes_languages(gate: Gate, index: ProjectIndex) -> None:
    text = "module user (input [7:0] a, output [7:0] y);\n  <>\nendmodule\n"
    assert ask(gate, index, text, "old u (.i(a), .o(y));", "rtl/user.v").status is Status.PASS
    assert ask(gate, index, text, "old u (.i(a), .p(y));", "rtl/user.v").status is Status.FAIL


def test_an_interface_port_with_its_modport(gate: Gate, index: ProjectIndex) -> None:
    text = "module sink (bus.dst port, output logic [7:0] y);\n  <>\nendmodule\n"
    assert ask(gate, index, text, "assign y = port.data;").status is not Status.FAIL
    assert ask(gate, index, text, "assign y = port.date;").status is Status.FAIL
    header = "module sink (<>\n  assign y = port.data;\nendmodule\n"
    assert ask(gate, index, header, "bus.dst port, output logic [7:0] y);").status is not Status.FAIL


def test_the_rest_of_the_line_is_the_candidates_to_fit(gate: Gate, index: ProjectIndex) -> None:
    """Even where the file has errors of its own, and Icarus cannot read it."""
    text = "module top (input logic clk, output logic q);\n  nowhere u (.a(gone));\n  int late[$];\n"
    text += "  initial begin automatic int k;\n    q <=<> #1 1'b0;\n  end\nendmodule\n"
    assert ask(gate, index, text, " 1'b1;").status is Status.FAIL
    assert ask(gate, index, text, " clk ?").status is Status.FAIL
    assert ask(gate, index, text.replace(" #1 1'b0", "1'b0"), " #1 ").status is not Status.FAIL
