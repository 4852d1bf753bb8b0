"""The user's own pictures in the panel: off until they are switched on, read in the background, corrected by clicks."""

from __future__ import annotations

import dataclasses
import json
import os
import threading

import pytest

from stylus_core.history.records import OwnUse
from stylus_webui import own_panel, runtime, settings
from tests.clock import HANG
from tests.host.test_panel_actions import FOX, ClickedTab

MARCH = 1_772_366_400.0  # the first of March 2026, at noon
USED = OwnUse(41, 12, MARCH, (0.5, 0.65, 0.8), (("ink_wash", 9),))


@pytest.fixture
def zoo(host):
    host.adapter("red_fox", word="fox")
    host.adapter("deep_snow", word="snow")
    for kind in ("txt2img", "img2img"):
        folder = host.folder / "outputs" / kind
        folder.mkdir(parents=True)
        host.shared.opts.data[f"outdir_{kind}_samples"] = str(folder)
    return host.start()


@pytest.fixture
def learning(zoo):
    """With the switch on, and the pictures of txt2img read."""
    folder(zoo)
    zoo.core.history.pictures = {folder(zoo): (40, 2, 1), folder(zoo, "img2img"): (7, 0, 0)}
    own_panel.start()
    assert own().wait(HANG)
    return zoo


def own():
    return runtime.get().own


def folder(host, kind="txt2img"):
    return str(host.folder / "outputs" / kind)


def said(host):
    """What is kept, the oldest first."""
    return [(c.action, c.adapter, c.prompt, c.weight, c.by) for c in reversed(host.core.history.said)]


# -- off until it is switched on ---------------------------------------------------------------------------------------


def test_nothing_is_read_and_nothing_is_kept_before_it_is_switched_on(zoo):
    assert settings.learns() is False
    zoo.callbacks.call("image_saved", Saved(f"{folder(zoo)}/1.png"))
    ClickedTab(zoo).click("remove", "deep_snow").click("ban", "red_fox").click("weight", "deep_snow", 0.4).generate()
    assert own().wait(HANG)
    history = zoo.core.history
    assert (history.noted, history.said, history.kept, history.on) == ([], [], {}, False)
    assert "It is off: nothing is read" in own_panel.status()


def test_what_is_read_and_that_it_stays_here_is_said(zoo):
    assert all(word in own_panel.INTRO for word in ("prompt, adapters, weights, checkpoint", "never what they show"))
    assert "on this machine" in own_panel.INTRO and not own_panel.INTRO.endswith("..")


def test_the_click_on_learn_switches_it_on_for_good(learning):
    assert settings.learns() is True
    assert "stylus_learn" in open(learning.shared.config_filename).read()
    assert "47 pictures are learned from; 2 say nothing of how they were made and 1 cannot be read." in (
        own_panel.status()
    )


def test_a_setting_that_may_not_change_is_told_and_nothing_is_read(zoo):
    zoo.shared.cmd_opts.freeze_settings = True
    told, _ = own_panel.start()
    assert "was not switched on" in told and zoo.core.history.kept == {}


# -- folders -----------------------------------------------------------------------------------------------------------


def test_the_hosts_folders_are_offered_each_with_a_switch(zoo):
    html = own_panel.html()
    assert html.count("not read yet") == 2 and html.count(">Switch off<") == 2
    ClickedTab(zoo).click("own-off", folder(zoo, "img2img"))
    own_panel.start()
    assert own().wait(HANG)
    assert {path: one.on for path, one in zoo.core.history.kept.items()} == {
        folder(zoo): True,
        folder(zoo, "img2img"): False,
    }
    assert "switched off" in own_panel.html()
    ClickedTab(zoo).click("own-on", folder(zoo, "img2img"))
    assert zoo.core.history.kept[folder(zoo, "img2img")].on


