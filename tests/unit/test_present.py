from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from rtlwright.server.present import (
    VerdictLine,
    check_json,
    check_view,
    completion_view,
    output_agreement,
    reason,
)
from rtlwright.server.present_json import completion_json, suggestion_json, verdict_json
from rtlwright.server.terminal_text import one_line, sanitize
from rtlwright.server.types import (
    Candidate,
    CheckReport,
    Completion,
    Diagnostic,
    Document,
    OutputAgreement,
    Position,
    Range,
    Severity,
    SourceName,
    StageResult,
    Status,
    Suggestion,
    Timings,
    Verdict,
)

ERROR = Diagnostic(Severity.ERROR, 3, 7, "Unable to bind wire `x'", "icarus", hint="Declare x first.")
WARNING = Diagnostic(Severity.WARNING, 0, 0, "Latch inferred", "yosys", file="other.sv")
VERDICT = Verdict.of(
    (
        StageResult("splice", Status.PASS, 0.12345),
        StageResult("icarus", Status.FAIL, 6.3, (WARNING, ERROR)),
        StageResult("yosys", Status.SKIPPED, 0.0, reason="not asked"),
    )
)
SUGGESTION = Suggestion(
    "id1", "x <= 1;\n", Range(Position(2, 4), Position(2, 6)), SourceName.MODEL, "m", -0.123456, VERDICT
)


def drawn(view: RenderableType, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(view)
    return out.getvalue()


def test_suggestion_json_is_the_contract() -> None:
    assert suggestion_json(SUGGESTION) == {
        "id": "id1",
        "text": "x <= 1;\n",
        "range": {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 6}},
        "source": "model",
        "model": "m",
        "score": -0.1235,
        "verdict": {
            "status": "fail",
            "ms": 6.423,
            "stages": [
                {"name": "splice", "status": "pass", "ms": 0.123, "diagnostics": []},
                {
                    "name": "icarus",
                    "status": "fail",
                    "ms": 6.3,
                    "diagnostics": [
                        {
                            "severity": "warning",
                            "line": None,
                            "column": None,
                            "message": "Latch inferred",
                            "tool": "yosys",
                            "file": "other.sv",
                            "hint": None,
                        },
                        {
                            "severity": "error",
                            "line": 2,
                            "column": 6,
                            "message": "Unable to bind wire `x'",
                            "tool": "icarus",
                            "file": None,
                            "hint": "Declare x first.",
                        },
                    ],
                },
                {"name": "yosys", "status": "skipped", "ms": 0.0, "diagnostics": [], "reason": "not asked"},
            ],
        },
    }


def test_completion_json_counts_what_was_rejected() -> None:
    completion = Completion((SUGGESTION,), (SUGGESTION, SUGGESTION), Timings(1.00049, 2, 3, 6.12345), ("n",))
    form = completion_json(completion)
    assert set(form) == {"suggestions", "rejected", "timings"}
    assert form["rejected"] == 2
    assert form["timings"] == {"context": 1.0, "sources": 2, "check": 3, "total": 6.123}


def test_agreement_of_whole_modules() -> None:
    outputs = (OutputAgreement("count", 5, 8), OutputAgreement("wrap", 8, 8))
    completion = Completion((SUGGESTION,), agreement="5 of 8 agree", outputs=outputs)
    form = completion_json(completion)
    assert form["agreement"] == "5 of 8 agree"
    assert form["outputs"][0] == {"name": "count", "agree": 5, "of": 8}
    assert output_agreement(outputs) == "count agrees in 5 of 8; wrap in 8 of 8"
    assert output_agreement(outputs[:1]) == "", "the line above says it already"


def test_check_json() -> None:
    assert check_json(CheckReport(VERDICT, ("a.sv",))) == {
        "verdict": verdict_json(VERDICT),
        "files": ["a.sv"],
    }


def test_json_forms_are_plain_values_and_keep_text_whole() -> None:
    nasty = Suggestion("i", "\x1b[2J\ud800", SUGGESTION.range, SourceName.RECALL, None, 0.0, VERDICT)
    written = json.dumps(suggestion_json(nasty))
    assert written.isascii()
    assert "\x1b" not in written
    assert json.loads(written)["text"] == nasty.text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("\x7f\x9b31m", "␡�31m"),
        ("\u202eabc\u2066\u200b\u2028", "�abc���"),
        ("\ud800", "�"),
        ("größe 𝛼", "größe 𝛼"),
    ],
)
def test_sanitize(text: str, safe: str) -> None:
    assert sanitize(text) == safe


def test_sanitize_keeps_to_the_encoding() -> None:
    assert sanitize("ö\x1b", "ascii") == "??"
    assert one_line("  a\n\t b ") == "a b"


