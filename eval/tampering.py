"""Whether a sample that passes does so by itself. Runs in the sandbox, on samples that have passed only.

The official harnesses believe the output and the testbench. A sample could therefore print the line that
counts (which `signature` makes useless), end the simulation before a mismatch, override the testbench's nets
and variables, or read the reference's outputs. All of it needs what a design has no use for, so a passing
sample is refused if, after preprocessing with the macros that the test defines,

- it calls a system task that is not known to be harmless (`$finish`, `$fopen`, `$deposit`, …),
- it has `force`, `release`, or a bidirectional switch (`tran` and its kin): the ways through which Icarus
  lets a module act on the net behind its own input port (plain drivers do not reach through; see the tests),
- or it cannot be elaborated without the test: it names something of it, by a hierarchical path or as a
  module.

Not covered: a design that calls `$random` shifts the sequence that the stimulus draws from, here as there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rtlwright.eval.job import Ended
from rtlwright.eval.tool_run import run_tool
from rtlwright.server.check.icarus.install import IcarusInstall
from rtlwright.server.check.text.lexer import Kind, tokens

HARMLESS = frozenset(
    [
        "$signed",
        "$unsigned",
        "$clog2",
        "$bits",
        "$size",
        "$high",
        "$low",
        "$left",
        "$right",
        "$increment",
        "$dimensions",
        "$unpacked_dimensions",
        "$countones",
        "$countbits",
        "$onehot",
        "$onehot0",
        "$isunknown",
        "$cast",
        "$itor",
        "$rtoi",
        "$realtobits",
        "$bitstoreal",
        "$shortrealtobits",
        "$bitstoshortreal",
        "$ln",
        "$log10",
        "$exp",
        "$sqrt",
        "$pow",
        "$floor",
        "$ceil",
        "$sin",
        "$cos",
        "$tan",
        "$asin",
        "$acos",
        "$atan",
        "$atan2",
        "$hypot",
        "$sinh",
        "$cosh",
        "$tanh",
        "$asinh",
        "$acosh",
        "$atanh",
        "$abs",
        "$min",
        "$max",
        "$time",
        "$stime",
        "$realtime",
        "$timeformat",
        "$printtimescale",
        "$random",
        "$urandom",
        "$urandom_range",
        "$display",
        "$displayb",
        "$displayo",
        "$displayh",
        "$write",
        "$writeb",
        "$writeo",
        "$writeh",
        "$strobe",
        "$strobeb",
        "$strobeo",
        "$strobeh",
        "$monitor",
        "$monitorb",
        "$monitoro",
        "$monitorh",
        "$monitoron",
        "$monitoroff",
        "$error",
        "$warning",
        "$info",
        "$sformat",
        "$sformatf",
        "$swrite",
        "$swriteb",
        "$swriteo",
        "$swriteh",
        "$readmemb",
        "$readmemh",
        "$past",
        "$rose",
        "$fell",
        "$stable",
        "$sampled",
        "$typename",
        "$isunbounded",
    ]
)
_ACTING = frozenset(
    {"force", "release", "tran", "tranif0", "tranif1", "rtran", "rtranif0", "rtranif1", "bind"}
)
_TIMEOUT_S = 10.0
_MODULE = re.compile(r"\bmodule\s+(\w+)")


def inspect(inspection: Mapping[str, Any], icarus: IcarusInstall, place: Path) -> str | None:
    """Why the sample is refused, in one line; None if it is clean."""
    before, text = inspection["before"], inspection["design"]
    if "`" in text:  # else there is nothing to preprocess
        text = _preprocessed(before, text, icarus, place)
    if text is None:
        return "it cannot be preprocessed by itself"
    reason = found_in(text, frozenset(inspection["allowed"]))
    if reason or keeps_to_itself(text, before):
        return reason
    return _alone(text, inspection["top"], icarus, place)


def keeps_to_itself(text: str, before: str) -> bool:
    """Whether it is plain to see that `text` names nothing of the test: no path, none of the test's modules.

    >>> keeps_to_itself("assign y = a;", "module tb; endmodule")
    True
    >>> keeps_to_itself("tb t();", "module tb; endmodule"), keeps_to_itself("assign y = x.a;", "module tb;")
    (False, False)
    """
    modules = frozenset(_MODULE.findall(before))
    if not modules or "\\" in text:
        return False
    return not any(token.text in modules or token.text.startswith(".") for token in tokens(text))


def found_in(text: str, allowed: frozenset[str] = frozenset()) -> str | None:
    """What preprocessed text has that a design has no use for."""
    for token in tokens(text):
        if token.kind is Kind.SYSTEM and token.text not in HARMLESS and token.text not in allowed:
            return f"it calls {token.text}"
        if token.text in _ACTING and token.kind in (Kind.KEYWORD, Kind.IDENTIFIER):
            return f"it uses {token.text}"
    return None


def _preprocessed(before: str, design: str, icarus: IcarusInstall, place: Path) -> str | None:
    mark = f"rtlwright_{secrets.token_hex(8)}"
    (place / "whole.sv").write_text(
        f"{before}\nmodule {mark}; endmodule\n{design}", "utf-8", "surrogateescape"
    )
    argv = [*icarus.driver, "-E", "-g2012", "-o", "whole.pp", "whole.sv"]
    done = run_tool(argv, place, _TIMEOUT_S)
    if done.ended is not Ended.EXITED or done.status != 0:
        return None
    text = (place / "whole.pp").read_text("utf-8", "surrogateescape")
    parts = text.split(f"module {mark}; endmodule")
    return parts[1] if len(parts) == 2 else None


def _alone(text: str, top: str, icarus: IcarusInstall, place: Path) -> str | None:
    (place / "alone.sv").write_text(text, "utf-8", "surrogateescape")
    root = ["-s", top] if top else []
    argv = [*icarus.driver, "-t", "null", "-g2012", *root, "alone.sv"]
    done = run_tool(argv, place, _TIMEOUT_S)
    if done.ended is Ended.EXITED and done.status == 0:
        return None
    first = next(iter((done.err or done.out).splitlines()), "no message")
    return f"it needs something of the test: {first[:200]}"
