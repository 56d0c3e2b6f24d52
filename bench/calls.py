"""One call to a server of this machine: through the client, and with bare httpx and json.

Both send the same request over one open connection and read the same answer; rounds alternate, so that whatever else
the machine does hits both.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import httpx

from bench.measures import Result, Results

SERVER = """
import asyncio
ANSWER = b'{"id": 3, "name": "Buy", "siteId": 1, "type": "CLICK", "status": "ACTIVE", "isArchived": false}'
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
RESPONSE = HEAD % len(ANSWER) + ANSWER
async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(RESPONSE)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
ROUNDS = 15
CALLS = 200


def measure() -> dict[str, Results]:
    """Seconds a call, by kind (sync, async) and contestant."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{int(server.stdout.readline())}"
            taken = {"sync": _sync(url), "async": asyncio.run(_async(url))}
        finally:
            server.terminate()
    return {
        kind: {contestant: Result.of(rounds) for contestant, rounds in found.items()} for kind, found in taken.items()
    }


def _sync(url: str) -> dict[str, list[float]]:
    from abwire.kameleoon import Kameleoon  # noqa: PLC0415

    taken: dict[str, list[float]] = {"abwire": [], "httpx": []}
    with (
        Kameleoon(token="made-up-token", base_url=url, rate_limiter=None) as kameleoon,  # noqa: S106
        httpx.Client(base_url=url, headers={"Authorization": "Bearer made-up-token"}) as client,
    ):

        def ours() -> Any:
            return kameleoon.goals.get(3).name

        def bare() -> Any:
            return json.loads(client.get("/goals/3").raise_for_status().content)["name"]

        assert ours() == bare() == "Buy"
        for _ in range(ROUNDS):
            for name, call in (("abwire", ours), ("httpx", bare)):
                began = time.perf_counter()
                for _ in range(CALLS):
                    call()
                taken[name].append((time.perf_counter() - began) / CALLS)
    return taken


async def _async(url: str) -> dict[str, list[float]]:
    from abwire.kameleoon import AsyncKameleoon  # noqa: PLC0415

    taken: dict[str, list[float]] = {"abwire": [], "httpx": []}
    async with (
        AsyncKameleoon(token="made-up-token", base_url=url, rate_limiter=None) as kameleoon,  # noqa: S106
        httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer made-up-token"}) as client,
    ):

        async def ours() -> Any:
            return (await kameleoon.goals.get(3)).name

        async def bare() -> Any:
            return json.loads((await client.get("/goals/3")).raise_for_status().content)["name"]

        assert await ours() == await bare() == "Buy"
        for _ in range(ROUNDS):
            for name, call in (("abwire", ours), ("httpx", bare)):
                began = time.perf_counter()
                for _ in range(CALLS):
                    await call()
                taken[name].append((time.perf_counter() - began) / CALLS)
    return taken
