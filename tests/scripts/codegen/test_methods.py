"""The surface of a client: entry classes, groups and methods, made of the ``x-sdk-`` keys of a spec."""

from __future__ import annotations

import ast
import asyncio
import copy
import difflib
import functools
import importlib
import inspect
import operator
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from abwire_core import apis, groups
from abwire_core.errors import DecodeError, ResultsFailedError, ResultsTimeoutError
from abwire_core.pages import Page
from tests.scripts.projects import (
    EVIDENCE,
    PATH_ID,
    Project,
    answer,
    imported,
    json_content,
    operation,
    parameter,
    project,
    ref,
    run_generate,
    spec,
)

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
PAGE = parameter("page", schema=INTEGER, description="Number of the page.")
SIZE = parameter("perPage", schema=INTEGER)
THINGS = {"type": "array", "items": ref("Thing")}
OUTCOME = "da~t/a"  # a name that a JSON pointer has to escape
POLL = {
    "method": "fetch_report",
    "operation": "get-report",
    "code": "dataCode",
    "state": "status",
    "states": {"BUSY": "waiting", "DONE": "ready", "BROKEN": "failed"},
    "outcome": OUTCOME,
}


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def body(name: str, **members: Any) -> dict[str, Any]:
    """A request body."""
    return {"requestBody": {"content": json_content(ref(name)), **members}}


def sdk(**keys: Any) -> dict[str, Any]:
    """Extensions by their names without the prefix."""
    return {f"x-sdk-{key}": value for key, value in keys.items()}


def listed(location: str = "query", size: str = "perPage") -> dict[str, str]:
    """Where the page of a list stands."""
    return {"in": location, "page": "page", "size": size}


SCHEMAS: dict[str, Any] = {
    "Thing": an_object("id", id=INTEGER, name=TEXT),
    "Receipt": an_object("number", number=TEXT),
    "Search": an_object(text=TEXT, page=INTEGER, perPage=INTEGER),
    "Filter": an_object("sort", sort=TEXT, page=INTEGER, size=INTEGER),
    "ReportRequest": an_object(goals={"type": "array", "items": INTEGER}),
    "Code": an_object("dataCode", dataCode=TEXT),
    "Report": an_object(status={"type": "string", "enum": ["BUSY", "DONE", "BROKEN"]}, **{OUTCOME: ref("Numbers")}),
    "Numbers": an_object(visits=INTEGER),
    "Fault": an_object("message", message=TEXT),
    "Locked": an_object("owner", owner=TEXT),
    "Other": an_object("reason", reason=TEXT),
}
PATHS: dict[str, Any] = {
    "/things": {
        "get": operation(
            "list-things",
            summary="List things",
            description="Returns things.",
            parameters=[PAGE, SIZE, parameter("names", schema={"type": "array", "items": TEXT})],
            responses={"200": answer(THINGS)},
            **sdk(group="things", method="list", pagination=listed()),
        ),
        "post": operation(
            "create-thing",
            **body("Thing", required=True),
            responses={
                "2XX": answer(ref("Receipt")),
                "200": answer(ref("Thing")),
                "204": {"description": "nothing to do"},
                "4XX": answer(ref("Other")),
                "423": answer(ref("Locked")),
                "400": answer(ref("Fault")),
                "404": answer(ref("Fault")),
                "500": {"description": "no body"},
                "default": answer(ref("Receipt")),
            },
            **sdk(group="things", method="create"),
        ),
    },
    "/things/{thingId}": {
        "get": operation(
            "get-thing",
            parameters=[PATH_ID, parameter("X-Trace", "header"), parameter("request", schema=TEXT)],
            responses={"200": answer(ref("Thing"))},
            **sdk(group="things", method="get"),
        ),
        "put": operation(
            "replace-thing",
            parameters=[PATH_ID],
            **body("Thing", required=True),
            **sdk(group="things", method="replace"),
        ),
        "patch": operation(
            "update-thing",
            parameters=[PATH_ID],
            **body("Thing"),
            responses={"200": answer(ref("Thing"))},
            **sdk(group="things", method="update", idempotent=True),
        ),
        "delete": operation(
            "delete-thing",
            parameters=[PATH_ID],
            **sdk(group="things", method="delete"),
            **{"x-evidence": {**EVIDENCE, "route": "guessed", "note": 'A "guess"\nby C:\\analogy.'}},
        ),
    },
    "/things/search": {
        "post": operation(
            "search-things",
            parameters=[parameter("fields")],
            **body("Search"),
            responses={"200": answer(THINGS)},
            **sdk(group="things", method="search", pagination=listed("body"), idempotent=True),
        )
    },
    "/things/{thingId}/parts": {
        "post": operation(
            "filter-parts",
            parameters=[PATH_ID],
            **body("Filter", required=True),
            responses={"200": answer(THINGS)},
            **sdk(group="parts", method="filter", pagination=listed("body", "size")),
        ),
        "patch": operation(
            "sift-parts",
            parameters=[PATH_ID, PAGE, SIZE],
            **body("Thing", required=True),
            responses={"200": answer(THINGS)},
            **sdk(group="parts", method="sift", pagination=listed()),
        ),
        "get": operation(
            "get-part-names",
            parameters=[PATH_ID],
            responses={"200": answer({"type": "array", "items": TEXT})},
            **sdk(group="parts", method="names"),
        ),
        "put": operation(
            "upload-part",
            parameters=[PATH_ID],
            requestBody={"required": True, "content": BINARY},
            responses={"200": {"description": "fine", "content": BINARY}},
            **sdk(group="parts", method="upload"),
        ),
    },
    "/things/{thingId}/report": {
        "post": operation(
            "request-report",
            tags=["Data"],
            summary="Request a report",
            parameters=[PATH_ID, parameter("poll"), parameter("timeout", schema=INTEGER)],
            **body("ReportRequest", required=True),
            responses={"200": answer(ref("Code"))},
            **sdk(group="reports", method="request_report", poll=POLL),
        )
    },
    "/report": {
        "get": operation(
            "get-report",
            tags=["Data"],
            parameters=[parameter("dataCode", required=True), parameter("format")],
            responses={"200": answer(ref("Report"))},
            **sdk(group="reports", method="poll"),
        )
    },
}
TAGS = [{"name": "Things", "description": 'What """one" has, and C:\\what not.'}, {"name": "Data"}]
RATES = {"0.5": 2, "10": 30}
DEPRECATED = 'Move to "version 2": see C:\\docs.'
CLIENT = {
    "name": "Mini",
    "auth": [{"kind": "oauth", "tokenPath": "/oauth/token"}, "bearer"],
    "environment": "MINI",
    "rates": RATES,
    "deprecated": DEPRECATED.replace(" see", "\nsee"),
}
SURFACE = spec(PATHS, SCHEMAS, tags=TAGS, **sdk(client=CLIENT))


