"""What is clicked in the panel and what becomes of it in the next jobs."""

from __future__ import annotations

import json

import pytest

from stylus_webui import settings
from stylus_webui.edits import Edits, parse_edits
from stylus_webui.options import CONTROLS

FOX = "a fox in the snow"


@pytest.fixture
def zoo(host):
    host.adapter("red_fox", word="fox")
    host.adapter("deep_snow", word="snow")
    host.adapter("full_moon", word="moon", weight=0.6)
    return host.start()


class ClickedTab:
    """A tab of the page: what is clicked in it, and what Generate makes of it then."""

    def __init__(self, host, typed=FOX, tab="txt2img", styles=None, **options):
        from stylus_webui.panel_actions import TabValues

        self.host, self.tab = host, tab
        script = host.script(tab)
        args = host.args(tab, **options)[script.args_from : script.args_to - 1]  # the last is the page's key
        self.values = TabValues(typed, tuple(args), styles)

    def click(self, do, name="", value=None):
        from stylus_webui import panel_answers

        given = {"do": do, "name": name} | ({} if value is None else {"value": value})
        self.values, self.answered = panel_answers.clicked(json.dumps(given), self.values)
        return self

    def write(self, typed):
        from dataclasses import replace

        self.values = replace(self.values, typed=typed)
        return self

    def generate(self, prompt=None, **more):
        """The first prompt of a job with what stands in the tab."""
        options = dict(zip([*(o.name for o in CONTROLS), "state"], self.values.args, strict=True))
        del options["enabled"]
        p, self.processed = self.host.generate(
            self.values.typed if prompt is None else prompt, tab=self.tab, options=options, **more
        )
        return p.all_prompts[0]

    def shown(self):
        from stylus_webui import panel_answers

        return panel_answers.answer(self.values.prompt, self.values.args, self.values.typed)


# -- edits and the words that they are about ---------------------------------------------------------------------------


def test_an_edit_lasts_as_long_as_its_words_stand_in_the_prompt(zoo):
    tab = ClickedTab(zoo).click("remove", "deep_snow").click("weight", "red_fox", "0.35")
    assert tab.write("a sleeping FOX, deep (snow:1.2), dawn").generate() == (
        "a sleeping FOX, deep (snow:1.2), dawn"  # the stand-in looks for words in their own case
    )
    assert tab.write("a fox at night, snow").generate() == "a fox at night, snow <lora:red_fox:0.35>"
    assert "Put back" in tab.shown()
    assert tab.write("much snow").generate() == "much snow"
    assert tab.write("a red fox").generate() == "a red fox <lora:red_fox:0.35>"
    assert "Put back" not in tab.shown()


def test_a_word_is_not_a_part_of_another_one(zoo):
    zoo.core.words["red_fox"] = "fox"
    tab = ClickedTab(zoo).click("remove", "red_fox")
    assert tab.write("a foxglove").generate() == "a foxglove <lora:red_fox:0.8>"


def test_an_edit_is_lost_with_the_next_one_only(zoo):
    """Whoever takes a word out and types it again finds the edit in its place."""
    tab = ClickedTab(zoo).click("remove", "deep_snow")
    assert tab.write("a fox in the").generate() == "a fox in the <lora:red_fox:0.8>"
    assert tab.write(FOX).generate() == f"{FOX} <lora:red_fox:0.8>"
    tab.write("a fox").click("weight", "red_fox", "0.5")
    assert tab.write(FOX).generate() == f"{FOX} <lora:red_fox:0.5> <lora:deep_snow:0.8>"


def test_an_edit_of_what_serves_no_words_is_for_most_of_the_prompt(zoo):
    zoo.core.words["full_moon"] = ""
    settings.set_pinned("full_moon", True)
    tab = ClickedTab(zoo).click("remove", "full_moon")
    assert "full_moon" not in tab.generate()
    assert "full_moon" not in tab.write(f"{FOX}, dawn").generate()
    assert "full_moon" in tab.write("a fox on the beach").generate()


def test_a_style_says_the_words_too(zoo):
    zoo.shared.prompt_styles.styles["wintry"] = "{prompt}, snow"
    tab = ClickedTab(zoo, "a fox", styles=["wintry"]).click("remove", "deep_snow")
    assert tab.values.prompt == "a fox, snow"
    assert "deep_snow" not in tab.write("a fox, dawn").generate("a fox, dawn, snow")
    assert "Put back" in tab.shown()


def test_a_pasted_picture_stays_bound_to_its_prompt(zoo):
    ClickedTab(zoo).generate()
    state = Edits(FOX, f"{FOX} <lora:red_fox:0.3>", removed=()).dump()
    tab = ClickedTab(zoo, state=state)
    assert tab.generate() == f"{FOX} <lora:red_fox:0.3>"
    assert tab.write("a fox").generate() == "a fox <lora:red_fox:0.8>"


