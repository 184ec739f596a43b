"""How often the gate is wrong: true continuations that it fails, broken ones that it lets pass.

`python tests/unit/check/gate_report.py [--cases N] [--seed S] [--show]`: finished designs are cut at random
tokens, sometimes with text after the cursor deleted. The true continuation must not fail; a mutated one must
fail whenever Icarus rejects the finished mutated file.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.lexer import Kind, Token, code
from rtlwright.server.check.structure import scan
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import (
    Cancel,
    Candidate,
    Document,
    Position,
    ProjectView,
    Range,
    SourceName,
    Status,
    Verdict,
)

DESIGNS = Path(__file__).parent / "designs"


@dataclass(frozen=True)
class Case:
    """A candidate in its place, and the file as it will be once it is finished."""

    kind: str
    design: Path
    prefix: str
    candidate: str
    suffix: str
    finished: str
    true: bool

    @property
    def language_flag(self) -> str:
        return "-g2005" if self.design.suffix == ".v" else "-g2012"


@dataclass
class Tally:
    total: int = 0
    wrong: list[Case] = field(default_factory=list)
    unchecked: list[Case] = field(default_factory=list)


def icarus_accepts(text: str, flag: str) -> bool:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / ("x.v" if flag == "-g2005" else "x.sv")
        file.write_text(text, newline="")
        run = subprocess.run(
            ["iverilog", "-t", "null", flag, file], capture_output=True, text=True, timeout=20
        )
        return run.returncode == 0


def read(design: Path) -> str:
    return design.read_bytes().decode()


def true_case(design: Path, rng: random.Random) -> Case:
    """A cut, a hole, and the beginning of what was in the hole."""
    text = read(design)
    found = code(text)
    first = rng.randrange(1, len(found) - 1)
    start = found[first].start if rng.random() < 0.5 else found[first - 1].end
    shape = rng.choice(("exact", "end of file", "lines", "lines"))
    count = rng.choice((1, 2, 3, 5, 8, 15, 30, 60))
    last = min(first + count, len(found)) - 1
    end = found[last].end
    if shape == "exact":
        suffix = text[end:]
    elif shape == "end of file":
        suffix = ""
    else:
        hole_end = end
        for _ in range(rng.choice((1, 1, 2, 5))):
            hole_end = text.find("\n", hole_end + 1)
            if hole_end < 0:
                hole_end = len(text)
                break
        suffix = text[hole_end:]
    return Case(shape, design, text[:start], text[start:end], suffix, text, True)


def at_items(text: str, found: tuple[Token, ...], inside: str) -> list[int]:
    """Indices of tokens before which a new item of a module, or a statement of a block, may stand."""
    places = []
    for index in range(1, len(found)):
        if found[index - 1].text not in (";", "end", "begin", "endgenerate", "endfunction", "endcase"):
            continue
        structure = scan(found[:index])
        inner = structure.frames[-1].opener if structure.frames else ""
        if inner == inside and not structure.tail and found[index].text != "else":
            places.append(index)
    return places


Mutation = Callable[[str, tuple[Token, ...], random.Random], Iterator[tuple[str, str, str]]]


def _replace(
    text: str, found: tuple[Token, ...], at: int, new: str, rng: random.Random, *, wide: bool = True
) -> tuple[str, str, str]:
    """(prefix, candidate, suffix) around token `at` with it replaced."""
    first = max(1, at - rng.choice((0, 1, 3, 8)))
    last = min(len(found) - 1, at + (rng.choice((1, 3, 8, 20)) if wide else 1))
    start, end = found[first].start, found[last].end
    token = found[at]
    return text[:start], text[start : token.start] + new + text[token.end : end], text[end:]


def undeclared(text, found, rng):
    # A use, not the declaration: without it, later uses lack it in any case. Of modules the gate only warns.
    modules = {found[i + 1].text for i, t in enumerate(found[:-1]) if t.text in ("module", "interface")}
    seen: set[str] = set()
    uses = []
    for i, token in enumerate(found):
        if token.kind is not Kind.IDENTIFIER:
            continue
        if i > 1 and token.text in seen and not declares(found, i) and token.text not in modules:
            uses.append(i)
        seen.add(token.text)
    at = rng.choice(uses)
    yield _replace(text, found, at, found[at].text + "_zz", rng)


def declares(found: tuple[Token, ...], at: int) -> bool:
    """Token `at` is the name that a declaration declares, or one of several."""
    types = {"wire", "reg", "logic", "integer", "int", "genvar", "input", "output", "parameter", "localparam"}
    while at > 0 and found[at - 1].text not in (";", "(", "=", "begin", "end"):
        at -= 1
        if found[at].text in types or found[at].text.endswith("_t"):
            return True
    return False


def port_name(text, found, rng):
    places = [
        i for i, t in enumerate(found) if i > 1 and found[i - 1].text == "." and t.kind is Kind.IDENTIFIER
    ]
    if places:
        at = rng.choice(places)
        yield _replace(text, found, at, found[at].text + "_zz", rng)


def missing_end(text, found, rng):
    places = [i for i, t in enumerate(found[:-2]) if t.text in ("end", "endcase", "endfunction") and i > 1]
    if places:
        at = rng.choice(places)
        # What may still be closed by what the user types next is no error: go on to where it cannot.
        following = [
            i for i in range(at + 1, len(found))
            if scan(found[:at] + found[at + 1 : i + 1]).crossed or found[i].text in ("always", "always_ff")
        ]  # fmt: skip
        if following:
            first, last = max(1, at - 5), following[0]
            start, end = found[first].start, found[last].end
            yield text[:start], text[start : found[at].start] + text[found[at].end : end], text[end:]


def doubled_endmodule(text, found, rng):
    places = at_items(text, found, "module")
    if places:
        at = rng.choice(places)
        first = max(1, at - rng.choice((0, 5)))
        yield (
            text[: found[first].start],
            text[found[first].start : found[at].start] + "\nendmodule\n",
            text[found[at].start :],
        )


def misspelled(text, found, rng):
    places = [
        i
        for i, t in enumerate(found)
        if t.kind is Kind.KEYWORD and 1 < i < len(found) - 3 and len(t.text) > 3
    ]
    at = rng.choice(places)
    word = found[at].text
    k = rng.randrange(len(word) - 1)
    yield _replace(text, found, at, word[:k] + word[k + 1] + word[k] + word[k + 2 :], rng)


def truncated(text, found, rng):
    places = [
        i for i, t in enumerate(found)
        if i > 2 and t.text in (";", ")")
        and found[i - 2].text in ("=", "<=", "+", "-", "&", "|", "==", "&&", "^")
    ]  # fmt: skip
    if places:
        at = rng.choice(places) - 1
        yield _replace(text, found, at, "", rng)


def _insert(statement: str, inside: str) -> Mutation:
    def mutate(text, found, rng):
        places = at_items(text, found, inside)
        names = [t.text for t in found if t.kind is Kind.IDENTIFIER]
        modules = [found[i + 1].text for i, t in enumerate(found[:-1]) if t.text == "module"]
        if places:
            at = rng.choice(places)
            words = {"name": rng.choice(names), "module": rng.choice(modules)}
            here = found[at].start
            yield text[:here], statement.format(**words), "\n" + text[here:]

    return mutate


MUTATIONS: dict[str, Mutation] = {
    "undeclared name": undeclared,
    "wrong port name": port_name,
    "missing end": missing_end,
    "doubled endmodule": doubled_endmodule,
    "misspelled keyword": misspelled,
    "truncated expression": truncated,
    "wrong number of ports": _insert("{module} u_zz (" + ", ".join(["1'b0"] * 30) + ");", "module"),
    "assign to a reg or port": _insert("assign {name} = 1'b0;", "module"),
    "procedural to a wire": _insert("always @* {name} = 1'b0;", "module"),
    "duplicate declaration": _insert("wire {name};", "module"),
    "stray else": _insert("else x_zz = 1;", "begin"),
}


def mutant(kind: str, design: Path, rng: random.Random, flag: str) -> Case | None:
    text = read(design)
    found = code(text)
    for prefix, candidate, suffix in MUTATIONS[kind](text, found, rng):
        finished = prefix + candidate + suffix
        # The rest is sometimes not there yet; what is wrong is in the candidate all the same.
        cut = rng.random() < 0.3 and kind in ("undeclared name", "wrong port name", "truncated expression")
        if not candidate.strip() or icarus_accepts(finished, flag):
            return None
        return Case(kind, design, prefix, candidate, "" if cut else suffix, finished, False)
    return None


def position(text: str) -> Position:
    line = text.rfind("\n") + 1
    return Position(text.count("\n"), len(text[line:].encode("utf-16-le")) // 2)


def judge(gate: Gate, case: Case) -> tuple[Candidate, Verdict]:
    document = Document.of(Path("/project") / case.design.name, case.prefix + case.suffix)
    candidate = Candidate(case.candidate, Range.at(position(case.prefix)), SourceName.MODEL)
    spliced = gate.splice(document, candidate)
    view = ProjectView(Path("/project"), case.design.name)
    return spliced, gate.check(document, [spliced], view, deadline_s=20.0, cancel=Cancel())[0]


def run(cases: int, seed: int, designs: list[Path] | None = None) -> dict[str, Tally]:
    """`cases` true continuations and about as many mutants per design."""
    gate = Gate(CheckConfig())
    tallies: dict[str, Tally] = {}
    try:
        for design in designs or sorted(DESIGNS.iterdir()):
            rng = random.Random(f"{seed}{design.name}")
            flag = "-g2005" if design.suffix == ".v" else "-g2012"
            for _ in range(cases):
                case = true_case(design, rng)
                tally = tallies.setdefault(f"true: {case.kind}", Tally())
                spliced, verdict = judge(gate, case)
                tally.total += 1
                if verdict.status is Status.UNCHECKED:
                    tally.unchecked.append(case)
                if verdict.status is Status.FAIL:
                    tally.wrong.append(case)
            if not icarus_accepts(read(design), flag):
                continue
            for kind in MUTATIONS:
                for _ in range(max(1, cases // 6)):
                    case = mutant(kind, design, rng, flag)
                    if case is None:
                        continue
                    tally = tallies.setdefault(f"broken: {kind}", Tally())
                    spliced, verdict = judge(gate, case)
                    tally.total += 1
                    if verdict.status is Status.FAIL:
                        continue
                    # Splicing may have cut what was wrong.
                    if spliced.text != case.candidate and icarus_accepts(
                        case.prefix + spliced.text + case.suffix, flag
                    ):
                        continue
                    tally.wrong.append(case)
    finally:
        gate.close()
    return tallies


def rate(tallies: dict[str, Tally], group: str) -> float:
    chosen = [tally for name, tally in tallies.items() if name.startswith(group)]
    return sum(len(t.wrong) for t in chosen) / max(1, sum(t.total for t in chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print the cases that went wrong")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("designs", nargs="*", type=Path)
    options = parser.parse_args()
    tallies = run(options.cases, options.seed, options.designs or None)
    if options.json:
        print(json.dumps({"false alarms": rate(tallies, "true"), "misses": rate(tallies, "broken")}))
        return
    for name, tally in sorted(tallies.items()):
        print(f"{name:32} {tally.total:5} {len(tally.wrong):4} wrong {len(tally.unchecked):4} unchecked")
    print(f"false alarms {rate(tallies, 'true'):.2%}, misses {rate(tallies, 'broken'):.2%}")
    if options.show:
        show(tallies)


def show(tallies: dict[str, Tally]) -> None:
    gate = Gate(CheckConfig())
    for name, tally in sorted(tallies.items()):
        for case in (*tally.wrong, *tally.unchecked):
            spliced, verdict = judge(gate, case)
            print(f"--- {name} {case.design.name}\n{case.prefix[-160:]!r}\n  >> {case.candidate!r}")
            if spliced.text != case.candidate:
                print(f"  spliced {spliced.text!r}")
            stages = [(s.name, s.status.value, s.reason) for s in verdict.stages]
            print(f"  << {case.suffix[:100]!r}\n  {verdict.status} {verdict.reasons} {stages}")
    gate.close()


if __name__ == "__main__":
    sys.exit(main())
