"""Every error that a spec documents, sync and async: the method raises the class of its status, with all that came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from abwire import errors
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.client.apis import OPERATIONS, Operation
from tests.client.wire import arguments_of
from tests.contract.witness import Witnessed, wrong_violations
from tests.instances import EXAMPLES

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]

CLASSES = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    418: errors.ApiStatusError,
    422: errors.UnprocessableError,
    423: errors.ObjectLockedError,
    429: errors.RateLimitError,
    500: errors.ServerError,
    503: errors.ServerError,
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@settings(EXAMPLES, max_examples=1)
@given(data=st.data())
def test_a_documented_error_is_the_exception_of_its_status(
    clients: dict[str, Witnessed], operation: Operation, data: st.DataObject
) -> None:
    client = clients[operation.api.name]
    arguments = arguments_of(operation, data)
    assume(not wrong_violations(operation, arguments))  # else Prism answers as it wants to

    for status in statuses_of(operation):
        with pytest.raises(errors.ApiStatusError) as raised:
            client.call_method(operation, arguments, prefer=f"code={status}")

        error, (request,) = raised.value, client.exchange.requests
        assert type(error) is CLASSES[status]
        assert error.status_code == status
        assert client.exchange.violations == []
        assert (error.method, error.path) == (request.method, request.url.raw_path.decode().partition("?")[0])
        assert _encoded(error.body) == json.loads(error.content)


def statuses_of(operation: Operation) -> list[int]:
    """The statuses of the errors that the spec documents; with a default these are all."""
    documented = operation.spec["responses"]
    if "default" in documented:
        return list(CLASSES)
    return [int(status) for status in documented if not status.startswith("2")]


def test_every_documented_status_has_a_class() -> None:
    assert {status for operation in OPERATIONS for status in statuses_of(operation)} == CLASSES.keys()


def _encoded(body: Any) -> Any:
    return body.to_dict() if hasattr(body, "to_dict") else body
