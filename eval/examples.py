"""In-context examples of our own, used where the benchmark's are not at hand; none is any benchmark's."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A description with its answer."""

    description: str
    header: str
    body: str


def examples_for(top: str) -> tuple[Example, ...]:
    """Four, from easy to hard; the module is called `top`."""
    return tuple(Example(d, h.replace("NAME", top), b) for d, h, b in _EXAMPLES)


_EXAMPLES = (
    (
        "The output gap is high where the byte data has a one whose left neighbour is zero; the leftmost bit\n"
        "has no left neighbour, so its output is always zero.",
        "module NAME (\n  input [7:0] data,\n  output [7:0] gap\n);\n",
        "\n  assign gap = data & ~{1'b1, data[7:1]};\n\nendmodule\n",
    ),
    (
        "Choose the larger of the two unsigned numbers left and right. The output same is high if they are equal.",
        "module NAME (\n  input [11:0] left,\n  input [11:0] right,\n  output [11:0] larger,\n  output same\n);\n",
        "\n  assign same = left == right;\n  assign larger = left > right ? left : right;\n\nendmodule\n",
    ),
    (
        "A register of 6 bits with synchronous active-high reset to 3. While hold is high it keeps its value,\n"
        "else it takes value at the rising edge of clk.",
        "module NAME (\n  input clk,\n  input reset,\n  input hold,\n  input [5:0] value,\n"
        "  output reg [5:0] kept\n);\n",
        "\n  always @(posedge clk) begin\n    if (reset) kept <= 6'd3;\n    else if (!hold) kept <= value;\n  end\n\n"
        "endmodule\n",
    ),
    (
        "A door: it opens when button is high, stays open for two clock cycles after button went low, and then\n"
        "closes. Synchronous active-high reset closes it. The output open is high in all cycles in which it is open.",
        "module NAME (\n  input clk,\n  input reset,\n  input button,\n  output open\n);\n",
        "\n  localparam CLOSED = 2'd0, OPEN = 2'd1, CLOSING = 2'd2;\n  reg [1:0] state, next;\n\n"
        "  always @(*) begin\n    case (state)\n      CLOSED: next = button ? OPEN : CLOSED;\n"
        "      OPEN: next = button ? OPEN : CLOSING;\n      default: next = button ? OPEN : CLOSED;\n    endcase\n"
        "  end\n\n  always @(posedge clk) begin\n    if (reset) state <= CLOSED;\n    else state <= next;\n  end\n\n"
        "  assign open = state != CLOSED;\n\nendmodule\n",
    ),
)
