"""The steps of a BERT network on the processor by the torch that the host has, in four fifths of numpy's time.

torch goes over gelu, norm and attention once, where numpy takes a pass for each operation. Its threads are told thread
by thread: what the host's own have, for pictures that are made on the processor, stays as it is.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder.bert_model import Affine
from stylus_core.retriever.encoder.numpy_kernels import Array, Kernels, NumpyKernels, Run

log = logging.getLogger("stylus")

#: Where torch's OpenMP can be asked: the library itself, or one that looks it up among those it was linked with.
_LIBRARIES = ("libtorch_cpu.so", "libtorch_cpu.dylib", "libiomp5md.dll")


class TorchKernels:
    """On the processor, by torch.

    Args:
        torch: the module.

    Raises:
        OSError: its libraries lie elsewhere.
        AttributeError: its threads cannot be told.
    """

    tokens_at_once = 1024  # fewer passes over them than numpy's, and more to do in each call

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        library = _loaded(Path(torch.__file__).parent / "lib")
        self._get: Callable[[], int] = library.omp_get_max_threads
        self._set: Callable[[int], None] = library.omp_set_num_threads
        # MKL has a setting of its own once somebody called `torch.set_num_threads`
        self._set_mkl: Callable[[int], int] | None = getattr(library, "MKL_Set_Num_Threads_Local", None)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """See `Kernels.alone`: of this thread, and afterwards as it was."""
        torch = self._torch
        torch.get_num_threads()  # torch sets a thread's number when it is first asked for it
        before = self._get()
        self._set(1)
        mkl = self._set_mkl(1) if self._set_mkl else 0
        try:
            if torch.get_num_threads() != 1:
                raise RuntimeError("torch's threads cannot be told")
            with torch.inference_mode():
                yield
        finally:
            self._set(before)
            if self._set_mkl:
                self._set_mkl(mkl)

    def linear(self, x: Array, affine: Affine) -> Array:
        """See `Kernels.linear`."""
        there = self._torch.from_numpy
        return _numpy(self._torch.addmm(there(affine[1]), there(x), there(affine[0])))

    def attention(self, qkv: Array, runs: list[Run], heads: int) -> Array:
        """See `Kernels.attention`."""
        torch, there = self._torch, self._torch.from_numpy(qkv)
        mixed = torch.empty(len(qkv), qkv.shape[1] // 3)
        for start, count, length in runs:
            rows = slice(start, start + count * length)
            q, k, v = there[rows].view(count, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
            out = torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=1.0)
            mixed[rows].view(count, length, heads, -1).copy_(out.transpose(1, 2))
        return _numpy(mixed)

    def gelu(self, x: Array) -> Array:
        """See `Kernels.gelu`."""
        return _numpy(self._torch.nn.functional.gelu(self._torch.from_numpy(x)))

    def norm(self, x: Array, affine: Affine, eps: float) -> Array:
        """See `Kernels.norm`."""
        there = self._torch.from_numpy
        scale, shift = map(there, affine)
        return _numpy(self._torch.nn.functional.layer_norm(there(x), (x.shape[1],), scale, shift, eps))


def torch_kernels(torch: Any) -> TorchKernels | None:
    """Torch's steps where they can be had and give what numpy's give.

    Args:
        torch: the module. Hosts put functions of their own in the place of some of its.

    Returns:
        None where they cannot.
    """
    try:
        found = TorchKernels(torch)
        with found.alone():
            if not _alike(found):
                raise RuntimeError("its results are others")
    except Exception as e:  # OSError, AttributeError, and whatever a torch of another time raises
        log.info("texts are embedded without torch: %s", e)
        return None
    return found


def _alike(kernels: TorchKernels) -> bool:
    """Whether each step gives what numpy's gives, on some rows."""
    draw = np.random.default_rng(0).standard_normal
    x, weights, shift = (draw(shape, np.float32) for shape in ((24, 96), (96, 96), (96,)))
    runs, ours = [(0, 2, 8), (16, 1, 8)], NumpyKernels()

    def results(k: Kernels) -> tuple[Array, ...]:
        products = k.linear(x.copy(), (weights, shift)), k.attention(x.copy(), runs, 4)
        return *products, k.gelu(x.copy()), k.norm(x.copy(), (weights[0], shift), 1e-12)

    return all(np.allclose(a, b, atol=1e-4) for a, b in zip(results(kernels), results(ours), strict=True))


def _loaded(folder: Path) -> ctypes.CDLL:
    """The library of torch's threads, which is loaded already: a second copy would have a setting of its own."""
    mode = getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_NOW", 0)
    for name in _LIBRARIES:
        if (folder / name).is_file():
            return ctypes.CDLL(str(folder / name), mode=mode)
    raise OSError(f"{folder} has none of {', '.join(_LIBRARIES)}")


def _numpy(tensor: Any) -> Array:
    found: NDArray[np.float32] = tensor.numpy()
    return found
