"""Serves both APIs until it is stopped.

python -m abwire_sandbox [--host 127.0.0.1] [--port 0] [--state FILE.sqlite] [--seed N]
"""

from __future__ import annotations

import argparse
import errno
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

_MISSING = "the sandbox needs its extra: pip install 'abwire[sandbox]' ({})"

_EXPOSED = """\
*** WARNING: {}, port {}, is open to other machines. Everybody who reaches it can read, change and delete
*** everything in this sandbox: its credentials are public. Do not put anything in it that must stay secret."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox in the foreground; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        from abwire_sandbox.control import METHODS  # noqa: PLC0415 - their libraries belong to an extra
        from abwire_sandbox.server import Sandbox  # noqa: PLC0415
        from abwire_sandbox.world import World  # noqa: PLC0415
    except ModuleNotFoundError as error:
        print(_MISSING.format(error), file=sys.stderr)
        return 1
    try:
        world = World(
            seed=options.seed,
            state=options.state,
            rate_limits=() if options.no_rate_limits else None,
            page_size=options.page_size,
            waiting_polls=options.waiting_polls,
            hosts=options.allow_host,
            specs=options.specs,
        )
        sandbox = Sandbox(world, options.host, options.port)
    except FileNotFoundError as error:
        print(f"the sandbox cannot start: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        hint = "; without --port it takes a free one" if error.errno == errno.EADDRINUSE else ""
        where = f"{options.host}, port {options.port}"
        print(f"the sandbox cannot listen at {where}: {error.strerror}{hint}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"the sandbox cannot start: {error}", file=sys.stderr)
        return 1

    if sandbox.is_exposed:
        print(_EXPOSED.format(options.host, sandbox.port), file=sys.stderr, flush=True)

    def tell() -> None:
        for name, url in sandbox.urls.items():
            print(f"# {f'{name}:':<12} {url}")
        print(f"# {'control:':<12} {sandbox.url}/_sandbox{{{','.join(METHODS)}}}")
        for name, value in sandbox.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# Process {os.getpid()} serves until Ctrl-C or SIGTERM.", flush=True)

    sandbox.run(tell)
    return 0


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = argparse.ArgumentParser(
        prog="python -m abwire_sandbox", description="Serve the Kameleoon and the Convert API on this machine, offline."
    )
    made.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    made.add_argument("--port", type=_port, default=0, help="port to listen at (default: a free one)")
    made.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a name under which it may be called, too"
    )
    made.add_argument(
        "--specs", type=Path, metavar="FOLDER", help="effective specs to serve (default: those that come with it)"
    )
    made.add_argument("--state", type=Path, metavar="FILE.sqlite", help="keep all objects in this file")
    made.add_argument(
        "--seed", type=int, default=1, help="what objects and visits are drawn with (default: %(default)s)"
    )
    made.add_argument("--no-rate-limits", action="store_true", help="allow any number of calls")
    made.add_argument("--page-size", type=int, default=20, help="longest page of Kameleoon (default: %(default)s)")
    made.add_argument(
        "--waiting-polls", type=int, default=2, help="polls before results are there (default: %(default)s)"
    )
    return made


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; they are from 0, for a free one, to 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())
