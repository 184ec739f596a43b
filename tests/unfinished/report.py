"""When the gate is right, counted.

A **true continuation** must be shown: its verdict is pass or warn. It is a *false alarm* if the user would
see nothing: fail, unchecked, nothing left after splicing, or "leaves a whole file open". The last is no false
alarm, and is listed apart ("held back"), where the text without the candidate parses and with it does not
(says Icarus): accepting it alone would break a file that is whole. If nothing is missing behind the
candidate, splicing must not damage it either: the file with the spliced text in it must still be accepted.
Apart is, too, what acts on the machine and is refused on purpose: `$dumpfile` in somebody's testbench.

A **broken continuation** must not be shown: it fails, or is held back. Counted are those whose finished file
Icarus rejects. A *miss* is one that is shown, as it would be inserted: if splicing has cut away what was
wrong, it is none. Listed apart, not counted ("not yet wrong"), are those shown that can still be finished to
a file that Icarus accepts (`_FINISHES`), or that end before their mistake has become one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pyslang import SourceManager, ast, syntax

from rtlwright.server.check.gate import Gate
from rtlwright.server.check.reports import LEAVES_OPEN
from rtlwright.server.config import CheckConfig
from rtlwright.server.types import Cancel, Candidate, Position, Range, SourceName, Status, Verdict
from unfinished.case import Case, Hole
from unfinished.corpus import File
from unfinished.cuts import true_case
from unfinished.mutations import MUTATIONS, broken_case
from unfinished.oracle import Oracle

_FINISHES = (
    "", " end", " end end", " end end end", " endcase", " end endcase", " endcase end", " end endcase end",
    " endfunction", " end endfunction", " endtask", " end endtask", " endgenerate", " end endgenerate", ";",
    ")", ");", "))", " begin", " 0", " 0;", " 0)", " if (0)", "(0)", "]", "}", ") begin", " x_zz;", "};",
    ");", " x);", "0:0]);", "0] x);", "0:0] x;", "0:0];", " = 0)();", " x ();", "();", " = 0;", " x;",
)  # fmt: skip
"""Texts that may stand between a broken candidate and the true rest of its file."""


_RARE = ("wrong port", "wrong number of ports") * 3
"""Classes that few files have a place for: more of them where there is one."""


_REFUSED = ("which reaches out of the simulation", "it imports foreign code (DPI)")
"""Ends of what is said of text that acts on the machine."""


class Outcome(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    """A false alarm, or a miss."""
    APART = "apart"
    """Neither: see above."""


@dataclass(frozen=True)
class Judged:
    """A case with what the gate said of it."""

    case: Case
    spliced: Candidate
    verdict: Verdict
    outcome: Outcome
    why: str = ""

    @property
    def shown(self) -> bool:
        return shown(self.verdict)


def shown(verdict: Verdict) -> bool:
    """The service would offer it (as it is configured by default)."""
    open_ = any(diagnostic.message == LEAVES_OPEN for diagnostic in verdict.diagnostics)
    return verdict.status in (Status.PASS, Status.WARN) and not open_


@dataclass
class Report:
    """Judges cases through the real gate, and by Icarus alone."""

    gate: Gate
    oracle: Oracle
    judged: list[Judged] = field(default_factory=list)

    @property
    def wrong(self) -> list[Judged]:
        return [each for each in self.judged if each.outcome is Outcome.WRONG]

    def close(self) -> None:
        self.gate.close()
        self.oracle.close()

    def judge(self, case: Case) -> Judged:
        spliced, verdict = self.ask(case)
        rule = self._true if case.true else self._broken
        outcome, why = rule(case, spliced, verdict)
        return Judged(case, spliced, verdict, outcome, why)

    def ask(self, case: Case) -> tuple[Candidate, Verdict]:
        document = case.file.document(case.unfinished)
        candidate = Candidate(case.candidate, Range.at(position(case.before)), SourceName.MODEL)
        spliced = self.gate.splice(document, candidate)
        view = case.file.view(case.unfinished, spliced.text)
        (verdict,) = self.gate.check(document, [spliced], view, deadline_s=30.0, cancel=Cancel())
        return spliced, verdict

    def _true(self, case: Case, spliced: Candidate, verdict: Verdict) -> tuple[Outcome, str]:
        if shown(verdict):
            changed = case.hole is Hole.NOTHING and _words(spliced.text) != _words(case.candidate)
            if changed and not self._fits(case, spliced):
                return Outcome.WRONG, "splicing has damaged it"
            return Outcome.RIGHT, ""
        if any(d.message == LEAVES_OPEN for d in verdict.diagnostics) and verdict.status is Status.WARN:
            with_it = case.before + case.candidate + case.after
            # Icarus calls a type that is still missing a syntax error; slang does not.
            whole = self.oracle.parses(case.file, case.unfinished) or parses(case.unfinished)
            broken = not self.oracle.parses(case.file, with_it) or not parses(with_it)
            return (Outcome.APART, "held back") if whole and broken else (Outcome.WRONG, "held back")
        if any(d.message.endswith(_REFUSED) for d in verdict.diagnostics):
            return Outcome.APART, "refused on purpose"
        return Outcome.WRONG, verdict.status.value

    def _fits(self, case: Case, spliced: Candidate) -> bool:
        """What is left of a true continuation goes into its file, or could (`x` of `x <= 1;`)."""
        if not self.oracle.accepts(case.file):
            return True
        return self.oracle.accepts(case.file, case.before + spliced.text + case.after)

    def _broken(self, case: Case, spliced: Candidate, verdict: Verdict) -> tuple[Outcome, str]:
        if not shown(verdict):
            return Outcome.RIGHT, verdict.status.value
        rest = case.missing + case.after
        if _words(case.file.text).startswith(_words(case.before + spliced.text)):
            spoilt = spliced.text == case.candidate
            return (
                (Outcome.APART, "not yet wrong: cut before it") if spoilt else (Outcome.RIGHT, "spliced away")
            )
        if self.oracle.accepts(case.file, case.before + spliced.text + rest):
            return Outcome.RIGHT, "spliced away"
        begun = case.before + spliced.text
        for finish in _FINISHES:
            ways = (finish + rest, finish + case.after, *_later(finish, rest), f"{finish} endmodule")
            if any(self.oracle.accepts(case.file, begun + way) for way in dict.fromkeys(ways)):
                return Outcome.APART, f"not yet wrong: {finish!r}"
        return Outcome.WRONG, verdict.status.value

    def run(self, files: Sequence[File], seed: int, true: int, broken: int) -> None:
        """`true` and `broken` cases per file; files that Icarus cannot read have true ones only."""
        for file in filter(self._finished, files):
            rng = random.Random(f"{seed}/{file.name}")
            for case in self._cases(file, rng, true, broken):
                self.judged.append(self.judge(case))

    def _finished(self, file: File) -> bool:
        """Some examples are unfinished themselves, for the demonstration; and not all RTL is for Icarus."""
        if self.oracle.accepts(file):
            return True
        return file.foreign and file.flag != "-g2005" and parses(file.text) and elaborates(file)

    def _cases(self, file: File, rng: random.Random, true: int, broken: int) -> Iterator[Case]:
        yield from distinct(true_case(file, rng) for _ in range(true))
        if not self.oracle.accepts(file):
            return
        kinds = [*MUTATIONS, *_RARE]
        rng.shuffle(kinds)
        drawn = (broken_case(file, kinds[n % len(kinds)], rng) for n in range(broken))
        for case in distinct(drawn):
            if not self.oracle.accepts(file, case.finished):
                yield case


def distinct(cases: Iterable[Case | None]) -> Iterator[Case]:
    seen: set[tuple[str, str, str]] = set()
    for case in cases:
        if case is not None and (name := (case.before, case.candidate, case.after)) not in seen:
            seen.add(name)
            yield case


def made(config: CheckConfig | None = None) -> Report:
    return Report(Gate(config or CheckConfig()), Oracle())


def position(text: str) -> Position:
    line = text.rfind("\n") + 1
    return Position(text.count("\n"), len(text[line:].encode("utf-16-le", "surrogatepass")) // 2)


def _later(finish: str, rest: str) -> Iterator[str]:
    """`finish` on a line of its own, behind each of the next lines."""
    lines = rest.split("\n")
    for at in range(1, min(4, len(lines))):
        yield "\n".join((*lines[:at], finish, *lines[at:]))


def parses(text: str) -> bool:
    """slang reads it, macros and all."""
    tree = syntax.SyntaxTree.fromText(text)
    return not any(diagnostic.isError() for diagnostic in tree.diagnostics)


def elaborates(file: File) -> bool:
    """slang finds nothing wrong in its project, or cannot tell, since something of it is missing."""
    view = file.view(file.text)
    manager, compilation = SourceManager(), ast.Compilation()
    texts = {each.path: each.text for each in (*view.sources, *view.includes)}
    for path, text in texts.items():
        manager.assignText(path, text)
    for source in view.sources:
        compilation.addSyntaxTree(syntax.SyntaxTree.fromText(source.text, manager, source.path))
    compilation.addSyntaxTree(syntax.SyntaxTree.fromText(file.text, manager, "finished"))
    codes = {str(each.code)[9:-1] for each in compilation.getAllDiagnostics() if each.isError()}
    return not codes or any(code.startswith(("Unknown", "CouldNotOpen", "Undeclared")) for code in codes)


def _words(text: str) -> str:
    return "".join(text.split())
