"""The words that never get a slot: Verilog's keywords and the prose of the specifications.

A name that is a word of the prose (`data`, `count`) stays too, since it could not be told from it. Every
other name gets a slot, also one that half of the rows use: the slots of a module's ports then follow one
another as the ports do, and copying `rst_n` is the same step as copying `hlixk_rst`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from rtlwright.server.model.slots import NUMBERS, words

KEYWORDS = frozenset(
    """
    always always_comb always_ff always_latch and assert assign automatic begin bit break buf byte case casex
    casez const continue deassign default defparam disable do edge else end endcase endfunction endgenerate
    endinterface endmodule endpackage endprimitive endspecify endtask enum event export extern final for force
    forever fork function generate genvar if iff import initial inout input inside int integer interface join
    localparam logic longint modport module nand negedge nor not or output package packed parameter posedge
    primitive priority property real realtime reg release repeat return shortint signed specify string struct
    supply0 supply1 table task this time timeprecision timescale timeunit tri tri0 tri1 type typedef union
    unique unique0 unsigned void wait wand while wire wor xnor xor bits clog2 display finish
    define elsif endif ifdef ifndef include undef default_nettype none
    """.split()  # noqa: SIM905
)


_COMMENT = re.compile(r"//[^\n]*")


def build_lexicon(
    rows: Iterable[tuple[str, str]], size: int, share: float = 0.0, numbers: bool = True
) -> frozenset[str]:
    """KEYWORDS and at most `size` words that most rows, and at least `share` of them, use as prose.

    A row is a specification and its module; words that are names in the module are no prose there. With
    `numbers` long numbers get slots.

    >>> rows = [("a clk flop", "module ff (input clk);"), ("a flop", ""), ("a clk", "input clk, a;")]
    >>> sorted(build_lexicon(rows, 5, 0.5, numbers=False) - KEYWORDS)
    ['a', 'flop']
    """
    counts: Counter[str] = Counter()
    total = 0
    for spec, module in rows:
        names = set(words(_COMMENT.sub("", module)))
        counts.update(word for word in set(words(spec)) - KEYWORDS - names if _prosaic(word))
        total += 1
    common = [word for word in counts if counts[word] >= share * total]
    ranked = sorted(common, key=lambda word: (-counts[word], word))
    return KEYWORDS | frozenset(ranked[:size]) | (frozenset({NUMBERS}) if numbers else frozenset())


def _prosaic(word: str) -> bool:
    return word.isalpha() and (len(word) > 1 or word in "aAI")
