"""The tour of ``make demo``: use both clients on a sandbox of this machine, then regenerate them.

    python -m scripts.demo [--no-generate] [options of the sandbox]

Nothing leaves the machine. The same examples run against the real APIs, with credentials in the environment.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn

from scripts import generate
from scripts.specs.project import ROOT
from scripts.tools import sandbox_process
from scripts.tools.sandbox_process import Running

TOUR = (
    ("examples/show_results.py", "Kameleoon: list the feature flags, and fetch the results of an experiment"),
    ("examples/show_hypotheses.py", "Convert: list the hypotheses by score"),
)
NEXT: Final = """
What to try next:
  make sandbox                                                    a sandbox that stays, for programs of your own
  .venv/bin/python -m abwire_sandbox run examples/stale_flags.py  another example, and a sandbox only for it
  edit a file in specs/ or overlays/, then make generate          the client follows; make diff says what changes
  docs/sandbox.md                                                 faults, results, tests of your own code"""
_PATIENCE: Final = 1.0
"""Seconds in which an example may end of its own accord, and the sandbox may turn out to have ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit status. Whatever ends it, nothing that it has started outlives it."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.demo", description="Show both clients at work on a sandbox of this machine."
    )
    parser.add_argument("--no-generate", action="store_true", help="leave generated/ as it is")
    options, others = parser.parse_known_args(arguments)
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        status = tour(*others)
        if not status and not options.no_generate:
            print(f"\n{len(TOUR) + 2}. Regenerate the clients from specs/ and overlays/\n", flush=True)
            status = generate.main([])
        if not status:
            print(NEXT)
        return status
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGTERM, before)


def tour(*options: str) -> int:
    """Run the examples against a sandbox, as long as they go well.

    Args:
        options: of the sandbox's command line.

    Returns:
        The exit status: 1 if the sandbox did not start, or ended too early; else that of the last example.
    """
    try:
        with sandbox_process.running(*options) as sandbox:
            print(f"1. A sandbox of all APIs is at {sandbox.url} (process {sandbox.process.pid})", flush=True)
            for number, (example, title) in enumerate(TOUR, 2):
                print(f"\n{number}. {title}\n   ({example})\n", flush=True)
                status = _run(example, _environment(sandbox.environment))
                if status:
                    print(f"\n{_what_happened(example, sandbox)}", file=sys.stderr)
                    return status
    except RuntimeError as error:
        print(f"\n{error}: see the message above.", file=sys.stderr)
        return 1
    return 0


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of an example: it finds the sandbox, whatever proxy the machine is told to use."""
    exempt = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1")))
    # Convert says in a warning that its version 1 is superseded; here it would only be in the way.
    quiet = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}
    return {**os.environ, **quiet, "NO_PROXY": exempt, "no_proxy": exempt, **variables}


def _run(example: str, environment: Mapping[str, str]) -> int:
    """Run an example; returns its exit status. It ends before this does, whatever happens."""
    with subprocess.Popen([sys.executable, ROOT / example], env=environment) as process:
        try:
            return process.wait()
        except SystemExit:  # Ctrl-C would have reached it as well
            process.send_signal(signal.SIGINT)
            raise
        finally:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
            process.kill()


def _what_happened(example: str, sandbox: Running) -> str:
    """Return why an example did not get through."""
    try:
        status = sandbox.process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        return f"{example} did not get through: see the message above."
    how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"
    return f"The sandbox has ended in mid-demo ({how}), so {example} did not get through. Start again with: make demo"


def _terminated(*_: Any) -> NoReturn:
    """End like Ctrl-C does: with everything ended that was started."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
