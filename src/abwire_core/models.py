"""What the generated models have in common."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from abwire_core import decoding
from abwire_core.classes import define, field
from abwire_core.types import UNSET

V = TypeVar("V")


class Model:
    """An object of an API."""

    __slots__ = ("__weakref__",)

    _SECRETS: ClassVar[frozenset[str]] = frozenset()
    """Fields that the spec calls passwords."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read a JSON object.

        Fields and enum values that the spec does not know are kept. Null in a field that is optional and not nullable
        is read as absence. Whether a scalar is of the documented kind is not checked: what is documented as a string
        and comes as a number stays a number.

        Args:
            src_dict: the object, as :func:`json.loads` gives it; it is not changed.

        Raises:
            DecodeError: the object has another shape than the spec describes.
        """
        try:
            return cls._decode(decoding.copied(src_dict))
        except RecursionError:
            raise decoding.too_deep() from None

    @classmethod
    def _decode(cls, d: dict[str, Any]) -> Self:
        """Read a JSON object that nobody else needs: it is taken apart."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, with everything that is not UNSET."""
        raise NotImplementedError

    def __repr__(self) -> str:
        try:
            text = _Short().repr(self)
        except RecursionError:
            text = f"{type(self).__name__}(...)"
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]}...)"


class OpenModel(Model, Generic[V]):
    """An object that may have fields which the spec does not name; ``model["name"]`` reads and writes them."""

    __slots__ = ()

    additional_properties: dict[str, V]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Most objects have none: the dict for them is made when somebody asks for it.
            if name != "additional_properties":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            self.additional_properties = found = {}
            return found

    @property
    def additional_keys(self) -> list[str]:
        """The names of the fields that the spec does not name."""
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> V:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: V) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


_LONGEST = 1000
"""Characters of a model's repr."""


class _Short(reprlib.Repr):
    """Makes a text of a model, not much longer than it may be: without what is unset, and without secrets."""

    _SECRET = re.compile("password|secret|token|credential|api_?key", re.IGNORECASE)

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = 4
        self.maxstring = self.maxother = 80
        self._room = _LONGEST

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, Model):
            return self._model(x, level)
        try:
            text = super().repr1(x, level)
        except Exception:  # a value of somebody else's class; a repr is no place to fail
            text = f"<{type(x).__name__}>"
        if not isinstance(x, list | dict):
            self._room -= len(text)
        return text

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        members = [(f"{key!r:.80}: ", str(key), value) for key, value in x.items()]
        return f"{{{self._members(members, level)}}}"

    def _model(self, model: Model, level: int) -> str:
        slots = [slot for kind in reversed(type(model).__mro__) for slot in kind.__dict__.get("__slots__", ())]
        values = [(name, getattr(model, name, UNSET)) for name in slots if not name.startswith("__")]
        members = [
            (f"{name}=", "password" if name in model._SECRETS else name, value)
            for name, value in values
            if value is not UNSET and not (name == "additional_properties" and not value)
        ]
        return f"{type(model).__name__}({self._members(members, level)})"

    def _members(self, members: list[tuple[str, str, Any]], level: int) -> str:
        """Members of an object: how each begins, its name, and its value."""
        parts: list[str] = []
        for beginning, name, value in members:
            if level <= 0 or self._room <= 0:
                parts.append("...")
                break
            self._room -= len(beginning) + 2
            hidden = self._SECRET.search(name) and not isinstance(value, bool | None)
            parts.append(f"{beginning}{'...' if hidden else self.repr1(value, level - 1)}")
        return ", ".join(parts)


__all__ = ["Model", "OpenModel", "define", "field"]
