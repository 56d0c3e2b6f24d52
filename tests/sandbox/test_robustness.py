"""Whatever a request holds, the sandbox answers as its spec says: a mistake of its own would be a status of 500."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Scope

from abwire_core.auth import BearerAuth, RequestSigning
from abwire_sandbox.app import SandboxApp
from abwire_sandbox.world import World
from tests.client.apis import OPERATIONS, Operation
from tests.core.signing import HEADERS
from tests.instances import EXAMPLES


async def _drop(scope: Scope) -> None:
    raise AssertionError("nothing is dropped here")


class Asker:
    """Asks a sandbox of its own, without a socket in between."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.app = SandboxApp(World(rate_limits=(), waiting_polls=0), _drop)
        self._runner = runner
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://localhost")
        form = {
            "grant_type": "client_credentials",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-client-secret",
        }
        token = runner.run(self._client.post(f"{self.app.mounts['kameleoon']}/oauth/token", data=form)).json()[
            "access_token"
        ]
        self._auth = {
            "kameleoon": BearerAuth(token),
            "convert-v1": RequestSigning("sandbox-application", "sandbox-secret-key", **HEADERS),
        }

    def __call__(self, operation: Operation, path: str, request: dict[str, Any]) -> httpx.Response:
        base = self.app.mounts[operation.api.name]
        auth = self._auth[operation.api.name]
        return self._runner.run(self._client.request(operation.method, base + path, auth=auth, **request))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self.app.close()


@pytest.fixture(scope="module")
def ask() -> Iterator[Asker]:
    with asyncio.Runner() as runner:
        asker = Asker(runner)
        yield asker
        asker.close()


def known_values(app: SandboxApp, operation: Operation) -> dict[str, list[Any]]:
    """Arguments and fields that name objects, and objects that are there."""
    items = {name: list(found.values()) for name, found in app.store.dump().items()}
    flags, segments = items["kameleoon.feature_flags"][:1], items["kameleoon.segments"][:1]
    rules = [
        rule for flag in flags for found in flag["environmentConfigurations"] for rule in found.get("rolloutRules", ())
    ]
    groups = [group for segment in segments for group in segment["conditionsData"].get("firstLevel", ())]
    experiences = items["convert-v1.experiences"][:1]
    known: dict[str, list[Any]] = {
        "siteCode": [flag["siteCode"] for flag in flags],
        "featureKey": [flag["featureKey"] for flag in flags],
        "environmentKey": ["production"],
        "startDate": ["2026-10-01"],
        "endDate": ["2026-10-03"],
        "defaultVariationKey": ["on"],
        "variationKey": ["on"],
        "controlVariationKey": ["off"],
        "ruleId": [rule["id"] for rule in rules],
        "segmentId": [segment["id"] for segment in segments],
        "targetingSegmentId": [segment["id"] for segment in segments],
        "conditionId": [condition["id"] for group in groups for condition in group.get("conditions", ())],
        "project_id": [experience["project_id"] for experience in experiences],
        "experience_id": [experience["id"] for experience in experiences],
        "variation_id": [found["variation"]["id"] for experience in experiences for found in experience["variations"]],
        "goal_id": [goal["goal_id"] for goal in items["convert-v1.goals"][:1]],
        "themeId": [theme["id"] for theme in items["kameleoon.themes"]],
        "variations": [variation["id"] for variation in items["kameleoon.variations"]],
        "experimentId": [found["id"] for found in items["kameleoon.experiments"] if found["status"] == "STOPPED"],
    }
    for name in ("siteId", "projectId", "siteIds", "projectIds"):
        known[name] = [site["id"] for site in items["kameleoon.sites"]]
    for name in ("mainGoal", "mainGoalId", "primaryGoalId", "secondaryGoalIds", "goals", "goalsIds"):
        known[name] = [goal["id"] for goal in items["kameleoon.goals"]]
    own = items.get(f"{operation.api.name}.{operation.spec['x-sdk-group']}", [])
    for parameter in operation.parameters:
        if parameter["in"] == "path" and parameter["name"] not in known:
            keys = [item.get("id", item.get(parameter["name"])) for item in own[:3]]
            known[parameter["name"]] = keys or [1]
    return known


