"""The common stimulus: what is a clock, what reaches deep states, what is compared, what cannot be forged."""

from __future__ import annotations

import pytest
from gate_asking import ROOT, stage

from rtlwright.server.check.behaviour import traces
from rtlwright.server.check.behaviour.roles import Roles
from rtlwright.server.check.behaviour.stimulus import Stimulus
from rtlwright.server.check.behaviour.vectors import CYCLES, EXHAUSTIVE_BITS, columns, constants
from rtlwright.server.check.gate import Gate
from rtlwright.server.check.reports import ModuleChecks
from rtlwright.server.check.slang.ports import Port, Uses
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Language, ProjectView, Status

VIEW = ProjectView(ROOT, "m.sv")


def check(gate: Gate, *texts: str) -> ModuleChecks:
    return gate.check_modules(
        texts, VIEW, Language.SYSTEMVERILOG, testbench=None, deadline_s=60, cancel=Cancel()
    )


def ports(**widths: int) -> list[Port]:
    """Inputs, but for those whose names begin with `o_`."""
    return [Port(name, "out" if name.startswith("o_") else "in", width) for name, width in widths.items()]


def test_use_goes_before_name() -> None:
    found = ports(tick=1, rst=1, clear=1, clk=1, d=4)
    uses = Uses(("tick",), (), (("rst", False),), (("clear", True),))
    roles = Roles.of(found, [uses])
    assert roles.clocks == ("tick",), "clk is only a name here"
    assert dict(roles.resets) == {"rst": False, "clear": True} and not roles.rare
    roles = Roles.of(ports(clk=1, load=1), [Uses(("clk",), (), (), (("load", True),))])
    assert roles.rare == (("load", True),) and not roles.resets


def test_most_designs_decide_and_no_state_means_combinational() -> None:
    found = ports(clk=1, rst=1, d=4)
    clocked = Uses(("clk",), (), (("rst", True),))
    assert Roles.of(found, [clocked, clocked, Uses()]).clocks == ("clk",)
    assert Roles.of(found, [Uses(), Uses()]).combinational
    assert Roles.of(found, [Uses(derived=True)]).clocks == ("clk",), "a gated clock: the name says whose"


def test_controls_stay_high_for_long_and_words_meet() -> None:
    drive = columns(ports(clk=1, rst=1, wr=1, rd=1, a=16, b=16), Roles(("clk",), resets=(("rst", True),)))
    values = {column.name: column.values for column in drive}
    assert all(len(each) == CYCLES for each in values.values())
    only_wr = "".join("1" if w and not r else "0" for w, r in zip(values["wr"], values["rd"], strict=True))
    assert "1" * 100 in only_wr, "a FIFO of a hundred words fills"
    assert values["rst"][:4] == (1, 1, 1, 1) and 10 <= sum(values["rst"][4:]) <= 20
    assert sum(a == b for a, b in zip(values["a"], values["b"], strict=True)) > 10
    assert {0, 0xFFFF, 0x8000} <= set(values["a"])


def test_small_combinational_designs_see_everything() -> None:
    drive = columns(ports(a=4, b=EXHAUSTIVE_BITS - 4), Roles())
    assert len(set(zip(*(column.values for column in drive), strict=True))) == 1 << EXHAUSTIVE_BITS
    assert len(columns(ports(a=32, b=32), Roles())[0].values) == CYCLES


def test_constants_of_the_designs_are_tried() -> None:
    words = constants(["if (a == 16'hBEE5) q <= 8'd200; x = 4'b10_10;"])
    assert {0xBEE5, 200, 10} <= set(words)
    assert 0xBEE5 in Stimulus.of(ports(a=16), Roles(), ["a == 16'hBEE5"]).columns[0].values


def test_an_x_of_the_start_is_no_difference_but_a_later_one_is() -> None:
    a = {"q": ["x", "x", "1", "0", "1"]}
    b = {"q": ["0", "x", "1", "0", "1"]}
    c = {"q": ["x", "x", "1", "x", "1"]}
    first, second, third = traces.behaviours([a, b, c], 0)
    assert first.digests == second.digests != third.digests
    assert (first.unknown["q"], third.unknown["q"]) == (0, 1)


def test_a_trace_without_its_end_is_none() -> None:
    assert traces.parse("m 1\nm 0\nm end\n", "m", ["q"], 2) == {"q": ("1", "0")}
    for text in ("m 1\nm 0\n", "m 1\nm end\n", "m 1\nm 0\nm 1\nm end\n", "m 1\nn 0\nm end\n", ""):
        assert traces.parse(text, "m", ["q"], 2) is None


