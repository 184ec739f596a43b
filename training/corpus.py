"""Rows → documents → packed sequences of tokens with a loss weight for each.

Documents are made anew in every epoch (other cuts, other slot numbers, the other kind), in blocks of rows. A
block is a pure function of (rows, seed, epoch, block number), so a resumed run finds its place by a Position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from rtlwright.server.model.prompts import FimOrder, fim_prompt, spec_prompt
from rtlwright.server.model.slots import END_OF_TEXT, PAD, SLOTS, SlotCoder
from rtlwright.training.config import CorpusConfig
from rtlwright.training.fim import Cut, as_comment, draw_document, window
from rtlwright.training.rows import Row
from rtlwright.training.tokenizer import SPECIAL_TOKENS, encode

PAD_ID = SPECIAL_TOKENS.index(PAD)
BLOCK_ROWS = 256


@dataclass(frozen=True)
class Document:
    """A coded prompt, its coded answer with the end-of-text token, and the loss weight of the prompt."""

    prompt: str
    answer: str
    prompt_weight: float


@dataclass(frozen=True)
class Tokens:
    """Token ids and, for each, the weight of predicting it; the answer's tokens have weight 1."""

    ids: list[int]
    weights: list[float]


@dataclass(frozen=True)
class Sequences:
    """Packed documents: `ids` [n, sequence] uint16, `weights` [n, sequence] float32, 0 on padding."""

    ids: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Position:
    """The next sequence of a stream."""

    epoch: int = 0
    block: int = 0
    sequence: int = 0


def spec_document(row: Row, coder: SlotCoder, weight: float) -> Document:
    """Specification → module."""
    prompt = spec_prompt(row.spec, coder)
    return Document(prompt, coder.encode_answer(row.module.strip() + "\n") + END_OF_TEXT, weight)


def fim_document(cut: Cut, coder: SlotCoder, order: FimOrder, weight: float) -> Document:
    """Prefix and suffix → middle."""
    prompt = fim_prompt(cut.prefix, cut.suffix, coder, order)
    return Document(prompt, coder.encode_answer(cut.middle) + END_OF_TEXT, weight)


def tokenize(document: Document, tokenizer: Tokenizer) -> Tokens:
    """Prompt and answer are tokenized apart, as inference does.

    Weights, with a specification at 0.1: `<|spec|> Inv ert <|module|> module … <|endoftext|>` has
    0.1, 0.1, 0.1, 0.1, 1, …, 1.
    """
    prompt, answer = encode(tokenizer, document.prompt), encode(tokenizer, document.answer)
    return Tokens(prompt + answer, [document.prompt_weight] * len(prompt) + [1.0] * len(answer))


