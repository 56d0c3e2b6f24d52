"""Proof that models hold what schemas describe: samples go through ``from_dict`` and ``to_dict``."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, EnumType
from types import ModuleType
from typing import Any, cast

from openapi_python_client.strings import ClassName

from scripts.codegen.checks.ledger import Parity
from scripts.codegen.checks.samples import Property, Sample, Samples, Schema
from scripts.codegen.checks.values import UNDECLARED, Annotations, admits, is_same, likeness, members, plain
from scripts.codegen.lowering import FIELD_PREFIX
from scripts.specs.spec import Pointer, Spec

_EXTRA = "a name of no property"
_FORMATS = {"date-time": datetime.datetime, "date": datetime.date, "uuid": uuid.UUID}


@dataclass(frozen=True)
class _Model:
    """A generated class, a minimal instance of its schema, and the annotations of its fields."""

    kind: Any
    base: Mapping[str, Any]
    declared: Mapping[str, Any]


class SchemaChecker:
    """Checks the models of one package against the schemas of its spec.

    Args:
        spec: the effective spec.
        models: the module of the models.
        annotations: the annotations of the package.
        samples: the samples to use.
        parity: where to record.
    """

    def __init__(
        self, spec: Spec, models: ModuleType, annotations: Annotations, samples: Samples, parity: Parity
    ) -> None:
        self._spec = spec
        self._models = models
        self._samples = samples
        self._parity = parity
        self._annotations = annotations
        self._seen: set[tuple[int, type]] = set()

    def check_components(self) -> None:
        """Check every component schema that has a class."""
        for name, node in self._spec.schemas.items():
            pointer, schema = self._samples.located(node, ("components", "schemas", name))
            class_name = self.class_name(name)
            if class_name is None:
                continue
            found = getattr(self._models, class_name, None)
            is_whole = isinstance(found, EnumType if "enum" in schema else type)
            loss = None if is_whole else f"there is no class {class_name}"
            self._parity.record("classes", ("components", "schemas", name), loss)
            if isinstance(found, EnumType):
                for value in schema.get("enum", ()):
                    self._record_member(value, _values_of(found), pointer)
            elif isinstance(found, type) and is_whole:
                self.check_object(schema, found, pointer)

    def class_name(self, component: str | None) -> str | None:
        """Return the name of the class of a component schema; None if it has none."""
        node = self._spec.schemas.get(component) if component is not None else None
        if component is None or node is None or not self._has_class(self._spec.resolve(node)):
            return None
        return str(ClassName(node.get("title") or component, FIELD_PREFIX))

    def model(self, component: str | None) -> Any:
        """Return the class of a component schema; None if it has none."""
        return getattr(self._models, self.class_name(component) or "", None)

    def check_value(self, sample: Sample, value: Any, annotation: Any = UNDECLARED) -> str | None:
        """Check a value that was made of a sample, and what is in it.

        Args:
            sample: the sample.
            value: what the package made of it.
            annotation: what the package declares for it; UNDECLARED if nothing is.

        Returns:
            What is wrong with the value itself; None if it is right.
        """
        loss = self._value_loss(sample, value, annotation)
        if sample.member is None or sample.value is None:
            return loss
        self._parity.record("union members", sample.member, loss, sample.pointer)
        return None

    def _value_loss(self, sample: Sample, value: Any, annotation: Any) -> str | None:
        if sample.value is None:
            return None if value is None else "null is not read as None"
        enum = sample.schema.get("enum", ())
        if enum and not isinstance(sample.value, bool):
            known = _values_of(type(value)) if isinstance(value, Enum) else list(members(annotation))
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
            return self.check_value(sample.item, cast("list[Any]", value)[0], annotation)
        if hasattr(value, "to_dict"):
            self.check_object(sample.schema, type(value), sample.pointer)
        elif self._samples.properties(sample.schema) and self._samples.is_object(sample.schema):
            return "an object with properties is not read as a model"
        if annotation is not UNDECLARED and not admits(annotation, value):
            return f"the type does not name {type(value).__name__}"
        return None

    # --- objects ---

    def check_object(self, schema: Schema, kind: type, pointer: Pointer) -> None:
        """Check that a class reads, holds and writes every property of an object schema."""
        if (id(schema), kind) in self._seen:
            return
        self._seen.add((id(schema), kind))
        names = self._samples.names(schema)
        try:
            declared = self._annotations.of(kind)
        except (NameError, TypeError) as error:
            self._parity.record("classes", pointer, f"the annotations of {kind.__name__} cannot be read: {error}")
            return
        model = _Model(kind, self._samples.minimal(schema), declared)
        for name, prop in self._samples.properties(schema, pointer).items():
            for loss in self._losses(model, name, prop, names.get(name)):
                self._parity.record("properties", prop.pointer, loss)
        additional = schema.get("additionalProperties")
        if isinstance(additional, Mapping) and additional:
            self._check_additional(model, additional, (*pointer, "additionalProperties"))
        full = self._samples.full(schema)
        loss = _construction_loss(kind, full)
        self._parity.record("classes", pointer, loss and f"{kind.__name__} cannot be made by its arguments: {loss}")

    def _losses(self, model: _Model, name: str, prop: Property, wanted: str | None) -> Iterator[str | None]:
        """Yield the fault of a property for each of its samples; None for what is right."""
        lost = f"no class reads and writes {name!r}"
        for sample in self._samples.of(prop.schema, prop.pointer):
            others = {**model.base, **sample.beside}
            instance = {**others, name: sample.value}
            try:
                made = model.kind.from_dict(instance)
                written = plain(made)
                without = None if name in others else model.kind.from_dict(others)
            except Exception as error:  # whatever it is, the property does not go through
                yield f"{lost} ({type(error).__name__}: {error})"
                continue
            fields = [field for field in model.declared if field != "additional_properties"]
            owners = [owner for owner in fields if _holds(made, owner, sample.value, without)]
            if not is_same(written, instance) or not owners:
                yield lost
                continue
            owner = min(owners, key=lambda owner: likeness(owner, wanted or name))
            if wanted is not None and likeness(owner, wanted):
                yield f"{lost} as {wanted}"
            else:
                yield self.check_value(sample, getattr(made, owner), model.declared[owner])

    def _check_additional(self, model: _Model, additional: Schema, pointer: Pointer) -> None:
        for sample in self._samples.of(additional, pointer):
            loss: str | None = "properties of any name are not read and written"
            try:
                made = model.kind.from_dict({**model.base, _EXTRA: sample.value})
                value = made[_EXTRA]
                is_whole = is_same(plain(made), {**model.base, _EXTRA: sample.value})
            except Exception as error:
                loss = f"{loss} ({type(error).__name__}: {error})"
            else:
                annotation = model.declared.get("additional_properties", Any)
                loss = self.check_value(sample, value, annotation) if is_whole else loss
            self._parity.record("properties", pointer, loss)

    # --- enums and classes ---

    def _record_member(self, value: Any, known: list[Any], pointer: Pointer) -> bool:
        if value is None or isinstance(value, bool):
            return True
        loss = None if value in known else f"no member has the value {value!r}"
        return self._parity.record("enum values", pointer, loss, value)

    def _has_class(self, schema: Schema) -> bool:
        """Return whether a component schema has a class of its name, or loses properties because it has none."""
        alternatives = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        inner = [*schema.get("allOf", ()), *alternatives]
        if alternatives or (len(inner) == 1 and "$ref" in inner[0]):
            return "properties" in schema
        if "enum" in schema:
            values = [value for value in schema["enum"] if value is not None]
            return schema.get("type") != "boolean" and len(values) > 1
        return not schema.get("nullable") and (schema.get("type") == "object" or "properties" in schema or bool(inner))


def _values_of(enum: EnumType) -> list[Any]:
    return [member.value for member in cast("list[Enum]", list(enum))]


def _holds(model: Any, attribute: str, value: Any, without: Any) -> bool:
    """Return whether an attribute has a value, and has it because the property is there."""
    found = getattr(model, attribute, ...)
    if found is ... or not is_same(plain(found), value):
        return False
    return without is None or not is_same(plain(getattr(without, attribute, ...)), value)


def _construction_loss(kind: Any, full: Mapping[str, Any]) -> str | None:
    """Return why an instance cannot be made by hand with all that was read; None if it can."""
    try:
        model = kind.from_dict(full)
        fields = [name for name in _public_fields(kind) if name != "additional_properties"]
        made = kind(**{name: getattr(model, name) for name in fields})
        for name in getattr(model, "additional_keys", ()):
            made[name] = model[name]
        is_whole = is_same(plain(made), plain(model))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None if is_whole else "what is written differs"


def _public_fields(kind: type) -> list[str]:
    return [name for name in kind.__annotations__ if not name.startswith("_")]
