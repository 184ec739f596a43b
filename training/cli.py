"""`rtlwright train …` and `rtlwright quantize`: options in, one library call, a result out.

Nothing here imports torch before a command runs, so that `--help` is quick and works without it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from rtlwright.server.errors import MissingError, UserError

_TRAIN_MODULES = ("torch", "transformers", "tokenizers", "gguf", "numpy", "tensorboard", "safetensors")

_PRETRAIN_EPILOG = """\b
Examples:
  rtlwright train pretrain --data runs/synth --out runs/small --minutes 90
  rtlwright train pretrain --data runs/synth --out runs/small --minutes 90 --resume
  rtlwright train pretrain --data runs/synth --out runs/tiny --steps 300 --config tiny.json
"""

_SFT_EPILOG = """\b
Examples:
  rtlwright train sft --from runs/small --data runs/synth --out runs/sft --minutes 20
  rtlwright train sft --from runs/small --data runs/passed --out runs/round1 --steps 400
"""

_REJECT_EPILOG = """\b
Examples:
  rtlwright train reject runs/small --data runs/synth --out runs/passed --limit 1000
"""

_QUANTIZE_EPILOG = """\b
Examples:
  rtlwright quantize runs/small --to gguf --out server/model/rtlwright-small.gguf
  rtlwright quantize runs/small --to gguf --out small.gguf --json
  rtlwright quantize models/qwen2.5-coder-7b --bits 4 --method gptq --data runs/synth --out models/qwen-gptq
"""
_COSINE = 0.995

_MEASURE_EPILOG = """\b
Examples:
  rtlwright train measure small.gguf --data runs/synth --limit 200
  rtlwright train measure small.gguf --data questions/known --data questions/held-out --validation-percent 100
"""


def _guarded(*modules: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Turn a UserError into its one line and exit status; first see that `modules` are installed."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(*args: Any, **options: Any) -> None:
            try:
                missing = [name for name in modules if importlib.util.find_spec(name) is None]
                if missing:
                    need = ", ".join(missing)
                    raise MissingError(f"training needs {need}: pip install 'rtlwright[train]'")
                command(*args, **options)
            except UserError as error:
                click.echo(f"rtlwright: {error}", err=True)
                sys.exit(error.exit_status)

        return run

    return decorate


_PATH = click.Path(path_type=Path)
_TRAINING_OPTIONS = (
    click.option("--data", type=_PATH, required=True, help="Folder of *.jsonl rows."),
    click.option("--out", type=_PATH, required=True, help="Folder of the run."),
    click.option("--steps", type=click.IntRange(1), help="Length in optimizer steps (exactly repeatable)."),
    click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Length in minutes of training."),
    click.option("--threads", type=click.IntRange(1), help="CPU threads."),
    click.option("--resume", is_flag=True, help="Continue the run in --out; a new length replaces the old."),
    click.option("--config", "file", type=_PATH, help="JSON with any other setting."),
    click.option("--seed", type=int, help="Seed of weights, order and cuts."),
    click.option("--quiet", is_flag=True, help="No progress on stderr."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)


def _training_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that trains."""
    for option in reversed(_TRAINING_OPTIONS):
        command = option(command)
    return command


@click.group(
    epilog="""\b
Examples:
  rtlwright train pretrain --data rows --out runs/base
  rtlwright train sft --from runs/base --data rows --out runs/sft
  rtlwright train measure model.gguf --data rows
"""
)
def train() -> None:
    """Make models: pretraining, fine-tuning, rejection sampling, and what measures them."""


