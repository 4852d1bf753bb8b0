"""The settings page: what it offers, what it keeps, and what it never shows."""

from __future__ import annotations

import json
import os
import stat

import pytest

from stylus_webui import settings


@pytest.fixture
def zoo(host):
    host.adapter("fox", word="fox")
    host.adapter("snow", word="snow")
    return host.start()


def page(host):
    import gradio as gr
    from modules import ui_settings

    with gr.Blocks() as demo:
        return ui_settings.create_ui(demo)


def test_every_setting_has_a_component(zoo):
    made = page(zoo)
    ours = {name for name in made if name.startswith("stylus_")}
    assert {"stylus_folders", "stylus_banned", "stylus_pinned", "stylus_endpoint", "stylus_model", "stylus_key"} <= ours
    assert {settings.default_name(o) for o in settings.DEFAULTS} <= ours
    assert all(zoo.shared.opts.data_labels[name].section == ("stylus", "Stylus") for name in ours)


def test_bans_and_pins_are_for_good(zoo):
    zoo.shared.opts.set("stylus_banned", "fox\n")
    assert zoo.generate("a fox in the snow")[0].all_prompts == ["a fox in the snow <lora:snow:0.8>"]
    zoo.shared.opts.set("stylus_pinned", "fox")  # a ban is stronger
    assert zoo.generate("snow")[0].all_prompts == ["snow <lora:snow:0.8>"]
    zoo.shared.opts.set("stylus_banned", "")
    assert zoo.generate("snow")[0].all_prompts == ["snow <lora:fox:0.8> <lora:snow:0.8>"]


def test_a_ban_that_cannot_be_saved_says_so(zoo):
    zoo.shared.cmd_opts.freeze_settings = True
    assert "could not be saved" in settings.set_banned("fox", True)
    zoo.shared.cmd_opts.freeze_settings = False
    assert settings.set_banned("fox", True) == "" and settings.banned() == ("fox",)
    assert settings.set_banned("fox", False) == "" and settings.banned() == ()


def test_panel_defaults(host):
    host.adapter("fox", word="fox")
    host.adapter("snow", word="snow")
    json.dump({}, open(host.shared.config_filename, "w"))
    host.shared.opts.data["stylus_default_max_adapters"] = 1
    host.shared.opts.data["stylus_default_strength"] = "strong"  # from an older version, or edited by hand
    host.start()
    assert host.script().tab._panel.controls["max_adapters"].value == 1
    assert host.script().tab._panel.controls["strength"].value == 1.0
    _, processed = host.generate("a fox in the snow")
    assert "Stylus max adapters: 1" in processed.info  # it differs from the table's default


def test_panel_defaults_of_which_adapters_may_be_picked(host):
    host.adapter("fox", word="fox")
    host.shared.opts.data["stylus_default_nsfw"] = "pg13"
    host.shared.opts.data["stylus_default_exclude_folders"] = "people/old\nthis, and that\n"
    host.shared.opts.data["stylus_default_include_names"] = "fox*\n[broken"
    host.start()
    controls = host.script().tab._panel.controls
    assert controls["nsfw"].value == "pg13"
    assert controls["exclude_folders"].value == "people/old\nthis, and that"
    assert controls["include_names"].value == ""
    host.generate("a fox")
    asked = host.core.asked[-1][1]
    assert (asked.nsfw, asked.exclude_folders) == ("pg13", ("people/old", "this, and that"))


def test_favourites_of_the_settings_count_where_favourites_are_asked_for(zoo):
    zoo.shared.opts.set("stylus_favourites", "fox\nsnow, deep")
    zoo.generate("a fox", options={"favourites": "only", "favourite_names": "wolf"})
    assert zoo.core.asked[-1][1].favourite_names == ("wolf", "fox", "snow, deep")
    zoo.generate("a fox in the snow")
    assert zoo.core.asked[-1][1].favourite_names == ()


def test_the_switch_has_no_default(zoo):
    assert not hasattr(zoo.shared.opts, "stylus_default_enabled")
    assert zoo.api.defaults["txt2img"][zoo.script().args_from] is False


def test_more_folders(host, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    host.start()
    host.shared.opts.set("stylus_folders", f"{more}\n{tmp_path / 'missing'}\n", run_callbacks=False)
    assert settings.folders() == [host.loras.resolve(), more.resolve()]


def test_the_key_is_kept_apart_and_never_shown(zoo, caplog):
    zoo.shared.opts.set("stylus_key", "sk-very-secret")
    zoo.shared.opts.save(zoo.shared.config_filename)
    file = zoo.folder / "home" / "webui-key"
    assert settings.composer_settings().endpoint.key == "sk-very-secret"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    shown = [
        open(zoo.shared.config_filename).read(),
        json.dumps(zoo.api.options()),
        str(page(zoo)["stylus_key"].value),
        caplog.text,
        repr(settings.composer_settings()),
        settings.model_identity(),
    ]
    assert not any("very-secret" in text for text in shown)
    zoo.shared.opts.set("stylus_key", "-")
    assert settings.composer_settings().endpoint.key == ""


def test_the_environments_key_comes_first(zoo, monkeypatch):
    zoo.shared.opts.set("stylus_key", "typed")
    monkeypatch.setenv("STYLUS_API_KEY", "from-environment")
    assert settings.composer_settings().endpoint.key == "from-environment"


def test_a_key_that_reached_the_hosts_file_is_taken_out(host):
    host.shared.opts.data["stylus_key"] = "sk-from-config"
    host.start()
    assert host.shared.opts.data["stylus_key"] == "" and settings.composer_settings().endpoint.key == "sk-from-config"


def test_the_api_cannot_set_the_key(zoo):
    zoo.api.set_options({"stylus_key": "sk-planted"})
    assert settings.composer_settings().endpoint.key == ""


def test_another_model_asks_anew(zoo):
    zoo.generate("a fox", options={"composer": "llm"})
    zoo.generate("a fox", options={"composer": "llm"})
    assert len(zoo.core.asked) == 1
    zoo.shared.opts.set("stylus_model", "another", run_callbacks=False)
    zoo.generate("a fox", options={"composer": "llm"})
    assert len(zoo.core.asked) == 2
