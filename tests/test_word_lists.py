"""Word lists lie in data files that say what they are, whatever room they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.word_lists import read_words
from tests.sources import ROOT, modules

FILES = sorted(path for path in (ROOT / "stylus_core").rglob("*.txt") if "license" not in path.name)
#: Those with named lists, which `read_words` reads; the others have a word a line.
LISTS = [path for path in FILES if "\n[" in path.read_text(encoding="utf-8")]


def _head(path: Path) -> str:
    """The comment that a file begins with."""
    lines = path.read_text(encoding="utf-8").partition("\n[")[0].split("\n")
    return " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_says_what_it_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ") and len(_head(path)) > 60


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_file_says_who_reads_it(path: Path) -> None:
    """One of the modules that its head names has the file's name in it."""
    named = [module for module in modules("stylus_core") if module.name in _head(path)]
    assert any(path.name in module.read_text(encoding="utf-8") or module.stem == path.stem for module in named)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_no_list_is_empty_and_no_entry_stands_there_twice(path: Path) -> None:
    lists = read_words(path)
    assert lists
    for name, words in lists.items():
        assert words and len(set(words)) == len(words), name


def test_how_lists_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# a comment\n\n[fish]\npike, river trout,\n# another\nperch\n[birds]\nhen\n", encoding="utf-8")
    assert read_words(path) == {"fish": ("pike", "river trout", "perch"), "birds": ("hen",)}
