"""Serves all APIs until it is stopped, or while a program runs.

python -m abwire_sandbox [--host 127.0.0.1] [--port 0] [--state FILE.sqlite] [--seed N] [--access-log]
python -m abwire_sandbox run [the same options] program.py [its arguments]
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abwire_sandbox.server import Sandbox

_MISSING = "the sandbox needs its extra: pip install 'abwire[sandbox]' ({})"
_EXPOSED = """\
*** WARNING: {}, port {}, is open to other machines. Everybody who reaches it can read, change and delete
*** everything in this sandbox: its credentials are public. Do not put anything in it that must stay secret."""
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""Exit statuses, as shells have them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox in the foreground; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_run = given[:1] == ["run"]
    options = parser(runs=is_run).parse_args(given[1:] if is_run else given)
    try:
        from abwire_sandbox.server import Sandbox  # noqa: PLC0415 - its libraries belong to an extra
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
            bare_variations=options.bare_variations,
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
    if options.access_log:
        _log_accesses()
    if is_run:
        return _run(sandbox, [options.program, *options.arguments])
    sandbox.run(lambda: _tell(sandbox))
    return 0


def _tell(sandbox: Sandbox) -> None:
    """Print where everything is."""
    from abwire_sandbox.control import METHODS  # noqa: PLC0415 - its libraries belong to an extra

    for name, url in sandbox.urls.items():
        print(f"# {f'{name}:':<12} {url}")
    print(f"# {'control:':<12} {sandbox.url}/_sandbox{{{','.join(METHODS)}}}")
    for name, value in sandbox.environment.items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"# Process {os.getpid()} serves until Ctrl-C or SIGTERM.", flush=True)


def _run(sandbox: Sandbox, command: Sequence[str]) -> int:
    """Run a program while the sandbox serves; returns its exit status, 1 if the sandbox has made a mistake."""
    program = command[0]
    if program.endswith(".py"):
        command = [sys.executable, *command]
    elif program in ("python", "python3"):
        command = [sys.executable, *command[1:]]
    with sandbox.serving():
        try:
            process = subprocess.Popen(command, env=_environment(sandbox.environment))  # noqa: S603 - as asked for
        except OSError as error:
            print(f"{program} cannot be run: {error.strerror}", file=sys.stderr)
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        with process:
            try:
                status = process.wait()
            except KeyboardInterrupt:  # the program has got it, too, and says how it ends
                status = process.wait()
    for bug in sandbox.bugs:
        print(bug, file=sys.stderr)
    # A program that a signal has ended has a status as in shells.
    return (status or int(bool(sandbox.bugs))) if status >= 0 else 128 - status


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program: it finds the sandbox, whatever proxy the machine is told to use."""
    exempt = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1")))
    return {**os.environ, "NO_PROXY": exempt, "no_proxy": exempt, **variables}


def _log_accesses() -> None:
    """Print a line for each request on stderr."""
    from abwire_sandbox.app import ACCESS_LOG  # noqa: PLC0415 - its libraries belong to an extra

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    ACCESS_LOG.addHandler(handler)
    ACCESS_LOG.setLevel(logging.INFO)
    ACCESS_LOG.propagate = False


def parser(*, runs: bool = False) -> argparse.ArgumentParser:
    """Return what the command line takes.

    Args:
        runs: whether it runs a program.
    """
    made = argparse.ArgumentParser(
        prog=f"python -m abwire_sandbox{' run' if runs else ''}",
        description="Serve the Kameleoon and the Convert APIs on this machine, offline"
        + (", while a program runs: it finds them by the environment variables that it is given." if runs else "."),
        epilog=None if runs else "python -m abwire_sandbox run program.py runs a program while it serves.",
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
    made.add_argument("--access-log", action="store_true", help="print a line for each request")
    made.add_argument("--no-rate-limits", action="store_true", help="allow any number of calls")
    made.add_argument(
        "--bare-variations", action="store_true", help="have the variations of Convert v1 bare, without a wrapper"
    )
    made.add_argument("--page-size", type=int, default=20, help="longest page of Kameleoon (default: %(default)s)")
    made.add_argument(
        "--waiting-polls", type=int, default=2, help="polls before results are there (default: %(default)s)"
    )
    if runs:
        made.add_argument("program", help="a Python file, or a command such as: python -m pytest")
        made.add_argument("arguments", nargs=argparse.REMAINDER, help="of the program")
    return made


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; they are from 0, for a free one, to 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())
