"""Does holding a model to a grammar help? `grammar_gain.py DIR`, against the server that
`serve_throughput.py DIR --serve` has started.

Modules for the same specifications, sampled with and without `grammar.lark` (vLLM's structured output),
each checked by the gate by itself. Printed for both: how many pass, how many cannot even be parsed (the most
that any grammar could mend), and the time of 8 requests at once, again and again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyslang
from serve_throughput import local, specifications
from vllm_team import Place, Served

from rtlwright.server.extract import module_text
from rtlwright.server.local import LocalService
from rtlwright.server.model.dialect import SlotDialect
from rtlwright.server.model.launch.checkpoint import read_json_list
from rtlwright.server.model.openai import OpenAIModel
from rtlwright.server.model.protocol import Generation, Sampling
from rtlwright.server.model.slots import CONTROL_TOKENS, SLOTS
from rtlwright.server.types import Cancel, Language, Status

_GRAMMAR = Path(__file__).with_name("grammar.lark")
_AT_ONCE = 8


class Held(SlotDialect):
    """Answers are words of the grammar."""

    def __init__(self, lexicon: frozenset[str]):
        super().__init__(lexicon)
        first = len(CONTROL_TOKENS)
        grammar = _GRAMMAR.read_text().replace("SLOTS", f"{first}-{first + SLOTS - 1}")
        self.options = {**SlotDialect.options, "structured_outputs": {"grammar": grammar}}


def written(model: OpenAIModel, specs: list[str], n: int, tokens: int) -> tuple[list[Generation], float]:
    def write(number: int) -> list[Generation]:
        sampling = Sampling(n, tokens, temperature=0.8, seed=1000 * number, greedy_first=False)
        return model.write(specs[number], sampling, Cancel())

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        began = time.monotonic()
        found = [answer for answers in pool.map(write, range(len(specs))) for answer in answers]
        return found, time.monotonic() - began


def judged(service: LocalService, answers: list[Generation]) -> Counter[str]:
    """What became of them."""
    gate, found = service._gate, Counter[str]()
    for answer in answers:
        text = module_text(answer.text)
        found["unfinished"] += answer.finished == "length"
        found["unparsable"] += not _parses(text)
        view = service._index.view_of_new(Path("x.sv"), [text])
        checks = gate.check_modules(
            [text], view, Language.SYSTEMVERILOG, testbench=None, deadline_s=60.0, cancel=Cancel()
        )
        verdict = checks.verdicts[0]
        found[verdict.status.value] += 1
        if verdict.status is Status.FAIL:
            found["fail in " + next(s.name for s in verdict.stages if s.status is Status.FAIL)] += 1
    return found


def _parses(text: str) -> bool:
    tree = pyslang.syntax.SyntaxTree.fromText(text)
    return bool(text.strip()) and not any(found.isError() for found in tree.diagnostics)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--feed-forward", type=int, default=4096)
    parser.add_argument("--count", type=int, default=32, help="specifications")
    parser.add_argument("-n", type=int, default=4, help="samples of each")
    parser.add_argument("--tokens", type=int, default=500)
    parser.add_argument("--time-only", action="store_true")
    given = parser.parse_args()
    place = Place.at(given.folder.absolute())
    folder = given.folder.absolute() / f"shipped-{given.layers}-{given.feed_forward}"
    served = Served.attach(place, folder)
    specs = specifications(place, given.count)
    lexicon = frozenset(read_json_list(folder / "lexicon.json"))
    service = local(served)
    try:
        for name, dialect in (("free", SlotDialect(lexicon)), ("held", Held(lexicon))):
            model = served.direct(dialect)
            answers, seconds = written(model, specs, given.n, given.tokens)
            tokens = sum(answer.tokens for answer in answers)
            line: dict[str, Any] = {"way": name, "answers": len(answers), "seconds": round(seconds, 2)}
            line |= {"tokens": tokens, "tokens_per_s": round(tokens / seconds, 1)}
            print(json.dumps(line if given.time_only else line | dict(judged(service, answers))), flush=True)
            model.close()
    finally:
        service.close()


if __name__ == "__main__":
    main()
