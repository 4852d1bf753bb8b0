"""An index that grew piece by piece ranks like one made at once, and survives what happens to files."""

from __future__ import annotations

import json
import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever import retriever
from stylus_core.retriever.bm25 import telling
from stylus_core.retriever.documents import document
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Filter, Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter, Card, Example, Metadata
from tests.retriever.invented_adapters import SUBJECTS, CountingEncoder, adapter


@pytest.fixture
def library() -> dict[int, Adapter]:
    rng = random.Random(3)
    return {n: adapter(n, rng.choice(SUBJECTS)) for n in range(1, 41)}


def ranking(index: Index, library: dict[int, Adapter], prompt: str, k: int = 40) -> list[tuple[int, float]]:
    found = Retriever(index, lambda ids: {i: library[i] for i in ids if i in library}).search(
        parse(prompt), keywords(parse(prompt)), k
    )
    return [(c.adapter.id, round(c.score, 4)) for c in found.candidates]


PROMPTS = ("a corgi beside a lighthouse", "dragon7, teapot, best quality", "an orchard at dusk")


def test_growing_piece_by_piece_equals_making_it_at_once(tmp_path: Path, library):
    whole = Index(tmp_path / "whole")
    whole.update(library.values(), (), 1)
    grown = Index(tmp_path / "grown")
    ids = sorted(library)
    grown.update([library[i] for i in ids[:10]], (), 1)
    extra = adapter(99, "violin")
    grown.update([extra, *(library[i] for i in ids[10:25])], (), 2)
    for n, i in enumerate(ids[25:]):
        grown.update([library[i]], (), 3 + n)
    grown.update([library[ids[3]]], {99}, 40)  # one edited, one gone
    assert len(grown) == len(whole) == 40
    for prompt in PROMPTS:
        assert sorted(ranking(grown, library, prompt)) == sorted(ranking(whole, library, prompt))


def test_a_trigger_word_with_a_number_in_it_calls_its_adapter(tmp_path: Path, library):
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    for number, wanted in library.items():
        (word,) = wanted.metadata.trigger_words  # such as dragon7: one word in the prompt, two in the index
        found = Retriever(index, lambda ids: {i: library[i] for i in ids}).search(
            parse(f"a hill, {word}"), keywords(parse(f"a hill, {word}")), 40
        )
        scores = {c.adapter.id: c.scores["trigger"] for c in found.candidates}
        assert max(scores, key=lambda i: scores[i]) == number, word
        assert found.candidates[0].adapter.id == number, word


def test_many_threads_at_once_find_what_one_finds(tmp_path: Path, library, monkeypatch: pytest.MonkeyPatch):
    """Memory is used again and work is shared with a helper thread: no prompt may see another one's sums."""
    monkeypatch.setattr(retriever, "_PARALLEL", 1)
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    prompts = [f"a {s} in a {o}, {s}{n}" for n, (s, o) in enumerate(product(SUBJECTS, SUBJECTS[:4]), 1)]
    alone = [ranking(index, library, p) for p in prompts]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            assert list(pool.map(lambda p: ranking(index, library, p), prompts)) == alone


def test_what_came_and_went_leaves_nothing_behind(tmp_path: Path, library):
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    before = ranking(index, library, "a corgi in a meadow, corgi")
    index.update([adapter(99, "corgi")], (), 2)
    assert (
        len(index.segments) == 2
        and ranking(index, library | {99: adapter(99, "corgi")}, "a corgi, corgi99")[0][0] == 99
    )
    index.update((), [99], 3)
    assert len(index.segments) == 1 and len(Index(tmp_path).segments) == 1
    assert ranking(index, library, "a corgi in a meadow, corgi") == before


def test_it_is_the_same_after_opening_it_again(tmp_path: Path, library):
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    index.update([], {5}, 2)
    again = Index(tmp_path)
    assert again.revision == 2
    assert len(again) == 39
    assert ranking(again, library, PROMPTS[0]) == ranking(index, library, PROMPTS[0])
    assert 5 not in [i for i, _ in ranking(again, library, PROMPTS[0])]


