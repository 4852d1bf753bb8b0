"""Many texts are shared out to threads, numpy's own stay out of the way, and a core is left to whoever works beside."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from stylus_core import Stylus
from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import find_model, open_encoder
from stylus_core.retriever.encoder.blas_threads import one_thread_each, usable_threads
from stylus_core.retriever.encoder.numpy_bert import NumpyBertEncoder
from stylus_core.retriever.encoder.numpy_kernels import Kernels
from stylus_core.retriever.parallel_tasks import for_each
from tests.clock import HANG
from tests.test_stylus import add

WORDS = "a corgi in the rain, watercolor, thick lines, 1girl, silver hair, mist over a harbor at dawn".split()


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenBLAS with four threads, on a machine of four cores."""
    counts = [4]

    class FourThreads:
        def get(self) -> int:
            return counts[-1]

        def set(self, number: int) -> None:
            counts.append(number)

    blas = FourThreads()
    monkeypatch.setattr("stylus_core.retriever.encoder.blas_threads._open_blas", lambda: blas)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(4)), raising=False)


def test_many_texts_have_the_vectors_that_few_have(four_cores: None):
    try:
        encoder = open_encoder()
    except ModelError as e:
        pytest.skip(str(e))
    texts = [" ".join(WORDS[(n * k) % len(WORDS)] for k in range(1, 4 + n % 37)) for n in range(160)]
    alone = np.concatenate([encoder.encode(texts[n : n + 4]) for n in range(0, len(texts), 4)])
    for many in (encoder, encoder.sparing(1)):
        assert np.abs(many.encode(texts) - alone).max() < 1e-5
        assert np.abs(many.encode(texts[::-1])[::-1] - alone).max() < 1e-5
    assert usable_threads(0) == 4  # as it was


def test_a_core_is_left_alone(four_cores: None):
    assert [usable_threads(spare) for spare in (0, 1, 3, 4)] == [4, 3, 1, 1]


class SparingEncoder(NumpyBertEncoder):
    """Notes how many cores it is told to leave alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "sparing")
        self.spared: list[int] = []

    def sparing(self, cores: int, kernels: Kernels | None = None) -> NumpyBertEncoder:
        self.spared.append(cores)
        return super().sparing(cores, kernels)


@pytest.mark.parametrize("beside", [True, False])
def test_a_core_is_the_users_while_selections_go_on_beside(tmp_path: Path, beside: bool):
    try:
        encoder = SparingEncoder(find_model())
    except ModelError as e:
        pytest.skip(str(e))
    add(tmp_path / "loras", "kite_v1", "Paper Kite", "objects", "paper kite")
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder=encoder) as stylus:
        if beside:
            stylus.index_words()
            stylus.embed()
        else:
            stylus.index()
    assert encoder.spared == [int(beside)]


def test_numpy_keeps_to_one_thread_for_as_long_as_anybody_asks(four_cores: None):
    from stylus_core.retriever.encoder.blas_threads import _open_blas

    blas = _open_blas()
    assert blas is not None
    with one_thread_each():
        with one_thread_each():
            assert blas.get() == 1
        assert blas.get() == 1
        assert usable_threads(0) == 4
    assert blas.get() == 4


def test_the_threads_of_numpys_own_library_can_be_told():
    from stylus_core.retriever.encoder.blas_threads import _open_blas

    if (blas := _open_blas()) is None:
        pytest.skip("numpy computes with something else here")
    before = blas.get()
    with one_thread_each():
        assert blas.get() == 1
    assert blas.get() == before


def test_items_are_shared_by_as_many_threads_as_are_asked_for():
    together = threading.Barrier(3)
    done: list[int] = []

    def task(item: int) -> None:
        together.wait(HANG)  # passed only if three are here at once
        done.append(item)

    for_each(task, range(6), 3)
    assert sorted(done) == list(range(6))


def test_what_a_thread_raises_ends_the_work():
    done: list[int] = []

    def task(item: int) -> None:
        done.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        for_each(task, range(50), 1)
    assert done == [0]