SIGNING = {
    "kind": "signing",
    "headers": {"application": "X-Id", "expires": "X-Until", "signature": "Authorization"},
    "scheme": 'A "scheme" {signature}',
}


def small(client: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A spec of one operation in a group."""
    one = operation(**{**sdk(group="things", method="get"), **members})
    entry = {"name": "Mini", "auth": SIGNING, "environment": "MINI_2"} if client is None else dict(client)
    return spec({"/things": {"get": one}}, **sdk(client=entry))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, generated; only to be read."""
    made = project(tmp_path_factory.mktemp("surface"), SURFACE)
    ran = run_generate(made.root)
    assert ran.status == 0, ran.errors
    return made


@pytest.fixture(scope="module")
def package(made: Project) -> Iterator[ModuleType]:
    """The generated package."""
    with imported(made.package) as package:
        yield package


@pytest.fixture
def fresh(made: Project) -> Iterator[ModuleType]:
    """The same, imported for one test."""
    with imported(made.package) as package:
        yield package


@pytest.fixture(autouse=True)
def _no_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have entry classes made without a limiter, and without a warning."""
    monkeypatch.setattr(apis, "_deprecated", {DEPRECATED})
    monkeypatch.setattr("abwire_core.limits.Budget", lambda rates: None)


@dataclass
class Script:
    """Stands for a sender: notes what is to be sent, and answers as it is told."""

    answers: list[Any]
    calls: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def call(self, operation: Any, request: dict[str, Any]) -> Any:
        self.calls.append((operation, request))
        answer = self.answers.pop(0)
        return answer if operation.parse.__module__ != groups.__name__ else Page(answer)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was to be sent."""
        return [request for _, request in self.calls]


class AsyncScript(Script):
    """The same for async groups."""

    async def call(self, operation: Any, request: dict[str, Any]) -> Any:
        await asyncio.sleep(0)
        return super().call(operation, request)


@dataclass(frozen=True)
class Caller:
    """Calls the methods of one of the twins, and gives what comes of it."""

    package: ModuleType
    is_async: bool

    def __call__(self, script: Script, name: str, *args: Any, **kwargs: Any) -> Any:
        """The outcome of a method that is called by its full name, such as ``things.get``; a list as a whole."""
        entry = getattr(self.package, "AsyncMini" if self.is_async else "Mini")(token="made-up")
        entry._sender = script
        group, method = name.split(".")
        outcome = getattr(getattr(entry, group), method)(*args, **kwargs)
        if hasattr(outcome, "to_list"):
            assert script.calls == [], "nothing is fetched before it is wanted"
            outcome = outcome.to_list()
        return asyncio.run(outcome) if inspect.iscoroutine(outcome) else outcome

    def script(self, *answers: Any) -> Script:
        """A sender for the twin."""
        return (AsyncScript if self.is_async else Script)(list(answers))


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def call(package: ModuleType, request: pytest.FixtureRequest) -> Caller:
    """A way to call methods."""
    return Caller(package, request.param)


def module(package: ModuleType, name: str) -> Any:
    """A module of a package."""
    return importlib.import_module(f"{package.__name__}.{name}")


def group(package: ModuleType, name: str) -> Any:
    """A class of a group by its module and name, such as ``things.ThingsGroup``."""
    key, _, class_name = name.partition(".")
    return getattr(module(package, f"groups.{key}"), class_name)


def low_level(package: ModuleType, name: str) -> Any:
    """The module of an operation."""
    return module(package, f"api.{'data' if 'report' in name else 'things'}.{name}")


def model(package: ModuleType, name: str, **values: Any) -> Any:
    """A model made of wire values."""
    return getattr(module(package, "models"), name).from_dict(values)


def doc(member: Any) -> str:
    """A docstring without its indentation."""
    return inspect.cleandoc(member.__doc__)


# --- the entry classes ---


def test_the_package_offers_the_entry_classes(package: ModuleType) -> None:
    assert package.__all__ == ["AsyncMini", "Mini"]
    assert [getattr(package, name).__name__ for name in package.__all__] == package.__all__


def test_an_entry_class_holds_what_the_spec_says_of_the_client(package: ModuleType) -> None:
    assert package.Mini.__mro__[1] is apis.SyncApi
    assert package.AsyncMini.__mro__[1] is apis.AsyncApi
    for entry in (package.Mini, package.AsyncMini):
        described = entry._API
        assert described.environment == "MINI"
        assert described.rates == ((2, 0.5), (30, 10))
        assert described.deprecated == DEPRECATED
        assert described.kinds == (
            apis.OAuth(("client_id", "client_secret"), token_path="/oauth/token"),
            apis.Bearer(("token",), value="{token}"),
        )


def test_what_a_spec_does_not_say_of_the_client_is_left_out(tmp_path: Path) -> None:
    made = project(tmp_path, small())
    assert run_generate(tmp_path).status == 0

    with imported(made.package) as package:
        for entry in (package.Mini, package.AsyncMini):
            kind = apis.Signing(
                ("application_id", "secret_key"), "X-Id", "X-Until", "Authorization", 'A "scheme" {signature}'
            )
            assert apis.Description(entry._API.server, "MINI_2", (kind,)) == entry._API
            assert "``MINI_2_SECRET_KEY``" in entry.from_env.__doc__


SCHEMES: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "bearer": ({"type": "http", "scheme": "Bearer"}, (apis.Bearer(("token",), "{token}"),)),
    "basic": ({"type": "http", "scheme": "basic"}, (apis.Basic(("username", "password")),)),
    "header": (
        {"type": "apiKey", "in": "header", "name": 'X-"Key"'},
        (apis.ApiKey(("api_key",), "{api_key}", "header", 'X-"Key"'),),
    ),
    "query": ({"type": "apiKey", "in": "query", "name": "k"}, (apis.ApiKey(("api_key",), "{api_key}", "query", "k"),)),
    "oauth": (
        {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.test/t", "scopes": {}}}},
        (apis.OAuth(("client_id", "client_secret"), "https://id.test/t"),),
    ),
    "cookie": ({"type": "apiKey", "in": "cookie", "name": "sid"}, ()),
}


@pytest.mark.parametrize(("scheme", "kinds"), SCHEMES.values(), ids=SCHEMES)
def test_a_spec_without_extensions_has_an_entry_class(
    tmp_path: Path, scheme: dict[str, Any], kinds: tuple[Any, ...]
) -> None:
    document = spec({"/things": {"get": operation("getThingList"), "post": operation("class")}})
    document["components"]["securitySchemes"] = {"one": scheme}
    made = project(tmp_path, document)

    ran = run_generate(tmp_path)

    assert ran.status == 0, ran.errors
    assert (
        "named by rule, from tag and operationId: things.get_list (getThingList), things.class_ (class)" in ran.output
    )
    with imported(made.package) as package:
        assert package.__all__ == ["AsyncMiniAPI", "MiniAPI"]
        assert package.MiniAPI._API.kinds == kinds
        assert package.MiniAPI._API.environment == "MINI_API"


def test_names_by_rule_are_unique_and_leave_explicit_ones_alone(tmp_path: Path) -> None:
    document = spec(
        {
            "/a": {"get": operation("getThing"), "put": operation("thingGet"), "post": operation("things")},
            "/b": {"get": operation("listThings"), "put": operation("thingsReset", **sdk(method="list"))},
            "/c": {"get": operation("close", tags=["Close"]), "put": operation("withRawResponse")},
        }
    )
    made = project(tmp_path, document)

    ran = run_generate(tmp_path)

    assert ran.status == 0, ran.errors
    with imported(made.package) as package:
        names = [
            key for key in vars(group(package, "things.ThingsGroup")) if key[0] != "_" and key != "with_raw_response"
        ]
        assert names == ["get_thing", "thing_get", "things", "list_things", "list", "with_raw_response_"]
        assert package.MiniAPI.close_.func


def test_path_parameters_are_bound_once(tmp_path: Path) -> None:
    parameters = [parameter("accountId", "path", schema=INTEGER), parameter("projectId", "path")]
    document = spec(
        {
            "/{accountId}/things": {"get": operation("list-all", parameters=parameters[:1], **sdk(group="things"))},
            "/{accountId}/{projectId}/things/{thingId}": {
                "get": operation("get-thing", parameters=[*parameters, PATH_ID], **sdk(group="things", method="get"))
            },
        },
        **sdk(client={"name": "Mini", "bind": {"project": ["accountId", "projectId"]}}),
    )
    made = project(tmp_path, document)

    ran = run_generate(tmp_path)

    assert ran.status == 0, ran.errors
    with imported(made.package) as package:
        for is_async in (False, True):
            entry = getattr(package, "AsyncMini" if is_async else "Mini")()
            script = (AsyncScript if is_async else Script)([None] * 3)
            entry._sender = script
            project_ = entry.project(7, "a/b")
            for call in (entry.things.list_all(7), project_.things.get(5), project_.things.with_raw_response.get):
                if inspect.iscoroutine(call):
                    asyncio.run(call)
            assert [request["url"] for request in script.requests] == ["/7/things", "/7/a%2Fb/things/5"]
            assert [*inspect.signature(project_.things.get).parameters] == ["thing_id"]
            assert repr(project_) == f"{type(project_).__name__}(accountId=7, projectId='a/b')"


@pytest.mark.parametrize(("name", "prefix"), [("Mini", ""), ("AsyncMini", "Async")])
def test_an_entry_class_has_its_groups_in_the_order_of_the_spec(package: ModuleType, name: str, prefix: str) -> None:
    entry = getattr(package, name)(token="made-up")

    groups = [key for key, value in vars(type(entry)).items() if hasattr(value, "func")]

    assert groups == ["things", "parts", "reports"]
    for key in groups:
        made = getattr(entry, key)
        assert type(made) is group(package, f"{key}.{prefix}{key.capitalize()}Group")
        assert made._sender is entry._sender
        assert getattr(entry, key) is made


def test_groups_are_described_as_their_tags_are(package: ModuleType) -> None:
    for prefix in ("", "Async"):
        entry = getattr(package, f"{prefix}Mini")
        assert doc(entry.things) == TAGS[0]["description"]
        assert doc(entry.reports) == "ReportsGroup"
    assert doc(group(package, "things.ThingsGroup")).startswith(f"{TAGS[0]['description']}\n\nEvery method raises")
    assert doc(group(package, "things.AsyncThingsGroup")) == "Methods of :class:`ThingsGroup` for asyncio."


def test_nothing_is_loaded_before_it_is_used(fresh: ModuleType) -> None:
    def loaded() -> set[str]:
        prefix = f"{fresh.__name__}."
        names = {name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix)}
        return {name for name in names if name.split(".")[0] in ("api", "groups", "models")}

    assert loaded() == set()
    entry = fresh.Mini(token="made-up")
    assert loaded() == set()
    things = entry.things
    assert loaded() == {"groups", "groups.things"}
    entry._sender.call = lambda operation, request: None
    assert things.delete(5) is None
    assert loaded() - {"models"} == {"groups", "groups.things", "api", "api.things", "api.things.delete_thing"}
    things.list()
    assert "models.search" not in loaded()


