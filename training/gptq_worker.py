"""Quantizes where gptqmodel is: `python gptq_worker.py JOB.json`, the result as the last line.

Imports nothing of rtlwright, which is not installed there. The job: `model`, `out`, `bits`, `group_size`,
`desc_act`, `sym`, `calibration` and `held_out` (lists of texts), `length` (tokens of a text at most).
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("GPTQMODEL_CPU_WORKERS", str(max(2, len(os.sched_getaffinity(0)))))
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def main(job: dict[str, Any]) -> dict[str, Any]:
    import torch
    from gptqmodel import GPTQModel, QuantizeConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    tokenizer = AutoTokenizer.from_pretrained(job["model"])

    def encode(texts: list[str]) -> list[Any]:
        rows = (tokenizer(text, return_tensors="pt").input_ids[:, : job["length"]] for text in texts)
        return [row for row in rows if row.shape[1] > 1]

    held_out = encode(job["held_out"])
    whole = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32).eval()
    before = _perplexity(torch, whole, held_out)
    del whole
    config = QuantizeConfig(
        bits=job["bits"], group_size=job["group_size"], desc_act=job["desc_act"], sym=job["sym"]
    )
    model = GPTQModel.load(job["model"], config, device="cpu")
    rows = [
        {"input_ids": row[0].tolist(), "attention_mask": [1] * row.shape[1]}
        for row in encode(job["calibration"])
    ]
    began = time.monotonic()
    model.quantize(rows, batch_size=1)
    seconds = time.monotonic() - began
    model.save(job["out"])
    tokenizer.save_pretrained(job["out"])
    del model
    packed = GPTQModel.load(job["out"], device="cpu")
    after = _perplexity(torch, packed.model, held_out)
    return {
        "perplexity_before": before,
        "perplexity_after": after,
        "seconds": seconds,
        "rows": len(rows),
        "tokens": sum(len(row["input_ids"]) for row in rows),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _perplexity(torch: Any, model: Any, rows: list[Any]) -> float:
    """exp of the mean negative log-probability of every token but the first of each row."""
    total, count = 0.0, 0
    with torch.no_grad():
        for ids in rows:
            logits = model(input_ids=ids).logits[0, :-1].float()
            picked = logits.log_softmax(-1).gather(-1, ids[0, 1:, None])
            total -= float(picked.sum())
            count += int(picked.numel())
    return math.exp(total / max(1, count))


if __name__ == "__main__":
    result = main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print("\n" + json.dumps(result), flush=True)
    os._exit(0)  # worker threads of the quantizer may never end
