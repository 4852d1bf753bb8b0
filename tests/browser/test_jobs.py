"""The switch in the header, and the panel after a job: what it shows is what that job used."""

from __future__ import annotations

import threading

import pytest

from stylus_webui import panel_jobs, runtime
from stylus_webui.options import CONTROLS
from tests.browser.test_panel import ANSWER, chips, click, show, unfold, write
from tests.clock import HANG, until

SWITCH = "#stylus_txt2img_panel-visible-checkbox"
OWN_SWITCH = "#stylus_txt2img_panel-switch input"


def waits_for(page, text, tab="txt2img"):
    page.wait_for_function(
        "([sel, text]) => document.querySelector(sel).innerText.includes(text)",
        arg=[f"#stylus_{tab}_answer", text],
    )


def generate(page, host, tab="txt2img"):
    """The prompt of the job that a click on Generate made, once it is done."""
    before = len(host.parts[tab]["jobs"])
    page.locator(f"#{tab}_generate").click()
    done(page, before + 1, tab)
    return host.parts[tab]["jobs"][-1].all_prompts[0]


def done(page, number, tab="txt2img"):
    page.wait_for_selector(f'#{tab}_gallery img[alt="picture {number}"]', state="attached")


# -- the switch --------------------------------------------------------------------------------------------------------


def is_on(page, switch):
    header = page.locator("#stylus_txt2img_panel .label-wrap").first
    return header.locator("input").is_checked() and page.locator(switch).is_visible()


def test_a_closed_header_shows_the_switch_and_folding_leaves_it(zoo, serve, shot):
    page = serve()
    write(page, "a fox")
    assert not is_on(page, SWITCH)
    unfold(page)
    assert not is_on(page, SWITCH)
    page.locator(SWITCH).check()
    assert is_on(page, SWITCH)
    page.locator("#stylus_txt2img_panel .label-wrap").first.click(position={"x": 200, "y": 8})
    page.wait_for_selector("#stylus_txt2img_show", state="hidden")
    assert is_on(page, SWITCH)
    shot(page, "closed-on")
    assert generate(page, zoo) == "a fox <lora:red_fox_v2:0.8>"
    page.locator(SWITCH).uncheck()
    assert page.locator("#stylus_txt2img_show").is_hidden()
    assert generate(page, zoo) == "a fox"


def test_a_host_without_such_a_header_gets_our_switch(host, serve, monkeypatch, shot):
    from modules import ui_components

    monkeypatch.delattr(ui_components, "InputAccordion")
    host.adapter("red_fox_v2", word="fox")
    host.start()
    page = serve()
    write(page, "a fox")
    page.wait_for_selector(f"#stylus_txt2img_panel .label-wrap {OWN_SWITCH}")
    page.locator(OWN_SWITCH).check()
    assert page.locator("#stylus_txt2img_show").is_hidden() and is_on(page, OWN_SWITCH)
    shot(page, "own-switch")
    assert generate(page, host) == "a fox <lora:red_fox_v2:0.8>"
    unfold(page)
    assert is_on(page, OWN_SWITCH)
    assert page.problems == []


def test_picks_that_are_shown_while_it_is_off_offer_to_switch_it_on(zoo, serve, shot):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow")
    show(page)
    chips(page, 2)
    waits_for(page, "edits have no effect")
    shot(page, "off")
    assert generate(page, zoo) == "a fox in the snow"
    waits_for(page, "the last picture was made without it")
    show(page)
    chips(page, 2)
    page.locator(f'{ANSWER} button[data-stylus="on"]').click()
    page.wait_for_function("document.querySelector('#stylus_txt2img_panel-visible-checkbox').checked")
    page.wait_for_function(f"!document.querySelector('{ANSWER}').innerText.includes('Stylus is off')")
    assert generate(page, zoo) == "a fox in the snow <lora:red_fox_v2:0.8> <lora:deep_snow:0.8>"


def test_switching_on_by_hand_takes_the_sentence_away(zoo, serve):
    page = serve()
    unfold(page)
    write(page, "a fox")
    show(page)
    waits_for(page, "Stylus is off")
    page.locator(SWITCH).check()
    page.wait_for_selector(f"{ANSWER} .stylus-off", state="hidden")


def test_switching_off_by_hand_says_what_that_means(zoo, serve):
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox")
    show(page)
    chips(page, 1)
    assert page.locator(f"{ANSWER} .stylus-off").is_hidden()
    page.locator(SWITCH).uncheck()
    page.wait_for_selector(f"{ANSWER} .stylus-off", state="visible")
    waits_for(page, "Generate uses none of these picks")


