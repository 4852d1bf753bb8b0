"""Pictures that the programs themselves wrote say what these were asked for: `pictures/README.md` has which and how."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from stylus_core.generation_data.reading import PICTURE_ENDINGS, read_generation_data
from stylus_core.generation_data.types import AdapterUse, GenerationData, GenerationDataError

PICTURES = Path(__file__).parent / "pictures"
EXPECTED = json.loads((PICTURES / "expected.json").read_text(encoding="utf-8"))


def read(name: str) -> GenerationData:
    data = read_generation_data(PICTURES / name)
    assert data is not None
    return data


def in_words(adapter: AdapterUse) -> dict[str, object]:
    """As `expected.json` has it: only what the picture says, and the text encoder's weight where it is another one."""
    words: dict[str, object] = {"name": adapter.name, "weight": adapter.weight}
    if adapter.clip_weight not in (None, adapter.weight):
        words["clip_weight"] = adapter.clip_weight
    return words | ({"hash": adapter.hash} if adapter.hash else {}) | ({"picked": True} if adapter.picked else {})


@pytest.mark.parametrize("name", EXPECTED)
def test_a_picture_says_what_its_program_was_asked_for(name):
    data = read(name)
    assert {
        "tool": data.tool,
        "prompt": data.prompt,
        "negative_prompt": data.negative_prompt,
        "checkpoint": data.checkpoint,
        "adapters": sorted(map(in_words, data.adapters), key=str),
    } == EXPECTED[name] | {"adapters": sorted(EXPECTED[name]["adapters"], key=str)}


def test_every_picture_is_asked_for():
    assert {p.name for p in PICTURES.iterdir() if p.suffix.lower() in PICTURE_ENDINGS} == set(EXPECTED)


@pytest.mark.parametrize("ending", ["jpg", "webp", "avif"])
def test_the_format_makes_no_difference(ending):
    assert read(f"a1111_lora.{ending}") == read("a1111_lora.png")


def test_a_picture_alone_says_nothing_where_only_its_text_file_does(tmp_path):
    shutil.copy(PICTURES / "a1111_sidecar.png", tmp_path / "alone.png")
    assert read_generation_data(tmp_path / "alone.png") is None
    shutil.copy(PICTURES / "a1111_sidecar.txt", tmp_path / "alone.txt")
    assert read_generation_data(tmp_path / "alone.png") == read("a1111_sidecar.png")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_picture_that_ends_too_early_stops_nothing(name, tmp_path):
    whole = (PICTURES / name).read_bytes()
    cut = tmp_path / name
    for part in range(1, 20):
        cut.write_bytes(whole[: len(whole) * part // 20])
        try:
            data = read_generation_data(cut)
        except GenerationDataError as error:
            assert name not in str(error)
            continue
        assert data is None or data.prompt or data.adapters


@pytest.mark.parametrize("path", sorted(PICTURES.iterdir()), ids=lambda path: path.name)
def test_nothing_of_the_machine_that_made_it_is_in_it(path):
    content = path.read_bytes()
    for place in ("tmp/", "/root/", "/home/", "/Users/", "C:\\"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert place.encode(encoding) not in content
    assert len(content) < 16_384