class DocumentMaker:
    """Turns a row into the tokens of one document, or into none if it does not fit a sequence."""

    def __init__(self, tokenizer: Tokenizer, lexicon: frozenset[str], config: CorpusConfig) -> None:
        self._tokenizer = tokenizer
        self._lexicon = lexicon
        self._config = config

    def make(self, row: Row, rng: Random) -> Tokens | None:
        """Draw the kind of document and its details from `rng`."""
        if rng.random() < self._config.fim_rate:
            return self.fim(row, rng)
        return self.spec(row, SlotCoder(self._lexicon, rng.randrange(SLOTS)))

    def spec(self, row: Row, coder: SlotCoder) -> Tokens | None:
        """Specification → module; None if that is too long, since it cannot be shortened."""
        tokens = tokenize(spec_document(row, coder, self._config.spec_weight), self._tokenizer)
        return tokens if len(tokens.ids) <= self._config.sequence else None

    def fim(self, row: Row, rng: Random) -> Tokens | None:
        """A middle; what does not fit is taken from the edges, line by line."""
        text = row.module.strip() + "\n"
        cut = draw_document(text, rng, self._config)
        if rng.random() < self._config.comment_rate:
            cut = Cut(as_comment(row.spec) + cut.prefix, cut.middle, cut.suffix)
        order = FimOrder.PSM if rng.random() < self._config.psm_rate else FimOrder.SPM
        offset = rng.randrange(SLOTS)
        while True:
            coder = SlotCoder(self._lexicon, offset)
            tokens = tokenize(fim_document(cut, coder, order, self._config.code_weight), self._tokenizer)
            if len(tokens.ids) <= self._config.sequence:
                return tokens
            lines = cut.prefix.count("\n"), cut.suffix.count("\n")
            if lines == (0, 0):
                return None
            cut = window(cut, lines[0] * 3 // 4, lines[1] * 3 // 4)


def pack(documents: Sequence[Tokens], sequence: int) -> Sequences:
    """Best-fit decreasing: each document, longest first, goes where it leaves the least room.

    No document is cut. Lengths 5, 4, 3, 2 in sequences of 7 give [5, 2] and [4, 3].
    """
    bins: list[list[Tokens]] = []
    rooms = np.zeros(len(documents), dtype=np.int64)
    for document in sorted(documents, key=lambda tokens: -len(tokens.ids)):
        length = len(document.ids)
        left = rooms[: len(bins)] - length
        fitting = np.flatnonzero(left >= 0)
        if fitting.size:
            best = int(fitting[np.argmin(left[fitting])])
        else:
            best = len(bins)
            bins.append([])
            rooms[best] = sequence
        bins[best].append(document)
        rooms[best] -= length
    ids = np.full((len(bins), sequence), PAD_ID, dtype=np.uint16)
    weights = np.zeros((len(bins), sequence), dtype=np.float32)
    for index, members in enumerate(bins):
        position = 0
        for tokens in members:
            end = position + len(tokens.ids)
            ids[index, position:end] = tokens.ids
            weights[index, position:end] = tokens.weights
            weights[index, position] = 0.0  # the first token follows another document: not predictable
            position = end
    return Sequences(ids, weights)


class SequenceStream:
    """Endless batches of packed sequences; the next block is made in a thread while this one is used."""

    def __init__(self, rows: Sequence[Row], maker: DocumentMaker, sequence: int, seed: int) -> None:
        self._rows = rows
        self._maker = maker
        self._sequence = sequence
        self._seed = seed
        self._blocks = -(-len(rows) // BLOCK_ROWS)
        self._orders: dict[int, npt.NDArray[np.int64]] = {}

    def block(self, epoch: int, block: int) -> Sequences:
        """The sequences of one block, in random order."""
        order = self._order(epoch)[block * BLOCK_ROWS : (block + 1) * BLOCK_ROWS]
        made = (
            self._maker.make(self._rows[index], Random(f"{self._seed}/{epoch}/{index}")) for index in order
        )
        packed = pack([tokens for tokens in made if tokens is not None], self._sequence)
        shuffled = np.random.default_rng((self._seed, epoch, block)).permutation(len(packed.ids))
        return Sequences(packed.ids[shuffled], packed.weights[shuffled])

    def batches(self, size: int, start: Position) -> Iterator[tuple[Sequences, Position]]:
        """Batches of `size` sequences from `start` on, each with the position after it."""
        ids: list[npt.NDArray[np.uint16]] = []
        weights: list[npt.NDArray[np.float32]] = []
        for sequences, epoch, block in self._prefetched(start):
            first = start.sequence if (epoch, block) == (start.epoch, start.block) else 0
            for index in range(first, len(sequences.ids)):
                ids.append(sequences.ids[index])
                weights.append(sequences.weights[index])
                if len(ids) == size:
                    yield Sequences(np.stack(ids), np.stack(weights)), Position(epoch, block, index + 1)
                    ids, weights = [], []

    def _prefetched(self, start: Position) -> Iterator[tuple[Sequences, int, int]]:
        epoch, block = start.epoch, start.block
        with ThreadPoolExecutor(1, thread_name_prefix="corpus") as pool:
            coming = pool.submit(self.block, epoch, block)
            while True:
                after = (epoch, block + 1) if block + 1 < self._blocks else (epoch + 1, 0)
                ready, coming = coming.result(), pool.submit(self.block, *after)
                yield ready, epoch, block
                epoch, block = after

    def _order(self, epoch: int) -> npt.NDArray[np.int64]:
        if epoch not in self._orders:
            generator = np.random.default_rng((self._seed, epoch))
            self._orders = {epoch: generator.permutation(len(self._rows))}
        return self._orders[epoch]
