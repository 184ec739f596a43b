"""Rows → documents → packed sequences of tokens with a loss weight for each.

Documents are made anew in every epoch (other cuts, other slot numbers, the other kind), in blocks of rows. A
block is a pure function of (rows, seed, epoch, block number), so a resumed run finds its place by a Position.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
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
    """Packed documents, each array [n, sequence].

    `weights` are 0 on padding and on first tokens; `positions` begin anew at 0 with every document, and with
    the padding.
    """

    ids: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.float32]
    positions: npt.NDArray[np.uint16]

    def __getitem__(self, chosen: slice | npt.NDArray[np.int64]) -> Sequences:
        return Sequences(self.ids[chosen], self.weights[chosen], self.positions[chosen])

    def __len__(self) -> int:
        return len(self.ids)


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

    def make(self, rows: Sequence[Row], index: int, rng: Random) -> Tokens | None:
        """Draw the kind of document for `rows[index]` and its details from `rng`."""
        if rng.random() < self._config.fim_rate:
            others = [rng.choice(rows) for _ in range(rng.randint(1, 4))]
            return self.fim(rows[index], rng, others if rng.random() < self._config.file_rate else ())
        row = rows[index]
        return self.spec(row, SlotCoder(self._lexicon, self._offset(rng)))

    def spec(self, row: Row, coder: SlotCoder) -> Tokens | None:
        """Specification → module; None if that is too long, since it cannot be shortened."""
        tokens = tokenize(spec_document(row, coder, self._config.spec_weight), self._tokenizer)
        return tokens if len(tokens.ids) <= self._config.sequence else None

    def fim(self, row: Row, rng: Random, others: Sequence[Row] = ()) -> Tokens | None:
        """A middle, in a file with the modules of `others`; what does not fit is cut off at the edges."""
        text = row.module.strip() + "\n"
        cut = draw_document(text, rng, self._config)
        if rng.random() < self._config.comment_rate:
            cut = Cut(as_comment(row.spec) + cut.prefix, cut.middle, cut.suffix)
        for other in others:
            neighbour = other.module.strip() + "\n"
            if rng.random() < 0.6:
                cut = Cut(f"{neighbour}\n{cut.prefix}", cut.middle, cut.suffix)
            else:
                cut = Cut(cut.prefix, cut.middle, f"{cut.suffix}\n{neighbour}")
        order = FimOrder.PSM if rng.random() < self._config.psm_rate else FimOrder.SPM
        offset = self._offset(rng)
        while True:
            coder = SlotCoder(self._lexicon, offset)
            tokens = tokenize(fim_document(cut, coder, order, self._config.code_weight), self._tokenizer)
            if len(tokens.ids) <= self._config.sequence:
                return tokens
            lines = cut.prefix.count("\n"), cut.suffix.count("\n")
            if lines == (0, 0):
                return None
            cut = window(cut, lines[0] * 3 // 4, lines[1] * 3 // 4)

    def _offset(self, rng: Random) -> int:
        """Mostly as in use; at random so often that every slot is trained."""
        return rng.randrange(SLOTS) if rng.random() < self._config.random_offset_rate else 0


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
    return _laid_out(bins, sequence)


def _laid_out(bins: Sequence[Sequence[Tokens]], sequence: int) -> Sequences:
    ids = np.full((len(bins), sequence), PAD_ID, dtype=np.uint16)
    weights = np.zeros((len(bins), sequence), dtype=np.float32)
    positions = np.zeros((len(bins), sequence), dtype=np.uint16)
    for index, members in enumerate(bins):
        start = 0
        for tokens in members:
            end = start + len(tokens.ids)
            ids[index, start:end] = tokens.ids
            weights[index, start + 1 : end] = tokens.weights[1:]
            positions[index, start:end] = np.arange(end - start)
            start = end
        positions[index, start:] = np.arange(sequence - start)
    return Sequences(ids, weights, positions)


def _joined(parts: Sequence[Sequences]) -> Sequences:
    return Sequences(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.positions for part in parts]),
    )


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
        seeds = (Random(f"{self._seed}/{epoch}/{index}") for index in order)
        made = (self._maker.make(self._rows, int(i), rng) for i, rng in zip(order, seeds, strict=True))
        packed = pack([tokens for tokens in made if tokens is not None], self._sequence)
        shuffled = np.random.default_rng((self._seed, epoch, block)).permutation(len(packed.ids))
        return packed[shuffled]

    def batches(self, size: int, start: Position) -> Generator[tuple[Sequences, Position]]:
        """Batches of `size` sequences from `start` on, each with the position after it."""
        parts: list[Sequences] = []
        for sequences, epoch, block in self._prefetched(start):
            position = start.sequence if (epoch, block) == (start.epoch, start.block) else 0
            while position < len(sequences):
                wanted = size - sum(map(len, parts))
                parts.append(sequences[position : position + wanted])
                position += len(parts[-1])
                if len(parts[-1]) == wanted:
                    yield _joined(parts), Position(epoch, block, position)
                    parts = []

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
