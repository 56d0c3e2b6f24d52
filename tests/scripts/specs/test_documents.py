"""Reading and writing documents: YAML 1.2 as OpenAPI means it, JSON without its loopholes, and nothing lost between."""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.specs import documents, yaml_reading
from scripts.specs.errors import CollectedError, DocumentError
from scripts.specs.yaml_writing import LINE_WIDTH, rewrite, write_block

Read = Callable[[str], dict[str, Any]]

COMMENTS = [pytest.param("", id="without-comment"), pytest.param("# comment\n", id="with-comment")]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads YAML text."""

    def read_text(text: str) -> dict[str, Any]:
        path = tmp_path / "spec.yaml"
        path.write_bytes(text.encode())
        return documents.load(path)

    return read_text


def exact(document: object) -> str:
    """A document as text that tells apart what ``==`` does not: 1, 1.0 and true, and the order of keys."""
    return json.dumps(document, indent=1)


# --- reading YAML ---


SCALARS = [
    # YAML 1.1 takes these for booleans, base-60 numbers, octal numbers and dates.
    ("no", "no"),
    ("on", "on"),
    ("yes", "yes"),
    ("y", "y"),
    ("off", "off"),
    ("12:30", "12:30"),
    ("014", "014"),
    ("0x1f", "0x1f"),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("2026-01-31", "2026-01-31"),
    ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
    ("=", "="),
    # The core schema of YAML 1.2 takes these for numbers and constants, JSON does not.
    ("0o14", "0o14"),
    ("+1", "+1"),
    (".5", ".5"),
    ("5.", "5."),
    ("True", "True"),
    ("NULL", "NULL"),
    # What JSON knows.
    ("true", True),
    ("false", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("0", 0),
    ("-5", -5),
    ("12345678901234567890", 12345678901234567890),
    ("0.1", 0.1),
    ("1.50", 1.5),
    ("-0.0", -0.0),
    ("1e3", 1000.0),
    ("1E3", 1000.0),
    ("-2.5e-3", -0.0025),
    ("5.287328700303673e+16", 5.287328700303673e16),
    # Quotes make a string of anything, and a version is none without them.
    ("'12'", "12"),
    ('"1e3"', "1e3"),
    ("'true'", "true"),
    ('""', ""),
    ("'~'", "~"),
    ("1.0.0", "1.0.0"),
    # Text.
    ("a#b", "a#b"),
    ("'a # b'", "a # b"),
    ("'it''s'", "it's"),
    (r'"\u263a\x41\n"', "☺A\n"),
    ("|\n  one\n  # two\n", "one\n# two\n"),
    (">-\n  one\n  two\n", "one two"),
    ("[a, 1, {b: no},]", ["a", 1, {"b": "no"}]),
    ("{a: 1, b}", {"a": 1, "b": None}),
]


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize(("literal", "value"), [pytest.param(*case, id=repr(case[0])) for case in SCALARS])
def test_a_yaml_value_is_read_as_json_would_mean_it(read: Read, comment: str, literal: str, value: object) -> None:
    document = read(f"{comment}key: {literal}\nnext: 1\n")

    assert exact(document) == exact({"key": value, "next": 1})


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize(("literal", "value"), [pytest.param(*case, id=repr(case[0])) for case in SCALARS])
def test_a_yaml_value_survives_being_written(read: Read, comment: str, literal: str, value: object) -> None:
    written = documents.dump(read(f"{comment}key: {literal}\nnext: 1\n"))

    assert written.startswith(comment)
    assert exact(read(written)) == exact({"key": value, "next": 1})


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize(
    ("literal", "key"),
    [
        ("200", "200"),
        ("4XX", "4XX"),
        ("1.0", "1.0"),
        ("1e3", "1e3"),
        ("true", "true"),
        ("no", "no"),
        ("null", "null"),
        ("~", "~"),
        ("2026-01-31", "2026-01-31"),
        ("'200'", "200"),
        ("'<<'", "<<"),
        ("=", "="),
        ("/pets/{id}", "/pets/{id}"),
        ("''", ""),
        ("? long", "long"),
    ],
)
def test_every_key_is_a_string_as_it_is_written(read: Read, comment: str, literal: str, key: str) -> None:
    document = read(
        f"{comment}{literal}: {{inner: 1}}\n" if "?" not in literal else f"{comment}{literal}\n: inner: 1\n"
    )

    assert list(document) == [key]
    assert type(key) is str
    assert exact(document) == exact({key: {"inner": 1}})
    assert exact(read(documents.dump(document))) == exact(document)


def test_without_comments_a_document_is_written_anew(read: Read, tmp_path: Path) -> None:
    read("key: 'value' # comment\n")

    document = documents.load(tmp_path / "spec.yaml", keep_comments=False)

    assert type(document) is dict
    assert documents.dump(document) == "key: value\n"


@pytest.mark.parametrize("comment", COMMENTS)
def test_an_alias_is_a_copy_so_that_a_change_in_one_place_stays_there(read: Read, comment: str) -> None:
    document = read(f"{comment}one: &shared {{list: [1]}}\ntwo: *shared\nthree: [*shared]\n")

    document["two"]["list"].append(2)

    assert exact(document) == exact({"one": {"list": [1]}, "two": {"list": [1, 2]}, "three": [{"list": [1]}]})
    assert exact(read(documents.dump(document))) == exact(document)


@pytest.mark.parametrize("comment", COMMENTS)
def test_an_anchor_without_alias_is_dropped(read: Read, comment: str) -> None:
    document = read(f"{comment}a: &a true\nb: &b 1\nc: &c {{k: &d v}}\nd: &e [&f 1.5, &g null]\n")

    assert exact(document) == exact({"a": True, "b": 1, "c": {"k": "v"}, "d": [1.5, None]})
    assert "&" not in documents.dump(document)


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", (3, 1), "duplicate key 'a' in one object", id="duplicate-key"),
        pytest.param(
            "x:\n  - {a: 1, 'a': 2}\n", (2, 12), "duplicate key 'a' in one object", id="duplicate-key-in-flow"
        ),
        pytest.param("200: a\n'200': b\n", (2, 1), "duplicate key '200' in one object", id="duplicate-after-quoting"),
        pytest.param("a: {x: 1}\nb:\n  <<: {x: 1}\n", (3, 3), "merge keys (<<)", id="merge-key"),
        pytest.param("a: !custom 1\n", (1, 4), "the tag !custom is not JSON", id="own-tag"),
        pytest.param("a: !!str 12\n", (1, 4), "the tag tag:yaml.org,2002:str is not JSON", id="tag-of-a-scalar"),
        pytest.param(
            "a: !!str '12'\n", (1, 4), "the tag tag:yaml.org,2002:str is not JSON", id="tag-of-a-quoted-scalar"
        ),
        pytest.param("a:\n  - !!int twelve\n", (2, 5), "the tag tag:yaml.org,2002:int is not JSON", id="tag-that-lies"),
        pytest.param(
            "a: !!binary |\n  AAAA\n", (1, 4), "the tag tag:yaml.org,2002:binary is not JSON", id="tag-of-a-block"
        ),
        pytest.param("a: !!set {b}\n", (1, 4), "the tag tag:yaml.org,2002:set is not JSON", id="tag-of-an-object"),
        pytest.param("a: !!omap [b: 1]\n", (1, 4), "the tag tag:yaml.org,2002:omap is not JSON", id="tag-of-a-list"),
        pytest.param("!!str a: 1\n", (1, 1), "a key must be a string", id="tag-of-a-key"),
        pytest.param("a: 1\n[b]: 2\n", (2, 1), "a key must be a string", id="list-as-key"),
        pytest.param("? {b: 1}\n: 2\n", (1, 3), "a key must be a string", id="object-as-key"),
        pytest.param("a: .nan\n", (1, 4), ".nan is not JSON", id="nan"),
        pytest.param("a: .NaN\n", (1, 4), ".NaN is not JSON", id="nan-capitals"),
        pytest.param("a: [1, -.inf]\n", (1, 8), "-.inf is not JSON", id="infinity"),
        pytest.param("a: 1e400\n", (1, 4), "1e400 is not JSON", id="float-too-large"),
        pytest.param(f"a: {'9' * 5000}\n", (1, 4), "cannot be read: Exceeds the limit", id="integer-too-large"),
        pytest.param("a: 'open\nb: 1\n", (3, 1), "is not YAML: the quote in line ", id="open-quote"),
        pytest.param(
            "a:\n\tb: 1\n",
            (2, 1),
            "is not YAML: a tab in the indentation: indent with spaces",
            id="tab-as-indentation",
        ),
        pytest.param(
            "a: b: c\n", (1, 5), "is not YAML: two colons in one line: put the value in quotes", id="two-colons"
        ),
        pytest.param("a: [1\nb: 2\n", (2, 2), "is not YAML: the [ in line ", id="open-bracket"),
        pytest.param(
            "a: @b\n",
            (1, 4),
            "is not YAML: a value cannot start with '@': put it in quotes",
            id="reserved-character",
        ),
        pytest.param(
            "a: 1\n---\nb: 2\n",
            (2, 1),
            "a second document starts here (---): a file holds one",
            id="two-documents",
        ),
        pytest.param("a: *b\n", (1, 4), "unknown alias *b: there is no &b before it", id="unknown-alias"),
        pytest.param(
            "a: &x 1\nb: &x 2\n",
            (2, 4),
            "duplicate anchor &x: rename one of the two",
            id="duplicate-anchor",
        ),
        pytest.param(
            "a: 1\n  b: 2\n", (2, 4), "is not YAML: this line is indented deeper than", id="indented-below-a-value"
        ),
        pytest.param(
            "a:\n  b: 1\n c: 2\n",
            (3, 2),
            "is not YAML: wrong indentation: the keys of the object",
            id="between-columns",
        ),
        pytest.param(
            "- a\nb: 1\n", (2, 1), "is not YAML: wrong indentation: the items of the list", id="key-among-items"
        ),
        pytest.param("a: {x: 1\nb: 2\n", (2, 2), "is not YAML: the { in line ", id="open-brace"),
        pytest.param("a: [1]]\n", (1, 7), "is not YAML: ']' closes nothing: delete it", id="bracket-too-many"),
        pytest.param('a: "\\d"\n', (1, 5), "is not YAML: a backslash in double quotes", id="unknown-escape"),
        pytest.param("a: 1\nb\nc: 2\n", (3, 1), "is not YAML: a colon is missing after the key", id="no-colon"),
        pytest.param("a: - 1\n", (1, 4), "is not YAML: a list cannot start here", id="list-beside-a-key"),
        pytest.param("a: 1\nb: \x01\n", (2, 4), "is not YAML: the control character U+0001", id="control-character"),
        pytest.param("a: &a {b: *a}\n", (1, 11), "the alias *a is within its own anchor", id="endless-alias"),
        pytest.param("*a : 1\n", (1, 1), "a key must be a string", id="alias-as-key"),
    ],
)
def test_yaml_that_is_not_json_data_is_refused_with_its_place(
    read: Read, comment: str, text: str, place: tuple[int, int], reason: str
) -> None:
    line, column = place[0] + comment.count("\n"), place[1]

    with pytest.raises(DocumentError) as failure:
        read(comment + text)

    assert str(failure.value).startswith(f"{failure.value.path}:{line}:{column}: {reason}")
    assert failure.value.reason.startswith(reason)
    assert (failure.value.line, failure.value.column) == (line, column)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "the root must be an object", id="empty"),
        pytest.param(b"# only a comment\n", "the root must be an object", id="only-a-comment"),
        pytest.param(b"- a\n", "the root must be an object", id="list"),
        pytest.param(b"# comment\n- a\n", "the root must be an object", id="list-with-comment"),
        pytest.param(b"text\n", "the root must be an object", id="string"),
        pytest.param(b"a: \xff\n", "cannot be read: 'utf-8' codec", id="not-utf-8"),
    ],
)
def test_a_document_that_cannot_be_read_as_an_object_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(content)

    with pytest.raises(DocumentError) as failure:
        documents.load(path)

    assert str(failure.value).startswith(f"{path}: {reason}")
    assert failure.value.path == str(path)


@pytest.mark.parametrize("name", ["missing.yaml", "missing.json", ""], ids=["no-yaml", "no-json", "folder"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match=r"cannot be read: .*(No such file|Is a directory)") as failure:
        documents.load(tmp_path / name)

    assert str(failure.value).startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: |\n  x\n\u2028  y\n", "x\n\u2028y\n", id="in-a-block"),
        pytest.param("a: |\n  x\u2028  y\n", "x\u2028y\n", id="in-a-line"),
        pytest.param("a: 'x\x85y'\n", "x y", id="next-line"),
    ],
)
def test_the_rarest_line_breaks_are_read(read: Read, comment: str, text: str, value: str) -> None:
    assert exact(read(comment + text)) == exact({"a": value})


@pytest.mark.parametrize("name", ["spec.yaml", "spec.json"])
def test_a_byte_order_mark_is_no_part_of_the_document(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')

    assert exact(documents.load(path)) == exact({"a": 1})


def test_a_byte_order_mark_costs_no_comment(read: Read) -> None:
    assert documents.dump(read("\ufeff# comment\na: 1\n")) == "# comment\na: 1\n"


# --- all faults in one run, and bounds ---


def test_all_faults_that_can_be_read_over_are_reported_in_one_run(read: Read) -> None:
    with pytest.raises(CollectedError) as failure:
        read("a: 1\na: 2\nb: .nan\nc: !x 1\nd: {e: 1, e: 2}\nf: [\n")

    reported = [str(error).split(".yaml:")[1] for error in failure.value.errors]
    assert [message[: message.index(" ")] for message in reported] == ["2:1:", "3:4:", "4:4:", "5:11:", "7:1:"]
    assert str(failure.value).count("\n") == 4


LEVELS = yaml_reading.MAX_DEPTH
TOO_DEEP = r"is nested too deeply: at most \d+ levels"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "[" * 200_000, id="lists"),
        pytest.param("a: " + "{a: " * 200_000, id="objects"),
        pytest.param("a: " + "[" * LEVELS + "]" * LEVELS, id="one-too-many"),
        pytest.param("".join(f"{' ' * level}a:\n" for level in range(5000)), id="indentation"),
        pytest.param("- " * 5000, id="dashes"),
        pytest.param("a0: &a0 []\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200)), id="aliases"),
    ],
)
def test_a_document_that_is_nested_too_deeply_is_refused(read: Read, text: str) -> None:
    with pytest.raises(DocumentError, match=TOO_DEEP):
        read(text)


@pytest.mark.parametrize("name", ["spec.yaml", "spec.json"])
def test_the_deepest_document_is_read_and_written(tmp_path: Path, name: str) -> None:
    inner = LEVELS - 1
    text = '{"a": ' + "[" * inner + "]" * inner + "}"

    document = reread(tmp_path, text, name)

    assert exact(reread(tmp_path, documents.dump(documents.plain(document)))) == exact(json.loads(text))
    with pytest.raises(DocumentError, match=TOO_DEEP):
        reread(tmp_path, '{"a": ' + "[" * LEVELS + "]" * LEVELS + "}", name)


def test_aliases_that_stand_for_too_much_are_refused(read: Read) -> None:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)]

    with pytest.raises(DocumentError, match=r":\d+:\d+: the aliases stand for more than 1,000,000 values"):
        read(f"a0: &a0 [x]\n{''.join(lines)}")


@pytest.mark.parametrize("name", ["spec.yaml", "spec.json"])
def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 9)

    assert reread(tmp_path, '{"a": 10}', name) == {"a": 10}
    with pytest.raises(DocumentError, match="is too large: 10 bytes, and at most 9 are read"):
        reread(tmp_path, '{"a": 100}', name)


# --- reading JSON ---


def test_json_is_read_as_it_is_and_in_its_order(tmp_path: Path) -> None:
    text = '{"z": [1, 1.0, true, null, -2.5e-3, "\\ud83d\\ude00 # ü"], "a": {"200": {}, "": []}}'
    path = tmp_path / "spec.json"
    path.write_text(text, encoding="utf-8")

    assert exact(documents.load(path)) == exact(json.loads(text))


def test_json_is_yaml_too(read: Read) -> None:
    assert exact(read('{"b": {"200":[1, 1.0, "no", true]}, "a": null}')) == exact(
        {"b": {"200": [1, 1.0, "no", True]}, "a": None}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{"a": 1, "a": 2}', ": duplicate key 'a' in one object", id="duplicate-key"),
        pytest.param(
            '{"x": [{"b": 1, "a": 1, "a": 1}]}', ": duplicate key 'a' in one object", id="duplicate-key-inside"
        ),
        pytest.param('{"a": NaN}', ": NaN is not JSON", id="nan"),
        pytest.param('{"a": Infinity}', ": Infinity is not JSON", id="infinity"),
        pytest.param('{"a": [-Infinity]}', ": -Infinity is not JSON", id="minus-infinity"),
        pytest.param('{"a": 1e400}', ": 1e400 is not JSON", id="float-too-large"),
        pytest.param(f'{{"a": {"9" * 5000}}}', ": cannot be read: Exceeds the limit", id="integer-too-large"),
        pytest.param('{"a": "\\ud800"}', ": half of a surrogate pair", id="half-a-character"),
        pytest.param('{\n  "a": 1,\n  b: 2\n}', ":3:3: is not JSON: Expecting property name", id="unquoted-key"),
        pytest.param('{\n  "a": }', ":2:8: is not JSON: Expecting value", id="no-value"),
        pytest.param('{"a": 1} x', ":1:10: is not JSON: Extra data", id="text-after-the-end"),
        pytest.param('{"a": 1 // comment\n}', ":1:9: is not JSON: Expecting ',' delimiter", id="comment"),
        pytest.param("", ":1:1: is not JSON: Expecting value", id="empty"),
        pytest.param("[1]", ": the root must be an object", id="list"),
        pytest.param('{"a": ' + "[" * 100_000, ": is nested too deeply", id="too-deep"),
    ],
)
def test_json_that_leaves_something_open_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "spec.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DocumentError) as failure:
        documents.load(path)

    assert str(failure.value).startswith(f"{path}{message}")


# --- writing ---


HOUSE_STYLE = """\
# What the document is.
openapi: 3.0.3

