"""Files and places that users name."""

import os
import stat
from pathlib import Path

import pytest

from rtlwright.server.errors import UserError
from rtlwright.server.extract import module_text
from rtlwright.server.files import line_end, parse_place, read_document, read_spec, write_whole
from rtlwright.server.types import Document, Language, Position


def test_reading(tmp_path: Path) -> None:
    file = tmp_path / "a.v"
    file.write_bytes(b"\xef\xbb\xbfmodule a;\r\nendmodule // \xc3\xa4\r\n")
    document = read_document(file)
    assert document.text == "module a;\r\nendmodule // ä\r\n"
    assert document.language is Language.VERILOG


def test_an_old_encoding_is_no_reason_to_refuse_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.sv").write_bytes(b"// \xa9 1998\nmodule a; endmodule\n")
    assert read_document(tmp_path / "a.sv").text == "// © 1998\nmodule a; endmodule\n"
    with pytest.raises(UserError, match=r"a.sv:1: byte 0xa9 is not UTF-8"):
        read_spec(str(tmp_path / "a.sv"))


def test_what_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "a.sv").write_bytes(b"\x7fELF\0\0")
    with pytest.raises(UserError, match="is a binary file"):
        read_document(tmp_path / "a.sv")
    os.mkfifo(tmp_path / "pipe.sv")
    with pytest.raises(UserError, match="is a named pipe"):
        read_document(tmp_path / "pipe.sv")


def test_missing_and_directory(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_document(tmp_path / "none.sv")
    with pytest.raises(UserError, match="is a directory"):
        read_document(tmp_path)


def test_places() -> None:
    assert parse_place("rtl/a.sv:12:5") == (Path("rtl/a.sv"), Position(11, 4))
    assert parse_place("a.sv:3") == (Path("a.sv"), Position(2, -1))
    assert parse_place("C:odd:name.sv:3:1") == (Path("C:odd:name.sv"), Position(2, 0))
    for wrong in ("a.sv", "a.sv:x", "a.sv:0:1", "a.sv:1:0", ":1", ""):
        with pytest.raises(UserError):
            parse_place(wrong)


def test_line_end_counts_utf16() -> None:
    document = Document(Path("a.sv"), "// 𝄞ä\r\nb")
    assert line_end(document, 0) == Position(0, 6)
    with pytest.raises(UserError, match=r"a.sv:3: the file has 2 lines"):
        line_end(document, 2)


def test_specifications(tmp_path: Path) -> None:
    file = tmp_path / "spec.md"
    file.write_text("a counter")
    assert read_spec(str(file)) == "a counter"
    assert read_spec("a counter named c.") == "a counter named c."
    with pytest.raises(UserError, match="no such file"):
        read_spec("spec/none.md")
    with pytest.raises(UserError, match="empty"):
        read_spec("  \n")


@pytest.mark.parametrize(
    ("answer", "module"),
    [
        ("module a;\nendmodule", "module a;\nendmodule\n"),
        ("Here:\n```systemverilog\nmodule a;\nendmodule : a\n```\nbye", "module a;\nendmodule : a\n"),
        ("<think>module x; endmodule</think>`default_nettype none\nmodule a;\nendmodule\nDone",
         "`default_nettype none\nmodule a;\nendmodule\n"),
        ("module a;\n  assign", "module a;\n  assign\n"),
        ("", "\n"),
    ],
)  # fmt: skip
def test_modules_are_taken_out_of_answers(answer: str, module: str) -> None:
    assert module_text(answer) == module


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    file, link = tmp_path / "a.sv", tmp_path / "link.sv"
    write_whole(file, "one\r\n")
    file.chmod(0o640)
    link.symlink_to(file)
    write_whole(link, "two\n")
    assert link.is_symlink() and file.read_bytes() == b"two\n" and file.stat().st_mode & 0o777 == 0o640
    with pytest.raises(UserError, match="cannot be written"):
        write_whole(tmp_path / "none" / "a.sv", "x")
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "three\n")
    assert os.read(reading, 100) == b"three\n" and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    os.close(reading)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.sv", "link.sv", "pipe"]
