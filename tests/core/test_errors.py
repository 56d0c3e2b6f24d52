"""UnexpectedStatus says enough to act on, and nothing that logs should not hold."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from abwire_core.errors import UnexpectedStatus

CONTENT = b'{"email": "made-up.person@example.test"}'


@pytest.fixture
def error() -> UnexpectedStatus:
    try:
        raise UnexpectedStatus(520, CONTENT)
    except UnexpectedStatus as raised:
        return raised


def test_it_carries_status_and_content(error: UnexpectedStatus) -> None:
    assert error.status_code == 520
    assert error.content == CONTENT


def test_its_message_has_the_status_and_the_size(error: UnexpectedStatus) -> None:
    assert str(error) == f"unexpected status 520 ({len(CONTENT)} bytes of content)"
    assert str(UnexpectedStatus(599, b"")) == "unexpected status 599 (0 bytes of content)"


def test_nothing_that_is_shown_of_it_has_the_content(error: UnexpectedStatus) -> None:
    shown = [str(error), repr(error), f"{error}", f"{[error]}", "".join(traceback.format_exception(error))]
    assert [text for text in shown if "520" not in text or "made-up.person" in text] == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1), ids=lambda protocol: f"protocol {protocol}")
def test_it_survives_pickling(error: UnexpectedStatus, protocol: int) -> None:
    error.add_note("while reading flags")
    loaded = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - written one call before
    assert type(loaded) is UnexpectedStatus
    assert (loaded.status_code, loaded.content, str(loaded)) == (520, CONTENT, str(error))
    assert loaded.__notes__ == ["while reading flags"]


def test_it_survives_copying(error: UnexpectedStatus) -> None:
    for copied in (copy.copy(error), copy.deepcopy(error)):
        assert (copied.status_code, copied.content, str(copied)) == (520, CONTENT, str(error))
