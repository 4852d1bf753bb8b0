"""Distances between sets of features: Fréchet and kernel distance to a reference, and the spread within a set.

Written for the bootstrap, which asks for the same distance some hundred times with other weights: what does not depend
on the weights is computed once. torchmetrics takes no weights, and sets of one size alone for the kernel distance; the
tests compare with it and with scipy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Features = NDArray[np.floating[Any]]  # (pictures, dimensions)

_ROWS = 512  # of a kernel matrix that are held at once


class Frechet:
    """Fréchet distances to a reference of at least two pictures; the reference itself is never resampled.

    d² between two normal distributions (Dowson and Landau 1982), as FID takes it (Heusel et al. 2017).
    """

    def __init__(self, reference: Features, device: str = "cpu") -> None:
        points = _tensor(reference, device)
        self._device = device
        self._mean = points.mean(dim=0)
        centred = (points - self._mean) / (len(points) - 1) ** 0.5
        # The distance needs any R with R Rᵀ the covariance: with few pictures the pictures themselves are one.
        self._root = centred.T if len(points) < points.shape[1] else _root(centred.T @ centred)
        self._trace = centred.square().sum()

    def of(self, features: Features) -> Callable[[NDArray[np.float64] | None], float]:
        """The distance of a set of pictures as a function of how often each counts; None: once each.

        It is NaN for fewer than two pictures.
        """
        points = _tensor(features, self._device)
        turned = points @ self._root
        squares = points.square().sum(dim=1)

        def distance(weights: NDArray[np.float64] | None = None) -> float:
            times = _tensor(np.ones(len(points)) if weights is None else weights, self._device)
            total = times.sum()
            if not total >= 2:  # or not a number
                return float("nan")
            used = times > 0
            times, here = times[used], turned[used]
            mean = times @ points[used] / total
            trace = (times @ squares[used] - total * (mean @ mean)) / (total - 1)
            spread = (times.sqrt() / (total - 1).sqrt())[:, None] * (here - times @ here / total)
            gram = spread @ spread.T if len(spread) < spread.shape[1] else spread.T @ spread
            apart = mean - self._mean
            return float(apart @ apart + trace + self._trace - 2 * _root_trace(gram))

        return distance


class Kernel:
    """Kernel distances (KID, Binkowski et al. 2018) to a reference of at least two pictures.

    The unbiased estimate over all pictures, with the usual kernel (x·y / dimensions + 1)³; what libraries print is the
    mean over random subsets, which has the same expectation and more noise.
    """

    def __init__(self, reference: Features, device: str = "cpu") -> None:
        self._device = device
        self._reference = _tensor(reference, device)
        count = len(self._reference)
        whole = sum(float(_kernel(block, self._reference).sum()) for block in self._reference.split(_ROWS))
        own = float(_self_kernel(self._reference).sum())
        self._within = (whole - own) / (count * (count - 1))

    def of(self, features: Features, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The distance of a set of pictures, once a row of `weights`, shape (samples, pictures); None: one sample.

        A picture that is in a sample several times is never compared with itself, which would make the samples look
        less spread out than they are. NaN where a sample has fewer than two pictures.
        """
        points = _tensor(features, self._device)
        times = _tensor(np.ones((1, len(points))) if weights is None else weights, self._device)
        pairs = torch.zeros(len(times), dtype=torch.float64, device=self._device)
        across = torch.zeros_like(pairs)
        for start in range(0, len(points), _ROWS):
            block, here = points[start : start + _ROWS], times[:, start : start + _ROWS]
            pairs += ((times @ _kernel(points, block)) * here).sum(dim=1)
            across += here @ _kernel(block, self._reference).mean(dim=1)
        pairs -= times.square() @ _self_kernel(points)
        total = times.sum(dim=1)
        possible = total.square() - times.square().sum(dim=1)
        found = torch.where(possible > 0, pairs / possible + self._within - 2 * across / total, torch.nan)
        return np.asarray(found.cpu().numpy())


def total_variance(features: Features) -> float:
    """How different pictures are from each other: the trace of their covariance, for at least two.

    It is the Fréchet distance of the pictures to one and the same picture shown each time (a point at their mean), and
    half the mean squared distance between two of them; it does not depend on how many there are.
    """
    return float(np.asarray(features, np.float64).var(axis=0, ddof=1).sum())


def _kernel(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return (left @ right.T / left.shape[1] + 1) ** 3


def _self_kernel(points: torch.Tensor) -> torch.Tensor:
    return (points.square().sum(dim=1) / points.shape[1] + 1) ** 3


def _tensor(values: NDArray[Any], device: str) -> torch.Tensor:
    return torch.as_tensor(np.asarray(values), device=device).to(torch.float64)


def _root(covariance: torch.Tensor) -> torch.Tensor:
    """R with R Rᵀ = covariance."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp(min=0).sqrt()


def _root_trace(gram: torch.Tensor) -> torch.Tensor:
    """The trace of the square root; rounding makes eigenvalues of 0 negative."""
    return torch.linalg.eigvalsh(gram).clamp(min=0).sqrt().sum()
