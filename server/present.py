"""What every command shows of a result: the JSON forms of the contract, and the same for a terminal.

Text from a model, a tool or a file is hostile to a terminal (escape sequences, bidirectional overrides):
whatever is printed goes through `terminal_text` first. The JSON forms keep text as it is, since inserting
`text` at `range` is the whole edit; serialize them with `json.dumps`, whose ASCII escapes are harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from rtlwright.server.check.files import OF_ALL
from rtlwright.server.ghost import Ghost
from rtlwright.server.present_against import against_json, against_view
from rtlwright.server.present_json import legs, verdict_json
from rtlwright.server.terminal_text import mark, one_line
from rtlwright.server.types import (
    CheckReport,
    Completion,
    Diagnostic,
    Document,
    Language,
    OutputAgreement,
    Severity,
    StageResult,
    Status,
    Suggestion,
    Verdict,
)

_TOOLS = frozenset({"icarus", "yosys"})
_STYLES = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.UNCHECKED: "magenta",
    Status.SKIPPED: "dim",
}


def check_json(report: CheckReport) -> dict[str, Any]:
    form: dict[str, Any] = {"verdict": verdict_json(report.verdict), "files": list(report.files)}
    return form | (against_json(report.against) if report.against else {})


def reason(verdict: Verdict) -> str:
    """Why a candidate was not passed: the first error (else message, else stage) in the tool's words."""
    found = sorted(verdict.diagnostics, key=lambda d: d.severity is not Severity.ERROR)
    if found:
        return f"{found[0].tool}: {found[0].message}"
    unfinished = (s for s in verdict.stages if s.status in (Status.UNCHECKED, Status.FAIL))
    return next((f"{stage.name}: {stage.reason or stage.status}" for stage in unfinished), verdict.status)


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """`✔ pass  splice 0.1 · syntax 1.2 · icarus 6.3 · yosys 4.0 ms`; stages that did not pass bear a mark."""

    verdict: Verdict
    lead: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        status = self.verdict.status
        line = Text(f"{self.lead}  " if self.lead else "", style="bold")
        line.append(f"{mark(status, options)} {status}", style=_STYLES[status])
        for n, stage in enumerate(self.verdict.stages):
            line.append(f" {mark('dot', options)} " if n else "  ", style="dim")
            line.append_text(self._stage(stage, options))
        line.append(" ms" if self.verdict.stages else "", style="dim")
        yield line

    def _stage(self, stage: StageResult, options: ConsoleOptions) -> Text:
        name = one_line(stage.name, options.encoding)
        if stage.status is Status.PASS:
            return Text(f"{name} {stage.ms:.1f}", style="dim")
        return Text(f"{mark(stage.status, options)} {name} {stage.ms:.1f}", style=_STYLES[stage.status])


@dataclass(frozen=True, slots=True)
class DiagnosticLine:
    """`file:line:col  icarus: message`, and a hint below it where there is one."""

    diagnostic: Diagnostic
    file: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        found = self.diagnostic
        style = {"error": "red", "warning": "yellow"}.get(found.severity, "dim")
        place = ":".join(str(part) for part in (self.file, found.line, found.column) if part)
        line = Text(one_line(f"{place}  " if place else "", options.encoding))
        line.append(f"  {found.severity}" if place else str(found.severity), style=style)
        line.append(f"  {one_line(f'{found.tool}: {found.message}', options.encoding)}")
        yield line
        if found.hint:
            yield Padding(
                Text(one_line(found.hint, options.encoding), style="italic"), (0, 0, 0, 4), expand=False
            )


@dataclass(frozen=True, slots=True)
class Line:
    """Text of whatever origin on one line (wrapped, or with `crop` cut), safe for the console it meets."""

    text: str
    style: str = ""
    crop: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = Text(one_line(self.text, options.encoding), style=self.style)
        if self.crop:
            text.truncate(options.max_width, overflow="crop")
        yield text


def completion_view(completion: Completion, document: Document | None = None) -> RenderableType:
    """Every suggestion where it would stand in `document` (a whole module without one), then the notes.

    The completion's own `notes` are not among them: commands say those on stderr.
    """
    parts: list[RenderableType] = []
    for number, suggestion in enumerate(completion.suggestions, 1):
        parts.append(suggestion_view(suggestion, document, f"{number}. "))
        parts.append(Text())
    if not parts:
        why = "No candidate passed the gate, so nothing is shown."
        parts.append(Line(why if completion.rejected else "Nothing was proposed here.", "yellow"))
    return Group(*parts, completion_notes(completion))


