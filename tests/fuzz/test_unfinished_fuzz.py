"""Splice and closure on what editors really hold: real files cut, shuffled and glued, and any unicode at all.

Nothing raises, nothing outside of the candidate changes, and what is closed stays closed.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from unfinished.corpus import DESIGNS, PROJECTS, read

from rtlwright.server.check.text.lexer import tokenize, tokens
from rtlwright.server.check.text.structure import Scanner, scan
from rtlwright.server.check.unfinished.closure import Surroundings, close
from rtlwright.server.check.unfinished.quarantine import quarantined
from rtlwright.server.check.unfinished.reading import read_head
from rtlwright.server.check.unfinished.splice import fit, offset, span, splice
from rtlwright.server.keywords import meant_as_keyword
from rtlwright.server.types import Candidate, Document, Position, Range, SourceName

TEXTS = [read(path) for path in sorted((*DESIGNS.iterdir(), *PROJECTS.rglob("*.*v")))]
WORDS = sorted({token.text for text in TEXTS for token in tokenize(text)})


@st.composite
def cut(draw: st.DrawFn) -> str:
    """A piece of a real file."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    return text[start : start + draw(st.integers(0, 400))]


shuffled = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
MARKS = st.sampled_from(["\r\n", "\t", "é", "𝛼", "`", '"', "/*", "*/", "\\"])
glued = st.lists(st.one_of(cut(), shuffled, MARKS), max_size=4).map("".join)
anything = st.text(st.characters(), max_size=60)  # lone surrogates and NULs, too
TEXT = st.one_of(cut(), shuffled, glued, anything)
SHAPE = settings(max_examples=120)


@SHAPE
@given(TEXT)
def test_closing_twice_is_closing_once(text: str) -> None:
    closed = close(text)
    assert closed.startswith(text) and close(closed) == closed


@SHAPE
@given(TEXT, TEXT, TEXT)
def test_a_closure_inserts_at_the_cursor_and_nowhere_else(prefix: str, candidate: str, suffix: str) -> None:
    around = Surroundings(prefix, suffix)
    for way in around.closures(candidate):
        assert way.text == prefix + candidate + way.inserted + suffix
    for way in around.dropped(candidate):
        assert way.before.startswith(prefix + candidate) and suffix.endswith(way.after)


@SHAPE
@given(TEXT, TEXT, TEXT)
def test_splicing_trims_the_candidate_and_leaves_its_place(prefix: str, candidate: str, suffix: str) -> None:
    start = Position(prefix.count("\n"), len(prefix[prefix.rfind("\n") + 1 :]))
    given_ = Candidate(candidate, Range.at(start), SourceName.MODEL)
    fitted = splice(Document.of(Path("m.sv"), prefix + suffix), given_)
    assert fitted.range == given_.range
    assert len("".join(fitted.text.split())) <= len("".join(candidate.split()))


@SHAPE
@given(TEXT, TEXT, TEXT)
def test_splicing_again_comes_to_an_end(prefix: str, candidate: str, suffix: str) -> None:
    """What is trimmed once fits, but for a repetition that the first trimming has laid bare."""
    once = fit(candidate, prefix, suffix)
    for _ in range(12):
        again = fit(once, prefix, suffix)
        if again == once:
            return
        assert len("".join(again.split())) <= len("".join(once.split()))
        once = again
    raise AssertionError(f"it trims on and on: {once!r}")


@SHAPE
@given(TEXT, st.integers(-2, 60), st.integers(-2, 200))
def test_positions_stay_inside_of_the_text(text: str, line: int, character: int) -> None:
    place = offset(text, Position(line, character))
    assert 0 <= place <= len(text)
    start, end = span(text, Candidate("", Range(Position(line, character), Position(0, 0)), SourceName.MODEL))
    assert 0 <= start <= end <= len(text)


@SHAPE
@given(st.lists(TEXT, min_size=2, max_size=5), st.data())
def test_reading_on_is_reading_anew(pieces: list[str], data: st.DataObject) -> None:
    """A text is typed, deleted back to the end of a token, typed on: what is remembered changes nothing."""
    text = ""
    for piece in (*pieces, ""):
        typed = text + piece
        ends = [0, *(token.end for token in tokens(typed))][-14:]
        for text in (typed, typed[: data.draw(st.sampled_from(ends))]):
            head = read_head(text, {})
            whole = head.scanner.copy().feed(tokens(text, head.restart)).structure()
            assert whole == Scanner().feed(tokens(text)).structure()


@SHAPE
@given(TEXT, st.integers(0, 400), st.lists(st.integers(-1, 400), max_size=4))
def test_quarantine_keeps_every_position(text: str, cursor: int, errors: list[int]) -> None:
    clean = quarantined(text, min(cursor, len(text)), errors)
    assert len(clean) == len(text)
    assert all(new in (old, " ") for old, new in zip(text, clean, strict=True))


@SHAPE
@given(st.sampled_from(TEXTS), st.data())
def test_the_two_halves_of_a_file_balance(text: str, data: st.DataObject) -> None:
    """What the beginning of a whole file opens, its end closes, wherever it is cut between two tokens."""
    found = tuple(tokens(text))
    at = data.draw(st.integers(0, len(found)))
    head = scan(found[:at])
    if head.conditionals:
        return  # the branch that is left out may close what the other opens
    supplied = scan(found[at:]).supplied
    assert [frame.closer for frame in reversed(head.frames)] == list(supplied)


@SHAPE
@given(anything)
def test_any_word_may_be_asked_for_its_keyword(word: str) -> None:
    assert meant_as_keyword(word) in (True, False)
