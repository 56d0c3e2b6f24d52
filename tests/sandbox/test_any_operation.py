"""Operations that nobody wrote code for, over real sockets: from their shape, else from their schema."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from abwire_sandbox import Sandbox, serve
from abwire_sandbox.access import APPLICATION_ID, SECRET_KEY
from abwire_sandbox.app import MADE_FROM
from scripts.specs.project import ROOT
from tests.sandbox.callers import SyncCaller

pytestmark = [
    pytest.mark.usefixtures("no_proxies"),
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
]

ANVIL = Path(__file__).with_name("anvil.yaml")
EFFECTIVE = ROOT / "generated" / "specs"
KEY = {"Authorization": f"Bearer {APPLICATION_ID}:{SECRET_KEY}"}

Change = Callable[[dict[str, Any]], object]


def changed(folder: Path, name: str, change: Change) -> Path:
    """A folder with all effective specs, of which one is changed."""
    shutil.copytree(EFFECTIVE, folder / "specs")
    path = folder / "specs" / f"{name}.yaml"
    document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    change(document)
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
    return folder / "specs"


def bearer(sandbox: Sandbox) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    access = httpx.post(f"{sandbox.kameleoon_url}/oauth/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {access}"}


# --- one more operation in a spec that the sandbox has code for ---


def operation(identifier: str, response: dict[str, Any], group: str = "goals", method: str = "archive") -> Any:
    """An operation as an effective spec has it."""
    return {
        "operationId": identifier,
        "tags": ["Goal"],
        "x-sdk-group": group,
        "x-sdk-method": method,
        "responses": {"200": {"description": "Done.", **response}},
    }


GOAL = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Goal"}}}}
ID = {"name": "goalId", "in": "path", "required": True, "schema": {"type": "integer"}}


def test_a_new_operation_on_objects_is_served_at_once_and_says_so(tmp_path: Path) -> None:
    def add(document: dict[str, Any]) -> None:
        document["paths"]["/goals/{goalId}/archive"] = {"post": {**operation("archive-goal", GOAL), "parameters": [ID]}}

    with serve(specs=changed(tmp_path, "kameleoon", add)) as sandbox, httpx.Client() as http:
        url, headers = sandbox.kameleoon_url, bearer(sandbox)
        answer = http.post(f"{url}/goals/30002/archive", headers=headers)
        read = http.get(f"{url}/goals/30002", headers=headers)
        missing = http.post(f"{url}/goals/1/archive", headers=headers)
        stranger = http.post(f"{url}/goals/30002/archive")
        entry = next(entry for entry in sandbox.requests if entry.path == "/goals/30002/archive")

    assert (answer.status_code, answer.headers[MADE_FROM]) == (200, "shape")
    assert answer.json() == read.json()
    assert MADE_FROM not in read.headers
    assert (entry.operation, entry.made_from, entry.to_dict()["made_from"]) == ("archive-goal", "shape", "shape")
    assert (missing.status_code, missing.json()["message"]) == (404, "there is no goal 1")
    assert stranger.status_code == 401


def test_a_new_operation_without_a_shape_is_answered_from_its_schema(tmp_path: Path) -> None:
    def add(document: dict[str, Any]) -> None:
        schema = {
            "type": "object",
            "required": ["score", "state", "goals"],
            "additionalProperties": False,
            "properties": {
                "score": {"type": "number", "minimum": 2, "maximum": 3},
                "state": {"type": "string", "enum": ["GOOD", "BAD"]},
                "goals": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Goal"}},
            },
        }
        content = {"content": {"application/json": {"schema": schema}}}
        document["paths"]["/goals/health"] = {"get": operation("get-goal-health", content, method="get_health")}

    folder = changed(tmp_path, "kameleoon", add)

    def health(seed: int) -> httpx.Response:
        with serve(specs=folder, seed=seed) as sandbox:
            return httpx.get(f"{sandbox.kameleoon_url}/goals/health", headers=bearer(sandbox))

    first = health(1)
    assert (first.status_code, first.headers[MADE_FROM]) == (200, "schema")
    assert 2 <= first.json()["score"] <= 3
    assert first.json()["state"] in ("GOOD", "BAD")
    assert first.json() == health(1).json()
    assert first.json() != health(2).json()


def test_a_new_kind_of_objects_lives(tmp_path: Path) -> None:
    def add(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        fields = {"name": {"type": "string"}, "note": {"type": "string", "nullable": True}}
        schemas["PipelineCreate"] = {"type": "object", "required": ["name"], "properties": fields}
        schemas["Pipeline"] = {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer"},
                **fields,
                "dateCreated": {"type": "string", "format": "date-time"},
            },
        }
        one = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pipeline"}}}}
        many = {"type": "array", "items": {"$ref": "#/components/schemas/Pipeline"}}
        body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/PipelineCreate"}}}}
        own = {"name": "pipelineId", "in": "path", "required": True, "schema": {"type": "integer"}}

        def serving(identifier: str, response: dict[str, Any], method: str, **more: Any) -> Any:
            return {**operation(identifier, response, "pipelines", method), **more}

        document["paths"]["/pipelines"] = {
            "get": serving("get-all-pipelines", {"content": {"application/json": {"schema": many}}}, "list"),
            "post": serving("create-pipeline", one, "create", requestBody=body),
        }
        document["paths"]["/pipelines/{pipelineId}"] = {
            "parameters": [own],
            "get": serving("get-pipeline", one, "get"),
            "patch": serving("update-pipeline", one, "update", requestBody=body),
            "delete": serving("delete-pipeline", {}, "delete"),
        }

    state = tmp_path / "state.sqlite"
    folder = changed(tmp_path, "kameleoon", add)
    with serve(specs=folder, state=state) as sandbox:
        http = httpx.Client(base_url=sandbox.kameleoon_url, headers=bearer(sandbox))
        seeded = http.get("/pipelines").json()
        made = http.post("/pipelines", json={"name": "New", "id": 1, "note": "x"}).json()
        changed_one = http.patch(f"/pipelines/{made['id']}", json={"name": "Newer", "note": None}).json()
        listed = http.get("/pipelines").json()
        refused = http.post("/pipelines", json={"note": "nameless"})
        deleted = http.delete(f"/pipelines/{seeded[0]['id']}")
        gone = http.get(f"/pipelines/{seeded[0]['id']}")
        http.close()

    assert len(seeded) == 3
    assert (made["name"], made["note"]) == ("New", "x")
    assert made["id"] not in [pipeline["id"] for pipeline in seeded]
    assert made["dateCreated"][:4] == time.strftime("%Y", time.gmtime())
    assert (changed_one["name"], "note" in changed_one) == ("Newer", False)
    assert listed == [*seeded, changed_one]
    assert refused.status_code == 400
    assert (deleted.status_code, deleted.content, gone.status_code) == (200, b"", 404)
    with serve(specs=folder, state=state) as sandbox:
        kept = httpx.get(f"{sandbox.kameleoon_url}/pipelines", headers=bearer(sandbox)).json()
    assert kept == [*seeded[1:], changed_one]


def test_a_spec_that_changes_between_two_sandboxes_is_read_anew(tmp_path: Path) -> None:
    folder = changed(tmp_path, "kameleoon", lambda document: None)
    with serve(specs=folder) as sandbox:
        before = httpx.get(f"{sandbox.kameleoon_url}/moons", headers=bearer(sandbox)).status_code
    path = folder / "kameleoon.yaml"
    document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    document["paths"]["/moons"] = {"get": operation("get-moons", {})}
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
    with serve(specs=folder) as sandbox:
        after = httpx.get(f"{sandbox.kameleoon_url}/moons", headers=bearer(sandbox)).status_code

    assert (before, after) == (404, 200)


# --- an API that the sandbox knows nothing of ---


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of an API that is nothing but a spec."""
    shutil.copy(ANVIL, tmp_path)
    with serve(specs=tmp_path) as sandbox, httpx.Client(base_url=sandbox.urls["anvil"], headers=KEY) as http:
        yield http


