"""The settings page in the browser: the key's field, the panel's defaults, and the way there from the panel."""

from __future__ import annotations

import re

import pytest

from stylus_webui import runtime
from stylus_webui.settings import stored_key
from tests.clock import HANG, until

FIELD = "#setting_stylus_key input"


@pytest.fixture
def zoo(host):
    host.adapter("fox", word="fox")
    return host.start()


def open_settings(page):
    for name in ("Settings", "Stylus"):
        page.locator(".tab-nav > button").filter(has_text=re.compile(rf"^\s*{name}\s*$")).click()
    page.wait_for_selector(FIELD, state="visible")


def apply(page, typed: str) -> None:
    page.locator(FIELD).fill(typed)
    page.locator("#settings_submit").click()


def test_the_field_of_the_key_is_empty_once_it_is_kept(zoo, serve):
    page = serve()
    open_settings(page)
    for key in ("sk-first-0123456789abcdef", "sk-second-0123456789abcdef"):
        apply(page, key)
        page.wait_for_function("s => document.querySelector(s).value === ''", arg=FIELD)
        until(lambda key=key: stored_key() == key)
    assert page.locator("#setting_stylus_model input, #setting_stylus_model textarea").first.input_value() == ""
    page.locator("#setting_stylus_model").locator("input, textarea").first.fill("qwen")
    apply(page, "-")
    page.wait_for_function("s => document.querySelector(s).value === ''", arg=FIELD)
    until(lambda: stored_key() == "")
    until(lambda: zoo.shared.opts.stylus_model == "qwen")
    page.reload()
    open_settings(page)
    assert page.locator(FIELD).input_value() == "" and page.problems == []


def test_a_key_that_may_not_be_kept_stays_in_its_field(zoo, serve):
    page = serve()
    open_settings(page)
    zoo.shared.cmd_opts.freeze_settings = True
    apply(page, "sk-frozen-0123456789abcdef")
    page.wait_for_timeout(1000)
    assert page.locator(FIELD).input_value() == "sk-frozen-0123456789abcdef" and stored_key() == ""


def test_a_page_that_is_loaded_again_has_the_default_of_now(zoo, serve):
    page = serve()
    open_settings(page)
    at = "#stylus_txt2img_max_adapters input[type=number]"
    assert page.locator(at).input_value() == "3"
    page.locator("#setting_stylus_default_max_adapters input[type=number]").fill("1")
    page.locator("#setting_stylus_default_include_names textarea").fill("fox*\nsnow*")
    page.locator("#settings_submit").click()
    until(lambda: zoo.shared.opts.stylus_default_max_adapters == 1)
    page.reload()
    page.wait_for_selector("#stylus_txt2img_panel")
    page.wait_for_function("s => document.querySelector(s).value === '1'", arg=at, timeout=HANG * 1000)
    assert page.locator("#stylus_img2img_max_adapters input[type=number]").input_value() == "1"
    assert page.locator("#stylus_txt2img_include_names textarea").input_value() == "fox*\nsnow*"
    assert page.locator("#stylus_txt2img_candidates input[type=number]").input_value() == "30"
    assert page.problems == []


def test_descriptions_without_an_endpoint_lead_to_its_setting(zoo, serve):
    page = serve()
    panel = page.locator("#stylus_txt2img_panel")
    panel.locator("button.label-wrap, .label-wrap").first.click()
    panel.locator("#stylus_txt2img_descriptions .label-wrap").first.click()
    page.locator("#stylus_txt2img_estimate").click()
    way = page.locator("#stylus_txt2img_refine [data-stylus-settings]")
    way.wait_for(state="visible")
    assert "No language model is set up yet" in page.locator("#stylus_txt2img_refine").first.inner_text()
    way.click()
    field = page.locator("#setting_stylus_endpoint").locator("input, textarea").first
    field.wait_for(state="visible")
    page.wait_for_function("() => document.activeElement.closest('#setting_stylus_endpoint') !== null")
    assert page.problems == []
    field.fill("http://127.0.0.1:9/v1")
    page.locator("#settings_submit").click()
    until(lambda: zoo.shared.opts.stylus_endpoint == "http://127.0.0.1:9/v1")
    plan = runtime.get().refining
    plan.plan()
    assert plan.wait(HANG) and plan.progress.told.startswith("No model is named for http://127.0.0.1:9/v1")
    assert plan.progress.unset
