"""Uploads as they come over the wire: byte by byte, taken apart by another parser than the one that made them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from abwire import File
from abwire.kameleoon import AsyncKameleoon, Kameleoon, models
from openapi_core.exceptions import OpenAPIError

from tests.client.apis import OPERATIONS
from tests.client.wire import CREDENTIALS, Judge
from tests.core.loopback import Loopback, Received
from tests.forms import Part, parts_of

# Line ends of all kinds, at both ends too, what looks like a part of a form, and bytes that are no text.
AWKWARD = (
    b'\r\n--\r\n\n\r--boundary\r\nContent-Disposition: form-data; name="arg0"\r\n\r\n{}\r\n--boundary--\r\n'
    b"\x89PNG\r\n\x1a\n\x00" + bytes(range(256)) + b"--\r"
)
CONTENTS = {
    "awkward": AWKWARD,
    "empty": b"",
    "line end": b"\r\n",
    "larger than a chunk": AWKWARD * 500,
}
SYNC_AND_ASYNC = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
EVERY_CONTENT = pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)

Send = Callable[[Any, File], Any]
FilePart = tuple[str, tuple[str | None, bytes, str]]


def _one(client: Any, file: File) -> Any:
    return client.images.upload(123, models.UploadImageBody(image=file))


def _several(client: Any, file: File) -> Any:
    return client.images.upload_multiple(models.UploadImageMultipleBody(image=file))


BOTH_UPLOADS = pytest.mark.parametrize("send", [_one, _several], ids=["one site", "several sites"])
ANSWERS: dict[Send, bytes] = {_one: b"{}", _several: b"[]"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A server on the loopback interface, whatever proxy the machine is told to use."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Loopback.running() as server:
        yield server


def sent(server: Loopback, is_async: bool, send: Callable[[Any], Any]) -> Received:
    """What the server receives of one call."""
    if is_async:

        async def run() -> None:
            async with AsyncKameleoon(token="made-up-token", base_url=server.url) as client:
                await send(client)

        asyncio.run(run())
    else:
        with Kameleoon(token="made-up-token", base_url=server.url) as client:
            send(client)
    (received,) = server.received
    return received


def parts(received: Received) -> list[Part]:
    """The parts of a form that was received."""
    return parts_of(received.headers["Content-Type"], received.body)


@SYNC_AND_ASYNC
@EVERY_CONTENT
def test_an_upload_to_one_site_is_a_form_with_the_file_alone(server: Loopback, is_async: bool, content: bytes) -> None:
    file = File(content, "hero banner.png", "image/png")

    received = sent(server, is_async, lambda client: _one(client, file))

    assert (received.method, received.target) == ("POST", "/images/123/uploadImage")
    assert received.headers["Authorization"] == "Bearer made-up-token"
    assert received.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert parts(received) == [Part("image-to-upload", "hero banner.png", "image/png", content)]


@SYNC_AND_ASYNC
@EVERY_CONTENT
def test_an_upload_to_several_sites_has_the_details_as_json(server: Loopback, is_async: bool, content: bytes) -> None:
    metadata = models.ImageUpload(site_ids=[1, 2], alt_text='Ein "Chamäleon" \r\n--', tags=["tiere"])
    body = models.UploadImageMultipleBody(image=File(content, "hero banner.webp", "image/webp"), metadata=metadata)
    server.answer = ANSWERS[_several]

    received = sent(server, is_async, lambda client: client.images.upload_multiple(body))

    assert (received.method, received.target) == ("POST", "/images/multiple")
    assert received.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    image, details = parts(received)
    assert image == Part("image-to-upload", "hero banner.webp", "image/webp", content)
    assert (details.name, details.file_name, details.media_type) == ("arg0", None, "application/json")
    assert json.loads(details.content) == {"siteIds": [1, 2], "altText": 'Ein "Chamäleon" \r\n--', "tags": ["tiere"]}


@SYNC_AND_ASYNC
def test_details_that_are_absent_are_not_sent(server: Loopback, is_async: bool) -> None:
    file = File(b"GIF89a", "a.gif", "image/gif")
    server.answer = ANSWERS[_several]

    received = sent(server, is_async, lambda client: _several(client, file))

    assert parts(received) == [Part("image-to-upload", "a.gif", "image/gif", b"GIF89a")]


@SYNC_AND_ASYNC
@BOTH_UPLOADS
def test_a_file_is_read_from_an_open_file(server: Loopback, is_async: bool, send: Send, tmp_path: Path) -> None:
    path = tmp_path / "from disk.png"
    path.write_bytes(AWKWARD)
    server.answer = ANSWERS[send]

    with path.open("rb") as image:
        received = sent(server, is_async, lambda client: send(client, File(image)))

    assert parts(received) == [Part("image-to-upload", "from disk.png", "image/png", AWKWARD)]
    assert received.headers["Content-Length"] == str(len(received.body))


@BOTH_UPLOADS
def test_a_file_can_be_sent_again(server: Loopback, send: Send) -> None:
    file = File(AWKWARD, "a.png", "image/png")
    server.answer = ANSWERS[send]

    with Kameleoon(token="made-up-token", base_url=server.url) as client:
        send(client, file)
        send(client, file)

    first, second = (parts(received) for received in server.received)
    assert first == second == [Part("image-to-upload", "a.png", "image/png", AWKWARD)]
    boundaries = {received.headers["Content-Type"] for received in server.received}
    assert len(boundaries) == 2


@BOTH_UPLOADS
def test_a_file_without_name_and_type_is_a_file_nevertheless(server: Loopback, send: Send) -> None:
    server.answer = ANSWERS[send]

    received = sent(server, False, lambda client: send(client, File(b"bytes")))

    assert parts(received) == [Part("image-to-upload", "upload", "application/octet-stream", b"bytes")]


def test_a_text_file_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text("<svg/>")

    with path.open() as text, pytest.raises(TypeError, match="open in binary mode"):
        models.UploadImageBody(image=File(text))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be bytes"):
        File("<svg/>")  # type: ignore[arg-type]


# --- the judge of all operations ---


IMAGE: FilePart = ("image-to-upload", ("a.png", b"\x89PNG\r\n", "image/png"))
DETAILS: FilePart = ("arg0", (None, b'{"siteIds":[1]}', "application/json"))


def judge(operation_id: str, *files: FilePart) -> None:
    """Have a form judged as those of all operations are."""
    (operation,) = (found for found in OPERATIONS if found.spec["operationId"] == operation_id)
    url = "https://api.kameleoon.com" + operation.route.replace("{siteId}", "1")
    request = httpx.Request("POST", url, headers=CREDENTIALS, files=files)
    request.read()
    Judge(operation, 200, {} if operation_id == "upload-image" else [])(request)


def test_the_judge_accepts_what_is_right() -> None:
    judge("upload-image", IMAGE)
    judge("upload-image-multiple", IMAGE)
    judge("upload-image-multiple", IMAGE, DETAILS)


@pytest.mark.parametrize(
    ("operation_id", "files"),
    [
        pytest.param("upload-image", [("image", IMAGE[1])], id="one site, no file"),
        pytest.param("upload-image-multiple", [DETAILS], id="several sites, no file"),
        *(
            pytest.param("upload-image-multiple", [IMAGE, ("arg0", (None, content, "application/json"))], id=what)
            for what, content in {
                "details without sites": b'{"name":"a"}',
                "details of a wrong type": b'{"siteIds":"1"}',
                "list of details": b'[{"siteIds":[1]}]',
                "details that are no JSON": b"siteIds=1",
            }.items()
        ),
    ],
)
def test_the_judge_refuses_what_is_wrong(operation_id: str, files: list[FilePart]) -> None:
    with pytest.raises(OpenAPIError):
        judge(operation_id, *files)
