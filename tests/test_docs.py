"""The Python in the documentation runs, block after block as a reader would type it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/stability.md", "docs/tutorial.md")


def python_in(text):
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_code_runs(page, tmp_path, monkeypatch, capsys):
    blocks = python_in((ROOT / page).read_text(encoding="utf-8"))
    assert blocks
    (tmp_path / "tests").symlink_to(ROOT / "tests", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102 (what is tested)
    assert capsys.readouterr().out
    if page == "docs/tutorial.md":
        assert list(tmp_path.glob("out/*.cif"))


def test_no_other_page_has_code_that_nobody_runs():
    with_code = {
        str(path.relative_to(ROOT))
        for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
        if python_in(path.read_text(encoding="utf-8"))
    }
    assert with_code == set(PAGES)


@pytest.mark.parametrize("page", [path.name for path in (ROOT / "docs").glob("*.md")])
def test_files_that_a_page_names_are_there(page):
    """Paths from the root, as in ``disgen/cif/``, but for what commands write."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:disgen|tests|configs|pages|assets|docs)/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
