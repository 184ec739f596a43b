"""Configuration: precedence, and one clear line for whatever is wrong."""

import runpy
from pathlib import Path

import pytest

from rtlwright.server import paths
from rtlwright.server.config import Config, project_root
from rtlwright.server.errors import UserError


@pytest.fixture(autouse=True)
def no_user_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "user" / "rtlwright.toml"
    monkeypatch.setattr(paths, "config_file", lambda: file)
    return file


def project(tmp_path: Path, text: str) -> Path:
    root = tmp_path / "project"
    (root / "rtl").mkdir(parents=True)
    (root / "rtlwright.toml").write_text(text)
    return root


def test_precedence(tmp_path: Path, no_user_file: Path) -> None:
    no_user_file.parent.mkdir()
    no_user_file.write_text("[complete]\nn = 4\ndeadline_ms = 400\n[generate]\nn = 9\n")
    root = project(tmp_path, "[complete]\nn = 5\n")
    config = Config.load(root / "rtl", {"model": {"threads": 2}}, {"RTLWRIGHT_GENERATE_N": "7"})
    assert (config.complete.n, config.complete.deadline_ms, config.generate.n) == (5, 400, 7)
    assert config.model.threads == 2
    assert Config.load(root, {"generate": {"n": 3}}, {"RTLWRIGHT_GENERATE_N": "7"}).generate.n == 3


def test_a_trusted_projects_model_is_found_from_its_file(tmp_path: Path, no_user_file: Path) -> None:
    root = project(tmp_path, '[model]\npath = "models/my.gguf"\n')
    with pytest.raises(UserError, match=r"model\.path: a project's file may not decide"):
        Config.load(root / "rtl", environ={})
    trusting = {"RTLWRIGHT_TRUST_PROJECTS": f"/elsewhere,{tmp_path}"}
    assert Config.load(root / "rtl", environ=trusting).model.path == root / "models/my.gguf"
    no_user_file.parent.mkdir()
    no_user_file.write_text(f'[trust]\nprojects = ["{tmp_path}"]\n')
    assert Config.load(root / "rtl", environ={}).model.path == root / "models/my.gguf"
    (root / "rtlwright.toml").write_text('[trust]\nprojects = ["/"]\n')
    with pytest.raises(UserError, match=r"trust\.projects: a project's file may not decide whom you trust"):
        Config.load(root / "rtl", environ={})


def test_lists_in_the_environment() -> None:
    config = Config.load(environ={"RTLWRIGHT_PROJECT_EXCLUDE": "sim/**,gen/**"})
    assert config.project.exclude == ("sim/**", "gen/**")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[complete]\ndedline_ms = 3\n",
            "unknown key 'dedline_ms' in [complete]; did you mean 'deadline_ms'?",
        ),
        ("[modle]\nengine = 'off'\n", "unknown key 'modle'; did you mean 'model'?"),
        ("[complete]\nn = 0\n", "complete.n: input should be greater than or equal to 1 (it is 0)"),
        ("model = 3\n", "model: input should be a table"),
        ("[project]\nfiles = '*.v'\n", "project.files: input should be a list"),
        ("[project]\ndefines = ['A']\n", "project.defines: input should be a table"),
        ("[project]\ntop = '\\u0000'\n".replace("'", '"'), "project.top: no text has a nul"),
        ("[generate]\ndeadline_s = inf\n", "generate.deadline_s: input should be a finite number"),
        ("[model]\nengine = 'gpt'\n", "model.engine: input should be 'embedded'"),
        ("[complete\n", "not valid TOML"),
        ("complete = 3\n", "complete: "),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    root = project(tmp_path, text)
    with pytest.raises(UserError) as error:
        Config.load(root, environ={})
    assert words in str(error.value)
    assert str(root / "rtlwright.toml") in str(error.value)
    assert "\n" not in str(error.value).strip()


def test_not_utf8(tmp_path: Path) -> None:
    root = project(tmp_path, "")
    (root / "rtlwright.toml").write_bytes(b"# \xff\n")
    with pytest.raises(UserError, match="byte 2 is not UTF-8"):
        Config.load(root, environ={})


def test_unknown_keys_in_options_and_environment_values() -> None:
    with pytest.raises(UserError, match="the environment: complete.n"):
        Config.load(environ={"RTLWRIGHT_COMPLETE_N": "many"})
    with pytest.raises(UserError, match="the options given: unknown key 'complet'; did you mean 'complete'"):
        Config.load(overrides={"complet": {}}, environ={})


def test_every_field_is_documented() -> None:
    for name, section in Config.model_fields.items():
        assert section.description, name
        for field, info in section.annotation.model_fields.items():  # type: ignore[union-attr]
            assert info.description, f"{name}.{field}"


def test_project_root(tmp_path: Path) -> None:
    root = project(tmp_path, "")
    (root / ".git").mkdir()
    assert project_root(root / "rtl" / "a.sv") == root
    (root / "rtlwright.toml").unlink()
    assert project_root(root / "rtl") == root


def test_the_documentation_is_up_to_date() -> None:
    root = Path(__file__).parents[2]
    names = runpy.run_path(str(root / "scripts/write_config_docs.py"))
    assert (root / "docs/configuration.md").read_text() == names["tables"](), "run: make docs"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[server]\nurl = "https://evil.example"\n', "server.url"),
        ('[server]\ntoken_env = "AWS_SECRET_ACCESS_KEY"\n', "server.token_env"),
        ('[check]\nicarus = "./evil.sh"\n', "check.icarus"),
        ('[model]\npath = "evil.gguf"\n', "model.path"),
        ('[check]\nsandbox = "off"\n', "check.sandbox"),
        ('[check]\nsimulate = "on"\n', "check.simulate"),
        ('[feedback]\npath = "../../.bashrc"\n', "feedback.path"),
        ('[feedback]\npath = "/etc/cron.d/x"\n', "feedback.path"),
    ],
)
def test_a_strangers_project_may_not_decide_what_runs_or_where_code_goes(
    tmp_path: Path, no_user_file: Path, text: str, key: str
) -> None:
    root = project(tmp_path, text)
    with pytest.raises(
        UserError, match=f"{key}: a project's file may not decide .*; put it into .*RTLWRIGHT_"
    ):
        Config.load(root, environ={})
    if key != "feedback.path":  # the user may
        (root / "rtlwright.toml").unlink()
        no_user_file.parent.mkdir()
        no_user_file.write_text(text)
        Config.load(root, environ={})


def test_a_project_may_make_the_sandbox_stricter(tmp_path: Path) -> None:
    root = project(tmp_path, '[check]\nsandbox = "landlock"\nsimulate = "off"\n[feedback]\npath = "fb.db"\n')
    assert Config.load(root, environ={}).check.simulate == "off"


def test_the_settings_of_vs_code_are_the_configuration() -> None:
    root = Path(__file__).parents[2]
    names = runpy.run_path(str(root / "scripts/write_editor_settings.py"))
    found = (root / "editors/vscode/package.json").read_text(encoding="utf-8")
    assert found == names["manifest"](), "run: make docs"
    for name, section in Config.model_fields.items():
        if name in ("serve", "vllm"):
            continue  # a server's administrator has no editor to set it in
        for field in section.annotation.model_fields:  # type: ignore[union-attr]
            assert f'"rtlwright.{name}.{field}"' in found
