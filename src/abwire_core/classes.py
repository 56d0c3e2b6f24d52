"""attrs classes that are finished when somebody needs it.

To import attrs takes about 15 ms, and to make a class of 25 fields 1 ms. For the models of an answer that is as long as
it takes to import the HTTP library, and an answer is read without any of it. So :func:`define` gives a class its slots,
and attrs does the rest when the first instance is made by hand, when instances are compared, or when attrs is asked for
the fields. Type checkers see nothing but attrs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attrs import define, field
else:

    def define(**options: Any) -> Callable[[type], type]:
        """:func:`attrs.define`, later; it takes its options, apart from ``slots``, ``these`` and ``auto_detect``."""
        return lambda made: _slotted(made, options)

    def field(**options: Any) -> _Field:
        """:func:`attrs.field`, later."""
        return _Field(options)


class _Field:
    """What attrs will be told of a field."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options


class _Later:
    """An attribute of a class that is there once attrs has finished the class."""

    def __init__(self, name: str, finish: Callable[[], None]) -> None:
        self._name = name
        self._finish = finish

    def __get__(self, instance: object, owner: type) -> Any:
        self._finish()
        return getattr(owner, self._name)


_lock = threading.RLock()


def _slotted(made: type, options: dict[str, Any]) -> type:
    """The class with slots for its annotated attributes, and with methods that first have attrs finish it."""
    members = {name: value for name, value in made.__dict__.items() if name not in ("__dict__", "__weakref__")}
    fields: dict[str, dict[str, Any]] = {}
    for name in members.get("__annotations__", ()):
        default = members.pop(name, _Field({}))
        fields[name] = default.options if isinstance(default, _Field) else {"default": default}
    is_finished = False

    def finish() -> None:
        import attrs  # noqa: PLC0415 - this late import is what the module is for

        nonlocal is_finished
        with _lock:
            if not is_finished:
                del cls.__signature__  # type: ignore[attr-defined]
                these = {name: attrs.field(**described) for name, described in fields.items()}
                attrs.define(cls, these=these, slots=False, auto_detect=False, **options)
                is_finished = True

    def __init__(self: object, *args: Any, **values: Any) -> None:  # noqa: N807
        finish()
        cls.__init__(self, *args, **values)  # type: ignore[misc]

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        finish()
        return cls.__eq__(self, other)  # type: ignore[call-arg]

    members |= {"__slots__": tuple(fields), "__init__": __init__, "__eq__": __eq__, "__qualname__": made.__qualname__}
    for name in ("__attrs_attrs__", "__attrs_props__", "__signature__"):
        members[name] = _Later(name, finish)
    cls = type(made)(made.__name__, made.__bases__, members)
    return cls


__all__ = ["define", "field"]
