"""The real protocol, with a real model on llama.cpp's own server: schema, checks, cache, prompt cache, fallback.

Half a billion weights choose badly: whether the choices are good is not asked here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the package openai is not installed")

from stylus_core.composer import Composers
from stylus_core.composer.instructions import CONSTANT
from stylus_core.composer.llm import LLMComposer
from stylus_core.composer.llm_candidates import question
from stylus_core.composer.settings import ComposerSettings
from tests.composer.build import candidate, judging, request
from tests.llm import get_model

pytestmark = pytest.mark.whole

SERVE = Path(__file__).with_name("serve.py")
CANDIDATES = [
    candidate(0, "style", "watercolor painting", words=("watercolor",)),
    candidate(1, "vehicle", "steam locomotive"),
    candidate(2, "animal", "red fox"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    files = get_model.found()
    if files is None:
        pytest.skip(get_model.REASON)
    command = [sys.executable, str(SERVE), *map(str, files)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            line = server.stdout.readline().strip()
            if not line:
                pytest.skip("the test model's server does not start on this machine")
            yield line
        finally:
            server.kill()


def composers(url: str, home: Path, timeout: float = 240.0) -> Composers:
    settings = ComposerSettings(base_url=url, model="test", timeout=timeout)
    return Composers({"llm": LLMComposer(settings, home, judging())})


def raw(url: str, prompt: str) -> dict[str, Any]:
    """What the server itself says of a call that writes one token."""
    asked = request(prompt, CANDIDATES)
    text, _ = question(asked.prompt, judging()(asked), 1000)
    body = {"messages": [*CONSTANT, {"role": "user", "content": text}], "max_tokens": 1, "temperature": 0}
    head = {"Content-Type": "application/json"}
    call = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), head)  # noqa: S310 - loopback
    with urllib.request.urlopen(call, timeout=240) as answer:  # noqa: S310
        return json.load(answer)


def test_a_real_model_answers_once_and_what_it_says_is_checked(url: str, tmp_path: Path) -> None:
    asked = request("a watercolor painting of a red fox in the snow", CANDIDATES, 0.5)
    found = composers(url, tmp_path).compose(asked)
    assert found.composer == "llm", found.notes
    assert not any("no sense" in n for n in found.notes), found.notes
    assert len(found.assignments) <= 3
    for a in found.assignments:
        assert a.keyword.text in asked.prompt.text and a.candidate in CANDIDATES and 0 < len(a.reason) <= 160
    stored = json.loads((tmp_path / "servers.json").read_text())
    assert [a["mode"] for a in stored["servers"].values()] == ["json_schema"]
    again = composers(url, tmp_path).compose(asked)
    assert (again.composer, again.assignments) == (found.composer, found.assignments)
    assert "from the cache" in again.notes[0]


def test_the_server_keeps_what_never_changes(url: str) -> None:
    raw(url, "a red fox")
    used = raw(url, "an old steam locomotive on a bridge")
    cached, read = used["timings"]["cache_n"], used["timings"]["prompt_n"]
    assert cached >= 400 and read <= 200, used["timings"]


def test_a_model_that_is_too_slow_is_not_waited_for(url: str, tmp_path: Path) -> None:
    found = composers(url, tmp_path, timeout=0.3).compose(request("a steam locomotive in the alps", CANDIDATES, 0.5))
    assert found.composer == "local" and "did not answer within 0.3 s" in found.notes[-1]
