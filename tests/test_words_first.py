"""Selections run on words while vectors are made in another thread, and get better with each that is there."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stylus_core import Stylus
from stylus_core.retriever import embedding_run, local_index
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.live_segment import LiveSegment
from stylus_core.retriever.local_index import VectorCoverage
from stylus_core.retriever.quantized_vectors import VIEWS, QuantizedVectors
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter
from tests.clock import HANG, until
from tests.library.build import SD1_UNET, safetensors
from tests.test_stylus import add

WORDS = ("kite", "marsh", "gouache", "harbour", "lantern", "saddle")


class PatientEncoder:
    """Waits in each thread but the one that made it, until it is let go; knows what lies by the sea."""

    key, dim, backend = "patient", 2, "numpy"

    def __init__(self) -> None:
        self.steps = threading.Semaphore(0)
        self.asked: list[str] = []
        self._own = threading.get_ident()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if threading.get_ident() != self._own:
            self.asked += texts
            assert self.steps.acquire(timeout=HANG)
        return np.array([[1, 0] if re.search("marsh|estuary", t.lower()) else [0, 1] for t in texts], np.float32)


def coverage(stylus: Stylus) -> VectorCoverage:
    with stylus.local_index.lock:
        return stylus.local_index.coverage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for word in WORDS:
        add(tmp_path / "loras", f"{word}_v1", f"Paper {word.title()}", "objects", f"paper {word}")
    return tmp_path / "loras"


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> PatientEncoder:
    monkeypatch.setattr(embedding_run, "_STEP", 1)
    return PatientEncoder()


@pytest.fixture
def begun(folder: Path, encoder: PatientEncoder) -> Iterator[Stylus]:
    """Indexed in another thread, which waits with the first of the vectors."""
    with Stylus(folder, home=folder.parent / "home", encoder=encoder) as stylus:
        thread = threading.Thread(target=stylus.index, daemon=True)
        thread.start()
        until(lambda: encoder.asked, "the first text")
        yield stylus
        encoder.steps.release(1000)
        thread.join(HANG)
        assert not thread.is_alive()


def test_a_selection_waits_for_no_vector_and_says_so(begun: Stylus, encoder: PatientEncoder) -> None:
    found = begun.select("a paper lantern on a pier")
    assert [p.name for p in found.picks] == ["lantern_v1"]
    assert found.provisional and found.to_json()["provisional"] is True and coverage(begun) == (0, 6)
    assert "words alone decided, as vectors of 0 of 6 adapters are there so far" in found.notes
    encoder.steps.release(1000)
    until(lambda: coverage(begun).is_whole, "all vectors")
    again = begun.select("a paper lantern on a pier")
    assert not again.provisional and not again.notes
    assert begun.select("an estuary").candidates[0].name == "marsh_v1"


def test_what_a_prompt_needs_is_embedded_next(begun: Stylus, encoder: PatientEncoder) -> None:
    assert len(encoder.asked) == 2  # the texts of one adapter
    assert not any("Saddle" in text for text in encoder.asked)
    wanted = begun.select("a paper saddle, a paper lantern", {"candidates": 2}).candidates
    assert {c.name for c in wanted[:2]} == {"saddle_v1", "lantern_v1"}
    begun.select("a paper saddle", {"candidates": 1})
    encoder.steps.release()
    until(lambda: len(encoder.asked) > 2, "the next text")
    assert any("Saddle" in text or "Lantern" in text for text in encoder.asked[2:])


def test_what_fits_the_checkpoint_is_embedded_before_the_rest(folder: Path, encoder: PatientEncoder) -> None:
    for word in ("saddle", "lantern", "marsh"):
        (folder / f"{word}_v1.civitai.info").unlink()
        header = {"ss_output_name": word, "ss_base_model_version": "sdxl_base_v1-0"}
        safetensors(folder / f"{word}_v1.safetensors", header, {SD1_UNET: (4, 2048)})
    order: list[str] = []
    checkpoint = iter(["sdxl", "sdxl", "sd1", "sd1", "sd1", "sd1"])
    encoder.steps.release(1000)
    with Stylus(folder, home=folder.parent / "home", encoder=encoder) as stylus:
        stylus.index_words()
        stylus.select("a paper kite", {"candidates": 1})
        thread = threading.Thread(target=lambda: stylus.embed(architecture=lambda: next(checkpoint)), daemon=True)
        thread.start()
        thread.join(HANG)
        assert coverage(stylus).is_whole
    for text in encoder.asked:
        order += [word for word in WORDS if word in text.lower() and word not in order]
    made_for = ["sdxl" if word in ("saddle", "lantern", "marsh") else "sd1" for word in order]
    assert order[0] == "kite" and made_for == ["sd1", "sdxl", "sd1", "sd1", "sdxl", "sdxl"]


def test_a_file_that_comes_meanwhile_is_found_by_its_words(begun: Stylus, folder: Path) -> None:
    add(folder, "bell_v1", "Brass Diving Bell", "objects", "brass diving bell")
    found = begun.select("a brass diving bell")
    assert [p.name for p in found.picks] == ["bell_v1"] and found.provisional


def test_while_much_is_taken_in_the_words_of_before_answer(
    begun: Stylus, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_index, "_FEW", 0)
    add(folder, "bell_v1", "Brass Diving Bell", "objects", "brass diving bell")
    found = begun.select("a paper kite and a brass diving bell")
    assert [p.name for p in found.picks] == ["kite_v1"]
    assert found.provisional and "what changed in the folders is still being taken in" in found.notes


def test_a_selection_waits_for_no_words_that_are_taken_in_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    taken: list[int] = []
    own, make = threading.get_ident(), local_index.segments_of

    def slow(adapters: Iterable[Adapter]) -> list[LiveSegment]:
        if threading.get_ident() != own:
            began.set()
            go_on.wait(HANG)
            taken.append(1)
        return make(adapters)

    monkeypatch.setattr(local_index, "segments_of", slow)
    monkeypatch.setattr(local_index, "_FEW", 0)
    with Stylus(folder, home=folder.parent / "home", encoder="none") as stylus:
        stylus.index()
        add(folder, "bell_v1", "Brass Diving Bell", "objects", "brass diving bell")
        thread = threading.Thread(target=stylus.index_words, daemon=True)
        thread.start()
        assert began.wait(HANG)
        found = stylus.select("a paper kite and a brass diving bell")
        assert [p.name for p in found.picks] == ["kite_v1"] and found.provisional and not taken
        go_on.set()
        thread.join(HANG)
        found = stylus.select("a paper kite and a brass diving bell")
        assert {p.name for p in found.picks} == {"kite_v1", "bell_v1"} and not found.provisional


def test_what_was_embedded_is_there_after_a_stop(folder: Path, encoder: PatientEncoder) -> None:
    home = folder.parent / "home"
    encoder.steps.release(1000)
    with Stylus(folder, home=home, encoder=encoder) as stylus:
        stylus.index_words()
        stylus.embed(stop=lambda: coverage(stylus).embedded >= 2)
        assert coverage(stylus) == (2, 6)
    with Stylus(folder, home=home, encoder=encoder) as stylus:
        stylus.index_words()
        stylus.select("a paper kite")
        assert coverage(stylus) == (2, 6)
        stylus.embed()
        assert coverage(stylus).is_whole


@pytest.mark.parametrize("there", [1, 5])
def test_what_has_vectors_is_not_taken_for_what_is_near(folder: Path, encoder: PatientEncoder, there: int) -> None:
    """While candidates lack vectors, picks are those of words alone."""
    encoder.steps.release(1000)
    prompts = ("a paper lantern on a pier", "a paper saddle and a paper kite", "a salt marsh and a lantern")
    with Stylus(folder, home=folder.parent / "words", encoder="none") as words:
        words.index()
        alone = [[(p.name, p.score) for p in words.select(prompt).picks] for prompt in prompts]
    with Stylus(folder, home=folder.parent / "home", encoder=encoder) as stylus:
        stylus.index_words()
        stylus.embed(stop=lambda: coverage(stylus).embedded >= there)
        for prompt, picks in zip(prompts, alone, strict=True):
            found = stylus.select(prompt)
            assert found.provisional and [(p.name, p.score) for p in found.picks] == picks


def test_an_edit_in_place_is_noticed_at_the_next_selection(folder: Path) -> None:
    with Stylus(folder, home=folder.parent / "home", encoder="none") as stylus:
        stylus.index()
        assert not stylus.select("a copper observatory").picks
        add(folder, "marsh_v1", "Copper Observatory", "background", "copper observatory")
        assert [p.name for p in stylus.select("a copper observatory").picks] == ["marsh_v1"]


def test_a_row_without_a_vector_counts_as_a_likely_one(tmp_path: Path) -> None:
    near = np.linspace(0, 1, 40, dtype=np.float32)
    vectors = QuantizedVectors(41, 2)
    for view in VIEWS:
        vectors.put(view, range(40), np.stack([near, np.sqrt(1 - near**2)], axis=1))
    vectors.finish()
    dense = Dense(VectorStore(tmp_path / "v.sqlite", PatientEncoder()), [vectors])
    query = np.array([[1, 0]], np.float32)
    for rows in (None, np.arange(41)):
        found = dense.signals(query, query, rows)["part_title"]
        assert found[:40].argmax() == 39
        assert found[30] < found[40] < found[39]  # neither behind the middle nor before the best
