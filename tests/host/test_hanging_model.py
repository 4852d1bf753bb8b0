"""A model's endpoint that accepts and never answers, under the client that install.py adds to this WebUI."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from samples.catalogue import PROMPTS
from stylus_webui import settings
from tests.clock import HANG
from tests.host.test_real_core import real  # noqa: F401 - a fixture
from tests.net.faults import FAULTS
from tests.net.faulty_server import FaultyServer, Script

sys.path.append(str(Path(sys.prefix) / "added"))  # what install.py adds to a WebUI, see host.mk
pytest.importorskip("openai", reason="install.py adds it in a WebUI")

_SECONDS = 1.5  # a call's budget: each of these servers would be waited for without end


@pytest.mark.parametrize("composer", ["llm", "reranker"])
@pytest.mark.parametrize("fault", ["says nothing", "never accepts", "drips its body"])
def test_it_costs_its_time_once_and_then_rests(
    fault: str,
    composer: str,
    real,  # noqa: F811
    monkeypatch,
    tmp_path_factory,
) -> None:
    before = settings.composer_settings
    monkeypatch.setattr(settings, "composer_settings", lambda: replace(before(), timeout=_SECONDS))
    script: Script | None = FAULTS[fault][0]
    with FaultyServer(script) as server:
        for name, value in (
            ("stylus_endpoint", f"{server.url}/v1"),
            ("stylus_model", "m"),
            ("stylus_reranker", server.url),
        ):
            real.shared.opts.set(name, value, run_callbacks=False)
        real.shared.opts.set(
            "stylus_folders", str(tmp_path_factory.mktemp("more")), run_callbacks=False
        )  # the library is opened anew
        real.service.refresh()
        assert real.service.wait(HANG)
        told = []
        for prompt in PROMPTS[:3]:
            _, processed = real.generate(prompt, options={"composer": composer})
            told += [note for note in processed.comments.split("\n") if str(server.port) in note]
        assert len(told) == 3 and len(server.asked) == (0 if script is None else 1)
    assert f"did not answer within {_SECONDS:g} s" in told[0] and "left alone" not in told[0]
    assert all(f"did not answer within {_SECONDS:g} s; it is left alone for another" in note for note in told[1:])
    assert real.errors.reported == []
