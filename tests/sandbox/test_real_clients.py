"""Requests as public clients send them, which were written against the vendors' servers."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from abwire.convert_v1 import Convert
from abwire.convert_v1 import models as convert_models

from abwire_core.errors import UnprocessableError
from abwire_sandbox import Sandbox, serve

pytestmark = [
    pytest.mark.usefixtures("no_proxies"),
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
]

SITE = 21001


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client of Kameleoon that knows nothing of the spec."""
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    access = httpx.post(f"{sandbox.kameleoon_url}/oauth/token", data=form).json()["access_token"]
    with httpx.Client(base_url=sandbox.kameleoon_url, headers={"Authorization": f"Bearer {access}"}) as client:
        yield client


def done(response: httpx.Response) -> Any:
    assert response.is_success, response.text
    return response.json() if response.content else None


def refusal(response: httpx.Response, status: int = 422) -> str:
    assert response.status_code == status, response.text
    return str(response.json()["message"])


# --- deploy scripts: an experiment from files, variation by variation ---


def text(share: float) -> str:
    """A share as one of the scripts writes it."""
    return f"{share:.8f}"


@pytest.mark.parametrize("written", [float, text])
@pytest.mark.parametrize("with_origin", [True, False])
def test_a_deploy_script_makes_an_experiment_with_its_variations(
    http: httpx.Client, written: Callable[[float], object], with_origin: bool
) -> None:
    made = done(http.post("/experiments", json={"name": "Deployed", "siteId": SITE, "baseURL": "https://a.example"}))
    first = made["variations"][0]
    done(http.patch(f"/variations/{first}", json={"name": "One", "jsCode": "1"}))
    second = done(http.post("/variations", json={"name": "Two", "siteId": SITE}))["id"]
    shares = {str(first): written(0.5), str(second): written(0), **({"origin": written(0.5)} if with_origin else {})}
    done(http.patch(f"/experiments/{made['id']}", json={"deviations": shares}))
    read = done(http.get(f"/experiments/{made['id']}"))

    assert made["deviations"] == {"origin": 0.5, str(first): 0.5}
    assert read["variations"] == [first, second]
    assert read["deviations"] == {"origin": 0.5, str(first): 0.5, str(second): 0}
    assert "Two" in [found["name"] for found in every(http, "/variations") if found["id"] in read["variations"]]


