"""The demo on a terminal, in a pipe and as a picture."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rtlwright.server.demo.cases import examples_dir, load_cases
from rtlwright.server.demo.run import DemoResult, run_case
from rtlwright.server.errors import UserError
from rtlwright.server.present import Line, VerdictLine, completion_notes, indented, suggestion_view
from rtlwright.server.service import Service
from rtlwright.server.terminal_text import one_line
from rtlwright.server.types import Cancel

_WIDEST = 120
_MODULE_LINES = 45
_PICTURED = ("uart-instance", "fifo-read-pointer", "spec-up-counter")
_NEXT = (
    ("editor", "point its language client at: rtlwright lsp    (docs/editors.md has the lines)"),
    ("shell", "rtlwright complete FILE:LINE:COL    rtlwright generate SPEC    rtlwright check FILE"),
    ("missing", "rtlwright doctor"),
)


def run_demo(
    service: Service,
    console: Console,
    only: Sequence[str] | None = None,
    cancel: Cancel | None = None,
    directory: Path | None = None,
) -> list[DemoResult]:
    """Run and draw the cases of `directory` (the package's examples if None), each as it is finished.

    With `Console(quiet=True)` nothing is drawn: that is what `--json` wants.

    Raises:
        UserError: cases.toml is wrong, or a name in `only` is unknown.
        MissingError, Cancelled: from the service.
    """
    directory = directory or examples_dir()
    cases = load_cases(directory, only)
    results: list[DemoResult] = []
    for case in cases:
        with console.status(Text(case.title), spinner="line") as status:
            # The phrase may quote a specification or a model's name: never markup, never an escape.
            result = run_case(
                service,
                directory,
                case,
                cancel or Cancel(),
                lambda phrase: status.update(Text(one_line(phrase))),
            )
        results.append(result)
        _print(console, case_view(result, len(results), len(cases)))
    _print(console, closing_view(results))
    return results


def case_view(result: DemoResult, number: int, total: int) -> RenderableType:
    """Everything about one case."""
    case = result.case
    parts: list[RenderableType] = [
        _rule(f"{number}/{total}  ", case.title, f"  {case.place}"),
        Text(case.shows),
        Text(),
    ]
    if result.problem:
        return Group(*parts, Line(f"could not run: {result.problem}", "red"), Text())
    shown, *others = result.completion.suggestions or (None,)
    if shown is None:
        parts.append(Line("No candidate passed, so nothing is shown.", "yellow"))
    else:
        limit = _MODULE_LINES if case.kind == "generate" else 1000
        parts.append(suggestion_view(shown, result.document, limit=limit))
        for other in filter(None, others):
            parts.append(
                indented(
                    VerdictLine(other.verdict, f"also {other.source}"),
                    indented(Line(other.text, "green", crop=True)),
                )
            )
    notes = indented(*(Line(f"note: {note}", "yellow") for note in result.completion.notes))
    return Group(*parts, completion_notes(result.completion), notes, Text())


def closing_view(results: Sequence[DemoResult]) -> RenderableType:
    """The summary table, and what to do next."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name, justify in (("case", "left"), ("from", "left"), ("verdict", "left")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for name in ("shown", "rejected", "ms"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(*_summary(result))
    steps = Table.grid(padding=(0, 2, 0, 0))
    for where, what in (*_NEXT, *_path_step()):
        steps.add_row(Text(f"  {where}", style="bold"), Text(what))
    return Group(
        _rule("", "Summary"),
        table,
        Text(),
        _rule("", "Next"),
        steps,
    )


def _path_step() -> tuple[tuple[str, str], ...]:
    """After `make demo` the command is in a .venv that no shell knows of."""
    own = Path(sys.executable).parent
    known = shutil.which("rtlwright") is not None or not (own / "rtlwright").exists()
    return () if known else (("first", f"export PATH={shlex.quote(str(own))}:$PATH"),)


def export_svg(results: Sequence[DemoResult], file: Path, width: int = 100) -> None:
    """Write the demo's picture: a few telling cases, or all where none of these ran.

    Raises:
        UserError: `file` cannot be written.
    """
    pictured = [r for name in _PICTURED for r in results if r.case.name == name] or list(results)
    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for number, result in enumerate(pictured, 1):
        console.print(case_view(result, number, len(pictured)))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_self_contained(console.export_svg(title="rtlwright demo")), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror}); name another file") from None


def _self_contained(svg: str) -> str:
    """Without the font that rich would fetch from a server when somebody looks at the picture."""
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def _rule(before: str, title: str, after: str = "") -> Rule:
    return Rule(
        Text.assemble((before, "dim"), (title, "bold cyan"), (after, "dim")), style="dim", align="left"
    )


def _summary(result: DemoResult) -> tuple[RenderableType, ...]:
    completion = result.completion
    first = completion.suggestions[0] if completion.suggestions else None
    return (
        Text(result.case.name),
        Text(first.source if first else "refused" if result.problem else "-"),
        Text(first.verdict.status if first else "nothing shown", style="" if first else "yellow"),
        Text(str(len(completion.suggestions))),
        Text(str(len(completion.rejected))),
        Text(f"{completion.timings.total:.0f}"),
    )


def _print(console: Console, view: RenderableType) -> None:
    console.print(view, width=min(console.width, _WIDEST))
