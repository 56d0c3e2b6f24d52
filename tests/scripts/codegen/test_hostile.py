"""A spec is not trusted: no string of it becomes code, markup or a path, wherever it stands."""

from __future__ import annotations

import ast
import builtins
import copy
import importlib
import pkgutil
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from scripts import docs
from scripts.codegen.checks.importing import imported
from scripts.pages import overlay_catalogue
from tests.scripts.projects import (
    EVIDENCE,
    Project,
    answer,
    files,
    json_content,
    operation,
    parameter,
    project,
    ref,
    run_generate,
    spec,
)

RUN = "import builtins; builtins.hostile_code_ran = True"
STRINGS = {
    "end of a docstring": f'"""\n{RUN}\n"""',
    "end of a docstring in other quotes": f"'''\n{RUN}\n'''",
    "end of a string": f'"\n{RUN}\n#',
    "expression in a string": f'" + str(exec("{RUN}")) + "',
    "last quote": 'ends with "',
    "last quotes": 'ends with ""',
    "last backslash": "ends with \\",
    "escaped quotes": f'\\"""\n{RUN}\n\\"""',
    "escapes": "\\N{BULLET} \\U00110000 \\x \\u12 \\777",
    "template": "{{ ''.__class__.__mro__ }} {% include '/etc/passwd' %} {# #}",
    "format": "{0.__class__} {thing_id.__class__} %s %(x)s ${x}",
    "control characters": "a\tb\rc\x07d\x1b[2Je\x7ff\x85g",
    "line separators": f"a\u2028{RUN}\u2029b\x0b{RUN}\x0c",
    "direction marks": "a\u202e}\u2066 if is_admin\u2069 b\u200f\ufeff",
    "path": "../../../outside/of/it",
    "absolute path": "/tmp/outside",  # noqa: S108
    "mark of the pipeline": "[[schema:0]] [[schema:99]]",
    "comment": f"# noqa\n{RUN} # type: ignore",
    "markup": "</td></tr></table><script>alert(1)</script> [x](javascript:alert(1)) ![y](//z) `` ` | \\| <!-- ** _a_",
    "long": "x" * 3000,
    "long words with escapes": '\\"' * 400,
}
BAD = "".join(STRINGS[name] for name in STRINGS if not name.startswith("long"))
"""All of them in one."""


def complete(text: str = "text") -> dict[str, Any]:
    """A spec that has something everywhere, and a text wherever prose stands."""
    thing = {
        "type": "object",
        "description": text,
        "example": text,
        "required": ["id"],
        "properties": {
            "id": {"type": "integer", "description": text, "example": text},
            "word": {"type": "string", "default": text, "description": text, "example": text},
            "kind": {"type": "string", "enum": ["big", "small"], "description": text},
            "only": {"type": "string", "enum": ["one"], "default": "one", "description": text},
            "either": {
                "oneOf": [ref("First"), ref("Second")],
                "description": text,
                "discriminator": {
                    "propertyName": "type",
                    "mapping": {"first": "#/components/schemas/First", "second": "#/components/schemas/Second"},
                },
            },
        },
        "x-sdk-names": {"word": "the_word"},
    }
    evidence: Any = {**EVIDENCE, "route": "guessed", "source": text, "note": text}
    get = operation(
        tags=["Things"],
        summary=text,
        description=text,
        parameters=[
            parameter("thingId", "path", description=text),
            parameter("page", description=text, example=text),
            parameter("kind", description=text, schema={"type": "string", "default": text, "description": text}),
            parameter("X-Trace", "header", description=text, example=text),
        ],
        responses={
            "200": {"description": text, "content": json_content(ref("Thing"))},
            "404": answer({"type": "object", "description": text, "properties": {"message": {"type": "string"}}}),
        },
        **{"x-evidence": evidence, "x-sdk-group": "things", "x-sdk-method": "get"},
    )
    put = operation(
        "put-thing",
        requestBody={"required": True, "description": text, "content": json_content(ref("Thing"))},
        **{"x-sdk-group": "things", "x-sdk-method": "replace"},
    )
    member = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}, "description": text}
    return spec(
        {"/things/{thingId}": {"description": text, "summary": text, "get": get}, "/things": {"put": put}},
        {"Thing": thing, "First": member, "Second": copy.deepcopy(member)},
        info={"title": text, "version": text, "description": text},
        tags=[{"name": "Things", "description": text}],
        **{"x-sdk-client": {"name": "Mini", "auth": "oauth", "environment": "MINI", "deprecated": text}},
    )


