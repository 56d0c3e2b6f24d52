"""What the tests of the sandbox share: one server, back in its first state for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
def any_call(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Caller]:
    """Calls methods of both clients; once the sync ones, once the async ones."""
    with request.param(sandbox) as caller:
        yield caller