def test_a_state_of_an_older_page_is_for_its_prompt_alone(zoo):
    old = json.dumps({"prompt": FOX, "removed": ["deep_snow"], "weights": {"red_fox": 0.4}})
    tab = ClickedTab(zoo, state=old)
    assert tab.generate() == f"{FOX} <lora:red_fox:0.4>"
    assert tab.write(f"{FOX} again").generate() == f"{FOX} again <lora:red_fox:0.8> <lora:deep_snow:0.8>"


@pytest.mark.parametrize("part", [{"added": [["x", "heavy"]]}, {"added": 3}, {"words": ["a"]}, {"words": {"a": 1}}])
def test_what_is_no_state_is_no_edit(part):
    assert parse_edits(json.dumps({"prompt": FOX, "removed": ["a"], **part})) == Edits()


def test_reset_gives_the_weight_back_to_us(zoo):
    tab = ClickedTab(zoo).click("weight", "red_fox", "0.35").click("reset", "red_fox")
    assert tab.generate() == f"{FOX} <lora:red_fox:0.8> <lora:deep_snow:0.8>"


# -- taken by hand -----------------------------------------------------------------------------------------------------


def test_use_it_joins_the_picks_beyond_their_number(zoo):
    prompt = f"{FOX} under the moon"
    tab = ClickedTab(zoo, prompt, max_adapters=1)
    assert tab.generate() == f"{prompt} <lora:red_fox:0.8>"
    tab.click("use", "deep_snow")
    made = tab.generate()
    assert made == f"{prompt} <lora:red_fox:0.8> <lora:deep_snow:0.66>"  # as strong as one of two is
    assert tab.write("a fox and snow").generate() == "a fox and snow <lora:red_fox:0.8> <lora:deep_snow:0.66>"
    assert tab.write("a fox").generate() == "a fox <lora:red_fox:0.8>"


def test_what_is_used_is_repeated_from_the_picture(zoo):
    tab = ClickedTab(zoo).click("use", "full_moon")
    made = tab.generate()
    assert made.endswith("<lora:full_moon:0.41>")
    assert "full_moon:0.41" in tab.processed.infotexts[0]
    zoo.cache.clear()
    zoo.core.revision += 1
    *_, ours = zoo.paste(tab.processed.infotexts[0])
    assert zoo.generate(FOX, options={"state": ours[-1]})[0].all_prompts[0] == made


def test_what_is_used_can_be_weighed_and_taken_out_again(zoo):
    tab = ClickedTab(zoo).click("use", "full_moon").click("weight", "full_moon", "0.2")
    assert tab.generate().endswith("<lora:full_moon:0.2>")
    assert "full_moon" not in tab.click("remove", "full_moon").generate()
    assert "full_moon" in tab.click("use", "full_moon").generate()


def test_use_it_puts_back_what_was_removed(zoo):
    tab = ClickedTab(zoo).click("remove", "deep_snow").click("use", "deep_snow")
    assert tab.generate() == f"{FOX} <lora:red_fox:0.8> <lora:deep_snow:0.8>"


def test_what_is_used_is_checked_like_any_pick(zoo):
    zoo.adapter("gone_owl", word="owl", file=zoo.loras / "elsewhere.safetensors")
    tab = ClickedTab(zoo).click("use", "gone_owl").click("use", "nobody")
    assert tab.generate() == f"{FOX} <lora:red_fox:0.8> <lora:deep_snow:0.8>"
    assert "left out" in tab.shown()


def test_what_is_used_brings_its_other_half(zoo):
    zoo.shared.opts.data["model_wan_stage"] = "combined"
    for name in ("kite_high_noise", "kite_low_noise"):
        zoo.adapter(name, word="nothing of this prompt")
    zoo.core.pair("kite_high_noise", "kite_low_noise")
    made = ClickedTab(zoo).click("use", "kite_low_noise").generate()
    assert "kite_high_noise" in made and "kite_low_noise" in made


# -- pinned and banned for good ----------------------------------------------------------------------------------------


def test_a_pin_is_the_same_in_both_tabs_and_takes_nobodys_place(zoo):
    ClickedTab(zoo).click("pin", "full_moon")
    assert settings.pinned() == ("full_moon",)
    assert "full_moon" in open(zoo.shared.config_filename).read()
    for tab in ("txt2img", "img2img"):
        made = ClickedTab(zoo, tab=tab, max_adapters=2).generate()
        assert [name in made for name in ("full_moon", "red_fox", "deep_snow")] == [True] * 3
    ClickedTab(zoo, tab="img2img").click("unpin", "full_moon")
    assert settings.pinned() == () and "full_moon" not in ClickedTab(zoo).generate()


def test_an_unpin_takes_the_tabs_own_pin_as_well(zoo):
    tab = ClickedTab(zoo, pinned="full_moon\ndeep_snow").click("unpin", "full_moon")
    assert tab.values.pinned == "deep_snow"


