"""Indexes that older versions wrote, with architecture and kind as places in a list, are used as they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stylus_core import base_models, types
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever import fusion, tokenizer
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Filter, Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter, Card, Metadata
from tests.retriever.invented_adapters import CountingEncoder

#: As version 5 had them.
ARCHITECTURES = ["sd1", "sd2", "sdxl", "sd3", "flux", "pixart", "hunyuan", "cascade", "other", "unknown"]
KINDS = [
    *("character", "person", "style", "quality", "concept", "pose"),
    *("clothing", "object", "animal", "vehicle", "building", "background"),
]


def made(number: int) -> Adapter:
    """Every architecture and every kind, half of the kinds guessed."""
    known = Metadata(
        title=f"Copper kettle {number}" if number % 2 else "",
        architecture=ARCHITECTURES[number % len(ARCHITECTURES)],
    )
    card = Card(kind=KINDS[number % len(KINDS)], subject="copper kettle")
    return Adapter(number, f"/x/kettle_{number}.safetensors", f"kettle_{number}", metadata=known, card=card)


LIBRARY = {n: made(n) for n in range(1, 121)}


def get(ids):
    return {i: LIBRARY[i] for i in ids if i in LIBRARY}


def as_version_5(folder: Path) -> None:
    """Writes an index as it was written then: numbers instead of names."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for name in manifest["segments"]:
        segment = folder / name
        architectures, kinds = (np.load(segment / f"{x}.npy") for x in ("architectures", "kinds"))
        labels, kind_labels = (np.load(segment / f"{x}_names.npy") for x in ("architecture", "kind"))
        old = [ARCHITECTURES.index(labels[c]) for c in architectures]
        np.save(segment / "architectures.npy", np.array(old, np.int8))
        old = [KINDS.index(k.rstrip("?")) + len(KINDS) * k.endswith("?") for k in kind_labels[kinds].tolist()]
        np.save(segment / "kinds.npy", np.array(old, np.int8))
        (segment / "architecture_names.npy").unlink()
        (segment / "kind_names.npy").unlink()
        (segment / "files.json").unlink()
    manifest["version"] = [5, tokenizer.VERSION]
    del manifest["checksum"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def of_filter(index: Index, wanted: Filter) -> set[int]:
    found = Retriever(index, get).search(parse("a copper kettle"), keywords(parse("a copper kettle")), 200, wanted)
    return {c.adapter.id for c in found.candidates}


def ranking(index: Index) -> list[tuple[int, float]]:
    parsed = parse("a copper kettle")
    found = Retriever(index, get).search(parsed, keywords(parsed), 200)
    return [(c.adapter.id, c.score) for c in found.candidates]


def check(index: Index) -> None:
    """Filters find what they are named after, whatever numbers stand for it."""
    assert len(index) == len(LIBRARY)
    for label in ARCHITECTURES[:-2]:
        fitting = {n for n, a in LIBRARY.items() if a.metadata.architecture in (label, "unknown")}
        assert of_filter(index, Filter(label)) == fitting
    for kind in KINDS:
        assert of_filter(index, Filter(kinds=(kind,))) == {n for n, a in LIBRARY.items() if a.card.kind == kind}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two segments, all embedded, as version 5 left them."""
    index = Index(tmp_path / "index")
    index.update((a for n, a in LIBRARY.items() if n <= 100), (), 1)
    index.update((a for n, a in LIBRARY.items() if n > 100), (), 2)
    index.dense(VectorStore(tmp_path / "v.sqlite", CountingEncoder()), get, everything=True)
    ranked = ranking(index)
    as_version_5(tmp_path / "index")
    assert ranking(Index(tmp_path / "index")) == ranked
    return tmp_path / "index"


def test_an_old_index_is_read_and_nothing_is_built_or_embedded_again(folder: Path, tmp_path: Path):
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}
    index = Index(folder)
    assert index.revision == 2
    check(index)
    encoder = CountingEncoder()
    dense = index.dense(VectorStore(tmp_path / "empty.sqlite", encoder), get, everything=True)
    assert encoder.asked == []
    assert dense.cosines("title", np.arange(len(LIBRARY)), np.eye(16, dtype=np.float32)).any()
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()} == before


def test_its_segments_stay_when_something_comes_and_goes(folder: Path, tmp_path: Path):
    index = Index(folder)
    segments = {p.name for p in folder.glob("segment-*")}
    index.update((), [200], 3)
    assert {p.name for p in folder.glob("segment-*")} == segments
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["version"] != [5, tokenizer.VERSION]
    check(Index(folder))
    encoder = CountingEncoder()
    Index(folder).dense(VectorStore(tmp_path / "empty.sqlite", encoder), get, everything=True)
    assert encoder.asked == []


def test_old_and_new_segments_merge_by_name(folder: Path):
    index = Index(folder)
    fresh = Adapter(
        500,
        "/x/lamp.safetensors",
        "lamp",
        metadata=Metadata(title="Paper lamp", architecture="a-new-one"),
        card=Card(kind="object"),
    )
    LIBRARY[500] = fresh
    try:
        index.update([fresh], (), 3)
        assert len(index.segments) == 2
        for opened in (index, Index(folder)):
            assert of_filter(opened, Filter("a-new-one")) == {
                n for n, a in LIBRARY.items() if a.metadata.architecture in ("a-new-one", "unknown")
            }
    finally:
        del LIBRARY[500]
    index.update((), [500], 4)
    check(Index(folder))


def test_new_entries_in_our_lists_relabel_nothing(folder: Path, tmp_path: Path, monkeypatch):
    """Whatever comes into the lists, and wherever, an index means what it meant."""
    new = Index(tmp_path / "new")
    new.update(LIBRARY.values(), (), 1)
    ranked = ranking(new)
    monkeypatch.setattr(base_models, "ARCHITECTURES", ("sd0", *reversed(base_models.ARCHITECTURES)))
    monkeypatch.setattr(fusion, "KINDS", ("weather", *reversed(types.KINDS)))
    monkeypatch.setitem(fusion.BIAS, "weather", (0.0, 0.0))
    monkeypatch.setitem(fusion.GUESSED, "weather", (0.0, 0.0))
    for opened in (Index(folder), Index(tmp_path / "new")):
        check(opened)
    assert ranking(Index(tmp_path / "new")) == ranked


@pytest.mark.parametrize("harm", ["table", "code", "pickle"])
def test_a_damaged_table_of_names_is_no_table(tmp_path: Path, harm: str):
    index = Index(tmp_path)
    index.update(LIBRARY.values(), (), 1)
    file = next(tmp_path.glob("segment-*")) / "architecture_names.npy"
    if harm == "table":
        np.save(file, np.array([1, 2, 3]))
    elif harm == "code":
        np.save(file, np.load(file)[:2])
    else:
        np.save(file, np.array([{}], object), allow_pickle=True)
    assert Index(tmp_path).revision == -1
