"""Which file imports which: no circles, and a picture that is up to date. The directions are in `make lint`."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from benchmarks.draw_imports import DOCUMENT, imports_of_files, mermaid, of_rooms, reduced, written

pytest.importorskip("grimp", reason="import-linter is not installed")


def test_no_file_imports_itself_over_others() -> None:
    TopologicalSorter(imports_of_files()).prepare()  # CycleError names the files of a circle


def test_the_picture_of_the_imports_is_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert written(text) == text, "run `make architecture`"


def test_arrows_that_follow_from_others_are_not_drawn() -> None:
    rooms = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert reduced(rooms) == {"a": ["b"], "b": ["c"], "c": []}
    assert mermaid(reduced(rooms)).splitlines() == [
        "```mermaid",
        "flowchart TD",
        "    a --> b",
        "    b --> c",
        "    c",
        "```",
    ]


def test_files_are_put_together_to_rooms() -> None:
    files = {
        "stylus_core.x.one": {"stylus_core.x.two", "stylus_core.y"},
        "stylus_core.x.two": set(),
        "stylus_core.y": set(),
    }
    assert of_rooms(files) == {"stylus_core.x": {"stylus_core.y"}, "stylus_core.y": set()}
