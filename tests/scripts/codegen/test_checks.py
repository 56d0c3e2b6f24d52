"""Parity: whatever of a spec is not in the package is named, whoever made the package and however it got lost."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client import Project as StockProject
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from scripts import parity
from scripts.codegen import checks
from scripts.codegen.lowering import FIELD_PREFIX
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
    schemas_spec,
    spec,
)

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "properties": properties}


def stock_package(document: Mapping[str, Any], folder: Path) -> Path:
    """What the generator alone makes of a spec, without our lowering, refining and templates, and unformatted."""
    settings = ConfigFile(post_hooks=[], field_prefix=FIELD_PREFIX)
    config = Config.from_sources(settings, MetaType.NONE, Path("spec"), "utf-8", True, folder / "package")
    data = GeneratorData.from_dict(json.loads(json.dumps(document)), config=config)
    assert not isinstance(data, GeneratorError)
    with contextlib.redirect_stdout(io.StringIO()):
        StockProject(openapi=data, config=config).build()
    return folder / "package"


# --- nothing is lost ---


# Everything that is looked for, in all the forms that both the generator and our pipeline carry through.
LOSSLESS = spec(
    {
        "/things/{thingId}/parts/{name}": {
            "parameters": [parameter("name", "path", schema={"type": "string", "enum": ["wheel", "door"]}), PATH_ID],
            "get": operation(
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
                requestBody={"required": True, "content": json_content(ref("Thing"))},
                responses={"201": answer({"type": "array", "items": ref("Thing")}), "409": {"description": "taken"}},
            ),
            "post": operation(
                "upload-thing",
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
)
COUNTS = {
    "operations": 3,
    "parameters": 9 + 3 * 2,
    "bodies": 2,
    "responses": 4 + 2 + 1,
    "classes": 4,
    "properties": 1 + 1 + 1 + 11 + 2 + 1,
    "enum values": 3 * 2 + 3 + 2 + 1,
    "references": 2 + 3 + 1 + 1 + 1 + 1 + 2 + 4,  # the four in responses are looked for in two functions
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The package that our pipeline makes; only to be read."""
    made = project(tmp_path_factory.mktemp("template"), LOSSLESS)
    ran = run_generate(made.root)
    assert ran.status == 0, ran.errors
    return made


@pytest.fixture
def package(template: Project, tmp_path: Path) -> Path:
    """The package that our pipeline makes, to be damaged."""
    return Path(shutil.copytree(template.package, tmp_path / "package"))


def test_nothing_is_lost_by_our_pipeline(template: Project) -> None:
    found = checks.check(Spec(LOSSLESS, Path("spec.yaml")), template.package)

    assert found.losses == []
    assert dict(found.counts) == COUNTS


def test_nothing_is_lost_where_the_generator_alone_loses_nothing(tmp_path: Path) -> None:
    found = checks.check(Spec(LOSSLESS, Path("spec.yaml")), stock_package(LOSSLESS, tmp_path))

    assert found.losses == []
    assert dict(found.counts) == {**COUNTS, "references": COUNTS["references"] - 4}


# --- what the generator loses without a word ---


