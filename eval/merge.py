"""`rtlwright eval merge`."""

from __future__ import annotations

from pathlib import Path

import click

from rtlwright.eval.log import merge_logs
from rtlwright.server.errors import UserError


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
def merge(logs: tuple[Path, ...], out: Path) -> None:
    """Join logs of several machines, every sample once; of two records for one the first LOG's stays."""
    if any(log.exists() and out.exists() and log.samefile(out) for log in logs):
        raise UserError(f"{out}: is one of the logs; name another file with --out")
    records = merge_logs(logs)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("".join(record.line() for record in records), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror})") from None
    runs = len({record.settings.key for record in records})
    click.echo(f"{out}: {len(records)} samples of {runs} run{'s' if runs != 1 else ''}", err=True)
