"""An offline server of all APIs, for tests and demonstrations.

Nothing in it is a vendor's, and nothing leaves the machine::

    with abwire_sandbox.serve(seed=1) as sandbox:
        with Kameleoon(sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url) as kameleoon:
            ...

It needs the extra ``sandbox``: ``pip install 'abwire[sandbox]'``. What it can do is in ``docs/sandbox.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abwire_sandbox.errors import SandboxError
    from abwire_sandbox.faults import Fault, Faults
    from abwire_sandbox.requestlog import Logged, RequestLog
    from abwire_sandbox.server import Sandbox, serve, start
else:
    _HOMES = {
        "Fault": "faults",
        "Faults": "faults",
        "Logged": "requestlog",
        "RequestLog": "requestlog",
        "Sandbox": "server",
        "SandboxError": "errors",
        "serve": "server",
        "start": "server",
    }

    def __getattr__(name):
        """Load what is asked for, so that the pytest plugin costs nothing where it is not used."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib  # noqa: PLC0415

        return getattr(importlib.import_module(f"abwire_sandbox.{_HOMES[name]}"), name)


__all__ = ["Fault", "Faults", "Logged", "RequestLog", "Sandbox", "SandboxError", "serve", "start"]
