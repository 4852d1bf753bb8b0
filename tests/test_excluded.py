"""An adapter that the user excluded in LoRA Manager is never picked, by whatever way, and its status says so."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from stylus_core import Stylus
from stylus_core.composer.contract import Request
from stylus_core.composer.registry import Composers
from stylus_core.types import Assignment, Composition
from tests.library.build import safetensors, sidecar

PROMPT = "a hidden teapot"


def library(folder: Path, exclude: object) -> None:
    record = {"file_name": "pot", "model_name": "Hidden Teapot", "base_model": "SD 1.5", "exclude": exclude}
    sidecar(safetensors(folder / "pot.safetensors"), ".metadata.json", {**record, "tags": [], "usage_tips": "{}"})
    sidecar(safetensors(folder / "cup.safetensors"), ".metadata.json", {"model_name": "Hidden Cup"})


class Everything:
    """A composer that takes all that it is offered."""

    name = "everything"
    label = "Everything"
    asks_model = False

    def compose(self, request: Request) -> Composition:
        keyword = request.keywords[0]
        return Composition(tuple(Assignment(c, keyword, "it is there") for c in request.candidates), self.name)


def picked(stylus: Stylus, **options: Any) -> set[str]:
    return {p.name for p in stylus.select(PROMPT, options).picks}


def test_it_is_no_candidate_of_any_composer(tmp_path: Path) -> None:
    library(tmp_path / "loras", True)
    composers = Composers({"local": Everything()})
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder="none", composers=composers) as stylus:
        stylus.index()
        found = stylus.select(PROMPT, {"max_adapters": 5}, depth=10)
        assert {c.name for c in found.candidates} == {"cup"}
        assert {p.name for p in (*found.picks, *found.nearly)} == {"cup"}


def test_it_is_told_and_not_picked_when_pinned(tmp_path: Path) -> None:
    library(tmp_path / "loras", True)
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        assert "pot" not in {a.stem for a in stylus.adapters()}
        (pot,) = [a for a in stylus.find("Hidden Teapot") if a.stem == "pot"]
        assert pot.status == "excluded" and pot.metadata.excluded and "exclude" in pot.problem
        found = stylus.select(PROMPT, {"pinned": ["pot"]})
        assert "<lora:pot" not in found.rewritten and "pot" not in {p.name for p in found.picks}
        assert any("'pot' was asked for by name and is left out" in note for note in found.notes)
        assert "<lora:pot:0.5>" in stylus.select(f"{PROMPT} <lora:pot:0.5>").rewritten  # what the user writes stays


@pytest.mark.parametrize("exclude", [False, None, "true", 1, [], {}])
def test_only_true_excludes(tmp_path: Path, exclude: object) -> None:
    library(tmp_path / "loras", exclude)
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        assert picked(stylus) == {"pot"}


def test_it_comes_back_when_it_is_included_again(tmp_path: Path) -> None:
    library(tmp_path / "loras", True)
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        number = stylus.find("Hidden Teapot")[0].id
        assert "pot" not in picked(stylus)
        library(tmp_path / "loras", False)
        stylus.index()
        assert picked(stylus) == {"pot"}
        found = stylus.find("Hidden Teapot")[0]
        assert (found.id, found.status) == (number, "ok")
        library(tmp_path / "loras", True)
        stylus.index()
        assert "pot" not in picked(stylus)
        assert dataclasses.replace(found, status="excluded").id == stylus.find("Hidden Teapot")[0].id