LOST = [
    pytest.param(
        spec({"/a": {"get": operation("doIt")}, "/b": {"get": operation("do_it")}}),
        ["/paths/~1a/get: no module api/things/do_it.py makes this request"],
        id="two operations of one name",
    ),
    pytest.param(
        {**spec({"/a": {"$ref": "#/x-paths/a"}}), "x-paths": {"a": {"get": operation()}}},
        ["/paths/~1a/get: no module api/things/get_thing.py makes this request"],
        id="path item that is a reference",
    ),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[parameter("q", content=json_content(TEXT)), parameter("p")])}}),
        ["/paths/~1a/get/parameters/0: the parameter q is not sent"],
        id="parameter with content",
    ),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[parameter("filter", schema=an_object(name=TEXT))])}}),
        ["/paths/~1a/get/parameters/0: the parameter filter is not sent"],
        id="object flattened into the query",
    ),
    pytest.param(
        spec({"/a": {"post": operation(requestBody={"content": {"application/xml": {"schema": TEXT}}})}}),
        ["/paths/~1a/post: no module api/things/get_thing.py makes this request"],
        id="body of an unsupported media type",
    ),
    pytest.param(
        spec(
            {
                "/a": {
                    "post": operation(
                        requestBody={"content": {**json_content(an_object(a=TEXT)), "text/csv": {"schema": TEXT}}}
                    )
                }
            }
        ),
        ["/paths/~1a/post/requestBody/content/text~1csv: the body is not sent"],
        id="one of two bodies",
    ),
    pytest.param(
        spec(
            {
                "/a": {
                    "get": operation(
                        responses={
                            "200": {"description": "x", "content": {"image/png": {"schema": TEXT}}},
                            "404": {"description": "none"},
                        }
                    )
                }
            }
        ),
        ["/paths/~1a/get/responses/200: answers with this status are not told apart"],
        id="response of an unsupported media type",
    ),
    pytest.param(
        spec(
            {
                "/a": {
                    "get": operation(
                        responses={
                            "204": {"description": "done"},
                            "default": {"description": "x", "content": {"application/xml": {"schema": TEXT}}},
                        }
                    )
                }
            }
        ),
        ["/paths/~1a/get/responses/default: answers with this status are not told apart"],
        id="default response of an unsupported media type",
    ),
    pytest.param(
        schemas_spec(Base=an_object(a=TEXT), Child={"allOf": [ref("Base"), {"allOf": [an_object(b=TEXT)]}]}),
        ["/components/schemas/Child/allOf/1/allOf/0/properties/b: no class reads and writes 'b'"],
        id="allOf within allOf",
    ),
    *(
        pytest.param(
            schemas_spec(
                Base=an_object(a=TEXT), Child={"allOf": [ref("Base"), {kind: [an_object(b=TEXT), an_object(c=TEXT)]}]}
            ),
            [
                f"/components/schemas/Child/allOf/1/{kind}/0/properties/b: no class reads and writes 'b'",
                f"/components/schemas/Child/allOf/1/{kind}/1/properties/c: no class reads and writes 'c'",
            ],
            id=f"{kind} within allOf",
        )
        for kind in ("oneOf", "anyOf")
    ),
    pytest.param(
        schemas_spec(Base=an_object(a=TEXT), Child={"allOf": [ref("Base")], "properties": {"b": TEXT}}),
        ["/components/schemas/Child: there is no class Child"],
        id="properties beside a single reference",
    ),
    pytest.param(
        schemas_spec(Base=an_object(a=TEXT), Child={"oneOf": [ref("Base"), TEXT], "properties": {"b": TEXT}}),
        ["/components/schemas/Child: there is no class Child"],
        id="properties beside a union",
    ),
    pytest.param(
        schemas_spec(Thing=an_object(kind={"type": "string", "enum": ["a b", "c", "a-b"]})),
        ["/components/schemas/Thing/properties/kind: no member has the value 'a b'"],
        id="enum values of one identifier",
    ),
    pytest.param(
        schemas_spec(AB={"type": "object"}, Ab=an_object(a=TEXT)),
        ["/components/schemas/AB: there is no class AB"],
        id="two schemas of one module",
    ),
    pytest.param(
        schemas_spec(A=an_object(a=TEXT), B={"allOf": [ref("A"), an_object(a={"type": "integer"})]}, C=ref("B")),
        [
            "/components/schemas/B: there is no class B",
            "/components/schemas/C: there is no class C",
        ],
        id="schema that the generator gives up",
    ),
]


@pytest.mark.parametrize(("document", "losses"), LOST)
def test_what_the_generator_loses_is_named(tmp_path: Path, document: dict[str, Any], losses: list[str]) -> None:
    assert checks.check(Spec(document, Path("spec.yaml")), stock_package(document, tmp_path)).losses == losses


# --- damage ---


