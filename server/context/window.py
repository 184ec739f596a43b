"""`Context`: one request, its document cut at the cursor, and what surrounds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.line_map import line_map, utf16_length
from rtlwright.server.context.recent import RecentEdit
from rtlwright.server.context.scope import Scope, scope_before, window_start
from rtlwright.server.context.text import blank, ends_hidden
from rtlwright.server.errors import UserError
from rtlwright.server.types import Cancel, CompletionRequest, Document, Position, Range

_SUFFIX_WINDOW = 64 * 1024
_WORD_BEFORE = re.compile(r"[A-Za-z_][\w$]*\Z")
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True)
class Context:
    """Everything a source may look at. Immutable; what is costly is worked out at the first use."""

    document: Document
    position: Position
    offset: int
    """Index into `document.text`."""
    prefix: str
    suffix: str
    line_prefix: str
    """The cursor's line before it, and after it without the line's end."""
    line_suffix: str
    open_documents: tuple[Document, ...] = ()
    """Other files as their editor holds them."""
    index: ProjectIndex | None = None
    recent_edits: tuple[RecentEdit, ...] = ()
    manual: bool = False

    @classmethod
    def of(
        cls,
        request: CompletionRequest,
        index: ProjectIndex | None = None,
        recent_edits: tuple[RecentEdit, ...] = (),
        cancel: Cancel | None = None,
    ) -> Context:
        """Cut the document and bring the index up to date with the open ones.

        Raises:
            UserError: the position is outside of the file.
            Cancelled: `cancel` was set.
        """
        document = request.document
        offset = offset_of(document, request.position)
        if index is not None:
            index.ensure()
            for opened in (document, *request.open_documents):
                index.update(opened, cancel)
        return cls.at(document, offset, request.open_documents, index, recent_edits, request.manual)

    @classmethod
    def at(
        cls,
        document: Document,
        offset: int,
        open_documents: tuple[Document, ...] = (),
        index: ProjectIndex | None = None,
        recent_edits: tuple[RecentEdit, ...] = (),
        manual: bool = False,
    ) -> Context:
        """The same by offset, for code that has one; touches no index."""
        text = document.text
        lines = line_map(text)
        number, character = lines.position(offset)
        start = lines.start(number)
        rest = lines.line(number)[offset - start :]
        return cls(
            document=document,
            position=Position(number, character),
            offset=offset,
            prefix=text[:offset],
            suffix=text[offset:],
            line_prefix=text[start:offset],
            line_suffix=rest,
            open_documents=tuple(opened for opened in open_documents if opened.path != document.path),
            index=index,
            recent_edits=recent_edits,
            manual=manual,
        )

    @cached_property
    def scope(self) -> Scope:
        """The enclosing module and what it declares before the cursor."""
        return scope_before(self.document.text, self.offset)

    @cached_property
    def clean_prefix(self) -> str:
        """The text before the cursor, some five thousand lines of it, with comments and strings blanked."""
        first = window_start(self.document.text, self.offset)
        line_start = self.offset - len(self.line_prefix)
        head, hidden = _blanked_head(self.document.text[first:line_start])
        if not hidden:
            return head + blank(self.line_prefix)
        return head + blank("/*" + self.line_prefix)[2:]

    @cached_property
    def clean_suffix(self) -> str:
        """The text after the cursor, a window of it, with comments and strings blanked."""
        return blank(self.suffix[:_SUFFIX_WINDOW])

    @cached_property
    def in_code(self) -> bool:
        """False inside a comment or a string, where no source has anything to say."""
        first = window_start(self.document.text, self.offset)
        head = self.document.text[first : self.offset - len(self.line_prefix)]
        _, hidden = _blanked_head(head)
        return not ends_hidden(("/*" if hidden else "") + self.line_prefix)

    @cached_property
    def word(self) -> str:
        """The identifier under way, as far as it is typed."""
        found = _WORD_BEFORE.search(self.line_prefix)
        return found[0] if found else ""

    @cached_property
    def indent(self) -> str:
        """White space that the cursor's line begins with."""
        found = _INDENT.match(self.line_prefix)
        return found[0] if found else ""

    @cached_property
    def indent_unit(self) -> str:
        """One step of indentation, as this buffer has it."""
        return _indent_unit(self.document.text[:_SUFFIX_WINDOW])

    @cached_property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.document.text[:_SUFFIX_WINDOW] else "\n"

    @property
    def path(self) -> str:
        """The document's path as the index spells it."""
        return self.index.relative(self.document.path) if self.index else self.document.path.as_posix()

    def insertion(self) -> Range:
        return Range.at(self.position)

    def replacing(self, before: int) -> Range:
        """The last `before` characters of the line up to the cursor."""
        units = utf16_length(self.line_prefix[len(self.line_prefix) - before :]) if before else 0
        start = Position(self.position.line, self.position.character - units)
        return Range(start, self.position)

    def window(self, before: int, after: int) -> tuple[str, str]:
        """The end of the prefix and the head of the suffix within these many characters, in whole lines."""
        return tail(self.prefix, before), head(self.suffix, after)


def offset_of(document: Document, position: Position) -> int:
    """Index into the text of an LSP position.

    Raises:
        UserError: the position is outside of the file.
    """
    lines = line_map(document.text)
    try:
        return lines.offset(position.line, position.character)
    except IndexError:
        pass
    where = f"{document.path}:{position.line + 1}:{position.character + 1}"
    count = len(lines)
    if not 0 <= position.line < count:
        raise UserError(f"{where}: the file has {count} line{'s' * (count != 1)}; name one of them")
    length = utf16_length(lines.line(position.line))
    raise UserError(
        f"{where}: line {position.line + 1} has {length} character{'s' * (length != 1)}; "
        f"the column may be 1 to {length + 1}"
    )


def tail(text: str, characters: int) -> str:
    """The last `characters` of a text, from the start of a line on; less than a line is kept as it is."""
    if len(text) <= characters:
        return text
    cut = text[len(text) - characters :] if characters > 0 else ""
    newline = cut.find("\n")
    return cut[newline + 1 :] if newline >= 0 else cut


def head(text: str, characters: int) -> str:
    """The first `characters` of a text, up to the end of a line; less than a line is kept as it is."""
    if len(text) <= characters:
        return text
    cut = text[: max(characters, 0)]
    newline = cut.rfind("\n")
    return cut[: newline + 1] if newline >= 0 else cut


@lru_cache(maxsize=16)
def _blanked_head(head: str) -> tuple[str, bool]:
    """Whole lines, blanked, and whether a block comment runs on after them."""
    return blank(head), ends_hidden(head)


@lru_cache(maxsize=8)
def _indent_unit(text: str) -> str:
    """The widest step that nearly all indentations are multiples of; two spaces where nothing is indented."""
    counts: dict[str, int] = {}
    for found in re.finditer(r"^([ \t]+)(?![ \t*])\S", text, re.M):  # ` * prose` is indented by a comment
        counts[found[1]] = counts.get(found[1], 0) + 1
    total = sum(counts.values())
    if sum(n for indent, n in counts.items() if indent[0] == "\t") * 2 > total:
        return "\t"
    spaces = {len(indent): n for indent, n in counts.items() if indent[0] == " "}
    for step in (8, 4, 3):
        if spaces and sum(n for width, n in spaces.items() if width % step == 0) * 10 >= 9 * total:
            return " " * step
    return "  "