info:
  title: 'A quoted title' # on the same line
  version: "1.0"
  description: |
    Two *lines* of **text**,

    # and a heading
  summary: >-
    folded
    text
paths:
  # before a key
  /pets:
    get:
      tags: [one, 'two']
      parameters:
        - name: limit # in an item
          in: query
          schema: {type: number, minimum: 1.50}

        # before an item
        - $ref: '#/components/parameters/page'
# at the end
"""


def test_comments_quotes_blocks_and_number_forms_stay_as_they_are(read: Read) -> None:
    assert documents.dump(read(HOUSE_STYLE)) == HOUSE_STYLE


def test_an_unquoted_response_code_is_written_quoted_so_that_everyone_reads_a_string(read: Read) -> None:
    written = documents.dump(read("# comment\nresponses:\n  200: # fine\n    description: OK\n"))

    assert written == "# comment\nresponses:\n  '200': # fine\n    description: OK\n"


def test_yaml_is_written_in_the_order_of_the_keys_with_text_in_blocks() -> None:
    document = {"z": {"b": "é", "a": []}, "a": ["one\ntwo\n", {}, [1]], "200": None}

    assert documents.dump(document) == (
        "z:\n  b: é\n  a: []\na:\n  - |\n    one\n    two\n  - {}\n  - - 1\n'200': null\n"
    )


@pytest.mark.parametrize("comment", COMMENTS)
def test_long_text_is_folded_at_the_line_width(read: Read, comment: str) -> None:
    document = read(f"{comment}a: 1\n")

    document["b"] = "word " * 100 + "end"
    written = documents.dump(document)

    assert 100 < max(map(len, written.splitlines())) <= LINE_WIDTH
    assert exact(read(written)) == exact(document)


@pytest.mark.parametrize("comment", COMMENTS)
def test_json_is_written_with_two_spaces_and_plain_letters(read: Read, comment: str) -> None:
    document = read(f"{comment}z: é\na: [1.50, null]\nb: {{200: true}}\n")

    assert documents.dump(document, as_json=True) == (
        '{\n  "z": "é",\n  "a": [\n    1.5,\n    null\n  ],\n  "b": {\n    "200": true\n  }\n}\n'
    )


LOOKALIKES = [
    *("no", "yes", "off", "true", "NULL", "~", "", "12", "-5", "1_0", "014", "09", "0o14", "0x1f", "0b1", "12:30"),
    *("1e3", "1.5e3", "1E-3", ".5", "5.", "+1", ".inf", ".NaN", "2026-01-31", "2026-01-31T10:00:00Z", "<<", "="),
    *("- a", "a: b", "a #b", "#a", "@a", "%a", "!a", "&a", "*a", "|", "'a'", '"a"', "[a]", "{a}", " a", "a ", "?"),
]


@pytest.mark.parametrize("text", LOOKALIKES)
def test_a_string_is_written_so_that_any_yaml_reader_takes_it_for_one(text: str) -> None:
    written = documents.dump({text: [text]})

    assert yaml.safe_load(written) == {text: [text]}


@pytest.mark.parametrize("text", ["y", "n", "Y", "N"])
def test_the_one_letter_booleans_of_yaml_1_1_are_quoted(text: str) -> None:
    assert documents.dump({"a": text}) == f"a: '{text}'\n"


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_value_that_stands_in_two_places_is_written_twice(read: Read, comment: str) -> None:
    document = read(f"{comment}a: 1\n")
    shared = {"list": ["text", {}]}

    document.update(one=shared, two=[shared, shared["list"]])
    written = documents.dump(document)

    assert written.count("text") == 3
    assert exact(read(written)) == exact({"a": 1, "one": shared, "two": [shared, shared["list"]]})


@pytest.mark.parametrize(
    "value",
    ["line\x85line", "\u2028", "\ufeffbom", "bell\x07", "cr\r\n", "😀\n", "trailing \nspace", "\n\n", " \n x"],
    ids=repr,
)
@pytest.mark.parametrize("comment", COMMENTS)
def test_unusual_characters_survive(read: Read, comment: str, value: str) -> None:
    document = read(f"{comment}a: 1\n")

    document["b"] = [value, {value: 1}]

    assert exact(read(documents.dump(document))) == exact({"a": 1, "b": [value, {value: 1}]})


def test_a_yaml_1_1_directive_changes_nothing(read: Read) -> None:
    document = read("%YAML 1.1\n---\n# comment\na: no\nb: 1e3\nc: 014\n")

    assert exact(document) == exact({"a": "no", "b": 1000.0, "c": "014"})
    assert exact(read(documents.dump(document))) == exact(document)


# --- the layout of the text ---

LAYOUT = """\
# head

