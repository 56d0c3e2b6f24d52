"""What the tests of the pipeline share."""

from __future__ import annotations

import pytest

from scripts import node_tools
from scripts.node_tools import NodeToolError


@pytest.fixture(scope="session")
def oasdiff() -> None:
    """Skip a test where ``make node`` was not run."""
    try:
        node_tools.oasdiff()
    except NodeToolError as error:
        pytest.skip(str(error))
