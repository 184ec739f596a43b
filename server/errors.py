"""The two errors that a user can mend, and their exit statuses (DESIGN: the command line)."""

from __future__ import annotations


class UserError(Exception):
    """Bad input or usage. The message is one line: what, where, how to mend. Exit status 2."""

    exit_status = 2


class MissingError(UserError):
    """Something is not on this machine. The message ends with the command that installs it. Exit status 3."""

    exit_status = 3
