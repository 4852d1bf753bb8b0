"""The chips of a node in ComfyUI: what they show, and what each button writes into the workflow.

The real files on a page that stands for ComfyUI's, of both of its generations: one draws nodes on a canvas, and in the
other they are elements of the page. What is written is read by what the nodes read it by.
"""

from __future__ import annotations

import json
import re
import sys
import types
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from stylus_comfyui.node_state import frozen_entry, parse_state
from stylus_comfyui.nodes import StylusPick, StylusPickAndApply
from stylus_comfyui.picking import PickOutcome
from stylus_comfyui.report import payload
from stylus_core.types import Pick
from tests.browser.conftest import OUT
from tests.host.conftest import ROOT

WEB, FAKE = ROOT / "stylus_comfyui" / "web", Path(__file__).parent / "comfyui"
ORIGIN = "http://comfyui.test"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
PROMPT = "a red fox in deep snow under the full moon"
READY = {"status": "ready", "done": 0, "total": 0, "refreshing": False, "sentence": "1,500 adapters indexed."}


def pick(name: str, keyword: str, weight: float = 0.8, **more: object) -> Pick:
    about = {"title": name.title(), "reason": f"It draws {keyword}.", "score": 0.6, "preview": "/somewhere.png", **more}
    return Pick(name=f"{name}.safetensors", path=f"/loras/{name}", weight=weight, keyword=keyword, **about)


FOX = pick("animals/fox", "red fox", score=0.93, trigger_words=("vulpes",))
SNOW = pick("snow", "deep snow", 0.6, clip_weight=0.4)
MOON = pick("moon", "full moon", 0.35, score=0.34, preview="")
WOLF = pick("wolf", "red fox", 0.7, score=0.2)
HIGH = pick("orbit high", "fox", 0.8, stage="high")
LOW = pick("orbit low", "fox", 0.4, stage="low", belongs_to=HIGH.name)
PICKS = (FOX, SNOW, MOON)


def told(picks=PICKS, prompt=PROMPT, status="1,500 adapters indexed.", state="", **more):
    """What a run tells the page."""
    read = parse_state(state).for_prompt(prompt)
    frozen = frozenset(p.name for p in read.frozen)
    return payload(PickOutcome(prompt, prompt, [], tuple(picks), state=read, frozen=frozen, **more), status)


@pytest.fixture(autouse=True)
def folders(monkeypatch):
    """What is told of ComfyUI's folders when a page is told something: there are none here."""
    module = types.ModuleType("folder_paths")
    module.get_folder_paths = lambda kind: []
    monkeypatch.setitem(sys.modules, "folder_paths", module)


@pytest.fixture(params=["canvas", "vue"])
def kind(request):
    return request.param


#: For tests of what the two generations do differently, besides those that ask for `kind`.
both = pytest.mark.usefixtures("kind")


@pytest.fixture
def comfyui(chromium, request):
    """Opens the page; `status` are the server's answers, of which the last stays; `asked` is what it was asked.

    `own` is what the server says of own pictures, and `said` what it was told of clicks.
    """
    contexts = []
    default = request.getfixturevalue("kind") if "kind" in request.fixturenames else "canvas"

    def open_page(*status, kind=default, viewport=(700, 1400), own=None):
        context = chromium.new_context(viewport={"width": viewport[0], "height": viewport[1]})
        contexts.append(context)
        page = context.new_page()
        page.asked, page.problems, answers = [], [], list(status or (READY,))
        page.said = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.clock.install()

        def answer(route):
            url = urlsplit(route.request.url)
            path = url.path
            if path == "/api/stylus/status":
                page.asked.append(path)
                found = answers.pop(0) if len(answers) > 1 else answers[0]
                route.fulfill(json=found) if found else route.fulfill(status=500)
            elif path in ("/api/stylus/own", "/api/stylus/feedback"):
                if path.endswith("feedback"):
                    page.said.append(json.loads(route.request.post_data))
                assert route.request.headers["content-type"] == "application/json"
                route.fulfill(json=own or {"on": False, "notes": {}})
            elif path == "/api/stylus/thumbnail":
                (name,) = parse_qs(url.query)["name"]
                page.asked.append(name)
                route.fulfill(status=404) if name == "wolf.safetensors" else route.fulfill(path=picture())
            else:
                place = WEB if path.startswith("/extensions/stylus/") else FAKE
                file = place / ("page.html" if path == "/" else path.rpartition("/")[2])
                route.fulfill(path=file, content_type=KINDS[file.suffix]) if file.exists() else route.fulfill(
                    status=404
                )

        context.route("**/*", answer)
        page.set_default_timeout(20_000)
        page.goto(f"{ORIGIN}/?{kind}")
        scripts = ["/scripts/app.js", *(f"/extensions/stylus/{file.name}" for file in sorted(WEB.glob("**/*.js")))]
        defs = {cls.__name__: {"input": cls.INPUT_TYPES()} for cls in (StylusPick, StylusPickAndApply)}
        page.evaluate(  # as ComfyUI does: every .js is an extension
            "async ([scripts, defs]) => { for (const script of scripts) await import(script); await app.start(defs); }",
            [scripts, defs],
        )
        return page

    yield open_page
    for context in contexts:
        context.close()


