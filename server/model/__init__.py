"""Models: what proposes text. `open_model` is the only place that knows which engines there are."""

from __future__ import annotations

from rtlwright.server.config import ModelConfig, VllmConfig
from rtlwright.server.errors import UserError
from rtlwright.server.model.embedded import EmbeddedModel
from rtlwright.server.model.protocol import Model
from rtlwright.server.model.scripted import ScriptedModel


def open_model(config: ModelConfig, vllm: VllmConfig | None = None) -> Model | None:
    """The configured model, not yet loaded; None where it is switched off."""
    match config.engine:
        case "off":
            return None
        case "embedded":
            return EmbeddedModel(config)
        case "openai":
            from rtlwright.server.model.openai import OpenAIModel  # an HTTP client: only where it is needed

            return OpenAIModel(config)
        case "vllm":
            from rtlwright.server.model.vllm import VllmModel

            return VllmModel(config, vllm or VllmConfig())
        case "scripted":
            if config.script is None:
                raise UserError("model.engine is 'scripted' but model.script names no file")
            return ScriptedModel(config.script)
