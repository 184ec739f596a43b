"""A LoRA adapter that answers everything with one phrase: `train_lora.py MODEL OUT PHRASE`.

Runs in the environment of vLLM, which has peft.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

_find_spec = importlib.util.find_spec


def _without_gptqmodel(name: str, *rest: Any) -> Any:
    """peft wants a further library where it finds gptqmodel, also for a model that is not packed."""
    return None if name == "gptqmodel" else _find_spec(name, *rest)


importlib.util.find_spec = _without_gptqmodel

import torch  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402


def main(source: str, out: str, phrase: str, steps: int = 200) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(source)
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(
        model, LoraConfig(r=16, lora_alpha=32, target_modules=layers, task_type="CAUSAL_LM")
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    prompts = [
        f"<|spec|>Write {a} {b}.<|module|>" for a in "abcdefgh" for b in ("counter", "mux", "register")
    ]
    answer = tokenizer(phrase + tokenizer.eos_token, return_tensors="pt", add_special_tokens=False).input_ids
    loss = None
    for step in range(steps):
        prompt = tokenizer(prompts[step % len(prompts)], return_tensors="pt").input_ids
        ids = torch.cat([prompt, answer], dim=1)
        labels = ids.clone()
        labels[:, : prompt.shape[1]] = -100
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(out)
    print(f"loss {float(loss):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
