"""What the model source makes of a model's answers."""

from __future__ import annotations

from pathlib import Path

from rtlwright.server.context.window import Context
from rtlwright.server.model.scripted import ScriptedModel
from rtlwright.server.sources.model import ModelSource
from rtlwright.server.types import Cancel, Document

HEAD = "module m (input logic data_valid, output logic y);\n  assign y = "


def proposed(text: str, answers: dict[str, list[str]], n: int = 3, manual: bool = False) -> list[str]:
    """`|` in `text` is the cursor."""
    offset = text.index("|")
    document = Document(Path("m.sv"), text.replace("|", "", 1))
    model = ScriptedModel([{"after": after, "answers": given} for after, given in answers.items()])
    context = Context.at(document, offset, manual=manual)
    return [c.text for c in ModelSource(model, 96, 0.7).propose(context, n, Cancel())]


def test_a_line_and_the_block_of_one_answer() -> None:
    answer = "data_valid;\n  assign z = y;\n"
    assert proposed(HEAD + "|\nendmodule\n", {"y = ": [answer]}) == [
        "data_valid;",
        "data_valid;\n  assign z = y;",
    ]


def test_a_leading_line_break_belongs_to_the_line() -> None:
    assert proposed(HEAD + "1;|\nendmodule\n", {"1;": ["\n  assign z = y;"]}) == ["\n  assign z = y;"]


def test_only_the_rest_of_the_line_before_more_text() -> None:
    assert proposed(HEAD + "| & ready;\n", {"y = ": ["data_valid\nassign"]}) == ["data_valid"]


def test_a_word_begun_is_taken_off_the_prompt() -> None:
    assert proposed(HEAD + "data_v|\n", {"y = ": ["data_valid;"]}) == ["alid;"]
    assert proposed(HEAD + "data_v|\n", {"y = ": ["other;"]}) == []


def test_the_documents_names_are_tried_for_a_word_begun() -> None:
    assert proposed(HEAD + "data_v|\n", {"y = data_valid": [";"]}) == ["alid;"]


def test_the_same_twice_is_one_candidate() -> None:
    assert proposed(HEAD + "|\n", {"y = ": ["data_valid;", "data_valid ;", "1;"]}, manual=True) == [
        "data_valid;",
        "data_valid ;",
        "1;",
    ]
    assert proposed(HEAD + "|\n", {"y = ": ["data_valid;", "data_valid;", "  "]}, manual=True) == [
        "data_valid;"
    ]


def test_one_answer_is_enough_where_nobody_asked_to_choose() -> None:
    answers = {"y = ": ["data_valid;", "1;"]}
    assert proposed(HEAD + "|\n", answers) == ["data_valid;"]
    assert proposed(HEAD + "|\n", answers, manual=True) == ["data_valid;", "1;"]


def test_half_a_line_with_nothing_after_it_is_no_help() -> None:
    assert proposed(HEAD + "|\n", {"y = ": ["data_valid"]}) == []
    assert proposed(HEAD + "|\n", {"y = ": ["data_valid;\n  assign z ="]}) == ["data_valid;"]
    assert proposed(HEAD + "| & 1;\n", {"y = ": ["data_valid"]}) == ["data_valid"]


def test_what_follows_a_stray_token_is_cut_with_its_line() -> None:
    assert proposed(HEAD + "|\n", {"y = ": ["1;\n  assign <|s7|> = 2;"]}) == ["1;"]
    assert proposed(HEAD + "|\n", {"y = ": ["<|s7|>;"]}) == []


def test_a_block_that_was_begun_is_taken_to_its_end() -> None:
    answers = {
        "y = ": ["1;\n  always_comb begin"],
        "always_comb begin": ["\n    z = y;"],
        "    z = y;": ["\n  end"],
    }
    block = "1;\n  always_comb begin\n    z = y;\n  end"
    assert proposed(HEAD + "|\nendmodule\n", answers) == ["1;", block]
