"""What the generated models have in common."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from abwire_core import decoding
from abwire_core.types import UNSET

V = TypeVar("V")


class Model:
    """An object of an API."""

    __slots__ = ("__weakref__",)

    _SECRETS: ClassVar[frozenset[str]] = frozenset()
    """Fields that the spec calls passwords."""
    _KEYS: ClassVar[tuple[str, ...]] = ()
    """Names of the fields in JSON, in the order of the fields."""

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
        """Return the JSON object, with everything that is not UNSET.

        Raises:
            TypeError, ValueError: a field holds a value that does not fit; the message names the field.
        """
        try:
            return self._encode()
        except (AttributeError, TypeError, ValueError):  # a plain value that was assigned to a field
            self._fit(is_new=False)
            return self._encode()

    def _encode(self) -> dict[str, Any]:
        """Return the JSON object of fields that fit."""
        raise NotImplementedError

    def __attrs_post_init__(self) -> None:
        """Convert plain values, such as a string for an enum, once attrs has set the fields."""
        self._fit(is_new=True)

    def _fit(self, *, is_new: bool) -> None:
        from abwire_core import plain  # noqa: PLC0415 - responses are read without it

        try:
            plain.fit_fields(self, is_new=is_new)
        except plain.Misfit as error:
            raise error.raised(type(self).__name__) from None

    @classmethod
    def _keys(cls) -> dict[str, str]:
        """Return the names of the fields in JSON, by their names in Python."""
        import attrs  # noqa: PLC0415 - loaded with the first model, not with the package

        names = [field.name for field in attrs.fields(cls) if field.init]  # type: ignore[arg-type]
        return dict(zip(names, cls._KEYS, strict=False))  # a subclass may have more

    @classmethod
    def _required(cls) -> list[str]:
        """Return the fields that must be given."""
        import attrs  # noqa: PLC0415 - see above

        return [field.name for field in attrs.fields(cls) if field.init and field.default is attrs.NOTHING]  # type: ignore[arg-type]

    @classmethod
    def _is_open(cls) -> bool:
        """Return whether objects may have fields that the spec does not name."""
        return issubclass(cls, OpenModel)

    def _repr_html_(self) -> str:
        """Return a table of the fields that are set, for notebooks."""
        import html  # noqa: PLC0415 - notebooks only

        rows = "".join(
            f"<tr><th>{name}</th><td>{html.escape('...' if is_hidden else short.repr(value))}</td></tr>"
            for short in [_Short()]
            for name, value in _set_fields(self)
            for is_hidden in [_is_hidden("password" if name in self._SECRETS else name, value)]
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"

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


_SECRET = re.compile("password|secret|token|credential|api_?key", re.IGNORECASE)


def _is_hidden(name: str, value: object) -> bool:
    """Return whether a value is not shown, by the name that it has."""
    return bool(_SECRET.search(name)) and not isinstance(value, bool | None)


def _set_fields(model: Model) -> list[tuple[str, Any]]:
    """Return the fields of a model that are set."""
    slots = [slot for kind in reversed(type(model).__mro__) for slot in kind.__dict__.get("__slots__", ())]
    values = [(name, getattr(model, name, UNSET)) for name in slots if not name.startswith("__")]
    return [
        (name, value)
        for name, value in values
        if value is not UNSET and not (name == "additional_properties" and not value)
    ]


class _Short(reprlib.Repr):
    """Makes a text of a model, not much longer than it may be: without what is unset, and without secrets."""

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
        members = [
            (f"{name}=", "password" if name in model._SECRETS else name, value) for name, value in _set_fields(model)
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
            hidden = _is_hidden(name, value)
            parts.append(f"{beginning}{'...' if hidden else self.repr1(value, level - 1)}")
        return ", ".join(parts)


__all__ = ["Model", "OpenModel"]
