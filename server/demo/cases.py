"""`examples/cases.toml`: what the demo shows, validated."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rtlwright.server import paths
from rtlwright.server.errors import UserError
from rtlwright.server.types import CompletionRequest, Document, GenerateRequest, Position

CASES_FILE = "cases.toml"


class DemoCase(BaseModel):
    """One thing to show."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    """What `--only` takes."""
    kind: Literal["complete", "generate"]
    file: str
    """Relative to the examples: the source to complete, or the specification."""
    line: int | None = Field(default=None, ge=1)
    """1-based; completions only."""
    column: int | None = Field(default=None, ge=1)
    """1-based, counted in characters; one past the end of the line at most."""
    n: int = Field(default=3, ge=1, le=16)
    """Suggestions to return, or modules to write."""
    title: str = Field(min_length=1)
    shows: str = Field(min_length=1)
    """One sentence."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{self.name}: file {self.file!r} must lie inside the examples")
        placed = self.line is not None and self.column is not None
        if self.kind == "complete" and not placed:
            raise ValueError(f"{self.name}: a completion needs line and column")
        if self.kind == "generate" and (self.line is not None or self.column is not None):
            raise ValueError(f"{self.name}: a specification has no line or column")
        return self

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.kind == "complete" else self.file

    def text(self, directory: Path) -> str:
        """The file as it is.

        Raises:
            UserError: it cannot be read.
        """
        try:
            return (directory / self.file).read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"{directory / self.file}: cannot be read ({error}); reinstall rtlwright"
            ) from None

    def completion_request(self, directory: Path) -> CompletionRequest:
        text = self.text(directory)
        document = Document.of(directory / self.file, text)
        return CompletionRequest(document, self._position(directory, text), self.n, manual=True)

    def generate_request(self, directory: Path) -> GenerateRequest:
        return GenerateRequest(self.text(directory), self.n)

    def _position(self, directory: Path, text: str) -> Position:
        """In UTF-16, as requests want it; `cases.toml` counts characters."""
        lines = text.split("\n")
        line, column = (self.line or 1) - 1, (self.column or 1) - 1
        if line >= len(lines) or column > len(lines[line].rstrip("\r")):
            raise UserError(
                f"{directory / CASES_FILE}: case {self.name!r}: {self.place} is outside of the file"
            )
        return Position(line, len(lines[line][:column].encode("utf-16-le")) // 2)


class _CasesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case: tuple[DemoCase, ...] = Field(min_length=1)


def examples_dir() -> Path:
    """`examples/` beside this package: the repository's in a checkout, package data in a wheel."""
    return paths.package_file("..", "examples").resolve()


def load_cases(directory: Path, only: Sequence[str] | None = None) -> tuple[DemoCase, ...]:
    """The cases in their order, or those called `only`.

    Raises:
        UserError: the file is missing or wrong, a name is unknown or used twice.
    """
    file = directory / CASES_FILE
    cases = _parse(file).case
    names = [case.name for case in cases]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"{file}: two cases are called {twice!r}; rename one")
    for name in only or ():
        if name not in names:
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise UserError(f"{file}: there is no case {name!r}; did you mean {nearest!r}?")
    return tuple(case for case in cases if not only or case.name in only)


def _parse(file: Path) -> _CasesFile:
    try:
        return _CasesFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); reinstall rtlwright") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ").replace("\n", " ")
        raise UserError(f"{file}: {where}: {message[0].lower()}{message[1:]}") from None
