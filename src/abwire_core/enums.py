"""Enums that take values they do not know: a vendor adds one, and yesterday's client still reads the answer."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Self

from abwire_core.shapes import mismatch


class OpenStrEnum(StrEnum):
    """A string enum in which an unknown string becomes a member of its own, equal to that string.

    Known members are the usual singletons. An unknown value is not listed when the class is iterated; its ``name``
    is the value itself. Anything but a string raises :class:`ValueError`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        text = str.__str__(value)  # the bare string, should the value be a member of another enum
        member = str.__new__(cls, text)
        member._name_ = text
        member._value_ = text
        return member

    @classmethod
    def _decode(cls, value: Any) -> Self:
        """The member for a JSON value; :class:`abwire_core.errors.DecodeError` for anything but a string."""
        if not isinstance(value, str):
            raise mismatch("a string", value)
        return cls(value)

    @property
    def is_known(self) -> bool:
        """Return whether the spec lists this value."""
        return self.name in type(self).__members__ and type(self).__members__[self.name] is self


class OpenIntEnum(IntEnum):
    """An integer enum in which an unknown integer becomes a member of its own, equal to that integer.

    Known members are the usual singletons. An unknown value is not listed when the class is iterated; its ``name``
    is ``VALUE_<n>``. What is no integer, and equals no known one, raises :class:`ValueError`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        number = int(value)  # the bare integer, should the value be a member of another enum
        member = int.__new__(cls, number)
        member._name_ = f"VALUE_{number}"
        member._value_ = number
        return member

    @classmethod
    def _decode(cls, value: Any) -> Self:
        """The member for a JSON value; :class:`abwire_core.errors.DecodeError` for anything but an integer."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise mismatch("an integer", value)
        return cls(value)

    @property
    def is_known(self) -> bool:
        """Return whether the spec lists this value."""
        return any(member is self for member in type(self))
