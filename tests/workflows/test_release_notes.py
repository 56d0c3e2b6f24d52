"""What a release says of itself: the section of the changelog, and only if it is one of a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.ci import release_notes
from scripts.specs.project import ROOT

CHANGELOG = """# Changelog

For users.

## 1.2.0 (2026-12-31)

**Breaking**: see [the page](docs/page.md), [the API](https://api.example/x), [above](#x) and [the root](/x).

```markdown
## 1.1.0 (2026-01-01)
[code](docs/code.md)
```

## 1.1.0 (2026-11-30)

* Fixed.

## 1.0.0 (unreleased)

* First.

## 0.9.0 (2026-10-01)
"""


def project(folder: Path, version: str, changelog: str = CHANGELOG) -> Path:
    """A project that has nothing but a version and a changelog."""
    (folder / "pyproject.toml").write_text(f'[project]\nname = "x"\nversion = "{version}"\n', encoding="utf-8")
    (folder / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    return folder


def run(root: Path, *arguments: str) -> int:
    """Run ``python -m scripts.ci.release_notes`` on a project, in this process."""
    return release_notes.main(["--root", str(root), *arguments])


def test_the_notes_are_the_section_of_the_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project(tmp_path, "1.1.0"), "--tag", "v1.1.0") == 0
    assert capsys.readouterr().out == "* Fixed.\n"


def test_a_heading_in_code_is_no_heading_and_relative_links_lead_to_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project(tmp_path, "1.2.0"), "--links", "https://github.example/o/r/blob/abc/") == 0
    assert capsys.readouterr().out == (
        "**Breaking**: see [the page](https://github.example/o/r/blob/abc/docs/page.md), "
        "[the API](https://api.example/x), [above](#x) and [the root](/x).\n\n"
        "```markdown\n## 1.1.0 (2026-01-01)\n[code](https://github.example/o/r/blob/abc/docs/code.md)\n```\n"
    )


@pytest.mark.parametrize(
    ("version", "arguments", "reason"),
    [
        ("1.1.0", ["--tag", "v1.1"], "the tag is v1.1, but the version in pyproject.toml is 1.1.0: its tag is v1.1.0"),
        ("1.1.0", ["--tag", "1.1.0"], "its tag is v1.1.0"),
        ("1.3.0", [], "needs one section for 1.3.0 and has 0: its heading is ## 1.3.0 (YYYY-MM-DD)"),
        ("1.0.0", [], "does not say when 1.0.0 was released, but (unreleased): its heading is ## 1.0.0 (YYYY-MM-DD)"),
        ("0.9.0", [], "says nothing about 0.9.0"),
    ],
)
def test_what_cannot_be_released_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, arguments: list[str], reason: str
) -> None:
    assert run(project(tmp_path, version), *arguments) == 1

    printed = capsys.readouterr()
    assert printed.err.startswith("release_notes: ")
    assert printed.err.endswith(f"{reason}\n")
    assert printed.out == ""


def test_two_sections_of_one_version_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice = "## 1.0.0 (2026-01-01)\n\n* A.\n\n## 1.0.0 (2026-01-02)\n\n* B.\n"

    assert run(project(tmp_path, "1.0.0", twice)) == 1
    assert "needs one section for 1.0.0 and has 2" in capsys.readouterr().err


def test_the_changelog_of_this_project_can_be_released_once_it_has_a_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = release_notes.version(ROOT)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert run(project(tmp_path, version, changelog.replace("(unreleased)", "(2026-12-31)"))) == 0
    assert capsys.readouterr().out
