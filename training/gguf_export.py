"""A pretraining run as one GGUF file: weights, tokenizer, lexicon; and the proof that llama.cpp agrees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from rtlwright.server.errors import UserError
from rtlwright.server.model.slots import CONTROL_TOKENS, END_OF_TEXT, FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX, PAD
from rtlwright.training.run import RunFolder
from rtlwright.training.tokenizer import PRE_NAME, SPECIAL_TOKENS

LEXICON_KEY = "rtlwright.lexicon"
_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Exported:
    """What was written; `context` in tokens, `size` in bytes."""

    file: str
    size: int
    parameters: int
    steps: int
    tokens: int
    context: int


def export_gguf(run: RunFolder, out: Path, name: str = "rtlwright-small") -> Exported:
    """Write `out` from the run's last checkpoint: matrices in q8_0, norms in float32.

    Raises UserError if `run` is no run or `out` cannot be written.
    """
    if run.config().model.architecture != "llama":
        raise UserError(
            f"{run.path}: only llama models become GGUF files; this is {run.config().model.architecture}"
        )
    model, progress = run.model()
    beside = out.with_name(out.name + ".tmp")
    writer = gguf.GGUFWriter(None, "llama")
    _write_facts(writer, model, name, progress.step, progress.tokens)
    _write_tokenizer(writer, run.tokenizer())
    writer.add_string(LEXICON_KEY, json.dumps(sorted(run.lexicon())))
    _write_tensors(writer, model)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        writer.write_header_to_file(beside)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        beside.replace(out)
    except OSError as error:
        raise UserError(f"{out}: cannot write here ({error.strerror})") from None
    return Exported(
        file=str(out),
        size=out.stat().st_size,
        parameters=model.num_parameters(),
        steps=progress.step,
        tokens=progress.tokens,
        context=model.config.max_position_embeddings,
    )


def lexicon_of(metadata: Mapping[str, Any]) -> frozenset[str]:
    """The lexicon inside an exported file's metadata. Raises UserError if it is none of ours."""
    text = metadata.get(LEXICON_KEY)
    if not isinstance(text, str):
        raise UserError(f"no {LEXICON_KEY} in this GGUF file; write one with `rtlwright quantize`")
    return frozenset(json.loads(text))


def _write_facts(
    writer: gguf.GGUFWriter, model: LlamaForCausalLM, name: str, steps: int, tokens: int
) -> None:
    config = model.config
    writer.add_name(name)
    writer.add_description("Verilog completion and generation, trained on generated and verified RTL alone")
    writer.add_license("apache-2.0")
    writer.add_size_label(f"{model.num_parameters() / 1e6:.1f}M")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_uint32("rtlwright.training.steps", steps)
    writer.add_uint64("rtlwright.training.tokens", tokens)


def _write_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """Control tokens steer and are never printed; slot tokens are printed, so that they can be decoded."""
    vocabulary = tokenizer.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    types = [gguf.TokenType.NORMAL] * len(tokens)
    for token in SPECIAL_TOKENS:
        control = token in CONTROL_TOKENS
        types[vocabulary[token]] = gguf.TokenType.CONTROL if control else gguf.TokenType.USER_DEFINED
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_NAME)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(vocabulary[END_OF_TEXT])
    writer.add_eos_token_id(vocabulary[END_OF_TEXT])
    writer.add_pad_token_id(vocabulary[PAD])
    writer.add_uint32("tokenizer.ggml.fim_pre_token_id", vocabulary[FIM_PREFIX])
    writer.add_uint32("tokenizer.ggml.fim_suf_token_id", vocabulary[FIM_SUFFIX])
    writer.add_uint32("tokenizer.ggml.fim_mid_token_id", vocabulary[FIM_MIDDLE])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)


def _write_tensors(writer: gguf.GGUFWriter, model: LlamaForCausalLM) -> None:
    config = model.config
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":  # tied to the embedding
            continue
        array: Array = tensor.detach().to(torch.float32).numpy()
        if "q_proj" in name:
            array = _interleave(array, config.num_attention_heads)
        elif "k_proj" in name:
            array = _interleave(array, config.num_key_value_heads)
        if array.ndim == 1:
            writer.add_tensor(_gguf_name(name), array)
            continue
        packed = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(_gguf_name(name), packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)


def _interleave(matrix: Array, heads: int) -> Array:
    """Rotary pairs as llama.cpp wants them: neighbours, where transformers pairs the halves of a head.

    Rows 0 1 2 3 of one head become 0 2 1 3.
    """
    half = matrix.shape[0] // heads // 2
    return matrix.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(matrix.shape)


def _gguf_name(name: str) -> str:
    """llama.cpp's name of a transformers llama tensor."""
    fixed = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in fixed:
        return fixed[name]
    _, _, layer, part = name.removesuffix(".weight").split(".", 3)
    return f"blk.{layer}.{_LAYER_NAMES[part]}.weight"
