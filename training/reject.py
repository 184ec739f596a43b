"""`rtlwright train reject`: sample answers, check them, keep what passed as rows to train on.

One round of rejection sampling (expert iteration): the model answers specifications of its own training
families, Icarus compiles each answer and runs the row's testbench, whose values a reference model computed.
Held-out families and a run's validation rows are never asked. Deviations from ITERTL: no ranking of failed
answers, no reward for those that only compile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rtlwright.server.errors import UserError
from rtlwright.server.model.prompts import spec_prompt
from rtlwright.server.model.slots import SlotCoder
from rtlwright.training.gguf_export import export_gguf
from rtlwright.training.icarus import judge, require_icarus
from rtlwright.training.llama_cpp import LlamaCpp
from rtlwright.training.rows import Row, is_validation, read_rows
from rtlwright.training.run import RunFolder

_SHARD = 100
Say = Callable[[str], None]


@dataclass(frozen=True)
class RejectSettings:
    """How many specifications, from which on; answers for each, and how freely they are drawn."""

    limit: int = 500
    skip: int = 0
    samples: int = 4
    temperature: float = 0.8
    references: bool = False
    """Also keep the reference of a specification that no answer fits: it is what the model needs most."""


@dataclass(frozen=True)
class Rejected:
    """How a round went: specifications asked, those with an answer that passed, answers, and rows written."""

    asked: int
    solved: int
    answers: int
    passed: int
    rows: int


def reject(run: Path, data: Path, out: Path, settings: RejectSettings, threads: int, say: Say) -> Rejected:
    """Write OUT/shard-*.jsonl and OUT/report.json; finished shards of a broken-off call stay.

    Raises UserError if `run` holds no run or `data` no rows with testbenches; MissingError without Icarus.
    """
    require_icarus()
    folder = RunFolder(run)
    questions = _questions(data, folder.config().corpus.validation_percent, settings)
    if not questions:
        raise UserError(f"{data}: no training row with a testbench to ask about")
    out.mkdir(parents=True, exist_ok=True)
    file = out / "model.gguf"
    export_gguf(folder, file, "rejection-sampling")
    tallies: list[Rejected] = []
    with LlamaCpp(file, threads=threads) as engine:
        for number, start in enumerate(range(0, len(questions), _SHARD)):
            tallies.append(_shard(engine, folder, questions[start : start + _SHARD], out, number, settings))
            total = _sum(tallies)
            say(f"{total.asked}/{len(questions)} specifications, {total.solved} solved, {total.rows} rows")
    result = _sum(tallies)
    (out / "report.json").write_text(json.dumps({**asdict(result), "settings": asdict(settings)}, indent=1))
    return result


def _questions(data: Path, percent: int, settings: RejectSettings) -> list[Row]:
    def wanted(row: Row) -> bool:
        return bool(row.testbench) and not row.held_out and not is_validation(row, percent)

    rows = [row for row in read_rows(data) if wanted(row)]
    return rows[settings.skip : settings.skip + settings.limit]


def _shard(
    engine: LlamaCpp, run: RunFolder, rows: Sequence[Row], out: Path, number: int, settings: RejectSettings
) -> Rejected:
    """Ask for these rows, or read what an earlier call found."""
    path, tally = out / f"shard-{number:05d}.jsonl", out / f"shard-{number:05d}.tally"
    if path.exists() and tally.exists():
        return Rejected(**json.loads(tally.read_text()))
    lexicon = run.lexicon()
    kept: list[Row] = []
    solved = answers = passed = 0
    for row in rows:
        found, good = _solve(engine, row, lexicon, settings)
        answers, passed, solved = answers + found, passed + len(good), solved + bool(good)
        kept += good or ([row] if settings.references else [])
    result = Rejected(len(rows), solved, answers, passed, len(kept))
    tally.write_text(json.dumps(asdict(result)))
    beside = path.with_suffix(".tmp")
    beside.write_text("".join(json.dumps(asdict(row)) + "\n" for row in kept))
    beside.rename(path)
    return result


def _solve(
    engine: LlamaCpp, row: Row, lexicon: frozenset[str], settings: RejectSettings
) -> tuple[int, list[Row]]:
    """How many different answers there were, and those that passed, as rows."""
    texts = list(dict.fromkeys(_answers(engine, row, lexicon, settings)))
    good = [text for text in texts if judge(text, row.testbench).passes]
    return len(texts), [
        replace(row, id=f"{row.id}-r{n}", module=text.strip() + "\n", testbench="")
        for n, text in enumerate(good)
    ]


def _answers(engine: LlamaCpp, row: Row, lexicon: frozenset[str], settings: RejectSettings) -> Iterator[str]:
    for seed in range(settings.samples):
        coder = SlotCoder(lexicon)
        prompt = spec_prompt(row.spec, coder)
        answer = engine.complete(prompt, engine.context // 2, settings.temperature, seed)
        if answer.ended:
            yield coder.decode(answer.text)


def _sum(parts: Sequence[Rejected]) -> Rejected:
    columns = zip(*(asdict(part).values() for part in parts), strict=True)
    return Rejected(*(sum(column) for column in columns))
