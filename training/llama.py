"""The network, its loss, and what makes both fast on a CPU."""

from __future__ import annotations

import ctypes
import functools

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name
from torch import Tensor
from transformers import AttentionInterface, LlamaConfig, LlamaForCausalLM

from rtlwright.server.model.slots import END_OF_TEXT, PAD
from rtlwright.training.config import ModelShape
from rtlwright.training.tokenizer import SPECIAL_TOKENS

_CHUNK = 128
_CHUNKED = "rtlwright_chunked"


def build_model(shape: ModelShape, vocabulary: int, device: torch.device) -> LlamaForCausalLM:
    """A llama with fresh weights, in float32, on `device`."""
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.hidden // shape.heads,
        max_position_embeddings=shape.context,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        bos_token_id=SPECIAL_TOKENS.index(END_OF_TEXT),
        eos_token_id=SPECIAL_TOKENS.index(END_OF_TEXT),
        pad_token_id=SPECIAL_TOKENS.index(PAD),
        attn_implementation="sdpa" if device.type == "cuda" or shape.kv_heads != shape.heads else _CHUNKED,
        use_cache=False,
    )
    return LlamaForCausalLM(config).to(device)


def weighted_loss(logits: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of each next token, averaged with the weights of the tokens that are predicted.

    `logits` [n, t, vocabulary], `ids` [n, t], `weights` [n, t]; `weights[:, i]` belongs to predicting
    `ids[:, i]`, so `weights[:, 0]` counts nothing. Cross-entropies 2.0, 1.0 for the tokens 1 and 2 with
    weights 0.1 and 1.0 give (0.2 + 1.0) / 1.1 = 1.0909.
    """
    # Shifting the targets rather than cutting the logits saves a copy of the largest tensor there is.
    targets = ids.roll(-1, dims=1)
    shifted = weights.roll(-1, dims=1)
    shifted[:, -1] = 0.0
    losses = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
    return (losses * shifted.flatten()).sum() / shifted.sum().clamp(min=1e-9)


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the machine computes with it, else a context that changes nothing."""
    if device.type == "cuda":
        usable = torch.cuda.is_bf16_supported()
    else:
        usable = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=usable)


def keep_freed_memory() -> None:
    """Tell glibc to reuse large blocks: giving them back costs a page fault per 4 KiB in every step."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        for parameter, value in ((-3, 1 << 30), (-1, (1 << 31) - 1), (-2, 1 << 26)):
            libc.mallopt(parameter, value)  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD
    except (OSError, AttributeError):  # another C library
        return


@functools.cache
def _causal(rows: int, columns: int, dtype: torch.dtype) -> Tensor:
    """Additive mask [rows, columns] of the last `rows` queries."""
    mask = torch.full((rows, columns), float("-inf"), dtype=dtype)
    return mask.triu(columns - rows + 1)


def _chunked_attention(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: object, **options: object
) -> tuple[Tensor, None]:
    """Causal attention in blocks of queries, by batched matrix products: 1.5 times torch's on AVX-512.

    Shapes [batch, heads, tokens, head]; returns [batch, tokens, heads, head]. No padding mask.
    """
    batch, heads, length, head = query.shape
    with torch.autocast("cpu", enabled=False):
        query = (query * head**-0.5).to(value.dtype).reshape(batch * heads, length, head)
        key = key.to(value.dtype).reshape(batch * heads, length, head).transpose(1, 2)
        value = value.reshape(batch * heads, length, head)
        parts = []
        for start in range(0, length, _CHUNK):
            end = min(start + _CHUNK, length)
            causal = _causal(end - start, end, value.dtype)
            scores = torch.baddbmm(causal, query[:, start:end], key[:, :, :end])
            parts.append(torch.bmm(scores.softmax(-1), value[:, :end]))
        joined = torch.cat(parts, 1).view(batch, heads, length, head)
    return joined.transpose(1, 2), None


AttentionInterface.register(_CHUNKED, _chunked_attention)
