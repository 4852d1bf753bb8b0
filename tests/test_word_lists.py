"""Word lists lie in data files that say what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

LISTS = sorted((Path(__file__).resolve().parents[1] / "stylus_core").rglob("*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_every_list_says_what_it_is(path: Path) -> None:
    if "license" not in path.name:
        first = path.read_text(encoding="utf-8").split("\n\n")[0]
        about = [line for line in first.splitlines() if line.startswith("# ")]
        assert len(" ".join(about)) > 60
