from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.context.scope import Scope, scope_at, scope_before
from rtlwright.server.types import Position

CODE = """
package p; typedef enum {Q, R} e_t; endpackage
module earlier(input x); wire only_there; endmodule
module top import p::*; #(parameter int W = 8, parameter type T = logic) (
  input wire clk, rst_n, // c
  input  logic [W-1:0] a_i, b_i [0:3],
  output reg signed [3:0] q,
  axi_if.master m,
  p::e_t foo
);
  localparam IDLE = 2'd0, RUN = 2'd1;
  typedef enum logic [1:0] {S0, S1 = 2, S2} st_t;
  typedef struct packed { logic [3:0] a, b; } r_t;
  st_t state, state_n;
  wire [W-1:0] n1 = a_i + (b_i[0]), n2;
  function automatic logic f(input logic inner); return inner; endfunction
  sub #(.A(f(1))) u_sub (.clk(clk), .x());
  sub2 u2 (clk);
  always_ff @(posedge clk) begin
    case (state)
      S0: """


def _at_end(text: str) -> Scope:
    return scope_before(text, len(text))


def test_a_scope_in_unfinished_code() -> None:
    scope = _at_end(CODE)
    assert (scope.module, scope.kind, scope.imports) == ("top", "module", ("p",))
    assert [p.name for p in scope.ports] == ["clk", "rst_n", "a_i", "b_i", "q", "m", "foo"]
    ports = {p.name: p for p in scope.ports}
    assert (ports["b_i"].width_text, ports["b_i"].unpacked_text) == ("[W-1:0]", "[0:3]")
    assert ports["m"].is_interface and ports["m"].direction == ""
    assert [(n.name, n.width_text) for n in scope.nets] == [
        ("state", ""), ("state_n", ""), ("n1", "[W-1:0]"), ("n2", "[W-1:0]"),
    ]  # fmt: skip
    assert {t.name: t.members for t in scope.types}["st_t"] == ("S0", "S1", "S2")
    assert {i.name: i.module for i in scope.instances} == {"u_sub": "sub", "u2": "sub2"}
    assert scope.blocks == ("begin", "case")
    assert [p.name for p in scope.parameters if p.is_local] == ["IDLE", "RUN"]


def test_only_what_stands_before_the_cursor_is_declared() -> None:
    text = "module a(input x);\n  wire b;\n  wire c;\n"
    assert {n.name for n in scope_at(text, Position(2, 0)).nets} == {"b"}


def test_outside_of_every_module() -> None:
    assert _at_end("module a; endmodule\n").module == ""
    assert _at_end("").module == ""


def test_a_comment_declares_nothing() -> None:
    scope = _at_end("module a;\n// wire b;\n/* wire c; */ wire d;\n")
    assert [n.name for n in scope.nets] == ["d"]


def test_a_forgotten_endmodule() -> None:
    assert _at_end("module a; wire b;\nmodule c; wire d;\n").module == "c"


@given(st.text(alphabet=st.sampled_from("module wire[]();,=#.a1 \n{}begin/*\"'`"), max_size=120))
def test_any_text_has_a_scope(text: str) -> None:
    _at_end(text)


def test_a_file_of_50000_lines() -> None:
    text = "module a;\n" + "".join(f"  wire [7:0] n{i}; // number {i}\n" for i in range(50_000))
    started = time.perf_counter()
    scope = _at_end(text)
    assert "n49999" in scope.names
    # generous: the point is that the window is bounded, not how fast this machine is
    assert time.perf_counter() - started < 5.0
