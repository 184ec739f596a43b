"""Samples that the official harnesses would pass and that are refused; and that they harm nobody else."""

# ruff: noqa: E501

from dataclasses import dataclass

import pytest
from mini import BODY, HEADER, score

from rtlwright.eval.harness import Harness
from rtlwright.eval.pool import Pool
from rtlwright.eval.score import Letter
from rtlwright.eval.tampering import found_in

LINE = '$display("Mismatches: 0 in 203 samples");'
WRONG = "\n  always @(posedge clk) total <= 8'hxx;\n"


@dataclass(frozen=True)
class Trick:
    name: str
    body: str
    says: str
    """What the reason has in it."""


TRICKS = (
    Trick("prints the line at the start", f"{WRONG}  initial {LINE}\nendmodule\n", "claims"),
    Trick("prints the line at every clock", f"{WRONG}  always @(posedge clk) {LINE}\nendmodule\n", "claims"),
    Trick("prints the line at the end", f"{WRONG}  final {LINE}\nendmodule\n", "claims"),
    Trick("prints it and ends", f"{WRONG}  initial begin {LINE} $finish; end\nendmodule\n", "finish"),
    Trick("prints it in another format",
          f'{WRONG}  initial $display("%s: %0d in %0d samples", "Mismatches", 0, 7);\nendmodule\n', "claims"),
    Trick("guesses a mark", f'{WRONG}  initial $display("~0123456789abcdef~Mismatches: 0 in 7 samples");\n'
          "endmodule\n", "claims"),
    Trick("ends before the first comparison", f"{WRONG}  initial $finish;\nendmodule\n", "$finish"),
    Trick("ends by a macro", f"`define QUIT $finish\n{WRONG}  initial `QUIT;\nendmodule\n", "$finish"),
    Trick("sets the count back", f"{WRONG}  always @(tb.stats1) tb.stats1 = tb.stats1 & 31;\nendmodule\n", "test"),
    Trick("forces the comparison", f"{WRONG}  initial force tb.tb_match = 1;\nendmodule\n", "force"),
    Trick("forces its own input", "\n  initial force clk = 0;\n  initial total = 8'hxx;\nendmodule\n", "force"),
    Trick("deposits on its own input", BODY.replace("endmodule", "  initial $deposit(clk, 1'b0);\nendmodule"),
          "$deposit"),
    Trick("reads the reference", "\n  always @* total = tb.good1.total;\nendmodule\n", "test"),
    Trick("reads the reference by an upward name", "\n  always @* total = good1.total;\nendmodule\n", "test"),
    Trick("instantiates the reference", "\n  wire [7:0] t;\n  REFERENCE r(clk, reset, step, t);\n"
          "  always @* total = t;\nendmodule\n", "test"),
    Trick("hides it where only the test's macros are",
          f"{WRONG}`ifdef OK\n  initial force tb.tb_match = 1;\n`endif\n  always @* if (0) total = 1;\nendmodule\n",
          "force"),
)  # fmt: skip


@pytest.mark.hostile
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_v1_refuses(trick: Trick, mini_v1: Harness, pool: Pool) -> None:
    found = score(mini_v1, trick.body.replace("REFERENCE", "reference_module"), pool)
    assert not found.passed
    if found.letter is Letter.REFUSED:  # else Icarus itself would have none of it
        assert trick.says in found.reason


@pytest.mark.hostile
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_v2_refuses(trick: Trick, mini_v2: Harness, pool: Pool) -> None:
    text = HEADER.replace("NAME", "TopModule") + trick.body.replace("REFERENCE", "RefModule")
    found = score(mini_v2, text, pool)
    assert not found.passed
    if found.letter is Letter.REFUSED:
        assert trick.says in found.reason


@pytest.mark.hostile
def test_most_tricks_would_have_passed(mini_v1: Harness, pool: Pool) -> None:
    """Or this file would show nothing."""
    letters = [
        score(mini_v1, trick.body.replace("REFERENCE", "reference_module"), pool).letter for trick in TRICKS
    ]
    assert letters.count(Letter.REFUSED) >= 12, dict(zip((t.name for t in TRICKS), letters, strict=True))


@pytest.mark.hostile
@pytest.mark.parametrize(
    "driver",
    [
        "assign clk = 0;",
        "buf (clk, 1'b0);",
        "pulldown (clk);",
        "assign (supply0, supply1) clk = 0;",
        "sub s(clk);",
    ],
)
def test_a_driver_on_an_input_does_not_reach_the_test(driver: str, mini_v1: Harness, pool: Pool) -> None:
    """Icarus keeps it inside: the reference still runs, so that the module is judged by what it does."""
    body = (
        f"\n  {driver}\n  initial total = 8'hxx;\nendmodule\nmodule sub(output q); assign q = 0; endmodule\n"
    )
    found = score(mini_v1, body, pool)
    assert found.letter is Letter.RUNTIME or not found.compiled


@pytest.mark.parametrize("text", ["assign forced = 1;", "// force", 'initial $display("force $finish");'])
def test_words_are_not_deeds(text: str) -> None:
    assert found_in(text) is None


@pytest.mark.hostile
def test_nothing_is_left_for_the_next_sample(mini_v1: Harness, pool: Pool) -> None:
    """A file that one sample writes is not there for another one, in whichever worker it runs."""
    write = (
        '\n  integer f;\n  initial begin f = $fopen("left.txt", "w"); $fdisplay(f, "1"); $fclose(f); end\n'
        + BODY
    )
    look = (
        '\n  integer f;\n  reg [7:0] t;\n  initial f = $fopen("left.txt", "r");\n'
        "  always @(posedge clk) t <= reset ? 0 : t + step;\n"
        "  always @* total = f == 0 ? t : 8'd1;\nendmodule\n"
    )
    for _ in range(4):
        assert score(mini_v1, write + f"// {_}", pool).letter is Letter.REFUSED
        found = score(mini_v1, look + f"// {_}", pool)
        assert found.mismatches == 0 and "$fopen" in found.reason
