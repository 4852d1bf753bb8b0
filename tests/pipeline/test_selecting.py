"""From a library to the picture: what `Stylus.select` picks is what paints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.library.header import read_header
from stylus_core.pipeline import apply, architecture_of, present_adapters
from tests.sources import ROOT

pytest.importorskip("diffusers", reason="diffusers is not installed")
pytest.importorskip("peft", reason="peft is not installed")
from tests.pipeline.tiny_pipelines import kohya, paint

CORGI = "A corgi in a knitted sweater sits on a vintage motorcycle in front of a lighthouse."


@pytest.fixture
def library(pipe: Any, tmp_path: Path) -> Path:
    """The sample library, with tensors in three of its files that fit the pipeline."""
    made, _ = build(tmp_path)
    for seed, name in enumerate(("pembroke_corgi", "knitted_sweater", "vintage_motorcycle")):
        for file in made.rglob(f"{name}.safetensors"):
            metadata = read_header(str(file)).metadata | {"ss_base_model_version": "sd_v1"}
            kohya(pipe, file, seed, metadata=metadata)
    return made


def test_what_is_selected_paints(pipe: Any, library: Path, tmp_path: Path) -> None:
    plain = paint(pipe)
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        options = {"architecture": architecture_of(pipe)}
        selection = stylus.select(CORGI, options)
        assert [p.name for p in selection.picks] == ["pembroke_corgi", "knitted_sweater", "vintage_motorcycle"]
        with apply(pipe, selection) as applied:
            assert applied.notes == () and applied.prompt == CORGI
            weights = [(a.pick.name, a.weights["unet"]) for a in applied.adapters]
            assert weights == [(p.name, p.weight) for p in selection.picks]
            assert not paint(pipe).equal(plain)
        nothing = stylus.select("a spreadsheet with figures", options)
        assert nothing.picks == () and apply(pipe, nothing).adapters == ()
        assert paint(pipe).equal(plain)


def test_what_the_user_loaded_counts_and_is_not_picked_again(pipe: Any, library: Path, tmp_path: Path) -> None:
    file = next(library.rglob("pembroke_corgi.safetensors"))
    pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name="pembroke_corgi")
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        options = {"architecture": architecture_of(pipe), "max_adapters": 2}
        selection = stylus.select(CORGI, options, present=present_adapters(pipe))
    assert [p.name for p in selection.picks] == ["knitted_sweater"]


def test_the_room_is_imported_without_anything_heavy() -> None:
    code = "import sys, stylus_core.pipeline; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"torch", "diffusers", "peft", "transformers"} & set(done.stdout.split())