def with_known(value: Any, known: dict[str, list[Any]]) -> Any:
    """A body whose fields name objects that are there."""
    if isinstance(value, list):
        return [with_known(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    new = {name: with_known(item, known) for name, item in value.items()}
    for name in new.keys() & known.keys():
        if isinstance(new[name], list) and not any(isinstance(item, dict) for item in new[name]):
            new[name] = known[name][:2]
        elif isinstance(new[name], str | int):
            new[name] = (known[name] or [new[name]])[0]
    return new


def query_arguments(operation: Operation, data: st.DataObject) -> dict[str, str]:
    query: dict[str, str] = {}
    for parameter in operation.parameters:
        if parameter["in"] == "query" and (parameter.get("required") or data.draw(st.booleans())):
            is_json = "content" in parameter
            schema = parameter["content"]["application/json"]["schema"] if is_json else parameter["schema"]
            value = data.draw(operation.api.request_instances.of(schema), parameter["name"])
            joined = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            query[parameter["name"]] = json.dumps(value) if is_json else joined
    return query


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_request_of_the_spec_is_answered_or_refused_as_the_spec_says(ask: Asker, operation: Operation) -> None:
    @settings(EXAMPLES, max_examples=5)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        response = ask(operation, *sent(ask.app, operation, data))

        assert ask.app.bugs == []
        assert response.status_code in (200, 201, 400, 404, 422, 423), response.text
        if response.is_success and "x-sdk-poll" in operation.spec:
            poll = next(
                found for found in OPERATIONS if found.spec["operationId"] == operation.spec["x-sdk-poll"]["operation"]
            )
            assert ask(poll, poll.route, {"params": response.json()}).json()["status"] == "READY"

    ask.app.reset()
    check()


def sent(app: SandboxApp, operation: Operation, data: st.DataObject) -> tuple[str, dict[str, Any]]:
    """The path of a request, and what else it holds."""
    known = known_values(app, operation)
    path = operation.route
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            # Which there are depends on what was done before, which data must not depend on.
            values = known[parameter["name"]] or [1]
            value = values[data.draw(st.integers(0, 5), parameter["name"]) % len(values)]
            path = path.replace(f"{{{parameter['name']}}}", quote(str(value), safe=""))
    if operation.method == "post":
        del known["featureKey"]  # another flag has it
    query = query_arguments(operation, data)
    is_known = data.draw(st.booleans(), "known")
    request: dict[str, Any] = {"params": with_known(query, known) if is_known else query}
    if operation.body is not None and operation.body[0] == "application/json":
        body = data.draw(operation.api.request_instances.of(operation.body[1]), "body")
        content = json.dumps(with_known(body, known) if is_known else body)
        request |= {"content": content, "headers": {"Content-Type": "application/json"}}
    elif operation.body is not None:
        request |= {"files": {"image-to-upload": data.draw(st.binary())}}
    return path, request


NONSENSE: list[tuple[str, dict[str, str], bytes]] = [
    ("filter=%7B", {}, b""),
    ("filter=1&sort=null&page=x", {}, b""),
    ("page=" + "9" * 5000, {}, b""),
    ("", {"Content-Type": "application/json"}, b'{"name": Infinity}'),
    ("", {"Content-Type": "application/json"}, b'{"name": "x", "siteId": 1e999}'),
    ("", {"Content-Type": "application/json"}, b'{"name": "\\ud800"}'),
    ("", {"Content-Type": "application/json"}, b"[" * 100_000),
    ("", {"Content-Type": "application/json"}, b"\xff\xfe"),
    ("", {"Content-Type": "multipart/form-data"}, b"x"),
    ("", {"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\n\r\n"),
    ("", {"Content-Type": "nonsense; ;="}, b"x"),
    ("", {}, b"\x00"),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_nonsense_is_refused(ask: Asker, operation: Operation) -> None:
    for query, headers, body in NONSENSE:
        response = ask(operation, f"{operation.route}?{query}", {"content": body, "headers": headers})

        assert ask.app.bugs == []
        assert response.status_code < 500, response.text
