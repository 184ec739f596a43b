"""Byte-level BPE that llama.cpp reproduces token for token.

llama.cpp does not read a tokenizer's regular expression from the file; it knows some by name. We use its
`qwen2`: single digits, words with the one sign before them, operators with the line break after.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from rtlwright.server.model.slots import CONTROL_TOKENS, SLOTS, slot_token

PRE_NAME = "qwen2"
"""Value of `tokenizer.ggml.pre`."""

PRE_REGEX = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""What llama.cpp runs for PRE_NAME."""

SPECIAL_TOKENS = (*CONTROL_TOKENS, *(slot_token(index) for index in range(SLOTS)))
"""The tokens with the ids 0, 1, 2, …; END_OF_TEXT is 0."""


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Learn the merges from slot-coded `texts` that contain no special token (a split removes them)."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PRE_REGEX), behavior="isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def load_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer that a run saved as `tokenizer.json`."""
    return Tokenizer.from_file(str(file))


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Token ids of slot-coded `text`; special tokens in it become their ids."""
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids
