"""Texts of specs, which nobody vouches for, made fit to be shown."""

from __future__ import annotations


def visible(text: str) -> str:
    """Return a text with escapes for what cannot be seen: control characters, marks that turn the direction of writing.

    Tabs and ends of lines stay; other spaces become plain ones.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _seen(char) for char in text)


def one_line(text: str) -> str:
    """Return a text on one line, in which everything can be seen."""
    return visible(" ".join(text.split()))


def escape(character: str) -> str:
    """Return the escape of a character, as Python writes it."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _seen(character: str) -> str:
    return " " if character.isspace() else escape(character)
