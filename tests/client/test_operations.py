"""Every operation, sync and async: what the client sends and what it reads back, judged by openapi-core."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.apis import NAMES, OPERATIONS, Operation, api
from tests.client.wire import Judge, arguments_of, call, draw_success
from tests.instances import EXAMPLES

EVERY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@EVERY_OPERATION
@SYNC_AND_ASYNC
@settings(EXAMPLES, max_examples=8)
@given(data=st.data())
def test_the_request_is_valid_and_the_answer_is_read_whole(
    operation: Operation, is_async: bool, data: st.DataObject
) -> None:
    status, answer, media_type = draw_success(operation, data)
    judge = Judge(operation, status, answer, media_type)

    response = call(operation, judge, arguments_of(operation, data), is_async=is_async)

    assert response.status_code == status
    assert _encoded(response.parsed) == answer
    assert [request.method.lower() for request in judge.requests] == [operation.method]
    assert inspect.getdoc(operation.module.sync_detailed) == inspect.getdoc(operation.module.asyncio_detailed)


@EVERY_OPERATION
@settings(EXAMPLES, max_examples=8)
@given(data=st.data())
def test_documented_errors_are_read_whole(operation: Operation, data: st.DataObject) -> None:
    statuses = [status for status in operation.spec["responses"] if not status.startswith("2")]
    assert statuses, "an operation without any documented error"
    name = data.draw(st.sampled_from(statuses), "status")
    response = operation.api.resolve(operation.spec["responses"][name])
    answer = data.draw(operation.api.instances.of(response["content"]["application/json"]["schema"]), "answer")
    status = 418 if name == "default" else int(name)

    detailed = call(operation, Judge(operation, status, answer), arguments_of(operation, data), is_async=False)

    assert detailed.status_code == status
    assert _encoded(detailed.parsed) == answer


def test_every_operation_of_every_spec_is_called_above() -> None:
    assert {str(operation) for operation in OPERATIONS} == {
        f"{name}:{operation['operationId']}"
        for name in NAMES
        for item in api(name).document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }


def _encoded(parsed: Any) -> Any:
    if isinstance(parsed, list):
        return [_encoded(item) for item in parsed]
    return parsed.to_dict() if hasattr(parsed, "to_dict") else parsed
