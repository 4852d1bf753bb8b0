"""Tick, Show picks, remove, pin, weigh, ban: and what was clicked reaches `process`."""

from __future__ import annotations

import re

from tests.clock import HANG

ANSWER = "#stylus_txt2img_answer"


def unfold(page):
    panel = page.locator("#stylus_txt2img_panel")
    panel.locator("button.label-wrap, .label-wrap").first.click()
    page.wait_for_selector("#stylus_txt2img_show", state="visible")


def write(page, prompt):
    page.locator("#txt2img_prompt textarea").fill(prompt)


def show(page):
    page.locator("#stylus_txt2img_show").click()


def chips(page, count):
    """Names of the chips of the picks that are not removed, once there are `count`."""
    used = f"{ANSWER} .stylus-chip.stylus-picks:not(.stylus-removed)"
    found = page.locator(used)
    page.wait_for_function("([sel, n]) => document.querySelectorAll(sel).length === n", arg=[used, count])
    return [found.nth(i).get_attribute("data-name") for i in range(found.count())]


def click(page, action, name):
    button = page.locator(f'{ANSWER} button[data-stylus="{action}"][data-name="{name}"]').first
    if not button.is_visible():
        page.locator(f'{ANSWER} .stylus-chip[data-name="{name}"] summary').first.click()
    button.click()


def generate(page, host, tab="txt2img"):
    """The prompt of the job that a click on Generate made."""
    before = len(host.parts[tab]["jobs"])
    page.locator(f"#{tab}_generate").click()
    page.wait_for_function(
        f"n => (document.querySelector('#html_log_{tab}').textContent || '').trim().startsWith(n + ':')",
        arg=str(before + 1),
    )
    page.wait_for_timeout(700)  # the panel shows the picks of the job; a click before that would be overtaken
    return host.parts[tab]["jobs"][-1].all_prompts[0]


def test_tick_show_and_generate(zoo, serve, shot):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow under the moon")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    shot(page, "before")
    show(page)
    assert chips(page, 3) == ["red_fox_v2", "deep_snow", "full_moon"]
    assert page.locator(f"{ANSWER} mark").count() == 3
    assert page.locator(f"{ANSWER} .stylus-chip img").count() == 3
    assert page.locator(f"{ANSWER} .stylus-reason").first.is_visible()
    shot(page, "picks")
    made = generate(page, zoo)
    assert made == "a fox in the snow under the moon <lora:red_fox_v2:0.8> <lora:deep_snow:0.8> <lora:full_moon:0.8>"
    assert page.problems == []


def test_what_stands_side_by_side_does_not_touch(zoo, serve):
    page = serve()
    unfold(page)

    def box(part):
        return page.locator(f"#stylus_txt2img_{part}").first.bounding_box()

    show, status, rescan = map(box, ("show", "status", "rescan"))
    assert status["x"] - show["x"] - show["width"] >= 6
    assert rescan["x"] - status["x"] - status["width"] >= 6
    corner = "e => getComputedStyle(e).borderTopLeftRadius"
    assert page.locator("#stylus_txt2img_show").evaluate(corner) != "0px"


def test_an_opened_panel_tells_how_the_index_is_now(zoo, serve):
    page = serve()
    page.wait_for_timeout(1000)
    zoo.adapter("late_owl", word="owl")
    zoo.service.refresh()
    assert zoo.service.wait(HANG)
    # What the page was built with; not busy, so that no timer looks.
    page.evaluate("document.querySelector('#stylus_txt2img_status .stylus-status').dataset.busy = '0'")
    unfold(page)
    page.wait_for_function(
        "document.querySelector('#stylus_txt2img_status').textContent.trim() === '4 adapters indexed.'"
    )


def test_chips_of_a_row_are_equally_high(zoo, serve):
    page = serve(viewport={"width": 1800, "height": 1000})
    unfold(page)
    write(page, "a fox in the snow under the moon")
    show(page)
    chips(page, 3)
    boxes = page.locator(f"{ANSWER} .stylus-answer > .stylus-chips > .stylus-chip").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(r => [r.top, r.height])"
    )
    assert boxes[0] == boxes[1] == boxes[2]