def test_with_every_folder_off_nothing_is_read(zoo):
    tab = ClickedTab(zoo)
    for kind in ("txt2img", "img2img"):
        tab.click("own-off", folder(zoo, kind))
    own_panel.start()
    assert own().wait(HANG)
    assert "There is no folder to learn from" in own_panel.status()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"outdir_samples": "out"}, ["out"]),
        ({"outdir_samples": "out", "outdir_txt2img_samples": "text"}, ["out"]),  # SD.Next: below the first
        ({"outdir_txt2img_samples": "out/text", "outdir_save": "saved"}, ["out/text", "saved"]),
        ({"outdir_img2img_samples": "nowhere", "outdir_save": ""}, []),
    ],
)
def test_folders_of_each_host(host, monkeypatch, given, found):
    from stylus_webui.host import output_folders

    monkeypatch.chdir(host.folder)
    for name in ("out/text", "saved"):
        (host.folder / name).mkdir(parents=True)
    host.shared.opts.data.update(given)
    assert output_folders() == [str(host.folder / name) for name in found]


def test_what_was_learned_is_forgotten_after_a_second_click(learning):
    html = own_panel.html()
    assert (
        html.count("Forget this folder…") == 2
        and html.count("Forget everything…") == 1
        and html.count(">Yes, forget it<") == 3
    )
    ClickedTab(learning).click("own-forget", folder(learning))
    assert learning.core.history.forgotten == [folder(learning)]
    ClickedTab(learning).click("own-forget")
    assert learning.core.history.forgotten[1:] == [None] and learning.core.history.kept == {}
    assert settings.learns() is False
    assert "It is forgotten." in own_panel.status() and "Forget everything…" not in own_panel.html()


def test_picks_that_were_kept_with_it_go_too(learning):
    ClickedTab(learning).generate()
    assert runtime.get().cache.count("picks") == 1
    ClickedTab(learning).click("own-forget")
    assert len(learning.core.asked) == 2  # the click shows the picks anew


# -- reading -----------------------------------------------------------------------------------------------------------


def test_reading_tells_how_far_it_is_and_can_be_stopped(zoo):
    history = zoo.core.history
    history.hold = threading.Event()
    own_panel.start()
    assert history.reading.wait(HANG)
    assert 'data-busy="1"' in own_panel.status() and "Reading pictures: 0 of 2." in own_panel.status()
    told, _ = own_panel.stop()
    history.hold.set()
    assert "Stopping." in told and own().wait(HANG)
    assert "Stopped: what was read so far counts" in own_panel.status() and not own().state.busy


def test_a_folder_that_was_not_read_is_told(zoo):
    zoo.core.history.problems[folder(zoo)] = "it is not there"
    own_panel.start()
    assert own().wait(HANG)
    assert f"{folder(zoo)} was not read: it is not there." in own_panel.status()


def test_a_folder_that_is_switched_on_later_is_read_then(learning):
    tab = ClickedTab(learning).click("own-off", folder(learning))
    tab.click("own-on", folder(learning))
    assert own().wait(HANG)
    assert learning.core.history.learned == 2


@pytest.mark.parametrize("trouble", [OSError("/pictures/of ann/secret.png"), ValueError("a fox")])
def test_what_goes_wrong_is_told_without_a_path_or_a_prompt(zoo, caplog, trouble):
    zoo.core.history.fails = trouble
    own_panel.start()
    assert own().wait(HANG)
    assert type(trouble).__name__ in own_panel.status()
    for kept in (own_panel.status(), own_panel.html(), caplog.text):
        assert "secret" not in kept and "fox" not in kept


def test_before_the_library_is_there_it_says_so(host):
    host.core.hold = threading.Event()
    host.start(wait=False)
    try:
        own_panel.start()
        assert own().wait(HANG)
        assert "ndexing" in own_panel.status() and "ndexing" in own_panel.html()
    finally:
        host.core.hold.set()


# -- each picture ------------------------------------------------------------------------------------------------------


class Saved:
    """What the host tells of a picture that it saved."""

    def __init__(self, filename):
        self.filename = filename


