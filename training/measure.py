"""What an exported model can do on rows that it has not seen, measured through llama.cpp."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rtlwright.server.errors import UserError
from rtlwright.server.model.gguf_meta import GgufError, read_metadata
from rtlwright.server.model.prompts import fim_prompt, spec_prompt
from rtlwright.server.model.slots import SlotCoder
from rtlwright.training.gguf_export import lexicon_of
from rtlwright.training.icarus import Judged, judge, require_icarus
from rtlwright.training.llama_cpp import Answer, LlamaCpp
from rtlwright.training.rows import Row, split_rows

SAMPLES = 5
TEMPERATURE = 0.7
_LINE_TOKENS = 64
Say = Callable[[str], None]


@dataclass(frozen=True)
class SpecScores:
    """Specification → module, as shares of `rows`.

    `best` is what the gate would let through: the greedy answer if it compiles, else the first of four
    samples that does. `any_passes` is pass@5 behind the gate: one of the five that compile passes.
    """

    rows: int
    compiles: float
    passes: float
    exact: float
    best_compiles: float
    best_passes: float
    any_passes: float
    passes_by_family: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LineScores:
    """The next line inside true text, as shares of `lines` that are equal but for surrounding blanks."""

    lines: int
    with_suffix: float
    without_suffix: float
    repeat_baseline: float


@dataclass(frozen=True)
class Speed:
    """Greedy decoding of whole modules; medians."""

    threads: int
    load_seconds: float
    first_token_ms: float
    tokens_per_second: float


@dataclass(frozen=True)
class Measured:
    """Scores by kind of row: `seen` families with unseen seeds, families `held_out` altogether."""

    file: str
    size: int
    seconds: float
    speed: Speed
    spec: dict[str, SpecScores]
    lines: dict[str, LineScores]


def measure(
    file: Path, folders: Sequence[Path], limit: int, threads: int, percent: int, say: Say
) -> Measured:
    """Measure `file` on at most `limit` rows of each kind found in `folders`.

    `percent` is the run's `validation_percent`, which decides which rows are unseen; 100 means all. Raises
    UserError for a file that is none of ours and for folders without rows to measure on; MissingError
    without Icarus.
    """
    require_icarus()
    try:
        lexicon = lexicon_of(read_metadata(file))
    except GgufError as error:
        raise UserError(str(error)) from None
    kinds = _rows(folders, limit, percent)
    began = time.monotonic()
    answers: list[Answer] = []
    spec: dict[str, SpecScores] = {}
    lines: dict[str, LineScores] = {}
    with LlamaCpp(file, threads=threads) as engine:
        for kind, rows in kinds.items():
            spec[kind] = _spec_scores(engine, rows, lexicon, answers, say, kind)
            lines[kind] = _line_scores(engine, rows, lexicon)
            say(f"{kind}: {spec[kind]} {lines[kind]}")
        speed = _speed(engine.load_seconds, threads, answers)
    return Measured(str(file), file.stat().st_size, time.monotonic() - began, speed, spec, lines)


def repeat_line(prefix: str) -> str | None:
    """The line that followed the last earlier occurrence of the prefix's last full line, or None.

    >>> repeat_line("a\\nb\\nc\\na\\n")
    'b'
    """
    lines = [line.strip() for line in prefix.split("\n")[:-1]]
    for index in range(len(lines) - 2, -1, -1):
        if lines[index] == lines[-1]:
            return lines[index + 1]
    return None


def _rows(folders: Sequence[Path], limit: int, percent: int) -> dict[str, list[Row]]:
    seen: list[Row] = []
    held_out: list[Row] = []
    for folder in folders:
        split = split_rows(folder, percent)
        seen += split.validation
        held_out += split.held_out
    kinds = {"seen": seen, "held_out": held_out}
    chosen = {kind: Random(0).sample(rows, min(limit, len(rows))) for kind, rows in kinds.items() if rows}
    if not chosen:
        places = ", ".join(map(str, folders))
        raise UserError(f"{places}: no unseen row to measure on; write more rows with `rtlwright synth`")
    return chosen


def _spec_scores(
    engine: LlamaCpp, rows: Sequence[Row], lexicon: frozenset[str], answers: list[Answer], say: Say, kind: str
) -> SpecScores:
    counts: Counter[str] = Counter()
    families: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for number, row in enumerate(rows, 1):
        text, greedy = _greedy(engine, row, lexicon, answers)
        judged = [greedy, *(_samples(engine, row, lexicon) if not greedy.passes else ())]
        best = next((one for one in judged if one.compiles), greedy)
        families[row.family][greedy.passes] += 1
        counts.update(
            compiles=greedy.compiles,
            passes=greedy.passes,
            exact=text.strip() == row.module.strip(),
            best_compiles=best.compiles,
            best_passes=best.passes,
            any_passes=any(one.passes for one in judged),
        )
        if number % 20 == 0:
            say(f"{kind}: {number}/{len(rows)} specifications, {counts['passes']} pass greedily")
    shares = {name: counts[name] / len(rows) for name in ("compiles", "passes", "exact")}
    best_names = ("best_compiles", "best_passes", "any_passes")
    best_shares = {name: counts[name] / len(rows) for name in best_names}
    table = {name: f"{found[True]}/{found.total()}" for name, found in sorted(families.items())}
    return SpecScores(rows=len(rows), **shares, **best_shares, passes_by_family=table)


def _greedy(engine: LlamaCpp, row: Row, lexicon: frozenset[str], answers: list[Answer]) -> tuple[str, Judged]:
    coder = SlotCoder(lexicon)
    answer = engine.complete(spec_prompt(row.spec, coder), engine.context // 2)
    answers.append(answer)
    text = coder.decode(answer.text)
    return text, judge(text, row.testbench)


def _samples(engine: LlamaCpp, row: Row, lexicon: frozenset[str]) -> list[Judged]:
    """The answers at TEMPERATURE, judged; equal ones once."""
    texts: list[str] = []
    for seed in range(1, SAMPLES):
        coder = SlotCoder(lexicon)
        prompt = spec_prompt(row.spec, coder)
        texts.append(coder.decode(engine.complete(prompt, engine.context // 2, TEMPERATURE, seed).text))
    return [judge(text, row.testbench) for text in dict.fromkeys(texts)]


def _line_scores(engine: LlamaCpp, rows: Sequence[Row], lexicon: frozenset[str]) -> LineScores:
    """Two lines of each row, chosen by its id; blank lines and the first line are no task."""
    counts: Counter[str] = Counter()
    for row in rows:
        lines = row.module.strip().split("\n")
        tasks = [index for index in range(1, len(lines)) if lines[index].strip()]
        for index in Random(row.id).sample(tasks, min(2, len(tasks))):
            prefix = "\n".join(lines[:index]) + "\n"
            suffix = "\n" + "\n".join(lines[index + 1 :]) + "\n"
            wanted = lines[index].strip()
            counts.update(
                lines=1,
                with_suffix=_next_line(engine, prefix, suffix, lexicon) == wanted,
                without_suffix=_next_line(engine, prefix, "", lexicon) == wanted,
                repeat_baseline=repeat_line(prefix) == wanted,
            )
    total = max(counts["lines"], 1)
    names = ("with_suffix", "without_suffix", "repeat_baseline")
    return LineScores(lines=counts["lines"], **{name: counts[name] / total for name in names})


def _next_line(engine: LlamaCpp, prefix: str, suffix: str, lexicon: frozenset[str]) -> str:
    coder = SlotCoder(lexicon)
    answer = engine.complete(fim_prompt(prefix, suffix, coder), _LINE_TOKENS, stop=("\n",))
    return coder.decode(answer.text).strip()


def _speed(load: float, threads: int, answers: Sequence[Answer]) -> Speed:
    first = sorted(answer.first_ms for answer in answers)
    rates = sorted(answer.tokens / answer.decode_seconds for answer in answers if answer.decode_seconds > 0)
    return Speed(threads, load, first[len(first) // 2], rates[len(rates) // 2] if rates else 0.0)
