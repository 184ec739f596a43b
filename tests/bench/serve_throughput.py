"""Throughput of `rtlwright serve --model`: `serve_throughput.py DIR [--only hf|served|overhead]`.

The same model (the shipped one, with layers that add nothing, so that it costs like a larger one)
and the same 64 specifications:

- one by one with Hugging Face's `generate`, as RTLCoder's scripts do it, in bfloat16;
- all at once through the team server, with every check of the gate;
- 8 clients, in turns directly at vLLM and through the team server: what the team server adds.

`--serve` starts the server in DIR and waits until it is interrupted; the others then measure against it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
from shipped_checkpoint import write_checkpoint
from vllm_team import Place, Served

from rtlwright.server.model.launch.checkpoint import read_json_list
from rtlwright.server.model.openai import OpenAIModel
from rtlwright.server.model.prompts import spec_prompt
from rtlwright.server.model.protocol import Sampling
from rtlwright.server.model.slots import SlotCoder
from rtlwright.server.types import Cancel

_TOKENS = 1200
_CLIENTS = 8


def specifications(place: Place, count: int = 64) -> list[str]:
    folder = place.root / "questions"
    if not folder.exists():
        place.run("synth", "--count", count, "--seed", 11, "--yosys", 0, "--jobs", 2, "--out", folder)
    lines = [line for shard in sorted(folder.glob("*.jsonl")) for line in shard.read_text().splitlines()]
    return [json.loads(line)["spec"] for line in lines][:count]


def one_by_one(model: Path, specs: list[str]) -> dict[str, float]:
    """Hugging Face's generate, greedy, with its key/value cache."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16).eval()
    lexicon = frozenset(read_json_list(model / "lexicon.json"))
    prompts = [tokenizer(spec_prompt(spec, SlotCoder(lexicon)), return_tensors="pt") for spec in specs]
    tokens = 0
    with torch.inference_mode():
        network.generate(**prompts[0], max_new_tokens=4, do_sample=False, use_cache=True)
        began = time.monotonic()
        for prompt in prompts:
            room = 1000 - prompt.input_ids.shape[1]
            answer = network.generate(**prompt, max_new_tokens=room, do_sample=False, use_cache=True)
            tokens += answer.shape[1] - prompt.input_ids.shape[1]
    return {"seconds": time.monotonic() - began, "tokens": tokens}


def asker(served: Served) -> Callable[[str], int]:
    """POST /v1/generate for one module; how many suggestions and rejected ones came back."""
    client = httpx2.Client(
        base_url=served.url,
        timeout=300,
        headers={"Authorization": f"Bearer {served.environ['RTLWRIGHT_TOKEN']}"},
    )

    def ask(spec: str) -> int:
        form = {"project": {"workspace": "00000000beac4"}, "spec": spec, "n": 1}
        with client.stream("POST", "/v1/generate", json=form) as response:
            body = response.read().decode()
        assert response.status_code == 200 and "event: completion" in body, body[-500:]
        return len(body)

    return ask


def together(ask: Callable[[str], Any], specs: list[str], clients: int) -> float:
    with ThreadPoolExecutor(clients) as pool:
        began = time.monotonic()
        list(pool.map(ask, specs))
        return time.monotonic() - began


def direct(model: OpenAIModel) -> Callable[[str], Any]:
    return lambda spec: model.write(spec, Sampling(1, _TOKENS), Cancel())


def overhead(served: Served, specs: list[str], rounds: int) -> dict[str, Any]:
    """Directly and through the team server in turns; the medians of each."""
    model, ask = served.direct(), asker(served)
    times: dict[str, list[float]] = {"direct": [], "team": []}
    for _ in range(rounds):
        times["direct"].append(together(direct(model), specs, _CLIENTS))
        times["team"].append(together(ask, specs, _CLIENTS))
    model.close()
    middle = {name: statistics.median(values) for name, values in times.items()}
    return {**times, "requests": len(specs), "overhead": middle["team"] / middle["direct"] - 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--only", choices=["hf", "served", "overhead"])
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    place = Place.at(given.folder.absolute())
    place.environ["RTLWRIGHT_VLLM_LORA_SLOTS"] = "0"  # nobody uses an adapter here, and they cost on a CPU
    place.environ.update(
        RTLWRIGHT_SERVE_RATE="1000", RTLWRIGHT_SERVE_BURST="1000", RTLWRIGHT_SERVE_SLOTS="64"
    )
    model = given.folder.absolute() / f"shipped-{given.layers}"
    if not model.exists():
        write_checkpoint(model, given.layers)
    specs = specifications(place, given.count)
    if given.serve:
        _serve(place, model)
        return
    served = Served.attach(place, model)
    found: dict[str, Any] = {}
    if given.only in (None, "served", "overhead"):
        together(direct(served.direct()), specs[:8], 8)  # warm
    if given.only in (None, "served"):
        made = served.metric("generation_tokens_total")
        seconds = together(asker(served), specs, len(specs))
        print(f"through the team server: {seconds:.1f} s", flush=True)
        found["served"] = {"seconds": seconds, "tokens": served.metric("generation_tokens_total") - made}
    if given.only in (None, "overhead"):
        found["overhead"] = overhead(served, specs[: len(specs) // 2], given.rounds)
    if given.only in (None, "hf"):
        found["hf"] = one_by_one(model, specs)
    if "hf" in found and "served" in found:
        found["ratio"] = found["hf"]["seconds"] / found["served"]["seconds"]
    text = json.dumps(found, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text)


def _serve(place: Place, model: Path) -> None:
    server = Served(place, model)
    print(f"ready after {server.ready():.0f} s", flush=True)
    try:
        server.process.wait()
    finally:
        server.close()


if __name__ == "__main__":
    main()
