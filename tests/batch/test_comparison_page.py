"""The page that compares the pairs."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from stylus_study.batch.comparison_page import write_comparison

EVIL = '</h2><script>alert("x")</script><img src=x onerror=alert(1)>'


class ComparisonPageParser(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def record(pair: str, side: str, **more: Any) -> dict[str, Any]:
    name = f"{pair}{side}"
    return {
        "id": name,
        "pair": pair,
        "side": side,
        "prompt": "a fox",
        "seed": 7,
        "file": f"pictures/{name}.png",
        **more,
    }


def page(folder: Path, *records: dict[str, Any]) -> ComparisonPageParser:
    return ComparisonPageParser(write_comparison(folder, records).read_text(encoding="utf-8"))


def test_pairs_stand_side_by_side_with_picks_and_reasons(tmp_path: Path) -> None:
    pick = {"name": "fox_v2", "weight": 0.8, "keyword": "fox", "reason": "it was made for foxes", "title": "Fox"}
    found = page(tmp_path, record("a", "without"), record("b", "without"), record("a", "with", picks=[pick]))
    images = found.of("img")
    assert [i["src"] for i in images] == ["pictures/awithout.png", "pictures/awith.png", "pictures/bwithout.png"]
    assert all(i["loading"] == "lazy" and i["alt"] for i in images)
    words = " ".join(found.words)
    for said in (
        "fox_v2",
        "0.8",
        "fox",
        "it was made for foxes",
        "seed 7",
        "not made yet",
        "2 pairs",
        "1 got adapters",
    ):
        assert said in words


def test_nothing_of_a_record_is_markup_and_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    pick = {"name": EVIL, "weight": EVIL, "keyword": EVIL, "reason": EVIL, "title": EVIL}
    more = {"prompt": EVIL, "name": EVIL, "labels": {"Note": EVIL}, "infotext": EVIL, "notes": [EVIL]}
    found = page(
        tmp_path, record("a", "with", picks=[pick], options={"composer": EVIL}, **more), record("a", "without", **more)
    )
    assert not found.of("script") and not found.of("link")
    assert len(found.of("img")) == 2
    assert not any(name.startswith("on") for _, attrs in found.tags for name in attrs)
    assert found.words.count(EVIL) >= 6
    assert all(not str(i["src"]).startswith(("http", "/")) for i in found.of("img"))


def test_a_page_without_pictures_is_a_page(tmp_path: Path) -> None:
    assert "0 pairs" in " ".join(page(tmp_path).words)


@pytest.mark.parametrize("odd", [5, "x", {}, [5, None, "x"], [{"weight": 10**400}], [{"weight": float("nan")}], [[]]])
def test_a_record_of_nonsense_breaks_no_page(tmp_path: Path, odd: Any) -> None:
    found = page(tmp_path, record("a", "with", picks=odd, notes=odd, labels=odd, options=odd, infotext=odd))
    assert len(found.of("img")) == 1
