"""Clients that type, all at once, against `rtlwright serve` with the embedded engine: `make bench-serve`.

Each client types a module, character by character, in the rhythm of a person, and asks for a completion
when it pauses; a key while an answer is under way closes that connection, as an editor does. One that is told
to come back (429) waits for as long as it was told.

Printed: what the server answered, how long what it served took, how soon cancelled requests freed their
slots, and the memory of the server with all its workers over time. Exit status 1 if anything but 200 and 429
with Retry-After came, a slot was freed late, or memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rtlwright.server import processes
from rtlwright.server.app.token_table import _MIGRATIONS, SqlTokens
from rtlwright.server.app.tokens import create
from rtlwright.server.feedback.driver import SqliteFile
from rtlwright.server.types import SourceFile

KEY_S = 0.16
"""Mean time between two keys: 75 words a minute."""
PAUSE_S = 0.075
"""An editor asks when no key has come for so long."""
READ_S = 0.6
"""Every so often the author stops and reads."""
READS = 0.12
CANCEL_WITHIN_S = 0.1
GROWTH = 1.10

TEXT = """module fifo #(parameter WIDTH = 8, DEPTH = 16) (
  input  logic             clk,
  input  logic             rst,
  input  logic             push,
  input  logic             pop,
  input  logic [WIDTH-1:0] din,
  output logic [WIDTH-1:0] dout,
  output logic             full,
  output logic             empty
);
  logic [WIDTH-1:0] mem [DEPTH];
  logic [$clog2(DEPTH):0] wr_ptr, rd_ptr;
  assign empty = wr_ptr == rd_ptr;
  assign full = wr_ptr - rd_ptr == DEPTH;
  always_ff @(posedge clk) begin
    if (rst) begin
      wr_ptr <= '0;
      rd_ptr <= '0;
    end else begin
      if (push && !full) begin
        mem[wr_ptr[$clog2(DEPTH)-1:0]] <= din;
        wr_ptr <= wr_ptr + 1'b1;
      end
      if (pop && !empty) rd_ptr <= rd_ptr + 1'b1;
    end
  end
  assign dout = mem[rd_ptr[$clog2(DEPTH)-1:0]];
  counter #(.WIDTH(4)) u_count (.clk(clk), .rst(rst), .en(push), .count());
endmodule
"""
COUNTER = """module counter #(parameter WIDTH = 8) (
  input  logic clk, rst, en,
  output logic [WIDTH-1:0] count
);
  always_ff @(posedge clk) count <= rst ? '0 : count + WIDTH'(en);
endmodule
"""


@dataclass
class Seen:
    """What the clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    served_ms: list[float] = field(default_factory=list)
    cancelled: int = 0
    shown: int = 0
    faults: Counter[str] = field(default_factory=Counter)


class Client:
    """One author at one file."""

    def __init__(self, number: int, port: int, token: str, seen: Seen):
        self._port, self._token, self._seen = port, token, seen
        self._random = random.Random(number)
        self._workspace = f"{number:032x}"
        self._name = f"fifo_{number}"
        self._text = TEXT.replace("module fifo", f"module {self._name}")
        self._at = self._random.randrange(300, len(self._text))
        self._not_before = 0.0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def type(self, until: float) -> None:
        await asyncio.sleep(self._random.random())
        asking: asyncio.Task[None] | None = None
        while time.monotonic() < until:
            self._at = self._at + 1 if self._at < len(self._text) else 300
            if asking is not None and not asking.done():
                asking.cancel()
                self._seen.cancelled += 1
            asking = asyncio.create_task(self._ask_after_pause())
            reads = self._random.random() < READS
            await asyncio.sleep(READ_S if reads else self._random.expovariate(1 / KEY_S))
        if asking is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        self._close()

    async def _ask_after_pause(self) -> None:
        await asyncio.sleep(PAUSE_S)
        if time.monotonic() < self._not_before:
            return
        began = time.perf_counter()
        try:
            status, headers, body = await self._post("/v1/complete", self._form())
            if status == 409:
                texts = {"texts": {SourceFile.of("", COUNTER).digest: COUNTER}}
                await self._post("/v1/files", texts)
                status, headers, body = await self._post("/v1/complete", self._form())
        except asyncio.CancelledError:
            self._close()
            raise
        except OSError as error:
            self._seen.faults[type(error).__name__] += 1
            self._close()
            return
        self._seen.statuses[status] += 1
        if status == 200:
            self._seen.served_ms.append((time.perf_counter() - began) * 1e3)
            self._seen.shown += bool(json.loads(body)["suggestions"])
        elif status == 429 and headers.get("retry-after", "").isdigit():
            self._not_before = time.monotonic() + int(headers["retry-after"])
        else:
            self._seen.faults[f"{status} {body[:100]!r}"] += 1

    def _form(self) -> dict[str, object]:
        text = self._text[: self._at]
        line = text.count("\n")
        counter = {"path": "counter.sv", "digest": SourceFile.of("", COUNTER).digest}
        return {
            "project": {"workspace": self._workspace, "files": [counter]},
            "document": {"path": f"{self._name}.sv", "language": "systemverilog", "text": text},
            "position": {"line": line, "character": len(text) - text.rfind("\n") - 1},
            "brief": True,
        }

    async def _post(self, path: str, form: object) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = json.dumps(form).encode()
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        return (
            int(head[0].split()[1]),
            headers,
            await reader.readexactly(int(headers.get("content-length", 0))),
        )

    def _close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


