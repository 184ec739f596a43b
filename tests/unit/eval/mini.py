"""A problem of our own in the layouts of VerilogEval v1 and v2, and answers that end in every way there is."""

# ruff: noqa: E501

import json
from dataclasses import dataclass, replace
from pathlib import Path

from rtlwright.eval.harness import Harness
from rtlwright.eval.pool import Pool
from rtlwright.eval.score import Score

HEADER = """module NAME (
  input clk,
  input reset,
  input [3:0] step,
  output reg [7:0] total
);
"""
BODY = """
  always @(posedge clk)
    if (reset) total <= 0;
    else total <= total + step;
endmodule
"""
_REFERENCE = HEADER.replace("NAME", "REFERENCE") + BODY
_TEST = """`timescale 1 ps/1 ps
`define OK 12
module stimulus_gen (
  input clk,
  output logic reset,
  output logic [3:0] step
);
  initial begin
    reset <= 1;
    step <= 1;
    repeat (3) @(posedge clk);
    reset <= 0;
    repeat (REPEATS) @(posedge clk, negedge clk) begin
      step <= $random;
      reset <= !($random & 15);
    end
    #1 $finish;
  end
endmodule

module tb();
  typedef struct packed {
    int errors;
    int errortime;
    int errors_total;
    int errortime_total;
    int clocks;
  } stats;
  stats stats1;

  reg clk = 0;
  initial forever #5 clk = ~clk;

  logic reset;
  logic [3:0] step;
  logic [7:0] total_ref;
  logic [7:0] total_dut;
  wire tb_match;
  wire tb_mismatch = ~tb_match;

  initial begin
    $dumpfile("wave.vcd");
    $dumpvars(1, stim1.clk, tb_mismatch, total_ref, total_dut);
  end

  stimulus_gen stim1 (.clk, .*);
  REFERENCE good1 (.clk, .reset, .step, .total(total_ref));
  TOP top_module1 (.clk, .reset, .step, .total(total_dut));

  final begin
    if (stats1.errors_total) $display("Hint: Output '%s' has %0d mismatches. First mismatch occurred at time %0d.", "total", stats1.errors_total, stats1.errortime_total);
    else $display("Hint: Output '%s' has no mismatches.", "total");
    $display("Hint: Total mismatched samples is %1d out of %1d samples\\n", stats1.errors, stats1.clocks);
    $display("Simulation finished at %0d ps", $time);
    $display("Mismatches: %1d in %1d samples", stats1.errors, stats1.clocks);
  end

  assign tb_match = ({total_ref} === ({total_ref} ^ {total_dut} ^ {total_ref}));
  always @(posedge clk, negedge clk) begin
    stats1.clocks++;
    if (!tb_match) begin
      if (stats1.errors == 0) stats1.errortime = $time;
      stats1.errors++;
    end
    if (total_ref !== (total_ref ^ total_dut ^ total_ref)) begin
      if (stats1.errors_total == 0) stats1.errortime_total = $time;
      stats1.errors_total = stats1.errors_total + 1'b1;
    end
  end
"""
_LIMIT = """
  initial begin
    #1000000
    $display("TIMEOUT");
    $finish();
  end
"""


def test_of(version: int, repeats: int = 100) -> str:
    reference, top = ("reference_module", "top_module") if version == 1 else ("RefModule", "TopModule")
    text = _TEST.replace("REFERENCE", reference).replace("TOP", top).replace("REPEATS", str(repeats))
    return text + (_LIMIT if version == 2 else "") + "endmodule\n"


def write_v1(file: Path, repeats: int = 100) -> Path:
    """A JSONL file of one problem, its description beside it."""
    test = test_of(1, repeats) + _REFERENCE.replace("REFERENCE", "reference_module")
    row = {
        "task_id": "adder", "prompt": HEADER.replace("NAME", "top_module"), "canonical_solution": BODY, "test": test,
    }  # fmt: skip
    file.write_text(json.dumps(row) + "\n")
    words = file.with_name(file.name.replace("VerilogEval_", "VerilogDescription_"))
    words.write_text(json.dumps({"task_id": "adder", "detail_description": "Add up the steps."}) + "\n")
    return file


