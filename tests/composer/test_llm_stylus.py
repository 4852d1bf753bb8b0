"""The LLM composer through the facade and the command line, on the sample library, without an encoder."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from samples.make_samples import build
from stylus_core.cli import main
from stylus_core.composer.settings import ComposerSettings
from stylus_core.stylus import Stylus
from tests.llm.fault_server import FaultServer, Step, answers, status

PROMPT = "a corgi in a knitted sweater on a vintage motorcycle"


def chooses(*wanted: str) -> Step:
    """A model that wants the subjects of the catalogue with one of these words."""

    def step(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        rows = [json.loads(x) for x in asked["messages"][-1]["content"].split("\n")[1:-1]]
        verdicts = {str(row[0]): 2 * any(re.search(word, row[3], re.I) for word in wanted) for row in rows}
        answers({"verdicts": verdicts})(handler, asked)

    return step


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return build(tmp_path)[0]


def test_a_prompt_through_the_whole_tool(library: Path, tmp_path: Path) -> None:
    with FaultServer([chooses("corgi", "sweater")]) as server:
        for _ in range(2):
            settings = ComposerSettings(base_url=server.url, model="m")
            with Stylus(library, home=tmp_path / "home", encoder="none", composers=settings) as stylus:
                found = stylus.select(PROMPT, {"composer": "llm"})
        assert len(server.requests) == 1  # the second one is a new process, as far as the cache can tell
    assert found.composer == "llm"
    assert [p.keyword.split()[-1] for p in found.picks] == ["corgi", "sweater"]
    assert found.rewritten.startswith(PROMPT) and found.rewritten.count("<lora:") == 2
    assert any("700 tokens" in n for n in found.notes)


def test_a_server_that_fails_leaves_the_local_picks(library: Path, tmp_path: Path) -> None:
    with FaultServer([status(401)]) as server:
        settings = ComposerSettings(base_url=server.url, model="m")
        with Stylus(library, home=tmp_path / "home", encoder="none", composers=settings) as stylus:
            local = stylus.select(PROMPT)
            found = stylus.select(PROMPT, {"composer": "llm"})
    assert (found.picks, found.rewritten, found.composer) == (local.picks, local.rewritten, "local")
    assert sum("chose instead" in n for n in found.notes) == 1


def test_the_command_line_asks_the_server_that_it_is_told(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--library", str(library), "--home", str(tmp_path / "home"), "--encoder", "none", "--json"]
    with FaultServer([chooses("corgi")]) as server:
        code = main(["select", PROMPT, *common, "--composer", "llm", "--base-url", server.url, "--model", "m"])
        assert [r["model"] for r in server.requests] == ["m"]
    printed = json.loads(capsys.readouterr().out)
    assert code == 0 and printed["composer"] == "llm" and [p["keyword"] for p in printed["picks"]] == ["corgi"]