@train.command(epilog=_PRETRAIN_EPILOG)
@_training_options
@click.option(
    "--from", "start", type=click.Path(path_type=Path), help="Begin with this run's weights and vocabulary."
)
@_guarded(*_TRAIN_MODULES)
def pretrain(
    data: Path,
    out: Path,
    steps: int | None,
    minutes: float | None,
    threads: int | None,
    resume: bool,
    start: Path | None,
    file: Path | None,
    seed: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train a small llama on rows of `rtlwright synth`, from scratch or from another run.

    Ctrl-C or SIGTERM writes a checkpoint and exits with status 1; --resume goes on from it.
    """
    given = {"steps": steps, "minutes": minutes, "threads": threads, "seed": seed}
    _run_training(data, out, start, resume, file, given, quiet, as_json)


@train.command(epilog=_SFT_EPILOG)
@_training_options
@click.option("--from", "start", type=click.Path(path_type=Path), required=True, help="The run to fine-tune.")
@_guarded(*_TRAIN_MODULES)
def sft(
    data: Path,
    out: Path,
    steps: int | None,
    minutes: float | None,
    threads: int | None,
    resume: bool,
    start: Path,
    file: Path | None,
    seed: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fine-tune a run on specification → module alone; the loss is on the modules.

    Rows come from `rtlwright synth` or, as answers that passed, from `rtlwright train reject`.
    """
    given = {"steps": steps, "minutes": minutes, "threads": threads, "seed": seed}
    _run_training(data, out, start, resume, file, given, quiet, as_json, tune=True)


@train.command(epilog=_REJECT_EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder of rows to ask about.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for what passed.")
@click.option("--limit", type=click.IntRange(1), default=500, show_default=True, help="Specifications.")
@click.option("--skip", type=click.IntRange(0), default=0, show_default=True, help="Leave out the first.")
@click.option("--samples", type=click.IntRange(1), default=4, show_default=True, help="Answers for each.")
@click.option("--temperature", type=click.FloatRange(0, 2), default=0.8, show_default=True)
@click.option("--references", is_flag=True, help="Keep the reference where no answer passes.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_guarded(*_TRAIN_MODULES)
def reject(
    run: Path,
    data: Path,
    out: Path,
    limit: int,
    skip: int,
    samples: int,
    temperature: float,
    references: bool,
    threads: int,
    as_json: bool,
) -> None:
    """Rejection sampling: let RUN answer specifications, keep the answers that pass their testbench."""
    from rtlwright.training.reject import RejectSettings
    from rtlwright.training.reject import reject as run_round

    settings = RejectSettings(limit, skip, samples, temperature, references)
    result = run_round(run, data, out, settings, threads, lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
    else:
        click.echo(
            f"{out}: {result.asked} specifications, {result.solved} of them solved; {result.passed} of "
            f"{result.answers} different answers passed; {result.rows} rows"
        )


def _run_training(
    data: Path,
    out: Path,
    start: Path | None,
    resume: bool,
    file: Path | None,
    given: dict[str, Any],
    quiet: bool,
    as_json: bool,
    tune: bool = False,
) -> None:
    """Train with the settings of, in this order, the run in `out`, `file`, the run in `start`, the "
    "defaults."""
    from rtlwright.training.config import fine_tuning, load_config
    from rtlwright.training.pretrain import pretrain as run_pretraining
    from rtlwright.training.report import Reporter
    from rtlwright.training.run import RunFolder

    if given["steps"] is not None and given["minutes"] is not None:
        raise UserError("--steps and --minutes: give one of them")
    if resume and not (out / "config.json").exists():
        raise UserError(f"{out}: there is no run here to resume; leave out --resume to begin one")
    if start is not None and not (start / "checkpoint.pt").exists():
        raise UserError(f"--from {start}: no checkpoint.pt here; is this the --out folder of a run?")
    base = file or (out / "config.json" if resume else start and start / "config.json")
    config = load_config(base, given)
    config = fine_tuning(config) if tune and not resume else config
    reporter = Reporter(quiet)
    try:
        result = run_pretraining(data, out, config, resume, reporter, RunFolder(start) if start else None)
    finally:
        reporter.end()
    if os.environ.get("RANK", "0") != "0":  # one of several processes; the first speaks
        pass
    elif as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
    else:
        losses = ", ".join(f"{kind} {value:.4f}" for kind, value in result.validation.items())
        click.echo(
            f"{result.run}: {result.steps} steps, {result.tokens:,} tokens in {result.seconds:.0f} s "
            f"({result.tokens_per_second:,.0f} tokens/s); validation loss: {losses or 'no rows'}"
        )
    if not result.finished:
        click.echo(f"stopped after step {result.steps}; the same command with --resume goes on", err=True)
        sys.exit(1)


@train.command(epilog=_MEASURE_EPILOG)
@click.argument("file", metavar="GGUF", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), multiple=True, required=True, help="Folder of rows.")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="Rows of each kind.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads.")
@click.option(
    "--validation-percent",
    type=click.IntRange(0, 100),
    default=1,
    show_default=True,
    help="The run's validation_percent: which rows it has not seen; 100: none of them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_guarded("numpy", "gguf", "torch", "transformers", "tokenizers")
def measure(
    file: Path, data: tuple[Path, ...], limit: int, threads: int, validation_percent: int, as_json: bool
) -> None:
    """Measure an exported model on rows that it has not seen: modules, next lines, speed."""
    from rtlwright.training.measure import measure as run_measuring
    from rtlwright.training.measure_report import show

    result = run_measuring(
        file, data, limit, threads, validation_percent, lambda text: click.echo(text, err=True)
    )
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
    else:
        show(result)


@click.command(epilog=_QUANTIZE_EPILOG)
@click.argument("model", type=_PATH)
@click.option(
    "--method", "--to", "method", type=click.Choice(["gguf", "gptq"]), default="gguf", show_default=True,
    help="gguf: one file for llama.cpp; gptq: a checkpoint for vLLM, in AutoGPTQ's format.",
)  # fmt: skip
@click.option("--out", type=_PATH, required=True, help="File (gguf) or folder (gptq) to write.")
@click.option("--name", default="rtlwright-small", show_default=True, help="gguf: name inside the file.")
@click.option(
    "--data", type=_PATH, help="gptq: folder of *.jsonl rows (`rtlwright synth`) to calibrate with."
)
@click.option("--bits", type=click.Choice(["2", "3", "4", "8"]), help="gptq: bits of a weight, 4 by default.")
@click.option("--group-size", type=click.Choice(["-1", "32", "64", "128"]), default="128", show_default=True,
              help="gptq: weights that share a scale; -1: a whole column.")  # fmt: skip
@click.option("--desc-act", is_flag=True, help="gptq: columns by activation; more exact, slower to serve.")
@click.option(
    "--rows", type=click.IntRange(8), default=256, show_default=True, help="gptq: rows to calibrate with."
)
@click.option("--profile", help="gptq: the model's family, where its tokenizer and name do not say it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_guarded()
def quantize(
    model: Path, method: str, out: Path, name: str, data: Path | None, bits: str | None, group_size: str,
    desc_act: bool, rows: int, profile: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write a trained model with fewer bits, and say what that costs.

    gguf: MODEL is the --out folder of a run; 8-bit weights, compared with the checkpoint (exit status 1 if
    llama.cpp does not agree). gptq: MODEL is a Hugging Face checkpoint or such a folder; perplexity before
    and after, size, time.
    """
    if method == "gguf":
        if bits not in (None, "8"):
            raise UserError(f"--bits {bits}: GGUF files are written with 8 bits; for {bits}: --method gptq")
        _guarded(*_TRAIN_MODULES)(_quantize_gguf)(model, out, name, as_json)
        return
    if data is None:
        raise UserError(
            "--method gptq needs --data, rows to calibrate with: rtlwright synth --count 400 --out rows"
        )
    from rtlwright.training.gptq import GptqSettings, quantize_gptq

    settings = GptqSettings(int(bits or 4), int(group_size), desc_act, rows=rows)
    report = quantize_gptq(model, data, out, settings, profile, lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report)))
        return
    click.echo(
        f"{out}: {report.size_before / 2**20:.1f} → "
        f"{report.size_after / 2**20:.1f} MB in {report.seconds:.0f} s; "
        f"calibrated with {report.rows} rows ({report.tokens:,} tokens); perplexity on other rows "
        f"{report.perplexity_before:.3f} → {report.perplexity_after:.3f}\n"
        f"serve it: rtlwright serve --model {out}"
    )


def _quantize_gguf(run: Path, out: Path, name: str, as_json: bool) -> None:
    from rtlwright.training.gguf_check import check_gguf
    from rtlwright.training.gguf_export import export_gguf
    from rtlwright.training.run import RunFolder

    folder = RunFolder(run)
    exported = export_gguf(folder, out, name)
    agreement = check_gguf(folder, out)
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(exported), "agreement": dataclasses.asdict(agreement)}))
    else:
        click.echo(
            f"{out}: {exported.size / 2**20:.1f} MB, {exported.parameters / 1e6:.2f}M parameters after "
            f"{exported.steps} steps ({exported.tokens:,} tokens)\n"
            f"llama.cpp against the checkpoint, {agreement.prompts} prompts: cosine "
            f"{agreement.cosine_mean:.5f} (worst {agreement.cosine_min:.5f}), same first choice "
            f"{agreement.top1:.0%}, tokenization {'equal' if agreement.tokenization else 'DIFFERS'}"
        )
    if not agreement.tokenization or agreement.cosine_mean < _COSINE:
        click.echo(f"{out}: llama.cpp does not compute what the checkpoint does; do not ship it", err=True)
        sys.exit(1)
