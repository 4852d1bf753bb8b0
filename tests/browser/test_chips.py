"""The chips of the panel: what they show, where, and what the page sends for each click and key."""

from __future__ import annotations

import random
import threading

import pytest
from PIL import Image, ImageDraw

from stylus_core.types import Pick, Selection
from stylus_webui import chips as html
from tests.clock import HANG

PANEL, ANSWER = "#stylus_txt2img_panel", "#stylus_txt2img_answer"
PROMPT = "a red fox in deep snow under the full moon, watercolour"
MOON = "full_moon_over_the_mountains_v1.5_final"
LONG = "It adds snow. " + "Its author says that it works best at night and with few other adapters beside it. " * 6


@pytest.fixture
def zoo(host, tmp_path):
    rows = (
        ("red_fox_v2", "red fox", "Red Fox, the animal | SDXL", "#c2570c", 0.93, {"model_id": 7, "version_id": 9}),
        ("deep_snow", "snow", "Deep Snow", "#9db8d6", 0.61, {}),
        (MOON, "moon", "Full Moon over the Mountains", "#1e2a55", 0.34, {}),
    )
    for name, word, title, colour, chance, more in rows:
        picture = Image.new("RGB", (400, 600), colour)
        draw = ImageDraw.Draw(picture)
        draw.ellipse((110, 60, 290, 240), fill="#f3e3c3")
        draw.rectangle((150, 240, 250, 560), fill="#33241a")
        picture.save(tmp_path / f"{name}.png")
        host.adapter(name, word=word, title=title, preview=str(tmp_path / f"{name}.png"), **more)
        host.core.chances[name] = chance
    return host.start()


def opened(page, prompt=PROMPT, picks=3):
    """The panel with an answer for the prompt; what the page sends from now on is in `window.sent`."""
    page.locator(f"{PANEL} .label-wrap").first.click()
    page.wait_for_selector("#stylus_txt2img_show", state="visible")
    page.locator("#txt2img_prompt textarea").fill(prompt)
    page.locator("#stylus_txt2img_show").click()
    page.wait_for_function(
        "([sel, n]) => document.querySelectorAll(sel).length === n", arg=[f"{ANSWER} .stylus-chip", picks]
    )
    page.evaluate(
        """() => {
            window.sent = [];
            const update = updateInput;
            updateInput = (field) => { sent.push(JSON.parse(field.value)); update(field); };
        }"""
    )
    return page


def chip(page, name):
    return page.locator(f'{ANSWER} .stylus-chip[data-name="{name}"]')


def button(page, name, action):
    return chip(page, name).locator(f'button[data-stylus="{action}"]')


def settled(page):
    """All that was clicked was answered."""
    page.wait_for_function("document.querySelector('#stylus_txt2img_answer').getAttribute('aria-busy') === 'false'")


def sent(page, count):
    page.wait_for_function("n => window.sent.length >= n", arg=count)
    return page.evaluate("window.sent")


def box(locator):
    found = locator.bounding_box()
    return [round(found[side]) for side in ("x", "y", "width", "height")]


def test_a_chip_has_all_there_is_to_know(zoo, serve):
    page = opened(serve())
    fox, moon = chip(page, "red_fox_v2"), chip(page, MOON)
    width, height = box(fox.locator("img"))[2:]
    assert width >= 112 and height >= 112
    natural = fox.locator("img").evaluate("e => [e.naturalWidth, e.naturalHeight]")
    assert natural[0] >= 112 and natural[1] >= 112
    assert fox.locator(".stylus-title").text_content() == "1Red Fox, the animal | SDXL"
    assert fox.locator(".stylus-keyword").text_content() == "red fox"
    assert fox.locator(".stylus-reason").is_visible()
    assert fox.locator('input[type="number"]').input_value() == "0.8"
    told = [chip(page, name).locator(".stylus-sure").text_content() for name in zoo.core.chances]
    assert told == ["sure", "likely", "a guess"]
    assert moon.locator(".stylus-sure").get_attribute("title").startswith("34% sure")
    assert page.problems == []


@pytest.mark.parametrize("width", [1280, 840])  # of the page, and of the column that AUTOMATIC1111 has for it
def test_three_picks_fit_a_laptop(zoo, serve, width):
    page = opened(serve(viewport={"width": width, "height": 768}), prompt=PROMPT + ", masterpiece, best quality" * 20)
    assert box(page.locator(f"{ANSWER} .stylus-answer"))[3] <= 380
    assert len({box(chip(page, name))[1] for name in zoo.core.chances}) == 1
    assert box(chip(page, "red_fox_v2").locator("img"))[2] >= 88


