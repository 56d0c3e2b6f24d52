"""Effective specs: every overlay in its turn, strictly, and nothing that is not a valid OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import build_specs
from scripts.specs import documents, overlays
from scripts.specs.effective import build, load, validate
from scripts.specs.errors import CollectedError, DocumentError, InputError
from scripts.specs.overlays import OverlayError
from scripts.specs.project import ROOT, Api, find_apis
from scripts.specs.spec import Pointer, Spec, SpecError
from tests.scripts.projects import (
    API,
    EVIDENCE,
    Project,
    answer,
    files,
    operation,
    parameter,
    project,
    ref,
    schemas_spec,
    spec,
)

PATH = Path("specs/mini-api.yaml")


def api_of(made: Project) -> Api:
    """The one API of a project."""
    (found,) = find_apis(made.root)
    return found


def append(word: str) -> dict[str, Any]:
    """An action that adds a word to the list ``x-words``."""
    return {"target": "$['x-words']", "update": [word]}


@pytest.fixture
def made(tmp_path: Path) -> Project:
    """A project whose overlays leave a trace."""
    return project(tmp_path, {**spec(), "x-words": ["spec"]})


# --- finding ---


def test_every_spec_is_an_api_with_its_overlays(made: Project) -> None:
    made.write("specs/a-second-api.yaml", spec())
    made.write_overlay("fix-b", append("b"))
    made.write_overlay("fix-a", append("a"))

    second, mini = find_apis(made.root)

    assert (second.name, second.package, second.overlays) == ("a-second-api", "a_second_api", ())
    assert (mini.name, mini.package, mini.spec) == (API, "mini_api", made.spec_path)
    assert [path.name for path in mini.overlays] == ["fix-a.overlay.yaml", "fix-b.overlay.yaml"]


def test_other_files_may_stand_beside_the_folders_of_overlays(made: Project) -> None:
    made.write("overlays/README.md", "# Overlays\n")
    made.write("specs/README.md", "# Specs\n")

    assert [api.name for api in find_apis(made.root)] == [API]


def test_the_apis_of_this_project_are_found() -> None:
    assert [api.name for api in find_apis()] == ["convert-v1", "kameleoon"]
    assert all(api.overlays for api in find_apis(ROOT))


# --- building ---


def test_overlays_apply_in_the_order_of_their_names_each_to_the_result_of_the_one_before(made: Project) -> None:
    made.write_overlay("fix-2", append("second"))
    made.write_overlay("sdk-1", {"target": "$['x-words'][?@ == 'second']", "update": "third"})
    made.write_overlay("fix-10", append("first"))

    assert build(api_of(made))["x-words"] == ["spec", "first", "third"]


def test_an_overlay_can_be_left_out(made: Project) -> None:
    for name in ("fix-1", "fix-2", "fix-3"):
        made.write_overlay(name, append(name))

    built = build(api_of(made), without=["fix-1.overlay.yaml", "fix-3.overlay.yaml"])

    assert built["x-words"] == ["spec", "fix-2"]


def test_what_builds_on_an_overlay_that_is_left_out_fails_in_a_strict_build_only(made: Project) -> None:
    made.write_overlay("fix-1", {"target": "$", "update": {"x-more": {"a": 1}}})
    made.write_overlay("fix-2", {"target": "$['x-more']", "update": {"b": 2}}, append("kept"))
    api = api_of(made)

    with pytest.raises(
        overlays.OverlayError, match=r"fix-2.overlay.yaml:\d+: action 1 \(\$\['x-more'\]\): selects nothing"
    ):
        build(api, without=["fix-1.overlay.yaml"])

    assert build(api, without=["fix-1.overlay.yaml"], strict=False)["x-words"] == ["spec", "kept"]


def test_an_overlay_left_out_is_not_even_read(made: Project) -> None:
    made.write(f"overlays/{API}/fix-1.overlay.yaml", "not: [an overlay")
    api = api_of(made)

    assert build(api, without=["fix-1.overlay.yaml"])["x-words"] == ["spec"]
    with pytest.raises(DocumentError):
        build(api)


@pytest.mark.parametrize("extends", ["../../specs/mini-api.yaml", "https://example.test/specs/other.yaml", None])
def test_an_overlay_may_say_which_spec_it_is_made_for(made: Project, extends: str | None) -> None:
    made.write_overlay("fix-1", append("applied"), **({"extends": extends} if extends else {}))

    assert build(api_of(made))["x-words"] == ["spec", "applied"]


def test_an_overlay_made_for_another_spec_is_refused(made: Project) -> None:
    made.write_overlay("fix-1", append("applied"), extends="../../specs/other.yaml")

    with pytest.raises(overlays.OverlayError, match=r"extends \.\./\.\./specs/other\.yaml"):
        build(api_of(made))


@pytest.mark.parametrize("keep_comments", [True, False])
def test_comments_are_kept_on_demand(tmp_path: Path, keep_comments: bool) -> None:
    made = project(tmp_path, "# why it is so\nopenapi: 3.0.3\n")

    text = documents.dump(build(api_of(made), keep_comments=keep_comments))

    assert ("# why it is so" in text) is keep_comments


# --- validating ---


def thing(**properties: Any) -> dict[str, Any]:
    """A spec with one object."""
    return schemas_spec(Thing={"type": "object", "properties": properties}, Other={"type": "object"})


THING = ("components", "schemas", "Thing")
NOWHERE = {"$ref": "#/components/schemas/Nowhere"}
FAULTS = [
    pytest.param(thing(a=NOWHERE), (*THING, "properties", "a", "$ref"), id="property"),
    pytest.param(
        thing(a={"type": "array", "items": NOWHERE}), (*THING, "properties", "a", "items", "$ref"), id="items"
    ),
    pytest.param(
        thing(a={"allOf": [ref("Other"), NOWHERE]}), (*THING, "properties", "a", "allOf", "1", "$ref"), id="in a list"
    ),
    *(
        pytest.param(thing(**{name: NOWHERE}), (*THING, "properties", name, "$ref"), id=f"property called {name}")
        for name in ("default", "enum", "example", "properties", "parameters", "responses", "mapping", "$ref")
    ),
    pytest.param(
        thing(properties={"type": "object", "properties": {"a": NOWHERE}}),
        (*THING, "properties", "properties", "properties", "a", "$ref"),
        id="property of a property called properties",
    ),
    *(
        pytest.param(
            schemas_spec(**{name: {"allOf": [NOWHERE]}}), ("components", "schemas", name, "allOf", "0", "$ref")
        )
        for name in ("default", "enum", "example")
    ),
    pytest.param(
        spec({"/a": {"get": operation(responses={"default": answer(NOWHERE)})}}),
        ("paths", "/a", "get", "responses", "default", "content", "application/json", "schema", "$ref"),
        id="default response",
    ),
    pytest.param(thing(a={"$ref": "#/components/Thing"}), (*THING, "properties", "a", "$ref"), id="wrong section"),
    pytest.param(thing(a={"$ref": "#/info/title"}), (*THING, "properties", "a", "$ref"), id="no object"),
    pytest.param(
        thing(
            a={
                "oneOf": [ref("Other")],
                "discriminator": {"propertyName": "a", "mapping": {"x": "#/components/schemas/Nowhere"}},
            }
        ),
        (*THING, "properties", "a", "discriminator", "mapping", "x"),
        id="mapping",
    ),
    pytest.param(
        thing(a={"oneOf": [ref("Other")], "x-sdk-discriminator": {"presence": {"x": "#/components/schemas/Nowhere"}}}),
        (*THING, "properties", "a", "x-sdk-discriminator", "presence", "x"),
        id="presence",
    ),
    pytest.param(
        thing(
            a={
                "oneOf": [ref("Other")],
                "x-sdk-discriminator": {
                    "presence": {"x": "#/components/schemas/Other"},
                    "defaultMapping": "#/components/schemas/Nowhere",
                },
            }
        ),
        (*THING, "properties", "a", "x-sdk-discriminator", "defaultMapping"),
        id="default of a mapping",
    ),
]


@pytest.mark.parametrize(("document", "pointer"), FAULTS)
def test_a_reference_that_leads_nowhere_is_named(document: dict[str, Any], pointer: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="leads nowhere in this document") as caught:
        validate(Spec(document, PATH))

    assert caught.value.pointer == pointer
    assert str(caught.value).startswith(f"{PATH}#{documents.json_pointer(pointer)}: the reference ")


QUOTED = {"$ref": "#/nowhere", "mapping": {"x": "#/nowhere"}}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(thing(a={"type": "object", "example": QUOTED}), id="example of a schema"),
        pytest.param(thing(a={"example": [{"deep": QUOTED}]}), id="deep in an example"),
        pytest.param(
            spec(
                {
                    "/a": {
                        "get": operation(
                            responses={
                                "200": {
                                    "description": "x",
                                    "content": {"application/json": {"examples": {"one": {"value": QUOTED}}}},
                                }
                            }
                        )
                    }
                }
            ),
            id="examples of a body",
        ),
        pytest.param(thing(a={"enum": [{"mapping": {"x": "#/nowhere"}}]}), id="enum"),
        pytest.param(thing(a={"default": {"mapping": {"x": "#/nowhere"}}}), id="default"),
    ],
)
def test_what_is_quoted_is_no_reference(document: dict[str, Any]) -> None:
    validate(Spec(document, PATH))


@pytest.mark.parametrize("version", ["3.2.0", "2.0", "3.1", "", 3, 3.0, None])
def test_only_openapi_3_0_and_3_1_are_taken(version: object) -> None:
    with pytest.raises(SpecError, match=r"openapi must be 3\.0\.x or 3\.1\.x, and is ") as caught:
        validate(Spec(spec(openapi=version), PATH))

    assert caught.value.pointer == ("openapi",)


@pytest.mark.parametrize("version", ["3.0.0", "3.0.3", "3.0.4", "3.1.0", "3.1.1"])
def test_every_openapi_3_0_and_3_1_is_taken(version: str) -> None:
    validate(Spec(spec(openapi=version), PATH))


def test_a_document_of_openapi_3_1_is_valid_by_the_rules_of_3_1() -> None:
    schema = {
        "type": ["object", "null"],
        "properties": {"kind": {"const": "a"}, "level": {"type": "integer", "exclusiveMinimum": 0}},
        "$defs": {"default": {"$ref": "#/components/schemas/Other", "description": "beside a reference"}},
    }
    document = schemas_spec(Thing=schema, Other={"type": ["string", "null"], "examples": ["a", None]})

    validate(Spec({**document, "openapi": "3.1.0", "webhooks": {}}, PATH))
    with pytest.raises(InputError):
        validate(Spec(document, PATH))


GET: Pointer = ("paths", "/a", "get")
INVALID = [
    pytest.param(spec(info={"title": "x"}), ("info",), "the key 'version' is missing: add it", id="missing key"),
    pytest.param(
        spec({"things": {}}),
        ("paths", "things"),
        "the path 'things' must start with /: add it",
        id="path without a slash",
    ),
    pytest.param(
        spec({"/a": {"get": operation(), "gett": {}}}),
        ("paths", "/a", "gett"),
        "unknown key 'gett': ",
        id="misspelt method",
    ),
    pytest.param(
        spec({"/a": {"get": operation(summry="x")}}),
        (*GET, "summry"),
        "unknown key 'summry': the nearest is summary",
        id="misspelt key",
    ),
    pytest.param(
        thing(a={"type": "strnig"}),
        (*THING, "properties", "a", "type"),
        "'strnig' is not one of array, boolean, integer, number, object, string; the nearest is string",
        id="misspelt type",
    ),
    pytest.param(
        thing(a={"type": "string", "description": 1}),
        (*THING, "properties", "a", "description"),
        "must be a string, and is an integer: 1",
        id="wrong type, deep in alternatives",
    ),
    pytest.param(thing(a=[]), (*THING, "properties", "a"), "must be an object", id="list for an object"),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[{"name": "q", "in": "query", "schema": {"tpe": "string"}}])}}),
        (*GET, "parameters", "0", "schema", "tpe"),
        "unknown key 'tpe': the nearest is type",
        id="misspelt key in the schema of a parameter",
    ),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[{"name": "q", "in": "quary", "schema": {}}])}}),
        (*GET, "parameters", "0", "in"),
        "'quary' is not one of query",
        id="misspelt place of a parameter",
    ),
    pytest.param(
        spec({"/a/{b}": {"get": operation()}}),
        ("paths", "/a/{b}", "get"),
        "the path parameter {b} is not declared: add it to parameters, with in: path",
        id="path parameter that is not declared",
    ),
    pytest.param(
        spec({"/a{{}}": {"get": operation()}}),
        ("paths", "/a{{}}"),
        "a brace in a path starts or ends a parameter: write {name}, or %7B and %7D for braces",
        id="braces in a path",
    ),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[parameter("b", "path")])}}),
        (*GET, "parameters", "0"),
        "the path has no {b}: add it to the path, or delete the parameter",
        id="path parameter that is not in the path",
    ),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[parameter("b"), parameter("b", description="again")])}}),
        (*GET, "parameters", "1"),
        "duplicate parameter 'b' in query: delete one of the two",
        id="parameter twice",
    ),
    pytest.param(
        spec({"/a": {"get": operation()}, "/b": {"get": operation()}}),
        ("paths", "/b", "get", "operationId"),
        "duplicate operationId 'get-thing': GET /a has it too; rename one of the two",
        id="operationId twice",
    ),
    pytest.param(
        thing(a={"type": "integer", "default": "x"}),
        (*THING, "properties", "a", "default"),
        "the default 'x' does not fit the type integer: correct one of the two",
        id="default of another type",
    ),
    pytest.param(
        thing(a={"type": "string", "enum": ["x"], "default": "y"}),
        (*THING, "properties", "a", "default"),
        "the default 'y' does not fit one of ['x']: correct one of the two",
        id="default that is no member",
    ),
    pytest.param(
        thing(a={"enum": []}),
        (*THING, "properties", "a", "enum"),
        "must not be empty: add an entry, or delete the key",
        id="empty enum",
    ),
    pytest.param(
        spec({"/a": {"get": operation(responses={})}}),
        (*GET, "responses"),
        "must not be empty: add an entry, or delete the key",
        id="no responses",
    ),
    pytest.param(
        spec({"/a": {"get": operation(parameters=[ref("Thing")])}}, {"Thing": {}}),
        (*GET, "parameters", "0"),
        "'#/components/schemas/Thing' is not a parameter: it has no name and no in",
        id="schema for a parameter",
    ),
]


@pytest.mark.parametrize(("document", "pointer", "reason"), INVALID)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_an_invalid_spec_is_named_with_its_place_in_our_words(
    document: dict[str, Any], pointer: tuple[str, ...], reason: str, version: str
) -> None:
    if version == "3.1.0" and any(word in reason for word in ("is not one of array", "unknown key 'tpe'", "empty")):
        pytest.skip("allowed, or in other words, in OpenAPI 3.1")

    with pytest.raises(SpecError) as caught:
        validate(Spec({**document, "openapi": version}, PATH))

    assert caught.value.reason.startswith(reason)
    assert caught.value.pointer == pointer


def test_all_faults_are_reported_in_one_run() -> None:
    document = thing(a=NOWHERE, b={"type": "text"}, c={"type": "string", "default": 1})
    document["paths"]["/b"] = {"get": operation(extra=1)}

    with pytest.raises(CollectedError) as caught:
        validate(Spec(document, PATH))

    faults = [error for error in caught.value.errors if isinstance(error, SpecError)]
    assert [(error.pointer or ("",))[-1] for error in faults] == ["$ref", "extra", "type", "operationId", "default"]
    assert str(caught.value) == "\n".join(map(str, faults))


def test_a_long_chain_of_references_is_no_fault() -> None:
    links = {f"S{n}": {"type": "object", "properties": {"next": ref(f"S{(n + 1) % 1000}")}} for n in range(1000)}

    validate(Spec(schemas_spec(**links), PATH))


# --- hostile documents ---


OUTSIDE = ["file:///etc/passwd", "http://127.0.0.1:9/a.yaml", "other.yaml#/a", "//host/a", "../a.json", ""]


@pytest.mark.parametrize("reference", OUTSIDE)
@pytest.mark.parametrize(
    ("node", "pointer"),
    [
        pytest.param(lambda r: {"$ref": r}, ("$ref",), id="schema"),
        pytest.param(lambda r: {"default": {"a": [{"$ref": r}]}}, ("default", "a", "0", "$ref"), id="default"),
        pytest.param(lambda r: {"example": {"$ref": r}}, ("example", "$ref"), id="example"),
        pytest.param(lambda r: {"enum": [{"$ref": r}]}, ("enum", "0", "$ref"), id="enum"),
        pytest.param(lambda r: {"x-own": {"$ref": r}}, ("x-own", "$ref"), id="own key"),
        pytest.param(lambda r: {"$dynamicRef": r}, ("$dynamicRef",), id="dynamic"),
    ],
)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_reference_out_of_the_document_is_refused_before_anything_follows_it(
    monkeypatch: pytest.MonkeyPatch,
    reference: str,
    node: Callable[[str], dict[str, Any]],
    pointer: tuple[str, ...],
    version: str,
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a library has seen the document")

    monkeypatch.setattr("scripts.specs.faults._form", fail)
    monkeypatch.setattr("scripts.specs.faults._rest", fail)

    with pytest.raises(SpecError, match="leads out of the document: put what it leads to into this document") as caught:
        validate(Spec({**thing(a=node(reference)), "openapi": version}, PATH))

    assert caught.value.pointer == (*THING, "properties", "a", *pointer)


def test_a_base_for_references_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\$id 'http://a.test/' changes where references lead: delete it"):
        validate(Spec({**thing(a={"$id": "http://a.test/"}), "openapi": "3.1.0"}, PATH))


# --- places ---


SOURCE = """\
openapi: 3.0.3
info: {title: Mini API, version: 1.0.0}
servers: [{url: https://example.test/api}]
paths:
  /things:
    get:
      operationId: get-things
      tags: [Things]
      parameters:
        - {name: a, in: query, schema: {type: string}}
        - {name: b, in: query, schema: {type: nothing}}
      responses: {'204': {description: done}}
components:
  schemas:
    Thing:
      type: object
      properties:
        one: {type: string}
"""


def test_a_fault_is_named_where_a_maintainer_edits_it(tmp_path: Path) -> None:
    made = project(tmp_path, SOURCE)
    made.write(
        f"overlays/{API}/fix-1.overlay.yaml",
        "overlay: 1.1.0\ninfo: {title: A defect, version: 1.0.0}\nactions:\n"
        "  - target: $.paths['/things'].get.parameters[0]\n    remove: true\n"
        "  - target: $.components.schemas.Thing.properties\n"
        "    update:\n      two:\n        type: nothing\n"
        "  - target: $.components.schemas.Thing.properties\n    copy: $.components.schemas.Thing.properties.two\n"
        "  - target: $.components.schemas.Thing.properties.one.type\n    update: text\n",
    )

    with pytest.raises(CollectedError) as caught:
        load(api_of(made))

    overlay = made.root / f"overlays/{API}/fix-1.overlay.yaml"
    effective = "(in the effective spec: /components/schemas/Thing/properties"
    places = [str(error) for error in caught.value.errors]
    types = "is not one of array, boolean, integer, number, object, string"
    assert sorted(places) == sorted(
        [
            f"{made.spec_path}:11#/paths/~1things/get/parameters/1/schema/type: 'nothing' {types}; the nearest is "
            "string (in the effective spec: /paths/~1things/get/parameters/0/schema/type)",
            f"{overlay}:9#/actions/1/update/two/type: 'nothing' {types}; the nearest is string {effective}/two/type)",
            f"{overlay}:11#/actions/2/copy: must be an object, and is a string: 'nothing' {effective}/type)",
            f"{overlay}:13#/actions/3/update: 'text' {types} {effective}/one/type)",
        ]
    )


def test_everything_wrong_with_overlays_and_the_spec_is_said_in_one_run(made: Project) -> None:
    made.write(f"specs/{API}.yaml", {**thing(a=NOWHERE), "x-words": ["spec"]})
    made.write_overlay("fix-1", {**append("a"), "x-expect-matches": 2})
    made.write_overlay("fix-2", {"target": "$.info", "update": {}})

    with pytest.raises(CollectedError) as caught:
        load(api_of(made))

    assert [type(error).__name__ for error in caught.value.errors] == ["OverlayError", "OverlayError", "SpecError"]


def test_a_spec_to_which_an_overlay_does_not_apply_is_not_judged(made: Project) -> None:
    made.write(f"specs/{API}.yaml", {**thing(a=NOWHERE), "x-words": ["spec"]})
    made.write_overlay("fix-1", {"target": "$.components.schemas.Thnig.properties.a", "remove": True})

    with pytest.raises(OverlayError, match="there is no 'Thnig' at /components/schemas, and the nearest key is"):
        load(api_of(made))


# --- rules of a project ---


def ruled(made: Project, **rules: bool) -> Project:
    """A project with some rules on."""
    lines = [f"{key} = {str(value).lower()}\n" for key, value in rules.items()]
    made.write("pyproject.toml", f"[tool.abwire.rules]\n{''.join(lines)}")
    return made


UNCERTAIN = {**EVIDENCE, "route": "guessed"}


@pytest.mark.parametrize(
    ("rule", "members", "pointer", "reason"),
    [
        ("evidence", {"x-evidence": None}, GET, "the operation needs x-evidence, which says what it rests on: add x-"),
        ("evidence", {"x-evidence": UNCERTAIN}, (*GET, "x-evidence"), "x-evidence needs a note: say what is uncertain"),
        ("prose", {"summary": ""}, GET, "the operation needs summary: add it"),
        ("prose", {"description": ""}, GET, "the operation needs description: add it"),
        ("prose", {"operationId": ""}, GET, "the operation needs operationId: add it"),
    ],
)
def test_a_rule_holds_where_it_is_on(
    tmp_path: Path, rule: str, members: dict[str, Any], pointer: tuple[str, ...], reason: str
) -> None:
    get = {key: value for key, value in operation(**members).items() if value is not None}
    made = project(tmp_path, spec({"/a": {"get": get}}))

    load(api_of(made))
    load(api_of(ruled(made, **{rule: False})))
    with pytest.raises(SpecError) as caught:
        load(api_of(ruled(made, **{rule: True})))

    assert caught.value.reason.startswith(reason)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("defect", [{"x-defect": {"id": "a", "kind": "b"}}, {"x-defect": 1}])
def test_an_overlay_says_which_defect_it_fixes_where_that_is_a_rule(made: Project, defect: dict[str, Any]) -> None:
    made.write_overlay("fix-1", append("a"), **defect)

    load(api_of(made))
    with pytest.raises(OverlayError, match=r"x-defect needs .*evidence: say which defect the overlay fixes"):
        load(api_of(ruled(made, defect=True)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[tool.abwire.rules]\nevidance = true\n", "has evidance = True: write true or false for"),
        ("[tool.abwire.rules]\nevidence = 1\n", "has evidence = 1: write true or false for"),
        ("[tool\n", "cannot be read: "),
    ],
)
def test_unknown_rules_are_refused(made: Project, text: str, reason: str) -> None:
    made.write("pyproject.toml", text)

    with pytest.raises(DocumentError, match=reason):
        build(api_of(made))


def test_validating_changes_nothing() -> None:
    document = thing(a=ref("Other"))

    validate(Spec(document, PATH))

    assert document == thing(a=ref("Other"))


# --- resolving ---


DOCUMENT: dict[str, Any] = {
    "a": {"b/c": {"d~e": {"found": True}}},
    "one": {"$ref": "#/two"},
    "two": {"$ref": "#/a/b~1c/d~0e"},
    "circle": {"$ref": "#/circle"},
    "list": [{"found": True}],
    "text": "x",
}


def test_references_are_followed_to_their_end() -> None:
    assert Spec(DOCUMENT, PATH).resolve({"$ref": "#/one"}) == {"found": True}
    assert Spec(DOCUMENT, PATH).resolve({"no": "reference"}) == {"no": "reference"}


@pytest.mark.parametrize("reference", ["#/nowhere", "#/circle", "#/text", "#/text/x", "#/list", "#/list/0", "a", "", 1])
def test_a_reference_must_lead_to_an_object(reference: object) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        Spec(DOCUMENT, PATH).resolve({"$ref": reference})


# --- command line ---


def test_the_command_writes_the_effective_specs(
    made: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.write_overlay("fix-1", append("applied"))
    output = tmp_path / "out"

    assert build_specs.main(["--root", str(made.root), "--output", str(output)]) == 0

    assert set(files(output)) == {"mini-api.yaml"}
    assert yaml.safe_load((output / "mini-api.yaml").read_text(encoding="utf-8"))["x-words"] == ["spec", "applied"]
    assert capsys.readouterr().out == "mini-api: 1 overlays apply, the effective spec is valid\n"


def test_without_an_output_the_command_only_checks(made: Project) -> None:
    before = files(made.root)

    assert build_specs.main(["--root", str(made.root)]) == 0

    assert files(made.root) == before


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("specs/zzz.yaml", "broken: [", id="broken YAML"),
        pytest.param("specs/zzz.yaml", spec(openapi="3.2.0"), id="OpenAPI 3.2"),
        pytest.param(f"overlays/{API}/fix-2.overlay.yaml", {"overlay": "1.1.0"}, id="invalid overlay"),
        pytest.param(f"overlays/{API}/notes.txt", "x", id="file that is no overlay"),
    ],
)
def test_the_command_names_the_file_and_writes_nothing(
    made: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, content: str | dict[str, Any]
) -> None:
    written = made.write(path, content)
    output = tmp_path / "out"

    assert build_specs.main(["--root", str(made.root), "--output", str(output)]) == 1

    assert capsys.readouterr().err.startswith(str(written))
    assert not output.exists()


def test_the_command_refuses_unknown_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_specs.main(["--nonsense"])

    assert caught.value.code == 2
    assert "--nonsense" in capsys.readouterr().err