def test_verdict_line_marks_what_did_not_pass() -> None:
    text = drawn(VerdictLine(VERDICT, "model"))
    assert text == "model  ✘ fail  splice 0.1 · ✘ icarus 6.3 · – yosys 0.0 ms\n"
    assert drawn(VerdictLine(Verdict.of(()))) == "? unchecked\n"


def test_ascii_console_gets_ascii() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=out, width=80).print(VerdictLine(VERDICT), completion_view(Completion((SUGGESTION,))))
    out.flush()
    assert "x fail" in out.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]


def test_reason_is_the_first_error_in_the_tools_words() -> None:
    assert reason(VERDICT) == "icarus: Unable to bind wire `x'"
    assert (
        reason(Verdict.of((StageResult("yosys", Status.UNCHECKED, 1.0, reason="deadline"),)))
        == "yosys: deadline"
    )
    assert reason(Verdict.of(())) == "unchecked"


def test_completion_view() -> None:
    document = Document.of("f.sv", "module m;\n\n    ;;\nendmodule\n")  # type: ignore[arg-type]
    completion = Completion((SUGGESTION,), (SUGGESTION, SUGGESTION), agreement="2 of 3 agree")
    text = drawn(completion_view(completion, document))
    assert " + 3     x <= 1;" in text
    assert "1. model  ✘ fail" in text
    assert "3:7  error  icarus: Unable to bind wire `x'" in text
    assert "Declare x first." in text
    assert "other.sv  warning  yosys: Latch inferred" in text
    assert "rejected 2: icarus: Unable to bind wire `x'" in text
    assert "2 of 3 agree" in text
    assert "No candidate passed" in drawn(completion_view(replace(completion, suggestions=())))
    assert "Nothing was proposed here" in drawn(completion_view(Completion(())))


def test_many_reasons_are_counted_and_cut() -> None:
    def failed(message: str) -> Suggestion:
        found = Diagnostic(Severity.ERROR, 1, 1, message, "slang")
        verdict = Verdict.of((StageResult("syntax", Status.FAIL, 1.0, (found,)),))
        return Suggestion("i", "", SUGGESTION.range, SourceName.MODEL, None, 0.0, verdict)

    text = drawn(completion_view(Completion((), tuple(failed(m) for m in "abbbcde"))))
    assert text.index("rejected 3: slang: b") < text.index("rejected 1: slang: a")
    assert "rejected 2 more, for 2 other reasons" in text


def test_a_tool_that_has_not_judged_says_why_where_the_rest_passed() -> None:
    lacking = StageResult("icarus", Status.SKIPPED, 0.0, reason="it is not installed: apt-get install x")
    passed = Verdict.of((StageResult("syntax", Status.PASS, 1.0), lacking))
    said = "icarus has not judged: it is not installed: apt-get install x"
    assert said in drawn(check_view(CheckReport(passed, ("a.sv",))))
    shown = Suggestion.of("id2", Candidate("x", SUGGESTION.range, SourceName.RECALL, None, 0.0), passed)
    assert drawn(completion_view(Completion((shown, shown)))).count(said) == 1
    supposed = StageResult("splice", Status.PASS, 0.0, (), "as if FORMAL were defined")
    shown = Suggestion.of("id3", Candidate("x", SUGGESTION.range, SourceName.RECALL), Verdict.of((supposed,)))
    assert drawn(completion_view(Completion((shown, shown)))).count("checked as if FORMAL were defined") == 1
    failed = Verdict.of((StageResult("syntax", Status.FAIL, 1.0), lacking))
    assert "has not judged" not in drawn(check_view(CheckReport(failed, ("a.sv",))))


def test_check_view_by_file() -> None:
    good = Verdict.of((StageResult("syntax", Status.PASS, 1.0),))
    report = CheckReport(VERDICT, ("a.sv", "b.sv"), {"a.sv": good, "b.sv": VERDICT})
    text = drawn(check_view(report))
    assert text.index("a.sv") < text.index("✔ pass") < text.index("b.sv") < text.index("✘ fail")
    assert "b.sv:3:7  error" in text
    assert "all files" in text
    assert "all files" not in drawn(check_view(CheckReport(good, ("a.sv",))))


def test_an_unchecked_stage_says_why() -> None:
    verdict = Verdict.of((StageResult("icarus", Status.UNCHECKED, 0.0, reason="iverilog is not installed"),))
    text = drawn(check_view(CheckReport(verdict, ("a.sv",))))
    assert "icarus unchecked: iverilog is not installed" in text


@pytest.mark.parametrize("width", [20, 80])
def test_width_is_kept(width: int) -> None:
    completion = Completion((SUGGESTION,), (SUGGESTION,))
    assert max(map(len, drawn(completion_view(completion), width).splitlines())) <= width