@pytest.mark.parametrize("width", [1366, 1100, 840, 600, 390])
def test_nothing_is_wider_than_the_page(zoo, serve, width):
    page = opened(serve(viewport={"width": width, "height": 800}))
    answer = box(page.locator(f"{ANSWER} .stylus-answer"))
    for name in zoo.core.chances:
        x, _, wide, _ = box(chip(page, name))
        assert answer[0] <= x and x + wide <= answer[0] + answer[2] and wide >= (170 if width == 840 else 260)
    parts = page.locator(f"{ANSWER} .stylus-chip :is(.stylus-about, .stylus-tools, .stylus-weight) > *")
    spilt = parts.evaluate_all(
        "all => all.filter(e => { const a = e.getBoundingClientRect(), b = e.closest('.stylus-chip')"
        ".getBoundingClientRect(); return a.width"
        " && (a.left < b.left || a.right > b.right || a.bottom > b.bottom); }).length"
    )
    assert spilt == 0


def test_nothing_moves_under_the_mouse(zoo, serve):
    page = opened(serve())
    parts = page.locator(f"{PANEL} .stylus-chip, {PANEL} .stylus-chip button, {PANEL} .stylus-chip input")
    places = "all => all.map(e => e.getBoundingClientRect()).map(r => [r.x, r.y, r.width, r.height].join())"
    before = parts.evaluate_all(places)
    for selector in ("img", ".stylus-reason", 'button[data-stylus="remove"]', "summary", 'input[type="range"]'):
        chip(page, "deep_snow").locator(selector).first.hover()
        assert parts.evaluate_all(places) == before


def test_a_long_reason_opens_over_what_is_below_it(zoo, serve):
    zoo.core.words["deep_snow"] = LONG
    page = opened(serve(), prompt=f"a red fox, {LONG}", picks=2)
    snow = chip(page, "deep_snow")
    tools = box(snow.locator(".stylus-tools"))
    reason = snow.locator(".stylus-reason")
    assert LONG.strip() in reason.get_attribute("title") and box(reason)[3] <= 51
    reason.click()
    assert reason.get_attribute("aria-expanded") == "true" and box(reason)[3] > 120
    assert box(snow.locator(".stylus-tools")) == tools
    page.keyboard.press("Escape")
    assert reason.get_attribute("aria-expanded") == "false" and box(reason)[3] <= 51
    reason.click()
    page.locator(f"{ANSWER} mark").first.click()
    assert reason.get_attribute("aria-expanded") == "false"


def test_what_is_removed_stays_in_its_place(zoo, serve, shot):
    page = opened(serve())
    places = [box(chip(page, name)) for name in zoo.core.chances]
    remove = box(button(page, "deep_snow", "remove"))
    button(page, "deep_snow", "remove").click()
    back = button(page, "deep_snow", "restore")
    back.wait_for()
    shot(page, "chips-removed", f"{ANSWER} .stylus-answer")
    assert box(back) == remove
    assert [box(chip(page, name)) for name in zoo.core.chances] == places
    assert page.locator(f"{ANSWER} mark").count() == 2
    assert chip(page, MOON).locator(".stylus-number").text_content() == "3"
    back.click()
    button(page, "deep_snow", "remove").wait_for()
    assert [one["do"] for one in sent(page, 2)] == ["remove", "restore"]


def test_two_quick_clicks_both_count(zoo, serve):
    page = opened(serve())
    page.evaluate(
        """selector => document.querySelectorAll(selector).forEach(e => e.click())""",
        f'{ANSWER} .stylus-chip:nth-child(-n+2) button[data-stylus="remove"]',
    )
    page.wait_for_function(f"document.querySelectorAll('{ANSWER} .stylus-removed').length === 2")
    assert [one["name"] for one in sent(page, 2)] == ["red_fox_v2", "deep_snow"]


def test_a_click_counts_while_the_one_before_waits_for_its_answer(zoo, serve):
    page = opened(serve())
    zoo.core.held = threading.Event()
    button(page, "red_fox_v2", "pin").click()
    assert zoo.core.selecting.wait(HANG)
    button(page, "deep_snow", "remove").click()
    button(page, MOON, "remove").click()
    zoo.core.held.set()
    button(page, "red_fox_v2", "unpin").wait_for()
    page.wait_for_function(f"document.querySelectorAll('{ANSWER} .stylus-removed').length === 2")