def test_a_pin_lifts_a_ban_and_a_lifted_ban_gives_the_pin_back(zoo):
    tab = ClickedTab(zoo).click("ban", "red_fox").click("pin", "red_fox")
    assert (settings.banned(), settings.pinned()) == ((), ("red_fox",))
    assert "red_fox" not in tab.click("ban", "red_fox").generate()
    assert "red_fox" in tab.click("unban", "red_fox").write("much snow").generate()


def test_a_pin_that_cannot_be_saved_says_so(zoo):
    zoo.shared.cmd_opts.freeze_settings = True
    assert "could not be saved" in settings.set_pinned("red_fox", True)


# -- its folder --------------------------------------------------------------------------------------------------------


def test_the_folder_of_an_adapter_is_opened(zoo):
    from modules import util

    util.opened.clear()
    tab = ClickedTab(zoo)
    assert "Open its folder" in tab.shown()
    tab.click("folder", "red_fox").click("folder", "nobody")
    assert util.opened == [str(zoo.loras)]


@pytest.mark.parametrize("flag", ["hide_ui_dir_config", "listen", "share"])
def test_no_folder_is_opened_for_somebody_elsewhere(zoo, flag):
    from modules import util

    util.opened.clear()
    setattr(zoo.shared.cmd_opts, flag, True)
    tab = ClickedTab(zoo)
    assert "Open its folder" not in tab.shown()
    tab.click("folder", "red_fox")
    assert util.opened == []


def test_a_folder_that_is_not_opened_says_so(zoo, monkeypatch):
    from modules import util

    def broken(path):
        raise FileNotFoundError("xdg-open")

    monkeypatch.setattr(util, "open_folder", broken)
    with pytest.warns(UserWarning, match="xdg-open"):
        ClickedTab(zoo).click("folder", "red_fox")


# -- what a click costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["remove", "weight", "use", "pin", "ban", "write"])
def test_a_click_asks_the_library_once(zoo, do):
    zoo.core.embedded = 0  # vectors are on their way: no answer is kept for another time
    tab = ClickedTab(zoo, max_adapters=1).click(do, "red_fox" if do != "use" else "deep_snow", 0.5)
    assert len(zoo.core.asked) == 1
    assert "stylus-answer" in tab.answered


# -- the switch and the prompt -----------------------------------------------------------------------------------------


def test_on_switches_stylus_on(zoo):
    tab = ClickedTab(zoo, first=False).click("on")
    assert tab.values.enabled is True


def test_tags_are_written_into_the_box_and_left_alone_then(zoo):
    tab = ClickedTab(zoo, max_adapters=1).click("weight", "red_fox", "0.5").click("write")
    assert tab.values.typed == f"{FOX} <lora:red_fox:0.5>"
    asked = len(zoo.core.asked)
    tab.values = tab.values.put([o.name for o in CONTROLS].index("max_adapters"), 3)
    assert tab.generate() == tab.values.typed and len(zoo.core.asked) == asked
    assert "<lora:red_fox:0.5>\n" in tab.processed.infotexts[0]


def test_tags_are_written_without_the_styles(zoo):
    zoo.shared.prompt_styles.styles["wintry"] = "{prompt}, snow"
    tab = ClickedTab(zoo, "a fox", styles=["wintry"]).click("write")
    assert tab.values.typed == "a fox <lora:red_fox:0.8> <lora:deep_snow:0.8>"
    assert tab.generate(tab.values.prompt) == "a fox <lora:red_fox:0.8> <lora:deep_snow:0.8>, snow"


def test_nothing_is_written_where_nothing_is_picked(zoo):
    assert ClickedTab(zoo, "a house").click("write").values.typed == "a house"


@pytest.mark.parametrize("action", ["", "{", "[]", "3", '{"do": "use"}', '{"name": "red_fox"}', "[" * 100_000])
def test_what_is_no_action_does_nothing(zoo, action):
    from stylus_webui.panel_actions import apply_action

    values = ClickedTab(zoo).values
    assert apply_action(action, values) == values


def test_what_the_panel_tells_are_sentences_and_names_stay_as_they_are(zoo):
    from stylus_core.types import Pick
    from stylus_webui import chips

    pinned = Pick("fox_v2", "/loras/fox_v2.safetensors", 0.8, "", "you pinned it", trigger_words=("vulpes",))
    notes = ("words alone decided", "'deep_snow' is left out: its file is gone.")
    html = chips.answer(chips.View(picks=(pinned,), notes=notes))
    assert ">Words alone decided.<" in html and ">&#x27;deep_snow&#x27; is left out: its file is gone.<" in html
    assert ">You pinned it. Trigger words: vulpes.<" in html


def test_an_address_that_is_taken_out_leaves_the_end_of_its_sentence():
    from stylus_webui import client_text

    said = ("it is not set: give one such as http://10.0.0.7:11434/v1", "see https://x.example/a?b=1, or ask")
    assert client_text.note(said) == "It is not set: give one such as (an address). See (an address), or ask."
