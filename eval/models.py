"""Opens the model that a user names."""

from __future__ import annotations

from pathlib import Path

from rtlwright.eval.prompts import Form
from rtlwright.eval.served_model import ServedModel
from rtlwright.server.config import ModelConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model import open_model
from rtlwright.server.model.embedded import EmbeddedModel
from rtlwright.server.model.protocol import Model, ModelError, Sampling
from rtlwright.server.types import Cancel

_SCRIPTED = "scripted:"


def open_named(model: str, name: str | None, config: ModelConfig) -> Model:
    """`embedded`, a GGUF file, the address of an OpenAI-compatible server, or `scripted:FILE` (for tests).

    Raises:
        UserError: it is none of these.
    """
    if model.startswith(("http://", "https://")):
        if not name:
            raise UserError("--model names a server; --name has to say which of its models is meant")
        return ServedModel(config.model_copy(update={"url": model, "name": name}))
    if model.startswith(_SCRIPTED):
        config = config.model_copy(update={"engine": "scripted", "script": Path(model[len(_SCRIPTED) :])})
    elif model.endswith(".gguf"):
        if not Path(model).is_file():
            raise UserError(f"{model}: no such file; --model names a GGUF file, 'embedded' or a server's URL")
        config = config.model_copy(update={"engine": "embedded", "path": Path(model)})
    elif model == "embedded":
        config = config.model_copy(update={"engine": "embedded"})
    else:
        raise UserError(f"--model {model}: name 'embedded', a GGUF file, or the URL of a server")
    opened = open_model(config)
    assert opened is not None
    return opened


def prove(model: Model) -> None:
    """Asks a local model for one token: a file that cannot be loaded would be measured as a bad model.

    Raises:
        UserError: it gives none.
    """
    if not isinstance(model, EmbeddedModel):
        return
    try:
        model.write("x", Sampling(max_tokens=1), Cancel())
    except ModelError as error:
        raise UserError(f"--model: {error}") from None


def usual_form(model: str) -> Form:
    """A served model is asked as the benchmark's scripts do; a local one as RTLCoder does."""
    return Form.CHAT if model.startswith(("http://", "https://")) else Form.INSTRUCTION
