"""`rtlwright train pretrain`: a small model from scratch, on whatever this machine has."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from transformers import LlamaForCausalLM

from rtlwright.server.errors import UserError
from rtlwright.server.model.slots import END_OF_TEXT, PAD
from rtlwright.training.config import PretrainConfig
from rtlwright.training.corpus import Sequences
from rtlwright.training.llama import autocast, build_model, keep_freed_memory, weighted_loss
from rtlwright.training.optim import build_optimizers, rate_factor, set_rates
from rtlwright.training.prepare import Prepared, prepare
from rtlwright.training.report import Reporter
from rtlwright.training.run import Progress, RunFolder, progress_of
from rtlwright.training.team import Team, join


@dataclass(frozen=True)
class PretrainResult:
    """How a call ended. `finished` is false after an interruption; losses are of the last step."""

    run: str
    finished: bool
    steps: int
    tokens: int
    seconds: float
    tokens_per_second: float
    parameters: int
    loss: float
    validation: dict[str, float]


class _Interrupt:
    """Set by SIGINT or SIGTERM; the loop looks after every step."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take both signals while inside; a second SIGINT does what it always did."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def ask(number: int, frame: object) -> None:
            self.asked = True
            signal.signal(number, before[signal.Signals(number)])

        try:
            for number in before:
                signal.signal(number, ask)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def pretrain(
    data: Path,
    out: Path,
    config: PretrainConfig,
    resume: bool,
    reporter: Reporter,
    start: RunFolder | None = None,
) -> PretrainResult:
    """Train until the run's steps or minutes are over, or until a signal; either way a checkpoint is written.

    With `start` a new run begins with that run's weights and tokenizer, and with its lexicon unless `out`
    has one; optimizers and schedule begin anew. Raises UserError for bad data, and for a folder that already
    holds a run unless `resume`. A run counted in steps gives the same losses whether or not it was broken
    off.
    """
    if (config.steps is None) == (config.minutes is None):
        raise UserError("a run needs either steps or minutes: give --steps N or --minutes M")
    team = join(config.batch)
    run = _open(out, config, resume, team.leads)
    team.wait()
    begins = start is not None and not run.checkpoint_file.exists()
    if start is not None and begins and team.leads:
        run.inherit(start)
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    device = team.device()
    prepared = prepare(data, run, config) if team.leads else None
    team.wait()  # the leader has made the vocabulary
    prepared = prepared or prepare(data, run, config)
    keep_freed_memory()
    model = build_model(config.model, config.corpus.vocabulary, device)
    if start is not None and begins:
        model.load_state_dict(start.load()["model"])
    optimizers = build_optimizers(model, config)
    progress = Progress()
    if run.checkpoint_file.exists():
        progress = _restore(run, model, optimizers, prepared, reporter)
    threads = torch.get_num_threads()
    if team.leads:
        reporter.begin(prepared.rows, prepared.too_long, model.num_parameters(), str(device), threads)
    return _loop(run, config, prepared, model, optimizers, progress, reporter, team)


def _loop(
    run: RunFolder,
    config: PretrainConfig,
    prepared: Prepared,
    model: LlamaForCausalLM,
    optimizers: list[torch.optim.Optimizer],
    progress: Progress,
    reporter: Reporter,
    team: Team,
) -> PretrainResult:
    interrupt = _Interrupt()
    log = run.path / ("tensorboard" if team.leads else f"tensorboard/process-{team.rank}")
    writer = SummaryWriter(str(log), purge_step=progress.step)
    batches = prepared.stream.batches(config.batch, progress.position)
    loss, saved, clock = float("nan"), time.monotonic(), time.monotonic()
    model.train()
    with interrupt.listening(), contextlib.closing(writer), contextlib.closing(batches):
        while not team.total(interrupt.asked) and (done := _share_done(progress, config)) < 1.0:
            batch, position = next(batches)
            factor = rate_factor(progress.step, done, config)
            loss, norm = train_step(model, optimizers, batch, factor, config.clip, team)
            before, clock = clock, time.monotonic()
            progress = progress.after(batch.ids.size, team.leaders(clock - before), position)
            if not team.leads:
                continue
            reporter.step(progress, _share_done(progress, config), loss, factor)
            if progress.step % config.log_steps == 0:
                _log(writer, progress.step, {"loss/train": loss, "gradient_norm": norm, "rate": factor})
            if progress.step % config.validate_steps == 0:
                _log(writer, progress.step, _named(validate(model, prepared.validation)), reporter)
            if time.monotonic() - saved > config.checkpoint_minutes * 60:
                run.save(model, optimizers, progress, prepared.data)
                saved = time.monotonic()
        if team.leads:
            run.save(model, optimizers, progress, prepared.data)
        losses = validate(model, prepared.validation)
        _log(writer, progress.step, _named(losses))
    finished = _share_done(progress, config) >= 1.0
    team.wait()
    if finished and team.leads:
        _write_huggingface(run, model, prepared)
    speed = progress.tokens / max(progress.seconds, 1e-9)
    return PretrainResult(
        run=str(run.path),
        finished=finished,
        steps=progress.step,
        tokens=progress.tokens,
        seconds=progress.seconds,
        tokens_per_second=speed,
        parameters=model.num_parameters(),
        loss=loss,
        validation=losses,
    )