# -- jobs --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def same_line(host, monkeypatch):
    """Every job takes as long as the one before."""
    monkeypatch.setattr(host.ui, "log_line", lambda number, processed: "Time taken: 0.1 sec.")


def test_a_job_is_shown_though_the_log_says_the_same_and_another_prompt_is_typed(zoo, same_line, serve, monkeypatch):
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox")
    generate(page, zoo)
    assert chips(page, 1) == ["red_fox_v2"]
    write(page, "much snow under the moon")
    asked = threading.Event()
    zoo.core.hold = threading.Event()
    run = zoo.core.select
    monkeypatch.setattr(zoo.core, "select", lambda *a, **k: (asked.set(), zoo.core.hold.wait(HANG), run(*a, **k))[-1])
    page.locator("#txt2img_generate").click()
    assert asked.wait(HANG)
    write(page, "a fox")
    zoo.core.hold.set()
    done(page, 2)
    assert chips(page, 2) == ["deep_snow", "full_moon"]


def test_jobs_of_others_are_not_shown(zoo, same_line, serve, monkeypatch):
    """Two browser tabs with one prompt, and a job of the API between them."""
    first, second = serve(), None
    unfold(first)
    first.locator(SWITCH).check()
    write(first, "a fox in the snow")
    show(first)
    chips(first, 2)
    click(first, "remove", "deep_snow")
    chips(first, 1)
    generate(first, zoo)
    second = first.context.new_page()
    second.goto(first.url)
    second.wait_for_selector("#stylus_txt2img_panel")
    unfold(second)
    second.locator(SWITCH).check()
    write(second, "a fox in the snow")
    generate(second, zoo)
    assert chips(second, 2) == ["red_fox_v2", "deep_snow"]
    zoo.generate("under the moon", is_api=True)
    zoo.generate("under the moon")
    asked = []
    outcome = runtime.get().outcome
    monkeypatch.setattr(runtime.get(), "outcome", lambda *job: (asked.append(job), outcome(*job))[-1])
    for page, shown in ((first, ["red_fox_v2"]), (second, ["red_fox_v2", "deep_snow"])):
        before = len(asked)
        page.evaluate("document.querySelector('#stylus_txt2img_after').click()")
        until(lambda before=before: len(asked) > before, "the question for a job that is done")
        page.wait_for_timeout(1000)  # for an answer that would change the page
        assert chips(page, len(shown)) == shown


def test_a_page_that_is_loaded_anew_shows_what_its_last_job_used(zoo, serve, shot):
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox in the snow")
    generate(page, zoo)
    chips(page, 2)
    page.reload()
    page.wait_for_selector("#stylus_txt2img_panel")
    waits_for(page, "the last picture before the page was loaded anew")
    unfold(page)
    assert chips(page, 2) == ["red_fox_v2", "deep_snow"]
    waits_for(page, "Stylus is off")
    shot(page, "reloaded")
    page.locator(SWITCH).check()
    write(page, "under the moon")
    generate(page, zoo)
    assert chips(page, 1) == ["full_moon"]
    assert "loaded anew" not in page.locator(ANSWER).first.inner_text()


def test_a_job_that_ends_after_its_page_was_loaded_anew_is_shown(zoo, serve):
    page = serve()
    write(page, "a fox")
    unfold(page)
    page.locator(SWITCH).check()
    zoo.core.held = threading.Event()
    page.locator("#txt2img_generate").click()
    assert zoo.core.selecting.wait(HANG)
    page.reload()
    page.wait_for_selector("#stylus_txt2img_panel")
    page.wait_for_function("document.querySelector('#stylus_txt2img_page textarea').value !== ''")
    zoo.core.held.set()
    until(lambda: zoo.parts["txt2img"]["jobs"], "the job")
    page.evaluate("document.querySelector('#stylus_txt2img_after').click()")
    assert chips(page, 1) == ["red_fox_v2"]


def test_a_job_that_begins_before_the_server_knows_its_page_is_shown(zoo, serve, monkeypatch):
    known, answer = threading.Event(), panel_jobs.opened
    monkeypatch.setattr(panel_jobs, "opened", lambda *given: (known.wait(HANG), answer(*given))[1])
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox")
    generate(page, zoo)
    known.set()
    assert chips(page, 1) == ["red_fox_v2"]


def test_a_page_that_is_opened_beside_another_shows_nothing_of_it(zoo, serve):
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox")
    generate(page, zoo)
    chips(page, 1)
    with page.context.expect_page() as opened:
        page.evaluate("window.open(location.href)")  # such a tab gets a copy of what the browser keeps for this one
    other = opened.value
    other.wait_for_function("document.querySelector('#stylus_txt2img_page textarea')?.value")
    mine, its = (p.locator("#stylus_txt2img_page textarea").first.input_value() for p in (page, other))
    assert mine != its
    assert other.locator(f"{ANSWER} .stylus-answer, {ANSWER} .stylus-note").count() == 0


