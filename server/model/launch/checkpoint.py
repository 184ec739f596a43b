"""What the files of a model say about it, as far as serving needs to know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.weights import missing, weight_files

_DEFAULT_CONTEXT = 16384
"""Longer windows cost memory for keys and values and help no completion."""
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A Hugging Face checkpoint, or a name that the server is to fetch (then little is known)."""

    source: str
    """Folder, or name on a hub."""
    architecture: str = ""
    quantization: str | None = None
    """`gptq`, `awq`, `compressed-tensors`, …; None for whole weights."""
    bits: int | None = None
    packing_beside: bool = False
    """Only `quantize_config.json` says so, as with the first checkpoints of AutoGPTQ: vLLM has to be told."""
    trained_context: int | None = None
    heads: int = 1
    kv_heads: int = 1
    layers: int = 1
    weight_bytes: int = 0
    vocabulary: frozenset[str] = frozenset()
    """The special tokens, by which a family is recognized."""
    lexicon: bool = False
    """One of rtlwright's own, with its word list beside it."""

    @property
    def local(self) -> bool:
        return bool(self.architecture)

    @property
    def name(self) -> str:
        """A served name: the folder's, or that of the run around a folder called `model`."""
        path = Path(self.source)
        return path.parent.name if self.local and path.name == "model" and path.parent.name else path.name

    @property
    def context(self) -> int | None:
        return min(self.trained_context, _DEFAULT_CONTEXT) if self.trained_context else None


def read_checkpoint(source: str) -> Checkpoint:
    """The model at a path, or named as `owner/name`.

    Raises:
        UserError: the path is no checkpoint; the message says what is there instead.
    """
    folder = Path(source).expanduser()
    if not folder.exists():
        if source.count("/") == 1 and not source.startswith((".", "/", "~")):
            return Checkpoint(source)
        raise UserError(f"{source}: no such folder; name a Hugging Face checkpoint, or owner/name of a hub")
    folder = folder.absolute()
    if not (folder / "config.json").is_file() or not weight_files(folder):
        inner = folder / "model"
        if (inner / "config.json").is_file() and weight_files(inner):  # the folder of a training run
            return read_checkpoint(str(inner))
        raise UserError(f"{source}: {_instead(folder)}")
    problem = missing(folder)
    if problem:
        raise UserError(f"{folder}: {problem}; is the download complete?")
    return _read(folder)


def _read(folder: Path) -> Checkpoint:
    config = read_json(folder / "config.json")
    text = config.get("text_config") if isinstance(config.get("text_config"), dict) else config
    quantization = config.get("quantization_config")
    beside = folder / "quantize_config.json"  # where AutoGPTQ wrote it, before transformers had an entry
    told = isinstance(quantization, dict)
    if not told and beside.is_file():
        quantization = {"quant_method": "gptq", **read_json(beside)}
    quantization = quantization if isinstance(quantization, dict) else {}
    heads = _number(text, "num_attention_heads") or 1
    return Checkpoint(
        source=str(folder),
        architecture=str((config.get("architectures") or [config.get("model_type", "unknown")])[0]),
        quantization=_method(quantization),
        bits=_number(quantization, "bits") or _number(quantization, "w_bit"),
        packing_beside=bool(quantization) and not told,
        trained_context=_number(text, "max_position_embeddings"),
        heads=heads,
        kv_heads=_number(text, "num_key_value_heads") or heads,
        layers=_number(text, "num_hidden_layers") or 1,
        weight_bytes=sum(file.stat().st_size for file in weight_files(folder)),
        vocabulary=special_tokens(folder),
        lexicon=(folder / "lexicon.json").is_file(),
    )


def special_tokens(folder: Path) -> frozenset[str]:
    """Added and special tokens of a tokenizer's files; empty where they cannot be read."""
    found: set[str] = set()
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        try:
            data = read_json(folder / name) if (folder / name).is_file() else {}
        except UserError:
            continue
        found |= _tokens_of(name, data)
    return frozenset(found)


def _tokens_of(name: str, data: dict[str, Any]) -> set[str]:
    if name == "added_tokens.json":
        return set(data)
    if name == "tokenizer.json":
        listed = data.get("added_tokens")
        found = {str(t["content"]) for t in listed or () if isinstance(t, dict) and "content" in t}
        model = data.get("model")
        vocabulary = model.get("vocab") if isinstance(model, dict) else None
        # Llama's family keeps the tokens of its infilling in the vocabulary, not among the added ones.
        pieces = vocabulary if isinstance(vocabulary, dict) else (p[0] for p in vocabulary or () if p)
        return found | {str(piece) for piece in pieces if "<" in str(piece) or "[" in str(piece)}
    decoder = data.get("added_tokens_decoder")
    found = {str(t["content"]) for t in (decoder or {}).values() if isinstance(t, dict) and "content" in t}
    extra = data.get("additional_special_tokens") or data.get("extra_special_tokens")
    for value in [*data.values(), *(extra if isinstance(extra, list) else ())]:
        token = value.get("content") if isinstance(value, dict) else value
        if isinstance(token, str) and len(token) < 40 and token[:1] in ("<", "[", "▁"):
            found.add(token)
    return found


def read_json(file: Path) -> dict[str, Any]:
    """An object. Raises `UserError` that names the file."""
    data = _parse(file)
    if not isinstance(data, dict):
        raise UserError(f"{file}: a JSON object was expected")
    return data


def read_json_list(file: Path) -> list[str]:
    """A list of strings. Raises `UserError` that names the file."""
    data = _parse(file)
    if not isinstance(data, list) or not all(isinstance(word, str) for word in data):
        raise UserError(f"{file}: a JSON list of words was expected")
    return data


def _parse(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise UserError(f"{file}: not valid JSON; is the download complete?") from None


def _instead(folder: Path) -> str:
    if folder.is_file():
        kind = (
            "a GGUF file: the embedded engine runs it (model.path)" if folder.suffix == ".gguf" else "a file"
        )
        return f"{kind}; vLLM takes the folder of a Hugging Face checkpoint"
    if (folder / "adapter_config.json").is_file():
        return "a LoRA adapter; serve its base model, then `rtlwright promote` it"
    if (folder / "config.json").is_file():
        return "config.json but no weights (*.safetensors) here; is the download complete?"
    return "no Hugging Face checkpoint here (config.json and *.safetensors)"


def _method(quantization: dict[str, Any]) -> str | None:
    method = quantization.get("quant_method")
    return (
        str(method).lower().replace("_", "-") if method else ("gptq" if "desc_act" in quantization else None)
    )


def _number(data: dict[str, Any] | Any, key: str) -> int | None:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