def suggestion_view(
    suggestion: Suggestion, document: Document | None = None, title: str = "", limit: int = 1000
) -> RenderableType:
    """The code with the suggestion in place; below it its source, its verdict and what the tools said."""
    text, language = (document.text, document.language) if document else ("", Language.SYSTEMVERILOG)
    lead = f"{title}{suggestion.source}"
    return Group(
        Ghost(text, suggestion, language, limit=limit),
        Text(),
        indented(VerdictLine(suggestion.verdict, lead), *_said(suggestion.verdict)),
    )


def rejections(completion: Completion, limit: int = 3) -> Iterator[RenderableType]:
    """One line per distinct reason why candidates are not shown, commonest first."""
    counts: dict[str, int] = {}
    for suggestion in completion.rejected:
        why = reason(suggestion.verdict)
        counts[why] = counts.get(why, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    for why, count in ordered[:limit]:
        yield Line(f"rejected {count}: {why}", "red")
    if hidden := sum(count for _, count in ordered[limit:]):
        yield Line(f"rejected {hidden} more, for {len(ordered) - limit} other reasons", "dim")


def completion_notes(completion: Completion) -> RenderableType:
    """What holds for the whole answer: agreement, rejections, timings."""
    lines: list[RenderableType] = []
    if completion.agreement:
        lines.append(Line(completion.agreement, "cyan"))
        if said := output_agreement(completion.outputs):
            lines.append(Line(said, "cyan"))
    lines += rejections(completion)
    lines += unheard(suggestion.verdict for suggestion in completion.suggestions)
    timings = ", ".join(f"{leg} {_duration(ms)}" for leg, ms in legs(completion.timings))
    return indented(*lines, Line(timings, "dim"))


def unheard(verdicts: Iterable[Verdict]) -> Iterator[RenderableType]:
    """Why a tool has not judged what passed, and what was supposed: a tick says no more than it knows."""
    stages = [stage for verdict in verdicts if verdict.status is not Status.FAIL for stage in verdict.stages]
    said = [f"checked {stage.reason}" for stage in stages if stage.reason and stage.name == "splice"]
    skipped = (stage for stage in stages if stage.status is Status.SKIPPED and stage.name in _TOOLS)
    said += [f"{stage.name} has not judged: {stage.reason}" for stage in skipped if stage.reason]
    for line in dict.fromkeys(said):
        yield Line(line, "dim")


def output_agreement(outputs: Sequence[OutputAgreement]) -> str:
    """ "count agrees in 5 of 8; wrap in 8 of 8"; nothing where all outputs agree alike."""
    if len({each.agree for each in outputs}) < 2:
        return ""
    first, *rest = sorted(outputs, key=lambda each: each.agree)
    said = [f"{first.name} agrees in {first.agree} of {first.of}"]
    return "; ".join(said + [f"{each.name} in {each.agree} of {each.of}" for each in rest])


def check_view(report: CheckReport, name: Callable[[str], str] = str) -> RenderableType:
    """A verdict per file, with its diagnostics; the overall verdict last, where several files were given.

    `name` turns a file's path in the project into what is printed.
    """
    lines: list[RenderableType] = []
    for file in report.files:
        verdict = report.by_file.get(file, report.verdict)
        lines.append(Line(name(file), "bold"))
        lines.append(indented(VerdictLine(verdict), *_said(verdict, name, file)))
    if len(report.files) != 1:
        lines.append(VerdictLine(report.verdict, "all files"))
        of_all = tuple(stage for stage in report.verdict.stages if stage.name in OF_ALL)
        lines.append(indented(*_said(Verdict.of(of_all), name)))
    lines.append(indented(*unheard([report.verdict])))
    if report.against is not None:
        lines.append(indented(against_view(report.against)))
    return Group(*lines)


def _said(verdict: Verdict, name: Callable[[str], str] = str, file: str = "") -> Iterator[RenderableType]:
    """What the tools said, and why a stage did not."""
    for stage in verdict.stages:
        for diagnostic in stage.diagnostics:
            of = diagnostic.file or file
            yield DiagnosticLine(diagnostic, name(of) if of else "")
        if stage.reason and stage.status in (Status.UNCHECKED, Status.WARN):
            yield Line(f"{stage.name} unchecked: {stage.reason}", "magenta")
        elif stage.reason and stage.name == "behaviour":
            yield Line(f"behaviour: {stage.reason}", "dim")


def indented(*lines: RenderableType) -> RenderableType:
    return Padding(Group(*lines), (0, 0, 0, 2), expand=False)


def _duration(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 10_000 else f"{ms:.1f} ms" if ms < 100 else f"{ms:.0f} ms"
