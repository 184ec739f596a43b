"""Writes verified (specification, module, testbench) triples as JSONL shards.

Every row follows from (seed, index, attempt) alone, whatever the number of processes: a draw that fails
verification or repeats an earlier row is drawn again with the next attempt. A shard appears under its
name only when complete, so an interrupted run continues where it stopped and ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from rtlwright.training.synth.decontaminate import Decontaminator, Source
from rtlwright.training.synth.families import all_families
from rtlwright.training.synth.testbench import steps_for, testbench
from rtlwright.training.synth.verify import Job, Verdict, verify
from rtlwright.training.synth.voices import speak

_BATCH = 64
_ATTEMPTS = 40


class SettingsError(ValueError):
    """The settings contradict each other or the folder they are to continue."""


@dataclass(frozen=True)
class Settings:
    """What determines the data: the seed, the number of rows, the families, the share Yosys checks.

    `against` names and identifies the texts that no row may overlap.
    """

    seed: int
    count: int
    families: tuple[str, ...]
    shard_size: int = 1000
    yosys: float = 1.0
    against: tuple[str, ...] = ()

    @property
    def shards(self) -> int:
        return -(-self.count // self.shard_size)

    def rows(self, shard: int) -> range:
        return range(shard * self.shard_size, min(self.count, (shard + 1) * self.shard_size))


@dataclass(frozen=True)
class Row:
    """One line of a shard."""

    id: str
    family: str
    seed: int
    voice: str
    name: str
    language: str
    spec: str
    header: str
    module: str
    testbench: str
    held_out: bool


@dataclass(frozen=True)
class Result:
    """A row with what verification said of it."""

    row: Row
    verdict: Verdict

    @property
    def key(self) -> str:
        return fingerprint(self.row.spec, self.row.module)


@dataclass(frozen=True)
class Progress:
    done: int
    rejected: int
    repeated: int
    overlapping: int


def fingerprint(spec: str, module: str) -> str:
    """A hash that ignores case and white space."""
    return hashlib.sha1(re.sub(r"\s+", " ", f"{spec}\0{module}").lower().encode()).hexdigest()


def _rng(*key: object) -> Random:
    return Random(int.from_bytes(hashlib.sha256("/".join(map(str, key)).encode()).digest()[:8], "big"))


def draw_row(settings: Settings, index: int, attempt: int) -> tuple[Row, Job]:
    """The row for an index and what has to be verified about it."""
    rng = _rng(settings.seed, index, attempt)
    family = all_families()[rng.choice(settings.families)]
    design = family.design(rng)
    voice, spec = speak(design, rng)
    job = Job(design, steps_for(design, rng), rng.random() < settings.yosys)
    row = Row(
        id=f"{family.name}-{settings.seed}-{index}", family=family.name, seed=settings.seed,
        voice=voice, name=design.name, language="sv" if design.style.systemverilog else "v", spec=spec,
        header=design.header, module=design.rtl, testbench=testbench(design, job.steps),
        held_out=family.held_out,
    )  # fmt: skip
    return row, job


def make_batch(settings: Settings, attempt: int, indexes: Sequence[int]) -> list[Result]:
    """Draw and verify the rows of these indexes."""
    drawn = [draw_row(settings, index, attempt) for index in indexes]
    verdicts = verify([job for _, job in drawn])
    return [Result(row, verdict) for (row, _), verdict in zip(drawn, verdicts, strict=True)]


def _leave_interrupts() -> None:
    """Ctrl-C is the parent's to handle; a worker would only print its traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Generator:
    """Fills the shards of one folder."""

    def __init__(self, settings: Settings, out: Path, jobs: int = 1, sources: Sequence[Source] = ()) -> None:
        unknown = [name for name in settings.families if name not in all_families()]
        if unknown or not settings.families:
            raise SettingsError(f"unknown family: {unknown[0]}" if unknown else "no family is selected")
        against = tuple(f"{source.name} {source.digest}" for source in sources)
        self.settings, self.out, self.jobs = replace(settings, against=against), out, jobs
        self.decontaminator = Decontaminator(sources)
        self.rejections: list[Result] = []
        self._seen: set[str] = set()
        self._repeated = self._done = 0

    def run(self, report: Callable[[Progress], None] = lambda progress: None) -> int:
        """Write the missing shards and the card; returns how many rows this run wrote."""
        self._claim_folder()
        fresh = 0
        pool = (
            ProcessPoolExecutor(self.jobs, initializer=_leave_interrupts) if self.jobs > 1 else nullcontext()
        )
        with pool as executor:
            for shard in range(self.settings.shards):
                path = self._path(shard)
                if path.exists():
                    self._remember(path, report)
                else:
                    fresh += self._write(path, self._fill(self.settings.rows(shard), executor, report))
        overlap = self.decontaminator.markdown() if self.settings.against else ""
        (self.out / "dataset_card.md").write_text(card(self.settings, self._all_rows(), overlap))
        return fresh

    def _path(self, shard: int) -> Path:
        return self.out / f"shard-{shard:05d}.jsonl"

    def _claim_folder(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        record, wanted = self.out / "settings.json", json.dumps(asdict(self.settings), indent=1)
        if record.exists() and record.read_text() != wanted:
            raise SettingsError(f"{record} records other settings: use them, or another --out")
        record.write_text(wanted)
        for report in self.out.glob("*.report"):  # of a run that ended between two renames
            if report.with_suffix(".jsonl").exists():
                report.rename(self._overlap_file)
        if self._overlap_file.exists():
            self.decontaminator.restore(self._overlap_file.read_text())

    @property
    def _overlap_file(self) -> Path:
        return self.out / "decontamination.json"

    def _remember(self, path: Path, report: Callable[[Progress], None]) -> None:
        for line in path.read_text().splitlines():
            row = json.loads(line)
            self._seen.add(fingerprint(row["spec"], row["module"]))
            self._done += 1
        report(self._progress())

    def _write(self, path: Path, rows: Sequence[Row]) -> int:
        report = path.with_suffix(".report")
        if self.settings.against:
            report.write_text(self.decontaminator.text())
        temporary = path.with_suffix(".tmp")
        temporary.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))
        temporary.rename(path)
        if self.settings.against:
            report.rename(self._overlap_file)
        return len(rows)

    def _fill(
        self, indexes: range, executor: Executor | None, report: Callable[[Progress], None]
    ) -> list[Row]:
        """Rows for all indexes, drawing again where a draw failed."""
        rows: dict[int, Row] = {}
        for attempt in range(_ATTEMPTS):
            missing = [index for index in indexes if index not in rows]
            if not missing:
                break
            batches = [missing[n : n + _BATCH] for n in range(0, len(missing), _BATCH)]
            make = partial(make_batch, self.settings, attempt)
            for batch, results in zip(
                batches, (executor.map if executor else map)(make, batches), strict=True
            ):
                self._keep(rows, batch, results)
                report(self._progress())
        else:
            raise SettingsError("these families have no more distinct designs: lower --count")
        return [rows[index] for index in indexes]

    def _keep(self, rows: dict[int, Row], batch: Sequence[int], results: Sequence[Result]) -> None:
        for index, result in zip(batch, results, strict=True):
            if not result.verdict.ok:
                self.rejections.append(result)
            elif result.key in self._seen:
                self._repeated += 1
            elif self.decontaminator.drops(result.row.family, result.row.spec, result.row.module):
                continue
            else:
                self._seen.add(result.key)
                rows[index] = replace(result.row)
                self._done += 1

    def _progress(self) -> Progress:
        dropped = self.decontaminator.report.dropped.total()
        return Progress(self._done, len(self.rejections), self._repeated, dropped)

    def _all_rows(self) -> Iterator[dict[str, object]]:
        for shard in range(self.settings.shards):
            for line in self._path(shard).read_text().splitlines():
                yield json.loads(line)


def card(settings: Settings, rows: Iterator[dict[str, object]], overlap: str = "") -> str:
    """The data set's card: where it comes from, what is in it, and what was kept out of it."""
    counts: dict[str, Counter[str]] = {key: Counter() for key in ("family", "voice", "language", "held_out")}
    for row in rows:
        for key, counter in counts.items():
            counter[str(row[key])] += 1
    tables = "".join(
        f"\n## By {key}\n\n| {key} | rows |\n|---|---|\n"
        + "".join(f"| {name} | {number} |\n" for name, number in sorted(counter.items()))
        for key, counter in counts.items()
    )
    return (
        f"# Synthetic RTL\n\n{settings.count} triples of specification, module and testbench, written by "
        f"`rtlwright synth` with seed {settings.seed}. Nobody else's code is in them.\n\nEvery module was "
        "elaborated by slang, and simulated by Icarus Verilog against an independent reference model; Yosys "
        f"read {settings.yosys:.0%} of them. Not covered: parameter values other than the defaults, timing, "
        f"and anything the vectors did not reach.\n\n{overlap}{tables}"
    )
