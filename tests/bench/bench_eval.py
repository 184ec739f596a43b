"""Throughput of scoring samples, against one `iverilog` and one `vvp` a sample from a process pool, in one run.

    python tests/bench/bench_eval.py --problems VerilogEval_Human.jsonl [--samples 20] [--part 1/4] [--json FILE]

Samples are the benchmark's references, mutated (`mutants.py`). All sides get the same ones, alternating in slices
of problems, with the same number of workers and the same Icarus Verilog. `official` does what VerilogEval's own
`evaluation.py` does: a pool of processes, in it for each sample a `multiprocessing.Manager`, a process, and a shell
with `iverilog …; vvp -n …` in a fresh directory. `lean` leaves manager and extra process out. The verdict of every
sample is compared with the lean side's, which believes what it is shown. Samples that never end are left out.
"""

# ruff: noqa: E501

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mutants import mutants

from rtlwright.eval.evaluation import Evaluation
from rtlwright.eval.job import Ended, Outcome
from rtlwright.eval.log import RunLog
from rtlwright.eval.pool import Pool
from rtlwright.eval.record import Settings
from rtlwright.eval.same import job_name
from rtlwright.eval.sample import Sample
from rtlwright.eval.score import Score
from rtlwright.eval.toolchain import Toolchain
from rtlwright.eval.verilogeval.v1 import VerilogEvalV1, load_v1
from rtlwright.server.config import CheckConfig

TIMEOUT_S = 30.0
HANGS_S = 12.0
SLICE = 13
"""Problems of a slice."""
Task = tuple[str, str, str]
"""`iverilog`, `vvp`, and the text to compile."""


def lean(task: Task) -> str:
    """The official harness's words for one sample."""
    iverilog, vvp, text = task
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "x.sv").write_text(text)
        flags = "-Wall -Winfloop -Wno-timescale -g2012 -s tb"
        command = f"{iverilog} {flags} -o test.vvp x.sv; {vvp} -n test.vvp"
        process = subprocess.Popen(
            command, shell=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        )
        try:
            out, err = (stream.decode(errors="replace") for stream in process.communicate(timeout=TIMEOUT_S))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return "timed out"
    match = re.search(r"Mismatches: ([0-9]*) in ([0-9]*) samples", out)
    if "syntax error" in err:
        return "failed: syntax error."
    if err:
        return "failed: compile error."
    if match is None:
        return "failed: info string not matched."
    return "passed" if match[1] == "0" else f"failed: {match[1]} out of {match[2]} samples."


def official(task: Task) -> str:
    """`lean`, in a process of its own that answers through a manager."""
    with multiprocessing.Manager() as manager:
        result = manager.list()
        process = multiprocessing.Process(target=_append, args=(result, task))
        process.start()
        process.join(TIMEOUT_S + 1)
        return str(result[0])


def _append(result: list[str], task: Task) -> None:
    result.append(lean(task))


def pooled(work: Callable[[Task], str], tasks: Sequence[Task], workers: int) -> list[str]:
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(work, tasks))


def ours(
    harness: VerilogEvalV1, samples: Sequence[Sample], pool: Pool, folder: Path
) -> dict[tuple[str, int], Score]:
    log = RunLog(folder / f"{time.monotonic_ns()}.jsonl", Settings(harness.name, "mutants"))
    Evaluation(harness, log, pool, {}).run(samples)
    log.close()
    return {record.sample.key: record.score for record in log.records}


def finite(
    harness: VerilogEvalV1, samples: Sequence[Sample], toolchain: Toolchain, workers: int
) -> tuple[list[Sample], int]:
    """Without the samples that run past `HANGS_S`: each would cost every side the same 30 seconds of waiting."""
    problems = {problem.id: problem for problem in harness.problems}
    pool = Pool(toolchain, workers)
    try:
        asked = [
            (sample, pool.submit(
                job_name(sample.problem, sample.text),
                lambda nonce, s=sample: replace(harness.job(problems[s.problem], s.text, nonce), timeout_s=HANGS_S, inspection=None),
            ))
            for sample in samples
        ]  # fmt: skip
        kept = [sample for sample, future in asked if not _hangs(future.result())]
    finally:
        pool.close()
    return kept, len(samples) - len(kept)


def _hangs(outcome: Outcome) -> bool:
    return any(run and run.ended is Ended.TIMEOUT for run in (outcome.compile, outcome.run))


