"""The two consoles of the commands: results for people on stdout, progress and remarks on stderr."""

from __future__ import annotations

import errno
import os
import sys
from typing import NoReturn

from rich.console import Console

_PIPED_WIDTH = 200
"""Where nobody's terminal sets a width: a message stays on its line for grep and logs."""


class QuietConsole(Console):
    """One whose reader may leave (`| head`): the command line ends quietly, where rich would exit with 1."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError(errno.EPIPE, "nobody reads any more")


def console() -> Console:
    """For people: results on stdout."""
    piped = not (sys.stdout and sys.stdout.isatty()) and "COLUMNS" not in os.environ
    return QuietConsole(highlight=False, soft_wrap=False, width=_PIPED_WIDTH if piped else None)


def error_console() -> Console:
    """For people: progress and remarks on stderr."""
    return QuietConsole(stderr=True, highlight=False)
