"""The cut: the least important goes first and as a whole, and what is opened is closed."""

from __future__ import annotations

import pytest

from scripts.diff.render.cutting import Block, Item, counts, cut
from scripts.diff.render.words import Noun

ONE, TWO = Noun("one", "ones"), Noun("two", "twos")
DOCUMENT = Block(
    "",
    [
        Block("<a>", [Item("1111", 1, TWO, 5), Item("00", 0, ONE)], "</a>"),
        Block("<b>", [Block("<c>", [Item("0000", 0, ONE), Item("1", 1, TWO)], "</c>")], "</b>"),
    ],
)


def test_all_is_written_in_its_order_where_there_is_room() -> None:
    assert cut(DOCUMENT, 36) == ("<a>111100</a><b><c>00001</c></b>", {})


@pytest.mark.parametrize(
    ("length", "text", "left_out"),
    [
        (31, "<a>111100</a><b><c>0000</c></b>", {TWO: 1}),
        (30, "<a>00</a><b><c>0000</c></b>", {TWO: 6}),
        (27, "<a>00</a><b><c>0000</c></b>", {TWO: 6}),
        (26, "<a>00</a>", {ONE: 1, TWO: 6}),
        (9, "<a>00</a>", {ONE: 1, TWO: 6}),
        (8, "", {ONE: 2, TWO: 6}),
        (0, "", {ONE: 2, TWO: 6}),
    ],
)
def test_the_least_important_goes_first_and_nothing_less_important_takes_its_room(
    length: int, text: str, left_out: dict[Noun, int]
) -> None:
    assert cut(DOCUMENT, length) == (text, left_out)


def test_a_block_of_which_nothing_is_left_is_not_written() -> None:
    assert cut(Block("<a>", [], "</a>"), 100) == ("", {})


def test_items_count_for_as_many_as_they_stand_for() -> None:
    assert counts(DOCUMENT) == {ONE: 2, TWO: 6}
