"""Many texts are embedded on a GPU that has room, by the host's own torch, with the vectors of the processor.

There is no GPU here: torch's tensors stay in memory, and what is asked of the GPU is answered as one would.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stylus_core import Stylus
from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import Encoder, bulk_encoder, find_model, open_encoder
from stylus_core.retriever.encoder.encoder_loading import _MANY
from stylus_core.retriever.encoder.numpy_bert import NumpyBertEncoder
from stylus_core.retriever.encoder.torch_bert import TorchBertEncoder
from tests.retriever.test_encoder import TEXTS
from tests.test_stylus import add

GIGABYTE = 1 << 30


class OneGpu:
    """torch with a GPU, which has so many bytes free, and so many more that torch keeps for itself."""

    def __init__(self, torch: Any, free: int, kept: int = 0) -> None:
        self._torch, self._free, self._kept = torch, free, kept
        self.cuda = self
        self.moved: list[str] = []  # the devices that something was moved to
        self.given_back = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._torch, name)

    def is_available(self) -> bool:
        return True

    def mem_get_info(self) -> tuple[int, int]:
        return self._free, 8 * GIGABYTE

    def memory_reserved(self) -> int:
        return self._kept

    def memory_allocated(self) -> int:
        return 0

    def empty_cache(self) -> None:
        self.given_back += 1

    def from_numpy(self, values: Any) -> Any:
        gpu = self

        class Movable:
            def to(self, device: str) -> Any:
                gpu.moved.append(device)
                return gpu._torch.from_numpy(values)

        return Movable()

    def arange(self, end: int, device: str) -> Any:
        return self._torch.arange(end)


class FullGpu(OneGpu):
    """One that has less room than it said: something else has taken it meanwhile."""

    def from_numpy(self, values: Any) -> Any:
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")


@pytest.fixture(scope="module")
def light() -> Encoder:
    try:
        return open_encoder()
    except ModelError as e:
        pytest.skip(str(e))


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def test_many_texts_go_to_the_gpu_and_have_the_same_vectors(
    monkeypatch: pytest.MonkeyPatch, torch: Any, light: Encoder
):
    host = OneGpu(torch, 8 * GIGABYTE)
    monkeypatch.setitem(sys.modules, "torch", host)
    bulk = bulk_encoder(light, 5000)
    assert (bulk.backend, bulk.key, bulk.dim) == ("torch", light.key, light.dim)
    assert np.abs(bulk.encode(TEXTS) - light.encode(TEXTS)).max() < 1e-5
    assert set(host.moved) == {"cuda"} and host.given_back == 1
    assert bulk.encode([]).shape == (0, light.dim)


def test_what_torch_keeps_for_itself_is_room(monkeypatch: pytest.MonkeyPatch, torch: Any, light: Encoder):
    host = OneGpu(torch, 0, kept=4 * GIGABYTE)
    monkeypatch.setitem(sys.modules, "torch", host)
    bulk_encoder(light, 5000).encode(TEXTS[:1])
    assert host.moved


@pytest.mark.parametrize("kind", [OneGpu, FullGpu])
def test_a_gpu_without_room_is_left_to_pictures(
    monkeypatch: pytest.MonkeyPatch, torch: Any, light: Encoder, kind: type[OneGpu]
):
    host = kind(torch, 8 * GIGABYTE if kind is FullGpu else GIGABYTE // 4)
    monkeypatch.setitem(sys.modules, "torch", host)
    assert np.abs(bulk_encoder(light, 5000).encode(TEXTS) - light.encode(TEXTS)).max() < 1e-5
    assert not host.moved and host.given_back == 1


def test_few_texts_and_a_torch_that_fails_stay_on_the_processor(
    monkeypatch: pytest.MonkeyPatch, torch: Any, light: Encoder
):
    class Broken:
        @property
        def cuda(self) -> Any:
            raise OSError("libcudart.so.12: cannot open shared object file")

    monkeypatch.setitem(sys.modules, "torch", OneGpu(torch, 8 * GIGABYTE))
    assert bulk_encoder(light, _MANY - 1).backend == "numpy"
    monkeypatch.setitem(sys.modules, "torch", Broken())
    assert bulk_encoder(light, _MANY).backend == "numpy"
    monkeypatch.setitem(sys.modules, "torch", None)
    assert bulk_encoder(light, _MANY).backend == "numpy"


def test_apples_gpu_is_left_alone_where_the_host_is_on_it(monkeypatch: pytest.MonkeyPatch, torch: Any, light: Encoder):
    class Mac(OneGpu):
        """One of Apple's, with so many bytes of this process on it."""

        def __init__(self, torch: Any, taken: int) -> None:
            super().__init__(torch, 0)
            self._taken, self.mps, self.backends = taken, self, self
            self.cuda = torch.cuda

        def current_allocated_memory(self) -> int:
            return self._taken

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU of another make")
    for taken, backend in ((0, "torch"), (GIGABYTE, "numpy")):
        host = Mac(torch, taken)
        monkeypatch.setitem(sys.modules, "torch", host)
        bulk = bulk_encoder(light, 5000)
        assert bulk.backend == backend
        assert np.abs(bulk.encode(TEXTS) - light.encode(TEXTS)).max() < 1e-5
        assert set(host.moved) <= {"mps"} and bool(host.moved) == (backend == "torch")


class CountedBatches:
    """Notes how many texts it is given at a time."""

    key, dim = "counted", 2

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.counts: list[int] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.counts.append(len(texts))
        return np.tile(np.array([1, 0], np.float32), (len(texts), 1))


@pytest.mark.parametrize(("backend", "most"), [("torch", 200), ("numpy", 128)])
def test_a_gpu_is_given_large_batches(tmp_path: Path, backend: str, most: int):
    for number in range(100):
        add(tmp_path / "loras", f"kite_{number}", f"Kite {number}", "objects", f"kite {number}")
    encoder = CountedBatches(backend)
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder=encoder) as stylus:
        stylus.index()
    assert max(encoder.counts) == most


def test_attention_that_is_very_sure_is_the_same_in_both(torch: Any, light: Encoder, tmp_path: Path):
    """Scores beyond what exp can take come from weights that are large; then the largest is taken off first."""
    from safetensors.numpy import load_file, save_file

    folder = find_model()
    for file in ("config.json", "tokenizer.json", "sentence_bert_config.json"):
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    weights = load_file(folder / "model.safetensors")
    loud = {name: np.float32(6) * w if ".self.query.weight" in name else w for name, w in weights.items()}
    save_file(loud, tmp_path / "model.safetensors")
    encoder = NumpyBertEncoder(tmp_path, "loud")
    found = encoder.encode(TEXTS)
    assert np.isfinite(found).all() and np.abs(found - light.encode(TEXTS)).max() > 0.01
    assert np.abs(found - TorchBertEncoder(encoder, torch, "cpu").encode(TEXTS)).max() < 1e-4
