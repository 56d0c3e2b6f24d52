"""A headless Chromium, driven over the pipe of its DevTools protocol, with nothing but the standard library.

One browser serves all tests. Unlike its command line, the protocol shows a page at the width of a phone, in the dark
scheme, without scripts and on paper, and tells of every request and every message of the console.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_PATIENCE = 60.0
"""Seconds that the browser has for an answer."""


def find() -> str | None:
    """The browser of this machine: the one that ``CHROMIUM`` names, else one on the path; None if it has none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class BrowserError(Exception):
    """The browser did not do what it was asked for."""


class Page:
    """A page in a tab of its own.

    Attributes:
        requests: the addresses that it has asked for, be it in vain.
        messages: what stood in the console, and what was refused.
    """

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.requests: list[str] = []
        self.messages: list[str] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        return self._browser.call(method, self._session, **parameters)

    def show(self, width: int, height: int, *, dark: bool = False, media: str = "screen") -> None:
        """Show the page in a window of so many CSS pixels, in a scheme, on a medium."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def open(self, address: str) -> None:
        """Open an address, and wait until all of it is there."""
        self.call("Page.navigate", url=address)
        self._browser.until(
            lambda: self.evaluate("document.readyState") == "complete" and self.evaluate("location.href") == address
        )

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, which may be a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def picture(self, *, whole: bool = False) -> bytes:
        """What it looks like, as PNG: what is in the window, or the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def notice(self, method: str, parameters: dict[str, Any]) -> None:
        """Remember an event, if it says something of the page."""
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.messages.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.messages.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded":
            self.messages.append(parameters["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.messages.append(parameters["message"])
            self.call("Page.handleJavaScriptDialog", accept=True)


class Browser:
    """A browser that runs."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = os.fdopen(commands, "wb")
        self._answers = answers
        self._numbers = itertools.count(1)
        self._rest = b""
        self._pages: dict[str, Page] = {}

    @contextlib.contextmanager
    def page(self) -> Iterator[Page]:
        """An empty page, which is closed at the end."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        try:
            yield page
        finally:
            del self._pages[session]
            self.call("Target.closeTarget", targetId=target)

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, of the browser or of a page."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer and answer.get("sessionId") in self._pages:
                self._pages[answer["sessionId"]].notice(answer["method"], answer["params"])

    def close(self) -> None:
        """Let go of the browser, which ends it."""
        with contextlib.suppress(BrokenPipeError):
            self._commands.close()
        os.close(self._answers)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise BrowserError("the page did not load in time")
            time.sleep(0.01)

    def _next(self) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\0" not in self._rest:
                if not selector.select(_PATIENCE):
                    raise BrowserError("the browser did not answer in time")
                got = os.read(self._answers, 1 << 20)
                if not got:
                    raise BrowserError("the browser has ended")
                self._rest += got
        message, self._rest = self._rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[Browser]:
    """Run a browser.

    Args:
        program: the browser.
        folder: an empty folder for what it keeps.
    """
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    # The browser reads from 3 and writes to 4; a shell puts the pipes there: bash, since sh may know no number above 9.
    shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
    command = ["bash", "-c", shell, "bash", program, *_FLAGS, f"--user-data-dir={folder}"]
    with subprocess.Popen(command, pass_fds=(to_browser, from_browser)) as process:
        os.close(to_browser)
        os.close(from_browser)
        browser = Browser(commands, answers)
        try:
            yield browser
            browser.call("Browser.close")
        finally:
            browser.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
