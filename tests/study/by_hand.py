"""The metrics once more, slowly: by scipy, sum by sum, and from a model's parts."""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.linalg import sqrtm
from transformers import CLIPModel

from tests.study import tiny_models


def scipy_frechet(x: NDArray[Any], y: NDArray[Any]) -> float:
    covariances = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few pictures the matrix is singular, and its root less exact
        product = covariances[0] @ covariances[1]
        root = sqrtm(product)
        if not np.isfinite(root).all():  # scipy for Python 3.10 finds no root of a singular matrix
            root = sqrtm(product + 1e-9 * np.eye(len(product)))
        shared = np.trace(root).real
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1]) - 2 * shared)


def frechet_of_moments(
    mean: NDArray[Any], covariance: NDArray[Any], other_mean: NDArray[Any], other_covariance: NDArray[Any]
) -> float:
    """The distance of two normal distributions, exact where a covariance is singular too."""
    root = _root(other_covariance)
    shared = np.sqrt(np.linalg.eigvalsh(root.T @ covariance @ root).clip(min=0)).sum()
    return float(((mean - other_mean) ** 2).sum() + np.trace(covariance + other_covariance) - 2 * shared)


def points_of(mean: NDArray[Any], covariance: NDArray[Any]) -> NDArray[Any]:
    """Points that have exactly this mean and this covariance."""
    count = 4 * len(mean)
    drawn = np.random.default_rng(11).normal(size=(count, len(mean)))
    even, _ = np.linalg.qr(drawn - drawn.mean(axis=0))
    points: NDArray[Any] = mean + (count - 1) ** 0.5 * even @ _root(covariance).T
    return points


def _root(covariance: NDArray[Any]) -> NDArray[Any]:
    values, vectors = np.linalg.eigh(covariance)
    root: NDArray[Any] = vectors * np.sqrt(values.clip(min=0))
    return root


def mmd(x: NDArray[Any], y: NDArray[Any]) -> float:
    """The unbiased estimate, sum by sum (Gretton et al. 2012, equation 3)."""

    def k(a: NDArray[Any], b: NDArray[Any]) -> float:
        return float((a @ b / len(a) + 1) ** 3)

    within = [
        sum(k(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j) / (len(s) * (len(s) - 1))
        for s in (x, y)
    ]
    return float(sum(within) - 2 * sum(k(a, b) for a in x for b in y) / (len(x) * len(y)))


@functools.cache
def _clip(folder: str) -> Any:
    return CLIPModel.from_pretrained(folder).eval()


def clip_score(folder: str, image: Image.Image, text: str) -> float:
    """The CLIP score from the model's parts: pixels and tokens made here."""
    model = _clip(folder)
    side = tiny_models.SIDE
    scale = side / min(image.size)
    small = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (small.width - side) // 2, (small.height - side) // 2
    pixels = np.asarray(small.crop((left, top, left + side, top + side)), np.float32) / 255
    pixels = (pixels - np.array(tiny_models.MEAN)) / np.array(tiny_models.DEVIATION)
    words = [[*word[:-1], f"{word[-1]}</w>"] for word in re.findall(r"[a-z]+|[^\sa-z]+", text)]
    most = tiny_models.TOKENS - 2
    tokens = [tiny_models.START, *[t for w in words for t in w][:most], tiny_models.END]
    ids = torch.tensor([[tiny_models.VOCABULARY[t] for t in tokens]])
    with torch.no_grad():
        seen = model.vision_model(torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32))
        states = model.text_model(ids).last_hidden_state[0, len(tokens) - 1]
        a, b = model.visual_projection(seen.pooler_output)[0], model.text_projection(states)
    return float(100 * (a @ b) / (a.norm() * b.norm()))