def same(score: Score, words: str) -> bool:
    """Whether the verdicts are equal; counts too, where the simulation was not ended early."""
    if score.partial and score.result.endswith("samples."):
        return words.endswith("samples.")
    return score.result == words


@contextmanager
def clock(side: str, seconds: dict[str, float], cpu: dict[str, float]) -> Iterator[None]:
    """Adds wall-clock and processor time, that of all children that ended included."""
    begun, spent = time.perf_counter(), _processor()
    yield
    seconds[side] += time.perf_counter() - begun
    cpu[side] += _processor() - spent


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, default=os.environ.get("RTLWRIGHT_VERILOGEVAL_FILE"))
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--part", default="1/1", help="I/K: only every K-th slice of problems, from the I-th."
    )
    parser.add_argument("--official", action="store_true", help="Measure the official structure as well.")
    parser.add_argument("--full", action="store_true", help="Count every mismatch of failed samples.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.problems is None or not options.problems.exists():
        sys.exit("--problems names VerilogEval v1's JSONL file (or RTLWRIGHT_VERILOGEVAL_FILE does)")
    report = measure(options)
    print_report(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def measure(options: argparse.Namespace) -> dict[str, object]:
    toolchain = Toolchain.find(CheckConfig())
    harness = load_v1(options.problems, None, options.full)
    number, parts = (int(word) for word in options.part.split("/"))
    slices = [harness.problems[at : at + SLICE] for at in range(0, len(harness.problems), SLICE)][
        number - 1 :: parts
    ]
    seconds = {"ours": 0.0, "lean": 0.0, "official": 0.0}
    samples_in_all = equal = passed = hanging = 0
    differing = []
    cpu = dict(seconds)
    distinct = 0
    with tempfile.TemporaryDirectory() as folder:
        for problems in slices:
            samples = [
                Sample(problem.id, index, text)
                for problem in problems
                for index, text in enumerate(mutants(str(problem.reference), options.samples, problem.id))
            ]
            samples, found = finite(harness, samples, toolchain, options.workers)
            hanging += found
            texts = {problem.id: (problem.test[0].text, problem.header) for problem in problems}
            tasks = [
                (toolchain.icarus.path, toolchain.icarus.vvp, "\n".join((*texts[s.problem], s.text)))
                for s in samples
            ]
            with clock(
                "ours", seconds, cpu
            ):  # the workers start and end within it, so that their time is known
                pool = Pool(toolchain, options.workers)
                scores = ours(replace(harness, problems=problems), samples, pool, Path(folder))
                pool.close()
            distinct += pool.tally.run
            cpu["ours"] += pool.tally.processor_s  # killed children do not hand theirs on
            with clock("lean", seconds, cpu):
                words = pooled(lean, tasks, options.workers)
            if options.official:
                with clock("official", seconds, cpu):
                    pooled(official, tasks, options.workers)
            for sample, word in zip(samples, words, strict=True):
                samples_in_all += 1
                passed += word == "passed"
                if same(scores[sample.key], word):
                    equal += 1
                else:
                    differing.append([*sample.key, str(scores[sample.key])[:300], word])
    return {
        "samples": samples_in_all, "distinct": distinct, "passed": passed, "left out": hanging, "equal verdicts": equal,
        "differing": differing, "seconds": seconds, "cpu seconds": cpu, "workers": options.workers,
        "iverilog": toolchain.icarus.version, "part": options.part,
    }  # fmt: skip


def print_report(report: dict[str, object]) -> None:
    seconds = report["seconds"]
    assert isinstance(seconds, dict)
    print(f"{report['samples']} samples ({report['distinct']} distinct, {report['passed']} pass, "
          f"{report['left out']} more left out that hang), "
          f"{report['equal verdicts']} equal verdicts, Icarus Verilog {report['iverilog']}, "
          f"{report['workers']} workers")  # fmt: skip
    cpu = report["cpu seconds"]
    assert isinstance(cpu, dict)
    for name, time_s in seconds.items():
        if time_s:
            rate = int(str(report["samples"])) / time_s
            print(f"  {name:9} {time_s:7.1f} s {rate:8.1f} samples/s {time_s / seconds['ours']:6.2f} x   "
                  f"processor {cpu[name]:7.1f} s {cpu[name] / cpu['ours']:6.2f} x")  # fmt: skip
    for line in list(report["differing"])[:10]:  # type: ignore[call-overload]
        print("  differs:", *line)


if __name__ == "__main__":
    main()