def test_each_picture_in_a_folder_that_is_on_is_learned_from(learning, monkeypatch):
    monkeypatch.chdir(learning.folder)
    learning.core.history.switch(folder(learning, "img2img"), False)
    for name in ("outputs/txt2img/1.png", f"{folder(learning)}/2.png", "outputs/img2img/3.png", "grids/4.png"):
        learning.callbacks.call("image_saved", Saved(name))
    assert own().wait(HANG)
    assert learning.core.history.noted == [os.path.join(folder(learning), name) for name in ("1.png", "2.png")]


def test_not_after_it_was_switched_off(learning):
    settings.set_learns(False)
    learning.callbacks.call("image_saved", Saved(f"{folder(learning)}/1.png"))
    assert own().wait(HANG) and learning.core.history.noted == []


@pytest.mark.parametrize("params", [None, Saved(None), Saved(3), Saved("")])
def test_what_is_no_picture_is_passed_over(learning, params):
    learning.callbacks.call("image_saved", params)
    assert learning.errors.reported == [] and learning.core.history.noted == []


def test_a_picture_that_cannot_be_learned_from_is_nobodys_trouble(learning, caplog):
    learning.core.history.fails = OSError("/pictures/of ann/secret.png")
    learning.callbacks.call("image_saved", Saved(f"{folder(learning)}/secret.png"))
    assert own().wait(HANG)
    learning.core.history.fails = None
    learning.callbacks.call("image_saved", Saved(f"{folder(learning)}/2.png"))
    assert own().wait(HANG)
    assert learning.core.history.noted == [f"{folder(learning)}/2.png"] and "secret" not in caplog.text


# -- corrections -------------------------------------------------------------------------------------------------------


def test_clicks_are_remembered_with_their_prompt(learning):
    learning.shared.prompt_styles.styles["wintry"] = "{prompt}, snow"
    ClickedTab(learning, "# mine\na fox", styles=["wintry"]).click("remove", "deep_snow").click(
        "weight", "red_fox", 0.45
    )
    assert said(learning) == [
        ("removed", "deep_snow", "a fox, snow", None, "panel"),
        ("weighed", "red_fox", "a fox, snow", 0.45, "panel"),
    ]


@pytest.mark.parametrize(
    ("clicks", "left"),
    [
        (["remove"], ["removed"]),
        (["remove", "restore"], []),
        (["remove", "use"], []),  # from what was nearly picked, or found: it was put back
        (["use"], ["wanted"]),
        (["use", "remove"], []),
        (["pin"], ["pinned"]),
        (["pin", "unpin"], []),
        (["pin", "ban"], ["banned"]),
        (["ban", "unban"], []),
        (["ban", "pin"], ["pinned"]),
        (["remove", "ban"], ["removed", "banned"]),
        (["weight", "weight"], ["weighed"]),
        (["weight", "reset"], []),
        (["weight", "remove"], ["removed"]),
        (["folder", "on", "anew", "nonsense"], []),
    ],
)
def test_what_a_click_says_and_what_it_takes_back(learning, clicks, left):
    tab = ClickedTab(learning)
    for number, click in enumerate(clicks):
        tab.click(click, "red_fox", 0.3 + number / 10 if click == "weight" else None)
    assert [action for action, *_ in said(learning)] == left


def test_a_click_for_another_prompt_takes_nothing_back_but_a_pin(learning):
    tab = ClickedTab(learning).click("remove", "red_fox").click("pin", "deep_snow")
    tab.write("a fox at night").click("restore", "red_fox").click("unpin", "deep_snow")
    assert [action for action, *_ in said(learning)] == ["removed"]


def test_corrections_alone_are_kept_with_the_switch(zoo):
    settings.set_learns(True)
    ClickedTab(zoo).click("remove", "deep_snow")
    assert [action for action, *_ in said(zoo)] == ["removed"] and zoo.core.history.kept == {}


