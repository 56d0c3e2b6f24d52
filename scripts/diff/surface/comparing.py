"""Compare two Python surfaces: what users of the one have to know about the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from scripts.diff.model.elements import Element, Kind, Surface, within
from scripts.diff.model.findings import Finding
from scripts.diff.surface.modules import Names
from scripts.diff.surface.renames import Rename, Renames
from scripts.diff.surface.rules import Rules, Usage, any_use, are_comparable
from scripts.diff.surface.twins import Change, merge


def compare(old: Surface, new: Surface, usage: Usage = any_use) -> list[Change]:
    """The changes from one surface to another.

    What belongs to a thing that was added or removed as a whole is not told on its own.

    Args:
        old: the surface before.
        new: the surface after.
        usage: whether requests or answers have a model, which decides what a change of its fields means.
    """
    renames = Renames(old, new)
    names = Names(old, new)
    walk = _Walk(old, new, Rules(old, new, usage, renames.names), renames, names)
    return merge(list(walk.findings()), old, new, names)


@dataclass(frozen=True)
class _Walk:
    """Goes through two surfaces from the modules down, as far as both have the same."""

    old: Surface
    new: Surface
    rules: Rules
    renames: Renames
    names: Names

    def findings(self) -> Iterator[Finding]:
        """All changes, element by element."""
        yield from self._differences(self.old.roots(), self.new.roots())

    def _differences(self, before: Mapping[str, Element], after: Mapping[str, Element]) -> Iterator[Finding]:
        """The changes in what belongs to one thing, by name."""
        removed = [old for name, old in before.items() if name not in after]
        added = [new for name, new in after.items() if name not in before]
        renames = self.renames.among(removed, added)
        ends = {path: one for one in renames for path in (one.old, one.new)}
        for old in removed:
            yield from (self._renamed(finding, ends.get(old.path)) for finding in self.rules.removed(old))
        for name, old in before.items():
            if name in after:
                yield from self._changes(old, after[name])
        for new in added:
            yield from (self._renamed(finding, ends.get(new.path)) for finding in self.rules.added(new))

    def _changes(self, old: Element, new: Element) -> Iterator[Finding]:
        """The changes in one thing, and in all that belongs to it."""
        if (old.kind is Kind.NAME) is not (new.kind is Kind.NAME):
            yield from self._moved(old, new)
            return
        yield from self.rules.changed(old, new)
        if are_comparable(old, new):
            names = dict.fromkeys([*self.old.children(old.path), *self.new.children(new.path)])
            before = {name: found for name in names if (found := self.old.member(old.path, name))}
            after = {name: found for name in names if (found := self.new.member(new.path, name))}
            for finding in self._differences(before, after):
                yield _at(new, [*before.values(), *after.values()], finding)

    def _moved(self, old: Element, new: Element) -> Iterator[Finding]:
        """The changes in a thing that has become another one's name, or was one."""
        before, after = self.old.named(old), self.new.named(new)
        # Where the other one was there before, it is compared by itself.
        if before and after and not (new.kind is Kind.NAME and after.path in self.old):
            yield from self._changes(before, after)

    def _renamed(self, finding: Finding, rename: Rename | None) -> Finding:
        """A finding that says, at either end of a rename, where the other one is."""
        if rename is None:
            return finding
        how = "renamed" if rename.is_sure else "probably renamed"
        if finding.path == rename.old:
            hint = f"{how} to `{next(self.names.subjects(rename.new))}`"
            return replace(finding, hint=hint, successor=rename.new)
        return replace(finding, hint=f"{how} from `{next(self.names.subjects(rename.old))}`")


def _at(owner: Element, members: Iterable[Element], finding: Finding) -> Finding:
    """A finding at the thing in which users see it, if what has changed stands in a base class of that."""
    for member in members:
        own = within(owner.path, member.name, member.kind)
        if member.path != own and finding.path.startswith(member.path):
            return replace(finding, path=own + finding.path.removeprefix(member.path))
    return finding