# --- the methods ---


def test_a_group_has_the_methods_that_the_spec_names_in_its_order(package: ModuleType) -> None:
    expected = {
        "things.ThingsGroup": ["list", "create", "get", "replace", "delete", "update", "search"],
        "parts.PartsGroup": ["names", "upload", "filter", "sift"],
        "reports.ReportsGroup": ["request_report", "fetch_report", "poll"],
    }
    for name, methods in expected.items():
        for cls in (group(package, name), group(package, name.replace(".", ".Async"))):
            assert [key for key in vars(cls) if not key.startswith("_")] == ["with_raw_response", *methods]


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        (
            "things.list",
            "(self, *, page: 'int | Unset' = UNSET, per_page: 'int | Unset' = UNSET, "
            "names: 'Sequence[str] | Unset' = UNSET, limit: 'int | None' = None) -> 'pages.Pages[models.Thing]'",
        ),
        ("things.create", "(self, body: 'models.Thing | Mapping[str, Any]') -> 'models.Receipt | models.Thing | None'"),
        (
            "things.get",
            "(self, thing_id: 'int', *, request_: 'str | Unset' = UNSET, x_trace: 'str | Unset' = UNSET) "
            "-> 'models.Thing'",
        ),
        ("things.replace", "(self, thing_id: 'int', body: 'models.Thing | Mapping[str, Any]') -> 'None'"),
        (
            "things.update",
            "(self, thing_id: 'int', body: 'models.Thing | Mapping[str, Any] | Unset' = UNSET) -> 'models.Thing'",
        ),
        (
            "things.search",
            "(self, *, fields: 'str | Unset' = UNSET, text: 'str | Unset' = UNSET, page: 'int | Unset' = UNSET, "
            "per_page: 'int | Unset' = UNSET, limit: 'int | None' = None) -> 'pages.Pages[models.Thing]'",
        ),
        (
            "parts.filter",
            "(self, thing_id: 'int', *, sort: 'str', page: 'int | Unset' = UNSET, size: 'int | Unset' = UNSET, "
            "limit: 'int | None' = None) -> 'pages.Pages[models.Thing]'",
        ),
        (
            "parts.sift",
            "(self, thing_id: 'int', body: 'models.Thing | Mapping[str, Any]', *, page: 'int | Unset' = UNSET, "
            "per_page: 'int | Unset' = UNSET, "
            "limit: 'int | None' = None) -> 'pages.Pages[models.Thing]'",
        ),
        ("parts.names", "(self, thing_id: 'int') -> 'list[str]'"),
        ("parts.upload", "(self, thing_id: 'int', body: 'FileInput') -> 'File'"),
        (
            "reports.request_report",
            "(self, thing_id: 'int', body: 'models.ReportRequest | Mapping[str, Any]', *, "
            "poll_: 'str | Unset' = UNSET, timeout_: 'int | Unset' = UNSET) -> 'models.Code'",
        ),
        (
            "reports.fetch_report",
            "(self, thing_id: 'int', body: 'models.ReportRequest | Mapping[str, Any]', *, "
            "poll_: 'str | Unset' = UNSET, timeout_: 'int | Unset' = UNSET, timeout: 'float | None' = 300.0, "
            "poll_interval: 'float' = 2.0, "
            "on_poll: 'groups.OnPoll | None' = None, progress: 'bool' = False) -> 'models.Numbers'",
        ),
    ],
)
def test_only_paths_and_bodies_are_positional_and_both_twins_take_the_same(
    package: ModuleType, name: str, signature: str
) -> None:
    key, method = name.split(".")
    sync, twin = (getattr(group(package, f"{key}.{p}{key.capitalize()}Group"), method) for p in ("", "Async"))

    assert str(inspect.signature(sync)) == signature
    assert str(inspect.signature(twin)) == signature.replace("pages.Pages", "pages.AsyncPages")
    assert inspect.iscoroutinefunction(twin) == ("Pages" not in signature)
    assert not inspect.iscoroutinefunction(sync)
    assert f"{sync.__qualname__}`" in twin.__doc__


