"""The words that never get a slot: Verilog's keywords and what many rows of the corpus use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rtlwright.server.model.slots import words

KEYWORDS = frozenset(
    """
    always always_comb always_ff always_latch and assert assign automatic begin bit break buf byte case casex
    casez const continue deassign default defparam disable do edge else end endcase endfunction endgenerate
    endinterface endmodule endpackage endprimitive endspecify endtask enum event export extern final for force
    forever fork function generate genvar if iff import initial inout input inside int integer interface join
    localparam logic longint modport module nand negedge nor not or output package packed parameter posedge
    primitive priority property real realtime reg release repeat return shortint signed specify string struct
    supply0 supply1 table task this time timeprecision timescale timeunit tri tri0 tri1 type typedef union
    unique unique0 unsigned void wait wand while wire wor xnor xor b d h o sb sd sh bits clog2 display finish
    define elsif endif ifdef ifndef include undef default_nettype none
    """.split()  # noqa: SIM905
)


def build_lexicon(texts: Iterable[str], size: int, share: float = 0.0) -> frozenset[str]:
    """KEYWORDS and the at most `size` words that most of `texts`, and at least `share` of them, contain.

    >>> sorted(build_lexicon(["clk clk ff", "clk", "clk y"], 5, 0.5) - KEYWORDS)
    ['clk']
    """
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        counts.update(set(words(text)) - KEYWORDS)
        total += 1
    common = [word for word in counts if counts[word] >= share * total]
    ranked = sorted(common, key=lambda word: (-counts[word], word))
    return KEYWORDS | frozenset(ranked[:size])
