"""The sample library: real files in every state, none of them taken from anywhere."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from samples.catalogue import PROMPTS, SAMPLES
from samples.make_samples import build


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("demo"))[0]


def header(path: Path) -> dict[str, dict[str, object]]:
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size])


def test_every_sound_file_is_valid_and_small(library: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    sound = [s for s in SAMPLES if not s.broken and s.extension == ".safetensors"]
    for sample in sound:
        path = library / (sample.path + ".safetensors")
        assert safetensors.load_file(path)
        assert path.stat().st_size < 10_000
    assert 38 <= len(sound) <= 50


def test_every_sort_of_sidecar_and_of_tensor_is_there(library: Path) -> None:
    files = [p for p in library.rglob("*") if p.is_file()]
    names = " ".join(p.name for p in files)
    for extension in (
        ".civitai.info",
        ".api_info.json",
        ".metadata.json",
        ".cm-info.json",
        ".txt",
        ".description.txt",
        ".pt",
    ):
        assert extension in names
    sound = [p for p in files if p.suffix == ".safetensors" and "cut_off" not in p.name]
    tensors = " ".join(" ".join(header(p)) for p in sound)
    for part in ("lora_te_", "lora_te2_", "double_blocks", "hada_w1_a", "lokr_w1", "dora_scale"):
        assert part in tensors
    assert any("modelspec.title" in header(p).get("__metadata__", {}) for p in sound)
    assert any("__metadata__" not in header(p) for p in sound)
    stems = [p.stem for p in sound]
    assert len(stems) == len(set(stems)) + 1
    texts = " ".join(p.read_text(encoding="utf-8") for p in files if p.suffix in (".json", ".info", ".txt"))
    for text in (" || ", "推荐权重", "推奨強度", "<h2>"):
        assert text in texts


def test_building_again_gives_the_same_files(library: Path, tmp_path: Path) -> None:
    again, prompts = build(tmp_path)
    (again / "left over").write_text("")
    again, prompts = build(tmp_path)
    assert prompts.read_text(encoding="utf-8").splitlines() == list(PROMPTS)

    def contents(root: Path) -> dict[str, bytes]:
        return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

    assert contents(again) == contents(library)
