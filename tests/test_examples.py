"""The examples do what their README says: those that need no WebUI are run on the sample library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from samples.make_samples import build
from stylus_core.library.header import read_header

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample library and its prompts."""
    return build(tmp_path_factory.mktemp("examples"))


def run(name: str, *arguments: str, home: Path) -> str:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("STYLUS_", "OPENAI_"))}
    env = {**own, "STYLUS_HOME": str(home), "PYTHONPATH": str(ROOT), "STYLUS_ENCODER": "none"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_readme_names_every_example() -> None:
    named = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"examples/{path.name} " in named for path in EXAMPLES.glob("*.py"))


@pytest.mark.whole
def test_one_prompt(built: tuple[Path, Path], tmp_path: Path) -> None:
    out = run("select_one.py", str(built[0]), "a corgi in the snow", home=tmp_path).splitlines()
    assert out[0].startswith("a corgi in the snow <lora:pembroke_corgi:")
    assert out[1].startswith("  pembroke_corgi at ")


@pytest.mark.whole
def test_many_prompts(built: tuple[Path, Path], tmp_path: Path) -> None:
    library, prompts = built
    run("select_many.py", str(library), str(prompts), str(tmp_path / "out.jsonl"), home=tmp_path / "home")
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [s["prompt"] for s in found] == prompts.read_text(encoding="utf-8").splitlines()
    assert any(s["picks"] for s in found)


@pytest.mark.whole
def test_a_composer_of_ones_own(built: tuple[Path, Path], tmp_path: Path) -> None:
    out = run("own_composer.py", str(built[0]), "a corgi in the snow, watercolor", home=tmp_path).splitlines()
    assert out[0].count("<lora:") > 1
    assert out[1] == "chosen by kinds"


@pytest.mark.whole
def test_a_picture_with_diffusers(built: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="diffusers is not installed")
    pytest.importorskip("peft", reason="peft is not installed")
    from tests.pipeline.tiny_pipelines import StableDiffusionPipeline, kohya, sd15

    pipe, library = sd15(tmp_path, StableDiffusionPipeline), tmp_path / "library"
    pipe.save_pretrained(tmp_path / "checkpoint")
    shutil.copytree(built[0], library)
    for file in library.rglob("pembroke_corgi.safetensors"):
        kohya(pipe, file, metadata={**read_header(str(file)).metadata, "ss_base_model_version": "sd_v1"})
    asked = [str(tmp_path / "checkpoint"), str(library), "a corgi in the snow", str(tmp_path / "picture.png")]
    out = run("diffusers_pipeline.py", *asked, home=tmp_path / "home").splitlines()
    assert out[0].startswith("pembroke_corgi at ") and not any("left out" in line for line in out)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