def test_a_spec_alone_is_served_where_its_server_says(tmp_path: Path) -> None:
    shutil.copy(ANVIL, tmp_path / "anvil-v3.yaml")
    shutil.copy(ANVIL, tmp_path / "anvil-v4.yaml")
    with serve(specs=tmp_path) as sandbox:
        environment = sandbox.environment
        assert list(sandbox.urls) == ["anvil-v3", "anvil-v4"]

    assert environment["ANVIL_BASE_URL"].endswith("/anvil/api/v3")
    assert environment["ANVIL_SECRET_KEY"] == SECRET_KEY


def test_objects_in_an_envelope_live(anvil: httpx.Client) -> None:
    projects = "/accounts/7/projects"
    seeded = anvil.post(projects).json()
    made = anvil.post(f"{projects}/add", json={"name": "New", "owner": {"email": "me@anvil.example"}})
    number = made.json()["id"]
    updated = anvil.post(f"{projects}/{number}/update", json={"status": "archived"}).json()
    cloned = anvil.post(f"{projects}/{number}/clone").json()
    listed = anvil.post(projects, json={"page": 2, "results_per_page": 2}).json()
    found = anvil.post(projects, json={"search": "new", "status": ["archived"], "sort_by": "id"}).json()
    excepted = anvil.post(projects, json={"only": [number, cloned["id"]], "except": [number]}).json()
    deleted = anvil.request("DELETE", f"{projects}/{number}/delete")

    assert seeded["extra"]["pagination"] == {
        "current_page": 1,
        "items_count": 3,
        "items_per_page": 50,
        "pages_count": 1,
    }
    assert (made.status_code, made.headers[MADE_FROM], made.json()["owner"]) == (
        201,
        "shape",
        {"email": "me@anvil.example"},
    )
    assert updated == {**made.json(), "status": "archived"}
    assert cloned == {**updated, "id": number + 1, "name": "New (copy)", "created_at": cloned["created_at"]}
    assert [item["id"] for item in listed["data"]] == [seeded["data"][2]["id"], number]
    assert listed["extra"]["pagination"]["pages_count"] == 3
    assert [item["id"] for item in found["data"]] == [cloned["id"], number]
    assert [item["id"] for item in excepted["data"]] == [cloned["id"]]
    assert deleted.json().keys() == {"code", "message"}
    assert anvil.get(f"{projects}/{number}").json() == {
        "code": 404,
        "message": f"there is no project {number}",
        "fields": ["project_id"],
    }


