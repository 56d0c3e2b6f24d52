"""A fixture for pytest: a sandbox of its own for each test.

It is there wherever abwire is installed with the extra ``sandbox``. A marker says what the sandbox is to be like::

    @pytest.mark.abwire_sandbox(seed=2, waiting_polls=0)
    def test_something(abwire_sandbox): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from abwire_sandbox.server import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "abwire_sandbox(**options): what the fixture abwire_sandbox is to be like")


@pytest.fixture(name="abwire_sandbox")
def _abwire_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running sandbox without rate limits, which tests would run into; an answer against its spec fails the test."""
    from abwire_sandbox.server import serve  # noqa: PLC0415 - the libraries belong to an extra

    marker = request.node.get_closest_marker("abwire_sandbox") or pytest.mark.abwire_sandbox().mark
    with serve(*marker.args, **{"rate_limits": (), **marker.kwargs}) as sandbox:  # no positional one is right
        yield sandbox
