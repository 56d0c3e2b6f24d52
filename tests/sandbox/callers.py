"""Calls the clients' methods by name, so that one test can do the same sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Protocol, Self

from abwire.convert_v1 import AsyncConvert, Convert
from abwire.kameleoon import AsyncKameleoon, Kameleoon

from abwire_core.pages import AsyncPages, Pages
from abwire_sandbox import Sandbox
from scripts.tools.sandbox_process import Running


def token(sandbox: Sandbox | Running) -> dict[str, str]:
    """The header that requests to the control endpoints need."""
    return {"Authorization": f"Bearer {sandbox.environment['ABWIRE_SANDBOX_TOKEN']}"}


class Caller(Protocol):
    """Calls methods such as ``kameleoon.goals.get``; lists come as a whole."""

    def __call__(self, name: str, /, *arguments: Any, **options: Any) -> Any: ...

    def in_steps(self, after: Callable[[int], object], name: str, /, *arguments: Any, **options: Any) -> list[Any]:
        """The items of a list, and what happens after each page, which is given its number."""
        ...


class SyncCaller:
    """Calls methods of the sync clients.

    Args:
        sandbox: what they call.
        options: of both clients; by default, nothing is sent again.
    """

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        options = {"rate_limiter": None, "max_retries": 0, **options}
        self.kameleoon = Kameleoon(sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url, **options)
        self.convert = Convert(sandbox.application_id, sandbox.secret_key, base_url=sandbox.convert_url, **options)

    def __call__(self, name: str, /, *arguments: Any, **options: Any) -> Any:
        api, group, method = name.split(".")
        outcome = getattr(getattr(getattr(self, api), group), method)(*arguments, **options)
        return outcome.to_list() if isinstance(outcome, Pages) else outcome

    def in_steps(self, after: Callable[[int], object], name: str, /, *arguments: Any, **options: Any) -> list[Any]:
        api, group, method = name.split(".")
        items = []
        pages = getattr(getattr(getattr(self, api), group), method)(*arguments, **options).pages()
        for number, page in enumerate(pages, 1):
            items += page
            after(number)
        return items

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kameleoon.close()
        self.convert.close()


class AsyncCaller:
    """Calls methods of the async clients, in an event loop of its own; see :class:`SyncCaller`."""

    def __init__(self, sandbox: Sandbox, **options: Any) -> None:
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(asyncio.Runner())
        options = {"rate_limiter": None, "max_retries": 0, **options}
        self.kameleoon = AsyncKameleoon(
            sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url, **options
        )
        self.convert = AsyncConvert(sandbox.application_id, sandbox.secret_key, base_url=sandbox.convert_url, **options)

    def __call__(self, name: str, /, *arguments: Any, **options: Any) -> Any:
        api, group, method = name.split(".")

        async def run() -> Any:
            outcome = getattr(getattr(getattr(self, api), group), method)(*arguments, **options)
            return await (outcome.to_list() if isinstance(outcome, AsyncPages) else outcome)

        return self._runner.run(run())

    def in_steps(self, after: Callable[[int], object], name: str, /, *arguments: Any, **options: Any) -> list[Any]:
        api, group, method = name.split(".")

        async def run() -> list[Any]:
            items = []
            number = 0
            async for page in getattr(getattr(getattr(self, api), group), method)(*arguments, **options).pages():
                items += page
                number += 1
                after(number)
            return items

        return self._runner.run(run())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.kameleoon.close())
        self._runner.run(self.convert.close())
        self._stack.close()