def picture():
    from PIL import Image

    OUT.mkdir(exist_ok=True)
    path = OUT / "comfyui-thumbnail.jpg"
    if not path.exists():
        Image.new("RGB", (96, 120), "orange").save(path)
    return path


def add(page, kind="StylusPick"):
    return page.evaluate("kind => String(app.add(app.create(kind)).id)", kind)


def run(page, node, what):
    page.evaluate(
        "([id, payload]) => { const typed = app.node(id).widgets.find((w) => w.name === 'prompt');"
        " if (typed && !typed.value) typed.value = (payload || {}).prompt || '';"
        " app.executed(id, {stylus: [payload]}); }",
        [node, what],
    )


def shown(comfyui, what=None, **view):
    """A page with one node that was run."""
    page = comfyui(**view)
    add(page)
    run(page, "1", what or told())
    return page


def value(page, node="1"):
    return page.evaluate("id => app.node(id).widgets.find((w) => w.name === 'picks_state').value", node)


def state(page, node="1"):
    """As the node reads it."""
    return parse_state(value(page, node))


def panel(page, node="1"):
    return page.locator(f'[data-node="{node}"] .stylus-chips')


def chip(page, of, node="1"):
    return panel(page, node).locator(f".stylus-chip[data-name={json.dumps(of.name, ensure_ascii=False)}]")


def press(page, of, slot, node="1"):
    chip(page, of, node).locator(f'[data-slot="{slot}"]').click()


def do(page, slot):
    panel(page).locator(f'.stylus-bar [data-slot="{slot}"]').click()


def load_picture(page, *picks):
    page.evaluate(
        "picture => { const [saved] = JSON.parse(app.save()); saved.properties.stylus_picture = picture;"
        " app.load(JSON.stringify([saved])); }",
        {"prompt": PROMPT, "picks": [frozen_entry(p) for p in picks]},
    )


def labels(page, of):
    return chip(page, of).locator(".stylus-tools button").all_text_contents()


def sentences(page):
    return panel(page).locator(".stylus-sentence, .stylus-waits").all_text_contents()


WAITS = "Changed: it counts from the next run on."


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_a_chip_has_all_there_is_to_know(comfyui, kind):
    page = shown(comfyui, told(nearly=(WOLF,), notes=("Nothing was found for 'steampunk'.",)))
    fox = chip(page, FOX)
    assert fox.locator(".stylus-title").text_content() == "Animals/Fox"
    assert fox.locator(".stylus-file").text_content() == "animals/fox.safetensors"
    assert fox.locator(".stylus-keyword").text_content() == "red fox"
    assert fox.locator(".stylus-reason").text_content() == "It draws red fox. Trigger words: vulpes."
    assert "Text encoder: 0.4." in chip(page, SNOW).locator(".stylus-reason").text_content()
    assert fox.locator("input").input_value() == "0.8"
    assert [chip(page, p).locator(".stylus-badge").text_content() for p in PICKS] == ["sure", "likely", "a guess"]
    assert fox.locator(".stylus-badge").get_attribute("title") == "93% sure that the prompt asks for it"
    assert labels(page, FOX) == ["Remove", "Pin", "Freeze", "Never here"]
    assert panel(page).locator(".stylus-notes").text_content() == "Nothing was found for 'steampunk'."
    assert panel(page).locator(".stylus-status").text_content() == "1,500 adapters indexed."
    fold = panel(page).locator("details.stylus-fold")
    assert fold.locator("summary").text_content() == "Nearly picked (1)" and fold.get_attribute("open") is None
    assert sentences(page) == [] and value(page) == "" and page.problems == []
    panel(page).screenshot(path=OUT / f"comfyui-{kind}.png")


