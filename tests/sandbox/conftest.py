"""What the tests of the sandbox share: one server, back in its first state for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from abwire_core import retry
from abwire_core.apis import MAX_RETRIES
from abwire_sandbox import Sandbox, SandboxError, serve
from tests.sandbox.callers import AsyncCaller, Caller, SyncCaller


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """A sandbox for all tests."""
    with serve(seed=1, rate_limits=(), waiting_polls=1) as sandbox:
        yield sandbox


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have requests go to the loopback interface, whatever proxy the machine is told to use."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def sandbox(running: Sandbox, no_proxies: None) -> Iterator[Sandbox]:
    """The sandbox as it is at the beginning; a mistake of its own fails the test."""
    running.reset()
    yield running
    if running.bugs:
        raise SandboxError("\n".join(running.bugs))


@pytest.fixture
def call(sandbox: Sandbox) -> Iterator[SyncCaller]:
    """Calls methods of both clients."""
    with SyncCaller(sandbox) as caller:
        yield caller


@pytest.fixture(params=[SyncCaller, AsyncCaller], ids=["sync", "async"])
def caller_class(request: pytest.FixtureRequest) -> type[SyncCaller | AsyncCaller]:
    """What calls methods of both clients; once the sync ones, once the async ones."""
    kind: type[SyncCaller | AsyncCaller] = request.param
    return kind


@pytest.fixture
def any_call(caller_class: type[SyncCaller | AsyncCaller], sandbox: Sandbox) -> Iterator[Caller]:
    """Calls methods of both clients; once the sync ones, once the async ones."""
    with caller_class(sandbox) as caller:
        yield caller


@pytest.fixture
def insistent(
    caller_class: type[SyncCaller | AsyncCaller], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Caller]:
    """The same, with clients that send again as often as they do by default, and wait hardly at all before."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.002)
    with caller_class(sandbox, max_retries=MAX_RETRIES) as caller:
        yield caller


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore warnings that clients emit once in a process: which test meets them depends on the order."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"))
