"""Marks what the testbench itself prints, so that the same words from a design are not believed.

Every literal format of the test's own output tasks begins with a random word that is new for each run and
that a design cannot know: it stands in the test's text alone, and a design that could read files is refused
(`tampering`). Without the mark the output is what the official harness would see.
"""

from __future__ import annotations

import re
import secrets

_PRINTS = re.compile(r'(\$(?:display|write|strobe|monitor|error|warning|info|fatal)[bho]?\s*\(\s*)"')
_COUNTED = "stats1.clocks++;"


def new_nonce() -> str:
    return f"~{secrets.token_hex(8)}~"


def signed(test: str, nonce: str) -> str:
    """The test with every literal format marked.

    >>> signed('initial $display("Passed %d", n);', "~1~")
    'initial $display("~1~Passed %d", n);'
    """
    return _PRINTS.sub(rf'\1"{nonce}', test)


def plain(output: str, nonce: str) -> str:
    """What the official harness would have seen."""
    return output.replace(nonce, "") if nonce else output


def own_lines(output: str, nonce: str) -> list[str]:
    """The lines that the testbench printed, without the mark; last first."""
    return [line.rsplit(nonce, 1)[1] for line in reversed(output.splitlines()) if nonce in line]


def ended_early(test: str, nonce: str, samples: int) -> str:
    """A VerilogEval test that ends after `samples` comparisons if there was a mismatch among them.

    A mismatch is never taken back, so the verdict is the same; only the counts are those of the beginning.
    Tests of another form are left as they are.
    """
    if test.count(_COUNTED) != 1:
        return test
    over = f"stats1.errors != 0 && stats1.clocks >= {samples}"
    stop = f'if ({over}) begin $display("{nonce}{STOPPED}"); $finish; end'
    return test.replace(_COUNTED, f"{stop} {_COUNTED}")


STOPPED = "stopped early"