def test_pictures_come_by_the_route_and_only_where_there_is_one(comfyui):
    odd = replace(FOX, name="a b/ü&name=x #1.safetensors")
    page = shown(comfyui, told((odd, MOON, WOLF)))
    chip(page, odd).locator("img").evaluate("image => image.decode()")
    page.wait_for_selector(f'.stylus-chip[data-name="{WOLF.name}"] span.stylus-blank')  # the server has none
    assert chip(page, odd).locator("img").get_attribute("loading") == "lazy"
    assert chip(page, MOON).locator("span.stylus-blank").count() == 1
    assert [name for name in page.asked if "/api" not in name] == [odd.name, WOLF.name]
    for _ in range(2):
        press(page, odd, "pin")
    assert [name for name in page.asked if "/api" not in name] == [odd.name, WOLF.name]  # it is not loaded anew


def test_what_others_wrote_stays_text(comfyui):
    bad = '<img src=x onerror="window.hacked=1"><b>bold</b>\u202e'
    stranger = replace(FOX, name=f"{bad}.safetensors", title=bad, keyword=bad, reason=bad, trigger_words=(bad,))
    page = shown(comfyui, told((stranger,), nearly=(replace(WOLF, title=bad),), notes=(bad,), status=bad))
    press(page, stranger, "ban")
    run(page, "1", told((), prompt=bad, notes=(bad,), state=value(page)))
    assert panel(page).locator("b, img[src=x]").count() == 0 and page.evaluate("window.hacked") is None
    assert f"{bad}.safetensors is never picked here." in panel(page).text_content()
    assert state(page).banned == (f"{bad}.safetensors",)
    source = "".join(file.read_text("utf-8") for file in WEB.glob("**/*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|https?://", source)


def test_two_files_that_belong_together_are_one_chip(comfyui):
    page = shown(comfyui, told((HIGH, LOW, FOX)))
    assert panel(page).locator(".stylus-chip").count() == 2
    assert chip(page, HIGH).locator(".stylus-file").text_content() == f"{HIGH.name} + {LOW.name} (0.4)"
    press(page, HIGH, "freeze")
    chip(page, HIGH).locator("input").fill("0.4")
    chip(page, HIGH).locator("input").press("Enter")
    assert {p.name: p.weight for p in state(page).frozen} == {HIGH.name: 0.4, LOW.name: 0.2}
    run(page, "1", told((*state(page).frozen, FOX), state=value(page)))
    assert panel(page).locator(".stylus-chip").count() == 2
    press(page, HIGH, "use")
    assert state(page).frozen == () and list(state(page).removed) == [HIGH.name]


def test_nothing_that_came_broken_breaks_the_node(comfyui):
    page = comfyui()
    add(page)
    for broken in (
        None,
        3,
        [],
        {"picks": "x"},
        {"picks": [None, {"name": 3}, {"name": "a"}], "notes": {}, "nearly": 7},
    ):
        run(page, "1", broken)
    assert panel(page).locator(".stylus-chip .stylus-title").text_content() == "a"
    for broken in (
        "{",
        "[]",
        "null",
        '{"frozen": 3, "removed": [], "weights": {"a": 1}, "pinned": "x", "banned": [3]}',
    ):
        page.evaluate(
            "text => { const [saved] = JSON.parse(app.save()); const values = saved.widgets_values;"
            " values[values.length - 1] = text; app.load(JSON.stringify([saved])); }",
            broken,
        )
        press(page, replace(FOX, name="a"), "pin")
        assert state(page).pinned == ("a",)
    assert page.problems == []


# -- what each button writes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "written", "then"),
    [
        ("use", {"prompt": PROMPT, "removed": {FOX.name: ["red fox"]}}, ["Put back", "Pin", "Never here"]),
        ("pin", {"pinned": [FOX.name]}, ["Remove", "Unpin", "Freeze", "Never here"]),
        ("freeze", {"frozen": [frozen_entry(FOX)]}, ["Remove", "Pin", "Unfreeze", "Never here"]),
        ("ban", {"banned": [FOX.name]}, ["Pick it again"]),
    ],
)
def test_a_button_changes_the_workflow_and_the_next_takes_it_back(comfyui, slot, written, then):
    page = shown(comfyui)
    press(page, FOX, slot)
    assert json.loads(value(page)) == written and labels(page, FOX) == then
    assert sentences(page) == ([WAITS] if slot in ("use", "ban") else [])
    press(page, FOX, slot)
    assert (
        value(page) == "" and labels(page, FOX) == ["Remove", "Pin", "Freeze", "Never here"] and sentences(page) == []
    )


