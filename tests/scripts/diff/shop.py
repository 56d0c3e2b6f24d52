"""A small API with something of everything that can change, for tests of the diff: a shop of things."""

from __future__ import annotations

from typing import Any

from tests.scripts.projects import EVIDENCE, answer, json_content, overlay, parameter, ref

THING_ID: dict[str, Any] = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "integer"}}
STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
DATE: dict[str, Any] = {"type": "string", "format": "date"}
TOKENS = "https://shop.example.test/oauth/token"


def operation(operation_id: str, response: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """An operation that answers with JSON, or with nothing."""
    done = {"204": {"description": "done"}} if response is None else {"200": answer(response)}
    return {
        "tags": ["Thing"],
        "operationId": operation_id,
        "summary": "Do something",
        "description": "Does something with things.",
        "x-evidence": EVIDENCE,
        "responses": {**done, "404": answer(ref("Problem"))},
        **members,
    }


def body(name: str) -> dict[str, Any]:
    """A request body that has to be there."""
    return {"required": True, "content": json_content(ref(name))}


def an_object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", **({"required": list(required)} if required else {}), "properties": properties}


def spec() -> dict[str, Any]:
    """What the vendor says: the size of a thing is a string, and nothing tells shapes apart."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop API", "version": "1.0.0", "description": "Sells things."},
        "servers": [{"url": "https://shop.example.test"}],
        "security": [{"token": []}],
        "tags": [{"name": "Thing", "description": "What the shop sells."}],
        "paths": {
            "/things": {
                "get": operation(
                    "list-things",
                    {"type": "array", "items": ref("Thing")},
                    parameters=[
                        parameter("page", schema=INTEGER),
                        parameter("perPage", schema=INTEGER),
                        parameter("status", schema=ref("Status")),
                        parameter("q", description="What to look for."),
                        parameter("ids", schema={"type": "array", "items": INTEGER, "maxItems": 50}, explode=False),
                    ],
                ),
                "post": operation("create-thing", ref("Thing"), requestBody=body("ThingCreate")),
            },
            "/things/{thingId}": {
                "parameters": [THING_ID],
                "get": operation("get-thing", ref("Thing")),
                "patch": operation("update-thing", ref("Thing"), requestBody=body("ThingUpdate")),
                "delete": operation("delete-thing"),
            },
            "/things/{thingId}/search": {
                "parameters": [THING_ID],
                "post": operation("search-parts", {"type": "array", "items": STRING}, requestBody=body("Search")),
            },
        },
        "components": {
            "schemas": {
                "Thing": an_object(
                    ("id", "name"),
                    id=INTEGER,
                    name=STRING,
                    status=ref("Status"),
                    size=STRING,
                    made={"type": "string", "format": "date-time"},
                    owner=ref("Owner"),
                    tags={"type": "array", "items": STRING},
                    note={"type": "string", "nullable": True},
                    shape={"oneOf": [ref("Circle"), ref("Square")]},
                ),
                "Owner": an_object(("name",), name=STRING, mail=STRING, born=DATE),
                "Circle": an_object(("kind",), kind=STRING, radius=INTEGER),
                "Square": an_object(("kind",), kind=STRING, side=INTEGER),
                "ThingCreate": an_object(("name",), name=STRING, status=ref("Status"), weight=INTEGER, due=DATE),
                "ThingUpdate": an_object(name=STRING, weight={"type": "integer", "nullable": True}),
                "Search": an_object(
                    ("text",),
                    text={"type": "string", "maxLength": 100},
                    depth={"type": "integer", "minimum": 1, "maximum": 10},
                    words={"type": "array", "items": STRING, "minItems": 1, "maxItems": 5},
                ),
                "Status": {"type": "string", "enum": ["NEW", "SOLD", "GONE"]},
                "Problem": an_object(("message",), message=STRING, code=INTEGER),
            },
            "securitySchemes": {
                "token": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": TOKENS, "scopes": {}}}}
            },
        },
    }


def _action(target: str, update: Any = None, *, remove: bool = False, copy: str | None = None) -> dict[str, Any]:
    what = {"remove": True} if remove else {"copy": copy} if copy else {"update": update}
    return {"target": target, "x-expect-matches": 1, **what}


def _methods(**names: str) -> list[dict[str, Any]]:
    return [
        _action(f"$.paths.*[?@.operationId == '{operation_id.replace('_', '-')}']", {"x-sdk-method": name})
        for operation_id, name in names.items()
    ]


SIZE = "$.components.schemas.Thing.properties.size"
SIZE_ON_THE_WIRE = {"oneOf": [{"type": "number"}, {"type": "string"}], "x-sdk-type": "number"}
SHAPE = "$.components.schemas.Thing.properties.shape"
MAPPING = {"circle": "#/components/schemas/Circle", "square": "#/components/schemas/Square"}


def overlays() -> dict[str, dict[str, Any]]:
    """What is wrong in the spec, and how the client names things, by file name."""
    return {
        "fix-01-size.overlay.yaml": overlay(
            _action(SIZE, remove=True),
            _action("$.components.schemas.Thing.properties", {"size": SIZE_ON_THE_WIRE}),
            info={"title": "A size is a number", "version": "1.0.0", "description": "Makes it a number."},
        ),
        "fix-02-shape.overlay.yaml": overlay(
            _action(SHAPE, {"discriminator": {"propertyName": "kind", "mapping": MAPPING}}),
            info={"title": "Nothing tells shapes apart", "version": "1.0.0"},
        ),
        "sdk-01-client.overlay.yaml": overlay(
            _action("$", {"x-sdk-client": {"name": "Shop", "auth": "oauth", "environment": "SHOP"}}),
            info={"title": "The client has no name", "version": "1.0.0"},
        ),
        "sdk-02-methods.overlay.yaml": overlay(
            {"target": "$.paths.*[?@.operationId]", "x-expect-matches": 6, "update": {"x-sdk-group": "things"}},
            *_methods(
                list_things="list",
                create_thing="create",
                get_thing="get",
                update_thing="update",
                delete_thing="delete",
                search_parts="search",
            ),
            info={"title": "Operations are no methods", "version": "1.0.0"},
        ),
        "sdk-03-pagination.overlay.yaml": overlay(
            _action(
                "$.paths['/things'].get",
                {"x-sdk-pagination": {"in": "query", "page": "page", "size": "perPage"}},
            ),
            info={"title": "Nothing says that a list has pages", "version": "1.0.0"},
        ),
        "sdk-04-idempotent.overlay.yaml": overlay(
            _action("$.paths['/things/{thingId}/search'].post", {"x-sdk-idempotent": True}),
            info={"title": "A search only reads", "version": "1.0.0"},
        ),
    }
