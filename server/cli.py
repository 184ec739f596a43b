"""The `rtlwright` command: each subcommand is imported when it is asked for, so that starting is quick."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import traceback
from types import FrameType
from typing import NoReturn, TextIO

import click

from rtlwright.server.errors import UserError
from rtlwright.server.lazy_group import LazyGroup

COMMANDS = {
    "demo": ("rtlwright.server.commands.demo", "demo", "See it work on the example files."),
    "complete": ("rtlwright.server.commands.complete", "complete", "Checked completions at FILE:LINE:COL."),
    "generate": ("rtlwright.server.commands.generate", "generate", "A checked module from a specification."),
    "check": ("rtlwright.server.commands.check", "check", "The gate, by hand."),
    "serve": ("rtlwright.server.commands.serve", "serve", "Serve a team over HTTP."),
    "status": (
        "rtlwright.server.commands.status",
        "status",
        "Who answers, with which model.",
    ),
    "token": ("rtlwright.server.commands.token", "token", "Who may ask the team server."),
    "index": ("rtlwright.server.commands.index", "index", "The project as the tool sees it."),
    "doctor": ("rtlwright.server.commands.doctor", "doctor", "What is installed, and what mends the rest."),
    "lsp": ("rtlwright.lsp.cli", "lsp", "Language server on stdio."),
    "feedback": (
        "rtlwright.server.commands.feedback",
        "feedback",
        "The preference data: stats, export, purge.",
    ),
    "synth": ("rtlwright.training.synth.cli", "synth", "Generate verified RTL with specifications."),
    "eval": ("rtlwright.eval.cli", "evaluate", "Measure models with published benchmarks."),
    "train": ("rtlwright.training.cli", "train", "Train models."),
    "models": ("rtlwright.server.commands.models", "models", "What is served, and which adapter answers."),
    "promote": ("rtlwright.server.commands.models", "promote", "Load a LoRA adapter into the model server."),
    "quantize": ("rtlwright.training.cli", "quantize", "A trained model with fewer bits, for either engine."),
}
INTERNAL_ERROR = 70
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rtlwright")
def cli() -> None:
    """Writes RTL with you and shows nothing it has not checked.

    \b
    Start here:
      rtlwright demo                      see it work
      rtlwright complete fifo.sv:12:5     completions at a place
      rtlwright generate "an 8-bit ..."   a module from a specification
      rtlwright doctor                    what is installed
    """


_A_MOMENT_S = 0.02
_told_by = signal.SIGINT


def main() -> NoReturn:
    """Entry point. Every failure ends in one line on stderr and its exit status, never in a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, interrupt)
    stdout = sys.stdout
    try:
        status = cli.main(prog_name="rtlwright", standalone_mode=False)
    except click.exceptions.Exit as error:
        status = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = 2
    except click.ClickException as error:
        status = _say(_one_line(error), 2)
    except UserError as error:
        status = _say(str(error), error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        status = _say("interrupted", interrupted())
    except SystemExit as error:  # so does click end, with wrapped streams, where a reader has left (`| head`)
        status = 0 if sys.stdout is not stdout else error.code
    except OSError as error:
        status = _no_room(error) if error.errno in _NO_ROOM else _internal_error(error)
    except Exception as error:
        status = _internal_error(error)
    _exit(status if isinstance(status, int) else 0)


def _exit(status: int) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):  # the work is done; a late one is too late
        signal.signal(number, signal.SIG_IGN)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            _let_go(stream)
            status = _no_room(error) if error.errno in _NO_ROOM else status
    sys.exit(status)


def _no_room(error: OSError) -> int:
    return _say(f"{error.filename or 'the output'}: cannot be written ({error.strerror})", 1)


def _let_go(stream: TextIO) -> None:
    """Nobody reads it any more: what is left in it goes nowhere, without a word at the interpreter's end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def interrupt(signum: int, frame: FrameType | None) -> None:
    """Ctrl-C and SIGTERM. Python drops what logging's hooks around a fork raise: there, a moment later."""
    global _told_by
    if signum != signal.SIGALRM:
        _told_by = signal.Signals(signum)
    if frame is not None and frame.f_globals.get("__name__") == "logging":
        signal.setitimer(signal.ITIMER_REAL, _A_MOMENT_S)
        return
    raise KeyboardInterrupt


def interrupted() -> int:
    """Exit status after `interrupt`, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + _told_by


def _one_line(error: click.ClickException) -> str:
    """Click's message; with usage errors, where to read more."""
    context = getattr(error, "ctx", None)
    where = f"; see '{context.command_path} --help'" if context else ""
    return error.format_message().replace("\n", " ").rstrip(".") + where


def _say(message: str, status: int) -> int:
    from rtlwright.server.terminal_text import one_line

    with contextlib.suppress(BrokenPipeError):
        click.echo(f"rtlwright: {one_line(message)}", err=True)
    return status


def _internal_error(error: Exception) -> int:
    """A bug of ours: the traceback goes into the log, the user is told where."""
    from rtlwright.server import paths

    directory = paths.writable(paths.log_dir())
    where = ""
    if directory is not None:
        log = directory / "crash.log"
        with contextlib.suppress(OSError):  # a full disk, perhaps what it is about
            log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
            where = f"; details in {log}"
    return _say(f"internal error: {type(error).__name__}: {error}{where}", INTERNAL_ERROR)