@both
def test_a_weight_is_changed_in_place(comfyui):
    page = shown(comfyui)
    field = chip(page, SNOW).locator("input")
    handle = field.element_handle()
    for typed, kept in (("0.45", 0.45), ("7", 2.0), ("-3", -2.0), ("0.3333", 0.33), ("", 0.33)):
        field.fill(typed)
        field.press("Enter")
        assert state(page).weights == {SNOW.name: (kept, ("deep snow",))} and float(field.input_value()) == kept
    field.press("ArrowUp")
    assert state(page).weights[SNOW.name][0] == pytest.approx(0.35)
    assert handle.evaluate("e => e.isConnected && e === document.activeElement") and sentences(page) == [WAITS]
    assert json.loads(value(page))["prompt"] == PROMPT
    press(page, SNOW, "reset")
    assert value(page) == "" and field.input_value() == "0.6"


def test_a_frozen_pick_has_a_weight_of_its_own(comfyui):
    page = shown(comfyui)
    press(page, SNOW, "freeze")
    chip(page, SNOW).locator("input").fill("0.3")
    chip(page, SNOW).locator("input").press("Enter")
    (frozen,) = state(page).frozen
    assert (frozen.weight, frozen.clip_weight) == (0.3, 0.2) and not state(page).weights
    press(page, SNOW, "use")
    assert state(page).frozen == () and list(state(page).removed) == [SNOW.name]
    press(page, SNOW, "use")  # Put back: as it was
    assert state(page).frozen == (frozen,) and not state(page).removed


@both
def test_what_was_nearly_picked_can_be_used(comfyui):
    page = shown(comfyui, told(nearly=(WOLF,)))
    panel(page).locator("summary").click()
    press(page, WOLF, "use")
    assert [p.name for p in state(page).frozen] == [WOLF.name] and not state(page).only_frozen
    assert chip(page, WOLF).get_attribute("class") == "stylus-chip stylus-picks" and sentences(page) == [WAITS]
    press(page, WOLF, "use")  # Remove: it is only nearly picked again, and not forbidden
    assert value(page) == "" and "stylus-nearly" in chip(page, WOLF).get_attribute("class")


def test_what_a_run_left_out_can_be_put_back(comfyui):
    page = shown(comfyui)
    press(page, FOX, "use")
    run(page, "1", told((SNOW, MOON), left_out=(FOX,), state=value(page)))
    assert "stylus-left" in chip(page, FOX).get_attribute("class") and sentences(page) == []
    press(page, FOX, "use")
    assert value(page) == "" and sentences(page) == [WAITS] and labels(page, FOX)[0] == "Remove"


def test_what_is_pinned_and_banned_is_listed_where_no_chip_shows_it(comfyui):
    page = shown(comfyui)
    press(page, FOX, "ban")
    press(page, SNOW, "pin")
    run(page, "1", told((MOON,), state=value(page)))
    lines = panel(page).locator(".stylus-line")
    assert lines.locator("span").all_text_contents() == [f"{SNOW.name} is pinned.", f"{FOX.name} is never picked here."]
    lines.get_by_role("button", name="Pick it again").click()
    lines.get_by_role("button", name="Unpin").click()
    assert value(page) == "" and lines.count() == 0


def test_all_can_be_frozen_and_chosen_anew(comfyui):
    page = shown(comfyui)
    press(page, MOON, "use")
    chip(page, SNOW).locator("input").fill("0.3")
    chip(page, SNOW).locator("input").press("Enter")
    do(page, "all")
    now = state(page)
    assert (
        now.only_frozen
        and not now.picture
        and {p.name: p.weight for p in now.frozen} == {FOX.name: 0.8, SNOW.name: 0.3}
    )
    assert now.asks_nothing and now.for_prompt("something else").frozen == now.frozen
    run(page, "1", told(now.frozen, state=value(page)))
    assert sentences(page) == ["These are frozen: every run uses exactly these."]
    do(page, "anew")
    assert not state(page).only_frozen and state(page).frozen == () and WAITS in sentences(page)


