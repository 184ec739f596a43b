"""Throughput of `rtlwright serve --model`, in pieces: `serve_throughput.py DIR PIECE…`.

The same model (the shipped one, with parts that add nothing, so that it costs like one of 55 million
parameters) and the same 64 specifications:

- `hf` or `hf:0:16`: one by one with Hugging Face's `generate`, as RTLCoder's scripts do it, in bfloat16;
- `nods`: all at once through a team server whose gate lets all pass, since `generate` checks nothing either;
- `team`: all at once through the team server, with every check of the gate;
- `clients`: 8 clients, in turns at vLLM itself (`unchecked`), through a team server whose gate lets all pass
  (`nods`), at vLLM with the client's own gate (`checked`, as `rtlwright generate --engine URL` does it), and
  through the team server as it is (`team`). What the team server adds is the second over the first where
  nothing is checked, the last over the third where all is; what checking adds is the third over the first.
  Only specifications whose first answer passes, so that all of them write the same tokens.

`--serve` starts the server in DIR and waits until it is interrupted; pieces measure against it, and are kept
in DIR/pieces.jsonl. `--report` prints what they come to: run pieces while nothing else runs, several short
ones rather than a long one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from vllm_team import KEY, Place, Served

from rtlwright.server.config import Config
from rtlwright.server.local import LocalService
from rtlwright.server.model.launch.checkpoint import read_json_list
from rtlwright.server.model.prompts import spec_prompt
from rtlwright.server.model.protocol import Sampling
from rtlwright.server.model.slots import SlotCoder
from rtlwright.server.parts import Parts
from rtlwright.server.types import Cancel, GenerateRequest

_TOKENS = 1200
_CLIENTS = 8
_UNHURRIED = {"generate": {"deadline_s": 120.0}, "feedback": {"capture": "off"}}


class Bench:
    """What is measured, and where it is kept."""

    def __init__(self, place: Place, model: Path, count: int):
        self.place, self.model = place, model
        self.specs = specifications(place, count)
        self._file = place.root / "pieces.jsonl"
        self._passing = place.root / "passing.json"
        """Specifications whose first answer passed: written by `team`, for `clients`."""

    def keep(self, what: str, **found: Any) -> None:
        line = {"what": what, **found}
        print(json.dumps(line), flush=True)
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def kept(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._file.read_text().splitlines()]

    def hf(self, first: int, last: int) -> None:
        """Hugging Face's generate, greedy, with its key/value cache.

        Only on a machine that does nothing else: its threads spin while they wait for one another. Asleep
        (`OMP_WAIT_POLICY=passive`) they are half as fast on a quiet machine.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.model)
        network = AutoModelForCausalLM.from_pretrained(self.model, dtype=torch.bfloat16).eval()
        coder = SlotCoder(frozenset(read_json_list(self.model / "lexicon.json")))
        chosen = self.specs[first:last]
        prompts = [tokenizer(spec_prompt(spec, coder), return_tensors="pt") for spec in chosen]
        with torch.inference_mode():
            network.generate(**prompts[0], max_new_tokens=4, do_sample=False, use_cache=True)
            for number, prompt in enumerate(prompts, first):
                room = 1000 - prompt.input_ids.shape[1]
                began, before = time.monotonic(), time.process_time()
                answer = network.generate(**prompt, max_new_tokens=room, do_sample=False, use_cache=True)
                tokens = answer.shape[1] - prompt.input_ids.shape[1]
                spent = {"seconds": time.monotonic() - began, "cpu": time.process_time() - before}
                self.keep("hf", spec=number, tokens=tokens, **spent)

    def team(self, served: Served) -> None:
        ask, good = asker(served), list[str]()

        def noted(spec: str) -> None:
            found = json.loads(ask(spec).rpartition("data: ")[2])
            if found["suggestions"] and not found["rejected"]:
                good.append(spec)

        self._at_once("team", served, noted)
        self._passing.write_text(json.dumps([spec for spec in self.specs if spec in good]))

    def nods(self, served: Served) -> None:
        server = nodding(served)
        try:
            self._at_once("nods", served, asker(server))
        finally:
            server.close()

    def _at_once(self, what: str, served: Served, ask: Callable[[str], Any]) -> None:
        made = served.metric("generation_tokens_total")
        seconds = together(ask, self.specs, len(self.specs))
        tokens = served.metric("generation_tokens_total") - made
        self.keep(what, specs=len(self.specs), seconds=seconds, tokens=tokens)

    def clients(self, served: Served, rounds: int, size: int) -> None:
        with_gate = local(served)
        model = served.direct()
        nods = nodding(served)
        try:
            specs = json.loads(self._passing.read_text())[:size]
            ways: dict[str, Callable[[str], Any]] = {
                "unchecked": lambda spec: model.write(spec, Sampling(1, _TOKENS), Cancel()),
                "nods": asker(nods),
                "checked": lambda spec: with_gate.generate(GenerateRequest(spec, 1), Cancel()),
                "team": asker(served),
            }
            for number in range(rounds):
                turns = list(ways.items())
                start = number % len(turns)
                for name, way in turns[start:] + turns[:start]:
                    made = served.metric("generation_tokens_total")
                    seconds = together(way, specs, _CLIENTS)
                    tokens = served.metric("generation_tokens_total") - made
                    self.keep("clients", way=name, specs=len(specs), seconds=seconds, tokens=tokens)
        finally:
            nods.close()
            with_gate.close()
            model.close()

    def report(self) -> None:
        kept = self.kept()
        latest = {line["spec"]: line for line in kept if line["what"] == "hf"}
        alone = sum(line["tokens"] for line in latest.values()) / max(
            1e-9, sum(line["seconds"] for line in latest.values())
        )
        print(f"generate, {len(latest)} one by one: {alone:.0f} tokens/s")
        for what in ("nods", "team"):
            rates = [line["tokens"] / line["seconds"] for line in kept if line["what"] == what]
            if rates and alone:
                rate = statistics.median(rates)
                print(f"{what}, all at once: {rate:.0f} tokens/s, {rate / alone:.1f} times as many")
        ways: dict[str, list[float]] = {}
        for line in kept:
            if line["what"] == "clients":
                ways.setdefault(line["way"], []).append(line["seconds"])
        middle = {way: statistics.median(times) for way, times in ways.items()}
        for way, times in ways.items():
            print(f"{_CLIENTS} clients, {way:10} {middle[way]:6.2f} s  {[round(each, 2) for each in times]}")
        if len(middle) == 4:
            bare = middle["nods"] / middle["unchecked"] - 1
            print(f"the team server adds {bare:+.1%} where nothing is checked,")
            print(f"{middle['team'] / middle['checked'] - 1:+.1%} where every module is")
            print(f"checking adds {middle['checked'] / middle['unchecked'] - 1:+.1%}")