# -- to img2img --------------------------------------------------------------------------------------------------------


def to_img2img(page, target="img2img"):
    page.locator(f"#txt2img_send_to_{target}").click()
    page.wait_for_function("document.querySelector('#img2img_prompt textarea').value !== ''")
    page.get_by_text("img2img", exact=True).first.click()
    page.locator("#stylus_img2img_panel .label-wrap").first.click()


@pytest.mark.parametrize("target", ["img2img", "inpaint"])
def test_picks_go_along_to_img2img(zoo, serve, shot, target):
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox in the snow")
    show(page)
    chips(page, 2)
    click(page, "remove", "deep_snow")
    chips(page, 1)
    made = generate(page, zoo)
    assert chips(page, 1) == ["red_fox_v2"]
    to_img2img(page, target)
    waits_for(page, "were taken along", "img2img")
    said = page.locator("#stylus_img2img_answer .stylus-answer .stylus-note")
    assert [text.split(".")[0] for text in said.all_inner_texts()] == [
        "The picks of the txt2img picture were taken along"
    ]
    # the page draws the switch a moment after the sentence
    page.wait_for_selector("#stylus_img2img_panel-visible-checkbox:checked", state="attached")
    shot(page, "taken", "#stylus_img2img_panel")
    assert generate(page, zoo, "img2img") == made


def test_picks_that_are_not_known_any_more_stay_behind(zoo, serve):
    page = serve()
    write(page, "a fox")
    to_img2img(page)
    waits_for(page, "stay behind", "img2img")
    assert not page.locator("#stylus_img2img_panel-visible-checkbox").is_checked()


# -- the rest ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["a __colour__ fox", "a {red|white} fox"])
def test_a_template_is_called_one(zoo, serve, prompt):
    page = serve()
    unfold(page)
    page.locator(SWITCH).check()
    write(page, prompt)
    show(page)
    waits_for(page, "The prompt is a template")
    assert chips(page, 1) == ["red_fox_v2"]


def test_the_panel_with_three_picks_fits_a_laptop(zoo, serve, shot):
    page = serve(viewport={"width": 1366, "height": 768})
    unfold(page)
    page.locator(SWITCH).check()
    write(page, "a fox in the snow under the moon")
    show(page)
    chips(page, 3)
    shot(page, "laptop")
    box = page.locator("#stylus_txt2img_panel").bounding_box()
    assert box["height"] <= 600
    for part in ("max_adapters", "strength", "restraint", "trigger_words"):
        assert page.locator(f"#stylus_txt2img_{part}").is_visible()
    for part in ("composer", "variants", "include_tags"):
        assert page.locator(f"#stylus_txt2img_{part}").is_hidden()


def test_each_help_is_one_line_on_a_laptop(zoo, serve, shot):
    page = serve(viewport={"width": 1280, "height": 800})
    page.add_style_tag(content="#stylus_txt2img_panel { width: 600px !important; }")  # the host's column
    unfold(page)
    for part in ("more", "pool"):
        page.locator(f"#stylus_txt2img_{part} .label-wrap").first.click()
    for option in CONTROLS[1:]:
        page.wait_for_selector(f"#stylus_txt2img_{option.name}", state="visible")
        lines = page.evaluate(
            """([id, help]) => {
                const all = [...document.querySelectorAll(`#stylus_txt2img_${id} *`)];
                const text = document.createRange();
                text.selectNodeContents(all.filter((e) => e.textContent.trim() === help).pop());
                return new Set([...text.getClientRects()].map((r) => Math.round(r.top))).size;
            }""",
            [option.name, option.hint or option.help],
        )
        assert (option.name, lines) == (option.name, 1)
    shot(page, "helps")


def test_the_architecture_is_named(zoo, serve):
    class Sdxl(zoo.sd_models.Checkpoint):
        def __init__(self):
            super().__init__("sdxl")
            self.sd_checkpoint_info = type("Info", (), {"filename": "/m/waiIllustrious.safetensors", "title": ""})()

    zoo.sd_models.reload_model_weights(Sdxl())
    page = serve()
    unfold(page)
    page.locator("#stylus_txt2img_more .label-wrap").click()
    line = "#stylus_txt2img_checkpoint"
    page.wait_for_function(
        "([sel, text]) => document.querySelector(sel).textContent.includes(text)",
        arg=[line, "the checkpoint's: Stable Diffusion XL, Illustrious."],
    )
