"""Edits from the project's index: what they make of a text, and that the tools accept it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from menu_asking import PROJECT, Ask, apply

from rtlwright.server.actions.edits import ActionKind
from rtlwright.server.actions.instances import connections
from rtlwright.server.actions.testbench import write_testbench
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.text import blank
from rtlwright.server.errors import UserError
from rtlwright.server.types import Cancel, Diagnostic, Language, Position, Severity

DESIGNS = Path(__file__).parents[1] / "check/designs"
ALONE = [path for path in sorted(DESIGNS.glob("*.*v")) if path.name not in ("timer_tb.v", "bus.sv")]
HEAD = "module top(input clk, input rst_n);\n"
PIECES = ["a", ".a(b)", ".c({d,e})", ".*", " ", "// x, y\n", ".f(g[1:0])"]
needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="no iverilog")


def error(line: int, column: int, message: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, line, column, message, "slang")


# Port maps


def test_an_empty_port_map_is_expanded(ask: Ask) -> None:
    done = ask(HEAD + "  uart_tx u_tx (|);\nendmodule\n").applied("Expand the port map of u_tx")
    assert ".clk" in done and "(clk)" in done
    for port in ("rst_n", "start_i", "data_i", "txd_o", "busy_o"):
        assert f".{port}" in done


def test_a_refresh_keeps_comments_and_what_is_connected_and_drops_what_is_gone(ask: Ask) -> None:
    before = (
        HEAD
        + "  uart_tx u_tx (\n"
        + "    // clocking\n"
        + "    .clk   (clk),   // the one clock\n"
        + "    .gone  (1'b0),  // was there once\n"
        + "    .rst_n (|rst_n)  // low\n"
        + "  );\nendmodule\n"
    )
    done = ask(before).applied("Refresh the port map of u_tx")
    assert "    // clocking\n    .clk   (clk),   // the one clock\n" in done
    assert "gone" not in done and "was there once" not in done
    assert ".rst_n (rst_n),  // low\n" in done
    assert done.count(".start_i") == 1 and done.rstrip().endswith("  );\nendmodule")


UNIT = "module m(input a, input b, output y);\nendmodule\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n  .a(p) // 1, 2\n  ,.b(q)\n", "\n  .a(p), // 1, 2\n  .b(q),\n  .y()\n"),
        ("\n  .a(p) /* x, y */, // z\n  .b(q)\n", "\n  .a(p), /* x, y */ // z\n  .b(q),\n  .y()\n"),
        (" // head\n  .a(p)\n  // tail, all\n", " // head\n  .a(p),\n  // tail, all\n  .b(),\n  .y()\n"),
        (".a(p), /* last, */ .y(r)", ".a(p), /* last, */ .y(r),\n  .b ()\n"),
        ("p, q, // by order\n  r", ".a (p), .b (q), // by order\n  .y (r)\n"),
    ],
)
def test_a_refresh_keeps_every_comment_and_moves_no_comma_into_one(
    ask: Ask, before: str, after: str, newline: str
) -> None:
    text, expected = (
        f"{UNIT}module top;\nm u_m ({inside});\nendmodule\n".replace("\n", newline)
        for inside in (before, after)
    )
    place = text.index("u_m (") + 5
    done = ask(text[:place] + "|" + text[place:]).applied("Refresh the port map of u_m")
    assert done == expected


def test_a_port_map_with_conditions_is_left_alone(ask: Ask) -> None:
    text = f"{UNIT}module top;\nm u_m (|\n  .a(p),\n`ifdef B\n  .b(q),\n`endif\n  .y(r)\n);\nendmodule\n"
    assert not [title for title in ask(text).titles if "port map" in title]


def test_connections_by_order_and_dot_star_get_names(ask: Ask) -> None:
    ordered = ask(HEAD + "  uart_tx u_tx (clk, |rst_n);\nendmodule\n").applied("Refresh")
    assert "(clk)," in ordered and "(rst_n)," in ordered and ".start_i" in ordered
    star = ask(HEAD + "  uart_tx u_tx (.clk, .*|);\nendmodule\n").applied("Refresh")
    assert ".*" not in star and ".rst_n" in star


def test_a_complete_port_map_is_left_alone(ask: Ask, soc: ProjectIndex) -> None:
    unit = soc.module("uart_tx")
    assert unit is not None
    listed = ", ".join(f".{port.name}()" for port in unit.ports)
    assert not [t for t in ask(HEAD + f"  uart_tx u_tx ({listed}|);\nendmodule\n").titles if "port map" in t]


@given(st.lists(st.sampled_from(PIECES), max_size=8))
@settings(max_examples=80)
def test_entries_are_found_where_they_stand(parts: list[str]) -> None:
    text = ",".join(parts)
    for entry in connections(blank(text), text, 0, len(text)).entries:
        assert text[entry.start : entry.end].strip() == text[entry.start : entry.end] != ""


# Nets


def test_missing_nets_are_as_wide_as_their_ports(ask: Ask) -> None:
    text = (
        "module top(input wire clk, input wire rst_n);\n"
        "  wire full;\n"
        "  fifo #(.WIDTH(12)) u_fifo (.clk(clk), .wr_data(word), .full(full), .rd_data(|out));\nendmodule\n"
    )
    done = ask(text, name="rtl/edited.v").applied("Declare the")
    assert "  wire [12-1:0] word;\n" in done or "  wire [11:0] word;\n" in done
    assert done.count("full;") == 1
    assert done.index("wire [12-1:0] out;") < done.index("fifo #(")


@pytest.mark.parametrize(
    ("given", "declared"),
    [
        ("", "logic item;\n  logic [4-1:0] items;"),
        ("#(.item_t(logic [7:0]))", "logic [7:0] item;\n  logic [4-1:0] [7:0] items;"),
        ("#(.item_t(pkg::word_t), .N(A+1))", "pkg::word_t item;\n  pkg::word_t [(A+1)-1:0] items;"),
        ("#(.item_t(struct packed { logic a; }))", "struct packed { logic a; } item;"),
    ],
)
def test_missing_nets_are_of_the_type_that_the_instance_is_given(ask: Ask, given: str, declared: str) -> None:
    unit = (
        "module queue #(parameter type item_t = logic, parameter N = 4)\n"
        "  (input item_t one, input item_t [N-1:0] all);\nendmodule\n"
    )
    text = f"{unit}module top;\n  queue {given} u_q (.one(item), .all(|items));\nendmodule\n"
    assert f"module top;\n  {declared}\n" in ask(text).applied("Declare the")


# Beginnings


def test_a_file_without_code_gets_a_module(ask: Ask) -> None:
    done = ask("// a header\n|", name="rtl/blinker.sv").applied("Begin module blinker")
    assert done.startswith("// a header\nmodule blinker") and done.rstrip().endswith("endmodule")


def test_a_word_becomes_an_instance(ask: Ask) -> None:
    done = ask(HEAD + "  uart_tx|\nendmodule\n").applied("Instantiate uart_tx")
    assert "  uart_tx u_uart_tx (" in done or "uart_tx #(" in done
    assert done.rstrip().endswith("endmodule")


def test_an_instance_by_command(ask: Ask) -> None:
    asked = ask(HEAD + "  |\nendmodule\n")
    edit = asked.menu.instantiate(asked.document, asked.position, "uart_tx", Cancel())
    assert ".clk" in apply(asked.document.text, [edit])
    with pytest.raises(UserError, match="there is no module nothing"):
        asked.menu.instantiate(asked.document, asked.position, "nothing", Cancel())
    with pytest.raises(UserError, match="empty line"):
        asked.menu.instantiate(asked.document, Position(0, 5), "uart_tx", Cancel())
    assert "uart_tx" in [unit.name for unit in asked.menu.units()]


CONSTANTS = """module old(clk, a, y);
  parameter N = 4;
  localparam HALF = N / 2, WIDTH = HALF * 4;
  localparam STATE = 0;
  input clk;
  input [WIDTH-1:0] a;
  output [WIDTH-1:0] y;
  assign y = a;
