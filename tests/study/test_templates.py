"""The templates of the pages: nothing goes in unescaped or is missing in silence, and Jinja2 is asked for early."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import jinja2
import pytest

from stylus_core.cli import main
from stylus_core.errors import StylusError
from stylus_study import templates
from stylus_study.report import build
from tests.batch.webui import StandIn
from tests.study import sample

FOLDER = Path(templates.__file__).parent
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))


def test_only_our_own_style_and_script_go_in_as_they_are() -> None:
    sources = {name: (FOLDER / name).read_text("utf-8") for name in FILES}
    unescaped = {found for text in sources.values() for found in re.findall(r"([\w.]+)\s*\|\s*safe", text)}
    assert unescaped == {"style", "script"}
    assert not [name for name, text in sources.items() if "autoescape" in text]


@pytest.mark.parametrize("name", ["report/page.html", "batch/comparison.html"])
def test_a_value_that_nobody_gave_is_an_error(name: str) -> None:
    with pytest.raises(jinja2.UndefinedError):
        templates.render(name)


def test_texts_are_escaped_whatever_they_hold() -> None:
    evil = """<b title="x" 'y'>&{{ 1 + 1 }}</b>"""
    pair = {"prompt": evil, "about": evil, "without": None, "with_stylus": [], "changed": 0}
    page = templates.render("batch/comparison.html", pairs=[pair])
    assert page.startswith("<!DOCTYPE html>") and "<b " not in page
    assert page.count("&lt;b title=&#34;x&#34; &#39;y&#39;&gt;&amp;{{ 1 + 1 }}&lt;/b&gt;") == 2


def test_without_jinja2_the_way_out_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jinja2" else known(name))
    folder = sample.make(tmp_path / "s", sample.plan(1, (7.0,)), size=16)
    with pytest.raises(StylusError, match="pip install jinja2"):
        build(folder)
    assert not (folder / "report").exists()
    (tmp_path / "prompts.txt").write_text("a fox\n")
    with StandIn() as host:
        assert main(["batch", str(tmp_path / "prompts.txt"), "--webui", host.url, "--out", str(tmp_path / "o")]) == 1
        assert not host.seen
    assert "pages need Jinja2: pip install jinja2" in capsys.readouterr().err
