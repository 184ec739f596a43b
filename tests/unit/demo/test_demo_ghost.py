from __future__ import annotations

import io

import pytest
from demo_fakes import suggestion
from rich.console import Console

from rtlwright.server.ghost import Ghost, offset_of
from rtlwright.server.types import Position


def lines(text: str, new: str, at: Position, width: int = 80, **options: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(Ghost(text, suggestion(new, at), **options))  # type: ignore[arg-type]
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("position", "offset"),
    [((0, 0), 0), ((0, 2), 1), ((0, 99), 2), ((1, 1), 5), ((2, 0), 7), ((3, 0), 7), ((9, 9), 7)],
)
def test_offset_of_counts_utf16_and_all_line_ends(position: tuple[int, int], offset: int) -> None:
    assert offset_of("𝛼b\r\nc\r\n", Position(*position)) == offset


def test_new_lines_and_partly_new_lines_are_marked() -> None:
    assert lines("a\nb = ;\nc\n", "1", Position(1, 4)) == ["   1 a", " ~ 2 b = 1;", "   3 c"]


def test_blank_lines_inside_are_new_too() -> None:
    assert lines("a\n", "b\n\nc\n", Position(1, 0)) == ["   1 a", " + 2 b", " + 3", " + 4 c"]


def test_window_and_numbers() -> None:
    text = "".join(f"l{n}\n" for n in range(1, 101))
    found = lines(text, "new\n", Position(49, 0), before=2, after=2)
    assert found == ["   48 l48", "   49 l49", " + 50 new", "   51 l50", "   52 l51", "   53 l52"]


def test_whole_module_has_no_line_after_it() -> None:
    assert lines("", "module m;\nendmodule\n", Position(0, 0)) == [" + 1 module m;", " + 2 endmodule"]


def test_limit_says_how_much_is_hidden() -> None:
    found = lines("", "\n".join(f"x{n};" for n in range(10)), Position(0, 0), limit=4)
    assert found[3:] == [" + 4 x3;", " +   (6 more lines)"]


def test_nothing_of_a_long_line_is_lost() -> None:
    found = lines("", "y" * 150, Position(0, 0), width=40)
    assert "".join(found).count("y") == 150
    assert max(map(len, found)) <= 40


def test_tabs_do_not_shift_the_marks() -> None:
    assert lines("\ta\n\t\tb\n", "\tc\n", Position(1, 0)) == ["   1     a", " + 2     c", "   3         b"]


def test_any_text_is_drawn() -> None:
    for text in ("", "\r", "\r\n\r\n", '/* "', "`", "\0", "\ud800", "𝛼\u0301" * 50, "\x85\u2028\x0b\x0c"):
        for at in (Position(0, 0), Position(1, 1), Position(7, 7)):
            lines(text, text, at, width=20)