def specifications(place: Place, count: int) -> list[str]:
    folder = place.root / "questions"
    if not folder.exists():
        place.run("synth", "--count", 64, "--seed", 11, "--yosys", 0, "--jobs", 2, "--out", folder)
    lines = [line for shard in sorted(folder.glob("*.jsonl")) for line in shard.read_text().splitlines()]
    return [json.loads(line)["spec"] for line in lines][:count]


def asker(served: Served) -> Callable[[str], str]:
    """POST /v1/generate for one module; what came back."""
    client = httpx2.Client(
        base_url=served.url,
        timeout=300,
        headers={"Authorization": f"Bearer {served.environ['RTLWRIGHT_TOKEN']}"},
        limits=httpx2.Limits(max_connections=None),
    )

    def ask(spec: str) -> str:
        form = {"project": {"workspace": "00000000beac4"}, "spec": spec, "n": 1}
        with client.stream("POST", "/v1/generate", json=form) as response:
            body = response.read().decode()
        assert response.status_code == 200 and "event: completion" in body, body[-500:]
        return body

    return ask


def nodding(served: Served) -> Served:
    """A second team server in front of the same vLLM, whose gate lets everything pass."""
    at = served.vllm()
    place = Place(served.place.root, {**served.place.environ, KEY: at["key"]})
    name = Path(at["name"])
    program = (sys.executable, str(Path(__file__).with_name("nodding_server.py")))
    return Served(place, name, "--engine", f"{at['url']}/v1", program=program)


def local(served: Served) -> LocalService:
    """The same service in this process: the same gate, straight at vLLM."""
    config = Config.load(None, _UNHURRIED, {})
    parts = replace(Parts.of(config, served.place.root / "nowhere"), model=served.direct())
    return LocalService(config, served.place.root / "nowhere", parts)


def together(ask: Callable[[str], Any], specs: list[str], clients: int) -> float:
    with ThreadPoolExecutor(clients) as pool:
        began = time.monotonic()
        list(pool.map(ask, specs))
        return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pieces", nargs="*", help="hf, hf:FIRST:LAST, nods, team, clients")
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--feed-forward", type=int, default=4096)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--count", type=int, default=64, help="specifications")
    parser.add_argument("--rounds", type=int, default=3, help="of `clients`")
    parser.add_argument("--size", type=int, default=24, help="specifications in each round of `clients`")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    place = Place.at(given.folder.absolute())
    place.environ.update({
        "RTLWRIGHT_VLLM_LORA_SLOTS": "0",  # nobody uses an adapter here, and they cost on a CPU
        "RTLWRIGHT_SERVE_RATE": "1000", "RTLWRIGHT_SERVE_BURST": "1000", "RTLWRIGHT_SERVE_SLOTS": "64",
        "RTLWRIGHT_SERVE_WAIT_S": "120", "RTLWRIGHT_GENERATE_DEADLINE_S": "120",
        "RTLWRIGHT_FEEDBACK_CAPTURE": "off",
    })  # fmt: skip
    model = given.folder.absolute() / f"rtlwright-{given.layers}-{given.feed_forward}"
    if not model.exists():
        from shipped_checkpoint import write_checkpoint  # loads torch

        write_checkpoint(model, given.layers, given.feed_forward)
    bench = Bench(place, model, given.count)
    if given.serve:
        _serve(place, model)
        return
    for piece in given.pieces:
        name, *part = piece.split(":")
        if name == "hf":
            first, last = map(int, part or (0, given.count))
            bench.hf(first, last)
            continue
        served = Served.attach(place, model)
        if name in ("team", "nods"):
            (bench.team if name == "team" else bench.nods)(served)
        else:
            bench.clients(served, given.rounds, given.size)
    if given.report:
        bench.report()


def _serve(place: Place, model: Path) -> None:
    server = Served(place, model)
    print(f"ready after {server.ready():.0f} s", flush=True)
    try:
        assert server.process is not None
        server.process.wait()
    finally:
        server.close()


if __name__ == "__main__":
    main()
