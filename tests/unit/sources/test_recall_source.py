from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtlwright.server.context.recent import RecentEdit
from rtlwright.server.context.window import Context
from rtlwright.server.sources.analogy import Analogy, segments
from rtlwright.server.sources.lines import CHUNK, Text, line_tokens
from rtlwright.server.sources.recall import RecallSource
from rtlwright.server.types import Cancel, Cancelled, Candidate, Document

At = Callable[..., Context]


def _propose(marked: str, *others: str, n: int = 3) -> list[Candidate]:
    offset = marked.index("|")
    documents = tuple(Document.of(Path(f"other{i}.sv"), text) for i, text in enumerate(others))
    context = Context.at(Document.of(Path("a.sv"), marked.replace("|", "", 1)), offset, documents)
    return RecallSource().propose(context, n, Cancel())


def _texts(marked: str, *others: str) -> list[str]:
    return [candidate.text for candidate in _propose(marked, *others)]


def test_the_line_that_followed_the_same_line() -> None:
    text = "if (!rst_n) begin\n  q <= 0;\nend\nx = 1;\nif (!rst_n) begin\n  |"
    assert _texts(text)[0] == "q <= 0;"


def test_the_same_with_todays_names() -> None:
    text = """
  assign tx_valid = tx_state == BUSY;
  assign tx_ready = !tx_full;
  logic rx_state, rx_full, rx_ready;
  assign rx_valid = rx_state == BUSY;
  |"""
    assert _texts(text)[0] == "assign rx_ready = !rx_full;"


def test_what_was_just_written_elsewhere_comes_first() -> None:
    marked = "always @(posedge clk) begin\n  |"
    others = [
        "always @(posedge clk) begin\n  a <= b;\nend\n",
        "always @(posedge clk) begin\n  a <= c;\nend\n",
    ]
    documents = tuple(Document.of(Path(f"other{i}.sv"), text) for i, text in enumerate(others))
    document = Document.of(Path("a.sv"), marked.replace("|", ""))
    for written in ("a <= b;", "a <= c;"):
        edits = (RecentEdit(Path("other.sv"), 1, f"  {written}"),)
        context = Context.at(document, marked.index("|"), documents, recent_edits=edits)
        assert RecallSource().propose(context, 3, Cancel())[0].text == written


def test_counting_goes_on() -> None:
    text = "  assign y[0] = a0;\n  assign y[1] = a1;\n  assign y[2] = a2;\n  |"
    assert _texts(text)[0] == "assign y[3] = a3;"


def test_the_rest_of_a_line() -> None:
    text = "  assign tx_ready = !tx_full && enable;\n  wire rx_full, rx_ready;\n  assign rx_ready = |"
    assert _texts(text)[0] == "!rx_full && enable;"


def test_the_rest_of_a_word() -> None:
    text = "  assign count = total_count + 1;\n  x;\n  assign count = tot|"
    assert _texts(text)[0] == "al_count + 1;"


def test_another_file_is_searched() -> None:
    other = "module m;\n  always_ff @(posedge clk) begin\n    q <= d;\n  end\nendmodule\n"
    found = _texts("module n;\n  logic q, d;\n  always_ff @(posedge clk) begin\n    |", other)
    assert found[0] == "q <= d;"


def test_a_block_is_offered_after_its_first_line() -> None:
    block = "  if (sel == 0) begin\n    a <= b;\n    c <= d;\n  end\n"
    found = _texts(f"  // one\n  x <= y;\n{block}  x <= y;\n  |")
    assert found[:2] == ["if (sel == 0) begin", "if (sel == 0) begin\n    a <= b;\n    c <= d;\n  end"]


def test_the_end_of_a_block_stands_below_its_beginning_or_is_not_offered() -> None:
    other = "module m;\n  always_ff @(posedge clk) begin\n    q <= d;\n  end\nendmodule\n"
    open_block = "module n;\n  logic q, d;\n  always_ff @(posedge clk) begin\n    q <= d;\n"
    assert "end" in _texts(open_block + "  |", other)
    assert not any(text.strip().startswith("end") for text in _texts(open_block + "    |", other))
    announced = _texts(open_block + "    // and then\n  |", other)
    assert not any(text.strip().startswith("end") for text in announced)
    assert not any("endmodule" in text for text in _texts(open_block + "  end\n  |", other))


