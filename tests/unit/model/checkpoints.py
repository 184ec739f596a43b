"""Checkpoints in the formats of the families we know, of a few kilobytes; their tokenizers are real."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

LLAMA = {"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 4096, "num_attention_heads": 32,
         "num_key_value_heads": 8, "num_hidden_layers": 4}  # fmt: skip

TOKENS = {
    "qwen2-coder": ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|fim_middle|>",
                    "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"],
    "deepseek-coder": ["<｜fim▁hole｜>", "<｜fim▁begin｜>", "<｜fim▁end｜>", "<｜begin▁of▁sentence｜>",
                       "<｜end▁of▁sentence｜>", "<|EOT|>"],
    "starcoder2": ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>",
                   "<repo_name>", "<file_sep>"],
    "codellama": ["<unk>", "<s>", "</s>", "▁<SUF>", "▁<PRE>", "▁<MID>", "▁<EOT>"],
    "mistral": ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]"],
    "mistral-v0.1": ["<unk>", "<s>", "</s>"],
    "rtlwright": ["<|endoftext|>", "<|pad|>", "<|spec|>", "<|module|>", "<|fim_prefix|>", "<|fim_suffix|>",
                  "<|fim_middle|>", "<|s0|>", "<|s1|>"],
}  # fmt: skip
_SENTENCEPIECE = {"codellama", "mistral", "mistral-v0.1"}


def tokenizer(family: str) -> Tokenizer:
    """Byte-level BPE or SentencePiece's kind, with the special tokens of the family."""
    if family in _SENTENCEPIECE:
        pieces = ["<unk>", "▁", *(f"<0x{byte:02X}>" for byte in range(256))]
        vocabulary = {piece: index for index, piece in enumerate(pieces)}
        made = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True))
        made.normalizer = normalizers.Replace(" ", "▁")
        made.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
        )
    else:
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        made = Tokenizer(models.BPE({letter: index for index, letter in enumerate(alphabet)}, []))
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in TOKENS[family]])
    return made


def write_checkpoint(
    folder: Path, family: str = "qwen2-coder", config: Mapping[str, Any] | None = None, size: int = 64
) -> Path:
    """A folder that looks like a model of `family`; its weights are zeros."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**LLAMA, **(config or {})}))
    tokenizer(family).save(str(folder / "tokenizer.json"))
    head = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + b"\0" * size)
    if family == "rtlwright":
        (folder / "lexicon.json").write_text('["clk"]')
    return folder


def write_adapter(folder: Path, rank: int = 8, weights: bytes = b"weights", **config: Any) -> Path:
    """What peft's save_pretrained leaves, with weights that are none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank, **config}))
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder
