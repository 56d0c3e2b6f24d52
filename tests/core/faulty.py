"""A server that follows a script of faults, over real sockets."""

from __future__ import annotations

import contextlib
import gzip
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.core.loopback import Received
from tests.serving import serving


@dataclass(frozen=True)
class Step:
    """What the server does with one request.

    Attributes:
        sends: the bytes of its answer.
        then: what it does next with the connection: keep it open for another request, close it, reset it, leave the
            client waiting, wait without reading, or send something now and then.
        reads: how much it reads before: nothing, the head of a request, or the whole.
        more: what is sent now and then.
    """

    sends: bytes = b""
    then: Literal["keep", "close", "reset", "stall", "wait", "trickle"] = "keep"
    reads: Literal["nothing", "head", "all"] = "all"
    more: bytes = b""


def answer(status: int, content: bytes = b"{}", **headers: str) -> Step:
    """A well-formed answer; underscores in the names of headers stand for hyphens."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return Step(f"HTTP/1.1 {status} Made Up\r\n{head}\r\n".encode() + content)


def zipped(content: bytes) -> Step:
    """An answer whose content is compressed."""
    return answer(200, gzip.compress(content), Content_Encoding="gzip")


HALF_AN_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


class Faulty(socketserver.ThreadingTCPServer):
    """Takes one step after the other, one a request; when none is left, it answers 200 with an empty object.

    Attributes:
        received: the requests that were read, whole or in part.
        sizes: how many bytes their bodies had.
        connections: how many were opened.
    """

    daemon_threads = False  # so that closing the server waits for the connections to be closed
    allow_reuse_address = True

    def __init__(self, *steps: Step, port: int = 0, keeps_bodies: bool = True) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.keeps_bodies = keeps_bodies
        self.closing = threading.Event()
        self.received: list[Received] = []
        self.sizes: list[int] = []
        self.connections = 0
        self._steps = list(steps)
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    @contextlib.contextmanager
    def following(cls, *steps: Step, port: int = 0, keeps_bodies: bool = True) -> Iterator[Faulty]:
        """Run one in a thread."""
        with serving(cls(*steps, port=port, keeps_bodies=keeps_bodies)) as server:
            try:
                yield server
            finally:
                server.closing.set()

    def next_step(self, *, reads_nothing: bool) -> Step | None:
        """Take the next step, if it is one that reads nothing, or one that does."""
        with self._lock:
            if reads_nothing:
                return self._steps.pop(0) if self._steps and self._steps[0].reads == "nothing" else None
            return self._steps.pop(0) if self._steps else answer(200)


class _Connection(socketserver.StreamRequestHandler):
    timeout = 10  # seconds after which a connection that a client forgot is dropped

    @property
    def _faulty(self) -> Faulty:
        assert isinstance(self.server, Faulty)
        return self.server

    def handle(self) -> None:
        self._faulty.connections += 1
        step = self._faulty.next_step(reads_nothing=True)
        if step is not None:
            self.connection.recv(1, socket.MSG_PEEK)  # the connection is open, and the request on its way
        with contextlib.suppress(ConnectionError):
            while step is None or step.then == "keep":
                step = self._take_step()
                if step is None:
                    return
        if step is not None:
            self._leave(step)

    def _take_step(self) -> Step | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return None
            head += line
        step = self._faulty.next_step(reads_nothing=False)
        assert step is not None
        request, *lines = head.decode("latin-1").strip().split("\r\n")
        method, target, _ = request.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        self._size = 0
        body = self._body(headers) if step.reads == "all" else b""
        self._faulty.sizes.append(self._size)
        self._faulty.received.append(Received(method, target, headers, body))
        self.wfile.write(step.sends)
        return step

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("Transfer-Encoding") != "chunked":
            left, body = int(headers.get("Content-Length", 0)), b""
            while left and (piece := self.rfile.read(min(left, 1_000_000))):
                left -= len(piece)
                self._size += len(piece)
                if self._faulty.keeps_bodies:
                    body += piece
            return body
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _leave(self, step: Step) -> None:
        if step.then == "stall":
            with contextlib.suppress(OSError):
                self.rfile.read()  # until the client gives up
        if step.then == "wait":
            self._faulty.closing.wait(self.timeout)
        if step.then == "trickle":
            with contextlib.suppress(OSError):
                while not self._faulty.closing.wait(0.05):
                    self.wfile.write(step.more)
        if step.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