@pytest.mark.parametrize("harm", ["manifest", "array", "missing", "version"])
def test_a_damaged_index_is_built_anew(tmp_path: Path, library, harm: str):
    index = Index(tmp_path)
    index.update(library.values(), (), 7)
    segment = next(tmp_path.glob("segment-*"))
    if harm == "manifest":
        (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    elif harm == "array":
        (segment / "ids.npy").write_bytes(b"\x93NUMPY nonsense")
    elif harm == "missing":
        (segment / "units.docs.npy").unlink()
    else:
        text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
        (tmp_path / "manifest.json").write_text(text.replace('"version": [', '"version": [9'), encoding="utf-8")
    again = Index(tmp_path)
    assert again.revision == -1
    assert len(again) == 0
    again.update(library.values(), (), 7)
    assert len(again) == 40


def test_any_damage_to_any_array_is_seen(tmp_path: Path, library):
    """Whatever it is, the index is built anew, or its vectors are: nothing is raised and nothing is searched."""
    sound = Index(tmp_path / "index")
    sound.update(library.values(), (), 7)
    sound.dense(VectorStore(tmp_path / "v.sqlite", CountingEncoder()), lambda ids: {i: library[i] for i in ids})
    (tmp_path / "empty").mkdir()
    names = sorted(path.relative_to(tmp_path / "index") for path in (tmp_path / "index").glob("segment-*/*.npy"))
    assert len(names) > 30
    harms = (
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: bytes(len(data)),
        lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
        lambda data: data[:100] + data[:100] + data[200:],
        None,
    )
    for name in names:
        for number, harm in enumerate(harms):
            folder = tmp_path / "harmed" / f"{name.name}-{number}"
            shutil.copytree(tmp_path / "index", folder, copy_function=os.link)
            file = folder / name
            data = file.read_bytes()
            file.unlink()
            if harm is not None:
                file.write_bytes(harm(data))
            again = Index(folder)
            if "-one" in name.name:
                assert again.revision == 7
                encoder = CountingEncoder()
                again.dense(VectorStore(tmp_path / "empty" / f"{number}.sqlite", encoder), lambda ids: {})
                assert (folder / f"{name.parent}.{name.name}.broken-1").exists() == (harm is not None)
            else:
                assert again.revision == -1 and not len(again), f"{name} {number}"
                assert bool(list(folder.glob("segment-*.broken-1"))), f"{name} {number}"


def test_an_index_without_checksums_is_read_with_care(tmp_path: Path, library):
    """As version 6 left it: what is sound is used, and what is not is built anew, whatever numpy says."""
    index = Index(tmp_path / "sound")
    index.update(library.values(), (), 7)
    (segment,) = (tmp_path / "sound").glob("segment-*")
    (segment / "files.json").unlink()
    manifest = json.loads((tmp_path / "sound" / "manifest.json").read_text("utf-8"))
    manifest["version"][0] = 6
    del manifest["checksum"]
    (tmp_path / "sound" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    again = Index(tmp_path / "sound")
    assert again.revision == 7 and len(again) == 40
    assert ranking(again, library, PROMPTS[0]) == ranking(index, library, PROMPTS[0])
    for name in (
        "everything.docs",
        "everything.start",
        "units.terms",
        "unit_place",
        "example_owner",
        "name_owner",
        "ids",
    ):
        for harm in (b"", b"\x93NUMPY nonsense", np.array([1 << 40, -5]), np.zeros((2, 2), np.int32), None):
            folder = tmp_path / "harmed"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(tmp_path / "sound", folder)
            file = folder / segment.name / f"{name}.npy"
            if harm is None:
                file.write_bytes(file.read_bytes()[:-8])
            elif isinstance(harm, bytes):
                file.write_bytes(harm)
            else:
                np.save(file, harm)
            assert Index(folder).revision == -1, name
    again.update([], {5}, 8)  # from now on it has checksums
    assert (segment / "files.json").exists()
    (segment / "downloads.npy").write_bytes((segment / "ids.npy").read_bytes())
    assert Index(tmp_path / "sound").revision == -1


def test_what_a_full_disk_does_not_take_is_told(tmp_path: Path, library):
    (tmp_path / "index").write_bytes(b"a file where the folder should be")
    index = Index(tmp_path / "index")
    index.update(library.values(), (), 7)
    assert len(index) == 40 and "cannot be kept" in index.problem
    (tmp_path / "index").unlink()
    index.update([], {5}, 8)
    assert index.problem == "" and len(Index(tmp_path / "index")) == 39


def test_nothing_is_embedded_twice_and_models_do_not_mix(tmp_path: Path, library):
    def get(ids):
        return {i: library[i] for i in ids}

    one = CountingEncoder()
    index = Index(tmp_path / "index")
    index.update(library.values(), (), 1)
    index.dense(VectorStore(tmp_path / "v.sqlite", one), get, everything=True)
    assert len(one.asked) == len(set(one.asked)) == 80
    new = adapter(77, "glacier")
    library[77] = new
    index.update([new], (), 2)
    dense = index.dense(VectorStore(tmp_path / "v.sqlite", one), get)
    assert len(one.asked) == 82
    other = CountingEncoder("two")
    Index(tmp_path / "index").dense(VectorStore(tmp_path / "v.sqlite", other), get, everything=True)
    assert len(other.asked) == 82
    again = CountingEncoder()
    same = Index(tmp_path / "index").dense(VectorStore(tmp_path / "v.sqlite", again), get, everything=True)
    assert not again.asked
    rows = np.arange(41)
    each = np.eye(16, dtype=np.float32)
    assert np.allclose(same.cosines("title", rows, each), dense.cosines("title", rows, each), atol=1 / 127)
    labels = [document(library[i]).title for i in index.ids.tolist()]
    assert np.allclose(dense.cosines("title", rows, each).T, one.encode(labels), atol=1 / 127)


def test_only_what_may_be_picked_is_a_candidate(tmp_path: Path, library):
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    retriever = Retriever(index, lambda ids: {i: library[i] for i in ids})
    parsed = parse("a corgi, a dragon")
    found = retriever.search(parsed, keywords(parsed), 40, Filter("sdxl", exclude=frozenset([1, 3])))
    assert found.candidates
    assert {c.adapter.metadata.architecture for c in found.candidates} == {"sdxl"}
    assert not {1, 3} & {c.adapter.id for c in found.candidates}
    assert not retriever.search(parsed, keywords(parsed), 40, Filter(kinds=("style",))).candidates


def test_examples_are_compared_by_words_that_few_of_them_have():
    assert telling(np.array([1, 2, 3, 90, 50]), 100).tolist() == [True, True, True, False, False]
    assert telling(np.array([1, 2, 90, 50]), 100).all()  # too few others: all count


def test_example_prompts_find_what_no_word_names(tmp_path: Path):
    """What pictures with such prompts were made with is a candidate, whoever's examples they are."""
    tweak = Adapter(1, "/x/zzq.safetensors", "zzq", metadata=Metadata(title="Zzq"), card=Card(kind="quality"))
    shown = Metadata(title="Harbor", examples=(Example("fishing boats at dawn, mist, <lora:harbor:1> <lora:zzq:0.5>"),))
    harbor = Adapter(2, "/x/harbor.safetensors", "harbor", metadata=shown)
    others = [adapter(n, "teapot") for n in range(10, 30)]
    library = {a.id: a for a in [tweak, harbor, *others]}
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    parsed = parse("fishing boats at dawn, mist")
    found = Retriever(index, lambda ids: {i: library[i] for i in ids}).search(parsed, keywords(parsed), 5)
    assert {c.adapter.id for c in found.candidates[:2]} == {1, 2}
    assert found.candidates[0].scores["cooccurrence"] > 0
    assert all(c.why for c in found.candidates)


def test_a_segment_of_which_less_than_half_lives_is_written_anew(tmp_path: Path, library):
    index = Index(tmp_path)
    index.update(library.values(), (), 1)
    index.update((), range(1, 21), 2)
    assert (len(index), len(index.ids)) == (20, 40)  # exactly half: the dead stay, and are masked
    index.update((), [21], 3)
    assert (len(index), len(index.ids)) == (19, 19)
    assert sorted(index.ids.tolist()) == list(range(22, 41))
    assert len(Index(tmp_path).ids) == 19


@pytest.mark.parametrize("first, second", [(100, 10), (20, 3)])
def test_a_second_segment_may_hold_a_tenth_of_the_first_or_some_hundreds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, second: int
):
    monkeypatch.setattr("stylus_core.retriever.index._SMALL", 3)
    index = Index(tmp_path)
    index.update([adapter(n, "corgi") for n in range(1, first + 1)], (), 1)
    for n in range(1, second + 1):
        index.update([adapter(1000 + n, "teapot")], (), 1 + n)
        assert [len(s) for s in index.segments] == [first, n]
    index.update([adapter(2000, "teapot")], (), 99)
    assert [len(s) for s in index.segments] == [first + second + 1]