def test_off_until_it_is_ticked(zoo, serve):
    page = serve()
    write(page, "a fox")
    assert generate(page, zoo) == "a fox"
    assert zoo.core.asked == []


def test_chips_after_a_generation_without_show(zoo, serve):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    generate(page, zoo)
    assert chips(page, 2) == ["red_fox_v2", "deep_snow"]


def test_remove_and_put_back(zoo, serve, shot):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    chips(page, 2)
    click(page, "remove", "deep_snow")
    assert chips(page, 1) == ["red_fox_v2"]
    shot(page, "removed")
    assert generate(page, zoo) == "a fox in the snow <lora:red_fox_v2:0.8>"
    click(page, "restore", "deep_snow")
    chips(page, 2)
    assert generate(page, zoo).endswith("<lora:deep_snow:0.8>")
    click(page, "remove", "deep_snow")
    chips(page, 1)
    write(page, "much snow")  # the words that it serves still stand there
    assert generate(page, zoo) == "much snow"


def test_weight(zoo, serve):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    chips(page, 2)
    field = page.locator(f'{ANSWER} input[type="number"][data-name="red_fox_v2"]')
    field.fill("0.35")
    field.press("Enter")
    page.wait_for_function("document.querySelector('#stylus_txt2img_state textarea').value.includes('0.35')")
    page.wait_for_timeout(300)
    assert generate(page, zoo) == "a fox in the snow <lora:red_fox_v2:0.35> <lora:deep_snow:0.8>"


def test_pin_stays_for_the_next_prompt(zoo, serve):
    page = serve()
    unfold(page)
    write(page, "a fox")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    chips(page, 1)
    click(page, "pin", "red_fox_v2")
    page.wait_for_selector(f'{ANSWER} button[data-stylus="unpin"][data-name="red_fox_v2"]')
    write(page, "much snow")
    assert generate(page, zoo) == "much snow <lora:red_fox_v2:0.8> <lora:deep_snow:0.8>"
    assert chips(page, 2) == ["red_fox_v2", "deep_snow"]
    click(page, "unpin", "red_fox_v2")
    chips(page, 1)
    assert generate(page, zoo) == "much snow <lora:deep_snow:0.8>"


def test_ban_is_for_good(zoo, serve):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    chips(page, 2)
    click(page, "ban", "red_fox_v2")
    assert chips(page, 1) == ["deep_snow"]
    assert zoo.shared.opts.data["stylus_banned"] == "red_fox_v2"
    assert "red_fox_v2" in open(zoo.shared.config_filename).read()
    assert generate(page, zoo) == "a fox in the snow <lora:deep_snow:0.8>"


def test_nearly_picked(zoo, serve, shot):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow under the moon")
    field = page.locator("#stylus_txt2img_max_adapters input[type=number]")
    field.fill("1")
    field.blur()
    show(page)
    chips(page, 1)
    page.locator(f"{ANSWER} .stylus-nearly > summary").click()
    assert page.locator(f"{ANSWER} .stylus-nearly .stylus-chip").count() == 2
    shot(page, "nearly")


def test_what_strangers_wrote_is_text(host, serve):
    evil = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>"\'&'
    host.adapter("evil", word="fox", title=evil)
    host.start()
    host.core.words["evil"] = "fox"
    page = serve()
    unfold(page)
    write(page, f"a fox {evil}")
    show(page)
    chips(page, 1)
    page.wait_for_timeout(300)
    assert page.evaluate("window.evil") is None
    assert page.locator(f"{ANSWER} .stylus-title").first.text_content() == f"1{evil}"
    assert page.locator(f"{ANSWER} .stylus-prompt").text_content().startswith("a fox")
    assert page.locator(f"{ANSWER} script, {ANSWER} .stylus-answer img[src=x]").count() == 0