def test_every_name_in_the_package_is_defined(made: Project) -> None:
    """Annotations are never evaluated when the package runs; type checkers and editors do it."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F8", "abwire"]

    ran = subprocess.run(command, cwd=made.generated, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout


def test_every_annotation_leads_to_a_type(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyrate_limiter", "abwire_core.models", "abwire_core.plain"):
        importlib.import_module(name)  # else these would import what is for type checkers, too
    monkeypatch.setattr(typing, "TYPE_CHECKING", True)
    with imported(made.package) as package:
        for entry in (package.Mini, package.AsyncMini):
            for key, member in [(key, value) for key, value in vars(entry).items() if hasattr(value, "func")]:
                made_by = typing.get_type_hints(member.func)["return"]
                assert made_by is group(package, f"{key}.{made_by.__name__}")
                for method in [value for value in vars(made_by).values() if inspect.isfunction(value)]:
                    assert set(typing.get_type_hints(method)) == {*inspect.signature(method).parameters, "return"} - {
                        "self"
                    }


def test_no_annotation_names_a_method(made: Project) -> None:
    """In a class with a method that is called list, list is that method."""
    for path in sorted((made.package / "groups").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            names = {node.name for node in cls.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            for node in cls.body:
                assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Expr)
                if not isinstance(node, ast.Expr):
                    annotations = [argument.annotation for argument in (*node.args.args[1:], *node.args.kwonlyargs)]
                    used = {
                        found.id
                        for annotation in (*annotations, node.returns)
                        if annotation is not None
                        for found in ast.walk(annotation)
                        if isinstance(found, ast.Name)
                    }
                    assert not used & names, f"{path.name}: {cls.name}.{node.name}"


def test_a_method_says_what_it_does_and_what_that_rests_on(package: ModuleType) -> None:
    assert doc(group(package, "things.ThingsGroup").list) == "\n".join(
        [
            "List things.",
            "",
            "Returns things.",
            "",
            "Evidence: route documented, schema documented. Source: a page",
            "",
            "Args:",
            "    page: Number of the page.",
            "    per_page",
            "    names",
            "    limit: Greatest number of items to fetch; None for all.",
            "",
            "Returns:",
            "    models.Thing: all items of all pages, fetched while you iterate.",
        ]
    )
    assert doc(group(package, "things.ThingsGroup").delete) == "\n".join(
        [
            "Do a thing.",
            "",
            "Does one thing.",
            "",
            'Evidence: route guessed, schema documented. Source: a page. Note: A "guess"',
            "by C:\\analogy.",
            "",
            "Args:",
            "    thing_id",
            "",
            "Returns:",
            "    Nothing.",
        ]
    )


def test_a_method_that_waits_for_results_says_so(package: ModuleType) -> None:
    reports = group(package, "reports.ReportsGroup")
    fetch, request = doc(reports.fetch_report), doc(reports.request_report)

    assert fetch.startswith("Request a report, and wait for them.\n")
    assert request.startswith("Request a report.\n")
    assert "\nReturns:\n    models.Numbers\n" in fetch
    assert request.endswith("\nReturns:\n    models.Code")
    for line in ("timeout: ", "poll_interval: ", "on_poll: ", "progress: ", "ResultsFailedError: "):
        assert f"\n    {line}" in fetch
        assert f"\n    {line}" not in request


# --- calls ---


def test_a_method_sends_what_the_function_of_the_low_level_sends(call: Caller) -> None:
    thing = model(call.package, "Thing", id=5)
    script = call.script("the answer", "another")

    assert call(script, "things.get", 5, request_="r", x_trace="t") == "the answer"
    assert call(script, "things.replace", 5, thing) == "another"

    assert script.calls == [
        (
            low_level(call.package, "get_thing").OPERATION,
            {"method": "GET", "url": "/things/5", "params": {"request": "r"}, "headers": {"X-Trace": "t"}},
        ),
        (
            low_level(call.package, "replace_thing").OPERATION,
            {
                "method": "PUT",
                "url": "/things/5",
                "json": {"id": 5},
                "headers": {"Content-Type": "application/json"},
            },
        ),
    ]


def test_a_body_that_is_optional_can_be_left_out(call: Caller) -> None:
    script = call.script(None, None)

    call(script, "things.update", 5)
    call(script, "things.update", 5, model(call.package, "Thing", id=5))

    assert [request.get("json") for request in script.requests] == [None, {"id": 5}]


def test_path_arguments_are_checked_before_anything_is_sent(call: Caller) -> None:
    script = call.script("never sent")

    with pytest.raises(TypeError, match=r"things\.get: thing_id must be an integer, not str"):
        call(script, "things.get", "..")

    assert script.calls == []


def test_a_list_with_its_page_in_the_query_asks_for_one_page_after_the_other(call: Caller) -> None:
    script = call.script(["a", "b"], ["c"], [])

    assert call(script, "things.list", per_page=2, names=["x", "y"]) == ["a", "b", "c"]

    assert {operation for operation, _ in script.calls} == {low_level(call.package, "list_things").OPERATION}
    assert [request["params"] for request in script.requests] == [
        {"page": 1, "perPage": 2, "names": ["x", "y"]},
        {"page": 2, "perPage": 2, "names": ["x", "y"]},
        {"page": 3, "perPage": 2, "names": ["x", "y"]},
    ]


def test_a_list_begins_at_the_page_that_is_asked_for(call: Caller) -> None:
    script = call.script(["a"], [])

    assert call(script, "things.list", page=7) == ["a"]

    assert [request["params"] for request in script.requests] == [{"page": 7}, {"page": 8}]


def test_a_list_with_its_page_in_an_optional_body_sends_none_that_says_nothing(call: Caller) -> None:
    script = call.script(["a"], ["b"], [])

    assert call(script, "things.search") == ["a", "b"]

    assert [request.get("json") for request in script.requests] == [None, {"page": 2}, {"page": 3}]


def test_a_list_with_its_page_in_an_optional_body_takes_the_fields_as_arguments(call: Caller) -> None:
    script = call.script(["a"], ["b"], [])

    assert call(script, "things.search", fields="f", text="t", per_page=1) == ["a", "b"]

    assert [request["json"] for request in script.requests] == [
        {"text": "t", "perPage": 1},
        {"text": "t", "perPage": 1, "page": 2},
        {"text": "t", "perPage": 1, "page": 3},
    ]
    assert {str(request["params"]) for request in script.requests} == {"{'fields': 'f'}"}


def test_a_list_with_its_page_in_a_body_that_is_needed_always_sends_it(call: Caller) -> None:
    script = call.script(["a", "b"], ["c"], [])

    assert call(script, "parts.filter", 5, sort="up", size=2) == ["a", "b", "c"]

    assert [(request["url"], request["json"]) for request in script.requests] == [
        ("/things/5/parts", {"sort": "up", "page": 1, "size": 2}),
        ("/things/5/parts", {"sort": "up", "page": 2, "size": 2}),
        ("/things/5/parts", {"sort": "up", "page": 3, "size": 2}),
    ]


def test_a_list_with_its_page_in_the_query_sends_its_body_with_every_page(call: Caller) -> None:
    script = call.script(["a"], [])

    assert call(script, "parts.sift", 5, model(call.package, "Thing", id=1), per_page=2) == ["a"]

    assert [(request["params"], request["json"]) for request in script.requests] == [
        ({"page": 1, "perPage": 2}, {"id": 1}),
        ({"page": 2, "perPage": 2}, {"id": 1}),
    ]


# --- results ---


def fetch(call: Caller, *polls: Mapping[str, Any], **options: Any) -> tuple[Any, Script]:
    """Fetch a report, and see what was sent."""
    answers = [model(call.package, "Report", **values) for values in polls]
    script = call.script(model(call.package, "Code", dataCode="1|2"), *answers)
    arguments = (5, model(call.package, "ReportRequest", goals=[1]))
    return call(script, "reports.fetch_report", *arguments, poll_="p", poll_interval=0, **options), script


def test_results_are_requested_and_then_polled_for(call: Caller) -> None:
    polled: list[int] = []

    outcome, script = fetch(
        call,
        {"status": "BUSY"},
        {"status": "NEW TO US"},
        {},
        {"status": "DONE", OUTCOME: {"visits": 3}},
        on_poll=lambda attempt, elapsed: polled.append(attempt),
    )

    assert outcome.to_dict() == {"visits": 3}
    assert polled == [1, 2, 3]
    (first, request), *polls = script.calls
    assert first is low_level(call.package, "request_report").OPERATION
    assert (request["url"], request["params"], request["json"]) == ("/things/5/report", {"poll": "p"}, {"goals": [1]})
    assert len(polls) == 4
    for operation_, request in polls:
        assert operation_ is low_level(call.package, "get_report").OPERATION
        assert request == {"method": "GET", "url": "/report", "params": {"dataCode": "1|2"}}


def test_results_that_fail_or_take_too_long_are_errors_with_the_code(call: Caller) -> None:
    with pytest.raises(ResultsFailedError) as failed:
        fetch(call, {"status": "BUSY"}, {"status": "BROKEN"})
    with pytest.raises(ResultsTimeoutError) as late:
        fetch(call, {"status": "BUSY"}, timeout=0)

    assert (failed.value.data_code, late.value.data_code) == ("1|2", "1|2")


def test_results_that_are_ready_and_missing_are_named_with_their_place(call: Caller) -> None:
    with pytest.raises(DecodeError) as missing:
        fetch(call, {"status": "DONE"})

    assert missing.value.operation == "get-report"
    assert missing.value.pointer == "/da~0t~1a"


# --- what the runtime is told of an operation ---


def test_an_operation_is_described_for_the_runtime(package: ModuleType) -> None:
    described = low_level(package, "search_things").OPERATION

    assert (described.operation_id, described.method, described.path) == ("search-things", "POST", "/things/search")
    assert low_level(package, "get_thing").OPERATION.path == "/things/{thingId}"
    assert described.idempotent
    assert described.unverified is None


def test_only_what_the_spec_marks_is_idempotent_whatever_its_method(package: ModuleType) -> None:
    names = [path.stem for folder in ("things", "data") for path in _operations(package, folder)]

    marked = [name for name in names if low_level(package, name).OPERATION.idempotent]

    assert marked == ["search_things", "update_thing"]


def _operations(package: ModuleType, folder: str) -> list[Path]:
    assert package.__file__ is not None
    return sorted((Path(package.__file__).parent / "api" / folder).glob("[!_]*.py"))


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ({"route": "guessed", "note": 'A "guess"\nby C:\\analogy.\n'}, 'A "guess" by C:\\analogy.'),
        ({"route": "guessed"}, "its route is a guess"),
        ({"route": "reconstructed", "note": "By analogy."}, None),
    ],
)
def test_only_an_operation_whose_route_is_a_guess_is_unverified(
    tmp_path: Path, evidence: dict[str, str], why: str | None
) -> None:
    made = project(tmp_path, small(**{"x-evidence": {**EVIDENCE, **evidence}}))
    assert run_generate(tmp_path).status == 0

    with imported(made.package) as package:
        assert low_level(package, "get_thing").OPERATION.unverified == why


def parsed(package: ModuleType, status: int, **content: Any) -> Any:
    """What creating a thing makes of an answer, as its class and its values."""
    described = low_level(package, "create_thing").OPERATION
    response = httpx.Response(status, **content)
    found = (described.parse if response.is_success else described.parse_error)(response)
    return (type(found).__name__, found.to_dict()) if hasattr(found, "to_dict") else found


@pytest.mark.parametrize(
    ("status", "values", "name"),
    [
        pytest.param(200, {"id": 5}, "Thing", id="200"),
        pytest.param(201, {"number": "n"}, "Receipt", id="another success"),
        pytest.param(400, {"message": "m"}, "Fault", id="400"),
        pytest.param(404, {"message": "m"}, "Fault", id="another of the same type"),
        pytest.param(423, {"owner": "o"}, "Locked", id="one in a range"),
        pytest.param(422, {"reason": "r"}, "Other", id="the rest of the range"),
        pytest.param(499, {"reason": "r"}, "Other", id="the end of the range"),
        pytest.param(503, {"number": "n"}, "Receipt", id="default"),
        pytest.param(302, {"number": "n"}, "Receipt", id="default of what is no error"),
    ],
)
def test_a_body_is_read_as_what_the_spec_has_for_the_status(
    package: ModuleType, status: int, values: dict[str, Any], name: str
) -> None:
    assert parsed(package, status, json=values) == (name, values)


@pytest.mark.parametrize(
    ("other", "expected"),
    [("204", {200: "Thing", 201: "Thing", 204: "NoneType"}), ("2XX", {200: "Thing", 201: "NoneType"})],
)
def test_a_success_that_the_spec_does_not_describe_is_read_like_one_with_a_body(
    tmp_path: Path, other: str, expected: dict[int, str]
) -> None:
    document = small(responses={"200": answer(ref("Thing")), other: {"description": "nothing to do"}})
    document["components"]["schemas"] = {"Thing": SCHEMAS["Thing"]}
    made = project(tmp_path, document)
    assert run_generate(tmp_path).status == 0

    with imported(made.package) as package:
        parse = low_level(package, "get_thing").OPERATION.parse
        found = {status: parse(httpx.Response(status, json={"id": 5})) for status in expected}

    assert {status: type(body).__name__ for status, body in found.items()} == expected


def test_one_type_may_be_the_body_of_single_statuses_and_of_ranges(tmp_path: Path) -> None:
    statuses = {"200": answer(ref("Thing")), "400": answer(ref("Fault")), "5XX": answer(ref("Fault"))}
    document = small(responses=statuses)
    document["components"]["schemas"] = {name: SCHEMAS[name] for name in ("Thing", "Fault")}
    made = project(tmp_path, document)
    assert run_generate(tmp_path).status == 0

    with imported(made.package) as package:
        parse_error = low_level(package, "get_thing").OPERATION.parse_error
        found = {status: parse_error(httpx.Response(status, json={"message": "m"})) for status in (400, 401, 500, 599)}

    assert {status: type(body).__name__ for status, body in found.items()} == {
        400: "Fault",
        401: "dict",
        500: "Fault",
        599: "Fault",
    }


def test_a_success_without_a_body_is_nothing(package: ModuleType) -> None:
    assert parsed(package, 204) is None
    assert low_level(package, "replace_thing").OPERATION.parse(httpx.Response(200, text="<p>fine</p>")) is None


@pytest.mark.parametrize("status", [302, 400, 418, 423, 500, 503])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"html": "<p>Bad gateway"}, id="HTML"),
        pytest.param({"content": b""}, id="nothing"),
        pytest.param({"content": b"\xff\xfe\xfa"}, id="no text"),
        pytest.param({"content": b"[" * 100_000}, id="nested too deeply"),
    ],
)
def test_an_error_that_is_no_json_has_no_body(package: ModuleType, status: int, content: dict[str, Any]) -> None:
    assert parsed(package, status, **content) is None


@pytest.mark.parametrize("status", [400, 418, 423, 500, 503])
@pytest.mark.parametrize("values", [{"detail": "another shape"}, {"message": 5}, ["a list"], "a text", 5], ids=repr)
def test_an_error_of_another_shape_than_the_spec_has_is_not_lost(package: ModuleType, status: int, values: Any) -> None:
    found = parsed(package, status, json=values)

    assert found in (values, ("Fault", values))


def test_an_error_that_the_spec_does_not_describe_is_not_lost(package: ModuleType) -> None:
    described = low_level(package, "get_thing").OPERATION

    assert described.parse_error(httpx.Response(404, json={"message": "m"})) == {"message": "m"}
    assert described.parse_error(httpx.Response(404, text="Not here")) is None


def test_errors_may_be_lists_of_several_types(tmp_path: Path) -> None:
    either = {"type": "array", "items": {"oneOf": [ref("Z"), TEXT]}}
    document = small(responses={"200": answer(ref("A")), "400": answer(either)})
    document["components"]["schemas"] = {"Z": an_object(z=TEXT), "A": an_object(a=TEXT)}
    made = project(tmp_path, document)

    ran = run_generate(tmp_path)

    assert ran.status == 0, ran.errors
    with imported(made.package) as package:
        parse_error = low_level(package, "get_thing").OPERATION.parse_error
        found = parse_error(httpx.Response(400, json=["text", {"z": "z"}]))
        assert found == ["text", package.models.Z(z="z")]


# --- refusals ---

SPEC = "SPEC#"
LIST = f"{SPEC}/paths/~1things/get"
SEARCH = f"{SPEC}/paths/~1things~1search/post"
REQUEST = f"{SPEC}/paths/~1things~1{{thingId}}~1report/post"

Place = Callable[[dict[str, Any]], dict[str, Any]]


def at(*keys: str) -> Place:
    """The way to a node of a spec."""
    return lambda document: functools.reduce(operator.getitem, keys, document)


ROOT = at()
ENTRY = at("x-sdk-client")
LISTING = at("paths", "/things", "get")
CREATING = at("paths", "/things", "post")
SEARCHING = at("paths", "/things/search", "post")
REQUESTING = at("paths", "/things/{thingId}/report", "post")
RULE = at("paths", "/things/{thingId}/report", "post", "x-sdk-poll")
POLLING = at("paths", "/report", "get")


def changed(place: Place, change: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with other members in one place; without those that are None."""
    document = copy.deepcopy(SURFACE)
    node = place(document)
    node.update(change)
    for key in [key for key, value in change.items() if value is None]:
        del node[key]
    return document


