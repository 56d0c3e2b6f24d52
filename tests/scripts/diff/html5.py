"""Read an HTML page by the rules of HTML5, and refuse one that a browser would have to mend."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser


def read(page: str) -> Element:
    """The elements of a page, with their bare names.

    Raises:
        AssertionError: the page has an error.
    """
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(page)
    assert parser.errors == []
    assert isinstance(root, Element)
    return root


def all_of(root: Element, *names: str) -> list[Element]:
    """All elements with one of some names, in the order of the page."""
    return [element for element in root.iter() if element.tag in names]


def text_of(element: Element) -> str:
    """The text of an element and all that is in it, on one line."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: Element) -> Iterator[str]:
    yield element.text or ""
    for inner in element:
        yield from _texts(inner)
        yield inner.tail or ""