def test_objects_belong_to_what_their_path_says(anvil: httpx.Client) -> None:
    one, other = (item["id"] for item in anvil.post("/accounts/7/projects").json()["data"][:2])
    made = anvil.post(f"/accounts/7/projects/{other}/tests", json={"name": "Mine", "secret": "s"})
    path = f"/accounts/7/projects/{other}/tests/{made.json()['id']}"
    replaced = anvil.put(path, json={"name": "Ours", "note": "kept"}).json()
    patched = anvil.patch(path, json={"name": "Theirs"}).json()

    assert made.status_code == 201
    assert made.json().keys() == {"id", "name"}
    assert [test["name"] for test in anvil.get(f"/accounts/7/projects/{other}/tests").json()] == ["Theirs"]
    assert "Theirs" not in [test["name"] for test in anvil.get(f"/accounts/7/projects/{one}/tests").json()]
    assert replaced == {**made.json(), "name": "Ours", "note": "kept"}
    assert patched == {**replaced, "name": "Theirs"}
    assert anvil.get(path.replace(str(other), str(one), 1)).status_code == 404
    assert anvil.get("/accounts/7/projects/17/tests").json()["message"] == "there is no project 17"
    assert anvil.delete(path).status_code == 204
    assert anvil.get(path).status_code == 404


