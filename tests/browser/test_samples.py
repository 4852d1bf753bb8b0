"""The whole tool in the page: the sample library, the real core, the panel. Its pictures are those of the docs."""

from __future__ import annotations

import colorsys
import os
import shutil
import zlib

import pytest
from PIL import Image, ImageDraw

from samples.make_samples import build
from stylus_webui import runtime
from tests.browser.test_panel import ANSWER, chips, generate, show, unfold, write

PROMPT = "A corgi in a knitted sweater sits on a vintage motorcycle in front of a lighthouse."


def preview(path, name):
    """A picture that tells adapters apart."""
    hue = zlib.crc32(name.encode()) % 360 / 360
    colour, light = (tuple(int(255 * c) for c in colorsys.hls_to_rgb(hue, level, 0.5)) for level in (0.45, 0.75))
    picture = Image.new("RGB", (256, 256), colour)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 40, 216, 216), fill=light)
    draw.polygon(((128, 70), (180, 170), (76, 170)), fill=colour)
    picture.save(path)


@pytest.fixture
def samples(host, tmp_path):
    library, _ = build(tmp_path)
    shutil.rmtree(host.loras)
    shutil.copytree(library, host.loras)
    for file in host.loras.rglob("*.safetensors"):
        preview(file.with_suffix(".png"), file.stem)
    if not os.environ.get("STYLUS_ENCODER"):
        host.shared.opts.data["stylus_encoder"] = "none"
    host.core.open = lambda folders: runtime._open_core(folders)
    host.start()
    host.sd_models.reload_model_weights()
    return host


def test_from_prompt_to_picture(samples, serve, shot):
    page = serve()
    unfold(page)
    write(page, PROMPT)
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    page.wait_for_selector(f"{ANSWER} .stylus-chip")
    names = page.locator(f"{ANSWER} .stylus-answer > .stylus-chips > .stylus-chip").count()
    assert names >= 1
    page.locator(f"{ANSWER} .stylus-chip").first.hover()
    shot(page, "docs-picks")
    made = generate(page, samples)
    assert made.startswith(PROMPT) and made.count("<lora:") == names
    first = chips(page, names)[0]
    page.locator(f'{ANSWER} button[data-stylus="remove"][data-name="{first}"]').first.click()
    chips(page, names - 1)
    shot(page, "docs-removed")
    assert f"<lora:{first}:" not in generate(page, samples)
    assert page.problems == []


def test_more_options(samples, serve, shot):
    page = serve()
    unfold(page)
    page.locator("#stylus_txt2img_more .label-wrap").click()
    page.wait_for_selector("#stylus_txt2img_kinds", state="visible")
    shot(page, "docs-more")
    for kind in ("animal", "clothing"):
        page.locator("#stylus_txt2img_kinds").get_by_label(kind, exact=True).first.uncheck()
    write(page, PROMPT)
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    generate(page, samples)
    params = samples.parts["txt2img"]["jobs"][-1].extra_generation_params
    assert "animal" not in params["Stylus kinds"]


def test_on_a_phone_nothing_is_wider_than_the_page(samples, serve, shot):
    page = serve(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    unfold(page)
    write(page, PROMPT)
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    page.wait_for_selector(f"{ANSWER} .stylus-chip")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "docs-phone", f"{ANSWER} .stylus-answer")


def test_in_the_dark_and_what_is_found_in_the_library(samples, serve, shot):
    page = serve()
    page.evaluate("document.body.classList.add('dark')")
    unfold(page)
    write(page, PROMPT)
    page.locator("#stylus_txt2img_panel-visible-checkbox").check()
    show(page)
    page.wait_for_selector(f"{ANSWER} .stylus-chip")
    shot(page, "docs-dark")
    page.evaluate("document.body.classList.remove('dark')")
    page.locator("#stylus_txt2img_search .label-wrap").first.click()
    page.locator("#stylus_txt2img_query :is(textarea, input)").fill("animal")
    page.locator("#stylus_txt2img_find").click()
    page.wait_for_selector(".stylus-hit")
    assert page.locator('.stylus-hit[data-name="pembroke_corgi"]').is_visible()
    assert "Made for Flux" in page.locator('.stylus-hit[data-name="axolotl_flux"]').inner_text()
    shot(page, "docs-search", "#stylus_txt2img_search")
