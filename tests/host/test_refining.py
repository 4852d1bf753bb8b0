"""Descriptions by a model, from the panel: first the cost, then in the background, and never in a picture's way."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest

from stylus_webui import panel_answers, runtime
from tests.clock import HANG
from tests.host.test_real_core import real  # noqa: F401 - a fixture
from tests.llm.fault_server import FaultServer, answers, raw, status

sys.path.append(str(Path(sys.prefix) / "added"))  # what install.py adds to a WebUI, see host.mk
pytest.importorskip("openai", reason="install.py adds it in a WebUI")

ANSWER = json.dumps(
    {
        "description": "Adds a small brass bell.",
        "kind": "object",
        "subject": "brass bell",
        "trigger_words": [],
        "weight": 0.7,
    }
)


def told() -> str:
    return runtime.get().refining.progress.told


def click(button: str) -> str:
    panel_answers.refine(button)
    assert runtime.get().refining.wait(HANG)
    return panel_answers.descriptions()


def test_without_a_server_one_sentence_says_what_to_do(real):  # noqa: F811
    assert "Nothing is sent" in told()
    html = click("plan")
    assert 'data-busy="0"' in html
    assert runtime.get().refining.progress.status == "idle"
    assert told() == "No language model is set up yet: the settings take its address."


def test_the_cost_is_told_before_anything_is_sent(real):  # noqa: F811
    with FaultServer([answers(ANSWER)] * 200) as server:
        real.shared.opts.data.update(stylus_endpoint=server.url, stylus_model="m")
        click("start")  # the first click only counts
        assert runtime.get().refining.progress.status == "planned" and server.requests == []
        assert "adapters to describe" in told() and "Nothing was sent yet" in told()
        before = real.service.revision()
        click("start")
        assert runtime.get().refining.progress.status == "idle"
        assert "described" in told() and len(server.requests) > 20
        assert real.service.wait(HANG) and real.service.revision() > before
        described = [a for a in real.service.adapters() if a.card.source == "llm"]
        assert described and described[0].card.description == "Adds a small brass bell."
        click("plan")
        assert "nothing to describe" in told()


def test_stopped_it_keeps_what_came_and_goes_on_later(real):  # noqa: F811
    refining = runtime.get().refining
    with FaultServer([answers(ANSWER)] * 200) as server:
        real.shared.opts.data.update(stylus_endpoint=server.url, stylus_model="m")
        click("plan")
        whole = refining.progress.total
        reached = threading.Event()
        step = refining._step

        def stopping(report):
            step(report)
            if report.done >= 3 and not reached.is_set():
                reached.set()
                refining.stop()

        refining._step = stopping
        click("start")
        refining._step = step
        assert reached.is_set() and 3 <= len(server.requests) < whole
        click("plan")
        assert 0 < refining.progress.total < whole


def test_generating_goes_on_meanwhile(real):  # noqa: F811
    prompt = "a corgi in a knitted sweater"
    with FaultServer([answers(ANSWER)] * 200) as server:
        real.shared.opts.data.update(stylus_endpoint=server.url, stylus_model="m")
        click("plan")
        panel_answers.refine("start")
        p, _ = real.generate(prompt)
        assert p.all_prompts[0].startswith(prompt)
        assert real.errors.reported == []
        assert runtime.get().refining.wait(HANG)


def test_prices_failures_and_the_servers_memory(real):  # noqa: F811
    with FaultServer([status(401, "who are you")]) as server:
        server.other = raw(b'{"model": "m", "done": true}')
        real.shared.opts.data.update(stylus_endpoint=server.url, stylus_model="m", stylus_price_in=1000)
        click("plan")
        assert "by the prices given" in told()
        click("start")
        assert "failed" in told() and "401" in told()
        assert "/api/generate" not in server.paths
        real.shared.opts.data["stylus_unload"] = True
        server.steps[:] = [answers(ANSWER)]
        click("plan")
        click("start")
        assert "by the prices given" in told()
        assert server.paths[-1] == "/api/generate" and server.others[-1]["keep_alive"] == 0
