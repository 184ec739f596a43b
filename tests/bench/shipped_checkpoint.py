"""The shipped model as a checkpoint that vLLM and transformers can run: `shipped_checkpoint.py OUT`.

`--layers N` adds layers that change nothing (they add zero), `--feed-forward N` widens every layer with units
that do nothing: the same answers at the price of a larger model.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from rtlwright.server.model.embedded import shipped_model
from rtlwright.server.model.slots import END_OF_TEXT, PAD
from rtlwright.training.config import ModelShape
from rtlwright.training.gguf_export import _LAYER_NAMES, LEXICON_KEY
from rtlwright.training.llama import build_model
from rtlwright.training.tokenizer import PRE_REGEX, SPECIAL_TOKENS


def write_checkpoint(out: Path, layers: int | None = None, feed_forward: int | None = None) -> Path:
    reader = gguf.GGUFReader(shipped_model())
    facts = {name: field.contents() for name, field in reader.fields.items()}
    shape = ModelShape(
        layers=max(layers or 0, facts["llama.block_count"]),
        hidden=facts["llama.embedding_length"],
        heads=facts["llama.attention.head_count"],
        kv_heads=facts["llama.attention.head_count_kv"],
        feed_forward=max(feed_forward or 0, facts["llama.feed_forward_length"]),
        context=facts["llama.context_length"],
        rope_theta=facts["llama.rope.freq_base"],
    )
    tokens = facts["tokenizer.ggml.tokens"]
    torch.manual_seed(0)
    model = build_model(shape, len(tokens), torch.device("cpu"))
    state = model.state_dict()
    for tensor in reader.tensors:
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        given = torch.from_numpy(_order(tensor.name, array, shape).copy())
        wanted = state[_name(tensor.name)].zero_()
        wanted[tuple(slice(size) for size in given.shape)] = given
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    for layer in range(facts["llama.block_count"], shape.layers):
        for part in ("self_attn.o_proj", "mlp.down_proj"):
            state[f"model.layers.{layer}.{part}.weight"].zero_()
    model.load_state_dict(state)
    model.to(torch.bfloat16).save_pretrained(out)
    _tokenizer(tokens, facts["tokenizer.ggml.merges"]).save(str(out / "tokenizer.json"))
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END_OF_TEXT, "pad_token": PAD}
    (out / "tokenizer_config.json").write_text(json.dumps(kind))
    (out / "lexicon.json").write_text(facts[LEXICON_KEY])
    return out


def _name(name: str) -> str:
    fixed = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    if name in fixed:
        return fixed[name]
    _, layer, part, _ = name.split(".")
    theirs = next(ours for ours, short in _LAYER_NAMES.items() if short == part)
    return f"model.layers.{layer}.{theirs}.weight"


def _order(name: str, array: np.ndarray, shape: ModelShape) -> np.ndarray:
    """Rotary pairs as halves of a head again, where llama.cpp has neighbours."""
    heads = {"attn_q": shape.heads, "attn_k": shape.kv_heads}.get(name.split(".")[-2])
    if heads is None:
        return array
    half = array.shape[0] // heads // 2
    return array.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(array.shape)


def _tokenizer(tokens: list[str], merges: list[str]) -> Tokenizer:
    vocabulary = {token: index for index, token in enumerate(tokens)}
    made = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ", 1)) for merge in merges]))
    split = pre_tokenizers.Split(Regex(PRE_REGEX), behavior="isolated")
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = pre_tokenizers.Sequence([split, plain])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--feed-forward", type=int)
    given = parser.parse_args()
    print(write_checkpoint(given.out, given.layers, given.feed_forward))
