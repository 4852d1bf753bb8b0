"""The page of the vote in real Chromium: two keys, a reload, several raters, a server that goes away."""

from __future__ import annotations

import contextlib
import json
import re

import pytest

from stylus_study.study.study_folder import StudyFolder
from stylus_study.vote.preference_vote import summary
from tests.browser.conftest import OUT
from tests.study import colours, sample
from tests.study.voting import served


@pytest.fixture
def visit(chromium):
    contexts = []

    def go(url, **view):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **view})
        contexts.append(context)
        page = context.new_page()
        page.problems, page.addresses = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda said: page.problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda request: page.addresses.append(request.url))
        page.set_default_timeout(60_000)
        page.goto(url)
        page.wait_for_selector("#start:not([hidden]), #who:not([hidden])")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def ada(tmp_path, visit):
    """Opens the page of a study and begins as Ada; gives the page and its address."""
    stack = contextlib.ExitStack()

    def begin(prompts, seeds=(1,)):
        colours.make(tmp_path / "s", prompts, seeds=seeds)
        url = stack.enter_context(served(tmp_path / "s"))
        page = visit(url)
        start(page, "Ada")
        return page, url

    begin.end = stack.close
    yield begin
    stack.close()


def start(page, name):
    page.locator("#rater").fill(name)
    page.keyboard.press("Enter")
    settled(page)


def settled(page, done=None):
    # The page's policy keeps Playwright's own functions from being evaluated in it; selectors do without.
    page.wait_for_selector("body[aria-busy=false]")
    if done is not None:
        page.locator("#progress", has_text=re.compile(rf"^{done} of")).wait_for()


def shown(page):
    """The colours of the two pictures."""

    def one(side):
        return page.evaluate(
            """id => { const image = byId(id), canvas = document.createElement("canvas");
            canvas.width = canvas.height = 1; const pen = canvas.getContext("2d"); pen.drawImage(image, 0, 0, 1, 1);
            const [r, g, b] = pen.getImageData(0, 0, 1, 1).data; return r > b ? "red" : "blue"; }""",
            side,
        )

    return {side: one(side) for side in ("left", "right")}


def test_two_keys_are_enough(tmp_path, ada):
    page, url = ada(4)
    for done in range(3):
        settled(page, done)
        sides = shown(page)
        assert sorted(sides.values()) == ["blue", "red"]
        page.keyboard.press("ArrowLeft" if sides["left"] == "red" else "ArrowRight")
    settled(page, 3)
    before = page.locator("#left").get_attribute("src")
    page.reload()
    settled(page, 3)
    assert page.locator("#left").get_attribute("src") == before  # the same pair after a reload, nobody asked again
    page.keyboard.press("ArrowUp")
    settled(page, 2)
    page.keyboard.press("ArrowDown")
    settled(page, 3)
    page.locator(f"#{'left' if shown(page)['left'] == 'red' else 'right'}").click()
    settled(page, 4)
    assert page.locator("#done").is_visible() and not page.locator("#pair").is_visible()
    assert page.problems == []
    assert {address.split("/")[2] for address in page.addresses} == {url.split("/")[2]}
    ada.end()
    (row,) = json.loads((tmp_path / "s" / "votes.json").read_text())["rows"]
    assert (row["wins"], row["losses"], row["ties"]) == (3, 0, 1)


def test_a_held_key_is_one_vote(ada):
    page, _ = ada(6)
    for _ in range(6):
        page.keyboard.down("ArrowLeft")  # repeats after the first, as a held key does
    page.keyboard.up("ArrowLeft")
    settled(page, 1)
    page.wait_for_timeout(200)
    assert page.locator("#progress").inner_text().startswith("1 of")


def test_nothing_on_the_page_names_a_system(tmp_path, ada):
    page, _ = ada(3, seeds=(1, 2))
    pictures = StudyFolder(tmp_path / "s").pictures()
    for done in range(6):
        settled(page, done)
        sent = page.content() + "".join(page.addresses)
        for picture in pictures:
            for word in (picture.path.stem, picture.sha256, f"In {picture.cell.system}"):
                assert word not in sent
        page.keyboard.press("ArrowLeft")
    settled(page, 6)
    assert page.problems == []


def test_another_rater_begins_afresh(tmp_path, ada):
    page, _ = ada(3)
    page.keyboard.press("ArrowLeft")
    settled(page, 1)
    page.locator("#other").click()
    settled(page)
    start(page, "<b>Ben</b>")
    settled(page, 0)
    assert page.locator("#name").inner_text() == "<b>Ben</b>"
    page.keyboard.press("ArrowRight")
    settled(page, 1)
    assert summary(tmp_path / "s")["raters"] == 2


def test_a_server_that_ended_is_told_and_nothing_is_lost(tmp_path, ada):
    page, _ = ada(3)
    page.keyboard.press("ArrowLeft")
    settled(page, 1)
    ada.end()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#error:not([hidden])")
    assert "stylus study vote" in page.locator("#error").inner_text()
    assert summary(tmp_path / "s")["votes"] == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_looks_as_it_should(tmp_path, visit, scheme):
    """Pictures for people to look at; nothing may be outside of the window, whatever shape the pictures have."""
    folder = sample.make(tmp_path / "s", sample.plan(4, (7.0,)), size=512, results=False)
    OUT.mkdir(exist_ok=True)
    with served(folder) as url:
        page = visit(url, color_scheme=scheme)
        page.screenshot(path=OUT / f"vote-start-{scheme}.png")
        start(page, "Ada")
        page.screenshot(path=OUT / f"vote-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        page.set_viewport_size({"width": 420, "height": 800})
        page.screenshot(path=OUT / f"vote-narrow-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.locator("#undo").is_disabled()
        assert page.problems == []
