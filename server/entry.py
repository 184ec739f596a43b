"""Where the `rtlwright` command starts: Ctrl-C while Python still imports ends it without a traceback."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing has been started that would need cleaning up


def main() -> None:
    """From here on, an interrupt is an exception (`cli.main`)."""
    from rtlwright.server import cli

    cli.main()
