"""Calls of the methods of a generated package, over a transport that keeps requests and gives prepared responses."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, Self

import httpx

from scripts.codegen.checks.values import likeness
from scripts.specs.spec import Spec

_OPTIONS: Mapping[str, Any] = {"max_retries": 0, "rate_limiter": None}
"""Arguments of every entry class that a proof sets, where the class takes them."""
_CREDENTIAL = "made-up"


@dataclass(frozen=True)
class Reply:
    """A response to give."""

    status: int = 200
    content: bytes = b""
    media_type: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a call did.

    Attributes:
        request: the first request that was sent; None if there was none.
        value: what the call returned; of a list in pages, its first page.
        error: what it raised.
    """

    request: httpx.Request | None
    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True)
class Method:
    """A method of a package, in one of its two forms."""

    name: str
    function: Callable[..., Any]
    is_async: bool

    @property
    def arguments(self) -> dict[str, bool]:
        """The names of its arguments, and whether each must be given."""
        found = inspect.signature(self.function).parameters.values()
        return {
            parameter.name: parameter.default is parameter.empty
            for parameter in found
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        }


@dataclass
class Caller:
    """The entry classes of a package, opened for calls.

    Attributes:
        entries: the sync and the async one.
        reply: what the transport answers.
    """

    entries: tuple[Any, Any]
    _package: str
    _bindings: tuple[str, ...] = ()
    """Methods of the entry classes that take values for all methods of some groups."""
    reply: Reply = field(default_factory=Reply)
    _requests: list[httpx.Request] = field(default_factory=list)
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, package: ModuleType, spec: Spec) -> Iterator[Self]:
        """Open the entry classes of a package, and close them afterwards.

        Raises:
            LookupError: the package has none.
        """
        bindings = tuple(spec.document.get("x-sdk-client", {}).get("bind", {}))
        caller = cls((None, None), package.__name__, bindings)
        caller.entries = (caller._entry(package, spec, ""), caller._entry(package, spec, "Async"))
        with caller._runner as runner:
            try:
                yield caller
            finally:
                caller.entries[0].close()
                runner.run(caller.entries[1].close())

    def _entry(self, package: ModuleType, spec: Spec, prefix: str) -> Any:
        named = spec.document.get("x-sdk-client", {}).get("name")
        names = [named] if named else [name for name in dir(package) if hasattr(package, f"Async{name}")]
        if not names or not hasattr(package, f"{prefix}{names[0]}"):
            raise LookupError(f"{package.__name__} has no entry class")
        kind = getattr(package, f"{prefix}{names[0]}")
        parameters = inspect.signature(kind).parameters
        # Credentials stand before the options; those of the first kind may be given by position.
        first = list(itertools.takewhile(lambda name: name != "base_url", parameters))
        positional = [name for name in first if parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY]
        credentials = ["token"] if "token" in first else positional
        options = {name: value for name, value in _OPTIONS.items() if name in parameters}
        return kind(**dict.fromkeys(credentials, _CREDENTIAL), **options, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if b"grant_type=client_credentials" in request.content:
            return httpx.Response(200, json={"access_token": _CREDENTIAL})
        self._requests.append(request)
        headers = {"Content-Type": self.reply.media_type} if self.reply.media_type else {}
        return httpx.Response(self.reply.status, content=self.reply.content, headers=headers)

    # --- methods ---

    def _functions(self, group: str, method: str) -> Iterator[tuple[str, list[Any]]]:
        """Yield the methods of a name, sync and async: those of the entry classes, then those with bound values."""
        yield f"{group}.{method}", [getattr(getattr(entry, group, None), method, None) for entry in self.entries]
        for binding in self._bindings:
            found = [_unbound(entry, binding, group, method) for entry in self.entries]
            yield f"{binding}.{group}.{method}", found

    def candidates(self, operation: Mapping[str, Any]) -> Iterator[tuple[Method, Method]]:
        """Yield the methods that may be those of an operation, sync and async, the likeliest first.

        An operation that says its group and method has no other candidate.
        """
        group, method = operation.get("x-sdk-group"), operation.get("x-sdk-method")
        if group is not None and method is not None:
            names = [(group, method)]
        else:
            wanted = f"{group or (operation.get('tags') or [''])[0]}{method or operation.get('operationId', '')}"
            names = sorted(self._all_names(), key=lambda name: likeness("".join(name), wanted))
        for name, functions in itertools.chain.from_iterable(self._functions(*found) for found in names):
            if all(map(callable, functions)):
                sync, asynchronous = functions
                yield Method(name, sync, False), Method(name, asynchronous, True)

    def _all_names(self) -> Iterator[tuple[str, str]]:
        entry = self.entries[0]
        owners = [entry, *(_bound(entry, binding) for binding in self._bindings)]
        for owner, group in ((one, name) for one in owners for name in dir(one) if not name.startswith("_")):
            found = getattr(owner, group)
            if not callable(found):
                for name in (name for name in dir(found) if not name.startswith("_")):
                    member = getattr(found, name)
                    # What a group inherits from the runtime makes no request of this API.
                    if isinstance(member, partial) or str(getattr(member, "__module__", "")).startswith(self._package):
                        yield group, name

    def call(self, method: Method, arguments: Mapping[str, Any]) -> Outcome:
        """Call a method; of a list in pages, fetch the first page."""
        self._requests.clear()
        try:
            value = self._run(method, arguments)
        except Exception as error:
            return Outcome(self._requests[0] if self._requests else None, error=error)
        return Outcome(self._requests[0] if self._requests else None, value)

    def _run(self, method: Method, arguments: Mapping[str, Any]) -> Any:
        value = method.function(**arguments)
        if not method.is_async:
            return next(value.pages(), []) if _is_paged(value) else value

        async def finish() -> Any:
            if not _is_paged(value):
                return await value
            async with contextlib.aclosing(value.pages()) as pages:
                return await anext(pages, [])

        return self._runner.run(finish())


def _bound(entry: Any, binding: str, **values: Any) -> Any:
    """Return the groups of an entry class with values filled in; made-up ones where none are given."""
    bind = getattr(entry, binding)
    return bind(**{name: values.get(name, _CREDENTIAL) for name in inspect.signature(bind).parameters})


def _unbound(entry: Any, binding: str, group: str, method: str) -> Callable[..., Any] | None:
    """Return a method of bound groups as one that takes the bound values, too."""
    bind = getattr(entry, binding)
    inner = getattr(getattr(_bound(entry, binding), group, None), method, None)
    if inner is None:
        return None
    names = list(inspect.signature(bind).parameters)

    def call(**arguments: Any) -> Any:
        values = {name: arguments.pop(name) for name in names}
        return getattr(getattr(bind(**values), group), method)(**arguments)

    first, rest = (list(inspect.signature(found).parameters.values()) for found in (bind, inner))
    call.__signature__ = inspect.Signature([*first, *rest])  # type: ignore[attr-defined]
    call.__annotations__ = {**bind.__annotations__, **inner.__annotations__}
    return call


def _is_paged(value: Any) -> bool:
    return hasattr(value, "pages") and hasattr(value, "to_list")
