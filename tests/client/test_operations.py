"""Every operation, sync and async: documented errors are read whole; successes are tested with the methods."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core.errors import ApiStatusError
from tests.client.apis import NAMES, OPERATIONS, Operation, api
from tests.client.wire import Judge, arguments_of, call
from tests.instances import EXAMPLES

EVERY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]
SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@EVERY_OPERATION
@SYNC_AND_ASYNC
@settings(EXAMPLES, max_examples=4)
@given(data=st.data())
def test_documented_errors_are_read_whole(operation: Operation, is_async: bool, data: st.DataObject) -> None:
    statuses = [status for status in operation.spec["responses"] if not status.startswith("2")]
    assert statuses, "an operation without any documented error"
    name = data.draw(st.sampled_from(statuses), "status")
    response = operation.api.resolve(operation.spec["responses"][name])
    answer = data.draw(operation.api.instances.of(response["content"]["application/json"]["schema"]), "answer")
    status = 418 if name == "default" else int(name)

    with pytest.raises(ApiStatusError) as raised:
        call(operation, Judge(operation, status, answer), arguments_of(operation, data), is_async=is_async)

    assert raised.value.status_code == status
    assert _encoded(raised.value.body) == answer


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
