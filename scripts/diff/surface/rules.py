"""What a change of one element means, seen by somebody whose code was written for the old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from scripts.diff.model.elements import CLASSES, FUNCTIONS, Element, Kind, Surface, within
from scripts.diff.model.findings import Finding
from scripts.diff.model.report import Layer, Severity
from scripts.diff.model.types import NONE, UNSET, Type, fits, texts
from scripts.diff.surface.wording import CALLED_ON, PASSED, behaviour, described, plain, with_article


@dataclass(frozen=True)
class Use:
    """Where a model stands.

    Attributes:
        sent: in requests.
        received: in answers.
    """

    sent: bool = True
    received: bool = True


Usage = Callable[[str, str], Use]
"""Where a model stands, by its API package (``kameleoon``) and its class; both, if it is not known."""


def any_use(package: str, model: str) -> Use:
    """A usage that knows nothing."""
    return Use()


@dataclass(frozen=True)
class Rules:
    """The rules for the changes from one surface to another.

    Attributes:
        old: the one.
        new: the other.
        usage: where the models stand.
        names: classes that were renamed and are the same otherwise, old path to new one. That a type has another one's
            new name is no change: the class that is gone is told once.
    """

    old: Surface
    new: Surface
    usage: Usage
    names: Mapping[str, str]

    def removed(self, old: Element) -> Iterator[Finding]:
        """An element that is gone, with all that belonged to it."""
        before = described(self.old, old)
        if old.name == _CONSTRUCTOR:
            yield Finding(old.path, "constructor-changed", Severity.BREAKING, _OTHER_ARGUMENTS, before)
        elif old.kind is not Kind.BEHAVIOUR:
            yield Finding(old.path, f"{old.kind}-removed", Severity.BREAKING, "was removed", before)

    def added(self, new: Element) -> Iterator[Finding]:
        """A new element, with all that belongs to it."""
        after = described(self.new, new)
        if new.name == _CONSTRUCTOR:
            is_fine = not any(parameter.is_required for parameter in self.new.children(new.path).values())
            severity = Severity.INFO if is_fine else Severity.BREAKING
            yield Finding(new.path, "constructor-changed", severity, _OTHER_ARGUMENTS, after=after)
        elif new.kind in _ARGUMENTS and new.is_required:
            severity = self._severity_if_required(new)
            text = "was added, and has to be given"
            yield Finding(new.path, f"required-{new.kind}-added", severity, text, after=after)
        elif new.kind is not Kind.BEHAVIOUR:
            yield Finding(new.path, f"{new.kind}-added", Severity.INFO, "was added", after=after)

    def changed(self, old: Element, new: Element) -> Iterator[Finding]:
        """What changed in an element itself."""
        if not are_comparable(old, new):
            text = f"was {with_article(old.kind)}, and is {with_article(new.kind)} now"
            yield Finding(new.path, "kind-changed", Severity.BREAKING, text)
            return
        if old.facts.is_deprecated != new.facts.is_deprecated:
            check, text = ("deprecated", "is deprecated now")
            if old.facts.is_deprecated:
                check, text = ("deprecation-removed", "is not deprecated any more")
            yield Finding(new.path, check, Severity.INFO, text)
        if new.kind in CLASSES:
            yield from self._bases(old, new)
            yield from self._order(old, new, Kind.FIELD)
        elif new.kind in FUNCTIONS:
            yield from self._function(old, new)
        elif new.kind in _ARGUMENTS:
            yield from self._argument(old, new)
        elif new.kind in (Kind.ATTRIBUTE, Kind.TYPE):
            is_type = new.kind is Kind.TYPE  # for what is passed and for what is read, so neither way is fine
            yield from self._type(old, new, Use(sent=is_type), "type-changed" if is_type else None)
        elif new.kind is Kind.NAME and _target(old, self.names) != _target(new, {}):
            text = "stands for something else now"
            yield Finding(new.path, "name-changed", Severity.BREAKING, text, _target(old, {}), _target(new, {}))
        elif old.facts.value != new.facts.value:
            yield self._value(old, new)

    # --- classes ---

    def _bases(self, old: Element, new: Element) -> Iterator[Finding]:
        before = {self.names.get(base, base) for base in self.old.ancestors(old.path)}
        after = set(self.new.ancestors(new.path))
        for base in old.facts.bases:
            if self.names.get(base, base) not in after:
                text = f"is not derived from {base.rpartition('.')[2]} any more"
                yield Finding(new.path, "base-removed", Severity.BREAKING, text, before=base)
        for base in new.facts.bases:
            if base not in before:
                text = f"is derived from {base.rpartition('.')[2]}, too"
                yield Finding(new.path, "base-added", Severity.INFO, text, after=base)

    def _order(self, old: Element, new: Element, kind: Kind) -> Iterator[Finding]:
        kept = [name for name in old.facts.order if name in new.facts.order]
        now = [name for name in new.facts.order if not self._is_told(old, new, within(new.path, name, kind))]
        if now[: len(kept)] != kept:
            text = "takes arguments by position in another order"
            before, after = (f"({', '.join(element.facts.order)})" for element in (old, new))
            yield Finding(new.path, "arguments-reordered", Severity.BREAKING, text, before, after)

    def _is_told(self, old: Element, new: Element, path: str) -> bool:
        """Whether an argument is new and has to be given, so that every call has to change anyway."""
        found = self.new.get(path)
        return found is not None and found.is_required and found.name not in self.old.children(old.path)

    # --- functions ---

    def _function(self, old: Element, new: Element) -> Iterator[Finding]:
        if old.facts.is_async != new.facts.is_async:
            text = "has to be awaited now" if new.facts.is_async else "is not awaited any more"
            yield Finding(new.path, "async-changed", Severity.BREAKING, text)
        if old.facts.binding != new.facts.binding:
            text = f"is called on {CALLED_ON[new.facts.binding]} now"
            yield Finding(new.path, "binding-changed", Severity.BREAKING, text)
        yield from self._order(old, new, Kind.PARAMETER)
        if old.facts.type == Type(NONE) and new.facts.type not in (None, Type(NONE)):
            text = "returned nothing, and returns something now"  # nobody can have used it
            yield self._retyped(old, new, "return-type-changed", Severity.INFO, text)
        else:
            yield from self._type(old, new, Use(sent=False), "return-type-changed", "a {} return type")

    # --- what is given ---

    def _argument(self, old: Element, new: Element) -> Iterator[Finding]:
        use = self._use(new)
        before, after = old, new
        if old.is_required != new.is_required:
            yield self._requirement(old, new, use)
            # That it may be absent is the same change.
            before, after = _without_unset(old), _without_unset(new)
        elif old.facts.value != new.facts.value:
            yield self._value(old, new)
        if old.facts.binding != new.facts.binding:
            severity = Severity.INFO if new.facts.binding == "both" else Severity.BREAKING
            text = PASSED[new.facts.binding]
            yield Finding(new.path, f"{new.kind}-now-{new.facts.binding}", severity, text)
        yield from self._type(before, after, use)

    def _requirement(self, old: Element, new: Element, use: Use) -> Finding:
        before, after = described(self.old, old), described(self.new, new)
        if new.is_required:
            check, severity, text = "required", self._severity_if_required(new), "has to be given now"
        elif use.received and _may_be_unset(new) and not _may_be_unset(old):
            check, severity, text = "optional", Severity.BREAKING, "may be absent now, and is UNSET then"
        else:
            check, severity, text = "optional", Severity.INFO, "can be left out now"
        return Finding(new.path, f"{new.kind}-now-{check}", severity, text, before, after)

    def _severity_if_required(self, new: Element) -> Severity:
        # What is only received is made by the client; but tests of users may make it, too.
        return Severity.BREAKING if self._use(new).sent else Severity.WARNING

    def _use(self, element: Element) -> Use:
        if element.kind is not Kind.FIELD:
            return Use(received=False)
        parts = element.path.split(".")
        found = self.usage(parts[1], parts[-2]) if parts[2] == "models" and len(parts) == 5 else Use()
        return found if found.sent or found.received else Use()

    # --- types and values ---

    def _type(
        self, old: Element, new: Element, use: Use, check: str | None = None, what: str = "a {} type"
    ) -> Iterator[Finding]:
        if old.facts.type is None or new.facts.type is None:
            return
        before, after = old.facts.type.renamed(self.names), new.facts.type
        reads = fits(after, before, self.new.bases, is_read=True)
        takes = fits(before, after, self._old_bases, is_read=False)
        if reads and takes:
            return
        is_fine = (reads or not use.received) and (takes or not use.sent)
        difference = "narrower" if reads else "wider" if takes else "different"
        yield self._retyped(
            old,
            new,
            check or f"{new.kind}-type-changed",
            Severity.INFO if is_fine else Severity.BREAKING,
            f"has {what.format(difference)}",
        )

    def _old_bases(self, path: str) -> list[str]:
        """The base classes of an old class, by new names; so is the class."""
        return [self.names.get(base, base) for base in self.old.bases(path) or self.new.bases(path)]

    def _retyped(self, old: Element, new: Element, check: str, severity: Severity, text: str) -> Finding:
        before, after = old.facts.type or Type(NONE), new.facts.type or Type(NONE)
        types = (before.renamed(self.names), after)
        return Finding(new.path, check, severity, text, *texts(before, after), types=types)

    def _value(self, old: Element, new: Element) -> Finding:
        before, after = old.facts.value, new.facts.value
        if new.kind is Kind.MEMBER:
            return Finding(new.path, "member-value-changed", Severity.BREAKING, "has another value", before, after)
        if new.kind is Kind.CONSTANT:
            text = "has another value"
            return Finding(new.path, "constant-changed", Severity.WARNING, text, before, after, layer=Layer.BEHAVIOUR)
        if new.kind is Kind.BEHAVIOUR:
            before, after = plain(before), plain(after)
            check, text = f"{new.name}-changed", behaviour(new)
            return Finding(new.path, check, Severity.WARNING, text, before, after, layer=Layer.BEHAVIOUR)
        text = "has another default"
        return Finding(new.path, f"{new.kind}-default-changed", Severity.WARNING, text, before, after)


_ARGUMENTS = (Kind.PARAMETER, Kind.FIELD, Kind.OPTION)
_ONE_KIND = ({Kind.CLASS, Kind.MODEL, Kind.EXCEPTION}, {Kind.MODULE, Kind.OPERATION})
_CONSTRUCTOR = "__init__"
_OTHER_ARGUMENTS = "takes other arguments"


def are_comparable(old: Element, new: Element) -> bool:
    """Whether two elements are things of one kind; all classes that are made in the usual way are."""
    return old.kind is new.kind or any({old.kind, new.kind} <= kinds for kinds in _ONE_KIND)


def _target(element: Element, names: Mapping[str, str]) -> str | None:
    """The thing that another name stands for."""
    return element.facts.type.renamed(names).name if element.facts.type else None


def _may_be_unset(element: Element) -> bool:
    return element.facts.type is not None and element.facts.type.has(UNSET)


def _without_unset(element: Element) -> Element:
    type_ = element.facts.type.without(UNSET) if element.facts.type else None
    return replace(element, facts=replace(element.facts, type=type_))
