"""A checkpoint in AutoGPTQ's format: what it is calibrated with, the quantizer as a process, the report.

auto-gptq itself is archived and does not run with current libraries; gptqmodel, its maintained successor,
writes the same format. It wants libraries of its own, so it runs in the environment of `make vllm-cpu` unless
this one has it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rtlwright.server.errors import MissingError, UserError
from rtlwright.server.model.launch.checkpoint import Checkpoint, read_checkpoint, read_json, read_json_list
from rtlwright.server.model.launch.environment import INSTALL_CPU, cpu_environment
from rtlwright.server.model.launch.weights import weight_files
from rtlwright.server.model.profiles import Profile, profile_named, recognize
from rtlwright.server.model.prompts import FimOrder, fim_prompt, spec_prompt
from rtlwright.server.model.slots import END_OF_TEXT, SlotCoder
from rtlwright.training.fim import draw_cut
from rtlwright.training.rows import Row, read_rows

_HELD_OUT = 64
_LENGTH = 2048


@dataclass(frozen=True)
class GptqSettings:
    """As AutoGPTQ calls them."""

    bits: int = 4
    group_size: int = 128
    desc_act: bool = False
    """Columns in the order of their activations: more exact, slower to serve."""
    sym: bool = True
    rows: int = 256
    """Specifications to calibrate with."""


@dataclass(frozen=True)
class GptqReport:
    """Perplexities are over rows not calibrated with; sizes in bytes, `seconds` of quantizing alone."""

    out: str
    settings: GptqSettings
    perplexity_before: float
    perplexity_after: float
    size_before: int
    size_after: int
    seconds: float
    rows: int
    tokens: int
    memory_mb: float


def quantize_gptq(
    source: Path,
    data: Path,
    out: Path,
    settings: GptqSettings,
    profile: str | None,
    log: Callable[[str], None],
) -> GptqReport:
    """Write a GPTQ checkpoint of `source` into `out`, which must not be there yet.

    Raises:
        UserError: bad model or rows, a group size that does not fit, or the quantizer failed.
        MissingError: there is no gptqmodel.
    """
    checkpoint = read_checkpoint(str(source))
    _check(checkpoint, source, out, settings)
    python = _python()
    texts = calibration_texts(checkpoint, list(read_rows(data, settings.rows + _HELD_OUT)), profile)
    if len(texts) < 8:
        raise UserError(
            f"{data}: {len(texts)} rows are too few to calibrate with; write more with `rtlwright synth`"
        )
    spare = len(texts) - settings.rows
    held_out = min(_HELD_OUT, spare) if spare >= 8 else len(texts) // 4
    beside = out.with_name(out.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    job = {
        "model": os.path.abspath(checkpoint.source),  # noqa: PTH100 - the quantizer runs in another folder
        "out": os.path.abspath(beside),  # noqa: PTH100
        "bits": settings.bits,
        "group_size": settings.group_size,
        "desc_act": settings.desc_act,
        "sym": settings.sym,
        "calibration": texts[held_out : held_out + settings.rows],
        "held_out": texts[:held_out],
        "length": min(_LENGTH, checkpoint.trained_context or _LENGTH),
    }
    result = _run(python, job, log)
    _finish(Path(checkpoint.source), beside, settings)
    beside.replace(out)
    sizes = (
        sum(file.stat().st_size for file in weight_files(folder)) for folder in (Path(checkpoint.source), out)
    )
    before, after = sizes
    return GptqReport(str(out), settings, size_before=before, size_after=after, **result)


def calibration_texts(checkpoint: Checkpoint, rows: list[Row], profile: str | None = None) -> list[str]:
    """Each row as the model will see such text in use: half as specification and module, half with a hole."""
    if checkpoint.lexicon and profile is None:
        lexicon = frozenset(read_json_list(Path(checkpoint.source) / "lexicon.json"))
        return [_slot_text(row, lexicon, index) for index, row in enumerate(rows)]
    family = profile_named(profile) if profile else recognize(checkpoint.name, checkpoint.vocabulary)
    return [_family_text(row, family, index) for index, row in enumerate(rows)]


def _slot_text(row: Row, lexicon: frozenset[str], index: int) -> str:
    coder = SlotCoder(lexicon)
    if index % 2:
        cut = draw_cut(row.module, Random(row.id))
        prompt = fim_prompt(cut.prefix, cut.suffix, coder, FimOrder.SPM)
        return prompt + coder.encode_answer(cut.middle) + END_OF_TEXT
    return spec_prompt(row.spec, coder) + coder.encode_answer(row.module.strip() + "\n") + END_OF_TEXT


def _family_text(row: Row, family: Profile, index: int) -> str:
    if index % 2 and family.fim:
        cut = draw_cut(row.module, Random(row.id))
        return family.fim_prompt(cut.prefix, cut.suffix) + cut.middle
    return family.spec_prompt(row.spec) + row.module


def _check(checkpoint: Checkpoint, source: Path, out: Path, settings: GptqSettings) -> None:
    if not checkpoint.local:
        raise UserError(f"{source}: no such folder; a checkpoint on this machine is needed")
    if checkpoint.quantization:
        raise UserError(
            f"{source}: packed already ({checkpoint.quantization}); quantize the model it was made from"
        )
    if out.exists():
        raise UserError(f"{out}: is there already; give another --out")
    config = read_json(Path(checkpoint.source) / "config.json")
    for name in ("hidden_size", "intermediate_size"):
        width = config.get(name)
        if settings.group_size > 0 and isinstance(width, int) and width % settings.group_size:
            raise UserError(
                f"--group-size {settings.group_size} does not divide the model's {name}, {width}; try 32"
            )


def _python() -> Path:
    if importlib.util.find_spec("gptqmodel") is not None:
        return Path(sys.executable)
    own = cpu_environment()
    if own is not None and any(own.glob("lib/python3*/site-packages/gptqmodel")):
        return own / "bin/python"
    raise MissingError(f"GPTQ needs gptqmodel, which is not installed; beside vLLM for CPUs: {INSTALL_CPU}")


def _run(python: Path, job: dict[str, Any], log: Callable[[str], None]) -> dict[str, Any]:
    worker = Path(__file__).with_name("gptq_worker.py")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps(job), "utf-8")
        process = subprocess.Popen(
            [str(python), str(worker), str(file)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True, cwd=folder,
            env={**os.environ, "NO_COLOR": "1", "TMPDIR": folder},  # it leaves logs and weights behind
        )  # fmt: skip
        try:
            last = _follow(process, log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    try:
        result: dict[str, Any] = json.loads(last[-1])
    except (ValueError, IndexError):
        reason = next(
            (line for line in reversed(last) if "Error" in line), last[-1] if last else "it said nothing"
        )
        raise UserError(f"the quantizer failed (status {process.returncode}): {reason[:300]}") from None
    return result


def _follow(process: subprocess.Popen[str], log: Callable[[str], None]) -> list[str]:
    """Its last lines; `log` gets a word on each layer."""
    last: list[str] = []
    for line in _lines(process):
        last = [*last[-40:], line]
        if "Quantizing" in line and "layer" in line.lower():
            log(line[:120])
    return last


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip():
            yield line.strip()


def _finish(source: Path, out: Path, settings: GptqSettings) -> None:
    """What serving needs beside the weights: the word list, and the settings where AutoGPTQ put them."""
    for name in ("lexicon.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        if (source / name).is_file():
            shutil.copyfile(source / name, out / name)
    if not (out / "quantize_config.json").is_file():
        beside = {
            "bits": settings.bits, "group_size": settings.group_size, "desc_act": settings.desc_act,
            "sym": settings.sym, "quant_method": "gptq", "checkpoint_format": "gptq",
        }  # fmt: skip
        (out / "quantize_config.json").write_text(json.dumps(beside, indent=1), "utf-8")
    if read_checkpoint(str(out)).quantization != "gptq":
        raise UserError(f"{out}: the quantizer wrote no GPTQ checkpoint")
