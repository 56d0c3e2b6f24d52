"""Small changes of the shop: what is done to its spec and its overlays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.scripts.diff import shop
from tests.scripts.diff.shop import INTEGER, STRING, an_object, body, operation
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
    "field of requests with a limit": lambda files: files.schema("Search")["properties"].update(
        depth={"type": "integer", "maximum": 3}
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
    "security asked for": lambda files: (
        files.spec.update(security=[{"token": []}])
        or files.spec["components"].update(securitySchemes={"token": {"type": "http", "scheme": "bearer"}})
    ),
    "version of the spec": lambda files: files.spec["info"].update(version="2.0.0"),
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
