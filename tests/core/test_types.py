"""UNSET, files and responses: what every generated client shares."""

from __future__ import annotations

import copy
import io
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import attrs
import httpx
import pytest

from abwire_core.types import UNSET, File, Response, Unset

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@attrs.define
class Model:
    """A model as the generator writes them."""

    name: str | Unset | None = UNSET
    tags: list[str | Unset] | Unset = UNSET


class Frozen(tuple[Any, ...]):
    """A container that is copied by its own class."""


def _pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - written one call before


COPIES = pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *map(_pickled, PROTOCOLS)],
    ids=["copy", "deepcopy", *(f"pickle protocol {protocol}" for protocol in PROTOCOLS)],
)


@COPIES
def test_unset_is_one_object(duplicate: Callable[[Any], Any]) -> None:
    assert duplicate(UNSET) is UNSET


@COPIES
@pytest.mark.parametrize(
    ("container", "get"),
    [
        pytest.param(Model(), lambda copied: copied.name, id="attrs instance"),
        pytest.param(Model(tags=[UNSET]), lambda copied: copied.tags[0], id="list in an attrs instance"),
        pytest.param({"key": [UNSET]}, lambda copied: copied["key"][0], id="list in a dict"),
        pytest.param((UNSET,), lambda copied: copied[0], id="tuple"),
        pytest.param(Frozen([UNSET]), lambda copied: copied[0], id="subclass of tuple"),
        pytest.param({UNSET: None}, lambda copied: next(iter(copied)), id="key of a dict"),
        pytest.param({UNSET}, lambda copied: next(iter(copied)), id="set"),
    ],
)
def test_unset_stays_the_same_object_inside_others(
    container: Any, get: Callable[[Any], Any], duplicate: Callable[[Any], Any]
) -> None:
    assert get(duplicate(container)) is UNSET


def test_unset_stays_the_same_object_when_attrs_copies() -> None:
    assert attrs.evolve(Model(name="made-up")).tags is UNSET
    assert attrs.asdict(Model())["name"] is UNSET


def test_making_unset_anew_gives_the_same_object() -> None:
    made = [Unset.UNSET, Unset("UNSET"), Unset["UNSET"], *Unset]
    assert [id(value) for value in made] == [id(UNSET)] * 4


def test_unset_is_falsy_and_names_itself() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert repr([UNSET]) == "[UNSET]"


@pytest.mark.parametrize("other", [None, False, 0, "", "UNSET", [], {}], ids=repr)
def test_unset_equals_nothing_else(other: object) -> None:
    assert other != UNSET


def test_isinstance_tells_absent_from_present_for_type_checkers_too() -> None:
    def length(value: str | Unset) -> int:
        if isinstance(value, Unset):
            return -1
        assert_type(value, str)
        return len(value)

    assert [length(UNSET), length(""), length("abc")] == [-1, 0, 3]


def test_identity_tells_absent_from_null_for_type_checkers_too() -> None:
    def kind(value: int | Unset | None) -> str:
        if value is UNSET:
            return "absent"
        assert_type(value, int | None)
        return "null" if value is None else "present"

    assert [kind(UNSET), kind(None), kind(0)] == ["absent", "null", "present"]


def test_truth_leaves_only_present_values_for_type_checkers_too() -> None:
    def first(value: list[int] | Unset | None) -> int | None:
        if value:
            assert_type(value, list[int])
            return value[0]
        return None

    assert [first(UNSET), first(None), first([]), first([7])] == [None, None, None, 7]


def test_a_file_becomes_what_a_multipart_body_takes() -> None:
    payload = io.BytesIO(b"made-up bytes")
    assert File(payload, "a.png", "image/png").to_tuple() == ("a.png", payload, "image/png")


def test_a_file_may_be_made_of_bytes() -> None:
    assert File(b"made-up bytes").payload.read() == b"made-up bytes"


def test_a_file_has_a_name_because_servers_take_a_part_without_one_for_a_text(tmp_path: Path) -> None:
    path = tmp_path / "bild ä.png"
    path.touch()
    with path.open("rb") as named, path.open("rb") as numbered, tempfile.TemporaryFile() as nameless:
        files = [File(named), File(open(numbered.fileno(), "rb", closefd=False)), File(nameless), File(b"")]  # noqa: SIM115
        assert [file.to_tuple()[0] for file in files] == ["bild ä.png", "upload", "upload", "upload"]
        assert File(named, "other.png").to_tuple()[0] == "other.png"


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_file_in_text_mode_is_refused(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    with path.open(mode) as text, pytest.raises(TypeError, match="open in binary mode"):
        File(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "payload",
    ["made-up text", io.StringIO("made-up text"), None, 7, Path("a.png")],
    ids=lambda value: type(value).__name__,
)
def test_what_is_neither_bytes_nor_a_binary_file_is_refused(payload: Any) -> None:
    with pytest.raises(TypeError, match="the payload of a File must be bytes, or a file that is open in binary mode"):
        File(payload)
    file = File(b"")
    with pytest.raises(TypeError, match="must be bytes"):
        file.payload = payload


def test_a_temporary_file_in_text_mode_is_refused() -> None:
    with tempfile.SpooledTemporaryFile(mode="w+") as text, pytest.raises(TypeError, match="open in binary mode"):
        File(text)  # type: ignore[arg-type]


def test_a_file_is_sent_with_its_name_and_media_type() -> None:
    part = File(io.BytesIO(b"made-up bytes"), "bild ä.png", "image/png").to_tuple()
    sent = httpx.Request("POST", "https://api.example.test/images", files=[("image", part)]).read()
    assert 'name="image"; filename="bild ä.png"'.encode() in sent
    assert b"Content-Type: image/png" in sent
    assert b"\r\n\r\nmade-up bytes\r\n" in sent


def test_a_response_takes_unregistered_statuses_and_finds_headers_in_any_case() -> None:
    response: Response[None] = Response(
        status_code=520, content=b"", headers=httpx.Headers({"Retry-After": "3"}), parsed=None
    )
    assert response.status_code == 520
    assert response.headers["retry-after"] == "3"


def test_the_repr_of_a_response_shows_neither_content_nor_headers() -> None:
    response: Response[None] = Response(
        status_code=200, content=b"made-up-secret", headers=httpx.Headers({"x": "made-up-secret"}), parsed=None
    )

    assert "made-up-secret" not in repr(response)
