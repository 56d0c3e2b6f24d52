"""Operations as users call them: as methods of the entry classes, sync and async."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from tests.client.apis import Api, Operation

CREDENTIALS: Mapping[str, Mapping[str, Any]] = {
    "kameleoon": {"token": "made-up-token", "rate_limiter": None},
    "convert-v1": {"application_id": "made-up-application", "secret_key": "made-up-key"},
}


def entry(api: Api, *, is_async: bool, **options: Any) -> Any:
    """An entry class of an API, with made-up credentials and without retries."""
    package = importlib.import_module(f"abwire.{api.package}")
    made = getattr(package, f"{'Async' if is_async else ''}{api.document['x-sdk-client']['name']}")
    return made(**CREDENTIALS[api.name], max_retries=0, **options)


def is_paged(operation: Operation) -> bool:
    """Whether the method gives pages."""
    return "x-sdk-pagination" in operation.spec


def call_method(target: Any, operation: Operation, arguments: dict[str, Any]) -> Any:
    """Call the method of an operation; lists come as a whole, and an async method's results are to be awaited."""
    group, method = operation.spec["x-sdk-group"], operation.spec["x-sdk-method"]
    outcome = getattr(getattr(target, group), method)(**arguments)
    return outcome.to_list() if is_paged(operation) else outcome
