"""The settings page's defaults: they count at once, in the panel, the API and our own routes alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stylus_webui.options import BY_NAME, CONTROLS
from stylus_webui.settings import default_name
from tests.host.test_api import get, listen, post  # noqa: F401 - a fixture

SCENE = "a fox in the snow"


@pytest.fixture
def zoo(host):
    host.adapter("fox", word="fox")
    host.adapter("snow", word="snow")
    return host.start()


def set_default(host, name: str, value: object) -> None:
    host.shared.opts.set(default_name(BY_NAME[name]), value)


def asked_for(zoo, tab: str, args: object) -> object:
    """The options with which a request of the API selected."""
    kept = zoo.api._generate(tab, _kind(tab), {"prompt": SCENE, "alwayson_scripts": {"Stylus": {"args": args}}})
    return zoo.core.asked[-1][1], json.loads(kept["info"])


def _kind(tab: str):
    from modules import processing

    return (
        processing.StableDiffusionProcessingTxt2Img if tab == "txt2img" else processing.StableDiffusionProcessingImg2Img
    )


@pytest.mark.parametrize("tab", ["txt2img", "img2img"])
@pytest.mark.parametrize("args", [[True], [{}], [{"restraint": "careful"}], [True, None, None], [True, "local"]])
def test_a_request_that_names_no_value_takes_the_default_of_now(args, tab, zoo):
    assert asked_for(zoo, tab, args)[0].max_adapters == 3
    set_default(zoo, "max_adapters", 1)
    set_default(zoo, "strength", 0.5)
    set_default(zoo, "exclude_folders", "people/old\nthis, and that")
    set_default(zoo, "variants", "one-hot per adapter")
    options, info = asked_for(zoo, tab, args)
    assert (options.max_adapters, options.strength) == (1, 0.5)
    assert options.exclude_folders == ("people/old", "this, and that")
    assert info["extra_generation_params"]["Stylus variants"] == "one-hot per adapter"


def test_what_a_request_names_wins_over_the_default_of_now(zoo):
    set_default(zoo, "max_adapters", 1)
    for args in ([{"max_adapters": 3}], [True, "local", 3]):
        assert asked_for(zoo, "txt2img", args)[0].max_adapters == 3


def test_our_own_routes_know_the_default_of_now(zoo, listen):  # noqa: F811
    port = listen()
    set_default(zoo, "max_adapters", 1)
    found = post(port, "/select", json={"prompt": SCENE}).json()
    assert found["rewritten"] == f"{SCENE} <lora:fox:0.8>"
    found = post(port, "/select", json={"prompt": SCENE, "options": {"max_adapters": 3}}).json()
    assert found["rewritten"] == f"{SCENE} <lora:fox:0.8> <lora:snow:0.8>"
    defaults = {row["name"]: row["default"] for row in get(port, "/options").json()["options"]}
    assert (defaults["max_adapters"], defaults["strength"], defaults["enabled"]) == (1, 1.0, False)


def restarted(host):
    """The WebUI again, with the files that it wrote."""
    host.stop()
    return host.start()


def test_a_default_that_changes_after_the_first_start_is_in_the_panel_after_the_next(zoo):
    set_default(zoo, "max_adapters", 1)
    set_default(zoo, "trigger_words", "never")
    set_default(zoo, "include_names", "fox*\nsnow*")
    again = restarted(zoo)
    controls = again.script().tab._panel.controls
    assert (controls["max_adapters"].value, controls["trigger_words"].value) == (1, "never")
    assert controls["include_names"].value == "fox*\nsnow*"
    page = [component.value for component in again.parts["txt2img"]["inputs"][1:]]
    page[again.script().args_from - 1] = True
    p = again.job(SCENE)
    p.script_args = (0, *page)
    from modules import processing

    assert processing.run(p).all_prompts == [f"{SCENE} <lora:fox:0.8>"]


def test_the_hosts_file_of_values_holds_nothing_of_ours_but_the_switch(zoo):
    kept = json.loads(Path(zoo.shared.cmd_opts.ui_config_file).read_text("utf-8"))
    assert any("Batch count" in key for key in kept)
    labels = ["Stylus state", "Stylus action", *(o.label for o in CONTROLS if o.name != "enabled")]
    assert [key for key in kept if "/stylus.py/" in key and key.split("/")[-2] in labels] == []


def test_a_cell_of_a_plot_leaves_what_the_page_says(zoo):
    """The page says what is the table's default, and the settings page says something else."""
    set_default(zoo, "max_adapters", 1)
    p = zoo.job(SCENE, options={"max_adapters": 3, "strength": 1.0})
    p.stylus_axes = {"strength": 0.5}
    from modules import processing

    assert processing.run(p).all_prompts == [f"{SCENE} <lora:fox:0.8> <lora:snow:0.8>"]
    assert zoo.core.asked[-1][1].strength == 0.5


def test_a_long_list_in_the_settings_refuses_no_request(zoo, listen):  # noqa: F811
    set_default(zoo, "include_names", "\n".join(f"fox{i}" for i in range(2000)))
    port = listen()
    assert post(port, "/select", json={"prompt": SCENE}).status_code == 200
    body = {"prompt": SCENE, "options": {"exclude_names": [f"fox{i}" for i in range(2000)]}}
    assert post(port, "/select", json=body).status_code == 422