endmodule
"""


@needs_icarus
def test_a_testbench_has_the_constants_that_the_ports_need(tmp_path: Path) -> None:
    file = tmp_path / "old.v"
    file.write_text(CONSTANTS)
    test_a_testbench_runs_as_it_is(file, tmp_path)
    bench = (tmp_path / "bench.sv").read_text()
    assert "localparam HALF = N / 2;\n  localparam WIDTH = HALF * 4;" in bench and "STATE" not in bench


@needs_icarus
@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.name)
def test_a_testbench_runs_as_it_is(path: Path, tmp_path: Path) -> None:
    index = ProjectIndex(path.parent)
    index.refresh()
    headers = index.headers_in(path)
    index.close()
    assert headers is not None
    sources = [str(path)]
    units = [unit for unit in headers.units if unit.kind == "module" and unit.ports]
    bench = tmp_path / "bench.sv"
    bench.write_text(write_testbench(units[0], Language.of(path)))
    built = subprocess.run(
        ["iverilog", "-g2012", "-o", "out", "-s", f"{units[0].name}_tb", *sources, str(bench)],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    ran = subprocess.run(["vvp", "-n", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "PASS" in ran.stdout and "FAIL" not in ran.stdout
    assert (tmp_path / f"{units[0].name}_tb.vcd").exists()


def test_the_testbench_goes_into_a_file_of_its_own(ask: Ask) -> None:
    asked = ask("module |blink(input clk, output led);\nendmodule\n", name="rtl/blink.v")
    (action,) = [action for action in asked.actions if action.new_file]
    assert action.new_file is not None and action.new_file.path == PROJECT / "rtl/blink_tb.v"
    assert "always #5 clk = ~clk;" in action.new_file.text and action.kind is ActionKind.SOURCE


# Quick fixes


@pytest.mark.parametrize(
    "text, diagnostic, title, line",
    [
        ("  wire x = 1|\n  wire y;", (2, 13, "expected ';'"), "Insert the missing ;", "  wire x = 1;"),
        ("  wire count; wire y = cuont|;", (2, 24, "use of undeclared identifier 'cuont'"),
         "Change cuont to count", "  wire count; wire y = count;"),
        ("  asign| y = 1;", (2, 3, "use of undeclared identifier 'asign'"),
         "Change asign to assign", "  assign y = 1;"),
        ("  wire [3:0] q|;\n  always @(posedge clk) q <= 1;",
         (3, 25, "cannot assign to a net within a procedural context"),
         "Declare q as logic", "  logic [3:0] q;"),
        ("  output q; wire q;\n  always @(posedge clk) q| <= 1;",
         (3, 25, "cannot assign to a net within a procedural context"),
         "Declare q as logic", "  output q; logic q;"),
        ("  uart_tx u (.clk(clk), .rst_m|(rst_n));", (2, 26, "port 'rst_m' does not exist in 'uart_tx'"),
         "Change rst_m to rst_n", "  uart_tx u (.clk(clk), .rst_n(rst_n));"),
    ],
)  # fmt: skip
def test_quick_fixes(ask: Ask, text: str, diagnostic: tuple[int, int, str], title: str, line: str) -> None:
    asked = ask(f"{HEAD}{text}\nendmodule\n", error(*diagnostic))
    action = asked.actions[0]
    assert (action.title, action.kind) == (title, ActionKind.QUICK_FIX)
    assert line in apply(asked.document.text, action.edits).split("\n")
    assert action.mends is not None and action.mends.message == diagnostic[2]


def test_an_endmodule_is_put_at_the_end_and_nowhere_else(ask: Ask) -> None:
    asked = ask(HEAD + "  wire x;|", error(2, 10, "expected 'endmodule'"))
    assert asked.applied("Insert the missing endmodule") == HEAD + "  wire x;\nendmodule\n"
    inside = ask(HEAD + "  wire x;|\nmodule b; endmodule\n", error(2, 10, "expected 'endmodule'"))
    assert not [action for action in inside.actions if action.kind is ActionKind.QUICK_FIX]


def test_an_endmodule_is_put_behind_what_a_condition_leaves_out(ask: Ask) -> None:
    text = HEAD + "  wire x;|\n`ifdef FORMAL\n`ifndef Z\n  assert property (x);\n`endif\n`endif\n"
    asked = ask(text, error(2, 10, "expected 'endmodule'"))
    assert asked.applied("Insert the missing endmodule") == text.replace("|", "") + "endmodule\n"


@pytest.mark.parametrize(
    ("text", "diagnostic", "name"),
    [
        ("  always @(posdege |clk) x = 1;", (2, 20, "expected ';'"), "a.sv"),
        ("  wire q, r;\n  always @(posedge clk) q| <= 1;",
         (3, 25, "cannot assign to a net within a procedural context"), "a.v"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_not_mended(
    ask: Ask, text: str, diagnostic: tuple[int, int, str], name: str
) -> None:
    asked = ask(f"{HEAD}{text}\nendmodule\n", error(*diagnostic), name=name)
    assert not [action for action in asked.actions if action.kind is ActionKind.QUICK_FIX]


@pytest.mark.parametrize("word", ["zzz", "ab"])
def test_what_is_like_nothing_or_like_two_is_not_mended(ask: Ask, word: str) -> None:
    asked = ask(
        f"{HEAD}  wire abc, abd;\n  wire y = {word}|;\nendmodule\n",
        error(3, 12, f"use of undeclared identifier '{word}'"),
    )
    assert not [action for action in asked.actions if action.kind is ActionKind.QUICK_FIX]


# Look-up


@pytest.mark.parametrize(
    "marked, kind, part",
    [
        ("  uart|_tx u (.clk(clk));", "module", "module uart_tx"),
        ("  uart_tx u (.cl|k(clk));", "port", "input"),
        ("  wire [7:0] byte_q;\n  wire x = byte_q|;", "net", "[7:0] byte_q"),
        ("  wire x = cl|k;", "port", "input clk"),
        ("  uart_tx u_tx (.clk(clk));\n  wire y = u|_tx.ready;", "instance", "uart_tx u_tx"),
        ("  import soc_|pkg::*;", "package", "package soc_pkg"),
    ],
)
def test_what_a_name_means(ask: Ask, marked: str, kind: str, part: str) -> None:
    asked = ask(f"{HEAD}{marked}\nendmodule\n")
    found = asked.menu.look_up(asked.document, asked.position)
    assert found is not None and found.kind == kind and part in found.declaration
    assert found.path and found.line > 0
    assert asked.document.text[found.start : found.end] == found.name


@pytest.mark.parametrize("marked", ["  // uart|_tx", "  al|ways @* ;", "  wire x = unknown_|name;", "|"])
def test_what_means_nothing(ask: Ask, marked: str) -> None:
    asked = ask(f"{HEAD}{marked}\nendmodule\n")
    assert asked.menu.look_up(asked.document, asked.position) is None