GET, PUT, UPLOAD = "api/things/get_thing.py", "api/things/put_thing.py", "api/things/upload_thing.py"
ROUTE = "/paths/~1things~1{thingId}~1parts~1{name}"
THING = "/components/schemas/Thing/allOf/1/properties"
DAMAGE = [
    pytest.param(
        "models/thing.py",
        r"    size: float \| str \| Unset = UNSET\n",
        "",
        f"{THING}/size: no class reads and writes 'size'",
        id="field",
    ),
    pytest.param(
        "models/thing.py",
        r"self\.size = .*?else v\n",
        "self.size = UNSET\n",
        f"{THING}/size: no class reads and writes 'size'",
        id="reading of a property",
    ),
    pytest.param(
        "models/thing.py",
        r'self\.size = (.*?d\.pop\()"size"',
        r'self.size = \1"bulk"',
        f"{THING}/size: no class reads and writes 'size'",
        id="key of a property",
    ),
    pytest.param(
        "models/thing.py",
        r"self\.size = (.*?else v\n)",
        r"self.bulk = \1",
        f"{THING}/size: no class reads and writes 'size'",
        id="field that gets a property",
    ),
    pytest.param(
        "models/thing.py",
        r"def _decode\(",
        "def _other(",
        f"{THING}/size: no class reads and writes 'size'",
        id="all of the reading",
    ),
    pytest.param(
        "models/thing.py",
        r'd\["size"\] = self\.size',
        "pass",
        f"{THING}/size: no class reads and writes 'size'",
        id="writing of a property",
    ),
    pytest.param(
        "models/thing.py",
        r'd\["size"\] = self\.size',
        'd["size"] = self.level',
        f"{THING}/size: no class reads and writes 'size'",
        id="writing of another property in its place",
    ),
    pytest.param(
        "models/thing.py",
        r'd\["id"\] = self\.id',
        "pass",
        "/components/schemas/Base/properties/id: no class reads and writes 'id'",
        id="writing of a required property",
    ),
    pytest.param(
        "models/thing.py",
        r"\n    parts: list\[Thing\]",
        "\n    parts: list[Any]",
        f"{THING}/parts/items: the type does not name Thing",
        id="type of a list's items",
    ),
    pytest.param(
        "models/thing_by_name.py",
        r"\n    additional_properties: dict\[str, Problem\]",
        "\n    additional_properties: dict[str, Any]",
        f"{THING}/by_name/additionalProperties: the type does not name Problem",
        id="type of additional properties",
    ),
    pytest.param(
        "models/thing_owner.py",
        r'd\.pop\("full-name", None\)',
        "None",
        f"{THING}/owner/properties/full-name: no class reads and writes 'full-name'",
        id="property of an object within an object",
    ),
    pytest.param(
        "models/kind.py",
        r'    SMALL = "small"\n',
        "",
        "/components/schemas/Kind: no member has the value 'small'",
        id="enum member",
    ),
    pytest.param(
        "models/thing_level.py",
        r"    VALUE_NEGATIVE_2 = -2\n",
        "",
        f"{THING}/level: no member has the value -2",
        id="negative enum member",
    ),
    pytest.param(
        "models/get_thing_name.py",
        r'    DOOR = "door"\n',
        "",
        f"{ROUTE}/get/parameters/9: no member has the value 'door'",
        id="enum member of a path parameter",
    ),
    pytest.param(
        "models/problem.py",
        r"class Problem\(",
        "class Trouble(",
        "/components/schemas/Problem: there is no class Problem",
        id="class",
    ),
    pytest.param(
        GET,
        r'    params\["page size"\] = page_size\n',
        "",
        f"{ROUTE}/get/parameters/0: the parameter page size is not sent",
        id="query parameter",
    ),
    pytest.param(
        GET,
        r'params\["kinds"\] = json_kinds',
        'params["kinds"] = []',
        f"{ROUTE}/get/parameters/2: the parameter kinds is not sent",
        id="value of a query parameter",
    ),
    pytest.param(
        GET,
        r'headers\["X-Trace"\] = x_trace',
        "pass",
        f"{ROUTE}/get/parameters/3: the parameter X-Trace is not sent",
        id="header",
    ),
    pytest.param(
        GET,
        r'headers\["X-Session"\] = x_session',
        "pass",
        f"{ROUTE}/get/parameters/4: the parameter X-Session is not sent",
        id="another header",
    ),
    pytest.param(
        GET,
        r"(def sync_detailed\([^)]*?)    foo_bar: str \| Unset = UNSET,\n",
        r"\1",
        f"{ROUTE}/get/parameters/6: the parameter foo_bar is not sent",
        id="argument of one function",
    ),
    pytest.param(
        GET,
        r"(def asyncio\([^)]*?)    name: GetThingName,\n",
        r"\1",
        f"{ROUTE}/get/parameters/9: the parameter name is not sent",
        id="path argument of one function",
    ),
    pytest.param(
        GET,
        r'"method": "get"',
        '"method": "head"',
        f"{ROUTE}/get: no module api/things/get_thing.py makes this request",
        id="method",
    ),
    pytest.param(
        GET,
        r'"url": "/things/',
        '"url": "/thing/',
        f"{ROUTE}/get: no module api/things/get_thing.py makes this request",
        id="URL",
    ),
    pytest.param(
        GET,
        r"async def asyncio_detailed\(",
        "async def asyncio_other(",
        f"{ROUTE}/get: no module api/things/get_thing.py makes this request",
        id="function of an operation",
    ),
    pytest.param(
        GET,
        r"    if response\.status_code == 404:\n.*?\n",
        "",
        f"{ROUTE}/get/responses/404: answers with this status are not told apart",
        id="response",
    ),
    pytest.param(
        GET,
        r"    if 500 <= response\.status_code <= 599:\n.*?\n",
        "",
        f"{ROUTE}/get/responses/5XX: answers with this status are not told apart",
        id="range of responses",
    ),
    pytest.param(
        GET,
        r"\n    return decoding\.parsed_error\(response, models\.Problem\._decode\)\n",
        "\n",
        f"{ROUTE}/get/responses/default: answers with this status are not told apart",
        id="default response",
    ),
    pytest.param(
        PUT,
        r'_kwargs\["json"\] = body\.to_dict\(\)',
        "pass",
        f"{ROUTE}/put/requestBody/content/application~1json: the body is not sent",
        id="JSON body",
    ),
    pytest.param(
        PUT,
        r'headers\["Content-Type"\] = "application/json"',
        "pass",
        f"{ROUTE}/put/requestBody/content/application~1json: the body is not sent",
        id="media type of a body",
    ),
    pytest.param(
        PUT,
        r"(def sync_detailed\([^)]*?)    body: Thing,\n",
        r"\1",
        f"{ROUTE}/put/requestBody/content/application~1json: the body is not sent",
        id="argument for a body",
    ),
    pytest.param(
        PUT,
        r"(def sync_detailed\([^)]*?)    body: Thing,\n",
        r"\1    body: Any,\n",
        f"{ROUTE}/put/requestBody/content/application~1json: the type does not name Thing",
        id="type of a body",
    ),
    pytest.param(
        UPLOAD,
        r'_kwargs\["files"\] = body\.to_multipart\(\)',
        "pass",
        f"{ROUTE}/post/requestBody/content/multipart~1form-data: the body is not sent",
        id="multipart body",
    ),
]


@pytest.mark.parametrize(("name", "pattern", "replacement", "loss"), DAMAGE)
def test_damage_is_named(package: Path, name: str, pattern: str, replacement: str, loss: str) -> None:
    path = package / name
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)
    assert count == 1, f"{pattern} is not in {name} any more"
    path.write_text(text, encoding="utf-8")

    assert loss in checks.check(Spec(LOSSLESS, Path("spec.yaml")), package).losses


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        (GET, f"{ROUTE}/get: no module api/things/get_thing.py makes this request"),
        ("models/problem.py", "/components/schemas/Problem: there is no class Problem"),
        ("models/kind.py", "/components/schemas/Kind: there is no class Kind"),
    ],
)
def test_a_missing_module_is_named(package: Path, name: str, loss: str) -> None:
    (package / name).unlink()

    assert loss in checks.check(Spec(LOSSLESS, Path("spec.yaml")), package).losses


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
    (package / PUT).unlink()

    assert parity.main([str(template.spec_path), str(package)]) == 1

    message = f"{template.spec_path}#{ROUTE}/put: no module api/things/put_thing.py makes this request\n"
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
