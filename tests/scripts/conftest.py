"""What the tests of the pipeline share."""

from __future__ import annotations

import pytest

from scripts.tools import node
from scripts.tools.node import NodeToolError


@pytest.fixture(scope="session")
def oasdiff() -> None:
    """Skip a test where ``make node`` was not run."""
    try:
        node.oasdiff()
    except NodeToolError as error:
        pytest.skip(str(error))