def test_line_ends_of_the_buffer() -> None:
    text = "  x <= y;\r\n  if (s) begin\r\n    a <= b;\r\n  end\r\n  x <= y;\r\n  |"
    assert _texts(text)[1] == "if (s) begin\r\n    a <= b;\r\n  end"


@pytest.mark.parametrize("text", ["|", "  |", "a|", "// c|", "/* |", "x = 1;\n// |"])
def test_nothing_to_say(text: str) -> None:
    assert _texts(text) == []


def test_scores_are_log_probabilities_in_order() -> None:
    text = "  assign y[0] = a0;\n  assign y[1] = a1;\n  assign y[2] = a2;\n  |"
    scores = [candidate.score for candidate in _propose(text)]
    assert scores == sorted(scores, reverse=True) and all(score <= 0 for score in scores)


def test_the_index_gives_project_files(at: At) -> None:
    context = at(
        "module m;\n  always_ff @(posedge clk or negedge rst_n) begin\n    if (!rst_n) begin\n      |"
    )
    texts = [candidate.text for candidate in RecallSource().propose(context, 3, Cancel())]
    assert texts and all(text.strip() for text in texts)


def test_cancelled_requests_stop() -> None:
    cancel = Cancel()
    cancel.cancel()
    context = Context.at(Document.of(Path("a.sv"), "a = b;\n"), 7)
    with pytest.raises(Cancelled):
        RecallSource().propose(context, 3, cancel)


def test_analogy_by_place_and_by_name() -> None:
    analogy = Analogy()
    assert analogy.learn("assign tx_a = i0;", "assign rx_a = i4;")
    assert analogy.apply("assign tx_b = i1;")[0] == "assign rx_b = i5;"
    assert analogy.apply("tx_c <= tx_a;") == ["rx_c <= rx_a;"]


def test_an_analogy_that_contradicts_itself_is_none() -> None:
    analogy = Analogy()
    assert not analogy.learn("a = a;", "b = c;")
    assert not analogy.learn("a = b;", "a = 1;")


def test_segments_lose_nothing() -> None:
    assert segments("txData_10") == ("tx", "Data", "_", "10")
    assert "".join(segments("A" * 300)) == "A" * 300


@given(
    st.lists(st.sampled_from(["", "a = b;", "  // c", "/* d */", "e <= 4'd1;", "'b\n", "😀"]), max_size=700)
)
def test_chunks_from_either_end_hold_the_same_lines(lines: list[str]) -> None:
    lines = [line.rstrip("\n") for line in lines] * (CHUNK // 128)
    assert list(Text.of("a", lines).lines) == list(Text.of("a", lines, from_end=True).lines)


PIECES = st.sampled_from([
    "assign a", "0", " = ", "b1", ";\n", "\n", "  ", "begin\n", "end\n", "4'd", "'b", "// c\n",
    "/*", "\"", "(", ")", "tx_", "é", "😀", "\\esc ", "`M", "\r\n", "{", "}", "$",
])  # fmt: skip


@settings(max_examples=120)
@given(st.lists(PIECES, max_size=30), st.lists(PIECES, max_size=10))
def test_any_text_any_position(before: list[str], after: list[str]) -> None:
    marked = "".join(before)
    context = Context.at(Document.of(Path("a.sv"), marked + "".join(after)), len(marked))
    source = RecallSource()
    found = source.propose(context, 5, Cancel())
    assert found == source.propose(context, 5, Cancel())
    for candidate in found:
        assert candidate.text.strip() and candidate.score <= 0
        assert len(line_tokens(candidate.text.split("\n")[0])) >= 0


def test_a_file_of_50000_lines_is_bounded() -> None:
    lines = [f"  assign y[{i}] = a{i};\n" for i in range(50_000)]
    text = "module m;\n" + "".join(lines) + "  "
    context = Context.at(Document.of(Path("a.sv"), text), len(text))
    source = RecallSource()
    started = time.perf_counter()
    assert source.propose(context, 3, Cancel())[0].text == "assign y[50000] = a50000;"
    # generous: what matters is that it does not grow with the file
    assert time.perf_counter() - started < 3.0
