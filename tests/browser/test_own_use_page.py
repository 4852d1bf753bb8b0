"""The page of a user's own pictures in real Chromium, opened from the disk."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import Correction, LearnedFolder, OwnPrompt
from stylus_core.history.report_page import write_report
from stylus_core.history.use_report import use_report
from tests.browser.conftest import OUT

EVIL = "<img src=x onerror=\"document.title='hit'\">"
NAMES = dict(enumerate(["detail_tweaker", "ink_wash", EVIL, *(f"lora_{n}_{'long_' * 12}" for n in range(60))]))
NEWEST = datetime(2026, 3, 1, 12).timestamp()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    chance = random.Random(1)
    prompts = []
    for number in range(2000):
        at = NEWEST - 86400 * 500 * chance.random()
        found = {min(len(NAMES) - 1, int(chance.expovariate(0.1))) for _ in range(chance.randint(0, 3))}
        adapters = tuple(AdapterUse(str(id_), round(chance.gauss(0.7, 0.2), 1)) for id_ in sorted(found))
        prompts.append(OwnPrompt(number, f"{EVIL} {number}", adapters, "", chance.randint(1, 5), at, at))
    corrections = [Correction(1, NEWEST, EVIL * 20, EVIL, "", "removed")]
    folders = [LearnedFolder("/pictures/" + "deep/" * 40 + EVIL, True, 2000, 3, 1, NEWEST)]
    file = tmp_path_factory.mktemp("report") / "own.html"
    write_report(file, use_report(prompts, lambda use: (int(use.name),), NAMES, folders, corrections))
    return file


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 400)])
def test_it_opens_in_light_and_dark_and_on_a_small_screen(page_file, chromium, scheme, width):
    problems = []
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("console", lambda said: problems.append(said.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if request.url != page_file.as_uri() else None)
    page.goto(page_file.as_uri())
    OUT.mkdir(exist_ok=True)
    page.screenshot(path=OUT / f"own-pictures-{scheme}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title() == "Your own pictures · Stylus" and page.locator("img").count() == 0
    bars = page.locator("#time svg rect")
    assert bars.count() > 50
    assert len({bars.nth(n).evaluate("bar => getComputedStyle(bar).fill") for n in range(7)}) == 7
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(253, 253, 252)", "dark": "rgb(22, 24, 28)"}[scheme]
    tops = page.evaluate("[...document.querySelectorAll('#adapters tbody th')].map(cell => cell.innerText)")
    assert EVIL in tops and len(tops) == 40
    assert problems == []
    context.close()
