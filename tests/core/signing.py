"""Data with which requests are signed as one vendor wants it."""

from typing import Final, TypedDict


class Headers(TypedDict):
    """Where the parts of a signature go."""

    application_header: str
    expires_header: str
    signature_header: str
    scheme: str


HEADERS: Final[Headers] = {
    "application_header": "Convert-Application-ID",
    "expires_header": "Expires",
    "signature_header": "Authorization",
    "scheme": "Convert-HMAC-SHA256 Signature={signature}",
}
