"""`rtlwright eval report`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from rtlwright.eval.log import merge_logs
from rtlwright.eval.report.compare import compare, runs_of
from rtlwright.eval.report.markdown import markdown
from rtlwright.eval.report.page import page
from rtlwright.server.errors import UserError

_EPILOG = """\b
Examples:
  rtlwright eval report before.jsonl after.jsonl
  rtlwright eval report rtlwright-eval/*.jsonl --html report.html --markdown report.md
"""


@click.command(epilog=_EPILOG)
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with plots; it loads nothing.")
@click.option("--markdown", "text", type=click.Path(path_type=Path), help="Write Markdown, for a model card.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def report(logs: tuple[Path, ...], html: Path | None, text: Path | None, as_json: bool) -> None:
    """Compare runs: every LOG holds one or more; runs of a benchmark are compared with its first one."""
    records = merge_logs(logs)
    if not records:
        raise UserError(f"{logs[0]}: holds no samples")
    benchmarks = runs_of(records)
    _write(html, page(benchmarks) if html else "")
    _write(text, markdown(benchmarks) if text else "")
    if as_json:
        found = {
            name: {
                "runs": [{"label": run.label, **run.summary.json()} for run in runs],
                "differences": [
                    {"before": runs[0].label, "after": run.label, **asdict(compare(runs[0], run).found)}
                    for run in runs[1:]
                ],
            }
            for name, runs in benchmarks.items()
        }
        click.echo(json.dumps(found))
    elif not (html or text):
        click.echo(markdown(benchmarks))


def _write(file: Path | None, text: str) -> None:
    if file is None:
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written ({error.strerror})") from None
    click.echo(f"wrote {file}", err=True)