def test_after_a_failure_the_next_click_counts(zoo, serve):
    page = opened(serve())
    unusable = Pick("red_fox_v2", "", "heavy", "", "")
    zoo.core.answers.append(Selection(PROMPT, PROMPT, (unusable,), composer="none"))
    zoo.core.held = threading.Event()
    button(page, "red_fox_v2", "pin").click()
    assert zoo.core.selecting.wait(HANG)
    button(page, "deep_snow", "remove").click()
    zoo.core.held.set()
    button(page, "deep_snow", "restore").wait_for()


# -- weights -----------------------------------------------------------------------------------------------------------


def test_a_weight_is_dragged(zoo, serve):
    page = opened(serve())
    slider = chip(page, "deep_snow").locator('input[type="range"]')
    x, y, width, height = box(slider)
    page.mouse.move(x + width * 0.53, y + height / 2)
    page.mouse.down()
    page.mouse.move(x + width * 0.8, y + height / 2, steps=4)
    shown = chip(page, "deep_snow").locator('input[type="number"]').input_value()
    assert float(shown) > 0.9 and page.evaluate("sent") == []  # while it is dragged nothing is selected
    page.mouse.up()
    assert sent(page, 1) == [{"do": "weight", "name": "deep_snow", "value": shown}]
    page.wait_for_function(f"document.querySelector('#stylus_txt2img_state textarea').value.includes('{shown}')")


def test_a_drag_outlives_an_answer(zoo, serve):
    page = opened(serve())
    zoo.core.held = threading.Event()
    button(page, "red_fox_v2", "pin").click()
    assert zoo.core.selecting.wait(HANG)
    x, y, width, height = box(chip(page, "deep_snow").locator('input[type="range"]'))
    page.mouse.move(x + width * 0.53, y + height / 2)
    page.mouse.down()
    page.mouse.move(x + width * 0.6, y + height / 2)
    zoo.core.held.set()
    button(page, "red_fox_v2", "unpin").wait_for()
    page.mouse.move(x + width * 0.8, y + height / 2, steps=3)
    page.mouse.up()
    name, value = sent(page, 2)[1]["name"], sent(page, 2)[1]["value"]
    assert name == "deep_snow" and 1.1 < float(value) < 1.3
    page.wait_for_function(f"document.querySelector('#stylus_txt2img_state textarea').value.includes('{value}')")


def test_a_weight_is_typed_and_put_back(zoo, serve):
    page = opened(serve())
    snow = chip(page, "deep_snow")
    assert button(page, "deep_snow", "reset").is_disabled()
    field = snow.locator('input[type="number"]')
    field.fill("-0.45")
    field.press("Enter")
    settled(page)
    snow.locator('button[data-stylus="reset"]:enabled').click()
    assert sent(page, 2) == [
        {"do": "weight", "name": "deep_snow", "value": "-0.45"},
        {"do": "reset", "name": "deep_snow"},
    ]


def test_a_weight_is_moved_with_the_keyboard_and_the_last_one_counts(zoo, serve):
    page = opened(serve())
    slider = chip(page, "deep_snow").locator('input[type="range"]')
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#stylus_txt2img_state textarea').value.includes('1.0')")
    settled(page)
    assert slider.evaluate("e => e === document.activeElement") and slider.input_value() == "1"


def test_what_is_being_typed_outlives_an_answer(zoo, serve):
    page = opened(serve())
    zoo.core.held = threading.Event()
    button(page, "red_fox_v2", "pin").click()
    assert zoo.core.selecting.wait(HANG)
    field = chip(page, "deep_snow").locator('input[type="number"]')
    field.click()
    field.fill("0.3")
    zoo.core.held.set()
    button(page, "red_fox_v2", "unpin").wait_for()
    settled(page)
    assert field.input_value() == "0.3" and field.evaluate("e => e === document.activeElement")
    field.press("Enter")
    page.wait_for_function("document.querySelector('#stylus_txt2img_state textarea').value.includes('0.3')")


# -- the menu, and the way back from a ban -----------------------------------------------------------------------------


def ban(page, name):
    chip(page, name).locator("summary").click()
    button(page, name, "ban").click()
    page.locator(".stylus-undo").wait_for()


