"""The command that starts vLLM: what the model and the machine call for, then what the configuration says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtlwright.server.config import VllmConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.checkpoint import Checkpoint
from rtlwright.server.model.launch.environment import Environment
from rtlwright.server.model.launch.hardware import Hardware

_NGRAM = {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 5, "prompt_lookup_min": 2}
_CPU_FLAGS: Mapping[str, str | None] = {"--enforce-eager": None, "--block-size": "32", "--dtype": "bfloat16"}
"""Measured on vLLM 0.32: blocks of 16 tokens crash, of 128 (the default) make prefix reuse coarse."""
_OURS = frozenset({"--host", "--port", "--api-key", "--model", "--served-model-name"})
"""What the supervisor has to know; there are settings for them."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, and what was chosen for which reason."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Added to the environment of this process."""
    notes: tuple[str, ...] = ()

    def shell(self) -> str:
        """As one can type it."""
        return shlex.join([*(f"{k}={v}" for k, v in self.env.items()), *self.argv])


def build_command(
    checkpoint: Checkpoint, environment: Environment, hardware: Hardware, config: VllmConfig, port: int
) -> Command:
    """The argv and environment of vLLM for this model on this machine.

    Raises:
        UserError: a setting does not fit the machine or the model.
    """
    name = config.name or checkpoint.name
    flags: dict[str, str | None] = {
        "--model": checkpoint.source,
        "--served-model-name": name,
        "--host": "127.0.0.1",
        "--port": str(port),
        "--enable-prefix-caching": None,
        "--generation-config": "vllm",  # the model's own sampling defaults would change what we ask for
        "--disable-uvicorn-access-log": None,
        "--stream-interval": "16",  # nobody sees half an answer; an event costs more than a token
    }
    context = config.context or checkpoint.context
    if context is not None:
        flags["--max-model-len"] = str(context)
    quantization = config.quantization or (checkpoint.quantization if checkpoint.packing_beside else None)
    if quantization:  # what config.json says, vLLM reads itself, and picks the fastest kernel
        flags["--quantization"] = quantization
    if config.lora_slots:
        flags |= {"--enable-lora": None, "--max-loras": str(config.lora_slots)}
        flags |= {"--max-cpu-loras": str(max(8, config.lora_slots)), "--max-lora-rank": str(config.lora_rank)}
    gpus = bool(hardware.gpus) and not environment.cpu_build
    notes = list(_notes(checkpoint, name, context))
    env = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}  # nothing leaves the machine
    if config.lora_slots:
        env["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "True"
    if gpus or config.ray:
        flags |= _gpu_flags(checkpoint, hardware, config, notes)
    else:
        flags |= _CPU_FLAGS
        env |= _cpu_env(environment, hardware, config)
        cores, space = env["VLLM_CPU_OMP_THREADS_BIND"], env["VLLM_CPU_KVCACHE_SPACE"]
        notes.append(f"no GPU: on the cores {cores}, {space} GiB of keys and values")
    if config.speculate == "ngram" or (config.speculate == "auto" and gpus):
        flags["--speculative-config"] = json.dumps(_NGRAM, separators=(",", ":"))
    argv = [str(environment.python), "-m", "vllm.entrypoints.openai.api_server", *_with(flags, config.args)]
    return Command(tuple(argv), {**env, **config.env}, tuple(notes))


def _notes(checkpoint: Checkpoint, name: str, context: int | None) -> list[str]:
    packed = checkpoint.quantization
    weights = (
        f"{packed}{f', {checkpoint.bits} bits' if checkpoint.bits else ''}" if packed else "whole weights"
    )
    size = f", {checkpoint.weight_bytes / 2**30:.1f} GiB" if checkpoint.weight_bytes else ""
    said = f"{checkpoint.architecture}, {weights}{size}" if checkpoint.local else "fetched from its hub"
    return [f"{name}: {said}, context {context or 'as the model says'}"]


def _gpu_flags(
    checkpoint: Checkpoint, hardware: Hardware, config: VllmConfig, notes: list[str]
) -> dict[str, str | None]:
    count = max(1, len(hardware.gpus))
    tensor = config.tensor_parallel or tensor_parallel(checkpoint, count)
    pipeline = config.pipeline_parallel or 1
    if not config.ray and tensor * pipeline > count:
        raise UserError(
            f"vllm.tensor_parallel × vllm.pipeline_parallel is {tensor * pipeline}, but this machine has "
            f"{count} GPU(s); lower them, or set vllm.ray = true for the GPUs of a Ray cluster"
        )
    if checkpoint.heads % tensor:
        raise UserError(
            f"vllm.tensor_parallel = {tensor} does not divide the model's {checkpoint.heads} heads"
        )
    if (
        config.pipeline_parallel is None
        and not config.ray
        and not _fits(checkpoint, hardware, tensor, config)
    ):
        pipeline = max(1, min(count // tensor, checkpoint.layers))
    flags: dict[str, str | None] = {"--gpu-memory-utilization": f"{config.gpu_memory:g}"}
    if tensor > 1:
        flags["--tensor-parallel-size"] = str(tensor)
    if pipeline > 1:
        flags["--pipeline-parallel-size"] = str(pipeline)
    if config.ray:
        flags["--distributed-executor-backend"] = "ray"
    used = (
        f"{tensor * pipeline} of {count} GPUs"
        if not config.ray
        else f"{tensor * pipeline} GPUs of the Ray cluster"
    )
    notes.append(f"{used}: layers split {tensor} ways, dealt out to {pipeline}")
    return flags


def tensor_parallel(checkpoint: Checkpoint, gpus: int) -> int:
    """The most GPUs that one layer can be split among: heads have to come out even.

    >>> tensor_parallel(Checkpoint("x", heads=28, kv_heads=4), 8)
    4
    >>> tensor_parallel(Checkpoint("x", heads=32, kv_heads=8), 3)
    2
    """
    if not checkpoint.local and checkpoint.heads == 1:
        return gpus  # nothing is known of it
    for count in range(gpus, 1, -1):
        shared = checkpoint.kv_heads % count == 0 or count % checkpoint.kv_heads == 0
        if checkpoint.heads % count == 0 and shared:
            return count
    return 1


def _fits(checkpoint: Checkpoint, hardware: Hardware, gpus: int, config: VllmConfig) -> bool:
    """With a quarter of the memory left for keys, values and activations."""
    room = min(gpu.memory_mb for gpu in hardware.gpus) * gpus * config.gpu_memory * 0.75
    return checkpoint.weight_bytes / 2**20 <= room


def _cpu_env(environment: Environment, hardware: Hardware, config: VllmConfig) -> dict[str, str]:
    """vLLM's own choice of cores leaves one for other things, which is half of two."""
    space = config.kv_cache_gb or max(1, min(16, hardware.free_memory_mb // 5 // 1024))
    env = {
        "VLLM_CPU_KVCACHE_SPACE": str(space),
        "VLLM_CPU_OMP_THREADS_BIND": config.cores or hardware.core_list,
    }
    openmp = environment.python.parent.parent / "lib" / "libiomp5.so"
    if openmp.is_file():
        env["LD_PRELOAD"] = str(openmp)
    return env


def _with(flags: Mapping[str, str | None], args: Sequence[str]) -> list[str]:
    """Ours, as far as `args` does not name them, then `args`.

    >>> _with({"--a": "1", "--b": None}, ["--a=2", "--no-b", "--c", "x"])
    ['--a=2', '--no-b', '--c', 'x']
    """
    named = {arg.partition("=")[0] for arg in args if arg.startswith("--")}
    forbidden = sorted(named & _OURS)
    if forbidden:
        setting = {"--served-model-name": "vllm.name", "--port": "vllm.port"}.get(forbidden[0])
        raise UserError(
            f"vllm.args: {forbidden[0]} is not for vllm.args" + (f"; set {setting}" if setting else "")
        )
    gone = named | {"--" + name.removeprefix("--no-") for name in named if name.startswith("--no-")}
    kept = [[flag] if value is None else [flag, value] for flag, value in flags.items() if flag not in gone]
    return [part for pair in kept for part in pair] + list(args)
