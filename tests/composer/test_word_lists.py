"""The files of words that the composer and the rewriter read."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.word_lists import read_words

CORE = Path(__file__).parents[2] / "stylus_core"
FILES = sorted(path for room in ("composer", "rewriter") for path in (CORE / room / "words").iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_what_it_is_and_who_reads_it(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition("\n[")[0]
    assert all(line.startswith("#") for line in head.split("\n") if line)
    assert f"Read by {path.stem}.py" in " ".join(head.replace("#", " ").split())
    assert path.name in (path.parents[1] / f"{path.stem}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_list_is_empty_and_no_entry_stands_there_twice(path: Path) -> None:
    lists = read_words(path)
    assert lists
    for name, words in lists.items():
        assert words and len(set(words)) == len(words), name
