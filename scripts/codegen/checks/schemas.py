"""Proof that models hold what schemas describe: samples go through ``from_dict`` and ``to_dict``."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping
from enum import Enum, EnumType
from types import ModuleType
from typing import Any

from openapi_python_client.strings import ClassName

from scripts.codegen.checks.ledger import Parity
from scripts.codegen.checks.samples import Property, Sample, Samples, Schema
from scripts.codegen.checks.values import Annotations, admits, is_same, likeness, members, plain
from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.spec import Pointer, Spec

_EXTRA = "a name of no property"
_FORMATS = {"date-time": datetime.datetime, "date": datetime.date, "uuid": uuid.UUID}


class SchemaChecker:
    """Checks the models of one package against the schemas of its spec.

    Args:
        spec: the effective spec.
        models: the module of the models.
        samples: the samples to use.
        parity: where to record.
    """

    def __init__(self, spec: Spec, models: ModuleType, samples: Samples, parity: Parity) -> None:
        self._spec = spec
        self._models = models
        self._samples = samples
        self._parity = parity
        self._annotations = Annotations(models)
        self._seen: set[tuple[int, type]] = set()

    def check_components(self) -> None:
        """Check every component schema that has a class."""
        for name, node in self._spec.schemas.items():
            pointer, schema = self._samples.located(node, ("components", "schemas", name))
            class_name = self.class_name(name)
            if class_name is None:
                continue
            found = getattr(self._models, class_name, None)
            is_whole = isinstance(found, type)
            loss = None if is_whole else f"there is no class {class_name}"
            self._parity.record("classes", ("components", "schemas", name), loss)
            if isinstance(found, EnumType):
                for value in schema.get("enum", ()):
                    self._record_member(value, [member.value for member in found], pointer)
            elif isinstance(found, type):
                self.check_object(schema, found, pointer)

    def class_name(self, component: str | None) -> str | None:
        """Return the name of the class of a component schema; None if it has none."""
        node = self._spec.schemas.get(component or "")
        if node is None or not self._has_class(self._spec.resolve(node)):
            return None
        return str(ClassName(node.get("title") or component, FIELD_PREFIX))

    def check_value(self, sample: Sample, value: Any, annotation: Any = Any) -> str | None:
        """Check a value that was made of a sample, and what is in it.

        Args:
            sample: the sample.
            value: what the package made of it.
            annotation: what the package declares for it; Any if nothing is declared.

        Returns:
            What is wrong with the value itself; None if it is right.
        """
        if sample.value is None:
            return None if value is None else "null is not read as None"
        enum = sample.schema.get("enum", ())
        if enum and not isinstance(sample.value, bool):
            known = [item.value for item in type(value)] if isinstance(value, Enum) else list(members(annotation))
            if not self._record_member(sample.value, known, sample.pointer):
                return None
        if not is_same(plain(value), sample.value):
            return "another value comes out than went in"
        class_name = self.class_name(sample.component)
        if class_name is not None and not enum and type(value).__name__ != class_name:
            return f"the type does not name {class_name}"
        expected = _FORMATS.get(sample.schema.get("format", "")) if sample.schema.get("type") == "string" else None
        if expected is not None and "x-sdk-type" not in sample.schema and not isinstance(value, expected):
            return f"the value is not read as a {expected.__name__}"
        if sample.item is not None:
            return self.check_value(sample.item, value[0], annotation)
        if hasattr(value, "to_dict"):
            self.check_object(sample.schema, type(value), sample.pointer)
        elif self._samples.properties(sample.schema) and self._samples.is_object(sample.schema):
            return "an object with properties is not read as a model"
        if annotation is not Any and not admits(annotation, value):
            return f"the type does not name {type(value).__name__}"
        return None

    # --- objects ---

    def check_object(self, schema: Schema, kind: type, pointer: Pointer) -> None:
        """Check that a class reads, holds and writes every property of an object schema."""
        if (id(schema), kind) in self._seen:
            return
        self._seen.add((id(schema), kind))
        properties = self._samples.properties(schema, pointer)
        names = self._samples.names(schema)
        base = self._samples.minimal(schema)
        declared = self._annotations.of(kind)
        for name, prop in properties.items():
            for loss in self._losses(kind, base, name, prop, declared, names.get(name)):
                self._parity.record("properties", prop.pointer, loss)
        additional = schema.get("additionalProperties")
        if isinstance(additional, Mapping) and additional:
            self._check_additional(kind, base, additional, declared, pointer)
        full = self._samples.full({**schema})
        loss = _construction_loss(kind, full)
        self._parity.record("classes", pointer, loss and f"{kind.__name__} cannot be made by its arguments: {loss}")

    def _losses(
        self,
        kind: Any,
        base: Mapping[str, Any],
        name: str,
        prop: Property,
        declared: Mapping[str, Any],
        wanted: str | None,
    ) -> Iterator[str | None]:
        """What is wrong with a property, for each of its samples; None for what is right."""
        lost = f"no class reads and writes {name!r}"
        for sample in self._samples.of(prop.schema, prop.pointer):
            instance = {**base, **sample.beside, name: sample.value}
            try:
                model = kind.from_dict(instance)
                written = plain(model)
                without = None if name in base else kind.from_dict({**base, **sample.beside})
            except Exception as error:  # noqa: BLE001 - whatever it is, the property does not go through
                yield f"{lost} ({type(error).__name__}: {error})"
                continue
            if not is_same(written, instance):
                yield lost
                continue
            owners = [
                owner
                for owner in declared
                if owner != "additional_properties" and _holds(model, owner, sample.value, without)
            ]
            if wanted is not None and wanted not in owners:
                yield f"{lost} as {wanted}"
            elif not owners:
                yield lost
            else:
                owner = wanted or min(owners, key=lambda owner: likeness(owner, name))
                yield self.check_value(sample, getattr(model, owner), declared[owner])

    def _check_additional(
        self, kind: Any, base: Mapping[str, Any], additional: Schema, declared: Mapping[str, Any], pointer: Pointer
    ) -> None:
        place = (*pointer, "additionalProperties")
        for sample in self._samples.of(additional, place):
            try:
                model = kind.from_dict({**base, _EXTRA: sample.value})
                is_whole = is_same(plain(model), {**base, _EXTRA: sample.value})
                value = model[_EXTRA]
            except Exception as error:  # noqa: BLE001
                loss: str | None = f"properties of any name are not read and written ({type(error).__name__}: {error})"
            else:
                annotation = declared.get("additional_properties", Any)
                lost = "properties of any name are not read and written"
                loss = self.check_value(sample, value, annotation) if is_whole else lost
            self._parity.record("properties", place, loss)

    # --- enums and classes ---

    def _record_member(self, value: Any, known: list[Any], pointer: Pointer) -> bool:
        if value is None or isinstance(value, bool):
            return True
        loss = None if value in known else f"no member has the value {value!r}"
        return self._parity.record("enum values", pointer, loss, value)

    def _has_class(self, schema: Schema) -> bool:
        """Whether a component schema has a class of its name, or loses properties because it has none."""
        alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        inner = [*schema.get("allOf", ()), *alternatives]
        if alternatives or (len(inner) == 1 and "$ref" in inner[0]):
            return "properties" in schema
        if "enum" in schema:
            values = [value for value in schema["enum"] if value is not None]
            return schema.get("type") != "boolean" and len(values) > 1
        return not schema.get("nullable") and (schema.get("type") == "object" or "properties" in schema or bool(inner))


def _holds(model: Any, attribute: str, value: Any, without: Any) -> bool:
    """Whether an attribute has a value, and has it because the property is there."""
    found = getattr(model, attribute, ...)
    if found is ... or not is_same(plain(found), value):
        return False
    return without is None or not is_same(plain(getattr(without, attribute, ...)), value)


def _construction_loss(kind: Any, full: Mapping[str, Any]) -> str | None:
    """Why an instance cannot be made by hand with all that was read; None if it can."""
    try:
        model = kind.from_dict(full)
        fields = [name for name in _public_fields(kind) if name != "additional_properties"]
        made = kind(**{name: getattr(model, name) for name in fields})
        is_whole = is_same(plain(made), plain(model))
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return None if is_whole else "what is written differs"


def _public_fields(kind: type) -> list[str]:
    return [name for name in kind.__annotations__ if not name.startswith("_")]
