"""The user's own pictures in ComfyUI: what is done to chips is kept while he wants that, and in no workflow."""

from __future__ import annotations

import dataclasses
import json

import pytest

from stylus_comfyui.picker_run import changed
from stylus_core.history.records import OwnUse
from tests.comfyui.graphs import picture, workflow

MARCH = 1_772_366_400.0  # the first of March 2026, at noon
KITE = "a/kite.safetensors"
NOTE = "In 41 pictures of yours, last on 2026-03-01, at 0.5 to 0.8, often with ink_wash."


@pytest.fixture
def learning(told):
    """With corrections kept, and a LoRA that was used."""
    told.core.history.keep_corrections(True)
    told.core.history.used[KITE] = OwnUse(41, 12, MARCH, (0.5, 0.65, 0.8), (("ink_wash", 9),))
    return told


def post(comfy, path, body, **more):
    return comfy.server.tell(f"/stylus/{path}", body, **more)


def said(comfy):
    return [(c.action, c.adapter, c.prompt, c.weight) for c in reversed(comfy.core.history.said)]


def click(comfy, what, weight=None, name=KITE, prompt="a kite"):
    answer = post(comfy, "feedback", {"click": what, "prompt": prompt, "name": name, "weight": weight})
    return json.loads(answer.body)


def test_nothing_is_kept_or_told_before_the_user_says_so(told):
    told.core.history.used[KITE] = OwnUse(41, 12, MARCH, None)
    assert json.loads(post(told, "own", {"names": [KITE]}).body) == {"on": False, "notes": {}}
    assert click(told, "remove") == {"on": False}
    assert said(told) == [] and not told.core.history.on


def test_the_page_is_told_how_loras_were_used(learning):
    answer = json.loads(post(learning, "own", {"names": [KITE, "a/ink.safetensors", "nobody", 3]}).body)
    assert answer == {"on": True, "notes": {KITE: NOTE}}


def test_clicks_are_kept_with_their_prompt_and_taken_back(learning):
    click(learning, "remove")
    click(learning, "weight", 0.45, "a/ink.safetensors")
    assert said(learning) == [
        ("removed", KITE, "a kite", None),
        ("weighed", "a/ink.safetensors", "a kite", 0.45),
    ]
    click(learning, "restore")
    click(learning, "reset", name="a/ink.safetensors")
    assert said(learning) == []
    for what in ("use", "pin", "ban"):
        click(learning, what)
    assert [action for action, *_ in said(learning)] == ["banned"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"click": "remove", "name": KITE},
        {"click": "remove", "prompt": "a kite", "name": "nobody"},
        {"click": "remove", "prompt": "x" * 40_000, "name": KITE},
        {"click": "remove", "prompt": " ", "name": KITE},
        {"click": "nonsense", "prompt": "a kite", "name": KITE},
        {"click": "weight", "prompt": "a kite", "name": KITE, "weight": "heavy"},
        {"click": "weight", "prompt": "a kite", "name": KITE, "weight": 1e9},
        {"click": ["remove"], "prompt": 3, "name": {}},
    ],
)
def test_what_is_no_click_says_nothing(learning, body):
    assert post(learning, "feedback", body).status == 200 and said(learning) == []


@pytest.mark.parametrize("path", ["own", "feedback"])
def test_a_page_of_elsewhere_cannot_post(learning, path):
    """What a form sends without being asked for is no JSON, and a browser asks before it sends JSON elsewhere."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        body = {"click": "remove", "prompt": "a kite", "name": KITE}
        assert post(learning, path, body, content_type=kind).status == 415
    assert post(learning, path, b" " * (1 << 21)).status == 413
    for body in (b"{", b"[]", b"\xff", b"[" * 100_000):
        assert post(learning, path, body).status == 422
    assert said(learning) == []


def test_before_the_library_is_there_nothing_is_told(installed):
    comfy = installed()
    assert json.loads(post(comfy, "own", {"names": [KITE]}).body) == {"on": False, "notes": {}}
    assert click(comfy, "remove") == {"on": False}


def test_a_picker_runs_again_once_something_was_said(learning):
    before = changed("")
    assert changed("") == before
    click(learning, "remove")
    assert changed("") != before


def test_no_workflow_no_report_and_no_log_has_any_of_it(learning, caplog, monkeypatch):
    caplog.set_level("DEBUG")
    _with_own_note(learning, monkeypatch)
    click(learning, "weight", 0.45, prompt="a kite in secret")
    run = learning.post(picture("a kite"), workflow())
    assert run.pictures and KITE in json.dumps(run.pictures)
    for text in (json.dumps(run.pictures), str([run.messages, run.outputs, learning.server.sent]), caplog.text):
        assert (
            "pictures of yours" not in text
            and "ink_wash" not in text
            and "secret" not in text
            and "own_note" not in text
        )


def _with_own_note(comfy, monkeypatch):
    """As the core fills it in."""
    made = comfy.core.pick
    monkeypatch.setattr(comfy.core, "pick", lambda *given: dataclasses.replace(made(*given), own_note=NOTE))