def test_what_belongs_to_another_prompt_is_forgotten(comfyui):
    page = shown(comfyui)
    press(page, FOX, "use")
    press(page, MOON, "use")
    run(page, "1", told((SNOW, MOON), prompt="a full moon over the sea", state=value(page)))
    assert labels(page, MOON)[0] == "Put back"  # one of its words stands there
    press(page, SNOW, "pin")
    assert state(page).prompt == "a full moon over the sea" and list(state(page).removed) == [MOON.name]


def test_names_are_only_names(comfyui):
    proto, number = replace(FOX, name="__proto__"), replace(SNOW, name="constructor")
    page = shown(comfyui, told((proto, number)))
    press(page, proto, "use")
    press(page, number, "use")
    assert list(state(page).removed) == ["__proto__", "constructor"]
    page.evaluate("() => app.load(app.save())")
    run(page, "1", told((proto,), state=value(page)))
    assert labels(page, proto)[0] == "Put back"


# -- the workflow ------------------------------------------------------------------------------------------------------


@both
def test_a_pictures_picks_are_taken_over(comfyui):
    page = comfyui()
    add(page)
    load_picture(page, FOX, SNOW)
    now = state(page)
    assert now.only_frozen and now.picture and now.prompt == PROMPT
    assert [frozen_entry(p) for p in now.frozen] == [frozen_entry(FOX), frozen_entry(SNOW)]
    assert page.evaluate("Object.keys(app.node(1).properties)") == []
    assert sentences(page) == ["These are the picture’s picks."] and panel(page).locator(".stylus-chip").count() == 2
    run(page, "1", told((MOON,), prompt="a full moon", state=value(page)))
    assert sentences(page) == []  # the run's notes say it
    press(page, MOON, "pin")  # with this prompt they would hold for it
    assert state(page).frozen == () and not state(page).picture
    page.evaluate("() => app.undo()")
    run(page, "1", told((FOX, SNOW), state=value(page)))
    assert sentences(page) == ["These are the picture’s picks."]
    do(page, "anew")
    assert value(page) == "" and sentences(page) == [WAITS]


def test_a_pictures_picks_hold_for_its_prompt_alone(comfyui, kind):
    page = comfyui()
    add(page)
    load_picture(page, FOX)
    before = value(page)
    for typed, holds in (
        ("a full moon", False),
        (f" {PROMPT} <lora:ink:0.8>", True),  # the node takes tags out
        ("a {red|blue} fox in deep snow", True),  # nobody knows
        ("", True),
    ):
        page.evaluate("text => { app.node(1).widgets[0].value = text; app.node(1).setDirtyCanvas(); }", typed)
        page.mouse.move(690, 1)
        panel(page).hover()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        said = "These are the picture’s picks." if holds else "The picture’s picks are for another prompt."
        assert (sentences(page), panel(page).locator(".stylus-chip").count()) == ([said], int(holds))
    assert value(page) == before


def test_what_the_user_froze_outlasts_a_picture_of_it(comfyui):
    page = shown(comfyui)
    do(page, "all")
    before = value(page)
    load_picture(page, FOX)
    assert value(page) == before and page.evaluate("Object.keys(app.node(1).properties)") == []


@both
def test_a_loaded_workflow_shows_what_it_holds_and_else_asks_for_a_run(comfyui):
    page = shown(comfyui)
    press(page, FOX, "freeze")
    saved = page.evaluate("app.save()")
    page.evaluate("() => { app.nodeOutputs = {}; }")
    page.evaluate("saved => app.load(saved)", saved)
    assert panel(page).locator(".stylus-chip .stylus-title").all_text_contents() == ["Animals/Fox"]
    assert sentences(page) == ["Run the node to see what else is picked."]
    press(page, FOX, "freeze")
    assert (
        sentences(page) == ["Run the node to see what is picked."] and panel(page).locator(".stylus-chip").count() == 0
    )
    do(page, "show")
    assert page.evaluate("app.queued") == [["1"]]  # this node alone