def test_ten_thousand_adapters(host, serve):
    """The page holds picks, never the library."""
    first = host.core.add("fox_0", word="fox")
    for i in range(1, 10_000):
        host.core.add(f"fox_{i}", word="fox", file=first.path)
    host.networks.list_available_networks()
    host.start()
    page = serve()
    unfold(page)
    write(page, "a fox")
    show(page)
    chips(page, 1)
    assert len(page.content()) < 2_000_000
    page.wait_for_function(
        "document.querySelector('#stylus_txt2img_status').textContent.includes('10,000 adapters indexed')"
    )


def test_progress_and_generating_as_typed_meanwhile(zoo, serve, shot):
    import threading

    page = serve()
    unfold(page)
    zoo.core.hold = threading.Event()
    zoo.service._core = None  # as after a start
    page.locator("#stylus_txt2img_rescan").click()
    status = page.locator("#stylus_txt2img_status .stylus-status")
    page.wait_for_function("document.querySelector('#stylus_txt2img_status').textContent.includes('Indexing')")
    shot(page, "indexing")
    write(page, "a fox")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    assert generate(page, zoo) == "a fox"
    page.wait_for_function(f"document.querySelector('{ANSWER}').textContent.includes('used as typed')")
    zoo.core.hold.set()
    page.wait_for_function(
        "document.querySelector('#stylus_txt2img_status').textContent.includes('3 adapters indexed')"
    )
    assert status.get_attribute("data-busy") == "0"
    assert re.search("<lora:red_fox_v2", generate(page, zoo))


def test_descriptions_are_planned_before_anything_is_sent(zoo, serve, shot):
    zoo.shared.opts.data.update(stylus_endpoint="http://127.0.0.1:9/v1", stylus_model="m")
    page = serve()
    unfold(page)
    page.locator(
        "#stylus_txt2img_descriptions .label-wrap, #stylus_txt2img_descriptions button.label-wrap"
    ).first.click()
    page.locator("#stylus_txt2img_estimate").click()
    page.wait_for_function(
        "document.querySelector('#stylus_txt2img_refine').textContent.includes('There is nothing to describe')"
    )
    shot(page, "descriptions")
    assert page.locator("#stylus_txt2img_refine .stylus-status").get_attribute("data-busy") == "0"


def test_paste_restores_the_panel_and_repeats(zoo, serve, shot):
    page = serve()
    unfold(page)
    write(page, "a fox in the snow")
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    made = generate(page, zoo)
    text = zoo.parts["txt2img"]["jobs"][-1].infotexts[0]
    zoo.cache.clear()
    zoo.core.revision += 1
    asked = len(zoo.core.asked)
    page.reload()
    page.wait_for_selector("#stylus_txt2img_panel")
    unfold(page)
    write(page, text)
    page.locator("#txt2img_paste").click()
    page.wait_for_function("document.querySelector('#txt2img_prompt textarea').value === 'a fox in the snow'")
    page.wait_for_function("document.querySelector('#stylus_txt2img_panel-visible-checkbox').checked")
    show(page)
    page.wait_for_selector(f'{ANSWER} button[data-stylus="anew"]')
    shot(page, "pasted")
    assert generate(page, zoo) == made and len(zoo.core.asked) == asked
    page.locator(f'{ANSWER} button[data-stylus="anew"]').click()
    page.wait_for_function(f"!document.querySelector('{ANSWER} button[data-stylus=anew]')")
    assert generate(page, zoo) == made and len(zoo.core.asked) == asked + 1


def test_img2img_has_its_own_panel(zoo, serve):
    page = serve()
    page.get_by_text("img2img", exact=True).first.click()
    panel = page.locator("#stylus_img2img_panel")
    panel.locator("button.label-wrap, .label-wrap").first.click()
    page.locator("#img2img_prompt textarea").fill("a fox")
    page.locator("#stylus_img2img_panel-visible-checkbox").check()
    page.locator("#stylus_img2img_show").click()
    page.wait_for_selector("#stylus_img2img_answer .stylus-chip")
    assert generate(page, zoo, "img2img") == "a fox <lora:red_fox_v2:0.8>"
