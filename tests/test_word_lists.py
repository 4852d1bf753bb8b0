"""Word lists lie in data files that say what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.word_lists import read_words

LISTS = sorted((Path(__file__).resolve().parents[1] / "stylus_core").rglob("*.txt"))


def test_lists_have_names_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text(
        "# Of weather [all of it].\n[wet]\nrain, wet snow\n\n[hot]\nsun\n# not yet\nжара\n[cold]\n", "utf-8"
    )
    assert read_words(path) == {"wet": ("rain", "wet snow"), "hot": ("sun", "жара"), "cold": ()}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_every_list_says_what_it_is(path: Path) -> None:
    if "license" not in path.name:
        first = path.read_text(encoding="utf-8").split("\n\n")[0]
        about = [line for line in first.splitlines() if line.startswith("# ")]
        assert len(" ".join(about)) > 60
