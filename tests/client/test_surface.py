"""Every operation as users call it, sync and async: the same requests and answers as at the low level, judged alike."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
from typing import Any

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.client.apis import NAMES, OPERATIONS, Operation, api
from tests.client.methods import call_method, entry, is_paged
from tests.client.wire import Judge, arguments_of, draw_success
from tests.instances import EXAMPLES

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]

EVERY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


async def awaited(target: Any, operation: Operation, arguments: dict[str, Any]) -> Any:
    """What an async method gives."""
    async with target:
        return await call_method(target, operation, arguments)


@EVERY_OPERATION
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@settings(EXAMPLES, max_examples=5)
@given(data=st.data())
def test_a_method_sends_a_valid_request_and_reads_the_whole_answer(
    operation: Operation, is_async: bool, data: st.DataObject
) -> None:
    status, answer, media_type = draw_success(operation, data)
    judge = Judge(operation, status, answer, media_type)
    arguments = arguments_of(operation, data)
    assume(not is_paged(operation) or arguments.get("page") != 2**31 - 1)  # there is no page after it
    target = entry(operation.api, is_async=is_async, transport=httpx.MockTransport(judge))

    if is_async:
        result = asyncio.run(awaited(target, operation, arguments))
    else:
        with target:
            result = call_method(target, operation, arguments)

    assert _encoded(result) == answer
    # A page that comes twice ends a list, since the server ignores the page: its items are given once.
    assert len(judge.requests) == (2 if is_paged(operation) and answer else 1)
    assert {request.method.lower() for request in judge.requests} == {operation.method}


def _encoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def methods_of(name: str, *, is_async: bool) -> dict[str, Any]:
    """The methods of an API's groups by their full names."""
    package = importlib.import_module(f"abwire.{api(name).package}")
    cls = getattr(package, f"{'Async' if is_async else ''}{api(name).document['x-sdk-client']['name']}")
    found: dict[str, Any] = {}
    for group in [key for key, value in vars(cls).items() if hasattr(value, "func")]:
        module = importlib.import_module(f"abwire.{api(name).package}.groups.{group}")
        suffix = f"{re.sub('(^|_)([a-z])', lambda match: match[2].upper(), group)}Group"
        members = vars(getattr(module, f"{'Async' if is_async else ''}{suffix}"))
        found |= {
            f"{group}.{key}": value for key, value in members.items() if inspect.isfunction(value) and key[0] != "_"
        }
    return found


@pytest.mark.parametrize("name", NAMES)
def test_groups_hold_every_operation_and_nothing_else(name: str) -> None:
    expected = set()
    for operation in api(name).operations():
        group = operation.spec["x-sdk-group"]
        expected.add(f"{group}.{operation.spec['x-sdk-method']}")
        if "x-sdk-poll" in operation.spec:
            expected.add(f"{group}.{operation.spec['x-sdk-poll']['method']}")

    assert methods_of(name, is_async=False).keys() == expected
    assert methods_of(name, is_async=True).keys() == expected


@pytest.mark.parametrize("name", NAMES)
def test_sync_and_async_methods_have_the_same_arguments_and_say_what_they_do(name: str) -> None:
    twins = methods_of(name, is_async=True)
    for key, method in methods_of(name, is_async=False).items():
        signature, twin = inspect.signature(method), inspect.signature(twins[key])
        assert signature.parameters == twin.parameters, key
        assert all(word in method.__doc__ for word in ("Evidence:", "Source:", "Returns:")), key
        assert f"{method.__qualname__}`" in twins[key].__doc__, key


@pytest.mark.parametrize("name", NAMES)
def test_only_path_arguments_and_bodies_are_positional(name: str) -> None:
    """What the spec may gain without breaking a caller is given by name."""
    for operation in api(name).operations():
        method = methods_of(name, is_async=False)[f"{operation.spec['x-sdk-group']}.{operation.spec['x-sdk-method']}"]
        kinds = [(key, parameter.kind) for key, parameter in inspect.signature(method).parameters.items()][1:]
        positional = [key for key, kind in kinds if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        expected = sum(parameter["in"] == "path" for parameter in operation.parameters)
        has_body = operation.body is not None and "x-sdk-pagination" not in operation.spec
        assert len(positional) == expected + has_body, operation
        assert ("body" in positional) == has_body, operation