def memory_mb(root: int) -> float:
    """Proportional memory of a process and all below it."""
    known, total = processes.table(), 0.0
    below = {root}
    while True:
        more = {pid for pid, each in known.items() if each.parent in below} - below
        if not more:
            break
        below |= more
    for pid in below:
        with contextlib.suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) / 1024 if found else 0.0
    return total


async def load(port: int, tokens: list[str], seconds: float, server: int) -> tuple[Seen, list[float]]:
    seen, memory = Seen(), []
    until = time.monotonic() + seconds
    clients = [asyncio.create_task(Client(n, port, t, seen).type(until)) for n, t in enumerate(tokens, 1)]
    while time.monotonic() < until:
        await asyncio.sleep(min(2.0, seconds / 20))
        memory.append(await asyncio.to_thread(memory_mb, server))
    await asyncio.gather(*clients)
    return seen, memory


def scrape(port: int, token: str) -> dict[str, float]:
    import urllib.request

    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    text = urllib.request.urlopen(asked, timeout=10).read().decode()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def start(home: Path) -> tuple[subprocess.Popen[str], int]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("RTLWRIGHT", "XDG"))}
    environ |= {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    argv = [sys.executable, "-m", "rtlwright.server", "serve", "--port", "0"]
    process = subprocess.Popen(argv, cwd=home, env=environ, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r" at http://127\.0\.0\.1:(\d+)", line):
            return process, int(found[1])
    raise SystemExit("the server did not start")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def report(seen: Seen, memory: list[float], metrics: dict[str, float], seconds: float) -> bool:
    """Print the table; whether all bars are met."""
    total = sum(seen.statuses.values())
    late = (
        metrics["rtlwright_cancel_duration_seconds_count"]
        - metrics['rtlwright_cancel_duration_seconds_bucket{le="0.1"}']
    )
    settled = memory[len(memory) // 4 :] or memory
    half = len(settled) // 2
    before, after = (statistics.median(part or settled) for part in (settled[:half], settled[half:]))
    rows = [
        ("answers", f"{total} in {seconds:g} s ({total / seconds:.1f}/s)"),
        ("  200, served", f"{seen.statuses[200]} ({seen.shown} with a suggestion)"),
        ("  429 with Retry-After", f"{seen.statuses[429]}"),
        ("  anything else", f"{sum(seen.faults.values())} {dict(seen.faults) or ''}"),
        (
            "served: p50, p95, p99",
            " / ".join(f"{percentile(seen.served_ms, p):.0f}" for p in (0.5, 0.95, 0.99)) + " ms",
        ),
        ("cancelled by the next key", f"{seen.cancelled}"),
        ("  that had a slot or waited", f"{metrics['rtlwright_cancel_duration_seconds_count']:.0f}"),
        ("  freed later than 100 ms", f"{late:.0f}"),
        (
            "memory, all processes",
            f"{before:.0f} MB early, {after:.0f} MB late, {max(memory):.0f} MB at most",
        ),
    ]
    for name, value in rows:
        print(f"{name:28} {value}")
    return not seen.faults and not late and after <= before * GROWTH and seen.statuses[200] > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        table = SqlTokens(SqliteFile(home / "data/rtlwright/tokens.sqlite3", _MIGRATIONS))
        tokens = [create(table, f"client{n}") for n in range(options.clients)]
        process, port = start(home)
        try:
            time.sleep(3)  # the workers start
            seen, memory = asyncio.run(load(port, tokens, options.seconds, process.pid))
            time.sleep(0.5)
            metrics = scrape(port, tokens[0])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    print(
        f"{options.clients} clients typing for {options.seconds:g} s, embedded engine, {os.cpu_count()} cores"
    )
    sys.exit(0 if report(seen, memory, metrics, options.seconds) else 1)


if __name__ == "__main__":
    main()
