"""The panel's "Your own pictures" in a browser: learning, folders, corrections, forgetting."""

from __future__ import annotations

import pytest

from stylus_core.history.records import OwnUse
from stylus_webui import settings
from tests.browser.test_panel import chips, click, generate, show, unfold, write

PART = "#stylus_txt2img_own_part"
LISTS = "#stylus_txt2img_own_lists"


@pytest.fixture
def pictured(zoo):
    """A host with two folders of pictures, of which one is large."""
    for kind, found in (("txt2img", (4812, 31, 2)), ("img2img", (207, 0, 0))):
        folder = zoo.folder / "outputs" / f"{kind}-images"
        folder.mkdir(parents=True)
        zoo.shared.opts.data[f"outdir_{kind}_samples"] = str(folder)
        zoo.core.history.pictures[str(folder)] = found
    zoo.core.history.used["red_fox_v2"] = OwnUse(41, 12, 1_772_366_400.0, (0.5, 0.65, 0.8), (("deep_snow", 9),))
    return zoo


def opened(page):
    unfold(page)
    page.locator(f"{PART} .label-wrap").first.click()
    page.wait_for_selector("#stylus_txt2img_own_learn", state="visible")


def told(page, text):
    page.wait_for_function(
        "([part, text]) => document.querySelector(part).textContent.includes(text)", arg=[PART, text]
    )


def press(page, action, name=None):
    of = "" if name is None else f'[data-name="{name}"]'
    page.locator(f'{LISTS} button[data-stylus="{action}"]{of}').first.click()


def test_learn_switch_and_forget(pictured, serve, shot):
    page = serve()
    opened(page)
    told(page, "It is off: nothing is read")
    shot(page, "own-pictures-off", PART)
    folder = str(pictured.folder / "outputs" / "img2img-images")
    press(page, "own-off", folder)
    told(page, "switched off")
    page.locator("#stylus_txt2img_own_learn").click()
    told(page, "4,812 pictures are learned from; 31 say nothing of how they were made and 2 cannot be read.")
    assert settings.learns() and not pictured.core.history.kept[folder].on
    press(page, "own-on", folder)
    page.wait_for_function(
        "lists => document.querySelectorAll(`${lists} button[data-stylus='own-off']`).length === 2", arg=LISTS
    )
    assert page.locator(f'{LISTS} button[data-stylus="own-forget"]').first.is_hidden()
    shot(page, "own-pictures-learned", PART)
    page.locator(f"{LISTS} > * > .stylus-own-forget summary, {LISTS} .stylus-own-forget summary").last.click()
    press(page, "own-forget", "")
    told(page, "It is forgotten.")
    assert pictured.core.history.forgotten == [None] and not settings.learns() and page.problems == []


def test_clicks_are_learned_shown_and_undone(pictured, serve, shot):
    page = serve()
    opened(page)
    page.locator("#stylus_txt2img_own_learn").click()
    told(page, "5,019 pictures are learned from")
    write(page, "a fox in the snow under the moon")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    assert len(chips(page, 3)) == 3
    reason = page.locator('#stylus_txt2img_answer [data-name="red_fox_v2"] .stylus-reason')
    assert "In 41 pictures of yours, last on 2026-03-01, at 0.5 to 0.8, often with deep_snow." in reason.text_content()
    reason.click()
    shot(page, "own-pictures-chip", "#stylus_txt2img_answer .stylus-answer")
    click(page, "remove", "deep_snow")
    assert chips(page, 2) == ["red_fox_v2", "full_moon"]
    told(page, "What I learned from your corrections (1)")
    page.locator(f"{LISTS} .stylus-own-corrections summary").click()
    shot(page, "own-pictures-corrections", PART)
    press(page, "own-undo")
    page.wait_for_selector(f"{LISTS} .stylus-own-corrections", state="detached")
    assert pictured.core.history.said == []
    assert "deep_snow" not in generate(page, pictured)  # this prompt's own edit stays
    assert page.problems == []
