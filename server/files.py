"""Reads the files that a user names; whatever is wrong with one is told in a line."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from pathlib import Path

from rtlwright.server.errors import UserError
from rtlwright.server.types import Document, Position

MAX_BYTES = 16 * 2**20
_OPEN_PIPES = ("/dev/fd/", "/dev/stdin", "/proc/")
"""What a shell makes of `<(command)`: somebody writes there already."""
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?\Z", re.DOTALL)


class NotUtf8(UserError):  # noqa: N818 - read as a sentence
    """Text, in another encoding."""


def read_document(path: Path) -> Document:
    """The file as a document, by its absolute path: the project's root need not be where the user stands.

    Sources older than UTF-8 are common (a copyright sign in Latin-1), and tools read them all the same.

    Raises:
        UserError: missing, a directory, a device, unreadable, too large, or binary.
    """
    data = _read(path)
    try:
        text = decode(data, str(path))
    except NotUtf8:
        text = data.decode("latin-1")
    return Document.of(path.absolute(), text)


def shown(path: Path) -> str:
    """As somebody who stands in the working directory would type it."""
    path = Path(os.path.normpath(path))
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def read_text(path: Path) -> str:
    """UTF-8 text with its line ends as they are; a byte order mark is dropped. Raises `UserError`."""
    return decode(_read(path), str(path))


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise UserError(f"{path}: is a directory; name a file")
    try:
        status = path.stat()
        if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            raise UserError(f"{path}: is a device; name a file")
        if stat.S_ISFIFO(status.st_mode) and not str(path).startswith(_OPEN_PIPES):
            raise UserError(f"{path}: is a named pipe, which may never end; name a file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            size = max(status.st_size, len(data)) / 2**20
            raise UserError(f"{path}: {size:.0f} MB is more than a source file may have (16 MB)")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    return data


def decode(data: bytes, name: str) -> str:
    """Bytes of a source file as text. Raises `UserError`, which names the first bad byte and its line."""
    if b"\0" in data:
        raise UserError(f"{name}: is a binary file; name a Verilog or SystemVerilog source")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotUtf8(
            f"{name}:{line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None


def read_spec(argument: str) -> str:
    """A specification: `-` is standard input, a file's name its content, anything else the text itself."""
    if argument == "-":
        return _with_words(decode(sys.stdin.buffer.read(MAX_BYTES), "standard input"), "standard input")
    looks_like_file = len(argument) < 4096 and not any(c.isspace() for c in argument) and (
        "/" in argument or "." in argument
    )  # fmt: skip
    path = Path(argument) if argument.strip() and len(argument) < 4096 and "\n" not in argument else None
    if path is not None and (path.exists() or looks_like_file):
        return _with_words(read_text(path), str(path))
    return _with_words(argument)


def parse_place(argument: str) -> tuple[Path, Position]:
    """`FILE:LINE[:COL]`, 1-based, to a path and an LSP position; without a column, the line's end.

    The column counts UTF-16 code units, as the editors' status lines do. `character` -1 stands for the end.
    """
    match = _PLACE.match(argument)
    if match is None:
        raise UserError(f"{argument}: name a place as FILE:LINE:COL, such as fifo.sv:12:5")
    line, column = int(match["line"]), int(match["column"] or 0)
    if line < 1 or (match["column"] is not None and column < 1):
        raise UserError(f"{argument}: lines and columns count from 1")
    return Path(match["file"]), Position(line - 1, column - 1)


def line_end(document: Document, line: int) -> Position:
    """The end of a 0-based line. Raises `UserError` if the file has no such line."""
    lines = document.text.split("\n")
    if line >= len(lines):
        raise UserError(f"{document.path}:{line + 1}: the file has {len(lines)} lines")
    return Position(line, len(lines[line].rstrip("\r").encode("utf-16-le")) // 2)


def _with_words(text: str, name: str = "") -> str:
    if not any(character.isalpha() for character in text):
        what = "has no word in it" if text.strip() else "is empty"
        raise UserError(f"{name and name + ': '}the specification {what}; say what the module should do")
    return text


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all, with the mode that the file has, or that a new one gets. Raises `UserError`.

    A link's own file is written, and into what is no file (`/dev/stdout`) as it is.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
        else:
            _replaced(Path(os.path.realpath(path)), text)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None


def _replaced(path: Path, text: str) -> None:
    beside = path.parent / f".rtlwright-{os.getpid()}"
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