a: "1" # beside a
# before b
b:   # beside b

  # before c
  c: [one, 'two']   # beside c
  d: {x: 1.50}
  # d was the last
e:
- name: p # beside p
  value: >-
    some
    text

# before the second item
- name: q
# tail
"""


def changed(text: str, change: Callable[[Any], object]) -> str:
    """What becomes of a text when its data change."""
    document, has_anchors = yaml_reading.read(text, Path("spec.yaml"))
    assert not has_anchors
    change(document)
    written = rewrite(text, document)
    assert written is not None
    assert exact(yaml_reading.read(written, Path("spec.yaml"))[0]) == exact(document)
    return written


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        pytest.param(lambda d: None, "", "", id="nothing"),
        pytest.param(lambda d: d.update(a="2"), '"1"', "'2'", id="scalar"),
        pytest.param(
            lambda d: d.update(a={"k": [1]}), ' "1" # beside a\n', " # beside a\n  k:\n    - 1\n", id="object"
        ),
        pytest.param(lambda d: d["b"].update(c=["one"]), "[one, 'two']", "[one]", id="flow-list"),
        pytest.param(lambda d: d["b"]["d"].update(z="s"), "{x: 1.50}", "{x: 1.50, z: s}", id="flow-object"),
        pytest.param(
            lambda d: d["b"]["d"].update(z="word " * 30 + "end"),
            " {x: 1.50}\n",
            f"\n    x: 1.5\n    z: >-\n      {'word ' * 22}word\n      {'word ' * 7}end\n",
            id="flow-object-that-is-long-now",
        ),
        pytest.param(
            lambda d: d["b"].update(p=None), "{x: 1.50}\n", "{x: 1.50}\n  p: null\n", id="added-before-the-last-comment"
        ),
        pytest.param(lambda d: d.update(p=1), "- name: q\n", "- name: q\np: 1\n", id="added-to-the-root"),
        pytest.param(lambda d: d.pop("a"), 'a: "1" # beside a\n', "", id="removed-with-its-comment"),
        pytest.param(
            lambda d: d["b"].pop("c"), "\n  # before c\n  c: [one, 'two']   # beside c\n", "", id="removed-with-lead"
        ),
        pytest.param(lambda d: d["e"].append("z"), "- name: q\n", "- name: q\n- z\n", id="item-added"),
        pytest.param(lambda d: d["e"].pop(), "\n# before the second item\n- name: q\n", "", id="last-item-removed"),
        pytest.param(
            lambda d: d["e"].pop(0),
            "- name: p # beside p\n  value: >-\n    some\n    text\n",
            "",
            id="first-item-removed",
        ),
        pytest.param(
            lambda d: d["e"][0].pop("name"), "- name: p # beside p\n  value", "- value", id="first-key-removed"
        ),
        pytest.param(
            lambda d: (d["e"][0].clear(), d["e"][0].update(x=1)),
            "- name: p # beside p\n  value: >-\n    some\n    text\n",
            "- x: 1\n",
            id="other-keys",
        ),
        pytest.param(
            lambda d: d["e"][0].update(value="other"),
            "value: >-\n    some\n    text\n",
            "value: other\n",
            id="block-text",
        ),
        pytest.param(lambda d: d["e"][1].clear(), "- name: q\n", "- {}\n", id="emptied"),
    ],
)
def test_only_what_changed_is_written_anew(change: Callable[[Any], object], old: str, new: str) -> None:
    assert LAYOUT.count(old) == 1 or not old

    assert changed(LAYOUT, change) == LAYOUT.replace(old, new)


def test_a_key_that_moves_takes_its_comments_along() -> None:
    text = "# head\na: 1\n# before b\nb: 2 # beside b\nc: 3\n"

    assert changed(text, lambda d: d.update(b=d.pop("b"))) == "# head\na: 1\nc: 3\n# before b\nb: 2 # beside b\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("? long\n: inner\n", id="explicit-key"),
        pytest.param("a: |\n  x\u2028  y\n", id="unusual-line-break"),
    ],
)
def test_a_layout_that_cannot_be_followed_is_none(text: str) -> None:
    assert rewrite(text, yaml_reading.read(text, Path("spec.yaml"))[0]) is None


def test_a_document_with_anchors_loses_its_layout(read: Read) -> None:
    assert documents.dump(read("# head\na: &x [1] # beside\nb: *x\n")) == "a:\n  - 1\nb:\n  - 1\n"


# --- round trips, with anything that JSON can say ---


_PIECES = [
    "no",
    "1e3",
    "12:30",
    "0o14",
    "#",
    " # x",
    ": ",
    "- ",
    "\n",
    "\n\n",
    " ",
    "\t",
    "a",
    "é",
    "😀",
    "\\",
    "'",
    '"',
]
_PIECES += ["<<", "|", "{", "]", "*a", "&a", "!t", "%", "---", "\x85", "\u2028", "\r", "\x00", "word " * 30]
_texts = st.lists(st.sampled_from(_PIECES), max_size=5).map("".join) | st.text(max_size=8)
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _texts
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4), max_leaves=10
)
_objects = st.dictionaries(_texts, _values, max_size=5)
_thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


def reread(folder: Path, text: str, name: str = "spec.yaml") -> dict[str, Any]:
    documents.write(folder / name, text)
    return documents.load(folder / name)


@_thorough
@given(document=_objects)
def test_what_is_written_as_yaml_reads_the_same(folder: Path, document: dict[str, Any]) -> None:
    written = documents.dump(document)

    again = reread(folder, written)

    assert exact(again) == exact(document)


@_thorough
@given(document=_objects)
def test_what_is_written_as_json_reads_the_same(folder: Path, document: dict[str, Any]) -> None:
    again = reread(folder, documents.dump(document, as_json=True), "spec.json")

    assert exact(again) == exact(document)


@_thorough
@given(document=_objects)
def test_with_comments_it_reads_the_same_and_is_written_the_same_again(folder: Path, document: dict[str, Any]) -> None:
    commented = reread(folder, f"# comment\n{documents.dump(document)}")
    written = documents.dump(commented)
    again = reread(folder, written)

    assert exact(commented) == exact(document)
    assert exact(again) == exact(document)
    assert documents.dump(again) == written


@_thorough
@given(
    document=_objects,
    text=st.sampled_from(["# top\n{}\n", "key: value # inline\n", "list:\n  - item # inline\n# end\n"]),
)
def test_whatever_is_added_between_comments_reads_the_same(folder: Path, document: dict[str, Any], text: str) -> None:
    commented = reread(folder, text)

    commented.update(document)

    assert exact(reread(folder, documents.dump(commented))) == exact(commented)


@st.composite
def _edits(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A text with comments wherever one may stand, and other data in part the same."""
    document = draw(_objects)
    lines = write_block(document).splitlines()
    if not any(line.rstrip().endswith(("|", "|-", "|+", ">-")) for line in lines):
        for index in draw(st.lists(st.integers(0, len(lines)), max_size=5)):
            lines.insert(index, draw(st.sampled_from(["# comment", "    # deeper", ""])))
    data, _ = yaml_reading.read("\n".join(lines), Path("spec.yaml"))

    def edit(node: Any) -> Any:
        match draw(st.integers(0, 9)), node:
            case 0, _:
                return draw(_values)
            case _, dict():
                kept = {key: edit(value) for key, value in node.items() if draw(st.integers(0, 4))}
                return kept | draw(st.dictionaries(_texts, _values, max_size=1))
            case _, list():
                return [edit(item) for item in node if draw(st.integers(0, 4))] + draw(st.lists(_values, max_size=1))
        return node

    result = edit(data)
    return "\n".join(lines) + "\n", result if isinstance(result, dict) else {"root": result}


