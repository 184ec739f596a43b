"""`RemoteService`: the same as `LocalService`, answered by a team server.

The project's index stays on this machine: it says which files a request needs, and serves `project`.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from rtlwright.server import paths
from rtlwright.server.actions.menu import ProjectActions
from rtlwright.server.config import Config, project_root
from rtlwright.server.context.excerpt import excerpt
from rtlwright.server.context.inclusion import inclusion
from rtlwright.server.context.index import ProjectIndex
from rtlwright.server.context.window import offset_of
from rtlwright.server.errors import UserError
from rtlwright.server.feedback import captured
from rtlwright.server.model.protocol import ModelStatus
from rtlwright.server.previews import Found
from rtlwright.server.remote.bundle import Bundle, Bundler
from rtlwright.server.remote.forms import (
    COMPLETION,
    REPORT,
    SUGGESTION,
    CheckForm,
    CompleteForm,
    DocumentForm,
    FeedbackForm,
    FilesForm,
    GenerateForm,
    PositionForm,
    Preferences,
    ProjectForm,
    StatusAnswer,
)
from rtlwright.server.remote.link import Link, MissingFiles, Rejected, ServerBusy
from rtlwright.server.remote.outbox import Letter, Outbox
from rtlwright.server.remote.token import read_token, tls_of, token_hint
from rtlwright.server.service import ServiceStatus
from rtlwright.server.types import (
    Cancel,
    CheckReport,
    CheckRequest,
    Completion,
    CompletionRequest,
    Document,
    FeedbackEvent,
    GenerateRequest,
    Progress,
)

T = TypeVar("T")
F = TypeVar("F", bound=BaseModel)
_TYPING_PATIENCE_S, _PATIENCE_S = 0.3, 15.0
_STATUS_S = 10.0
_CHECK_SILENCE_S = 300.0
"""A comparison takes minutes, and says nothing meanwhile."""
_DELIVERIES = 4
"""How often files are sent for one request: the server keeps so many, and may have been started anew."""
_UPLOAD_CHARACTERS = 4 * 2**20
_LINES_NEAR = 40


class RemoteService:
    """See `Service`. Cheap to make: nothing is asked, and no file read, before the first request."""

    def __init__(self, config: Config, root: Path | None = None, environ: Mapping[str, str] = os.environ):
        """Raises `UserError` for a URL, a token file or a certificate that is none."""
        self._config = config
        self._root = root or project_root(Path.cwd())
        self._index = ProjectIndex(self._root, config.project, paths.writable(paths.cache_dir()))
        self._project = ProjectActions(self._index)
        self._bundler = Bundler(self._index)
        server = config.server
        self._link = Link(
            server.url or "",
            read_token(server, environ),
            tls_of(server),
            server.timeout_s,
            token_hint(server),
        )
        self._workspace = secrets.token_hex(16)
        self.answer: StatusAnswer | None = None
        """What the server said of itself at the last `status`, None where it did not answer."""
        data = paths.data_dir()
        self._outbox = Outbox(data / "outbox.sqlite3" if data else None, self._link.url, self._deliver)

    def warm(self) -> None:
        """In the background: read the project, send what feedback is left."""
        threading.Thread(target=self._index.ensure, name="rtlwright-warm", daemon=True).start()
        self._outbox.wake()

    def complete(self, request: CompletionRequest, cancel: Cancel) -> Completion:
        """bundle → form → ask → completion; the others are alike."""
        if part := excerpt(request, self._index) or inclusion(request, self._index):
            if part.is_large and not request.manual:
                return Completion((), notes=(part.too_large,))
            return part.widened(self.complete(part.request, cancel))
        cancel.check()
        offset = offset_of(request.document, request.position)
        around = _lines_before(request.document.text, offset)
        bundle = self._bundler.of_documents((request.document,), request.open_documents, (around,))
        form = _form(
            CompleteForm,
            project=self._project_form(bundle),
            document=self._document(request.document),
            position=PositionForm(line=request.position.line, character=request.position.character),
            n=request.n,
            manual=request.manual,
            speculative=request.speculative,
            brief=request.brief,
        )
        patience_s = _PATIENCE_S if request.manual else _TYPING_PATIENCE_S
        try:
            return self._ask("/v1/complete", form, bundle, cancel, COMPLETION, patience_s)
        except ServerBusy as error:
            if request.manual:
                raise
            return Completion((), notes=(str(error),))  # the next key asks again

    def generate(
        self,
        request: GenerateRequest,
        cancel: Cancel,
        progress: Progress | None = None,
        found: Found | None = None,
    ) -> Completion:
        cancel.check()
        bundle = self._bundler.of_new(request.project_file or Path("generated.sv"), request.spec)
        form = _form(
            GenerateForm,
            project=self._project_form(bundle),
            spec=_clean(request.spec),
            n=request.n,
            testbench=request.testbench,
            language=request.language,
            project_file=self._index.name_of(request.project_file) if request.project_file else None,
            previews=found is not None,
            round=request.round,
        )

        def on_event(name: str, data: Any) -> None:
            if name == "progress" and progress:
                progress(str(data.get("phrase", ""))[:200])
            elif name == "suggestion" and found:
                found(SUGGESTION.validate_python(data))

        body = _json(form)
        data = self._with_files(
            lambda: self._link.stream("/v1/generate", body, cancel, on_event, patience_s=_PATIENCE_S),
            bundle,
            cancel,
        )
        return self._read(COMPLETION, data)

    def check(self, request: CheckRequest, cancel: Cancel) -> CheckReport:
        cancel.check()
        named = [each for each in (request.testbench, request.reference) if each]
        bundle = self._bundler.of_documents(
            (*request.documents, *named), request.open_documents, find_testbench=request.find_testbench
        )
        form = _form(
            CheckForm,
            project=self._project_form(bundle),
            documents=[self._document(each) for each in request.documents],
            top=request.top,
            testbench=self._document(request.testbench) if request.testbench else None,
            quick=request.quick,
            find_testbench=request.find_testbench,
            reference=self._document(request.reference) if request.reference else None,
            waves=request.waves,
        )
        return self._ask("/v1/check", form, bundle, cancel, REPORT, _PATIENCE_S, _CHECK_SILENCE_S)

    def feedback(self, event: FeedbackEvent) -> None:
        """On disk when this returns, on the server soon."""
        capture = self._config.feedback.capture
        if capture == "off":
            return
        at, suggestion_id, kind, detail = captured.event_row(event, capture)
        plain = {
            k: v if isinstance(v, _SCALARS) else json.dumps(v) for k, v in json.loads(str(detail)).items()
        }
        event_form = {"kind": kind, "suggestion_id": suggestion_id, "at": at, "detail": plain}
        uid = uuid.uuid4().hex
        letter = Letter(uid, self._workspace, json.dumps({"id": uid, **event_form}))
        if not self._outbox.put(letter):
            threading.Thread(target=self._try_to_deliver, args=(letter,), daemon=True).start()

    def status(self) -> ServiceStatus:
        """Asks the server; what is wrong with it is a note, not an error."""
        self.answer = None
        try:
            data = self._link.ask("GET", "/v1/status", None, Cancel(), patience_s=0, timeout_s=_STATUS_S)
            self.answer = answer = StatusAnswer.model_validate_json(data)
        except (UserError, ValidationError, MissingFiles) as error:
            model = ModelStatus(self._link.url, False, str(error).splitlines()[0])
            return ServiceStatus("remote", model, "unknown", (model.detail, *self._outbox.notes()))
        found = answer.service
        notes = (*found.notes, *self._clear_text(), *self._outbox.notes())
        return ServiceStatus("remote", found.model, found.sandbox, notes)

    @property
    def project(self) -> ProjectActions:
        return self._project

    @property
    def config(self) -> Config:
        return self._config

    @property
    def index(self) -> ProjectIndex:
        """The project as the tool sees it, on this machine."""
        return self._index

    def close(self) -> None:
        self._outbox.close()
        self._link.close()
        self._index.close()

    # The parts

    def _ask(
        self, path: str, form: BaseModel, bundle: Bundle, cancel: Cancel, answer: TypeAdapter[T],
        patience_s: float, timeout_s: float | None = None,
    ) -> T:  # fmt: skip
        body = _json(form)
        data = self._with_files(
            lambda: self._link.ask("POST", path, body, cancel, patience_s=patience_s, timeout_s=timeout_s),
            bundle,
            cancel,
        )
        return self._read(answer, data)

    def _with_files(self, ask: Callable[[], bytes], bundle: Bundle, cancel: Cancel) -> bytes:
        """Ask; send the files that the server lacks; ask again."""
        for _ in range(_DELIVERIES):
            try:
                return ask()
            except MissingFiles as missing:
                self._send(
                    {each: bundle.texts[each] for each in missing.digests if each in bundle.texts}, cancel
                )
        raise UserError(
            f"{self._link.url} does not keep the files of this project; its administrator can raise "
            "serve.contents_mb"
        )

    def _send(self, texts: dict[str, str], cancel: Cancel) -> None:
        """In parts, none much larger than the largest file."""
        part: dict[str, str] = {}
        for digest, text in texts.items():
            if part and sum(map(len, part.values())) + len(text) > _UPLOAD_CHARACTERS:
                self._link.ask("POST", "/v1/files", _json(FilesForm(texts=part)), cancel)
                part = {}
            part[digest] = text
        if part:
            self._link.ask("POST", "/v1/files", _json(FilesForm(texts=part)), cancel)

    def _read(self, answer: TypeAdapter[T], data: bytes) -> T:
        try:
            return answer.validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(f"{self._link.url}: sent what is no answer ({where}: {first['msg']})") from None

    def _project_form(self, bundle: Bundle) -> ProjectForm:
        config, sources = self._config, self._index.sources
        return _form(
            ProjectForm,
            workspace=self._workspace,
            files=list(bundle.files),
            includes=list(bundle.includes),
            open=list(bundle.open),
            include_dirs=[self._index.name_of(each) for each in sources.include_dirs],
            defines=dict(sources.defines),
            preferences=Preferences(
                show_warnings=config.complete.show_warnings,
                show_unchecked=config.complete.show_unchecked,
                testbench=config.check.testbench,
                capture=config.feedback.capture,
            ),
        )

    def _document(self, document: Document) -> DocumentForm:
        path = self._index.name_of(document.path)
        return _form(
            DocumentForm,
            path=path,
            text=_clean(document.text),
            language=document.language,
            version=document.version,
        )

    def _deliver(self, letters: list[Letter]) -> None:
        form = _form(
            FeedbackForm,
            workspace=letters[0].workspace,
            events=[json.loads(each.event) for each in letters],
            capture=self._config.feedback.capture,
        )
        self._link.ask("POST", "/v1/feedback", _json(form), Cancel(), patience_s=1.0, timeout_s=10.0)

    def _try_to_deliver(self, letter: Letter) -> None:
        try:
            self._deliver([letter])
        except UserError:
            return  # the outbox has noted why nothing could wait here

    def _clear_text(self) -> tuple[str, ...]:
        url = self._link.url
        local = self._link.is_local
        return (
            ()
            if local or url.startswith("https:")
            else (f"{url}: code and token cross the network in the clear",)
        )


_SCALARS = (bool, int, float, str, type(None))


def _form(kind: type[F], **values: Any) -> F:
    """Raises `Rejected` for what no server would take."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Rejected(f"this request cannot be sent: {where}: {first['msg']}") from None


def _json(form: BaseModel) -> bytes:
    return form.model_dump_json(exclude_defaults=True).encode()


def _clean(text: str) -> str:
    """JSON is UTF-8; an editor can send half of a surrogate pair."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _lines_before(text: str, offset: int) -> str:
    start = offset
    for _ in range(_LINES_NEAR):
        start = text.rfind("\n", 0, start)
        if start < 0:
            return text[:offset]
    return text[start:offset]
