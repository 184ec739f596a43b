"""`rtlwright doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from rtlwright.server.commands.common import json_option, print_json
from rtlwright.server.config import Config, project_root
from rtlwright.server.doctor import diagnose
from rtlwright.server.errors import UserError
from rtlwright.server.terminal import console


@click.command(epilog="\b\nExamples:\n  rtlwright doctor\n  rtlwright doctor --json")
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """What is installed, which versions, what is missing and the command that mends it.

    Exit status 3 if something that is needed is missing.
    """
    here = Path.cwd()
    try:
        config = Config.load(here)
    except UserError:  # the report has it among its findings
        config = Config()
    report = diagnose(config, project_root(here))
    if as_json:
        print_json(report.json())
    else:
        console().print(report)
    ctx.exit(report.exit_status)
