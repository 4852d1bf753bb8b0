"""Taking, pinning, banning and looking for adapters in the panel, in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.test_panel import chips, click, generate, show, unfold, write

ANSWER, FOUND = "#stylus_txt2img_answer", "#stylus_txt2img_found"
PROMPT = "a fox in the snow under the moon"


def opened(page, prompt=PROMPT):
    unfold(page)
    write(page, prompt)
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    return page


def unfold_part(page, part):
    page.locator(f"#stylus_txt2img_{part} .label-wrap").first.click()


def find(page, query):
    field = page.locator("#stylus_txt2img_query :is(input, textarea)")
    field.fill(query)
    field.press("Enter")


def hits(page, told):
    """Stems of the hits, once the line above them is there."""
    page.wait_for_function("([sel, told]) => document.querySelector(sel).textContent.includes(told)", arg=[FOUND, told])
    return page.locator(f"{FOUND} .stylus-hit").evaluate_all("all => all.map(e => e.dataset.name)")


def press_hit(page, action, name):
    page.locator(f'{FOUND} button[data-stylus="{action}"][data-name="{name}"]').click()


def prompt_of(page):
    return page.locator("#txt2img_prompt textarea").input_value()


def test_one_that_was_nearly_picked_is_used_and_stays_with_its_words(zoo, serve):
    page = serve()
    unfold(page)
    field = page.locator("#stylus_txt2img_max_adapters input[type=number]")
    field.fill("1")
    field.blur()
    write(page, PROMPT)
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    assert chips(page, 1) == ["red_fox_v2"]
    page.locator(f"{ANSWER} .stylus-nearly > summary").click()
    page.locator(f'{ANSWER} .stylus-nearly button[data-stylus="use"][data-name="full_moon"]').click()
    assert chips(page, 2) == ["red_fox_v2", "full_moon"]
    assert generate(page, zoo) == f"{PROMPT} <lora:red_fox_v2:0.8> <lora:full_moon:0.66>"
    write(page, "a red fox and the moon")
    assert generate(page, zoo).endswith("<lora:red_fox_v2:0.8> <lora:full_moon:0.66>")
    assert page.problems == []


def test_the_tags_go_into_the_prompt_box_and_generate_leaves_them_alone(zoo, serve):
    page = opened(serve())
    chips(page, 3)
    page.locator(f'{ANSWER} button[data-stylus="write"]').click()
    page.wait_for_function("document.querySelector('#txt2img_prompt textarea').value.includes('<lora:')")
    written = prompt_of(page)
    assert written == f"{PROMPT} <lora:red_fox_v2:0.8> <lora:deep_snow:0.8> <lora:full_moon:0.8>"
    assert generate(page, zoo) == written


def test_a_pin_survives_a_reload_and_is_the_same_in_both_tabs(zoo, serve):
    page = opened(serve(), "a fox")
    chips(page, 1)
    click(page, "pin", "red_fox_v2")
    page.wait_for_selector(f'{ANSWER} button[data-stylus="unpin"][data-name="red_fox_v2"]')
    page.reload()
    page.wait_for_selector("#stylus_txt2img_panel")
    page.wait_for_timeout(1000)
    page.get_by_text("img2img", exact=True).first.click()
    page.locator("#stylus_img2img_panel").locator("button.label-wrap, .label-wrap").first.click()
    page.locator("#img2img_prompt textarea").fill("much snow")
    page.locator("#stylus_img2img_panel-visible-checkbox").check()
    assert generate(page, zoo, "img2img") == "much snow <lora:red_fox_v2:0.8> <lora:deep_snow:0.8>"


def test_a_chip_stays_where_it_is_when_it_is_pinned(zoo, serve):
    page = opened(serve())
    before = chips(page, 3)
    page.locator(f'{ANSWER} button[data-stylus="pin"][data-name="{before[2]}"]').click()
    page.wait_for_selector(f'{ANSWER} button[data-stylus="unpin"]')
    assert chips(page, 3) == before
    page.locator(f'{ANSWER} button[data-stylus="unpin"]').click()
    page.wait_for_selector(f'{ANSWER} button[data-stylus="unpin"]', state="detached")
    assert chips(page, 3) == before


def test_one_that_was_removed_and_banned_is_told_to_be_banned(zoo, serve):
    page = opened(serve())
    page.locator(f'{ANSWER} button[data-stylus="remove"][data-name="deep_snow"]').click()
    page.wait_for_selector(f'{ANSWER} button[data-stylus="restore"]')
    chip = page.locator(f'{ANSWER} .stylus-chip[data-name="deep_snow"]')
    chip.locator("summary").click()
    chip.locator('button[data-stylus="ban"]').click()
    page.locator(f"{ANSWER} p").get_by_text("deep_snow is banned: it is never picked.").wait_for()
    page.locator(f"{ANSWER} p").get_by_role("button", name="Lift the ban: deep_snow").click()
    page.wait_for_selector(f'{ANSWER} button[data-stylus="restore"][data-name="deep_snow"]')


def test_what_is_banned_can_be_lifted_later(zoo, serve, shot):
    page = opened(serve(), "a fox in the snow")
    chips(page, 2)
    click(page, "ban", "red_fox_v2")
    chips(page, 1)
    page.reload()
    page.wait_for_selector("#stylus_txt2img_panel")
    page.wait_for_timeout(1000)
    unfold(page)
    unfold_part(page, "for_good")
    lift = page.locator('#stylus_txt2img_kept button[data-stylus="unban"][data-name="red_fox_v2"]')
    lift.wait_for(state="visible")
    shot(page, "banned", "#stylus_txt2img_for_good")
    lift.click()
    page.wait_for_function("document.querySelector('#stylus_txt2img_kept').textContent.includes('nothing is banned')")
    assert zoo.shared.opts.data["stylus_banned"] == ""


@pytest.fixture
def large(host):
    for number in range(30):
        host.adapter(f"animal_{number:02}", word=f"beast {number}", title=f"Animal {number}")
    host.adapter("red_fox_v2", word="fox", title="Red Fox")
    return host.start()


def test_the_library_is_looked_through_in_pages(large, serve, shot):
    page = serve()
    unfold(page)
    unfold_part(page, "search")
    find(page, "")
    assert len(hits(page, "1 to 12 of 31")) == 12
    shot(page, "search", "#stylus_txt2img_search")
    page.locator("#stylus_txt2img_forward").click()
    assert hits(page, "13 to 24 of 31")[0] == "animal_12"
    page.locator("#stylus_txt2img_forward").click()
    assert hits(page, "25 to 31 of 31")[-1] == "red_fox_v2"
    assert page.locator("#stylus_txt2img_forward").is_disabled()
    page.locator("#stylus_txt2img_back").click()
    assert hits(page, "13 to 24 of 31")[0] == "animal_12"
    find(page, "fox")
    assert hits(page, "1 to 1 of 1") == ["red_fox_v2"]
    assert "its name has these words" in page.locator(FOUND).first.text_content()
    find(page, "unicorn")
    assert hits(page, "Nothing is found") == []
    assert page.problems == []


def test_a_hit_is_used_and_pinned(large, serve):
    page = opened(serve(), "a quiet house")
    unfold_part(page, "search")
    find(page, "animal_07")
    hits(page, "1 to 1 of 1")
    press_hit(page, "use", "animal_07")
    assert chips(page, 1) == ["animal_07"]
    page.locator(f'{FOUND} button[data-stylus="use"]').get_by_text("In use").wait_for()
    assert generate(page, large) == "a quiet house <lora:animal_07:0.8>"
    press_hit(page, "pin", "animal_07")
    page.wait_for_selector(f'{FOUND} button[data-stylus="unpin"]')
    write(page, "something else")
    assert generate(page, large) == "something else <lora:animal_07:0.8>"
    press_hit(page, "unpin", "animal_07")
    page.wait_for_selector(f'{FOUND} button[data-stylus="pin"]')
    assert generate(page, large) == "something else"


@pytest.mark.parametrize("width", [390, 1100])
def test_hits_are_no_wider_than_the_page(large, serve, shot, width):
    page = serve(viewport={"width": width, "height": 900})
    unfold(page)
    unfold_part(page, "search")
    find(page, "animal")
    hits(page, "1 to 12 of 30")
    spilt = page.locator(f"{FOUND} *").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().right > window.innerWidth).length"
    )
    assert spilt == 0
    shot(page, f"search-{width}", "#stylus_txt2img_search")
