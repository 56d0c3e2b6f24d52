"""One job of one contestant, in a process of its own: ``python -m bench.worker``, with the job as JSON on stdin.

Only what the job names is imported, so that contestants do not share a process, and none needs to be installed for
another.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

Decode = Callable[[], Any]


def decoder(contestant: str, api: str, operation: str, model: str, content: bytes) -> Decode:
    """Return what makes models of the bytes of a page, as the code of the contestant does it in a call."""
    if contestant.startswith("pydantic"):
        pydantic = importlib.import_module("pydantic")
        kind: Any = getattr(importlib.import_module(f"{contestant}_{api}"), model)
        validate = pydantic.TypeAdapter(list.__class_getitem__(kind)).validate_json
        return lambda: validate(content)
    httpx = importlib.import_module("httpx")
    response = httpx.Response(200, content=content)
    if contestant == "stock":
        stock = getattr(importlib.import_module(f"stock_{api}.models"), model)
        return lambda: [stock.from_dict(item) for item in response.json()]
    if contestant == "abwire":
        parse = importlib.import_module(f"abwire.{api}.api.{operation}").OPERATION.parse
        return lambda: parse(response)
    return response.json  # type: ignore[no-any-return]


def decode(job: dict[str, Any]) -> list[float]:
    """Seconds of each round."""
    run = _decoder(job)
    run()
    return [_seconds(run) for _ in range(job["rounds"])]


def encode(job: dict[str, Any]) -> list[float]:
    """Seconds of each round, from models to the bytes of their JSON."""
    models = _decoder(job)()

    def run() -> list[bytes]:
        return [json.dumps(model.to_dict()).encode() for model in models]

    run()
    return [_seconds(run) for _ in range(job["rounds"])]


def memory(job: dict[str, Any]) -> int:
    """Bytes that the models of a page hold."""
    run = _decoder(job)
    run()  # what is made once, such as classes, is none of it
    gc.collect()
    tracemalloc.start()
    models = run()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    del models
    return held


def _decoder(job: dict[str, Any]) -> Decode:
    content = Path(job["page"]).read_bytes()
    return decoder(job["contestant"], job["api"], job["operation"], job["model"], content)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    made = run()
    seconds = time.perf_counter() - start
    del made
    return seconds


if __name__ == "__main__":
    job = json.load(sys.stdin)
    sys.path.append(job["rivals"])
    json.dump({"decode": decode, "encode": encode, "memory": memory}[job["job"]](job), sys.stdout)