def test_never_again_is_behind_a_menu(zoo, serve):
    page = opened(serve())
    fox = chip(page, "red_fox_v2")
    assert not button(page, "red_fox_v2", "ban").is_visible()
    fox.locator("summary").click()
    assert button(page, "red_fox_v2", "ban").is_visible()
    page.add_style_tag(content=":root { --block-background-fill: transparent; }")  # as A1111 has it
    assert fox.locator(".stylus-pop").evaluate("e => getComputedStyle(e).backgroundColor").startswith("rgb(")
    link = fox.locator("a")
    assert link.get_attribute("href") == "https://civitai.com/models/7?modelVersionId=9"
    assert link.get_attribute("rel") == "noopener noreferrer" and link.get_attribute("target") == "_blank"
    chip(page, "deep_snow").locator("summary").click()  # one menu at a time
    assert not link.is_visible() and chip(page, "deep_snow").locator("a").count() == 0
    page.keyboard.press("Escape")
    assert not button(page, "deep_snow", "ban").is_visible()
    assert chip(page, "deep_snow").locator("summary").evaluate("e => e === document.activeElement")


def test_the_files_path_and_name_are_copied(zoo, serve):
    page = opened(serve(permissions=["clipboard-read", "clipboard-write"]))
    fox = chip(page, "red_fox_v2")
    fox.locator("summary").click()
    for text, copied in (
        ("Copy its name", "red_fox_v2"),
        ("Copy the file’s path", zoo.core.find("red_fox_v2")[0].path),
    ):
        fox.get_by_text(text).click()
        fox.get_by_text("Copied").first.wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == copied
    assert page.evaluate("sent") == []


def test_a_ban_is_undone(zoo, serve, shot):
    page = opened(serve())
    ban(page, "deep_snow")
    assert page.locator(".stylus-undo").text_content() == "Deep Snow is banned: it is never picked again.Undo"
    assert zoo.shared.opts.data["stylus_banned"] == "deep_snow" and chip(page, "deep_snow").count() == 0
    shot(page, "chips-undo", "body")
    page.locator(".stylus-undo button").click()
    chip(page, "deep_snow").wait_for()
    assert page.locator(".stylus-undo").count() == 0
    assert sent(page, 2) == [{"do": "ban", "name": "deep_snow"}, {"do": "unban", "name": "deep_snow"}]
    assert zoo.shared.opts.data["stylus_banned"] == ""


def test_the_undo_stays_for_twenty_seconds(zoo, serve):
    page = opened(serve())
    page.clock.install()
    chip(page, "deep_snow").locator("summary").click()
    button(page, "deep_snow", "ban").click()
    for _ in range(200):
        page.clock.run_for(50)
        if page.locator(".stylus-undo").count():
            break
    page.clock.run_for(19_000)
    assert page.locator(".stylus-undo").is_visible()
    page.clock.run_for(1_500)
    assert page.locator(".stylus-undo").count() == 0


def test_no_undo_for_a_ban_that_did_not_work(zoo, serve):
    page = opened(serve())
    zoo.shared.cmd_opts.freeze_settings = True
    chip(page, "deep_snow").locator("summary").click()
    button(page, "deep_snow", "ban").click()
    sent(page, 1)
    settled(page)
    assert page.locator(".stylus-undo").count() == 0 and chip(page, "deep_snow").count() == 1


# -- keys --------------------------------------------------------------------------------------------------------------


def focused(page):
    return page.evaluate("[document.activeElement.dataset.stylus, document.activeElement.dataset.name]")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_focus_stays_where_it_was(zoo, serve, key):
    page = opened(serve())
    button(page, "deep_snow", "remove").focus()
    page.keyboard.press(key)
    button(page, "deep_snow", "restore").wait_for()
    settled(page)
    assert focused(page) == ["restore", "deep_snow"]
    page.keyboard.press("Tab")
    page.keyboard.press(key)
    button(page, "deep_snow", "unpin").wait_for()
    settled(page)
    assert focused(page) == ["unpin", "deep_snow"]
    ring = button(page, "deep_snow", "unpin").evaluate("e => getComputedStyle(e).outlineStyle")
    assert ring == "solid"


def test_a_ban_and_its_undo_need_no_mouse(zoo, serve):
    page = opened(serve())
    chip(page, "deep_snow").locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == ["ban", "deep_snow"]
    page.keyboard.press("Enter")
    page.locator(".stylus-undo button:focus").wait_for()
    page.keyboard.press("Enter")
    chip(page, "deep_snow").wait_for()
    settled(page)
    assert chip(page, "deep_snow").locator("summary").evaluate("e => e === document.activeElement")


def test_everything_has_a_name_for_a_screen_reader(zoo, serve):
    page = opened(serve())
    controls = page.locator(f"{ANSWER} :is(button, input, summary)")
    names = controls.evaluate_all("all => all.map(e => e.getAttribute('aria-label') || e.textContent.trim())")
    assert all(len(name) > 3 for name in names)
    repeated = {name for name in names if names.count(name) > 1}
    assert {name for name in repeated if not name.startswith(("Weight of", "Copy"))} == set()
    assert page.locator(f"{ANSWER} ul").get_attribute("role") == "list"