CODES = {"200": answer({"type": "array", "items": TEXT})}
REFUSED = [
    # --- names ---
    pytest.param(
        LISTING,
        {"x-sdk-group": "import"},
        f"{LIST}/x-sdk-group: import is a keyword of Python: choose another name",
        id="keyword for a group",
    ),
    pytest.param(
        LISTING,
        {"x-sdk-method": "del"},
        f"{LIST}/x-sdk-method: del is a keyword of Python: choose another name",
        id="keyword for a method",
    ),
    pytest.param(
        RULE,
        {"method": "await"},
        f"{REQUEST}/x-sdk-poll/method: await is a keyword of Python: choose another name",
        id="keyword for a method that polls",
    ),
    *(
        pytest.param(
            LISTING,
            {"x-sdk-group": name},
            f"{LIST}/x-sdk-group: an entry class has a member {name} already: choose another name",
            id=f"group {name}",
        )
        for name in ("close", "from_env", "with_options")
    ),
    pytest.param(
        LISTING,
        {"x-sdk-method": "with_raw_response"},
        f"{LIST}/x-sdk-method: a group has a member with_raw_response already: choose another name",
        id="method with the name of a member",
    ),
    pytest.param(
        ENTRY,
        {"bind": {"project": ["accountId"]}},
        f"{SPEC}/x-sdk-client/bind/project: no operation has the path parameters accountId",
        id="binding that no operation needs",
    ),
    pytest.param(
        ENTRY,
        {"bind": {"things": ["thingId"]}},
        f"{LIST}/x-sdk-group: an entry class has a member things already: choose another name",
        id="binding with the name of a group",
    ),
    pytest.param(
        ENTRY,
        {"auth": {"kind": "apiKey", "in": "header"}},
        f"{SPEC}/x-sdk-client/auth: authentication of the kind apiKey needs name",
        id="key without a header",
    ),
    pytest.param(
        ENTRY,
        {"auth": {"kind": "bearer", "arguments": ["a", "b"], "format": "{a}"}},
        f"{SPEC}/x-sdk-client/auth: the format must have {{b}}",
        id="format without an argument",
    ),
    pytest.param(
        ENTRY,
        {"auth": {"kind": "basic", "arguments": ["user"]}},
        f"{SPEC}/x-sdk-client/auth: authentication of the kind basic takes 2 arguments",
        id="too few arguments",
    ),
    pytest.param(
        ENTRY,
        {"auth": {"kind": "bearer", "arguments": ["timeout"]}},
        f"{SPEC}/x-sdk-client/auth: every client has an argument timeout: choose another name",
        id="credential with the name of an option",
    ),
    pytest.param(
        LISTING,
        {"x-sdk-pagination": {**listed(), "items": "data"}},
        f"{LIST}/x-sdk-pagination/items: the response must be an object, always the same one",
        id="items of a list",
    ),
    pytest.param(
        CREATING,
        {"x-sdk-method": "list"},
        f"{SPEC}/paths/~1things/post/x-sdk-method: the group things has a method list already",
        id="two methods of one name",
    ),
    pytest.param(
        POLLING,
        {"x-sdk-method": "fetch_report"},
        f"{SPEC}/paths/~1report/get/x-sdk-method: the group reports has a method fetch_report already",
        id="method with the name of one that polls",
    ),
    pytest.param(
        RULE,
        {"method": "request_report"},
        f"{REQUEST}/x-sdk-poll/method: the group reports has a method request_report already",
        id="method that polls with the name of its request",
    ),
    *(
        pytest.param(
            at("components", "schemas"),
            {name: schema},
            f"SPEC: the schema {name} and the group things both give the class {name}: rename one",
            id=f"schema {name}",
        )
        for name, schema in (
            ("ThingsGroup", an_object()),
            ("AsyncThingsGroup", {"type": "string", "enum": ["a", "b"]}),
        )
    ),
    pytest.param(
        CREATING,
        {"x-sdk-group": "async_things"},
        "SPEC: the group things and the group async_things both give the class AsyncThingsGroup: rename one",
        id="two groups of one class",
    ),
    pytest.param(
        at("components", "schemas", "Search", "properties"),
        {"fields": TEXT},
        f"{SEARCH}/x-sdk-pagination: fields stands for two arguments: give the field of the body another name, with "
        "x-sdk-names",
        id="field with the name of a parameter",
    ),
    *(
        pytest.param(
            at("components", "schemas", "Search", "properties"),
            {name: TEXT},
            f"{SEARCH}/x-sdk-pagination: {name} would hide a name of the generated code: give the field of the body "
            "another name, with x-sdk-names",
            id=f"field with the name {name}",
        )
        for name in ("body", "first", "groups", "operation", "request")
    ),
    # --- pages ---
    *(
        pytest.param(
            LISTING,
            {"responses": responses},
            f"{LIST}/x-sdk-pagination: every success must be answered with one kind of list",
            id=f"pages of {what}",
        )
        for what, responses in {
            "an object": {"200": answer(ref("Thing"))},
            "nothing": {"204": {"description": "done"}},
            "a list that may be null": {"200": answer({**THINGS, "nullable": True})},
            "a list or nothing": {"200": answer(THINGS), "204": {"description": "done"}},
            "a list or another": {"200": answer(THINGS), "201": answer({"type": "array", "items": TEXT})},
        }.items()
    ),
    *(
        pytest.param(
            LISTING,
            {"x-sdk-pagination": {**listed(), role: "nowhere"}},
            f"{LIST}/x-sdk-pagination/{role}: the query has no 'nowhere'",
            id=f"unknown {role} in the query",
        )
        for role in ("page", "size")
    ),
    pytest.param(
        LISTING,
        {"x-sdk-pagination": {**listed(), "identifier": "nowhere"}},
        f"{LIST}/x-sdk-pagination/identifier: an item of the list has no 'nowhere'",
        id="unknown identifier",
    ),
    pytest.param(
        SEARCHING,
        {"x-sdk-pagination": listed("body", "fields")},
        f"{SEARCH}/x-sdk-pagination/size: the body has no 'fields'",
        id="unknown size in the body",
    ),
    pytest.param(
        LISTING,
        {"x-sdk-pagination": listed(size="names")},
        f"{LIST}/x-sdk-pagination/size: names is no integer",
        id="size that is no integer",
    ),
    pytest.param(
        SEARCHING,
        {"x-sdk-pagination": {**listed("body"), "page": "text"}},
        f"{SEARCH}/x-sdk-pagination/page: text is no integer",
        id="page that is no integer",
    ),
    *(
        pytest.param(
            SEARCHING,
            {"requestBody": request_body},
            f"{SEARCH}/x-sdk-pagination/in: the body must be an object, always the same one",
            id=f"page in {what}",
        )
        for what, request_body in {
            "a body that is not there": None,
            "a list": {"content": json_content(THINGS)},
            "a body that may be null": {"content": json_content({"allOf": [ref("Search")], "nullable": True})},
        }.items()
    ),
    # --- results ---
    pytest.param(
        RULE,
        {"operation": "get_report"},
        f"{REQUEST}/x-sdk-poll/operation: there is no operation 'get_report'",
        id="unknown poll",
    ),
    *(
        pytest.param(
            RULE,
            {role: "nowhere"},
            f"{REQUEST}/x-sdk-poll/{role}: the answer{whose} has no 'nowhere'",
            id=f"unknown {role}",
        )
        for role, whose in {"code": "", "state": " of get-report", "outcome": " of get-report"}.items()
    ),
    pytest.param(
        POLLING,
        {"parameters": [parameter("code", required=True)]},
        f"{REQUEST}/x-sdk-poll/code: the query of get-report has no 'dataCode'",
        id="poll without the code",
    ),
    pytest.param(
        at("components", "schemas", "Code"),
        {"required": None},
        f"{REQUEST}/x-sdk-poll/code: dataCode must be required in the answer",
        id="code that may be missing",
    ),
    *(
        pytest.param(
            POLLING,
            {"parameters": [parameter("dataCode", required=True), *parameters], **more},
            f"{REQUEST}/x-sdk-poll/operation: get-report needs more than a code: {name}",
            id=f"poll that needs {what}",
        )
        for what, name, parameters, more in (
            ("another parameter", "site_code", [parameter("siteCode", required=True)], {}),
            ("a header", "x_trace", [parameter("X-Trace", "header", required=True)], {}),
            ("a body", "body", [], body("Thing", required=True)),
        )
    ),
    pytest.param(
        at("paths", "/things/{thingId}/report", "post", "x-sdk-poll", "states"),
        {"REDY": "ready"},
        f"{REQUEST}/x-sdk-poll/states/REDY: status has no such value",
        id="unknown state",
    ),
    *(
        pytest.param(
            REQUESTING,
            {"responses": responses},
            f"{REQUEST}/x-sdk-poll: the answer must be an object, always the same one",
            id=f"request that is answered with {what}",
        )
        for what, responses in {
            "a list": CODES,
            "nothing": {"204": {"description": "done"}},
            "a code or nothing": {"200": answer(ref("Code")), "202": {"description": "later"}},
        }.items()
    ),
    pytest.param(
        POLLING,
        {"responses": CODES},
        f"{REQUEST}/x-sdk-poll/operation: the answer of get-report must be an object, always the same one",
        id="poll that is answered with a list",
    ),
]


