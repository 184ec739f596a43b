"""Does llama.cpp compute from the exported file what transformers computes from the checkpoint?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from rtlwright.server.model.prompts import fim_prompt, spec_prompt
from rtlwright.server.model.slots import SlotCoder
from rtlwright.training.llama_cpp import LlamaCpp
from rtlwright.training.run import RunFolder
from rtlwright.training.tokenizer import encode

_SPECS = (
    "Design a 4-bit up counter named tick_counter with clock clk, synchronous reset rst and output count.",
    "Write a module vote3 with inputs a, b, c and output y, the majority of the three.",
    "Module gray_conv: an 8-bit binary input bin_val, output gray_val in Gray code.",
)
_MODULE = """module rx_edge_latch (
  input  logic       clk_sys,
  input  logic       rst_n,
  input  logic [7:0] rx_word,
  output logic [7:0] rx_held
);
  always_ff @(posedge clk_sys or negedge rst_n) begin
    if (!rst_n) rx_held <= 8'h00;
    else rx_held <= rx_word ^ {8{1'b1}};
  end
endmodule
"""
_SIGNS = "\t\r\n  \n\n  // näïve ↦ 数 'd12 8'hFF 16'sd3 it's `define X 1.5e3 a_b$c --> <<< >>> \\esc ;\n;\n"


@dataclass(frozen=True)
class Agreement:
    """Over `prompts` next-token distributions; `cosine` of logits centred at zero, the mean and the worst."""

    prompts: int
    cosine_mean: float
    cosine_min: float
    top1: float
    tokenization: bool


def check_prompts(lexicon: frozenset[str]) -> list[str]:
    """Prompts of every kind: specifications, middles at each line, and odd signs."""
    prompts = [spec_prompt(spec, SlotCoder(lexicon)) for spec in _SPECS]
    lines = _MODULE.splitlines(keepends=True)
    for cut in range(1, len(lines)):
        prefix, suffix = "".join(lines[:cut]), "".join(lines[cut:])
        prompts.append(fim_prompt(prefix, suffix, SlotCoder(lexicon, offset=cut)))
    return [*prompts, spec_prompt(_SIGNS, SlotCoder(lexicon)), *(p + "module" for p in prompts[:3])]


def check_gguf(run: RunFolder, file: Path) -> Agreement:
    """Compare `file` with the run's checkpoint. Tokenization must be equal; logits may differ by rounding."""
    model, _ = run.model()
    tokenizer = run.tokenizer()
    prompts = check_prompts(run.lexicon())
    cosines, same = [], []
    with LlamaCpp(file, context=model.config.max_position_embeddings) as engine:
        equal = all(engine.tokenize(text) == encode(tokenizer, text) for text in prompts)
        for prompt in prompts:
            ours = reference_log_probabilities(model, tokenizer, prompt)
            theirs = engine.log_probabilities(prompt, model.config.vocab_size)
            cosines.append(_centred_cosine(ours, theirs))
            same.append(int(ours.argmax()) == int(theirs.argmax()))
    return Agreement(
        prompts=len(prompts),
        cosine_mean=float(np.mean(cosines)),
        cosine_min=float(np.min(cosines)),
        top1=float(np.mean(same)),
        tokenization=equal,
    )


@torch.no_grad()
def reference_log_probabilities(
    model: LlamaForCausalLM, tokenizer: Tokenizer, prompt: str
) -> npt.NDArray[np.float32]:
    """What `LlamaCpp.log_probabilities` should give, by transformers in float32."""
    ids = torch.tensor([encode(tokenizer, prompt)])
    array: npt.NDArray[np.float32] = model(input_ids=ids).logits[0, -1].log_softmax(-1).numpy()
    return array


def _centred_cosine(one: npt.NDArray[np.float32], two: npt.NDArray[np.float32]) -> float:
    """Cosine of two vectors that are known up to a constant each."""
    a, b = one - one.mean(), two - two.mean()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12))
