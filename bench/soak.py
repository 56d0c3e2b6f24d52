"""Soak test: memory, descriptors and threads stay flat over many calls, of which some go wrong.

    python -m bench.soak [--calls N]

A server in a process of its own answers with goals, errors, compressed content, cookies and broken connections; half of
the calls come from threads, half from tasks. The exit status is 1 if anything has grown since the first fifth of them.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from abwire.kameleoon import AsyncKameleoon, Kameleoon

from abwire_core.errors import AbwireError
from abwire_core.limits import limiter

THREADS, TASKS = 8, 32
ROUNDS = 10
MORE_MEMORY = 8 * 1024 * 1024
"""Bytes that the memory of the process may grow by after the first rounds."""
MORE_DESCRIPTORS = 4
"""Connections that were broken in one round and not in another."""


class Usage(NamedTuple):
    """Resources that the process has in use."""

    memory: int
    descriptors: int
    threads: int

    @classmethod
    def now(cls) -> Usage:
        """Return what is in use after a collection of garbage."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        return cls(pages * os.sysconf("SC_PAGE_SIZE"), descriptors, threading.active_count())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # it has each response wait for an acknowledgement of its head
    seen: ClassVar[Counter[str]] = Counter()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def _send(self, status: int, content: Any, **headers: str) -> None:
        body = json.dumps(content).encode()
        if headers.get("Content_Encoding"):
            body = gzip.compress(body)
        self.send_response(status)
        length = headers.pop("Content_Length", str(len(body)))
        for name, value in {"Content-Type": "application/json", "Set-Cookie": "a=b", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(200, {"access_token": "made-up", "expires_in": 7200})

    def do_GET(self) -> None:
        number = int(self.path.rpartition("/")[2])
        goal = {"id": number, "name": "made up", "siteId": 1, "type": "CLICK", "hasMultipleConversions": False}
        self.seen[self.path] += 1
        is_first = self.seen[self.path] % 2 == 1
        if number % 50 == 0:
            self._send(404, {"message": "no such goal " * 100})
        elif number % 51 == 0 and is_first:
            self._send(429, {}, Retry_After="0")
        elif number % 53 == 0 and is_first:
            self._send(503, {}, Retry_After="0")
        elif number % 57 == 0:
            self._send(200, goal, Content_Encoding="gzip")
        elif number % 59 == 0:
            self._send(200, "x" * 100_000)
        elif number % 61 == 0 and is_first:
            self._send(200, goal, Content_Length="1000")
            self.close_connection = True
        elif number % 67 == 0 and is_first:
            self._send(401, {})
        else:
            self._send(200, goal)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the client has broken off, because the response was too large."""


def _serve() -> None:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.soak", "--serve"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def _outcome(error: BaseException | None) -> str:
    if error is not None and not isinstance(error, AbwireError):
        raise error
    return type(error).__name__ if error is not None else "goal"


def soak(calls: int) -> tuple[list[Usage], Counter[str]]:
    """Make calls in rounds; return what is in use after each round, and what came of the calls."""
    usages: list[Usage] = []
    outcomes: Counter[str] = Counter()
    numbers = iter(range(1, calls + 1))
    half = calls // ROUNDS // 2

    with _server() as url, asyncio.Runner() as runner, ThreadPoolExecutor(THREADS) as pool:
        options: Any = {
            "client_id": "made-up",
            "client_secret": "made-up",
            "base_url": url,
            "max_response_bytes": 50_000,
            "rate_limiter": limiter([(5000, 1)]),
        }
        sync, twin = Kameleoon(**options), AsyncKameleoon(**options)

        def call(number: int) -> str:
            try:
                sync.goals.get(number)
            except Exception as error:
                return _outcome(error)
            return _outcome(None)

        async def work(numbers: Iterable[int]) -> None:
            for number in numbers:
                (result,) = await asyncio.gather(twin.goals.get(number), return_exceptions=True)
                outcomes[_outcome(result if isinstance(result, BaseException) else None)] += 1

        async def tasks() -> None:
            mine = iter([next(numbers) for _ in range(half)])
            await asyncio.gather(*[work(mine) for _ in range(TASKS)])

        with sync:
            for _ in range(ROUNDS):
                outcomes.update(pool.map(call, [next(numbers) for _ in range(half)]))
                runner.run(tasks())
                usages.append(Usage.now())
            runner.run(twin.close())
    return usages, outcomes


def has_grown(usages: list[Usage]) -> bool:
    """Return whether the last round has more in use than the first ones."""
    before, after = usages[: max(1, len(usages) // 5)], usages[-1]
    return (
        after.memory > max(usage.memory for usage in before) + MORE_MEMORY
        or after.descriptors > max(usage.descriptors for usage in before) + MORE_DESCRIPTORS
        or after.threads > max(usage.threads for usage in before)
    )


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description="Make many calls, and see what grows.")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        _serve()
    usages, outcomes = soak(arguments.calls)
    for number, usage in enumerate(usages, 1):
        print(
            f"after {number * (arguments.calls // ROUNDS):>7} calls: {usage.memory / 2**20:6.1f} MiB, "
            f"{usage.descriptors} descriptors, {usage.threads} threads"
        )
    print(", ".join(f"{count} {name}" for name, count in outcomes.most_common()))
    return has_grown(usages)


if __name__ == "__main__":
    sys.exit(main())
