"""What the tests of the core share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.loopback import Loopback


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have requests go to the loopback interface, whatever proxy the machine is told to use."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server(no_proxies: None) -> Iterator[Loopback]:
    """A server on the loopback interface."""
    with Loopback.running() as server:
        yield server
