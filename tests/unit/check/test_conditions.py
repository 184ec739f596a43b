"""Under which macros a place that is left out is read: by example, and against slang's preprocessor."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.check.text.conditions import ends_branch, suppose
from rtlwright.server.context.extract import extract

NAMES = ("A", "B", "C")
WORDS = ("ifdef", "ifndef", "elsif", "else", "endif", "define", "undef", "hidden")


@pytest.mark.parametrize(
    ("prefix", "defines", "wanted"),
    [
        ("module m;\n", "", None),
        ("`ifdef A\n", "A", None),
        ("`ifdef A\n", "", ("A", "as if A were defined")),
        ("`ifndef A\n", "A B", ("B", "as if A were not defined")),
        ("`ifdef A\n`else\n", "A", ("", "as if A were not defined")),
        ("`ifdef A\n`elsif B\n", "A", ("B", "as if B were defined and A were not defined")),
        ("`ifdef A\n`ifdef B\n", "", ("A B", "as if A were defined and B were defined")),
        ("`ifdef A\n`ifndef A\n", "", None),
        ("`ifdef A\n`endif\n", "", None),
        ("`define A\n`ifndef A\n", "", None),
        ("`undef A\n`ifdef A\n", "", None),
        ("// `ifdef A\n", "", None),
        ('string s = "`ifdef A";\n', "", None),
        ("/* `ifdef A */ `ifdef B\n", "", ("B", "as if B were defined")),
        ("`ifdef\n", "", None),
        ("`ifdef A /* why */\n", "", ("A", "as if A were defined")),
    ],
)
def test_by_example(prefix: str, defines: str, wanted: tuple[str, str] | None) -> None:
    found = suppose(prefix, dict.fromkeys(defines.split(), ""))
    assert (None if found is None else (" ".join(sorted(found.defines)), found.reason)) == wanted


def test_the_end_of_a_branch() -> None:
    assert ends_branch("  a = b;\n`else\n") and ends_branch("`endif")
    assert ends_branch("`ifdef A\n`endif\n`elsif B\n")
    assert not ends_branch("`ifdef A\n x;\n`else\n y;\n`endif\n") and not ends_branch("assign y = `WIDTH;")


def test_values_are_kept() -> None:
    found = suppose("`ifdef A\n", {"W": "8"})
    assert found is not None and found.defines == {"W": "8", "A": ""}


@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(NAMES)), max_size=12),
    st.sets(st.sampled_from(NAMES)),
)
def test_against_slang(directives: list[tuple[str, str]], defined: set[str]) -> None:
    lines, open_branches = [], []  # for each `ifdef` that is open, whether its `else` came
    for word, name in directives:
        if word == "hidden":
            lines.append(f"/* `endif `ifdef {name}\n */ // `else `ifndef {name}\n")
            continue
        if word in ("ifdef", "ifndef"):
            open_branches.append(False)
        elif word == "endif" and open_branches:
            open_branches.pop()
        elif word in ("elsif", "else") and open_branches and not open_branches[-1]:
            open_branches[-1] = word == "else"
        elif word not in ("define", "undef"):
            continue
        lines.append(f"`{word}{'' if word in ('else', 'endif') else ' ' + name}\n")
    prefix = "".join(lines)
    text = prefix + "module mark; endmodule\n" + "`endif\n" * len(open_branches)

    def is_read(macros: dict[str, str]) -> bool:
        return any(unit.name == "mark" for unit in extract("a.sv", text, {}, macros).units)

    defines = dict.fromkeys(sorted(defined), "")
    found = suppose(prefix, defines)
    if found is not None:
        assert not is_read(defines) and is_read(dict(found.defines))
    elif not is_read(defines) and not any(word in ("define", "undef") for word, _ in directives):
        subsets = (chosen for count in range(4) for chosen in combinations(NAMES, count))
        assert not any(is_read(dict.fromkeys(chosen, "")) for chosen in subsets)