def _named(losses: dict[str, float]) -> dict[str, float]:
    return {f"loss/validation_{kind}": value for kind, value in losses.items()}


def _log(
    writer: SummaryWriter, step: int, values: dict[str, float], reporter: Reporter | None = None
) -> None:
    for name, value in values.items():
        writer.add_scalar(name, value, step)
        if reporter:
            reporter.note(f"step {step}: {name} {value:.4f}")


def train_step(
    model: LlamaForCausalLM,
    optimizers: list[torch.optim.Optimizer],
    batch: Sequences,
    factor: float,
    clip: float,
    team: Team = Team(),  # noqa: B008 - frozen
) -> tuple[float, float]:
    """One update at `factor` of the peak rates; the loss before it and the norm of its gradient.

    `batch` is the whole team's; each process computes its part of the loss and of the gradient.
    """
    total = float(batch.weights[:, 1:].sum()) if team.size > 1 else None
    ids, weights, positions = _tensors(team.part(batch), model.device)
    with autocast(model.device):
        logits = model(input_ids=ids, position_ids=positions).logits
    loss = weighted_loss(logits, ids, weights, total)
    loss.backward()
    team.sum_gradients(list(model.parameters()))
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    set_rates(optimizers, factor)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return team.total(loss.item()), norm.item()


@torch.no_grad()
def validate(model: LlamaForCausalLM, validation: dict[str, Sequences], batch: int = 8) -> dict[str, float]:
    """Loss per answer token of each kind of document."""
    model.eval()
    result = {}
    for kind, sequences in validation.items():
        total, count = 0.0, 0.0
        for start in range(0, len(sequences), batch):
            part = sequences[start : start + batch]
            ids, weights, positions = _tensors(part, model.device)
            with autocast(model.device):
                logits = model(input_ids=ids, position_ids=positions).logits
            answers = float(part.weights[:, 1:].sum())
            total += weighted_loss(logits, ids, weights).item() * answers
            count += answers
        result[kind] = total / max(count, 1.0)
    model.train()
    return result


def _tensors(batch: Sequences, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    ids = torch.from_numpy(batch.ids.astype("int64")).to(device)
    positions = torch.from_numpy(batch.positions.astype("int64")).to(device)
    return ids, torch.from_numpy(batch.weights).to(device), positions


def _share_done(progress: Progress, config: PretrainConfig) -> float:
    if config.steps is not None:
        return progress.step / config.steps
    assert config.minutes is not None
    return progress.seconds / (config.minutes * 60)


def _open(out: Path, config: PretrainConfig, resume: bool, leads: bool) -> RunFolder:
    """All look whether they may; the leader alone writes."""
    run = RunFolder(out)
    if run.checkpoint_file.exists() and not resume:
        raise UserError(f"{out}: holds a run already; continue it with --resume, or give another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if leads:
            run.write_text(run.config_file, config.model_dump_json(indent=2))
    except OSError as error:
        raise UserError(f"{out}: cannot write here ({error.strerror})") from None
    return run


def _restore(
    run: RunFolder,
    model: LlamaForCausalLM,
    optimizers: list[torch.optim.Optimizer],
    prepared: Prepared,
    reporter: Reporter,
) -> Progress:
    state = run.load()
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    torch.set_rng_state(state["rng"])
    progress = progress_of(state)
    if state["data"] != prepared.data:
        reporter.note("the rows are not those that the run began with; it goes on with those there are now")
        progress = replace(progress, position=replace(progress.position, block=0, sequence=0))
    return progress


def _write_huggingface(run: RunFolder, model: LlamaForCausalLM, prepared: Prepared) -> None:
    folder = run.path / "model"
    model.save_pretrained(folder)
    prepared.tokenizer.save(str(folder / "tokenizer.json"))
    # Else libraries take the tokenizer that usually goes with the architecture, which splits otherwise.
    tokenizer = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END_OF_TEXT,
        "pad_token": PAD,
        "clean_up_tokenization_spaces": False,
        "model_max_length": model.config.max_position_embeddings,
    }
    run.write_text(folder / "tokenizer_config.json", json.dumps(tokenizer, indent=1))
    run.write_text(folder / "lexicon.json", json.dumps(sorted(run.lexicon())))
