"""Many texts are embedded by the host's torch, with the vectors of numpy, and its threads are left as they were."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import bulk_encoder, open_encoder
from stylus_core.retriever.encoder.numpy_bert import NumpyBertEncoder
from stylus_core.retriever.encoder.numpy_kernels import NumpyKernels
from stylus_core.retriever.encoder.torch_kernels import TorchKernels, torch_kernels

WORDS = "a corgi in the rain, watercolor, thick lines, 1girl, silver hair, mist over a harbor at dawn".split()
TEXTS = [" ".join(WORDS[(n * k) % len(WORDS)] for k in range(1, 4 + n % 90)) for n in range(1, 181, 3)]


@pytest.fixture(scope="module")
def light() -> NumpyBertEncoder:
    try:
        encoder = open_encoder()
    except ModelError as e:
        pytest.skip(str(e))
    assert isinstance(encoder, NumpyBertEncoder)
    return encoder


@pytest.fixture(scope="module")
def vectors(light: NumpyBertEncoder) -> np.ndarray:
    return light.encode(TEXTS)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture
def kernels(torch: Any) -> TorchKernels:
    found = torch_kernels(torch)
    if found is None:
        pytest.skip("this torch's threads cannot be told")
    return found


class OtherTorch:
    """A host's torch, in which something is another's."""

    def __init__(self, torch: Any, **others: Any) -> None:
        self._torch = torch
        vars(self).update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._torch, name)


@pytest.mark.parametrize("spare", [0, 1, 7])
def test_the_vectors_are_numpys(light: NumpyBertEncoder, vectors: np.ndarray, kernels: TorchKernels, spare: int):
    by_torch = light.sparing(spare, kernels)
    assert (by_torch.key, by_torch.dim, by_torch.backend) == (light.key, light.dim, "numpy")
    assert np.abs(by_torch.encode(TEXTS[::-1])[::-1] - vectors).max() < 1e-5


def test_a_host_that_has_torch_lends_it(
    monkeypatch: pytest.MonkeyPatch, torch: Any, light: NumpyBertEncoder, vectors: np.ndarray
):
    asked: list[tuple[int, ...]] = []

    def addmm(*tensors: Any) -> Any:
        asked.append(tuple(tensors[1].shape))
        return torch.addmm(*tensors)

    monkeypatch.setitem(sys.modules, "torch", OtherTorch(torch, addmm=addmm))
    bulk = bulk_encoder(light, len(TEXTS), spare=1)
    asked.clear()
    assert np.abs(bulk.encode(TEXTS) - vectors).max() < 1e-5
    if torch_kernels(torch):
        assert asked
    asked.clear()
    bulk.encode(TEXTS[:3])  # as few as a prompt has
    assert not asked


def test_the_threads_of_others_stay_as_they_are(torch: Any, kernels: TorchKernels):
    before, seen = torch.get_num_threads(), dict[str, int]()
    with kernels.alone():
        seen["this"] = torch.get_num_threads()
        other = threading.Thread(target=lambda: seen.update(other=torch.get_num_threads()))
        other.start()
        other.join()
        assert torch.is_inference_mode_enabled()
    assert seen == {"this": 1, "other": before}
    assert torch.get_num_threads() == before and not torch.is_inference_mode_enabled()


def test_a_torch_of_another_kind_is_not_taken(torch: Any, tmp_path: Any):
    rounds = SimpleNamespace(functional=OtherTorch(torch.nn.functional, gelu=torch.nn.functional.relu))
    assert torch_kernels(OtherTorch(torch, nn=rounds)) is None  # other results
    assert torch_kernels(OtherTorch(torch, get_num_threads=lambda: 2)) is None  # threads that cannot be told
    assert torch_kernels(OtherTorch(torch, __file__=str(tmp_path / "__init__.py"))) is None  # libraries elsewhere
    functional = OtherTorch(torch.nn.functional, scaled_dot_product_attention=None)  # older than attention
    assert torch_kernels(OtherTorch(torch, nn=SimpleNamespace(functional=functional))) is None
    assert torch_kernels(SimpleNamespace()) is None


def test_very_sure_attention_is_the_same_in_both(kernels: TorchKernels):
    rng = np.random.default_rng(5)
    qkv = 30 * rng.standard_normal((40, 3 * 48)).astype(np.float32)
    runs = [(0, 2, 12), (24, 1, 9), (33, 7, 1)]
    with kernels.alone():
        found = kernels.attention(qkv.copy(), runs, 4)
    assert np.abs(found - NumpyKernels().attention(qkv, runs, 4)).max() < 1e-3
