from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rtlwright.server.config import ProjectConfig
from rtlwright.server.context.discover import discover
from rtlwright.server.context.filelist import read_filelist, words


def test_everything_a_filelist_may_hold(tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "rtl/a b.sv").write_text("")
    (tmp_path / "nested.f").write_text("nested.sv +define+FROM_NESTED")
    (tmp_path / "main.f").write_text(
        """// comment
        # another
        /* a block
           comment.sv */
        $TOP/rtl/one.sv ${TOP}/two.sv $(TOP)/three.sv
        "rtl/a b.sv"            // trailing
        +incdir+inc1+inc2 -I inc3 -Iinc4
        +define+A=1+B -D C=2 -DD=3
        -v lib/cells.v -y lib +libext+.v+.vlib
        -timescale=1ns/1ps -sv
        -f nested.f
        """
    )
    found = read_filelist(tmp_path / "main.f", tmp_path, {"TOP": str(tmp_path)})
    names = [path.relative_to(tmp_path).as_posix() for path in found.files]
    assert names == ["rtl/one.sv", "two.sv", "three.sv", "rtl/a b.sv", "lib/cells.v", "nested.sv"]
    assert [path.name for path in found.include_dirs] == ["inc1", "inc2", "inc3", "inc4"]
    assert found.defines == {"A": "1", "B": "", "C": "2", "D": "3", "FROM_NESTED": ""}
    assert found.library_extensions == [".v", ".vlib"] and found.library_dirs == [tmp_path / "lib"]
    assert found.problems == []


def test_lists_that_name_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.f").write_text("-f b.f a.sv")
    (tmp_path / "b.f").write_text("-f a.f b.sv")
    found = read_filelist(tmp_path / "a.f", tmp_path, {})
    assert [path.name for path in found.files] == ["b.sv", "a.sv"]
    assert len(found.problems) == 1


def test_problems_name_the_list(tmp_path: Path) -> None:
    (tmp_path / "a.f").write_text("$NOT_SET/x.sv -f missing.f")
    found = read_filelist(tmp_path / "a.f", tmp_path, {})
    assert len(found.problems) == 2 and all(str(tmp_path) in problem for problem in found.problems)


def test_fortran_is_no_filelist(tmp_path: Path) -> None:
    (tmp_path / "solver.f").write_text("      PROGRAM MAIN\n      CALL SOLVE\n      END\n")
    (tmp_path / "a.sv").write_text("module a; endmodule")
    assert [path.name for path in discover(tmp_path, ProjectConfig(), {}).files] == ["a.sv"]


def test_verible_filelist_is_exclusive(tmp_path: Path) -> None:
    for name in ("a.sv", "b.sv"):
        (tmp_path / name).write_text("")
    (tmp_path / "verible.filelist").write_text("a.sv\n")
    assert [path.name for path in discover(tmp_path, ProjectConfig(), {}).files] == ["a.sv"]


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from('ab./$(){}+-fvyID="#*\\ \n\x00é'), max_size=80))
def test_any_text_is_read_without_raising(text: str) -> None:
    assert all(isinstance(word, str) for word in words(text))


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from("ab./$(){}+-fvyID=incdefr \n\x00"), max_size=60))
def test_any_filelist_is_read_without_raising(text: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".f") as file:
        file.write(text)
        file.flush()
        read_filelist(Path(file.name), Path(file.name).parent / "nowhere", {})
