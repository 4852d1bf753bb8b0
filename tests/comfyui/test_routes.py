"""What the page asks the server for."""

from __future__ import annotations

import io
import json
import sys

import pytest

from stylus_comfyui import routes
from tests.comfyui.graphs import add_lora

pytest.importorskip("PIL", reason="Pillow is not installed")


@pytest.fixture
def pictured(comfy):
    """A library of one LoRA with a preview, below which lies a picture that is none of ours."""
    from PIL import Image

    add_lora(comfy.loras / "sub" / "kite.safetensors", "Paper Kite", "paper kite")
    Image.new("RGB", (600, 900), "red").save(comfy.loras / "sub" / "kite.preview.png")
    Image.new("RGB", (60, 90), "blue").save(comfy.folder / "private.png")
    return comfy.ready()


def test_the_state_of_the_library_is_told(pictured):
    answer = pictured.server.ask("/stylus/status")
    told = json.loads(answer.body)
    assert {"status", "stage", "done", "total", "adapters", "refreshing", "sentence"} <= set(told)
    assert (told["status"], told["adapters"], told["sentence"]) == ("ready", 1, "1 adapters indexed.")


def test_a_thumbnail_is_a_small_jpeg(pictured):
    from PIL import Image

    answer = pictured.server.ask("/stylus/thumbnail", name="sub/kite.safetensors")
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    with Image.open(io.BytesIO(answer.body)) as image:
        assert image.format == "JPEG" and max(image.size) <= 224


@pytest.mark.parametrize(
    "name",
    [
        "",
        "kite",
        "kite.safetensors",
        "nothing.safetensors",
        "sub/kite.preview.png",
        "sub/../sub/kite.safetensors",
        "../private.png",
        "../../private.png",
        "{folder}/private.png",
        "{folder}/loras/sub/kite.safetensors",
        "sub\\kite.safetensors",
        "\0",
        "x" * 10_240,
        "%2e%2e/private.png",
        "Paper Kite",
        "*",
    ],
)
def test_any_other_name_is_not_found(pictured, name):
    answer = pictured.server.ask("/stylus/thumbnail", name=name.replace("{folder}", str(pictured.folder)))
    assert (answer.status, answer.body) == (204, b"")


def test_without_a_name_and_without_a_library_nothing_is_found(comfy):
    assert comfy.server.ask("/stylus/thumbnail").status == 204
    assert json.loads(comfy.server.ask("/stylus/status").body)["status"] == "waiting"


def test_a_preview_that_is_no_picture_is_not_found(comfy):
    add_lora(comfy.loras / "kite.safetensors", "Paper Kite", "paper kite")
    (comfy.loras / "kite.preview.png").write_bytes(b"<svg onload=alert(1)>")
    comfy.ready()
    assert comfy.server.ask("/stylus/thumbnail", name="kite.safetensors").status == 204


@pytest.mark.parametrize("missing", ["server", "aiohttp"])
def test_without_a_server_the_nodes_are_there_all_the_same(comfy, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    routes.add()
