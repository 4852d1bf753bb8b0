"""A WebUI may answer anything: one picture fails with a sentence, and the run goes on with the others."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stylus_core.cli import main
from stylus_study.batch import webui_answers
from stylus_study.batch.webui_answers import AnswerError
from tests.batch.webui import StandIn, png

#: Values of every type, the sane ones among them: each takes the place of each part of an answer.
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 5, 10**400, 1.5, float("nan"), float("inf"), "", "x", "\ud800", "x" * 2_000_000, [], [[]],
    [None], ["\udfff"], [1], [{"name": [1]}], {}, {"a": 1}, {"name": {}}, [[]] * 2000,
    json.loads("[" * 400 + "]" * 400),
)  # fmt: skip
GOOD = base64.b64encode(png("a", 40)).decode()
INFO = {
    "all_prompts": ["a fox <lora:fox_v2:0.8>"],
    "prompt": "a fox",
    "infotexts": ["a fox\nSteps: 20"],
    "extra_generation_params": {"Stylus picks": "fox_v2:0.8", "Stylus error": ""},
}
PICK = {"name": "fox_v2", "weight": 0.8, "clip_weight": 1, "keyword": "fox", "reason": "a", "title": "b", "kind": "c"}
SELECTION = {"picks": [PICK], "composer": "local", "notes": ["said"]}


def places(value: Any) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Every part of a JSON value, and what puts another one there."""
    if isinstance(value, (dict, list)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value[key], lambda new, key=key: value.__setitem__(key, new)
            yield from places(value[key])


def changed(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answer with each odd value in each place."""
    count = len(list(places(json.loads(json.dumps(whole)))))
    for place in range(count):
        for odd in ODD:
            copy = json.loads(json.dumps(whole))
            list(places(copy))[place][1](odd)
            yield copy


@pytest.mark.parametrize(
    ("reader", "whole"),
    [
        (webui_answers.selection, {"answer": SELECTION}),
        (webui_answers.scripts, {"answer": {"txt2img": ["stylus", "x/y"]}}),
        (webui_answers.loras, {"answer": [{"name": "fox_v2", "path": "/l/fox_v2.safetensors", "metadata": {}}]}),
        (webui_answers.checkpoints, {"answer": [{"title": "a", "model_name": "b", "filename": "/c"}]}),
        (webui_answers.samplers, {"answer": [{"name": "Euler a"}]}),
        (
            webui_answers.index_state,
            {"answer": {"status": "ready", "refreshing": False, "sentence": "3 adapters indexed."}},
        ),
        (webui_answers.picture, {"answer": {"images": [GOOD], "info": "{}", "parameters": {}}}),
        (lambda info: webui_answers.picture({"images": [GOOD], "info": json.dumps(info)}), {"answer": INFO}),
    ],
    ids=["select", "scripts", "loras", "checkpoints", "samplers", "index", "txt2img", "info"],
)
def test_whatever_is_answered_is_used_or_refused_in_a_sentence(
    reader: Callable[[Any], Any], whole: dict[str, Any]
) -> None:
    reader(whole["answer"])
    used = refused = 0
    for answer in changed(whole):
        try:
            found = reader(answer["answer"])
        except AnswerError as error:
            assert 0 < len(str(error)) < 200
            refused += 1
        else:
            used += 1
            if reader is not webui_answers.loras:  # which keeps names of files as they are
                repr(found).encode("utf-8")
    assert used and refused


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", png("a", 40)[:-30], png("a", 40)[:8], png("a", 40)[:8] + bytes(5000), b"%!PS-Adobe-3.0\n"],
    ids=["nothing", "html", "half", "stub", "zeros", "postscript"],
)
def test_half_a_picture_is_none(data: bytes) -> None:
    with pytest.raises(AnswerError, match="no picture that can be used"):
        webui_answers.picture({"images": [base64.b64encode(data).decode()]})


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO"])
def test_pictures_of_other_formats_are_refused(form: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, form)
    with pytest.raises(AnswerError):
        webui_answers.picture({"images": [base64.b64encode(out.getvalue()).decode()]})


def test_what_is_kept_of_a_selection_is_what_a_record_says() -> None:
    found = webui_answers.selection({**SELECTION, "picks": [{**PICK, "path": "/x", "more": {}}], "notes": ["a\ud800b"]})
    assert found == {"picks": [PICK], "composer": "local", "notes": ["a?b"]}
    assert webui_answers.selection({"picks": None}) == {"picks": [], "composer": "", "notes": []}


class Odd(StandIn):
    """Answers one path with whatever it is told to."""

    def __init__(self, path: str, odd: Any, **named: Any) -> None:
        super().__init__(**named)
        self.path, self.odd = path, odd

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        status, right = super().answer(method, path, body)
        if path != self.path or (method == "GET") != (path in ("/sdapi/v1/scripts", "/stylus/v1/index")):
            return status, right
        return 200, self.odd(right) if callable(self.odd) else self.odd


def _with_info(**more: Any) -> Callable[[Any], Any]:
    return lambda right: {**right, "info": json.dumps({**json.loads(right["info"]), **more})}


@pytest.mark.parametrize(
    ("path", "odd", "said"),
    [
        ("/stylus/v1/select", {"picks": [{"name": [1]}], "notes": []}, "with a list for a name"),
        ("/stylus/v1/select", {"picks": [], "notes": 5}, "with a number for its notes"),
        ("/stylus/v1/select", {"picks": [{"name": "a", "weight": 10**400}]}, "a number out of bounds for a weight"),
        ("/stylus/v1/select", [1], "with a list where an object belongs"),
        ("/sdapi/v1/txt2img", {"images": []}, "with no picture"),
        ("/sdapi/v1/txt2img", {"images": [base64.b64encode(png("a")[:-9]).decode()]}, "a PNG that is cut off"),
        ("/sdapi/v1/txt2img", {"images": [base64.b64encode(b"<html>").decode()]}, "no PNG, JPEG, WebP or GIF"),
        ("/sdapi/v1/txt2img", _with_info(infotexts=5), "with a number for its infotexts"),
        ("/sdapi/v1/txt2img", _with_info(infotexts=["x" * 2_000_000]), "one of its infotexts of 2,000,000 characters"),
        ("/sdapi/v1/txt2img", _with_info(extra_generation_params=[1]), "with a list where an object belongs"),
        ("/sdapi/v1/txt2img", lambda right: {**right, "info": "[" * 100_000}, "with no JSON for what it says"),
        ("/sdapi/v1/scripts", {"txt2img": [1, None]}, "with a number for a script's title"),
        ("/stylus/v1/index", [1, 2], "with a list where an object belongs"),
    ],
)
def test_one_webui_that_answers_nonsense_ends_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, odd: Any, said: str
) -> None:
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("caption\na fox in snow\nan old castle\na robot\n")
    out = tmp_path / "out"
    with Odd(path, odd) as bad, StandIn() as good:
        argv = ["batch", str(prompts), "--webui", bad.url, "--webui", good.url, "--out", str(out), "--json"]
        assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["made"], told["left"], told["failed"]) == (6, 0, {})
    records = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert len(records) == 6
    for record in records:
        Image.open(out / record["file"]).load()
    assert all(said in why for url, why in told["gone"].items() if url == bad.url)


def test_one_webui_alone_tells_what_is_wrong_with_each_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two pictures of one prompt, tried twice each, are not enough to give a WebUI up."""
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("caption\na fox in snow\n")
    with Odd("/sdapi/v1/txt2img", {"images": [base64.b64encode(png("a")[:-9]).decode()]}) as bad:
        argv = ["batch", str(prompts), "--webui", bad.url, "--out", str(tmp_path / "out"), "--json"]
        assert main(argv) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["made"] == 0 and not told["gone"] and len(told["failed"]) == 2
    for why in told["failed"].values():
        assert "answered /sdapi/v1/txt2img with no picture that can be used: a PNG that is cut off" in why
    assert not any((tmp_path / "out" / "pictures").iterdir())