def test_what_has_no_shape_is_valid_and_the_same_every_time(anvil: httpx.Client) -> None:
    project = anvil.post("/accounts/7/projects").json()["data"][0]["id"]
    test = anvil.get(f"/accounts/7/projects/{project}/tests").json()[0]["id"]
    path = f"/accounts/7/projects/{project}/tests/{test}"
    report, preview = anvil.post(f"{path}/report"), anvil.get(f"{path}/preview")

    assert (report.status_code, report.headers[MADE_FROM]) == (200, "schema")
    assert 10 <= report.json()["rows"][0]["visitors"] <= 12
    assert report.content == anvil.post(f"{path}/report").content
    assert (preview.headers["Content-Type"].split(";")[0], preview.text) == ("text/plain", "https://www.example.org/")
    assert anvil.post(f"{path}x/report").status_code == 404
    assert anvil.post("/imports", params={"key": SECRET_KEY}, files={"file": b"x"}).status_code == 202


def test_each_kind_of_security_is_verified(anvil: httpx.Client) -> None:
    def refusal(method: str, path: str, **options: Any) -> str:
        response = anvil.request(method, path, **{"headers": {"Authorization": ""}, **options})
        assert response.status_code == 401
        return str(response.json()["message"])

    url = f"{anvil.base_url}accounts/7/projects"
    expires = str(int(time.time()) + 30)
    text = f"{APPLICATION_ID}\n{expires}\n{url}\n"
    signature = hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
    signed = {
        "Anvil-Id": APPLICATION_ID,
        "Expires": expires,
        "Authorization": f"Convert-HMAC-SHA256 Signature={signature}",
    }

    assert anvil.post("/accounts/7/projects", headers=signed).status_code == 200
    assert "missing headers: Anvil-Id" in refusal("POST", "/accounts/7/projects")
    assert "the signature is wrong" in refusal("POST", "/accounts/7/projects", headers=signed, json={})
    assert "a key that is not known" in refusal("POST", "/accounts/7/projects", headers={"Authorization": "Bearer x"})
    assert "the query key is missing" in refusal("POST", "/imports", files={"file": b"x"})
    assert "the query key holds a key that is not known" in refusal("POST", "/imports?key=x", files={"file": b"x"})
    assert anvil.get("/status", headers={"Authorization": ""}).status_code == 200


def test_a_third_api_stands_beside_the_others(tmp_path: Path) -> None:
    shutil.copytree(EFFECTIVE, tmp_path / "specs")
    shutil.copy(ANVIL, tmp_path / "specs")
    with serve(specs=tmp_path / "specs", rate_limits=()) as sandbox, SyncCaller(sandbox) as call:
        sandbox.faults.add("status", api="anvil", status=500)
        assert httpx.post(f"{sandbox.urls['anvil']}/accounts/1/projects", headers=KEY).status_code == 500
        assert call("kameleoon.goals.get", 30001).id == 30001
        assert len(call("convert.projects.list")) == 3


# --- every operation of the real specs, as if nobody had written code ---


@pytest.mark.parametrize("name", [path.stem for path in sorted(EFFECTIVE.glob("*.yaml"))])
def test_a_whole_api_is_served_without_any_code_for_it(tmp_path: Path, name: str) -> None:
    shutil.copy(EFFECTIVE / f"{name}.yaml", tmp_path / "plain.yaml")
    document = yaml.load((tmp_path / "plain.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    document["security"] = []
    for item in document["paths"].values():
        for found in item.values():
            if isinstance(found, dict):
                found.pop("security", None)
    (tmp_path / "plain.yaml").write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")
    made: dict[str, str | None] = {}
    with serve(specs=tmp_path, rate_limits=()) as sandbox, httpx.Client(base_url=sandbox.urls["plain"]) as http:
        for path, item in document["paths"].items():
            for method in item.keys() & {"get", "put", "post", "patch", "delete"}:
                response = http.request(method, path.replace("{", "").replace("}", ""))
                made[item[method]["operationId"]] = response.headers.get(MADE_FROM)
                assert response.status_code in (200, 201, 202, 204, 400, 404), f"{method} {path}: {response.text}"
        kinds = len(sandbox.dump())
        assert json.dumps(sandbox.dump())

    assert kinds > 3
    assert {"shape"} < {kind for kind in made.values() if kind} | {"x"}
