"""The server of the demo: answers that its spec allows, refusals of what the spec does not, and no trace afterwards."""

from __future__ import annotations

import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from scripts import demo, generate
from scripts.sample_server import SampleServer
from scripts.samples import sample
from tests.client.apis import OPERATIONS, Operation, api
from tests.client.wire import CREDENTIALS


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_sample_of_an_answer_is_read_whole_by_the_client(operation: Operation) -> None:
    (status,) = [status for status in operation.spec["responses"] if status.startswith("2")]
    response = operation.spec["responses"][status]
    content = operation.api.resolve(response).get("content", {}).get("application/json")
    if content is None:
        return
    answer = sample(operation.api.document, content["schema"])
    parsed = operation.module._parse_response(
        client=operation.api.client(), response=httpx.Response(int(status), json=answer)
    )

    assert _encoded(parsed) == _with_numbers(answer)


def _with_numbers(value: object) -> object:
    """A sample as the client writes it: a decimal string, which it also reads, as the number."""
    if isinstance(value, dict):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    return 3.7 if value == "3.7" else value


def _encoded(parsed: Any) -> Any:
    if isinstance(parsed, list):
        return [_encoded(item) for item in parsed]
    return parsed.to_dict() if hasattr(parsed, "to_dict") else parsed


@pytest.mark.parametrize(
    ("method", "path", "headers", "reason"),
    [
        pytest.param("GET", "/results?dataCode=1", {}, "Security", id="without credentials"),
        pytest.param("GET", "/results", CREDENTIALS, "dataCode", id="without a required parameter"),
        pytest.param("GET", "/nowhere", CREDENTIALS, "Path not found", id="unknown path"),
        pytest.param("DELETE", "/results?dataCode=1", CREDENTIALS, "Operation", id="unknown method"),
        pytest.param("GET", "/experiments/one", CREDENTIALS, "experimentId", id="path argument of another type"),
    ],
)
def test_what_the_spec_does_not_allow_is_refused_with_the_reason(
    method: str, path: str, headers: dict[str, str], reason: str
) -> None:
    with SampleServer(api("kameleoon").document) as server:
        response = httpx.request(method, f"{server.url}{path}", headers=headers)

    assert response.status_code == 400
    assert reason in response.json()["message"]
    assert server.received == []


def test_a_body_that_the_spec_does_not_allow_is_refused() -> None:
    with SampleServer(api("convert-v1").document) as server:
        url = f"{server.url}/hypotheses/1"
        refused = httpx.post(url, json={"scoreMin": "0"}, headers=CREDENTIALS)
        accepted = httpx.post(url, json={"scoreMin": 0}, headers=CREDENTIALS)

    assert (refused.status_code, accepted.status_code) == (400, 200)
    assert [(received.method, received.body) for received in server.received] == [("POST", b'{"scoreMin":0}')]


def test_an_answer_of_the_server_satisfies_openapi_core() -> None:
    document = api("kameleoon").document
    with SampleServer(document) as server:
        response = httpx.get(f"{server.url}/feature-flags/abcdefghij/checkout", headers=CREDENTIALS)
        judge = OpenAPI.from_dict({**document, "servers": [{"url": server.url}]})
        request = MockRequest(server.url, "get", "/feature-flags/abcdefghij/checkout", headers=CREDENTIALS)

    judge.validate_response(request, MockResponse(response.content, 200, content_type="application/json"))


def test_the_server_listens_on_loopback_only_and_leaves_nothing_behind() -> None:
    with SampleServer(api("kameleoon").document) as server:
        address = urlsplit(server.url)
        assert address.hostname == "127.0.0.1"
        assert "sample-server" in {thread.name for thread in threading.enumerate()}

    assert "sample-server" not in {thread.name for thread in threading.enumerate()}
    with socket.socket() as probe:
        assert probe.connect_ex((address.hostname, address.port or 0)) != 0


def test_the_demo_regenerates_and_shows_typed_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    regenerate = generate.main
    monkeypatch.setattr(generate, "main", lambda _: regenerate(["--check"]))  # a test writes nothing here

    assert demo.main() == 0

    output = capsys.readouterr().out
    assert "changed files: none" in output
    for kind in ("EXPERIMENT", "FAVORITE", "GOAL", "PERSONALIZATION", "SEGMENT", "SEGMENT_CRITERIA"):
        assert f'filters: {{"type": "{kind}"' in output
    for line in (
        "rule: FeatureRolloutProgressiveRule type='PROGRESSIVE_DELIVERY'",
        "rule: FeatureRolloutRule type='type'",
        "on the wire: str '3.7'",
        "hypothesis.prioritization_score: float 3.7",
    ):
        assert line in output
