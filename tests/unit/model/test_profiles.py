"""Prompt profiles and the scripted model."""

from pathlib import Path

import pytest

from rtlwright.server.config import ModelConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model import open_model
from rtlwright.server.model.dialect import ProfileDialect, SlotDialect, dialect_of
from rtlwright.server.model.profiles import profiles, recognize
from rtlwright.server.model.protocol import Sampling
from rtlwright.server.types import Cancel


@pytest.mark.parametrize(
    ("name", "tokens", "family"),
    [
        ("whatever", {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|im_start|>"}, "qwen2-coder"),
        ("x", {"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"}, "deepseek-coder"),
        ("x", {"<fim_prefix>", "<fim_suffix>", "<fim_middle>"}, "starcoder2"),
        ("x", {"▁<PRE>", "▁<SUF>", "▁<MID>", "[INST]"}, "codellama"),
        ("Qwen/Qwen2.5-Coder-7B", set(), "qwen2-coder"),
        ("ishorn5/RTLCoder-v1.1", set(), "rtlcoder"),
        ("some-base-model", {"<s>"}, "plain"),
    ],
)
def test_families_are_recognized(name: str, tokens: set[str], family: str) -> None:
    assert recognize(name, tokens).family == family


def test_prompts_may_hold_braces_and_the_names_of_the_parts() -> None:
    profile = recognize("qwen2.5-coder")
    assert profile.fim_prompt("{suffix}{0}", "}") == "<|fim_prefix|>{suffix}{0}<|fim_suffix|>}<|fim_middle|>"
    for each in profiles():
        assert "{spec}" in each.spec


def test_our_own_models_are_known_by_their_lexicon() -> None:
    assert isinstance(dialect_of({"lexicon": '["clk"]', "name": "x", "special": []}), SlotDialect)
    assert isinstance(dialect_of({"lexicon": None, "name": "starcoder2-3b", "special": []}), ProfileDialect)


def test_the_scripted_model_says_that_it_is(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"after": "a = ", "answers": ["b;", "c;"]}, {"spec": "mux", "answers": ["module"]}]')
    model = open_model(ModelConfig(engine="scripted", script=script))
    assert model is not None and "scripted" in model.status().detail
    assert [a.text for a in model.fill("x; a = ", "", Sampling(n=2), Cancel())] == ["b;", "c;"]
    assert [a.text for a in model.write("a mux", Sampling(), Cancel())] == ["module"]
    assert model.fill("nothing", "", Sampling(), Cancel()) == []


def test_scripts_that_are_none(tmp_path: Path) -> None:
    for text in ("{", "3", '[{"after": "x"}]'):
        (tmp_path / "script.json").write_text(text)
        with pytest.raises(UserError, match="script.json"):
            open_model(ModelConfig(engine="scripted", script=tmp_path / "script.json"))
    with pytest.raises(UserError, match="names no file"):
        open_model(ModelConfig(engine="scripted"))
    assert open_model(ModelConfig(engine="off")) is None
