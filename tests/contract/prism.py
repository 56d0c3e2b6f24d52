"""Prism, a mock server that is made of a spec: here it is the second witness of what goes over the wire."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.tools import node

START_SECONDS = 60.0
NODE_OPTIONS = (
    # The process ends with the one that holds its standard input, whatever happens to that.
    "--import",
    "data:text/javascript,process.stdin.on('end', () => process.exit()).resume()",
    # Prism leaves a request unanswered where a violation does not fit into a header, such as one at a property with
    # a Chinese name; Node would end it for that.
    "--unhandled-rejections=warn",
)


class PrismError(Exception):
    """Prism does not start."""


@contextlib.contextmanager
def serving(document: Path, log: Path) -> Iterator[str]:
    """Run Prism on a free port of the loopback interface; gives its address.

    Args:
        document: the spec.
        log: a file for all that Prism says.

    Raises:
        NodeToolError: it is not installed.
        PrismError: it does not start; the message has its log.
    """
    # With --errors, an answer of its own that does not fit the spec is an error, too.
    options = ["mock", "--errors", "--host=127.0.0.1", "--port=0", str(document)]
    command = [str(node.node()), *NODE_OPTIONS, str(node.prism()), *options]
    environment = {**os.environ, "NO_COLOR": "1"}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=environment
        ) as process,
    ):
        try:
            yield _address(process, log)
        finally:
            process.kill()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where Prism listens, as soon as it says so."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", log.read_text("utf-8")):
            return found[1]
        time.sleep(0.05)
    raise PrismError(f"Prism does not start:\n{log.read_text('utf-8')}")
