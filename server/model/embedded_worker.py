"""The process that runs llama.cpp: loads one GGUF file, answers one prompt at a time.

Run as `python -m rtlwright.server.model.embedded_worker`. The engine's own HTTP server cannot be
switched off; it listens on a Unix socket in a directory that only this user can enter, and that is
removed as soon as the engine is up, so that nothing can connect to it.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from rtlwright.server.model.gguf_meta import read_metadata
from rtlwright.server.worker_main import Job, serve

_QUIET = 1  # llama.cpp verbosity: errors only
_BATCH = 128
"""Tokens of a prompt that are worked out at once: what is no longer wanted ends between two batches."""


class Engine:
    """llama.cpp with one slot: its KV cache keeps the longest common prefix of consecutive prompts."""

    def __init__(self) -> None:
        self._server: Any = None

    def load(self, params: dict[str, Any], job: Job) -> dict[str, Any]:
        """`{path, context, threads}` → what the file says of itself."""
        import xllamacpp

        metadata = read_metadata(Path(params["path"]))
        trained = metadata.get(f"{metadata.get('general.architecture')}.context_length")
        context = min(params["context"], trained) if isinstance(trained, int) else params["context"]
        private = tempfile.mkdtemp(prefix="rtlwright-")
        try:
            common = _common_params(xllamacpp, params, context, private)
            self._server = xllamacpp.Server(common)
        except RuntimeError:
            raise RuntimeError(f"{params['path']}: the engine cannot load this GGUF file") from None
        finally:
            shutil.rmtree(private, ignore_errors=True)
        tokens = metadata.get("tokenizer.ggml.tokens", [])
        return {
            "name": metadata.get("general.name") or Path(params["path"]).stem,
            "context": context,
            "lexicon": metadata.get("rtlwright.lexicon"),
            "special": [t for t in tokens if t[:1] in "<▁[" and len(t) > 3],
            "size": os.path.getsize(params["path"]),  # noqa: PTH202
        }

    def generate(self, params: dict[str, Any], job: Job) -> dict[str, Any]:
        """`{prompt, max_tokens, temperature, top_p, seed, stop, first_line}` → the fields of a `Generation`.

        Stops within a token once the job is cancelled, and then answers with what there is.
        """
        pieces: list[str] = []
        logprobs: list[float] = []
        in_line = 0  # tokens of the first line that is not blank
        line_done = False
        finished = "length"

        def on_chunk(chunk: dict[str, Any]) -> bool:
            nonlocal finished, in_line, line_done
            if "error" in chunk:
                raise RuntimeError(chunk["error"].get("message", "the engine failed"))
            for choice in chunk.get("choices", ()):
                pieces.append(choice.get("text") or "")
                content = (choice.get("logprobs") or {}).get("content", ())
                logprobs.extend(token["logprob"] for token in content)
                if not line_done:
                    in_line = len(logprobs)
                    line_done = "\n" in "".join(pieces).lstrip()
                if choice.get("finish_reason"):
                    finished = choice["finish_reason"]
            return job.cancelled.is_set() or (line_done and first_line)

        params = dict(params)
        first_line = params.pop("first_line", False)
        # With `return_progress` a chunk comes with every batch of the prompt: there it can be stopped.
        request = {**params, "stream": True, "cache_prompt": True, "logprobs": 1, "return_progress": True}
        answer = self._server.handle_completions(request, on_chunk)
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"].get("message", "the engine failed"))
        return {
            "text": "".join(pieces),
            "logprob": sum(logprobs) / len(logprobs) if logprobs else 0.0,
            "line_logprob": sum(logprobs[:in_line]),
            "tokens": len(logprobs),
            "finished": finished,
        }

    def memory(self, params: Any, job: Job) -> float:
        """Peak resident set of this process in MiB."""
        # Not getrusage: its maximum is inherited from the process that forked this one.
        status = Path("/proc/self/status")
        if not status.exists():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024


def _common_params(xllamacpp: Any, params: dict[str, Any], context: int, private: str) -> Any:
    common = xllamacpp.CommonParams()
    common.model.path = params["path"]
    common.n_ctx = context
    common.n_parallel = 1
    common.n_batch = common.n_ubatch = _BATCH
    common.cpuparams.n_threads = params["threads"]
    common.cpuparams_batch.n_threads = params["threads"]
    common.n_threads_http = 1
    common.cache_ram_mib = 0  # the slot's own KV cache is what typing needs; no second copy in RAM
    common.warmup = False
    common.ui = False
    common.verbosity = _QUIET
    common.hostnames = [str(Path(private) / "engine.sock")]
    return common


def main() -> None:
    engine = Engine()
    serve({"load": engine.load, "generate": engine.generate, "memory": engine.memory})
    sys.stdout.flush()
    os._exit(0)  # the engine's threads do not end by themselves


if __name__ == "__main__":
    main()
