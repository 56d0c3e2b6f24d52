"""The witness itself: Prism sees what is wrong in requests, and what it does not see is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from abwire import File
from abwire.kameleoon import models
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.client.apis import OPERATIONS, Operation, api
from tests.client.wire import arguments_of
from tests.contract.damage import damages
from tests.contract.witness import JSON_PARTS, Witnessed, violations_of, wrong_violations
from tests.instances import EXAMPLES

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

# The parameters that are JSON: Prism reads the schema of a parameter, and these have it in their content.
JSON_PARAMETERS = [
    pytest.param(operation, parameter["name"], id=f"{operation}:{parameter['name']}")
    for operation in OPERATIONS
    for parameter in operation.parameters
    if "content" in parameter
]


@pytest.fixture(scope="module")
def sync_clients(addresses: dict[str, str]) -> Iterator[dict[str, Witnessed]]:
    """A client of each API: what Prism sees does not depend on how a client waits."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Witnessed(api(name), address, is_async=False))
            for name, address in addresses.items()
        }


@pytest.fixture(scope="module")
def sender() -> Iterator[httpx.Client]:
    """Sends requests as they are."""
    with httpx.Client(trust_env=False, timeout=10) as client:
        yield client


def valid_request(client: Witnessed, operation: Operation, data: st.DataObject) -> httpx.Request:
    """A request that Prism finds nothing wrong in."""
    arguments = arguments_of(operation, data)
    assume(not wrong_violations(operation, arguments))
    client.call(operation, arguments)
    assert client.exchange.violations == []
    (request,) = client.exchange.requests
    request.read()
    return request


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@settings(EXAMPLES, max_examples=2)
@given(data=st.data())
def test_prism_sees_what_is_wrong_in_a_request(
    sync_clients: dict[str, Witnessed], sender: httpx.Client, operation: Operation, data: st.DataObject
) -> None:
    request = valid_request(sync_clients[operation.api.name], operation, data)
    for damage in damages(operation, request):
        response = sender.send(damage.request)

        violations = violations_of(response)
        assert [said for said in violations if said.startswith(damage.objection)], (damage.objection, violations)
        assert 400 <= response.status_code < 500


def test_a_request_without_a_route_is_no_violation_and_no_success(
    addresses: dict[str, str], sender: httpx.Client
) -> None:
    for address in addresses.values():
        response = sender.get(f"{address}/made-up")
        assert (response.status_code, violations_of(response)) == (404, [])


def test_a_violation_of_a_client_is_noted_until_its_next_call(clients: dict[str, Witnessed]) -> None:
    client = clients["kameleoon"]
    (operation,) = [found for found in OPERATIONS if str(found) == "kameleoon:get-all-goals"]

    response = client.send(operation, {"method": "GET", "url": "/goals", "params": {"page": "made-up"}})

    assert response.status_code == 400
    assert client.exchange.violations == ["request.query.page: Request query parameter page must be integer"]
    client.call(operation, {"page": 1})
    assert client.exchange.violations == []


def test_violations_that_are_cut_off_are_violations() -> None:
    said = 'Too many violations! [{"location":["request"],"mess'
    assert violations_of(httpx.Response(422, headers={"sl-violations": said})) == [said]


# --- what Prism does not see, or sees wrongly ---


@pytest.mark.parametrize(("operation", "name"), JSON_PARAMETERS)
@settings(EXAMPLES, max_examples=1)
@given(data=st.data())
def test_prism_does_not_see_into_parameters_that_are_json(
    sync_clients: dict[str, Witnessed], sender: httpx.Client, operation: Operation, name: str, data: st.DataObject
) -> None:
    """These have one witness, in ``tests/client``; when this fails, Prism has learned to be the second."""
    request = valid_request(sync_clients[operation.api.name], operation, data)
    request.url = request.url.copy_set_param(name, "made-up")

    response = sender.send(request)

    assert violations_of(response) == []
    assert response.is_success


def test_prism_takes_a_part_that_is_json_for_a_string(clients: dict[str, Witnessed]) -> None:
    file = File(payload=b"made-up", file_name="dot.png", mime_type="image/png")
    details = models.ImageUpload(site_ids=[1], name="Dot", tags=[])
    client = clients["kameleoon"]
    (operation,) = [found for found in OPERATIONS if str(found) in JSON_PARTS]

    for body, violations in (
        (models.UploadImageMultipleBody(image=file), []),
        (
            models.UploadImageMultipleBody(image=file, metadata=details),
            ["request.body.arg0: Request body property arg0 must be object"],
        ),
    ):
        client.call(operation, {"body": body})
        assert client.exchange.violations == violations
        assert wrong_violations(operation, {"body": body}) == violations