FIFO = """module fifo(input ck, input rn, input push, pop, input [7:0] d, output [7:0] q, output full);
  reg [7:0] mem [0:31]; reg [5:0] w, r; assign full = (w - r) == 6'd{depth}; assign q = mem[r[4:0]];
  always @(posedge ck or negedge rn) if (!rn) begin w <= 0; r <= 0; end else begin
    if (push & ~full) begin mem[w[4:0]] <= d; w <= w + 1; end
    if (pop & (w != r)) r <= r + 1; end
endmodule
"""


def test_a_difference_deep_in_the_states_is_found_and_named(gate: Gate) -> None:
    right, wrong = FIFO.replace("{depth}", "32"), FIFO.replace("{depth}", "31")
    again = right.replace("(w - r) == 6'd32", "(w == (r ^ 6'b100000))")
    found = check(gate, right, wrong, again, right)
    assert found.groups == ((0, 2, 3), (1,)) and found.agreement == "3 of 4 agree"
    assert {each.name: (each.agree, each.of) for each in found.outputs}["full"] == (3, 4)


def test_names_and_the_order_of_ports_are_no_behaviour(gate: Gate) -> None:
    one = "module a(input x, input y, output z); assign z = x & y; endmodule\n"
    two = "module b(output z, input y, x);\n  and g(z, y, x);\nendmodule\n"
    assert check(gate, one, two).groups == ((0, 1),)


def test_what_cannot_be_driven_says_why(gate: Gate) -> None:
    unpacked = "module m(input logic [3:0] a [2], output logic y); assign y = a[0][0]; endmodule\n"
    silent = "module m(input logic a); endmodule\n"
    verdicts = check(gate, unpacked, silent).verdicts
    assert "unpacked array" in (stage(verdicts[0], "behaviour").reason or "")
    assert stage(verdicts[1], "behaviour").reason == "it has no outputs"


@pytest.mark.parametrize(
    "text",
    [
        "module m(input [2:0] a, output y); assign y = ^a; initial #50 $finish; endmodule\n",
        'module m(input [2:0] a, output y); assign y = ^a; initial begin $display("%m 1\\nend");\n'
        "  #9 $finish; end endmodule\n",
        "module m(input [2:0] a, output reg y); reg l = 0; always @* y = ^a;\n"
        "  always @* if (a == 3) forever l = ~l; endmodule\n",
    ],
)
def test_one_that_ends_or_hangs_decides_for_itself_alone(text: str) -> None:
    good = "module m(input [2:0] a, output y); assign y = a[0] ^ a[1] ^ a[2]; endmodule\n"
    talks = good.replace("endmodule", 'initial $display("rtlwright 1 end"); endmodule')
    gate = Gate(CheckConfig(timeout_s=2.5))
    try:
        found = check(gate, good, text, talks)
    finally:
        gate.close()
    assert found.groups == ((0, 2),)
    assert stage(found.verdicts[1], "behaviour").status is Status.WARN


def test_an_output_that_stays_unknown_is_warned_of(gate: Gate) -> None:
    never = "module m(input clk, input d, output reg q); always @(posedge clk) q <= q ^ d; endmodule\n"
    found = stage(check(gate, never).verdicts[0], "behaviour")
    assert found.status is Status.WARN and "unknown" in found.diagnostics[0].message
    starts = never.replace("always", "initial q = 0; always")
    both = check(gate, starts, starts + "//", never)
    assert both.groups == ((0, 1), (2,)) and stage(both.verdicts[0], "behaviour").status is Status.PASS


def test_inouts_two_clocks_and_structs(gate: Gate) -> None:
    pad = "module m(inout io, input oe, d, output q); assign io = oe ? d : 1'bz; assign q = io; endmodule\n"
    two = """module m(input ca, cb, rst, input [3:0] d, output reg [3:0] x, y);
  always @(posedge ca) if (rst) x <= 0; else x <= d;
  always @(negedge cb) if (rst) y <= 0; else y <= y + x;
endmodule
"""
    packed = """typedef struct packed {logic [3:0] a; logic b;} s_t;
module m(input s_t s, output logic [3:0] y); assign y = s.b ? s.a : ~s.a; endmodule
"""
    for text, other in ((pad, "q = ~io"), (two, "y <= y - x"), (packed, "s.b ? ~s.a : s.a")):
        target = {"q = ~io": "q = io", "y <= y - x": "y <= y + x"}.get(other, "s.b ? s.a : ~s.a")
        found = check(gate, text, text + "\n", text.replace(target, other))
        assert found.groups == ((0, 1), (2,)), (text, [v.stages[-1] for v in found.verdicts])