@pytest.mark.parametrize(("place", "change", "message"), REFUSED)
def test_a_surface_that_cannot_work_is_refused_with_its_place(
    tmp_path: Path, place: Place, change: dict[str, Any], message: str
) -> None:
    made = project(tmp_path, changed(place, change))

    ran = run_generate(tmp_path)

    expected = message.replace("SPEC", str(made.spec_path))
    assert ran.places == f"{expected}\ngenerated/ was left as it is.\n"
    assert ran.status == 1
    assert not made.generated.exists()


NAMES = r"has not the form ^[a-z][a-z0-9_]{0,79}\Z"
LISTS = "/paths/~1things/get"
REQUESTS = "/paths/~1things~1{thingId}~1report/post/x-sdk-poll"
MALFORMED = [
    (ROOT, {"x-sdk-client": "Mini"}, "/x-sdk-client: must be an object, and is a string: 'Mini'"),
    (ENTRY, {"name": "mini"}, "/x-sdk-client/name: 'mini' has not the form ^[A-Z][A-Za-z0-9]"),
    (ENTRY, {"auth": "signing"}, "/x-sdk-client/auth: 'signing' is not one of oauth, "),
    (ENTRY, {"auth": {"kind": "digest"}}, "/x-sdk-client/auth/kind: 'digest' is not one of oauth, "),
    (ENTRY, {"bind": {"Project": ["a"]}}, "/x-sdk-client/bind: 'Project' has not the form"),
    (ENTRY, {"environment": "Mini"}, "/x-sdk-client/environment: 'Mini' has not the form"),
    (ENTRY, {"rates": {}}, "/x-sdk-client/rates: must not be empty"),
    (ENTRY, {"rates": [50, 10]}, "/x-sdk-client/rates: must be an object, and is a list: [50, 10]"),
    (ENTRY, {"rates": {"10": 0}}, "/x-sdk-client/rates/10: 0 is out of bounds: minimum is 1"),
    (ENTRY, {"rates": {"10": 1.5}}, "/x-sdk-client/rates/10: must be an integer, and is a number: 1.5"),
    (ENTRY, {"rates": {"0": 5}}, "/x-sdk-client/rates/0: unknown key '0'"),
    (ENTRY, {"rates": {"0.0": 5}}, "/x-sdk-client/rates/0.0: unknown key '0.0'"),
    (ENTRY, {"rates": {"a minute": 5}}, "/x-sdk-client/rates/a minute: unknown key 'a minute'"),
    (ENTRY, {"deprecated": ""}, "/x-sdk-client/deprecated: must not be empty"),
    (ENTRY, {"sunset": "soon"}, "/x-sdk-client/sunset: unknown key 'sunset': delete it"),
    (LISTING, {"x-sdk-group": "Things"}, f"{LISTS}/x-sdk-group: 'Things' {NAMES}"),
    (LISTING, {"x-sdk-group": "_things"}, f"{LISTS}/x-sdk-group: '_things' {NAMES}"),
    (LISTING, {"x-sdk-method": "get-all"}, f"{LISTS}/x-sdk-method: 'get-all' {NAMES}"),
    (LISTING, {"x-sdk-method": 5}, f"{LISTS}/x-sdk-method: must be a string, and is an integer: 5"),
    (LISTING, {"x-sdk-idempotent": False}, f"{LISTS}/x-sdk-idempotent: False is not one of True"),
    (LISTING, {"x-sdk-pagination": {}}, f"{LISTS}/x-sdk-pagination: the key 'in' is missing: add it"),
    (LISTING, {"x-sdk-pagination": {"in": "query"}}, f"{LISTS}/x-sdk-pagination: the key 'page' is missing: add it"),
    (LISTING, {"x-sdk-pagination": listed("path")}, f"{LISTS}/x-sdk-pagination/in: 'path' is not one of"),
    (LISTING, {"x-sdk-pagination": listed(size="")}, f"{LISTS}/x-sdk-pagination/size: must not be empty"),
    (LISTING, {"x-sdk-pagination": {**listed(), "from": 0}}, f"{LISTS}/x-sdk-pagination/from: unknown key 'from'"),
    *((RULE, {key: None}, f"{REQUESTS}: the key '{key}' is missing: add it") for key in POLL),
    (RULE, {"method": "Fetch"}, f"{REQUESTS}/method: 'Fetch' {NAMES}"),
    (RULE, {"states": {}}, f"{REQUESTS}/states: must not be empty"),
    (RULE, {"states": {"DONE": "done"}}, f"{REQUESTS}/states/DONE: 'done' is not one of waiting, ready, failed"),
    (RULE, {"outcome": ""}, f"{REQUESTS}/outcome: must not be empty"),
    (RULE, {"every": 2}, f"{REQUESTS}/every: unknown key 'every'"),
]


@pytest.mark.parametrize(("place", "change", "message"), MALFORMED, ids=[message for _, _, message in MALFORMED])
def test_an_extension_that_is_not_in_form_is_refused_with_its_place(
    tmp_path: Path, place: Place, change: dict[str, Any], message: str
) -> None:
    made = project(tmp_path, changed(place, change))

    ran = run_generate(tmp_path)

    assert ran.places.startswith(f"{made.spec_path}#{message}")
    assert ran.errors.endswith("\ngenerated/ was left as it is.\n")
    assert ran.status == 1
    assert not made.generated.exists()


def test_one_more_parameter_changes_few_lines(tmp_path: Path) -> None:
    def generated(folder: str, *more: dict[str, Any]) -> list[str]:
        parameters = [PAGE, SIZE, parameter("names", schema=TEXT), *more]
        root = tmp_path / folder
        root.mkdir()
        made = project(root, small(parameters=parameters))
        ran = run_generate(root)
        assert ran.status == 0, ran.errors
        return [
            f"{path.name}: {line}"
            for path in sorted(made.package.rglob("*.py"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]

    before, after = generated("before"), generated("after", parameter("colour", schema=TEXT, description="A colour."))

    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert 5 <= len(changed) <= 12, changed