def test_pictures_of_an_answer_are_bounded(host, tmp_path):
    noise = random.Random(1).randbytes(224 * 224 * 3)
    Image.frombytes("RGB", (224, 224), noise).save(tmp_path / "noise.png")
    picks = tuple(Pick(f"fox_{i}", "", 0.8, "", "", preview=str(tmp_path / "noise.png")) for i in range(90))
    made = html.answer(html.View(picks=picks[:40], nearly=picks[40:]))
    assert 20 < made.count("<img") < 80 and len(made) < 2_000_000


# -- touch, themes, what else a page sends -----------------------------------------------------------------------------


def test_a_finger_finds_every_button(zoo, serve, shot):
    page = opened(serve(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}))
    low = page.locator(f"{ANSWER} .stylus-chip :is(button[data-stylus], summary, input)").evaluate_all(
        "all => all.filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).length"
    )
    assert low == 0
    shot(page, "chips-touch", f"{ANSWER} .stylus-answer")
    chip(page, "deep_snow").locator("summary").tap()
    button(page, "deep_snow", "ban").tap()
    page.locator(".stylus-undo button").tap()
    assert [one["do"] for one in sent(page, 2)] == ["ban", "unban"]


CONTRAST = r"""selector => [...document.querySelectorAll(selector)].filter(e => e.offsetParent).map(e => {
    const read = (text) => text.match(/[\d.]+/g).map(Number);
    const over = (top, under) => [0, 1, 2].map(i => top[i] * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
    const chain = [];
    for (let at = e; at; at = at.parentElement) chain.unshift(getComputedStyle(at));
    let back = [255, 255, 255];
    let opacity = 1;
    for (const style of chain) {
        if (style.backgroundImage === 'none') back = over(read(style.backgroundColor), back);
        opacity *= Number(style.opacity);
    }
    const text = over([...read(chain.at(-1).color).slice(0, 3), opacity], back);
    const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => {
        const v = c[i] / 255;
        return sum + share * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    }, 0);
    const [high, low] = [light(text), light(back)].sort((a, b) => b - a);
    return [e.className, (high + 0.05) / (low + 0.05)];
})"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 390])
def test_texts_are_readable(zoo, serve, shot, theme, width):
    page = opened(serve(color_scheme=theme, viewport={"width": width, "height": 900}))
    texts = (
        ".stylus-chip :is(.stylus-title, .stylus-stem, .stylus-number, .stylus-keyword, .stylus-sure, .stylus-reason)"
    )
    told = page.evaluate(CONTRAST, f"{ANSWER} {texts}, {ANSWER} mark")
    assert len(told) == 21 and [one for one in told if one[1] < 4.5] == []
    shot(page, f"chips-{theme}-{width}", f"{ANSWER} .stylus-answer")
    chip(page, "deep_snow").locator("summary").click()
    shot(page, f"chips-menu-{theme}-{width}", f"{ANSWER} .stylus-answer")


def test_nearly_picked_is_used_and_stays_unfolded(zoo, serve, shot):
    page = serve()
    field = page.locator("#stylus_txt2img_max_adapters input[type=number]")
    page.locator(f"{PANEL} .label-wrap").first.click()
    field.fill("1")
    field.blur()
    page.locator(f"{PANEL} .label-wrap").first.click()
    opened(page)
    page.locator(f"{ANSWER} .stylus-nearly > summary").click()
    shot(page, "chips-nearly", f"{ANSWER} .stylus-answer")
    button(page, "deep_snow", "use").click()
    settled(page)
    assert sent(page, 1) == [{"do": "use", "name": "deep_snow"}]
    assert button(page, MOON, "use").is_visible()  # another one may be wanted as well


def test_the_tags_are_written(zoo, serve):
    page = opened(serve())
    page.locator(f"{ANSWER} button[data-stylus=write]").click()
    settled(page)
    assert sent(page, 1) == [{"do": "write", "name": ""}]


def test_any_button_of_the_panel_acts(zoo, serve):
    page = opened(serve())
    page.evaluate(
        """() => document.querySelector('#stylus_txt2img_status').insertAdjacentHTML(
            'beforeend', '<button data-stylus="on">Switch it on</button>')"""
    )
    page.get_by_text("Switch it on").click()
    assert sent(page, 1) == [{"do": "on", "name": ""}]
