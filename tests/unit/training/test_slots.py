"""The slot coder loses nothing, whatever the text and however the answer arrives."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from rtlwright.server.model import prompts, slots
from rtlwright.server.model.slots import NUMBERS, SLOTS, SlotCoder

LEXICON = frozenset({"clk", "assign", "module", "s7"})
PIECES = st.one_of(
    st.sampled_from(["clk", "assign", "fifo_rdy", "x9", "s5", "s7", "<|s5|>", "<|", "|>", "<", "|"]),
    st.sampled_from(["<|endoftext|>", "<\ue000|s5|>", "\ue000", " ", "\n", ";", "8'hff", "$display", "<|s"]),
    st.sampled_from(["5foo", "'", "hff", "'hff", "123", "'d123", "0x123", "0x", "1", "23", "'h", "12'hadd"]),
    st.text(max_size=8),
)
TEXTS = st.lists(PIECES, max_size=24).map("".join)


def test_the_documented_examples() -> None:
    assert doctest.testmod(slots).failed == 0
    assert doctest.testmod(prompts).failed == 0


LEXICONS = st.sampled_from([LEXICON, LEXICON | {NUMBERS}])


@given(LEXICONS, TEXTS, TEXTS, TEXTS, st.integers(0, SLOTS - 1), st.integers(0, 4))
def test_every_text_survives(
    lexicon: frozenset[str], first: str, second: str, answer: str, offset: int, count: int
) -> None:
    coder = SlotCoder(lexicon, offset, count)
    coded = [coder.encode_prompt(first), coder.encode_prompt(second), coder.encode_answer(answer)]
    assert [coder.decode(text) for text in coded] == [first, second, answer]


@given(LEXICONS, TEXTS, TEXTS, st.lists(st.integers(1, 9), max_size=40))
def test_pieces_join_to_the_whole(lexicon: frozenset[str], prompt: str, answer: str, cuts: list[int]) -> None:
    coder = SlotCoder(lexicon)
    coder.encode_prompt(prompt)
    coded = coder.encode_answer(answer)
    decoder, shown = coder.decoder(), ""
    for size in cuts:
        shown += decoder.push(coded[:size])
        coded = coded[size:]
    assert shown + decoder.push(coded) + decoder.finish() == answer


def test_a_definition_arrives_split_from_its_slot() -> None:
    coder = SlotCoder(LEXICON)
    assert coder.encode_prompt("wr_ptr + wr_ptr") == "wr_ptr<|s0|> + <|s0|>"
    decoder = coder.decoder()
    pieces = ["wr_", "ptr", "<|s", "0|>", " + ", "<|s0|>"]
    assert "".join(map(decoder.push, pieces)) + decoder.finish() == "wr_ptr + wr_ptr"


def test_text_that_spells_a_token_does_not_steer() -> None:
    coded = SlotCoder(LEXICON).encode_prompt("// <|endoftext|> <|s3|>")
    assert "<|endoftext|>" not in coded and "<|s3|>" not in coded


def test_slots_run_out() -> None:
    coder = SlotCoder(frozenset(), offset=1, slots=2)
    assert coder.encode_prompt("aa bb cc cc") == "aa<|s1|> bb<|s0|> cc cc"
    assert coder.encode_answer("cc dd bb") == "cc dd <|s0|>"
    assert coder.encode_prompt("dd") == "dd"


def test_an_unknown_slot_stays_visible() -> None:
    assert SlotCoder(LEXICON).decode("assign <|s9|> = 0;") == "assign <|s9|> = 0;"
