"""The one door to the HTTP library: whatever abwire needs of httpx is imported here and nowhere else."""

from httpx import (
    AsyncBaseTransport,
    AsyncClient,
    Auth,
    BaseTransport,
    Headers,
    Request,
    Response,
    Timeout,
)
from httpx import Client as SyncClient

__all__ = [
    "AsyncBaseTransport",
    "AsyncClient",
    "Auth",
    "BaseTransport",
    "Headers",
    "Request",
    "Response",
    "SyncClient",
    "Timeout",
]
