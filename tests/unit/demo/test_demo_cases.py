from __future__ import annotations

from pathlib import Path

import pytest

from rtlwright.server.demo.cases import DemoCase, examples_dir, load_cases
from rtlwright.server.errors import UserError
from rtlwright.server.types import Language

COMPLETE = '[[case]]\nname="a"\nkind="complete"\nfile="f.sv"\nline=1\ncolumn=1\ntitle="t"\nshows="s"\n'
GENERATE = '[[case]]\nname="b"\nkind="generate"\nfile="f.txt"\ntitle="t"\nshows="s"\n'


def test_shipped_cases_are_valid_and_of_both_kinds() -> None:
    cases = load_cases(examples_dir())
    kinds = [case.kind for case in cases]
    assert len(cases) >= 8
    assert kinds.count("generate") == 3
    for case in cases:
        if case.kind == "complete":
            case.completion_request(examples_dir())
        else:
            assert "Module `" in case.generate_request(examples_dir()).spec


def test_requests_carry_the_place_the_dialect_and_the_count() -> None:
    (case,) = load_cases(examples_dir(), ["shift-left"])
    request = case.completion_request(examples_dir())
    assert (request.position.line, request.position.character) == (17, 6)
    assert request.document.language is Language.VERILOG
    assert request.n == case.n
    assert request.document.text.split("\n")[16].endswith("end else if (shift_en) begin")


def test_column_counts_characters_and_the_request_utf16(tmp_path: Path) -> None:
    (tmp_path / "f.sv").write_text("// 𝛼 x\n", encoding="utf-8")
    case = DemoCase(name="a", kind="complete", file="f.sv", line=1, column=5, title="t", shows="s")
    assert case.completion_request(tmp_path).position.character == 5


def test_only_selects_and_keeps_the_order() -> None:
    names = [case.name for case in load_cases(examples_dir(), ["spec-mux2", "fifo-read-pointer"])]
    assert names == ["fifo-read-pointer", "spec-mux2"]


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'spec-mux2'"):
        load_cases(examples_dir(), ["spec-mux"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "case: field required"),
        ("case = []", "case"),
        ("[[case]", "not valid TOML"),
        (COMPLETE.replace("line=1\n", ""), "needs line and column"),
        (COMPLETE.replace("line=1", "line=0"), "case.0.line"),
        (COMPLETE.replace('"complete"', '"compile"'), "case.0.kind"),
        (COMPLETE + 'colour="red"\n', "case.0.colour"),
        (COMPLETE.replace("f.sv", "../f.sv"), "must lie inside"),
        (COMPLETE.replace("f.sv", "/etc/passwd"), "must lie inside"),
        (COMPLETE + COMPLETE, "two cases are called 'a'"),
        (GENERATE + "line=1\n", "has no line"),
        (GENERATE + "n=99\n", "case.0.n"),
    ],
)
def test_bad_file_is_one_line_that_names_it(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "cases.toml").write_text(text)
    with pytest.raises(UserError, match=says) as caught:
        load_cases(tmp_path)
    assert str(tmp_path / "cases.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_cases(tmp_path)
    (tmp_path / "cases.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not UTF-8"):
        load_cases(tmp_path)


@pytest.mark.parametrize("place", ["line=9\ncolumn=1", "line=1\ncolumn=9"])
def test_place_outside_of_the_file(tmp_path: Path, place: str) -> None:
    (tmp_path / "cases.toml").write_text(COMPLETE.replace("line=1\ncolumn=1", place))
    (tmp_path / "f.sv").write_text("module m;\n"[:6])
    (case,) = load_cases(tmp_path)
    with pytest.raises(UserError, match="outside of the file"):
        case.completion_request(tmp_path)


def test_unreadable_source(tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_text(COMPLETE)
    (case,) = load_cases(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        case.completion_request(tmp_path)
