"""One library with the descriptions of one source each: what is seen, and that nothing leaks from one to another."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.errors import LibraryError
from stylus_core.refiner import refine
from stylus_core.refiner.description_sources import DescribedLibrary
from stylus_core.refiner.model.exchange import export_lines
from stylus_core.types import Adapter, Card, Metadata

CARD = Card(
    description="Zeppelins over a harbour, drawn in chalk.", kind="style", subject="chalk zeppelins", weight=0.9,
    weight_source="refiner", source="llm",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("samples"))[0]


def opened(folder: Path, tmp_path: Path, descriptions: str = "") -> Stylus:
    stylus = Stylus(folder, home=tmp_path / "home", encoder="none", descriptions=descriptions)
    stylus.index()
    return stylus


def of(stylus: Stylus, stem: str = "crystal_teapot") -> Adapter:
    (found,) = stylus.find(stem)
    assert stylus.library.get([found.id])[found.id] == found
    assert found in stylus.adapters()
    return found


def test_metadata_is_what_came_with_the_file_whatever_was_made_of_it_since(folder: Path, tmp_path: Path) -> None:
    with opened(folder, tmp_path) as plain:
        before = of(plain)
        plain.library.put_cards({before.id: CARD}, "llm")
        plain.library.edit(before.id, {"kind": "pose", "weight": 0.2})
        assert of(plain).card.subject == "chalk zeppelins" and of(plain).card.kind == "pose"
        with opened(folder, tmp_path, "metadata") as seen:
            assert of(seen) == before
            assert seen.home == plain.home
            assert not seen.select("chalk zeppelins over a harbour").picks
        picked = plain.select("chalk zeppelins", {"kinds": ["pose"], "composer": "retriever", "max_adapters": 1})
        assert [p.name for p in picked.picks] == ["crystal_teapot"]


def test_none_leaves_the_name_and_the_architecture(folder: Path, tmp_path: Path) -> None:
    with opened(folder, tmp_path) as plain, opened(folder, tmp_path, "none") as seen:
        assert len(seen.adapters()) == len(plain.adapters())
        for known, bare in zip(plain.adapters(), seen.adapters(), strict=True):
            assert (bare.id, bare.stem, bare.path) == (known.id, known.stem, known.path)
            assert bare.metadata == Metadata(
                architecture=known.metadata.architecture,
                algorithm=known.metadata.algorithm,
                excluded=known.metadata.excluded,
            )
            assert bare.card == refine(Metadata(), known.stem)
        assert any(a.metadata.description for a in plain.adapters())


def test_a_file_describes_what_it_matches_and_metadata_the_rest(folder: Path, tmp_path: Path) -> None:
    with opened(folder, tmp_path) as plain:
        teapot, others = of(plain), {a.id: a for a in plain.adapters()}
        lines = list(export_lines([dataclasses.replace(teapot, card=CARD)]))
    file = tmp_path / "model.jsonl"
    broken = {**json.loads(lines[0]), "stem": "veska_thornlight_v2", "description": 3, "kind": "?"}
    for name in ("sha256", "autov3", "model_id", "version_id"):
        broken.pop(name, None)
    file.write_text("\n".join([*lines, json.dumps(broken), "no JSON", lines[0]]) + "\n")
    with opened(folder, tmp_path, str(file)) as seen:
        assert isinstance(seen.library, DescribedLibrary)
        found = of(seen)
        assert (found.card.subject, found.card.source, found.metadata) == ("chalk zeppelins", "import", teapot.metadata)
        assert found.card.trigger_words == teapot.card.trigger_words  # the file has none: the metadata's stay
        assert [a for a in seen.adapters() if a.id != found.id] == [a for i, a in others.items() if i != found.id]
        report = seen.library.matched()
        assert (report.read, report.matched, report.refused) == (4, 1, 2)
        picks = seen.select("chalk zeppelins over a harbour").picks
        assert [p.name for p in picks] == ["crystal_teapot"]
        assert picks[0].weight == pytest.approx(0.9, abs=0.2)
    with opened(folder, tmp_path) as plain:
        assert of(plain) == teapot  # seen, and not imported


def test_another_content_of_the_file_has_an_index_of_its_own(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.jsonl"
    prompt = "chalk zeppelins over a harbour"
    record = {"format": "stylus-card", "version": 1, "description": CARD.description, "kind": "style",
              "subject": "chalk zeppelins", "weight": 0.9}  # fmt: skip
    for stem in ("crystal_teapot", "claymation_dora"):
        file.write_text(json.dumps({**record, "stem": stem}) + "\n")
        with opened(folder, tmp_path, str(file)) as seen:
            assert [p.name for p in seen.select(prompt).picks] == [stem]


def test_a_file_that_is_none_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"cannot be read from .*gone\.jsonl"):
        Stylus(folder, home=tmp_path, descriptions=str(tmp_path / "gone.jsonl"))
    (tmp_path / "list.txt").write_text("hello\n")
    with pytest.raises(LibraryError, match="this is no file of descriptions"):
        opened(folder, tmp_path, str(tmp_path / "list.txt"))