def test_a_correction_that_cannot_be_kept_spoils_no_click(learning, caplog):
    learning.core.history.fails = OSError("disk full at /pictures/of ann")
    tab = ClickedTab(learning).click("remove", "deep_snow")
    assert "deep_snow" not in tab.generate()
    assert "OSError" in caplog.text and "ann" not in caplog.text and "fox" not in caplog.text


def test_corrections_are_listed_and_undone(learning):
    tab = ClickedTab(learning, "a <b>fox</b> in the snow").click("remove", "deep_snow").click("weight", "red_fox", 0.4)
    html = own_panel.html()
    assert "What I learned from your corrections (2)" in html and "<b>" not in html
    assert "red_fox set to 0.4, for “a &lt;b&gt;fox" in html and "deep_snow removed, for" in html
    tab.click("own-undo", "1")
    assert [action for action, *_ in said(learning)] == ["weighed"]


def test_one_that_is_gone_already_is_told(learning):
    with pytest.warns(UserWarning, match="there is no correction of the number 7"):
        ClickedTab(learning).click("own-undo", "7")


def test_a_correction_counts_for_the_same_prompt_at_once(learning):
    """What was selected before it is not taken from what is kept."""
    tab = ClickedTab(learning)
    tab.generate()
    asked = len(learning.core.asked)
    tab.generate()
    assert len(learning.core.asked) == asked
    learning.core.history.correct(FOX, "deep_snow", "removed")
    tab.generate()
    assert len(learning.core.asked) == asked + 1


# -- shown -------------------------------------------------------------------------------------------------------------


def test_a_chip_and_a_hit_say_in_how_many_pictures_it_was_used(learning):
    from stylus_webui.library_search import again

    learning.core.history.used["red_fox"] = USED
    line = "In 41 pictures of yours, last on 2026-03-01, at 0.5 to 0.8, often with ink_wash."
    assert line in ClickedTab(learning).shown()
    assert line in again("fox", "0")["value"]
    settings.set_learns(False)
    assert (
        "pictures of yours" not in ClickedTab(learning).shown()
        and "pictures of yours" not in again("fox", "0")["value"]
    )


# -- and nowhere else --------------------------------------------------------------------------------------------------


def test_nothing_of_it_gets_into_a_picture_a_log_a_kept_pick_or_a_state(learning, caplog):
    caplog.set_level("DEBUG")
    learning.core.history.used = {"red_fox": USED, "deep_snow": USED}
    tab = ClickedTab(learning)
    tab.click("weight", "red_fox", 0.4).click("use", "deep_snow")
    assert "41 pictures of yours" in tab.answered
    tab.generate()
    written = tab.click("write").values
    runtime.get().cache.close()
    kept = b"".join(file.read_bytes() for file in learning.folder.glob("picks.sqlite*")).decode("utf-8", "replace")
    texts = [*tab.processed.infotexts, json.dumps(written.args, default=str), written.typed, kept, caplog.text]
    for text in texts:
        assert "pictures of yours" not in text and "ink_wash" not in text and "wanted" not in text
    assert "41" not in "".join(tab.processed.infotexts)


def test_a_kept_pick_has_nothing_of_it_and_is_told_anew_when_it_is_shown(learning):
    learning.core.history.used["red_fox"] = USED
    tab = ClickedTab(learning)
    made = learning.core.pick
    learning.core.pick = lambda *given: dataclasses.replace(
        made(*given), own_note="you wanted it for prompts like this"
    )
    assert "You wanted it for prompts like this." in tab.shown()
    assert "In 41 pictures of yours" in tab.shown() and len(learning.core.asked) == 1


def test_what_was_learned_has_no_say_while_it_is_off(learning):
    def asked():
        return learning.core.asked[-1][1].own_pictures

    ClickedTab(learning).generate()
    assert asked() == "use"
    ClickedTab(learning, own_pictures="ignore").write("a fox").generate()
    assert asked() == "ignore"
    settings.set_learns(False)
    ClickedTab(learning).write("much snow").generate()
    assert asked() == "ignore" and "does not use it while this is off" in own_panel.html()