@both
def test_nodes_know_nothing_of_each_other_and_a_copy_takes_the_state_along(comfyui):
    page = shown(comfyui)
    add(page, "StylusPickAndApply")
    press(page, FOX, "pin")
    run(page, "2", told((MOON,)))
    press(page, MOON, "freeze", node="2")
    assert state(page).pinned == (FOX.name,) and not state(page).frozen
    assert state(page, "2").pinned == () and [p.name for p in state(page, "2").frozen] == [MOON.name]
    page.evaluate("() => { app.copy(app.node(2)); }")
    assert value(page, "3") == value(page, "2") and panel(page, "3").locator(".stylus-chip").count() == 1
    press(page, MOON, "freeze", node="3")
    assert value(page, "3") == "" and value(page, "2") != "" and page.problems == []


@both
def test_undo_is_that_of_the_page(comfyui):
    page = shown(comfyui)
    press(page, FOX, "use")
    press(page, SNOW, "pin")
    page.evaluate("() => app.undo()")
    assert list(state(page).removed) == [FOX.name] and state(page).pinned == ()
    assert labels(page, FOX)[0] == "Put back" and labels(page, SNOW)[1] == "Pin"  # and the last run is known still
    page.evaluate("() => app.undo()")
    assert value(page) == "" and labels(page, FOX)[0] == "Remove"


@both
def test_outputs_that_the_page_brings_back_are_shown(comfyui):
    page = comfyui()
    add(page)
    page.evaluate("payload => { app.nodeOutputs = {1: {stylus: [payload]}, 7: {images: []}}; }", told())
    assert panel(page).locator(".stylus-chip").count() == 3


@both
def test_the_field_of_the_state_is_hidden_and_nothing_of_ours_is_saved_beside_it(comfyui):
    page = shown(comfyui)
    press(page, FOX, "pin")
    assert (
        page.locator('[data-widget="picks_state"]').count() == 0
        and page.locator('[data-widget="strength"]').count() == 1
    )
    (saved,) = json.loads(page.evaluate("app.save()"))
    names = [name for part in ("required", "optional") for name in StylusPick.INPUT_TYPES()[part]]
    widgets = [n for n in names if n not in ("model", "lora_stack", "options")]
    assert len(saved["widgets_values"]) == len(widgets) and saved["widgets_values"][-1] == value(page)
    assert "picks_state" not in [slot["name"] for slot in saved["inputs"]]
    assert page.evaluate("app.node(1).widgets.at(-1).options.serialize") is False  # nor in what is posted
    linked = {
        **saved,
        "inputs": [*saved["inputs"], {"name": "picks_state", "link": 5, "widget": {"name": "picks_state"}}],
    }
    page.evaluate("saved => app.load(JSON.stringify([saved]))", linked)  # somebody's program may link it
    assert page.evaluate("app.node(1).inputs.at(-1).link") == 5


# -- room, keys, progress ----------------------------------------------------------------------------------------------


def test_the_node_makes_room_and_what_is_longer_scrolls(comfyui, kind):
    page = comfyui()
    add(page)
    before = page.evaluate("() => [app.node(1).size[1], JSON.parse(app.save())[0].size[1]]")
    many = tuple(replace(FOX, name=f"{n}.safetensors") for n in range(12))
    heights = []
    for picks in ((FOX,), PICKS, many, (FOX,)):
        run(page, "1", told(picks))
        page.wait_for_function("n => document.querySelectorAll('.stylus-picks').length === n", arg=len(picks))
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        heights.append(page.evaluate("app.node(1).size[1]"))
        inside = page.locator(".stylus-scroll").evaluate("e => [e.scrollHeight, e.clientHeight]")
        assert (inside[0] > inside[1]) == (len(picks) == 12)
        assert panel(page).evaluate("e => e.getBoundingClientRect().height") <= 640
    saved = page.evaluate("JSON.parse(app.save())[0].size[1]")
    assert saved == before[1]  # chips come and go with each run
    if kind == "vue":
        assert set(heights) == {before[0]}  # the page makes room
    else:
        assert before[0] < heights[0] < heights[1] < heights[2] and heights[3] == heights[0]


