"""However a forbidden call is spelt, it is refused: as it stands, or as the preprocessor has made it."""

from __future__ import annotations

import pyslang
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rtlwright.server.check.refuse import acts, refusal

CALLS = (
    "fopen",
    "fwrite",
    "fdisplay",
    "fscanf",
    "fgets",
    "writememh",
    "writememb",
    "dumpfile",
    "dumpvars",
    "system",
)
GAPS = st.sampled_from(["", " ", "\t", "\n", "/* ) */", "// (\n", ' /* " */ ', "\r\n"])
ENDS = st.sampled_from(["", " \\\n", "\\\n  ", " /* x */ "])


@st.composite
def split(draw: st.DrawFn, word: str) -> tuple[str, str]:
    at = draw(st.integers(1, len(word) - 1))
    return word[:at], word[at:]


@st.composite
def spelt(draw: st.DrawFn) -> str:
    """A call of a system task that acts, hidden in one of the ways that preprocessors offer."""
    name = "$" + draw(st.sampled_from(CALLS))
    a, b = draw(split(name))
    gap, end = draw(GAPS), draw(ENDS)
    arguments = f'{gap}({draw(GAPS)}"x"{draw(GAPS)}, r){draw(GAPS)};'
    match draw(st.integers(0, 9)):
        case 0:
            return f"initial {name}{arguments}"
        case 1:
            return f"`define F {end}{name}{end}\ninitial `F{arguments}"
        case 2:
            return f"`define F(x) x\ninitial `F({gap}{name}{gap}){arguments}"
        case 3:
            return f"`define F(x, y) x``y\ninitial `F({a},{b}){arguments}"
        case 4:
            return f"`define F {a}``{b}\ninitial `F{arguments}"
        case 5:
            return f"`define G {name}\n`define F `G\ninitial `F{arguments}"
        case 6:
            return f"`define F(x = {name}) x\ninitial `F(){arguments}"
        case 7:
            return f"`define F({name[1:]}) ${name[1:]}\ninitial `F(fopen){arguments}"
        case 8:
            macro = draw(st.sampled_from(["__ICARUS__", "YOSYS", "X"]))
            return f"`ifdef {macro}\ninitial {name}{arguments}\n`endif"
        case _:
            return f"`define F(x) {a}``x\n`define G `F({b})\ninitial `G{arguments}"


@st.composite
def imported(draw: st.DrawFn) -> str:
    """A DPI import or export in any spelling."""
    word = draw(st.sampled_from(["import", "export"]))
    language = draw(st.sampled_from(["DPI-C", "DPI"]))
    a, b = draw(split(language))
    gap = draw(GAPS.filter(bool))
    rest = draw(
        st.sampled_from([" function void exit(int c);", " context task t();", " x = function int f();"])
    )
    match draw(st.integers(0, 6)):
        case 0:
            return f'{word}{gap}"{language}"{gap}{rest}'
        case 1:
            return f'`define L "{language}"\n{word}{gap}`L{gap}{rest}'
        case 2:
            return f'`define S(x) `"x`"\n{word}{gap}`S({language}){gap}{rest}'
        case 3:
            return f'`define S(x, y) `"x``y`"\n{word}{gap}`S({a},{b}){gap}{rest}'
        case 4:
            return f'`define I {word}\n`I{gap}"{language}"{rest}'
        case 5:
            return f'`define S(x, y) `"x``y`"\n`define I {word}\n`I `S({a},{b}){rest}'
        case _:
            return f'{word}{gap}"D\\120I-C"{rest}'


def judged(text: str) -> str | None:
    """As the gate does: before the tools, then on the preprocessed text."""
    whole = f"module m;\n{text}\nendmodule\n"
    return refusal(text) or next(iter(acts(str(pyslang.syntax.SyntaxTree.fromText(whole).root))), None)


@settings(max_examples=300)
@given(spelt())
@example('`define W(fopen) $fopen\ninitial `W(fopen)("x");')
def test_calls_that_act_are_refused_in_every_spelling(text: str) -> None:
    assert judged(text), text


@settings(max_examples=300)
@given(imported())
def test_foreign_code_is_refused_in_every_spelling(text: str) -> None:
    assert judged(text), text


@settings(max_examples=200)
@given(st.text(st.sampled_from('`$"\\\n/*()defin\x00\ud800é aDPI-C'), max_size=200))
def test_no_text_confuses_the_refusal(text: str) -> None:
    refusal(text)
    acts(text)
