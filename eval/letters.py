"""The failure letters of VerilogEval v2, from what compiler, simulation and design say.

The rules are those of the benchmark's own analysis: the log is read line by line, the first line that decides
does; what no line decides is told from the design's text. Its quirks are kept (any line with "error" in it
counts; a reset is recognized by its name).
"""

from __future__ import annotations

import re

from rtlwright.eval.score import Letter

_DECIDING = (
    ("syntax error", Letter.SYNTAX),
    ("error: This assignment requires an explicit cast", Letter.CAST),
    ("error: Sized numeric constant must have a size greater than zero", Letter.ZERO_WIDTH),
    ("warning: always_comb process has no sensitivities", Letter.NO_SENSITIVITY),
    ("found no sensitivities so it will never trigger", Letter.NO_SENSITIVITY),
    ("is declared here as wire", Letter.WIRE),
    ("Unknown module type", Letter.UNKNOWN_MODULE),
    ("Unable to bind wire/reg/memory `clk'", Letter.CLOCK),
    ("TIMEOUT", Letter.TIMEOUT),
)
_MISMATCHES = re.compile(r"Mismatches: (\d+) in \d+ samples$")
_RESETS = ("posedge reset", "negedge reset", "posedge r)")


def letter(log: str, design: str) -> Letter:
    """How a sample ended.

    Args:
        log: compiler output, then the simulation's, as the harness collects them; "TIMEOUT" at its end if
            the simulation was killed.
        design: the sample's own text.
    """
    error = bound = clean = False
    for line in log.split("\n"):
        for words, found in _DECIDING:
            if words in line:
                return found
        error |= "error" in line
        bound |= "Unable to bind wire/reg" in line
        match = _MISMATCHES.match(line)
        clean |= match is not None and int(match[1]) == 0
    if bound:
        return Letter.BIND
    if error:
        return Letter.COMPILE
    if clean:
        return Letter.PASS
    return Letter.RESET if any(words in design for words in _RESETS) else Letter.RUNTIME
