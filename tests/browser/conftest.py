"""The panel in real Chromium, on a page that the gradio of this environment serves.

Skips with a reason where there is no gradio, no playwright or no Chromium. Pictures of the panel go to
`tests/browser/out`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.host.conftest import ROOT, Host, host

__all__ = ["host"]

CHROMIUM = os.environ.get("STYLUS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
OUT = Path(__file__).parent / "out"

if importlib.util.find_spec("gradio") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def serve(host: Host, chromium: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Opens the page of a host that was started, in the browser."""
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    opened: list[Any] = []

    def open_page(**view: object) -> Any:
        head = f"<script>{host.ui.HOST_JS}</script>"
        for script in sorted((ROOT / "javascript").glob("*.js")):
            head += f"<script>{script.read_text('utf-8')}</script>"
        head += f"<style>{(ROOT / 'style.css').read_text('utf-8')}</style>"
        host.ui.inject(head)
        _, url, _ = host.demo.queue().launch(
            prevent_thread_lock=True, quiet=True, show_api=False, server_name="127.0.0.1", inbrowser=False
        )
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 1400}, **view})
        opened.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.set_default_timeout(60_000)
        page.goto(url)
        page.wait_for_selector("#stylus_txt2img_panel")
        return page

    yield open_page
    for context in opened:
        context.close()
    if getattr(host.demo, "server", None) is not None:
        host.demo.server.force_exit = True  # it would wait for connections that the browser keeps open
        host.demo.close()


@pytest.fixture
def zoo(host: Host, tmp_path: Path) -> Host:
    """A host that was started with three adapters, each with a picture."""
    from PIL import Image

    for name, word, colour in (
        ("red_fox_v2", "fox", "orange"),
        ("deep_snow", "snow", "white"),
        ("full_moon", "moon", "navy"),
    ):
        preview = tmp_path / f"{name}.png"
        Image.new("RGB", (300, 200), colour).save(preview)
        host.adapter(name, word=word, preview=str(preview), title=name.replace("_", " ").title())
    return host.start()


@pytest.fixture
def shot() -> Callable[..., None]:
    """Takes a picture of the panel, for people to look at."""
    import gradio

    OUT.mkdir(exist_ok=True)

    def take(page: Any, name: str, selector: str = "#stylus_txt2img_panel") -> None:
        page.wait_for_timeout(300)
        page.locator(selector).screenshot(path=OUT / f"{name}-gradio-{gradio.__version__}.png")

    return take
