"""Every operation, sync and async: Prism finds nothing wrong in the request, and the client reads its answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.apis import OPERATIONS, Operation
from tests.client.wire import arguments_of
from tests.contract.witness import Witnessed, wrong_violations
from tests.instances import EXAMPLES

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

# Prism's answers: the one example of a schema, which is always the same, and those that it makes up.
PREFERENCES = st.just("dynamic=false") | st.integers(0, 999).map("dynamic=true, seed={}".format)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@settings(EXAMPLES, max_examples=8)
@given(data=st.data())
def test_prism_accepts_the_request_and_the_client_reads_the_answer(
    clients: dict[str, Witnessed], operation: Operation, data: st.DataObject
) -> None:
    client = clients[operation.api.name]
    arguments = arguments_of(operation, data)

    response = client.call(operation, arguments, prefer=data.draw(PREFERENCES, "answer"))

    violations = wrong_violations(operation, arguments)
    assert client.exchange.violations == violations
    if not violations:
        assert str(response.status_code) in operation.spec["responses"]
        assert 200 <= response.status_code < 300, response.content
        assert (response.parsed is None) == (response.content in (b"", b"null"))