def test_the_wheel_scrolls_what_is_longer_and_else_moves_the_canvas(comfyui, kind):
    page = shown(comfyui)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    turn = "e => e.dispatchEvent(new WheelEvent('wheel', {deltaY: 100, bubbles: true, cancelable: true}))"
    chip(page, FOX).evaluate(turn)
    assert page.evaluate("app.wheels") == (1 if kind == "canvas" else 0)
    run(page, "1", told(tuple(replace(FOX, name=f"{n}.safetensors") for n in range(12))))
    page.wait_for_function(
        "() => { const e = document.querySelector('.stylus-scroll'); return e.scrollHeight > e.clientHeight; }"
    )
    page.locator(".stylus-picks").first.evaluate(turn)
    assert page.evaluate("app.wheels") == (1 if kind == "canvas" else 0)


@both
def test_all_of_it_works_by_keyboard(comfyui):
    page = shown(comfyui, told((replace(FOX, reason="word " * 80), SNOW)))
    page.evaluate("() => { window.keys = []; document.addEventListener('keydown', (event) => keys.push(event.key)); }")
    chip(page, FOX).locator('[data-slot="use"]').focus()
    page.keyboard.press("Enter")
    focused = "() => [document.activeElement.closest('li').dataset.name, document.activeElement.textContent]"
    assert page.evaluate(focused) == [FOX.name, "Put back"]
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")  # which would remove the node
    assert page.evaluate(focused) == [FOX.name, "Remove"] and page.evaluate("keys") == []
    page.keyboard.press("Tab")
    page.keyboard.press(" ")
    assert page.evaluate(focused) == [FOX.name, "Unpin"]
    reason = chip(page, FOX).locator(".stylus-reason")
    low = reason.bounding_box()["height"]
    reason.press("Enter")
    assert reason.get_attribute("aria-expanded") == "true" and reason.bounding_box()["height"] > 2 * low
    named = (
        panel(page)
        .locator("button:not(.stylus-reason), input")
        .evaluate_all("all => all.map((e) => e.ariaLabel || e.textContent)")
    )
    assert len(named) == len(set(named)) and all(named)


def test_progress_is_asked_for_until_the_library_is_ready(comfyui):
    busy = {"status": "indexing", "done": 30, "total": 120, "refreshing": False, "sentence": "30 of 120."}
    page = comfyui(
        busy,
        {**busy, "done": 90, "sentence": "90 of 120."},
        {**READY, "refreshing": True, "sentence": "New files."},
        READY,
    )
    assert page.asked == []  # there is no node yet
    add(page)
    told_now = "text => document.querySelector('.stylus-status')?.textContent === text"
    page.wait_for_function(told_now, arg="30 of 120.")
    assert panel(page).locator("progress").evaluate("e => e.value / e.max") == 0.25
    for sentence in ("90 of 120.", "New files.", READY["sentence"]):
        page.clock.run_for(1500)
        page.wait_for_function(told_now, arg=sentence)
    assert panel(page).locator("progress").count() == 0 and len(page.asked) == 4
    page.clock.run_for(60_000)
    assert len(page.asked) == 4  # it is ready
    with page.expect_request("**/stylus/status"):
        run(page, "1", told(()))
    assert panel(page).locator(".stylus-parts").text_content() == "No LoRA fits this prompt."


def test_a_server_that_does_not_say_is_not_asked_again_until_it_is_back(comfyui):
    page = comfyui(None, READY)
    with page.expect_response("**/stylus/status"):
        add(page)
    page.clock.run_for(60_000)
    assert len(page.asked) == 1 and page.problems == []
    page.evaluate("() => api.dispatchEvent(new Event('reconnected'))")
    page.wait_for_selector(".stylus-status")
    assert panel(page).locator(".stylus-status").text_content() == READY["sentence"]


def test_nothing_is_asked_for_a_node_that_is_gone(comfyui):
    busy = {**READY, "status": "indexing", "sentence": "Indexing."}
    page = comfyui(busy)
    add(page)
    page.wait_for_selector(".stylus-status")
    page.evaluate("() => app.remove(app.node(1))")
    count = len(page.asked)
    page.clock.run_for(10_000)
    assert len(page.asked) == count


# -- what somebody who used it for a day stumbled over ---------------------------------------------------------

CHANGED = "The prompt was changed: these are for the one before."


def typed(page, text):
    page.evaluate("text => { app.node('1').widgets.find((w) => w.name === 'prompt').value = text; }", text)
    panel(page).dispatch_event("focusin")


