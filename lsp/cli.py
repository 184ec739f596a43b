"""`rtlwright lsp` as a command; what it does is in `server`, which other commands must not load."""

from __future__ import annotations

import click

_AS_IT_COMES = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command(
    context_settings=_AS_IT_COMES,
    epilog="\b\nExamples:\n  rtlwright lsp\n  rtlwright lsp --log-level debug",
)
@click.option(
    "--log-level",
    type=click.Choice(["error", "warning", "info", "debug"]),
    default="warning",
    show_default=True,
)
def lsp(log_level: str) -> None:
    """Language server on stdio, for VS Code, Neovim, Helix and Emacs.

    Options that editors add by themselves (--stdio, --clientProcessId) are accepted and ignored.
    """
    from rtlwright.lsp.server import main

    raise click.exceptions.Exit(main(["--log-level", log_level]))
