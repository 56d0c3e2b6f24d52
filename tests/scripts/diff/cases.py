"""Small changes of the shop: what is done to its spec and its overlays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.scripts.diff import shop
from tests.scripts.diff.shop import DATE, INTEGER, STRING, an_object, body, operation
from tests.scripts.projects import answer, overlay, parameter, ref


def unshared(document: dict[str, Any]) -> dict[str, Any]:
    """A document no part of which stands in two places, so that a change of one place is one of that place only."""
    copied: dict[str, Any] = json.loads(json.dumps(document))
    return copied


@dataclass
class Files:
    """The spec and the overlays of a shop; a change works on them."""

    spec: dict[str, Any] = field(default_factory=lambda: unshared(shop.spec()))
    overlays: dict[str, dict[str, Any]] = field(default_factory=lambda: unshared(shop.overlays()))

    def schema(self, name: str) -> dict[str, Any]:
        """A schema of the spec."""
        found: dict[str, Any] = self.spec["components"]["schemas"][name]
        return found

    def operation(self, method: str, path: str = "/things") -> dict[str, Any]:
        """An operation of the spec."""
        found: dict[str, Any] = self.spec["paths"][path][method]
        return found

    def actions(self, name: str) -> list[dict[str, Any]]:
        """The actions of an overlay."""
        found: list[dict[str, Any]] = self.overlays[f"{name}.overlay.yaml"]["actions"]
        return found


Change = Callable[[Files], object]
ONE = "/things/{thingId}"
SEARCH = "/things/{thingId}/search"


def renamed(node: dict[str, Any], old: str, new: str) -> None:
    """Rename a key, and keep its place."""
    items = [(new if key == old else key, value) for key, value in node.items()]
    node.clear()
    node.update(items)


def add_overlay(files: Files, name: str, *actions: dict[str, Any]) -> None:
    """Add an overlay."""
    files.overlays[f"{name}.overlay.yaml"] = overlay(*actions, info={"title": f"The defect {name}", "version": "1.0.0"})


def on(target: str, update: Any) -> dict[str, Any]:
    """An action that updates."""
    return {"target": target, "update": update}


# --- changes that take more than a line ---


def rename_property(files: Files) -> None:
    renamed(files.schema("Owner")["properties"], "mail", "email")


def rename_schema(files: Files) -> None:
    renamed(files.spec["components"]["schemas"], "Owner", "Keeper")
    files.schema("Thing")["properties"]["owner"] = ref("Keeper")


def add_operation(files: Files) -> None:
    files.spec["paths"][ONE]["put"] = operation("replace-thing", ref("Thing"), requestBody=body("ThingCreate"))
    actions = files.actions("sdk-02-methods")
    actions[0]["x-expect-matches"] = 7
    actions.append(on("$.paths.*[?@.operationId == 'replace-thing']", {"x-sdk-method": "replace"}))


def remove_operation(files: Files) -> None:
    del files.spec["paths"][ONE]["delete"]
    actions = files.actions("sdk-02-methods")
    actions[0]["x-expect-matches"] = 5
    del actions[5]


def move_operation(files: Files) -> None:
    renamed(files.spec["paths"], SEARCH, "/things/{thingId}/parts")
    files.actions("sdk-04-idempotent")[0]["target"] = "$.paths['/things/{thingId}/parts'].post"


def other_method(files: Files) -> None:
    item = files.spec["paths"][ONE]
    item["put"] = item.pop("patch")


def parameter_renamed(files: Files) -> None:
    files.operation("get")["parameters"][3]["name"] = "query"


def fix_in_spec(files: Files) -> None:
    """The vendor mends the size, and the overlay goes."""
    files.schema("Thing")["properties"]["size"] = {"type": "number"}
    del files.overlays["fix-01-size.overlay.yaml"]


def drop_fix(files: Files) -> None:
    del files.overlays["fix-01-size.overlay.yaml"]


def new_union_member(files: Files) -> None:
    files.spec["components"]["schemas"]["Star"] = an_object(("kind",), kind=STRING, points=INTEGER)
    files.schema("Thing")["properties"]["shape"]["oneOf"].append(ref("Star"))
    mapping = files.actions("fix-02-shape")[0]["update"]["discriminator"]["mapping"]
    mapping["star"] = "#/components/schemas/Star"


def vendor_and_fix(files: Files) -> None:
    """The vendor renames a field, and we mend the type of another."""
    rename_property(files)
    add_overlay(
        files,
        "fix-03-radius",
        {"target": "$.components.schemas.Circle.properties.radius", "remove": True},
        on("$.components.schemas.Circle.properties", {"radius": {"type": "number"}}),
    )


def vendor_and_naming(files: Files) -> None:
    """The vendor adds a field, and we give another a Python name."""
    files.schema("Owner")["properties"]["phone"] = STRING
    add_overlay(files, "sdk-05-names", on("$.components.schemas.Circle", {"x-sdk-names": {"radius": "size"}}))


def all_three(files: Files) -> None:
    vendor_and_naming(files)
    files.actions("fix-01-size")[1]["update"]["size"] = {"type": "integer"}


def rename_overlay(files: Files) -> None:
    renamed(files.overlays, "fix-02-shape.overlay.yaml", "fix-09-shape.overlay.yaml")


def reword_overlay(files: Files) -> None:
    files.overlays["fix-02-shape.overlay.yaml"]["info"]["title"] = "Shapes cannot be told apart"


def four_at_once(files: Files) -> None:
    """A field of answers is renamed, an enum has one value more, a parameter is required, an overlay is dropped."""
    rename_property(files)
    files.schema("Status")["enum"].append("LOST")
    files.operation("get")["parameters"][3]["required"] = True
    drop_fix(files)


def deprecate(node: dict[str, Any]) -> None:
    node["deprecated"] = True


def scheme(files: Files) -> dict[str, Any]:
    """The one security scheme of the spec."""
    found: dict[str, Any] = files.spec["components"]["securitySchemes"]
    return found


def field_of(files: Files, schema: str, name: str) -> dict[str, Any]:
    """A property of a schema."""
    found: dict[str, Any] = files.schema(schema)["properties"][name]
    return found


def all_operations(files: Files) -> list[dict[str, Any]]:
    """All operations of the spec."""
    methods = ("get", "put", "post", "patch", "delete")
    return [item[method] for item in files.spec["paths"].values() for method in methods if method in item]


def key_too(files: Files) -> None:
    scheme(files)["key"] = {"type": "apiKey", "in": "header", "name": "X-Key"}
    files.spec["security"] = [{"token": [], "key": []}]


def key_instead(files: Files) -> None:
    key_too(files)
    files.spec["security"] = [{"token": []}, {"key": []}]


def rename_path_parameter(files: Files) -> None:
    """The same name in all paths of things."""
    for path in (ONE, SEARCH):
        renamed(files.spec["paths"], path, path.replace("{thingId}", "{id}"))
    for path in ("/things/{id}", "/things/{id}/search"):
        files.spec["paths"][path]["parameters"][0]["name"] = "id"
    files.actions("sdk-04-idempotent")[0]["target"] = "$.paths['/things/{id}/search'].post"


def respell_path_parameter(files: Files) -> None:
    """A name in one path that is the same in Python."""
    renamed(files.spec["paths"], SEARCH, "/things/{thing_id}/search")
    files.spec["paths"]["/things/{thing_id}/search"]["parameters"][0]["name"] = "thing_id"
    files.actions("sdk-04-idempotent")[0]["target"] = "$.paths['/things/{thing_id}/search'].post"


def rename_path_parameter_once(files: Files) -> None:
    renamed(files.spec["paths"], SEARCH, "/things/{whole}/search")
    files.spec["paths"]["/things/{whole}/search"]["parameters"][0]["name"] = "whole"
    files.actions("sdk-04-idempotent")[0]["target"] = "$.paths['/things/{whole}/search'].post"


def swap_ids(files: Files, *, with_names: bool) -> None:
    """Two operations swap their ids; the methods stay, unless they are found by the ids."""
    one, other = files.operation("get", ONE), files.operation("patch", ONE)
    one["operationId"], other["operationId"] = other["operationId"], one["operationId"]
    if not with_names:
        actions = files.actions("sdk-02-methods")
        actions[3]["update"], actions[4]["update"] = actions[4]["update"], actions[3]["update"]


def rotate_ids(files: Files) -> None:
    found = [files.operation(method, ONE) for method in ("get", "patch", "delete")]
    ids = [one["operationId"] for one in found]
    for one, new in zip(found, [*ids[1:], ids[0]], strict=True):
        one["operationId"] = new
    updates = [action["update"] for action in files.actions("sdk-02-methods")[3:6]]
    for action, update in zip(files.actions("sdk-02-methods")[3:6], [updates[2], *updates[:2]], strict=True):
        action["update"] = update


def base_schema(files: Files) -> None:
    """Both shapes have their kind from a schema of its own."""
    schemas = files.spec["components"]["schemas"]
    schemas["Shape"] = an_object(("kind",), kind=STRING)
    for name, side in (("Circle", "radius"), ("Square", "side")):
        schemas[name] = {"allOf": [ref("Shape"), an_object((), **{side: INTEGER})]}


def add_everywhere(files: Files, status: str) -> None:
    for one in all_operations(files):
        one["responses"][status] = answer(ref("Problem"))


def header_everywhere(files: Files) -> None:
    for one in all_operations(files):
        one.setdefault("parameters", []).append(parameter("X-Trace", "header"))


def deprecate_everywhere(files: Files) -> None:
    for one in all_operations(files):
        one["deprecated"] = True


def count_of_overlay(files: Files) -> None:
    """An operation is added that the overlay only counts."""
    files.spec["paths"]["/things/count"] = {"get": operation("count-things", INTEGER)}
    files.actions("sdk-02-methods")[0]["x-expect-matches"] = 7
    add_overlay(files, "sdk-05-count", on("$.paths['/things/count'].get", {"x-sdk-method": "count"}))


def enum_of_integers(files: Files) -> None:
    files.schema("Owner")["properties"]["level"] = {"type": "integer", "enum": [1, 2, 3]}


def own_discriminator(files: Files) -> None:
    """The vendor tells shapes apart, in another way than we do."""
    field_of(files, "Thing", "shape")["discriminator"] = {"propertyName": "type"}


def two_renames(files: Files) -> None:
    rename_property(files)
    parameter_renamed(files)


def error_removed_everywhere(files: Files) -> None:
    for one in all_operations(files):
        del one["responses"]["404"]


def required_everywhere(files: Files) -> None:
    files.schema("Thing")["required"] = list(files.schema("Thing")["properties"])


CHANGES: dict[str, Change] = {
    # the vendor: operations
    "operation added": add_operation,
    "operation removed": remove_operation,
    "operation moved": move_operation,
    "operation with another HTTP method": other_method,
    "operation deprecated": lambda files: deprecate(files.operation("delete", ONE)),
    "operation described in other words": lambda files: files.operation("get").update(description="Lists all things."),
    "operation with another id": lambda files: (
        files.operation("get", ONE).update(operationId="read-thing")
        or files.actions("sdk-02-methods")[3].update(target="$.paths.*[?@.operationId == 'read-thing']")
    ),
    "operation with another tag": lambda files: files.operation("delete", ONE).update(tags=["Waste"]),
    # the vendor: parameters
    "parameter added": lambda files: files.operation("get")["parameters"].append(parameter("color")),
    "required parameter added": lambda files: files.operation("get")["parameters"].append(
        parameter("shop", required=True)
    ),
    "parameter removed": lambda files: files.operation("get")["parameters"].pop(3),
    "parameter renamed": parameter_renamed,
    "parameter now required": lambda files: files.operation("get")["parameters"][3].update(required=True),
    "parameter of another type": lambda files: files.operation("get")["parameters"][3].update(schema=INTEGER),
    "parameter that takes more": lambda files: files.operation("get")["parameters"][2].update(schema=STRING),
    "parameter deprecated": lambda files: deprecate(files.operation("get")["parameters"][3]),
    "path parameter of another type": lambda files: files.spec["paths"][ONE]["parameters"].__setitem__(
        0, {**shop.THING_ID, "schema": STRING}
    ),
    "header added": lambda files: files.operation("delete", ONE).update(parameters=[parameter("X-Reason", "header")]),
    "parameter with a default": lambda files: files.operation("get")["parameters"][1].update(
        schema={"type": "integer", "default": 20}
    ),
    # the vendor: bodies
    "body now optional": lambda files: files.operation("patch", ONE)["requestBody"].pop("required"),
    "body of another schema": lambda files: files.operation("patch", ONE).update(requestBody=body("ThingCreate")),
    "body removed": lambda files: files.operation("post", SEARCH).pop("requestBody"),
    "body added": lambda files: files.operation("delete", ONE).update(requestBody=body("Search")),
    # the vendor: answers
    "answer of another schema": lambda files: files.operation("get", ONE)["responses"].update(
        {"200": answer(ref("Owner"))}
    ),
    "answer without content": lambda files: files.operation("patch", ONE)["responses"].update(
        {"200": {"description": "done"}}
    ),
    "answer with content": lambda files: files.operation("delete", ONE)["responses"].update(
        {"204": answer(ref("Thing"))}
    ),
    "error added": lambda files: files.operation("get", ONE)["responses"].update({"409": answer(ref("Problem"))}),
    "error removed": lambda files: files.operation("get", ONE)["responses"].pop("404"),
    # the vendor: schemas of answers
    "field added to answers": lambda files: files.schema("Owner")["properties"].update(phone=STRING),
    "required field added to answers": lambda files: (
        files.schema("Owner")["properties"].update(phone=STRING),
        files.schema("Owner")["required"].append("phone"),
    ),
    "field removed from answers": lambda files: files.schema("Owner")["properties"].pop("mail"),
    "field of answers renamed": rename_property,
    "field of answers now optional": lambda files: files.schema("Owner").pop("required"),
    "field of answers now required": lambda files: files.schema("Owner")["required"].append("mail"),
    "field of answers of another type": lambda files: files.schema("Owner")["properties"].update(mail=INTEGER),
    "field of answers now nullable": lambda files: files.schema("Owner")["properties"]["mail"].update(nullable=True),
    "field of answers not nullable any more": lambda files: files.schema("Thing")["properties"]["note"].pop("nullable"),
    "field of answers with a format": lambda files: files.schema("Owner")["properties"].update(
        mail={"type": "string", "format": "date"}
    ),
    "list of answers with other items": lambda files: files.schema("Thing")["properties"].update(
        tags={"type": "array", "items": INTEGER}
    ),
    "field deprecated": lambda files: deprecate(files.schema("Thing")["properties"]["note"]),
    "field described in other words": lambda files: files.schema("Owner")["properties"]["name"].update(
        description="The full name."
    ),
    "schema added": lambda files: files.spec["components"]["schemas"].update(Spare=an_object(text=STRING)),
    "schema renamed": rename_schema,
    "union with one member more": new_union_member,
    # the vendor: schemas of requests
    "field added to requests": lambda files: files.schema("ThingCreate")["properties"].update(color=STRING),
    "required field added to requests": lambda files: (
        files.schema("ThingCreate")["properties"].update(color=STRING),
        files.schema("ThingCreate")["required"].append("color"),
    ),
    "field removed from requests": lambda files: files.schema("ThingCreate")["properties"].pop("weight"),
    "field of requests now required": lambda files: files.schema("ThingCreate")["required"].append("weight"),
    "field of requests now optional": lambda files: files.schema("ThingCreate").pop("required"),
    "field of requests that takes more": lambda files: files.schema("ThingCreate")["properties"].update(
        weight={"type": "number"}
    ),
    "field of requests that takes less": lambda files: files.schema("ThingUpdate")["properties"]["weight"].pop(
        "nullable"
    ),
    # the vendor: enums
    "enum value added": lambda files: files.schema("Status")["enum"].append("LOST"),
    "enum value removed": lambda files: files.schema("Status")["enum"].remove("GONE"),
    "enum value renamed": lambda files: files.schema("Status")["enum"].__setitem__(1, "SOLD_OUT"),
    "enum no more": lambda files: files.schema("Status").pop("enum"),
    "enum of what was any string": lambda files: files.schema("Owner")["properties"].update(
        mail={"type": "string", "enum": ["YES", "NO"]}
    ),
    # the vendor: the API as a whole
    "server moved": lambda files: files.spec["servers"][0].update(url="https://api.shop.example.test"),
    "version of the spec": lambda files: files.spec["info"].update(version="2.0.0"),
    # never silent: who may call
    "token address moved": lambda files: scheme(files)["token"]["flows"]["clientCredentials"].update(
        tokenUrl="https://login.shop.example.test/token"
    ),
    "scheme of another type": lambda files: scheme(files).update(token={"type": "http", "scheme": "bearer"}),
    "scope added": lambda files: scheme(files)["token"]["flows"]["clientCredentials"].update(scopes={"read": "Reads."}),
    "scope needed": lambda files: files.operation("delete", ONE).update(security=[{"token": ["delete"]}]),
    "second scheme needed": key_too,
    "second scheme accepted": key_instead,
    "no security any more": lambda files: files.spec.pop("security"),
    "operation open to all": lambda files: files.operation("get").update(security=[]),
    "scheme nobody asks for": lambda files: scheme(files).update(
        key={"type": "apiKey", "in": "header", "name": "X-Key"}
    ),
    # never silent: bounds
    "array bound added": lambda files: field_of(files, "Thing", "tags").update(maxItems=9),
    "array bound of requests tightened": lambda files: field_of(files, "Search", "words").update(maxItems=3),
    "array bound of requests loosened": lambda files: field_of(files, "Search", "words").update(maxItems=9),
    "array of requests may be empty": lambda files: field_of(files, "Search", "words").pop("minItems"),
    "array of requests with unique items": lambda files: field_of(files, "Search", "words").update(uniqueItems=True),
    "array bound of a parameter": lambda files: files.operation("get")["parameters"][4]["schema"].update(maxItems=10),
    "field of requests with a lower limit": lambda files: field_of(files, "Search", "depth").update(maximum=3),
    "field of requests with a higher limit": lambda files: field_of(files, "Search", "depth").update(maximum=30),
    "field of requests with no limit": lambda files: field_of(files, "Search", "depth").pop("maximum"),
    "number of requests in steps": lambda files: field_of(files, "Search", "depth").update(multipleOf=2),
    "number of requests beyond its bound": lambda files: field_of(files, "Search", "depth").update(
        exclusiveMinimum=True
    ),
    "text of requests shorter": lambda files: field_of(files, "Search", "text").update(maxLength=20),
    "text of requests with a pattern": lambda files: field_of(files, "Search", "text").update(pattern="^[a-z]+$"),
    "items of requests with a bound": lambda files: field_of(files, "Search", "words").update(
        items={"type": "string", "minLength": 2}
    ),
    "objects of requests with a bound": lambda files: files.schema("ThingUpdate").update(minProperties=1),
    "objects of requests closed": lambda files: files.schema("ThingCreate").update(additionalProperties=False),
    # never silent: how values are written and read
    "array exploded": lambda files: files.operation("get")["parameters"][4].update(explode=True),
    "list parameter added": lambda files: files.operation("get")["parameters"].append(
        parameter("kinds", schema={"type": "array", "items": STRING}, explode=False)
    ),
    "array as JSON": lambda files: files.operation("get")["parameters"].__setitem__(
        4, parameter("ids", content={"application/json": {"schema": {"type": "array", "items": INTEGER}}})
    ),
    "parameter with reserved characters": lambda files: files.operation("get")["parameters"][3].update(
        allowReserved=True
    ),
    "header of answers added": lambda files: files.operation("get")["responses"]["200"].update(
        headers={"X-Total": {"schema": INTEGER}}
    ),
    "field of answers read only": lambda files: field_of(files, "Thing", "note").update(readOnly=True),
    "field of requests write only": lambda files: field_of(files, "ThingCreate", "weight").update(writeOnly=True),
    "field with a default": lambda files: field_of(files, "ThingCreate", "weight").update(default=1),
    "key nobody knows": lambda files: files.operation("get").update({"x-cost": 3}),
    "key nobody knows of a field": lambda files: field_of(files, "Owner", "mail").update({"x-pii": True}),
    "key nobody knows of the API": lambda files: files.spec.update({"x-stage": "beta"}),
    "link of an answer": lambda files: files.operation("post")["responses"]["200"].update(
        links={"thing": {"operationId": "get-thing"}}
    ),
    # never silent: hidden by an overlay
    "hidden change of a type": lambda files: field_of(files, "Thing", "size").update(type="integer"),
    "hidden bound": lambda files: field_of(files, "Thing", "size").update(maxLength=4),
    "hidden discriminator": own_discriminator,
    # never false
    "reference within allOf": lambda files: files.schema("Thing")["properties"].update(owner={"allOf": [ref("Owner")]}),
    "allOf of the same content": lambda files: files.spec["components"]["schemas"].update(
        Owner={"allOf": [an_object(("name",), name=STRING), an_object(mail=STRING, born=DATE)]}
    ),
    "allOf of a base": base_schema,
    "allOf with one field more": lambda files: files.spec["components"]["schemas"].update(
        Owner={"allOf": [an_object(("name",), name=STRING, mail=STRING, born=DATE), an_object(phone=STRING)]}
    ),
    "ids swapped": lambda files: swap_ids(files, with_names=False),
    "ids swapped with the names": lambda files: swap_ids(files, with_names=True),
    "ids rotated": rotate_ids,
    "path parameter renamed": rename_path_parameter,
    "path parameter renamed once": rename_path_parameter_once,
    "path parameter respelt": respell_path_parameter,
    "date of answers with a time": lambda files: field_of(files, "Owner", "born").update(format="date-time"),
    "date of requests with a time": lambda files: field_of(files, "ThingCreate", "due").update(format="date-time"),
    "time of answers without a time": lambda files: field_of(files, "Thing", "made").update(format="date"),
    "all of an answer required": required_everywhere,
    "parameter component": lambda files: (
        files.spec["components"].update(parameters={"Q": files.operation("get")["parameters"][3]})
        or files.operation("get")["parameters"].__setitem__(3, {"$ref": "#/components/parameters/Q"})
    ),
    "order of fields and parameters": lambda files: (
        files.operation("get")["parameters"].reverse(),
        files.schema("Owner").update(properties=dict(reversed(files.schema("Owner")["properties"].items()))),
    ),
    "error of a class removed": error_removed_everywhere,
    "error with another body": lambda files: files.operation("get", ONE)["responses"].update(
        {"404": answer(ref("Owner"))}
    ),
    "success with another status": lambda files: renamed(files.operation("post")["responses"], "200", "201"),
    # one line
    "error added everywhere": lambda files: add_everywhere(files, "429"),
    "header added everywhere": header_everywhere,
    "everything deprecated": deprecate_everywhere,
    "overlay that counts": count_of_overlay,
    "two renames": two_renames,
    "enum of integers": enum_of_integers,
    "contact of the API": lambda files: files.spec["info"].update(contact={"name": "Support"}),
    "open field": lambda files: files.schema("Owner")["properties"].update(mail={}),
    # our fixes
    "fix dropped": drop_fix,
    "fix dropped, since the vendor mended it": fix_in_spec,
    "fix changed": lambda files: files.actions("fix-01-size")[1]["update"].update(size={"type": "integer"}),
    "fix without the strings": lambda files: files.actions("fix-01-size")[1]["update"].update(size={"type": "number"}),
    "fix that makes a field required": lambda files: add_overlay(
        files, "fix-03-mail", on("$.components.schemas.Owner.required", ["mail"])
    ),
    "fix of a union": lambda files: files.actions("fix-02-shape")[0]["update"]["discriminator"]["mapping"].update(
        round="#/components/schemas/Circle"
    ),
    "fix under another file name": rename_overlay,
    "fix in other words": reword_overlay,
    # our names
    "method renamed": lambda files: files.actions("sdk-02-methods")[6]["update"].update({"x-sdk-method": "find"}),
    "group renamed": lambda files: files.actions("sdk-02-methods")[0]["update"].update({"x-sdk-group": "items"}),
    "entry class renamed": lambda files: files.actions("sdk-01-client")[0]["update"]["x-sdk-client"].update(
        name="Store"
    ),
    "environment variables renamed": lambda files: files.actions("sdk-01-client")[0]["update"]["x-sdk-client"].update(
        environment="STORE"
    ),
    "field with a Python name": lambda files: add_overlay(
        files, "sdk-05-names", on("$.components.schemas.Owner", {"x-sdk-names": {"mail": "address"}})
    ),
    "list without pages": lambda files: files.overlays.pop("sdk-03-pagination.overlay.yaml"),
    "search that may not be repeated": lambda files: files.overlays.pop("sdk-04-idempotent.overlay.yaml"),
    # several at once
    "vendor change and fix": vendor_and_fix,
    "vendor change and naming": vendor_and_naming,
    "vendor change, fix and naming": all_three,
    "four changes at once": four_at_once,
    "no change": lambda files: None,
}
