"""What a run derives from its rows before the first step: lexicon, tokenizer, stream, validation set."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tokenizers import Tokenizer

from rtlwright.server.errors import UserError
from rtlwright.server.model.slots import SlotCoder
from rtlwright.training.config import PretrainConfig
from rtlwright.training.corpus import DocumentMaker, Sequences, SequenceStream, Tokens, pack
from rtlwright.training.lexicon import build_lexicon
from rtlwright.training.rows import Row, split_rows
from rtlwright.training.run import RunFolder
from rtlwright.training.tokenizer import SPECIAL_TOKENS, train_tokenizer

_SPECIAL = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))
_TOKENIZER_ROWS = 20_000
_VALIDATION_ROWS = 96


@dataclass(frozen=True)
class Prepared:
    """`data` identifies the training rows; `too_long` is the share of specifications that do not fit."""

    stream: SequenceStream
    tokenizer: Tokenizer
    validation: dict[str, Sequences]
    rows: int
    data: str
    too_long: float


def prepare(folder: Path, run: RunFolder, config: PretrainConfig) -> Prepared:
    """Read the rows; make lexicon and tokenizer if the run has none yet.

    Raises UserError for bad rows, or if none is left for training.
    """
    split = split_rows(folder, config.corpus.validation_percent)
    if not split.train:
        raise UserError(f"{folder}: no row to train on; all are held out")
    _write_vocabulary(split.train, run, config)
    tokenizer = run.tokenizer()
    maker = DocumentMaker(tokenizer, run.lexicon(), config.corpus)
    stream = SequenceStream(split.train, maker, config.corpus.sequence, config.seed)
    sample = split.train[:: max(1, len(split.train) // 400)]
    missing = sum(maker.spec(row, SlotCoder(run.lexicon())) is None for row in sample)
    return Prepared(
        stream=stream,
        tokenizer=tokenizer,
        validation=_validation(split.validation, maker, run.lexicon(), config),
        rows=len(split.train),
        data=hashlib.sha256("\n".join(row.id for row in split.train).encode()).hexdigest()[:16],
        too_long=missing / len(sample),
    )


def _write_vocabulary(rows: Sequence[Row], run: RunFolder, config: PretrainConfig) -> None:
    if not run.lexicon_file.exists():
        pairs = ((row.spec, row.module) for row in rows)
        lexicon = build_lexicon(pairs, config.corpus.lexicon, config.corpus.lexicon_share)
        run.write_text(run.lexicon_file, json.dumps(sorted(lexicon)))
    if not run.tokenizer_file.exists():
        _write_tokenizer(rows, run, config)


def _write_tokenizer(rows: Sequence[Row], run: RunFolder, config: PretrainConfig) -> None:
    lexicon = run.lexicon()
    stride = max(1, len(rows) // _TOKENIZER_ROWS)
    tokenizer = train_tokenizer(_coded(rows[::stride], lexicon), config.corpus.vocabulary)
    if tokenizer.get_vocab_size() != config.corpus.vocabulary:
        raise UserError(
            f"corpus.vocabulary: {len(rows)} rows give only {tokenizer.get_vocab_size()} tokens, not "
            f"{config.corpus.vocabulary}; lower it or write more rows"
        )
    run.write_text(run.tokenizer_file, tokenizer.to_str())


def _coded(rows: Sequence[Row], lexicon: frozenset[str]) -> Iterator[str]:
    """Specifications and modules as the model reads them, without the special tokens."""
    for row in rows:
        coder = SlotCoder(lexicon)
        for text in (coder.encode_prompt(row.spec), coder.encode_answer(row.module)):
            yield from filter(None, _SPECIAL.split(text))


def _validation(
    rows: Sequence[Row], maker: DocumentMaker, lexicon: frozenset[str], config: PretrainConfig
) -> dict[str, Sequences]:
    """Packed documents of unseen rows, by kind; only their answers count."""
    chosen = rows[:_VALIDATION_ROWS]
    made = {
        "spec": [maker.spec(row, SlotCoder(lexicon)) for row in chosen],
        "middle": [maker.fim(row, Random(f"validation/{row.id}")) for row in chosen],
    }
    result = {}
    for kind, documents in made.items():
        answers = [
            Tokens(tokens.ids, [float(weight == 1.0) for weight in tokens.weights])
            for tokens in documents
            if tokens is not None
        ]
        if answers:
            result[kind] = pack(answers, config.corpus.sequence)
    return result