def at(node: Any, *keys: str | int) -> Any:
    """The node that keys lead to."""
    for key in keys:
        node = node[key]
    return node


@pytest.fixture(autouse=True)
def _nothing_runs() -> Iterator[None]:
    yield
    ran = builtins.__dict__.pop("hostile_code_ran", False)
    assert not ran, "a string of the spec was run"


def check_package(made: Project) -> None:
    """Every module is plain to see, compiles and can be imported and used; nothing else was written."""
    for name, content in files(made.generated).items():
        assert not set(name) & set("\\\n\x00"), name
        if name.endswith(".py"):
            text = content.decode()
            compile(text, name, "exec")
            shown = [char for char in text if char not in "\n\t" and unicodedata.category(char) in {"Cc", "Cf", "Zl"}]
            assert not shown, name
            assert not any("hostile_code_ran" in ast.unparse(node) for node in code_of(text)), name
    with imported(made.package) as package:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
        models = importlib.import_module(f"{package.__name__}.models")
        for name in dir(models):
            getattr(models, name)


def code_of(text: str) -> Iterator[ast.AST]:
    """The statements of a module that are no docstrings."""
    for node in ast.walk(ast.parse(text)):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.Expr | ast.Import) and not is_text:
            yield node


def generated(folder: Path, document: Mapping[str, Any]) -> str:
    """What the pipeline says against a spec; if nothing, the package is checked. It stays in its folder either way."""
    root = folder / "deep" / "inside" / "root"
    made = project(root, document)

    ran = run_generate(root)

    assert [path for path in folder.rglob("*") if path.is_file() and root not in path.parents] == []
    assert not Path("/tmp/outside").exists()  # noqa: S108
    assert {path.name for path in root.iterdir()} <= {"specs", "generated"}
    if ran.status == 0:
        check_package(made)
    else:
        assert ran.errors.startswith(str(root)), ran.errors
        assert not made.generated.exists()
    return ran.errors


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS.keys())
def test_prose_may_be_anything(tmp_path: Path, text: str) -> None:
    assert generated(tmp_path, complete(text)) == ""


