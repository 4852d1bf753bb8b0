"""What the page of a history shows, and that nothing in it does anything."""

from __future__ import annotations

import re
import stat
import sys
from datetime import datetime
from html.parser import HTMLParser

import pytest

from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import Correction, LearnedFolder
from stylus_core.history.report_page import report_page, write_report
from stylus_core.history.time_columns import day, time_columns
from stylus_core.history.use_report import use_report
from tests.history.own import NAMES, ids, own

EVIL = "\"'><img src=x onerror=alert(1)></title></style><script>alert(1)</script>\x00\u202e\ud800"


def at(year, month, date=15):
    return datetime(year, month, date, 12).timestamp()


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.open, self.seen, self.attributes, self.words = [], set(), set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag not in ("meta", "path", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "rect"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_uses_are_counted_by_column_and_pictures_between_first_and_last_are_spread():
    prompts = [
        own("a", AdapterUse("fox", 0.8), pictures=5, since=at(2025, 1), at=at(2025, 5)),
        own("b", AdapterUse("fox", 0.4), AdapterUse("snow"), at=at(2025, 12)),
        own("c", AdapterUse("nothing")),
    ]
    prompts[2:] = [own("c", pictures=2, at=at(2025, 6))]
    report = use_report(prompts, ids, NAMES)
    assert report.time.step == "month"
    assert report.time.labels == tuple(f"2025-{month:02}" for month in range(1, 13))
    fox, snow = report.adapters
    assert (fox.name, fox.columns) == ("fox", (1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1))
    assert fox.weights == ((0.4, 1), (0.8, 5)) and fox.use.weights == (0.4, 0.8, 0.8)
    assert (snow.name, sum(snow.columns)) == ("snow", 1)
    assert report.pairs == (("fox", "snow", 1),)
    assert (report.pictures, report.bare, report.prompts, report.library) == (8, 2, 3, 4)


@pytest.mark.parametrize(
    ("first", "last", "step", "columns", "label"),
    [
        ((2025, 3, 3), (2025, 3, 20), "week", 3, "2025-03-03"),
        ((2025, 1, 31), (2026, 3, 1), "month", 15, "2025-01"),
        ((2020, 2, 1), (2026, 3, 1), "quarter", 25, "2020 Q1"),
        ((2004, 2, 29), (2026, 3, 1), "year", 23, "2004"),
    ],
)
def test_the_shortest_step_of_which_few_enough_are_needed(first, last, step, columns, label):
    time = time_columns([own("a", at=at(*first)), own("b", at=at(*last))])
    assert (time.step, len(time.starts), time.labels[0], time.before) == (step, columns, label, 0)
    assert list(time.starts) == sorted(set(time.starts))


def test_a_picture_with_a_wrong_date_does_not_stretch_the_axis():
    prompts = [own("old", at=86400.0), own("a", pictures=120, at=at(2025, 1)), own("b", pictures=9, at=at(2025, 3))]
    time = time_columns(prompts)
    assert (len(time.labels), time.before) == (9, 1) and time.step == "week"
    assert sum(time.spread(prompts[0]).values()) == 0 and sum(time.spread(prompts[1]).values()) == 120


def test_times_that_no_calendar_has():
    assert day(1e300) == day(float("nan")) == day(0.0) == "at an unknown time"
    assert time_columns([own("a", at=1e300)]).labels == time_columns([]).labels == ()


def full(name="fox", prompt="a red fox"):
    names = {1: name, 2: "snow"}
    prompts = [
        own(prompt, AdapterUse("fox", 0.8, picked=True), AdapterUse("snow", -9.0), pictures=3, at=at(2025, 2)),
        own("b", AdapterUse("fox", 1.0), at=at(2025, 4)),
    ]
    corrections = [
        Correction(1, at(2025, 4), prompt, name, "", "weighed", 0.55),
        Correction(2, 0.0, "c", name, "", name),
    ]
    return use_report(prompts, ids, names, [LearnedFolder(name, True, 4, 1, 2, at(2025, 4))], corrections)


def test_the_page_has_every_part():
    page = Tags(report_page(full()))
    assert page.open == []
    for words in ("What you use", "Over time", "Used most", "Combinations", "Corrections", "Learned folders"):
        assert words in page.words
    assert {"svg", "rect", "table"} <= page.seen and "weighed 0.55" in page.words and "2025-04-15" in page.words


@pytest.mark.parametrize(
    "report", [use_report([], ids, {}), use_report([own("a", pictures=3)], ids, NAMES)], ids=["empty", "bare"]
)
def test_without_uses_the_page_says_so(report):
    page = Tags(report_page(report))
    assert "stylus learn FOLDER" in page.words and "svg" not in page.seen and page.open == []


def test_hostile_names_prompts_and_folders_stay_text():
    page = report_page(full(EVIL, EVIL * 50))
    tags = Tags(page)
    assert not tags.seen & {"script", "img", "iframe", "link"}
    assert not any(name.startswith("on") for name in tags.attributes) and tags.open == []
    assert not re.search("[\x00-\x08\u202a-\u202e\ud800-\udfff]", page)
    assert "<img src=x onerror=alert(1)>" in tags.words  # as text


def test_the_page_fetches_nothing():
    page = report_page(full())
    assert "default-src 'none'" in page and not re.search(r"(?:src|href|url)\s*[=(]", page.replace("default-src", ""))


def test_the_file_is_whole_and_this_users_alone(tmp_path):
    file = tmp_path / "mine.html"
    file.write_text("old")
    write_report(file, full(EVIL))
    assert file.read_text("utf-8") == report_page(full(EVIL))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.html"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(OSError, match="nowhere"):
        write_report(tmp_path / "nowhere" / "mine.html", full())
