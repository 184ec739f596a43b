"""Completions in unfinished copies of real files, judged by Icarus Verilog alone.

    python tests/bench/real_files.py DIR [--files 10] [--cuts 4] [--seed 0]

Each source below DIR is cut at random places between statements, the rest of the module deleted or kept;
every suggestion that the service would show is inserted, and `iverilog -t null -g2012` is asked about the
file before and after. A message that was not there before is a new error. The gate is not asked again: it is
what this measures.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from rtlwright.server.config import Config
from rtlwright.server.context.line_map import LineMap
from rtlwright.server.local import LocalService
from rtlwright.server.types import Cancel, CompletionRequest, Document, Position

_PARSER = re.compile(
    r"syntax error|[Mm]alformed|Invalid module instantiation|invalid port connection expression"
)
_PLACE = re.compile(r"^[^:\s]+:\d+: ")


def icarus_messages(root: Path, file: Path, text: str) -> Counter[str]:
    """Error messages of Icarus for `text` in the place of `file`, without their lines."""
    with tempfile.NamedTemporaryFile("w", suffix=file.suffix, dir=file.parent) as copy:
        copy.write(text)
        copy.flush()
        others = [
            p
            for p in root.rglob("*.*v")
            if p != file and p.suffix in (".v", ".sv") and p.name != Path(copy.name).name
        ]
        command = ["iverilog", "-t", "null", "-g2012", "-I", str(root), "-I", str(file.parent), copy.name]
        alone = subprocess.run(command, capture_output=True, text=True, timeout=60)
        found = alone if not alone.returncode else subprocess.run(
            [*command, *map(str, others)], capture_output=True, text=True, timeout=60)  # fmt: skip
        lines = [line for line in found.stderr.splitlines() if Path(copy.name).name in line]
    messages = [_PLACE.sub("", line) for line in lines if "error" in line]
    # The parser complains of every unfinished text, in words that depend on where it ends.
    messages = ["(parser)" if _PARSER.search(m) else m for m in messages]
    return Counter({m for m in messages if "Unknown module type" not in m})


def cuts(text: str, rng: random.Random, count: int) -> list[int]:
    """Offsets at ends of lines, after statements, and within them, inside of a module's body."""
    body = [m.end() for m in re.finditer(r"\)\s*;", text)]
    places = [m.end() for m in re.finditer(r"[;)]|begin|=|\bif \(", text) if body and m.end() > body[0]]
    return sorted(rng.sample(places, min(count, len(places))))


def position_of(text: str, offset: int) -> Position:
    line, character = LineMap(text).position(offset)
    return Position(line, character)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--cuts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    root = options.directory.absolute()
    files = [
        p
        for p in sorted(root.rglob("*"))
        if p.suffix in (".v", ".sv") and 40 < len(p.read_text(errors="replace").splitlines()) < 1500
    ]
    rng.shuffle(files)
    service = LocalService(Config.load(root, {"feedback": {"capture": "off"}}), root)
    shown = bad = requests = empty = 0
    statuses: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    times: list[float] = []
    for file in files[: options.files]:
        whole = file.read_text(errors="replace")
        for offset in cuts(whole, rng, options.cuts):
            rest = rng.choice(["", "\nendmodule\n", whole[offset:]])
            text = whole[:offset] + rest
            before = icarus_messages(root, file, text)
            begun = time.perf_counter()
            completion = service.complete(
                CompletionRequest(Document.of(file, text), position_of(text, offset), 4, manual=True),
                Cancel(),
            )
            times.append(time.perf_counter() - begun)
            requests += 1
            empty += not completion.suggestions
            for suggestion in completion.suggestions:
                shown += 1
                statuses[suggestion.verdict.status] += 1
                sources[suggestion.source] += 1
                lines = LineMap(text)
                start = lines.offset(suggestion.range.start.line, suggestion.range.start.character)
                end = lines.offset(suggestion.range.end.line, suggestion.range.end.character)
                after = icarus_messages(root, file, text[:start] + suggestion.text + text[end:])
                if after - before:
                    bad += 1
                    place = f"{file.name}:{position_of(text, offset)}"
                    print(f"NEW {place} {suggestion.source} {suggestion.text!r}: {dict(after - before)}")
    service.close()
    times.sort()
    print(f"{requests} requests in {min(len(files), options.files)} files, {empty} without a suggestion; "
          f"{shown} suggestions shown ({dict(statuses)}, {dict(sources)}), {bad} bring a new error; "
          f"median {times[len(times) // 2] * 1e3:.0f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
