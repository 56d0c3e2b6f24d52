"""Parity: whatever of a spec a package does not do is named, however it got lost."""

from __future__ import annotations

import copy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import parity
from scripts.codegen import checks
from scripts.specs.spec import Spec
from tests.scripts.projects import (
    PATH_ID,
    Project,
    answer,
    json_content,
    operation,
    parameter,
    project,
    ref,
    run_generate,
    spec,
)

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "properties": properties}


def sdk(method: str) -> dict[str, Any]:
    """What an operation says of its method."""
    return {"x-sdk-group": "things", "x-sdk-method": method}


def losses(document: dict[str, Any], package: Path) -> list[str]:
    """What a package lacks of a spec."""
    return checks.check(Spec(document, Path("spec.yaml")), package).losses


# --- nothing is lost ---


# Everything that is looked for, in all the forms that both the generator and our pipeline carry through.
LOSSLESS = spec(
    {
        "/things/{thingId}/parts/{name}": {
            "parameters": [parameter("name", "path", schema={"type": "string", "enum": ["wheel", "door"]}), PATH_ID],
            "get": operation(
                **sdk("get"),
                parameters=[
                    parameter("page size"),
                    parameter("since", schema={"type": "string", "format": "date-time"}),
                    parameter("kinds", schema={"type": "array", "items": ref("Kind")}),
                    parameter("X-Trace", "header"),
                    parameter("X-Session", "header"),
                    parameter("fooBar"),
                    parameter("foo_bar"),
                    parameter("same"),
                    parameter("same", "header"),
                ],
                responses={
                    "200": answer(ref("Thing")),
                    "404": answer(ref("Problem")),
                    "5XX": {"description": "x", "content": {"text/plain": {"schema": TEXT}}},
                    "default": answer(ref("Problem")),
                },
            ),
            "put": operation(
                "put-thing",
                **sdk("replace"),
                requestBody={"required": True, "content": json_content(ref("Thing"))},
                responses={"201": answer({"type": "array", "items": ref("Thing")}), "409": {"description": "taken"}},
            ),
            "post": operation(
                "upload-thing",
                **sdk("upload"),
                requestBody={
                    "content": {
                        "multipart/form-data": {"schema": an_object(file={"type": "string", "format": "binary"})}
                    }
                },
            ),
        }
    },
    {
        "Kind": {"type": "string", "enum": ["big", "small", ""]},
        "Problem": an_object(message=TEXT),
        "Base": {**an_object(id={"type": "integer"}), "required": ["id"]},
        "Maybe": {**an_object(text=TEXT), "nullable": True},
        "Either": {
            "oneOf": [ref("Problem"), ref("Base")],
            "x-sdk-discriminator": {
                "presence": {"message": "#/components/schemas/Problem", "id": "#/components/schemas/Base"}
            },
        },
        "Thing": {
            "allOf": [
                ref("Base"),
                an_object(
                    kind={"allOf": [ref("Kind")], "nullable": True},
                    level={"type": "integer", "enum": [1, -2]},
                    state={"type": "string", "enum": ["on", None], "nullable": True},
                    size={"oneOf": [TEXT, {"type": "number"}]},
                    owner=an_object(**{"full-name": TEXT, "class": TEXT}),
                    parts={"type": "array", "items": ref("Thing")},
                    by_name={"type": "object", "additionalProperties": ref("Problem")},
                    maybe=ref("Maybe"),
                    either={"allOf": [ref("Either")], "nullable": True},
                    anything={},
                ),
            ]
        },
    },
    **{"x-sdk-client": {"name": "Mini", "auth": "oauth", "environment": "MINI"}},
)
COUNTS = {
    "operations": 3,
    "parameters": 9 + 2,  # the two of the path are looked for in each operation, and stand once
    "bodies": 2,
    "responses": 4 + 2 + 1,
    "classes": 5 + 3,
    "properties": 1 + 1 + 1 + 11 + 2 + 1,
    "enum values": 2 + 3 + 2 + 1,
    "union members": 2 + 2,
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The package that the pipeline makes; only to be read."""
    made = project(tmp_path_factory.mktemp("template"), LOSSLESS)
    ran = run_generate(made.root)
    assert ran.status == 0, ran.errors
    return made


@pytest.fixture
def package(template: Project, tmp_path: Path) -> Path:
    """The package that the pipeline makes, to be damaged."""
    shutil.copytree(template.package.parent, tmp_path / "abwire")
    return tmp_path / "abwire" / template.package.name


def test_nothing_is_lost_by_the_pipeline(template: Project) -> None:
    found = checks.check(Spec(LOSSLESS, template.spec_path), template.package)

    assert found.losses == []
    assert dict(found.counts) == COUNTS


def test_a_check_leaves_nothing_behind(package: Path) -> None:
    import abwire.kameleoon as before  # noqa: PLC0415 - what is loaded before must be there again

    path, names = list(sys.path), set(sys.modules)

    checks.check(Spec(LOSSLESS, Path("spec.yaml")), package)

    assert sys.modules["abwire.kameleoon"] is before
    assert sys.path == path
    assert not [name for name in set(sys.modules) - names if "abwire" in name]
    assert not list(package.rglob("__pycache__"))


# --- more in the spec than in the package ---


ROUTE = "/paths/~1things~1{thingId}~1parts~1{name}"
THING = "/components/schemas/Thing/allOf/1/properties"


def at(document: Any, pointer: str) -> Any:
    """The node at a JSON pointer."""
    for key in pointer.split("/")[1:]:
        name = key.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def more(pointer: str, value: Any, *losses: str, id: str) -> Any:  # noqa: A002 - the name in pytest
    """A spec that has a value more in a list, or keys more in an object."""
    return pytest.param(pointer, value, losses, id=id)


def lost_property(pointer: str) -> str:
    """The loss of a property of a model."""
    return f"{pointer}: no class reads and writes {pointer.rpartition('/')[2]!r}"


MORE = [
    more(
        "/paths",
        {"/others": {"get": operation("list-others", **sdk("list_others"))}},
        "/paths/~1others/get: no method makes the request GET /others",
        id="operation",
    ),
    more(
        "/paths",
        {"/others": {"get": operation("list-others")}},
        "/paths/~1others/get: no method makes the request GET /others",
        id="operation without a method of its own",
    ),
    more(
        "/paths",
        {"/others": {"get": operation("list-others", **sdk("get"))}},
        "/paths/~1others/get: no method makes the request GET /others",
        id="two operations of one name",
    ),
    more(
        "/paths",
        {"/others": {"$ref": "#/x-paths/others"}},
        "/paths/~1others/get: no method makes the request GET /others",
        id="path item that is a reference",
    ),
    more(
        f"{ROUTE}/get/parameters",
        [parameter("q", content=json_content(TEXT))],
        f"{ROUTE}/get/parameters/9: the parameter q is not sent",
        id="parameter with content",
    ),
    more(
        f"{ROUTE}/get/parameters",
        [parameter("filter", schema=an_object(name=TEXT))],
        f"{ROUTE}/get/parameters/9: the parameter filter is not sent",
        id="parameter that is an object",
    ),
    more(
        f"{ROUTE}/get/parameters",
        [parameter("page_size")],
        f"{ROUTE}/get/parameters/9: the parameter page_size is not sent",
        id="parameter with a name like another's",
    ),
    more(
        f"{ROUTE}/get/parameters",
        [parameter("X-Other", "header")],
        f"{ROUTE}/get/parameters/9: the parameter X-Other is not sent",
        id="header",
    ),
    more(
        f"{ROUTE}/parameters/0/schema/enum",
        ["window"],
        f"{ROUTE}/parameters/0: no member has the value 'window'",
        id="enum value of a path parameter",
    ),
    more(
        f"{ROUTE}/get",
        {"requestBody": {"content": {"application/xml": {"schema": TEXT}}}},
        f"{ROUTE}/get/requestBody/content/application~1xml: the body is not sent",
        id="body",
    ),
    more(
        f"{ROUTE}/put/responses",
        {"200": {"description": "x", "content": {"image/png": {"schema": TEXT}}}},
        f"{ROUTE}/put/responses/200: the response 200 is not told apart",
        id="response of another media type",
    ),
    more(
        f"{ROUTE}/put/responses",
        {"default": answer(ref("Problem"))},
        f"{ROUTE}/put/responses/default: the response default is not told apart",
        id="default response",
    ),
    more(
        f"{ROUTE}/put/responses",
        {"4XX": answer(ref("Problem"))},
        f"{ROUTE}/put/responses/4XX: the response 4XX is not told apart",
        id="range of responses",
    ),
    more(
        "/components/schemas/Problem/properties",
        {"code": TEXT},
        lost_property("/components/schemas/Problem/properties/code"),
        id="property",
    ),
    more(
        "/components/schemas/Thing/allOf",
        [{"allOf": [an_object(deep=TEXT)]}],
        lost_property("/components/schemas/Thing/allOf/2/allOf/0/properties/deep"),
        id="allOf within allOf",
    ),
    *(
        more(
            "/components/schemas/Thing/allOf",
            [{kind: [an_object(one=TEXT), an_object(two=TEXT)]}],
            lost_property(f"/components/schemas/Thing/allOf/2/{kind}/0/properties/one"),
            lost_property(f"/components/schemas/Thing/allOf/2/{kind}/1/properties/two"),
            id=f"{kind} within allOf",
        )
        for kind in ("oneOf", "anyOf")
    ),
    more(
        "/components/schemas",
        {"Child": {"allOf": [ref("Base")], "properties": {"b": TEXT}}},
        "/components/schemas/Child: there is no class Child",
        id="properties beside a single reference",
    ),
    more(
        "/components/schemas",
        {"Child": {"oneOf": [ref("Base"), TEXT], "properties": {"b": TEXT}}},
        "/components/schemas/Child: there is no class Child",
        id="properties beside a union",
    ),
    more(
        "/components/schemas",
        {"BASE": an_object(a=TEXT)},
        "/components/schemas/BASE: there is no class BASE",
        id="schema with a name like another's",
    ),
    more(
        "/components/schemas",
        {"Colour": {"type": "string", "enum": ["red", "blue"]}},
        "/components/schemas/Colour: there is no class Colour",
        id="enum",
    ),
    more(
        "/components/schemas/Kind/enum",
        ["SMALL"],
        "/components/schemas/Kind: no member has the value 'SMALL'",
        id="enum value",
    ),
    more(f"{THING}/level/enum", [3], f"{THING}/level: no member has the value 3", id="enum value of a number"),
    more(
        f"{THING}/owner/properties",
        {"age": TEXT},
        lost_property(f"{THING}/owner/properties/age"),
        id="property of an object within an object",
    ),
    more(
        f"{THING}/size/oneOf",
        [ref("Problem")],
        f"{THING}/size/oneOf/2: the type does not name Problem",
        id="member of a union",
    ),
    more(
        "/components/schemas/Either/x-sdk-discriminator/presence",
        {"text": "#/components/schemas/Maybe"},
        "/components/schemas/Maybe: an object with properties is not read as a model",
        id="member of a union with a rule",
    ),
]


@pytest.mark.parametrize(("pointer", "value", "expected"), MORE)
def test_what_the_package_lacks_is_named(
    template: Project, pointer: str, value: Any, expected: tuple[str, ...]
) -> None:
    document = copy.deepcopy(LOSSLESS)
    document["x-paths"] = {"others": {"get": operation("list-others")}}
    node = at(document, pointer)
    node.extend(value) if isinstance(node, list) else node.update(value)

    found = losses(document, template.package)

    assert len(found) == len(expected), found
    for loss, wanted in zip(found, expected, strict=True):
        assert loss.startswith(wanted)


# --- damage ---


# Added to the end of a damaged package: it changes what users can reach, whatever the templates write.
TOOLS = """
import functools
import inspect

import httpx

from . import AsyncMini, Mini, models


def on_the_wire(ask=lambda request: request, give=lambda response: response):
    for entry in (Mini, AsyncMini):

        def make(self, *args, transport, start=entry.__init__, **options):
            through = httpx.MockTransport(lambda request: give(transport.handler(ask(request))))
            start(self, *args, transport=through, **options)

        functools.update_wrapper(make, entry.__init__)
        entry.__init__ = make


def asked(request, url=None, method=None, headers=None, content=None):
    headers = {**request.headers, **(headers or {})}
    return httpx.Request(
        method or request.method,
        url or request.url,
        headers={name: value for name, value in headers.items() if value is not None},
        content=request.content if content is None else content,
    )


def on_method(entry, name, change):
    def make(self, *args, start=entry.__init__, **options):
        start(self, *args, **options)
        group = type(self.things)
        setattr(group, name, change(getattr(group, name)))

    functools.update_wrapper(make, entry.__init__)
    entry.__init__ = make


def without(argument):
    def change(method):
        @functools.wraps(method)
        def made(self, *args, **options):
            return method(self, *args, **options)

        found = inspect.signature(method)
        kept = [parameter for name, parameter in found.parameters.items() if name != argument]
        made.__signature__ = found.replace(parameters=kept)
        return made

    return change


def annotated(argument, annotation):
    def change(method):
        method.__annotations__[argument] = annotation
        return method

    return change


def on_writing(model, change):
    write = model.to_dict
    model.to_dict = lambda self: change(write(self), self)


def on_reading(model, change):
    read = model.from_dict.__func__
    model.from_dict = classmethod(lambda cls, data: read(cls, change(dict(data))))


def less(data, name):
    return {key: value for key, value in data.items() if key != name}
"""
NO_METHOD = f"{ROUTE}/get: no method makes the request GET /things/{{thingId}}/parts/{{name}}"


def damage(code: str, loss: str, *, id: str) -> Any:  # noqa: A002 - the name in pytest
    """Code that damages the package, and what is lost by it."""
    return pytest.param(code, loss, id=id)


DAMAGE = [
    damage(
        "on_writing(models.Thing, lambda data, model: less(data, 'size'))",
        lost_property(f"{THING}/size"),
        id="writing of a property",
    ),
    damage(
        "on_writing(models.Thing, lambda data, model: {**data, 'size': 'a constant'})",
        lost_property(f"{THING}/size"),
        id="writing of another value",
    ),
    damage(
        "on_writing(models.Thing, lambda data, model: less(data, 'id'))",
        lost_property("/components/schemas/Base/properties/id"),
        id="writing of a required property",
    ),
    damage(
        "on_reading(models.Thing, lambda data: less(data, 'size'))",
        lost_property(f"{THING}/size"),
        id="reading of a property",
    ),
    damage(
        "on_reading(models.Thing, lambda data: {('bulk' if key == 'size' else key): data[key] for key in data})",
        lost_property(f"{THING}/size"),
        id="key of a property",
    ),
    damage(
        "models.Thing.__annotations__.pop('size')",
        lost_property(f"{THING}/size"),
        id="field of a property",
    ),
    damage(
        "models.Thing.from_dict = classmethod(lambda cls, data: 1 / 0)",
        f"{lost_property(f'{THING}/size')} (ZeroDivisionError: division by zero)",
        id="all of the reading",
    ),
    damage(
        "models.Thing.__annotations__['parts'] = 'list[Any]'",
        f"{THING}/parts: the type does not name Thing",
        id="type of a list's items",
    ),
    damage(
        "models.ThingByName.__annotations__['additional_properties'] = 'dict[str, Any]'",
        f"{THING}/by_name/additionalProperties: the type does not name Problem",
        id="type of additional properties",
    ),
    damage(
        "on_reading(models.ThingOwner, lambda data: less(data, 'full-name'))",
        lost_property(f"{THING}/owner/properties/full-name"),
        id="property of an object within an object",
    ),
    damage(
        "models.Thing.__init__ = lambda self, **values: 1 / 0",
        "/components/schemas/Thing: Thing cannot be made by its arguments: ZeroDivisionError: division by zero",
        id="arguments of a model",
    ),
    damage("models.Problem = None", "/components/schemas/Problem: there is no class Problem", id="class"),
    damage("models.Kind = str", "/components/schemas/Kind: there is no class Kind", id="class of an enum"),
    damage(
        "on_the_wire(lambda request: asked(request, url=request.url.copy_remove_param('page size')))",
        f"{ROUTE}/get/parameters/0: the parameter page size is not sent",
        id="query parameter",
    ),
    damage(
        "on_the_wire(lambda request: asked(request, url=request.url.copy_set_param('kinds', 'big')))",
        f"{ROUTE}/get/parameters/2: the parameter kinds is not sent",
        id="value of a query parameter",
    ),
    damage(
        "on_the_wire(lambda request: asked(request, headers={'x-trace': None}))",
        f"{ROUTE}/get/parameters/3: the parameter X-Trace is not sent",
        id="header",
    ),
    damage(
        "on_the_wire(lambda request: asked(request, headers={'x-session': 'a constant'}))",
        f"{ROUTE}/get/parameters/4: the parameter X-Session is not sent",
        id="value of a header",
    ),
    damage(
        "on_method(Mini, 'get', without('foo_bar'))",
        f"{ROUTE}/get/parameters/6: the parameter foo_bar is not sent",
        id="argument of the sync method",
    ),
    damage(
        "on_method(AsyncMini, 'get', without('foo_bar'))",
        f"{ROUTE}/get/parameters/6: the parameter foo_bar is not sent",
        id="argument of the async method",
    ),
    damage("on_method(AsyncMini, 'get', without('name'))", NO_METHOD, id="path argument of one form"),
    damage("on_the_wire(lambda request: asked(request, method='HEAD'))", NO_METHOD, id="HTTP method"),
    damage(
        "on_the_wire(lambda request: asked(request, url=str(request.url).replace('/things/', '/thing/')))",
        NO_METHOD,
        id="URL",
    ),
    damage("on_method(Mini, 'get', lambda method: None)", NO_METHOD, id="sync method"),
    damage("on_method(AsyncMini, 'get', lambda method: None)", NO_METHOD, id="async method"),
    *(
        damage(
            f"on_the_wire(give=lambda response: httpx.Response(410) if {condition} else response)",
            f"{ROUTE}/get/responses/{status}: the response {status} is not told apart",
            id=f"response {status}",
        )
        for status, condition in [
            ("404", "response.status_code == 404"),
            ("5XX", "response.status_code >= 500"),
            ("default", "response.status_code == 418"),
        ]
    ),
    damage(
        "on_the_wire(give=lambda response: httpx.Response(response.status_code))",
        f"{ROUTE}/get/responses/200: the response 200 is not told apart",
        id="body of a response",
    ),
    damage(
        "on_the_wire(give=lambda response: httpx.Response(404) if response.status_code == 404 else response)",
        f"{ROUTE}/get/responses/404: the response 404 is not told apart",
        id="body of an error",
    ),
    damage(
        "on_the_wire(lambda request: asked(request, content=b''))",
        f"{ROUTE}/put/requestBody/content/application~1json: the body is not sent",
        id="JSON body",
    ),
    damage(
        "on_the_wire(lambda request: asked(request, headers={'content-type': 'text/plain'}))",
        f"{ROUTE}/put/requestBody/content/application~1json: the body is not sent",
        id="media type of a body",
    ),
    damage(
        "on_method(Mini, 'replace', annotated('body', 'Any'))",
        f"{ROUTE}/put/requestBody/content/application~1json: the type does not name Thing",
        id="type of a body",
    ),
    damage(
        "on_the_wire(lambda request: asked(request, content=request.content.replace(b'file', b'life')))",
        f"{ROUTE}/post/requestBody/content/multipart~1form-data: the body is not sent",
        id="multipart body",
    ),
]


@pytest.mark.parametrize(("code", "loss"), DAMAGE)
def test_damage_is_named(package: Path, code: str, loss: str) -> None:
    with (package / "__init__.py").open("a", encoding="utf-8") as module:
        module.write(f"{TOOLS}\n{code}\n")

    found = losses(LOSSLESS, package)

    assert any(line == loss or line.startswith((f"{loss} (", f"{loss}: ")) for line in found), found


# --- command line ---


def test_the_command_says_what_it_looked_for(
    template: Project, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parity.main([str(template.spec_path), str(package)]) == 0

    out, err = capsys.readouterr()
    assert out == ", ".join(f"{COUNTS[kind]} {kind}" for kind in sorted(COUNTS)) + " looked for\n"
    assert err == ""


def test_the_command_names_each_loss_with_its_spec(
    template: Project, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (package / "__init__.py").open("a", encoding="utf-8") as module:
        module.write(f"{TOOLS}\non_method(Mini, 'replace', lambda method: None)\n")

    assert parity.main([str(template.spec_path), str(package)]) == 1

    message = f"{template.spec_path}#{ROUTE}/put: no method makes the request PUT /things/{{thingId}}/parts/{{name}}\n"
    assert capsys.readouterr().err == message


def test_the_command_names_a_spec_that_cannot_be_read(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "broken.yaml").write_text("a: [", encoding="utf-8")

    assert parity.main([str(package / "broken.yaml"), str(package)]) == 1

    assert capsys.readouterr().err.startswith(f"{package / 'broken.yaml'}:")


@pytest.mark.parametrize("which", ["spec", "package"])
def test_the_command_refuses_what_is_not_there(
    template: Project, package: Path, capsys: pytest.CaptureFixture[str], which: str
) -> None:
    arguments = {"spec": template.spec_path, "package": package, which: package / "nowhere"}

    assert parity.main([str(arguments["spec"]), str(arguments["package"])]) == 2

    assert capsys.readouterr().err == "SPEC must be a file and PACKAGE a folder\n"
