"""Cuts lose nothing, packing places every token once, weights are where the docstrings say."""

import doctest
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rtlwright.server.errors import UserError
from rtlwright.server.model.prompts import FimOrder
from rtlwright.server.model.slots import END_OF_TEXT, SlotCoder
from rtlwright.training import fim, lexicon
from rtlwright.training.config import CorpusConfig
from rtlwright.training.corpus import (
    PAD_ID,
    Document,
    DocumentMaker,
    Position,
    SequenceStream,
    Tokens,
    fim_document,
    pack,
    spec_document,
    tokenize,
)
from rtlwright.training.fim import Cut, as_comment, draw_cut, draw_document, unfinish
from rtlwright.training.rows import Row, read_rows, split_rows
from rtlwright.training.tokenizer import encode, train_tokenizer

MODULE = """module sat_acc (
  input  wire       clk,
  input  wire       rst_n,
  input  wire [7:0] step_in,
  output reg  [7:0] total
);
  wire [8:0] wide_sum = total + step_in;
  always @(posedge clk) begin
    if (!rst_n) begin
      total <= 8'd0;
    end else begin
      case (wide_sum[8])
        1'b1: total <= 8'hff;
        default: total <= wide_sum[7:0];
      endcase
    end
  end
endmodule
"""
TEXTS = st.one_of(st.just(MODULE), st.text("ab_1 \n(){}begin end;", min_size=1, max_size=200))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([MODULE, "Write a module that adds. "], 400)


@given(TEXTS.filter(str.strip), st.integers())
@settings(max_examples=200)
def test_a_complete_cut_joins_to_the_text(text: str, seed: int) -> None:
    cut = draw_cut(text, Random(seed))
    assert cut.text == text
    assert cut.middle.strip() and not cut.middle.endswith("\n")


@given(st.integers())
@settings(max_examples=100)
def test_other_documents_only_lose_edges(seed: int) -> None:
    cut = draw_document(MODULE, Random(seed), CorpusConfig())
    assert cut.prefix + cut.middle in MODULE
    assert cut.suffix.strip() == "endmodule" or cut.suffix in MODULE


def test_every_kind_of_cut_occurs() -> None:
    cuts = [draw_cut(MODULE, Random(seed)) for seed in range(400)]
    assert any(cut.middle.lstrip().startswith("total <=") and "\n" not in cut.middle for cut in cuts)
    assert any(cut.prefix.endswith("begin\n") and cut.middle.endswith("end") for cut in cuts)
    assert any(cut.prefix.endswith("module sat_acc (\n") and cut.middle.endswith(");") for cut in cuts)
    assert any(cut.prefix.rstrip().endswith(");") and cut.middle.endswith("endmodule") for cut in cuts)
    inside = sum(cut.prefix[-1:].isalnum() and cut.middle[:1].isalnum() for cut in cuts)
    assert 0 < inside < 40


def test_unfinished_files() -> None:
    cut = Cut("p", "m", "\na\nb\nendmodule\n")
    suffixes = {unfinish(cut, Random(seed)).suffix for seed in range(60)}
    assert {"", "\nendmodule\n", "\nb\nendmodule\n", "\na\nb\nendmodule\n"} <= suffixes


def test_the_documented_examples() -> None:
    assert doctest.testmod(fim).failed == 0
    assert doctest.testmod(lexicon).failed == 0
    assert all(len(line) <= 78 for line in as_comment("word " * 60).splitlines())


def test_weights_of_a_specification(tokenizer: Tokenizer) -> None:
    document = Document("<|spec|>ab<|module|>", "module" + END_OF_TEXT, 0.1)
    tokens = tokenize(document, tokenizer)
    answer = len(encode(tokenizer, "module")) + 1
    assert tokens.weights == [0.1] * (len(tokens.ids) - answer) + [1.0] * answer


def test_documents_decode_to_their_texts(tokenizer: Tokenizer) -> None:
    row = Row("1", "f", "sat_acc", "Module sat_acc: total grows.", MODULE, "", "", False)
    coder = SlotCoder(frozenset({"Module", "module"}))
    document = spec_document(row, coder, 0.1)
    assert coder.decode(document.answer) == MODULE + END_OF_TEXT
    assert document.answer.startswith("module <|s0|> (")
    cut = draw_cut(MODULE, Random(3))
    coder = SlotCoder(frozenset())
    document = fim_document(cut, coder, FimOrder.SPM, 0.3)
    ids = tokenize(document, tokenizer).ids
    prefix = document.prompt.split("<|fim_middle|>")[1]
    assert coder.decode(prefix + document.answer) == cut.prefix + cut.middle + END_OF_TEXT
    assert tokenizer.decode(ids, skip_special_tokens=False) == document.prompt + document.answer


def test_packing_is_best_fit() -> None:
    documents = [Tokens([n] * n, [1.0] * n) for n in (5, 4, 3, 2)]
    packed = pack(documents, 7)
    assert packed.ids.tolist() == [[5, 5, 5, 5, 5, 2, 2], [4, 4, 4, 4, 3, 3, 3]]
    assert packed.weights.tolist() == [[0, 1, 1, 1, 1, 0, 1], [0, 1, 1, 1, 0, 1, 1]]
    assert packed.positions.tolist() == [[0, 1, 2, 3, 4, 0, 1], [0, 1, 2, 3, 0, 1, 2]]
    padded = pack(documents[3:], 4)
    assert padded.ids.tolist() == [[2, 2, PAD_ID, PAD_ID]]
    assert padded.positions.tolist() == [[0, 1, 0, 1]] and padded.weights.tolist() == [[0, 1, 0, 0]]


def test_a_stream_goes_on_where_it_was(data: Path, tokenizer: Tokenizer) -> None:
    rows = split_rows(data, 5).train
    maker = DocumentMaker(tokenizer, frozenset({"module"}), CorpusConfig(sequence=512))
    stream = SequenceStream(rows, maker, 512, seed=3)
    whole = stream.batches(5, Position())
    first = [next(whole) for _ in range(12)]
    assert first[-1][1].epoch >= 1
    again = stream.batches(5, first[4][1])
    for (expected, place), (found, reached) in zip(first[5:], again, strict=False):
        assert np.array_equal(expected.ids, found.ids) and place == reached
        assert np.array_equal(expected.weights, found.weights)
    whole.close()
    again.close()


def test_a_long_file_loses_its_edges(tokenizer: Tokenizer) -> None:
    row = Row("1", "f", "m", "A long one.", MODULE * 6, "", "", False)
    maker = DocumentMaker(tokenizer, frozenset(), CorpusConfig(sequence=300, comment_rate=0))
    made = [maker.fim(row, Random(seed), [row]) for seed in range(12)]
    assert all(tokens is None or len(tokens.ids) <= 300 for tokens in made)
    assert sum(tokens is not None for tokens in made) >= 8
    assert maker.spec(row, SlotCoder(frozenset())) is None


def test_splits_never_mix(data: Path, tmp_path: Path) -> None:
    split = split_rows(data, 20)
    assert len(split.held_out) == 8 and 5 < len(split.validation) < 50
    assert not {row.module for row in split.train} & {row.module for row in split.validation}
    assert len(list(read_rows(data, limit=70))) == 70
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n[', "utf-8")
    with pytest.raises(UserError, match=r"a\.jsonl:1"):
        split_rows(tmp_path, 1)