def _renamed(node: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    node[new] = node.pop(old)
    return node


GET = ("paths", "/things/{thingId}", "get")
PROPERTIES = ("components", "schemas", "Thing", "properties")
# Where a string is a name or a value: every place, and how to put a string there.
PLACES: Mapping[str, Any] = {
    "path": lambda document, text: _renamed(document["paths"], "/things", f"/{text}"),
    "path beside a parameter": lambda document, text: _renamed(
        document["paths"], "/things/{thingId}", f"/things/{{thingId}}/{text}"
    ),
    "path parameter": lambda document, text: (
        at(document, *GET, "parameters", 0).update(name=text),
        _renamed(document["paths"], "/things/{thingId}", f"/things/{{{text}}}"),
    ),
    "query parameter": lambda document, text: at(document, *GET, "parameters", 1).update(name=text),
    "header": lambda document, text: at(document, *GET, "parameters", 3).update(name=text),
    "operationId": lambda document, text: at(document, *GET).update(operationId=text),
    "tag": lambda document, text: at(document, *GET).update(tags=[text]),
    "group": lambda document, text: at(document, *GET).update({"x-sdk-group": text}),
    "method": lambda document, text: at(document, *GET).update({"x-sdk-method": text}),
    "group with a line break": lambda document, text: at(document, *GET).update({"x-sdk-group": f"things\n{text}"[:7]}),
    "method with a line break": lambda document, text: at(document, *GET).update({"x-sdk-method": f"get\n{text}"[:4]}),
    "entry class": lambda document, text: document["x-sdk-client"].update(name=text),
    "entry class with a line break": lambda document, text: document["x-sdk-client"].update(name=f"Mini\n{text}"[:5]),
    "environment": lambda document, text: document["x-sdk-client"].update(environment=text),
    "rate": lambda document, text: document["x-sdk-client"].update(rates={text: 1}),
    "server": lambda document, text: document["servers"][0].update(url=f"https://example.test/{text}"),
    "media type of a body": lambda document, text: _renamed(
        at(document, "paths", "/things", "put", "requestBody", "content"), "application/json", text
    ),
    "media type of a response": lambda document, text: _renamed(
        at(document, *GET, "responses", "200", "content"), "application/json", text
    ),
    "status": lambda document, text: _renamed(at(document, *GET, "responses"), "404", text),
    "schema": lambda document, text: document["components"]["schemas"].update(
        {text: {"type": "object", "properties": {"a": {"type": "string"}}}}
    ),
    "title": lambda document, text: at(document, "components", "schemas", "Thing").update(title=text),
    "property": lambda document, text: at(document, *PROPERTIES).update({text: {"type": "string"}}),
    "property that is an object": lambda document, text: at(document, *PROPERTIES).update(
        {text: {"type": "object", "properties": {"a": {"type": "string"}}}}
    ),
    "required property": lambda document, text: (
        at(document, *PROPERTIES).update({text: {"type": "string"}}),
        at(document, "components", "schemas", "Thing")["required"].append(text),
    ),
    "Python name": lambda document, text: at(document, "components", "schemas", "Thing").update(
        {"x-sdk-names": {"word": text}}
    ),
    "property with a Python name": lambda document, text: at(document, "components", "schemas", "Thing").update(
        {"x-sdk-names": {text: "a_name"}}
    ),
    "enum value": lambda document, text: at(document, *PROPERTIES, "kind", "enum").append(text),
    "only value": lambda document, text: at(document, *PROPERTIES, "only").update(enum=[text], default=text),
    "default of an enum": lambda document, text: at(document, *PROPERTIES, "kind").update(default=text),
    "format": lambda document, text: at(document, *PROPERTIES, "word").update(format=text),
    "pattern": lambda document, text: at(document, *PROPERTIES, "word").update(pattern=text),
    "type": lambda document, text: at(document, *PROPERTIES, "word").update(type=text),
    "reference": lambda document, text: at(document, *PROPERTIES).update(
        {"more": {"$ref": f"#/components/schemas/{text}"}}
    ),
    "discriminator": lambda document, text: at(document, *PROPERTIES, "either", "discriminator").update(
        propertyName=text
    ),
    "value of a discriminator": lambda document, text: _renamed(
        at(document, *PROPERTIES, "either", "discriminator", "mapping"), "first", text
    ),
    "extension": lambda document, text: document.update({f"x-{text}": text}),
    "extension of ours": lambda document, text: document.update({f"x-sdk-{text}": text}),
}


@pytest.mark.parametrize(
    "text", [BAD, STRINGS["direction marks"], "x" * 3000, "{{}}"], ids=["bad", "marks", "long", "braces"]
)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_names_and_values_never_become_code(tmp_path: Path, place: Any, text: str) -> None:
    document = complete()
    place(document, text)

    generated(tmp_path, document)  # refused with the place, or harmless


@pytest.mark.parametrize(
    "text", ["é", "名前", "😀", 'a "quoted" \\ name', "a\u202eb", "tab\there", "{{ x }}", "{0}", "#", "'"]
)
def test_a_name_that_is_odd_is_the_same_on_the_wire(tmp_path: Path, text: str) -> None:
    document = complete()
    PLACES["property"](document, text)
    PLACES["query parameter"](document, text)

    assert generated(tmp_path, document) == ""  # the parity check has sent and read it


# --- pages ---


def pages(root: Path, text: str) -> dict[str, str]:
    """The generated pages of a project that has a text wherever one can stand on a page."""
    document = complete(text)
    # YAML has no longer keys than 1,024 characters.
    document["paths"] = {f"/things/{{thingId}}/{text[:500]}": document["paths"]["/things/{thingId}"]}
    made = project(root, document)
    made.write_overlay(
        "fix-1",
        {"target": "$.info", "update": {"x-fixed": True}},
        info={"title": text, "version": "1", "description": text},
        **{"x-defect": {"id": text, "kind": text, "evidence": text}},
    )
    made.write("overlays/README.md", f"{overlay_catalogue.START}\n{overlay_catalogue.END}\n")
    (root / "tests" / "overlays").mkdir(parents=True)
    for page in docs.PAGES:
        assert docs.main(["--root", str(root), page]) == 0
    return {page: (root / page).read_text(encoding="utf-8") for page in docs.PAGES}


def structure(page: str) -> list[str]:
    """The markup of a page, without its texts."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(page)
    found = [inner for token in tokens for inner in (token, *(token.children or ()))]
    texts = {"text", "code_inline", "text_special"}
    return [
        f"{token.type} {token.content if 'html' in token.type else ''}" for token in found if token.type not in texts
    ]


@pytest.mark.parametrize("text", STRINGS.values(), ids=STRINGS.keys())
def test_no_text_is_markup_on_a_page(tmp_path: Path, text: str) -> None:
    plain = pages(tmp_path / "plain", "text")

    for name, page in pages(tmp_path / "hostile", text).items():
        assert all(char.isprintable() or char == "\n" for char in page), name
        assert structure(page) == structure(plain[name]), name