def test_chips_of_a_prompt_that_was_changed_say_so(comfyui):
    page = shown(comfyui)
    typed(page, f"{PROMPT}, at night")
    assert sentences(page) == [CHANGED]
    assert "Show picks" in panel(page).locator(".stylus-bar button").all_text_contents()
    typed(page, f"  {PROMPT} <lora:wolf:0.5:1>")  # the run takes tags out
    assert sentences(page) == []
    typed(page, "{red|grey} fox")  # nobody knows what it was for the run
    assert sentences(page) == []


def test_what_was_used_by_hand_has_a_reason_that_is_true(comfyui):
    left_out = replace(WOLF, reason="Left out: there are as many as the options allow.")
    page = shown(comfyui, told(nearly=(left_out,)))
    panel(page).locator("summary").click()
    press(page, WOLF, "use")
    (frozen,) = state(page).frozen
    assert (frozen.name, frozen.reason) == (WOLF.name, "You chose it.")


def test_a_pin_comes_back_with_what_is_put_back(comfyui):
    page = shown(comfyui)
    press(page, FOX, "pin")
    press(page, FOX, "use")
    assert state(page).pinned == ()
    press(page, FOX, "use")
    assert state(page).pinned == (FOX.name,) and not state(page).removed


def test_what_the_user_froze_outlasts_a_picture(comfyui):
    page = shown(comfyui)
    press(page, FOX, "freeze")
    load_picture(page, FOX, SNOW)
    came = state(page)
    assert came.picture and came.only_frozen and came.kept == (FOX.name,) and len(came.frozen) == 2
    badges = [chip(page, p).locator(".stylus-badge").text_content() for p in (FOX, SNOW)]
    assert badges == ["frozen", "the picture’s"]
    do(page, "anew")
    assert [p.name for p in state(page).frozen] == [FOX.name]
    assert not state(page).only_frozen and not state(page).picture


# -- own pictures ------------------------------------------------------------------------------------------------------

NOTE = "In 41 pictures of yours, last on 2026-03-01, at 0.5 to 0.8."
LEARNS = {"on": True, "notes": {FOX.name: NOTE}}


def test_a_chip_says_in_how_many_own_pictures_it_was_used(comfyui):
    page = shown(comfyui, own=LEARNS)
    reason = chip(page, FOX).locator(".stylus-reason")
    expect_text(page, reason, NOTE)
    assert NOTE not in chip(page, SNOW).locator(".stylus-reason").text_content()
    take_shot(page, "comfyui-own-pictures")


def test_clicks_are_told_and_no_workflow_has_what_own_pictures_say(comfyui):
    page = shown(comfyui, own=LEARNS)
    expect_text(page, chip(page, FOX).locator(".stylus-reason"), NOTE)
    field = chip(page, SNOW).locator("input.stylus-weight")
    field.fill("0.45")
    field.press("Tab")
    for of, slot in ((FOX, "use"), (FOX, "use"), (MOON, "pin"), (MOON, "ban"), (FOX, "freeze")):
        press(page, of, slot)
    page.wait_for_timeout(200)
    assert [(s["click"], s["name"], s["prompt"], s["weight"]) for s in page.said] == [
        ("weight", SNOW.name, PROMPT, 0.45),
        ("remove", FOX.name, PROMPT, None),
        ("restore", FOX.name, PROMPT, None),
        ("pin", MOON.name, PROMPT, None),
        ("ban", MOON.name, PROMPT, None),
    ]
    assert "pictures of yours" not in value(page) and "pictures of yours" not in page.evaluate("app.save()")
    assert "pictures of yours" not in page.evaluate("JSON.stringify(app.nodeOutputs)") and page.problems == []


def test_nothing_is_told_where_stylus_does_not_learn(comfyui):
    page = shown(comfyui)
    press(page, FOX, "use")
    page.wait_for_timeout(200)
    assert page.said == [] and page.problems == []


def expect_text(page, locator, text):
    handle = locator.element_handle()
    for _ in range(100):
        if handle is not None and text in (locator.text_content() or ""):
            return
        page.clock.run_for(50)
        page.wait_for_timeout(20)
    raise AssertionError(f"{text!r} is not in {locator.text_content()!r}")


def take_shot(page, name):
    OUT.mkdir(exist_ok=True)
    panel(page).screenshot(path=OUT / f"{name}.png")
