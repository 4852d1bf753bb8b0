"""`python -m benchmarks.study_metrics`: pictures a second through the models of the study's metrics, by batch size.

The models have the architecture and size of the real ones, ViT-L/14 and Inception v3, and random weights, so nothing is
downloaded. What is timed is all that a picture costs: reading, decoding, resizing, the model, the cache.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks import inception
from benchmarks.world import OUT
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.metrics.distances import Frechet, Kernel
from stylus_study.metrics.extractors import Clip, Extractor, Inception
from stylus_study.metrics.feature_cache import FeatureCache
from stylus_study.metrics.picture_features import PictureEmbedder
from tests.study import tiny_models

_LARGE = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "patch_size": 14,
}
_BATCHES = {"cpu": (1, 4, 8), "cuda": (1, 8, 32, 128, 256)}
_PICTURES = {"cpu": 8, "cuda": 1024}


def _paint(folder: Path, count: int) -> list[Path]:
    """PNGs of 512 x 512 with coarse and fine detail, 200 to 300 KiB each as a WebUI's are."""
    rng = np.random.default_rng(0)
    paths = []
    for n in range(count):
        coarse = np.kron(rng.integers(0, 200, (16, 16, 3)), np.ones((32, 32, 1)))
        pixels = (coarse + rng.integers(0, 6, (512, 512, 3))).astype(np.uint8)
        paths.append(folder / f"{n}.png")
        Image.fromarray(pixels).save(paths[-1], compress_level=1)
    return paths


def _rate(model: Extractor, paths: list[Path], device: str, batch: int, folder: Path) -> tuple[float, float]:
    """Pictures a second the first time, and the second time, when all are known."""
    rates = []
    with contextlib.closing(FeatureCache(folder / f"{time.monotonic_ns()}.sqlite")) as cache:
        for _ in range(2):
            embedder = PictureEmbedder(cache, device, batch)
            start = time.perf_counter()
            found = embedder.pictures(model, paths, "")
            rates.append(len(found.vectors) / (time.perf_counter() - start))
    return rates[0], rates[1]


def looks(folder: Path, devices: list[str], count: int) -> MarkdownTable:
    """Pictures a second by model, device and batch size."""
    table = MarkdownTable(
        "Study metrics: pictures a second, ViT-L/14 and Inception v3 with random weights, 512 x 512 PNG",
        ["model", "device", "batch", "pictures/s", "times one by one", "pictures/s when known"],
    )
    clip = str(tiny_models.clip(folder / "clip", side=224, **_LARGE))
    network = inception.save(folder / "inception.pt")
    paths = _paint(folder, count or max(_PICTURES[d] for d in devices))
    for device, name in itertools.product(devices, ("CLIP", "Inception")):
        model = Clip(clip, device) if name == "CLIP" else Inception(network, device)
        mine = paths[: count or _PICTURES[device]]
        _rate(model, mine[:2], device, 2, folder)  # warm
        alone = 0.0
        for batch in _BATCHES[device]:
            rate, known = _rate(model, mine, device, batch, folder)
            alone = alone or rate
            table.add(name, device, str(batch), f"{rate:.2f}", f"{rate / alone:.2f}", f"{known:.0f}")
        del model
    return table


def distances(devices: list[str]) -> MarkdownTable:
    """Seconds of FID and KID of a row, bootstrap samples included, 2048 dimensions."""
    table = MarkdownTable(
        "Study metrics: seconds a row, 2048 dimensions",
        ["device", "pictures", "reference", "FID", "a bootstrap sample of FID", "KID with 500 samples"],
    )
    rng = np.random.default_rng(0)
    for device, (count, references) in itertools.product(devices, ((200, 1000), (1000, 5000))):
        x, y = (rng.normal(size=(n, 2048)).astype(np.float32) for n in (count, references))
        frechet, kernel = Frechet(y, device), Kernel(y, device)
        weights = rng.multinomial(count, np.full(count, 1 / count), size=500).astype(np.float64)
        frechet.of(x)(None)  # warm
        times = [time.perf_counter()]
        distance = frechet.of(x)
        distance(None)
        times.append(time.perf_counter())
        for drawn in weights[:10]:
            distance(drawn)
        times.append(time.perf_counter())
        kernel.of(x, weights)
        times.append(time.perf_counter())
        fid, samples, kid = np.diff(times)
        table.add(device, str(count), str(references), f"{fid:.3f}", f"{samples / 10:.3f}", f"{kid:.3f}")
    return table


def main() -> None:
    """Times everything on the CPU, and on CUDA where there is one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.study_metrics", description=__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), help="one alone")
    parser.add_argument("--pictures", type=int, default=0, help="how many; by default as many as take a minute")
    given = parser.parse_args()
    devices = [given.device] if given.device else ["cpu", *["cuda"] * torch.cuda.is_available()]
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tables = [looks(Path(temporary), devices, given.pictures), distances(devices)]
    cuda = f", {torch.cuda.get_device_name()}" if "cuda" in devices else ""
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    tables[0].notes.append(f"{torch.get_num_threads()} threads{cuda}, torch {torch.__version__}, {busy}")
    text = "\n\n".join(map(str, tables)) + "\n"
    print(text)
    (OUT / "study_metrics.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
