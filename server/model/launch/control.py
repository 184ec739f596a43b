"""What the commands ask of a running vLLM: its models, and its adapters to be loaded and taken away."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2

from rtlwright.server.errors import UserError
from rtlwright.server.model.launch.adapters import Adapter, AdapterStore
from rtlwright.server.model.launch.supervisor import Endpoint

_LOAD_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One line of `/v1/models`."""

    name: str
    base: str | None
    """None for a model itself; the model's name for an adapter."""
    context: int | None


class Control:
    """Raises `UserError` with vLLM's own words where it refuses."""

    def __init__(self, endpoint: Endpoint, key_name: str = "its key"):
        self._api = endpoint.api
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._client = httpx2.Client(headers=headers, timeout=10.0)
        self._key_name = key_name

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def models(self) -> list[ServedModel]:
        response = self._ask("GET", "/models")
        try:
            return [
                ServedModel(str(entry["id"]), entry.get("parent"), entry.get("max_model_len"))
                for entry in response.json()["data"]
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UserError(
                f"{self._api}/models: no list of models; does the address end with /v1?"
            ) from None

    def load(self, adapter: Adapter) -> None:
        """Idempotent."""
        if adapter.served_name in {model.name for model in self.models()}:
            return
        body = {"lora_name": adapter.served_name, "lora_path": adapter.path}
        self._ask("POST", "/load_lora_adapter", body)

    def unload(self, adapter: Adapter) -> None:
        if adapter.served_name in {model.name for model in self.models()}:
            self._ask("POST", "/unload_lora_adapter", {"lora_name": adapter.served_name})

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> httpx2.Response:
        try:
            response = self._client.request(method, self._api + path, json=body, timeout=_LOAD_TIMEOUT_S)
        except httpx2.HTTPError as error:
            what = "nothing answers" if isinstance(error, httpx2.ConnectError) else type(error).__name__
            raise UserError(f"{self._api}: {what}; is the model server running?") from None
        if response.status_code == 200:
            return response
        if response.status_code in (401, 403):
            raise UserError(f"{self._api} refuses the key; it has to be in {self._key_name}")
        raise UserError(f"{self._api}{path}: {response.status_code}: {_words(response)}")


def restore(endpoint: Endpoint, store: AdapterStore) -> list[str]:
    """Load every promoted adapter into a vLLM that has just started; what could not be loaded, a line each.

    An adapter that is refused while it is the active one takes the model itself back into service.
    """
    store.tidy()  # nobody asks a vLLM that has just started for an adapter that was replaced
    roster, problems = store.roster(), []
    with Control(endpoint) as control:
        for adapter in roster.adapters:
            try:
                control.load(adapter)
            except UserError as error:
                problems.append(f"adapter {adapter.name}: {error}")
                if roster.active == adapter.name:
                    store.activate(None)
    return problems


def _words(response: httpx2.Response) -> str:
    try:
        error = response.json().get("error", response.text)
        text = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        text = response.text
    return " ".join(str(text).split())[:300]
