"""Make a document fit a length by leaving out whole items, the least important first.

A document is a tree. What opens a block (a heading, the head of a table, a fence, ``<details>``) is written only along
with what closes it, and only if something of what it is for is written too; so no cut can break the nesting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.diff.render.words import Noun


@dataclass(frozen=True)
class Item:
    """What is written or left out as a whole.

    Attributes:
        text: the text, with its line ends.
        rank: its importance; the lower, the more important.
        noun: what it counts as when it is left out.
        count: how many of these it stands for.
    """

    text: str
    rank: int
    noun: Noun
    count: int = 1


@dataclass(frozen=True)
class Block:
    """Items and further blocks with what stands around them.

    Attributes:
        head: what opens it.
        parts: what it holds.
        tail: what closes it.
    """

    head: str
    parts: Sequence[Item | Block]
    tail: str = ""


def counts(block: Block) -> Counter[Noun]:
    """How many there are of each noun in a block."""
    total: Counter[Noun] = Counter()
    for item, _ in _items(block):
        total[item.noun] += item.count
    return total


def cut(block: Block, length: int) -> tuple[str, Counter[Noun]]:
    """The text of a block, without what does not fit.

    Items are taken in the order of their importance, and of those that are equally important from top to bottom. The
    first that does not fit is left out with all that comes after it in that order.

    Args:
        block: the block.
        length: how long the text may be, in characters.

    Returns:
        The text, and how many of each noun were left out.
    """
    taken: set[int] = set()
    left_out: Counter[Noun] = Counter()
    is_full = False
    for item, around in sorted(_items(block), key=lambda found: found[0].rank):
        cost = len(item.text) + sum(len(one.head) + len(one.tail) for one in around if id(one) not in taken)
        is_full = is_full or cost > length
        if is_full:
            left_out[item.noun] += item.count
        else:
            length -= cost
            taken.update(map(id, (item, *around)))
    return "".join(_text(block, taken)), left_out


def _items(block: Block, around: tuple[Block, ...] = ()) -> Iterator[tuple[Item, tuple[Block, ...]]]:
    """All items of a block from top to bottom, each with the blocks around it."""
    around = (*around, block)
    for part in block.parts:
        if isinstance(part, Block):
            yield from _items(part, around)
        else:
            yield part, around


def _text(part: Item | Block, taken: set[int]) -> Iterator[str]:
    if id(part) not in taken:
        return
    if isinstance(part, Item):
        yield part.text
        return
    yield part.head
    for inner in part.parts:
        yield from _text(inner, taken)
    yield part.tail
