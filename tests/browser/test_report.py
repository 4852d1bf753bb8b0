"""The report of a study in real Chromium, opened from the disk. Its pictures are those of the docs."""

from __future__ import annotations

import shutil

import pytest

from stylus_study.report import build
from stylus_study.study.types import StudySystem
from tests.browser.conftest import OUT
from tests.study import sample

EVIL = "<img src=x onerror=\"document.title='hit'\">"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report that was moved away from its study."""
    study = sample.make(tmp_path_factory.mktemp("study"), sample.plan(30, (3.0, 5.0, 7.0, 9.0)))
    shutil.move(build(study).parent, tmp_path_factory.mktemp("moved") / "report")
    shutil.rmtree(study)
    return tmp_path_factory.getbasetemp().glob("moved*/report/index.html").__next__()


@pytest.fixture
def visit(chromium):
    contexts = []

    def go(path, **view):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **view})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda said: page.problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("requestfailed", lambda request: page.problems.append(request.url))
        page.set_default_timeout(60_000)
        page.goto(path.as_uri())
        page.wait_for_selector("#g-list article")
        return page

    yield go
    for context in contexts:
        context.close()


def count(page, said):
    page.wait_for_function("said => document.getElementById('g-count').textContent === said", arg=said)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_and_every_picture_loads(report, visit, scheme):
    page = visit(report, color_scheme=scheme)
    OUT.mkdir(exist_ok=True)
    page.screenshot(
        path=OUT / f"report-{scheme}.png", full_page=True, clip={"x": 0, "y": 0, "width": 1280, "height": 1400}
    )
    page.locator("#g-list article").last.scroll_into_view_if_needed()
    assert page.locator("#g-list article").count() == 12
    pictures = page.locator("#g-list img")
    assert pictures.count() == 48
    for number in range(48):
        pictures.nth(number).scroll_into_view_if_needed()
    page.wait_for_function(
        "[...document.querySelectorAll('#g-list img')].every(i => i.complete && i.naturalWidth === 256)"
    )
    page.locator("#pictures").scroll_into_view_if_needed()
    page.screenshot(path=OUT / f"report-gallery-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.problems == []


def test_the_gallery_filters_and_turns_pages(report, visit):
    page = visit(report)
    count(page, "30 of 30 prompts")
    where = page.locator(".pager .where").first
    assert where.inner_text() == "page 1 of 3"
    far = page.locator("#g-list img").last  # it loads once it is looked at, and has its place before
    assert far.evaluate("i => i.clientHeight === i.clientWidth && i.clientWidth > 0")
    page.locator(".pager .after").last.click()
    page.locator(".pager .after").first.click()
    assert where.inner_text() == "page 3 of 3" and page.locator("#g-list article").count() == 6
    assert page.locator(".pager .after").first.is_disabled()

    page.locator("#g-differs").check()
    count(page, "24 of 30 prompts")
    assert where.inner_text() == "page 1 of 2"
    page.locator("#g-text").fill("FOX  low_poly")
    count(page, "1 of 30 prompts")
    assert page.locator("#g-list h3").inner_text() == "a red fox, at dawn, low poly"
    assert page.locator("#g-list figure").nth(2).locator("li").inner_text().split("\n") == [
        "low_poly_v2 0.8 for “low poly”",
        "Low Poly Style",
        "its description names low poly",
    ]
    page.locator("#g-text").fill("nothing like this")
    count(page, "0 of 30 prompts")
    page.locator("#g-text").fill("")
    count(page, "24 of 30 prompts")

    first = page.locator("#g-list img").first
    before = first.get_attribute("src")
    page.locator("#g-cfg").select_option(label="9")
    assert first.get_attribute("src") != before
    page.locator("#g-systems input").nth(1).uncheck()
    assert page.locator("#g-list article").first.locator("figure").count() == 3
    assert page.problems == []


def test_hostile_texts_do_nothing(tmp_path, visit):
    study = sample.plan(
        name=EVIL, systems=(sample.SYSTEMS[0], StudySystem("evil", EVIL)), prompts=(("0000", EVIL),), cfgs=(7.0,)
    )
    pick = {"name": EVIL, "title": "t" + EVIL, "weight": 1, "keyword": EVIL, "reason": EVIL}
    page = visit(build(sample.make(tmp_path, study, size=64, picks=[pick], notes=[EVIL], used_prompt=EVIL)))
    # By keyboard: pictures that load meanwhile may move a place between a button's going down and up.
    page.locator("#g-list summary").last.press("Enter")
    shown = page.locator("#g-list pre").last
    shown.wait_for()
    assert shown.inner_text() == EVIL
    assert page.title() == f"{EVIL} · Stylus study"
    assert page.locator("img[onerror]").count() == 0
    assert page.problems == []


def test_a_thousand_prompts_stay_quick(tmp_path, visit):
    study = sample.plan(1000, (7.0,), seeds=(1,), systems=(sample.SYSTEMS[0], sample.SYSTEMS[3]))
    page = visit(build(sample.make(tmp_path, study, size=16)))
    count(page, "1000 of 1000 prompts")
    took = page.evaluate(
        """() => { const start = performance.now(); const box = document.getElementById("g-differs");
        box.click(); return performance.now() - start; }"""
    )
    assert took < 500  # milliseconds, for the whole list to be filtered and a page to be drawn
    count(page, "800 of 1000 prompts")
    assert page.locator("#g-list img").count() == 24 and page.problems == []