@_thorough
@given(edit=_edits())
def test_whatever_changes_the_layout_holds_the_data(edit: tuple[str, dict[str, Any]]) -> None:
    text, document = edit

    written = rewrite(text, document)

    if written is not None:
        assert exact(yaml_reading.read(written, Path("spec.yaml"))[0]) == exact(document)


# --- garbage collection ---


@pytest.mark.parametrize("enabled", [True, False], ids=["enabled", "disabled"])
def test_the_collector_pauses_and_is_then_as_it_was(enabled: bool) -> None:
    @documents.uncollected()
    def fail() -> None:
        assert not gc.isenabled()
        raise ZeroDivisionError

    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(ZeroDivisionError):
            fail()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


# --- files ---


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_a_file_is_written_with_its_folders_and_readable_to_all(tmp_path: Path) -> None:
    path = tmp_path / "one" / "two" / "out.yaml"

    documents.write(path, "é\n\n")

    assert path.read_bytes() == "é\n\n".encode()
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.yaml"
    path.write_text("a much longer text than the new one", encoding="utf-8")

    documents.write(path, "new")

    assert files(tmp_path) == {"out.yaml": "new"}


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.yaml"
    path.write_text("original", encoding="utf-8")

    with pytest.raises(UnicodeEncodeError):
        documents.write(path, "x" * 100_000 + "\ud800")

    assert files(tmp_path) == {"out.yaml": "original"}


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=["error", "interrupted"])
def test_a_write_that_fails_at_its_last_step_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(source: Path, target: Path) -> Path:
        assert source.read_text(encoding="utf-8") == "new"
        assert target == path
        raise error

    path = tmp_path / "out.yaml"
    path.write_text("original", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(type(error)):
        documents.write(path, "new")

    assert files(tmp_path) == {"out.yaml": "original"}


# --- nodes ---


@pytest.mark.parametrize("comment", COMMENTS)
def test_plain_is_a_deep_copy_in_the_types_of_json(read: Read, comment: str) -> None:
    document = read(comment + "a: 'x'\nb: |\n  y\nc: [1, 1.50, 1e3, true, null]\nd: {200: {}}\n")

    copy = documents.plain(document)

    assert exact(copy) == exact(document)
    assert {type(node) for _, node in documents.walk(copy)} == {dict, list, str, int, float, bool, type(None)}
    copy["c"].append(2)
    copy["d"]["200"]["new"] = 1
    assert exact([document["c"], document["d"]]) == exact([[1, 1.5, 1000.0, True, None], {"200": {}}])


def test_walk_visits_every_node_parents_first_in_document_order() -> None:
    document = {"b": [{"x": 1}, "y"], "a": {"": None}, "c": []}

    assert list(documents.walk(document)) == [
        ((), document),
        (("b",), [{"x": 1}, "y"]),
        (("b", "0"), {"x": 1}),
        (("b", "0", "x"), 1),
        (("b", "1"), "y"),
        (("a",), {"": None}),
        (("a", ""), None),
        (("c",), []),
    ]


@pytest.mark.parametrize(
    ("keys", "pointer"),
    [
        ((), ""),
        (("paths", "/pets/{id}", "get"), "/paths/~1pets~1{id}/get"),
        (("m~n",), "/m~0n"),
        (("~1",), "/~01"),
        (("/~",), "/~1~0"),
        (("list", "0"), "/list/0"),
        (("a", "", "b"), "/a//b"),
        (('quote"', "back\\slash", "per%cent", " "), '/quote"/back\\slash/per%cent/ '),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_json_pointer_escapes_as_rfc_6901_says(keys: tuple[str, ...], pointer: str) -> None:
    assert documents.json_pointer(keys) == pointer


def follow(document: Any, pointer: str) -> object:
    """The node that an RFC 6901 pointer leads to."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[key] if isinstance(document, Mapping) else document[int(key)]
    return document


@_thorough
@given(document=st.dictionaries(st.text("~/01a", max_size=4), _values, max_size=4))
def test_the_pointer_of_every_node_below_the_root_leads_to_it(document: dict[str, Any]) -> None:
    for keys, node in list(documents.walk(document))[1:]:
        assert follow(document, documents.json_pointer(keys)) is node


# --- places ---


@pytest.mark.parametrize("name", ["spec.yaml", "spec.json"])
@pytest.mark.parametrize(
    ("keys", "line", "depth"),
    [
        ((), 1, 0),
        (("a",), 2, 1),
        (("a", "b"), 3, 2),
        (("a", "b", "1"), 5, 3),
        (("a", "b", "1", "200"), 5, 4),
        (("a", "b", "9"), 3, 2),
        (("a", "x", "b"), 2, 1),
        (("c", "b"), 8, 1),
        (("x",), 1, 0),
    ],
)
def test_the_line_of_the_deepest_node_on_the_way_is_found(
    tmp_path: Path, name: str, keys: tuple[str, ...], line: int, depth: int
) -> None:
    path = tmp_path / name
    path.write_text('{\n"a": {\n "b": [\n  1,\n  {"200": 2}\n ]\n},\n"c": 1\n}\n', encoding="utf-8")

    assert documents.locate(path, keys) == (line, depth)


def test_json_that_is_not_yaml_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text('{\n\t"a":\t1}', encoding="utf-8")

    assert documents.locate(path, ("a",))[0] in {1, 2}


def test_the_smallest_and_largest_numbers_survive_between_comments(read: Read) -> None:
    numbers = [5e-324, math.nextafter(math.inf, 0), 0.1 + 0.2, 1e16, 1e-7, -0.0, 10**30]
    literals = ", ".join(map(repr, numbers))

    assert exact(read(documents.dump(read(f"# comment\na: [{literals}]\n")))) == exact({"a": numbers})
