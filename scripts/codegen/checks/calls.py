"""Calls of the methods of a generated package, over a transport that keeps requests and gives prepared responses."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import pkgutil
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
        caller = cls((None, None), package.__name__)
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
            return _LowLevel(package, httpx.MockTransport(self._answer), is_async=bool(prefix))
        kind = getattr(package, f"{prefix}{names[0]}")
        parameters = inspect.signature(kind).parameters
        needed = [name for name, parameter in parameters.items() if parameter.default is parameter.empty]
        credentials = ["token"] if "token" in parameters else needed or list(parameters)[:1]
        options = {name: value for name, value in _OPTIONS.items() if name in parameters}
        return kind(**dict.fromkeys(credentials, _CREDENTIAL), **options, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self._requests.append(request)
        headers = {"Content-Type": self.reply.media_type} if self.reply.media_type else {}
        return httpx.Response(self.reply.status, content=self.reply.content, headers=headers)

    # --- methods ---

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
        for found in names:
            functions = [getattr(getattr(entry, found[0], None), found[1], None) for entry in self.entries]
            if all(map(callable, functions)):
                sync, asynchronous = functions
                yield Method(".".join(found), sync, False), Method(".".join(found), asynchronous, True)  # type: ignore[arg-type]

    def _all_names(self) -> Iterator[tuple[str, str]]:
        entry = self.entries[0]
        for group in (name for name in dir(entry) if not name.startswith("_")):
            found = getattr(entry, group)
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


def _is_paged(value: Any) -> bool:
    return hasattr(value, "pages") and hasattr(value, "to_list")


class _LowLevel:
    """The operations of a package that has no entry class, in groups by their tags."""

    def __init__(self, package: ModuleType, transport: httpx.MockTransport, *, is_async: bool) -> None:
        option = "async_transport" if is_async else "transport"
        self._client = package.Client(**{option: transport})
        self._is_async = is_async
        api = importlib.import_module(f"{package.__name__}.api")
        for found in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
            if not found.ispkg:
                *_, tag, name = found.name.split(".")
                group = self.__dict__.setdefault(tag, _LowLevelGroup())
                module = importlib.import_module(found.name)
                function = partial(module.asyncio_detailed if is_async else module.sync_detailed, client=self._client)
                setattr(group, name, function)

    def close(self) -> Any:
        return self._client.aclose() if self._is_async else self._client.close()


class _LowLevelGroup:
    pass