def write_v2(folder: Path, header: bool = False) -> Path:
    """A dataset folder of one problem; with `header`, of the code-complete kind."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "Prob001_adder"
    (folder / f"{name}_prompt.txt").write_text("I would like you to implement a module named TopModule.\n")
    (folder / f"{name}_ref.sv").write_text(_REFERENCE.replace("REFERENCE", "RefModule"))
    (folder / f"{name}_test.sv").write_text(test_of(2))
    if header:
        (folder / f"{name}_ifc.txt").write_text(HEADER.replace("NAME", "TopModule"))
    return folder


@dataclass(frozen=True)
class Answer:
    """A body, and what the official harnesses say of it with Icarus Verilog 12 (found by running them)."""

    name: str
    body: str
    letter: str
    result: str
    """v1's words."""


def always(statement: str, head: str = "posedge clk") -> str:
    return f"\n  always @({head})\n    if (reset) total <= 0;\n    else {statement}\nendmodule\n"


ANSWERS = (
    Answer("right", BODY, ".", "passed"),
    Answer("right, with noise", BODY.replace("endmodule", 'initial $display("hello");\nendmodule'), ".", "passed"),
    Answer("no semicolon", always("total <= total + step"), "S", "failed: syntax error."),
    Answer("no end", "\n  always @(posedge clk) begin\n    total <= total + step;\nendmodule\n", "S", "failed: syntax error."),
    Answer("prose", "Here is the module you asked for:\n" + BODY, "S", "failed: syntax error."),
    Answer("enum from number", "\n  typedef enum logic [1:0] {A, B} state;\n  state s;\n  always @(posedge clk) s = 2;\n"
           "  always @(posedge clk) total <= total + step;\nendmodule\n", "e", "failed: compile error."),
    Answer("constant of no width", always("total <= total + step + 0'd0;"), "0", "failed: compile error."),
    Answer("nothing to wait for", "\n  always @(*) total = 8'd7;\nendmodule\n", "n", "failed: compile error."),
    Answer("procedural wire", "\n  wire [7:0] t;\n  always @(posedge clk) t <= step;\nendmodule\n", "w", "failed: compile error."),
    Answer("unknown module", "\n  summer s(.clk, .reset, .step, .total);\nendmodule\n", "m", "failed: compile error."),
    Answer("unknown name", always("total <= total + stride;"), "p", "failed: compile error."),
    Answer("declared twice", "\n  reg [7:0] t;\n  reg [7:0] t;\n" + BODY, "C", "failed: compile error."),
    Answer("wrong port of an instance", "\n  half h(.nothing(clk));\nendmodule\nmodule half(input a); endmodule\n", "C", "failed: compile error."),
    Answer("warned of", "\n  wire unused = undeclared_net;\n" + BODY, "p", "failed: compile error."),
    Answer("implicit net", "\n  half h(.a(clk), .b(implicit));\n" + BODY
           + "module half(input a, output b); assign b = a; endmodule\n", ".", "failed: compile error."),
    Answer("asynchronous reset", always("total <= total + step;", "posedge clk or posedge reset"), "r", "failed: 53 out of 105 samples."),
    Answer("subtracts", always("total <= total - step;"), "R", "failed: 94 out of 105 samples."),
    Answer("never driven", "\nendmodule\n", "R", "failed: 104 out of 105 samples."),
    Answer("high impedance", "\n  initial total = 8'bz;\nendmodule\n", "R", "failed: 104 out of 105 samples."),
    Answer("no reset", "\n  always @(posedge clk) total <= total + step;\nendmodule\n", "R", "failed: 104 out of 105 samples."),
    Answer("loops", "\n  reg a = 0;\n  always @(posedge clk) forever #0 a = ~a;\n" + BODY, "T", "timed out"),
)  # fmt: skip


def score(harness: Harness, text: str, pool: Pool) -> Score:
    """The verdict on a sample; what hangs runs into a limit of 2 seconds and not of the benchmark's 30."""
    problem = harness.problems[0]
    outcome = pool.submit(
        f"{harness.job(problem, text, '')}",
        lambda nonce: replace(harness.job(problem, text, nonce), timeout_s=2.0),
    )
    return harness.judge(problem, text, outcome.result())
