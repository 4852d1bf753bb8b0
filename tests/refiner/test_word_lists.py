"""The files of words that the refiner and the library read."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.word_lists import read_words

CORE = Path(__file__).parents[2] / "stylus_core"
FILES = sorted([*(CORE / "refiner" / "words").iterdir(), CORE / "library" / "meaningless_names.txt"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_what_it_is_and_who_reads_it(path: Path) -> None:
    head = "\n".join(line for line in path.read_text(encoding="utf-8").partition("[")[0].split("\n"))
    assert all(line.startswith("#") for line in head.split("\n") if line)
    readers = [module for module in CORE.rglob("*.py") if module.name in " ".join(head.split())]
    assert readers and "Source:" in head and "Format:" in head
    assert any(path.name in reader.read_text(encoding="utf-8") or reader.stem == path.stem for reader in readers)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_list_is_empty_and_no_entry_stands_there_twice(path: Path) -> None:
    lists = read_words(path)
    assert lists
    for name, words in lists.items():
        assert words and len(set(words)) == len(words), name


def test_how_lists_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("# a comment\n\n[fish]\npike, river trout,\n# another\nperch\n[birds]\nhen\n", encoding="utf-8")
    assert read_words(path) == {"fish": ("pike", "river trout", "perch"), "birds": ("hen",)}
