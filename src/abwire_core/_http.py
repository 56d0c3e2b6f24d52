"""The one door to the HTTP library: whatever abwire needs of httpx is imported here and nowhere else."""

from __future__ import annotations

from httpx import (
    AsyncBaseTransport,
    AsyncClient,
    Auth,
    BaseTransport,
    ConnectError,
    ConnectTimeout,
    DecodingError,
    Headers,
    InvalidURL,
    LocalProtocolError,
    PoolTimeout,
    ProxyError,
    Request,
    RequestError,
    Response,
    Timeout,
    TimeoutException,
    UnsupportedProtocol,
)
from httpx import Client as SyncClient

__all__ = [
    "AsyncBaseTransport",
    "AsyncClient",
    "Auth",
    "BaseTransport",
    "ConnectError",
    "ConnectTimeout",
    "DecodingError",
    "Headers",
    "InvalidURL",
    "LocalProtocolError",
    "PoolTimeout",
    "ProxyError",
    "Request",
    "RequestError",
    "Response",
    "SyncClient",
    "Timeout",
    "TimeoutException",
    "UnsupportedProtocol",
]