def every(http: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    while items := done(http.get(path, params={"page": page})):
        found += items
        page += 1
    return found


def test_shares_of_what_is_not_there_are_refused(http: httpx.Client) -> None:
    before = done(http.get("/experiments/188001"))

    for key in ("17", "extra", ""):
        said = refusal(http.patch("/experiments/188001", json={"deviations": {key: 0.1}}))
        assert said == f"deviations: {key} is neither origin nor a variation"
    assert done(http.get("/experiments/188001")) == before


def test_a_copy_has_variations_of_its_own(http: httpx.Client) -> None:
    old = done(http.get("/experiments/188001"))
    new = done(http.post("/experiments/188001/clone", json={}))

    assert len(new["variations"]) == len(old["variations"])
    assert not set(new["variations"]) & set(old["variations"])
    assert sorted(new["deviations"].values()) == sorted(old["deviations"].values())
    assert set(new["deviations"]) == {"origin", *map(str, new["variations"])}


# --- a command line for everything ---


def test_a_paused_experiment_is_activated_again(http: httpx.Client) -> None:
    made = done(http.post("/experiments", json={"name": "x", "siteId": SITE, "baseURL": "https://a.example"}))["id"]
    actions = ("ACTIVATE", "PAUSE", "ACTIVATE", "PAUSE", "RESUME", "STOP")
    found = [
        done(http.patch(f"/experiments/{made}", params={"action": action}, json={}))["status"] for action in actions
    ]

    assert found == ["ACTIVE", "PAUSED", "ACTIVE", "PAUSED", "ACTIVE", "STOPPED"]


def test_an_experiment_begins_in_a_status_that_it_can_leave(http: httpx.Client) -> None:
    body = {"name": "x", "siteId": SITE, "baseURL": "https://a.example"}
    assert done(http.post("/experiments", json={**body, "status": "ACTIVE"}))["dateStarted"]
    assert "status: a new experiment is DRAFT" in refusal(http.post("/experiments", json={**body, "status": "MOON"}))


@pytest.mark.parametrize("kind", ["CLICK", "URL", "SCROLL", "PAGE_VIEWS", "TIME_SPENT"])
def test_goals_that_need_params_are_made_with_them(http: httpx.Client, kind: str) -> None:
    body = {"name": "g", "siteId": SITE, "type": kind, "hasMultipleConversions": False}
    made = done(http.post("/goals", json={**body, "params": {"matchType": "CONTAINS", "matchString": "/x"}}))

    assert made["params"]["matchString"] == "/x"
    assert refusal(http.post("/goals", json=body)) == f"params: a goal of type {kind} needs them"


def test_a_put_without_required_fields_is_refused_and_changes_nothing(http: httpx.Client) -> None:
    before = done(http.get("/sites/21001"))

    assert refusal(http.put("/sites/21001", json={"description": "x"})) == (
        "name, url must be given: a PUT replaces all"
    )
    assert "name" in refusal(http.put("/goals/30001", json={"status": "ACTIVE"}))
    assert done(http.get("/sites/21001")) == before


def test_a_refusal_names_all_fields_that_are_missing(http: httpx.Client) -> None:
    said = refusal(http.post("/feature-flags", json={}), 400)
    missing = {"featureKey", "name", "siteCode"}

    assert {name for name in missing if f"'{name}' is a required property" in said} == missing


def test_the_site_code_of_a_flag_is_always_there(http: httpx.Client) -> None:
    assert all(flag["siteCode"] for flag in done(http.get("/feature-flags")))


# --- the Node client of Convert ---


@pytest.mark.parametrize("expires", ["{:.0f}", "{:.3f}"])
@pytest.mark.parametrize("path", ["//goals/10010", "/goals/10010", "//audiences//10010"])
def test_two_slashes_route_like_one_and_are_signed_as_they_are_sent(sandbox: Sandbox, path: str, expires: str) -> None:
    def headers(url: str) -> dict[str, str]:
        end = expires.format(time.time() + 30)
        text = f"{sandbox.application_id}\n{end}\n{url}\n"
        signature = hmac.new(sandbox.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {
            "Convert-Application-ID": sandbox.application_id,
            "Expires": end,
            "Authorization": f"Convert-HMAC-SHA256 Signature={signature}",
        }

    sent, single = sandbox.convert_url + path, sandbox.convert_url + path.replace("//", "/")
    assert len(done(httpx.post(sent, headers=headers(sent)))) > 3
    if sent != single:
        assert "the signature is wrong" in refusal(httpx.post(sent, headers=headers(single)), 401)


def test_variations_of_convert_come_in_either_form() -> None:
    def first(sandbox: Sandbox) -> tuple[dict[str, Any], dict[str, Any]]:
        """The first variation of an experience, as it is sent and as the client has it, which reads both forms."""
        sent: list[dict[str, Any]] = []
        client = httpx.HTTPTransport()

        class Transport(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                response = client.handle_request(request)
                response.read()
                sent.append(response.json()["variations"][0])
                return response

        with Convert(
            sandbox.application_id, sandbox.secret_key, base_url=sandbox.convert_url, transport=Transport()
        ) as convert:
            experience = convert.experiences.get("10010", "100200300")
        client.close()
        return sent[0], experience.to_dict()["variations"][0]

    with serve() as sandbox:
        wrapped, read = first(sandbox)
    with serve(bare_variations=True) as sandbox:
        bare, also = first(sandbox)

    assert wrapped.keys() == {"variation", "percentage"}
    assert bare == {**wrapped["variation"], "percentage": wrapped["percentage"]}
    assert also == read


def test_a_goal_of_an_experience_is_named_by_its_id(sandbox: Sandbox) -> None:
    body = convert_models.Experience(name="x", goals=[convert_models.EntityRef()])
    with (
        Convert(sandbox.application_id, sandbox.secret_key, base_url=sandbox.convert_url) as convert,
        pytest.raises(UnprocessableError, match="goals: each is named by its id"),
    ):
        convert.experiences.create("10010", body)
