"""Slips that the tools tell late or not at all: misspelled system tasks, a comma behind the last port."""

from __future__ import annotations

import pytest
from gate_asking import ask
from pyslang import ast

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.text.system_names import SYSTEM_NAMES, meant
from rtlwright.server.check.unfinished.splice import fit
from rtlwright.server.types import Status


def test_slang_knows_every_name() -> None:
    compilation = ast.Compilation()
    assert [name for name in SYSTEM_NAMES if compilation.getSystemSubroutine(name) is None] == []


def test_a_misspelled_task_is_warned_of_with_the_name_that_was_meant(gate: Gate) -> None:
    (verdict,) = ask(gate, "module m;\n  <>\nendmodule\n", 'initial $dislpay("x");')
    assert verdict.status is Status.WARN
    assert all("is $display meant?" in (each.hint or "") for each in verdict.diagnostics)
    assert meant("$clgo2") == "$clog2" and meant("$vendor_thing") is None


@pytest.mark.parametrize(
    ("text", "suffix", "fitted"),
    [
        (".a(a),\n    .y(y),", "\n  );\n", ".a(a),\n    .y(y)"),
        (".a(a),\n", "  );\n", ".a(a)\n"),
        (".a(a),", "\n    .y(y));\n", ".a(a),"),
        (".a(a), // last,", "\n  );\n", ".a(a), // last,"),
        (",", ")", ","),
    ],
)
def test_no_list_ends_with_a_comma(text: str, suffix: str, fitted: str) -> None:
    assert fit(text, "module m(input a, output y);\n  s u (", suffix) == fitted


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_module_at_the_end_of_a_file_leaves_no_empty_line(end: str) -> None:
    prefix, module = f"module a;{end}endmodule{end}{end}", "module b;\nendmodule\n"
    assert fit(module, prefix, end) == f"module b;{end}endmodule"
    assert fit(module, prefix, "") == f"module b;{end}endmodule{end}"
