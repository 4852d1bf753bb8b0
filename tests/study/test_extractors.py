"""The models that look at pictures, against clean-fid, torchmetrics and a CLIP score made from the model's parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylus_study.metrics.extractors import Clip, Inception, resized
from stylus_study.metrics.feature_cache import FeatureCache
from stylus_study.metrics.picture_features import PictureEmbedder
from tests.study import by_hand, tiny_models


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("models")
    return {
        "clip": str(tiny_models.clip(root / "clip")),
        "inception": str(tiny_models.inception(root / "inception.pt")),
    }


def test_resizing_is_clean_fids():
    theirs = pytest.importorskip("cleanfid.resize").build_resizer("clean")
    rng = np.random.default_rng(0)
    for shape in ((64, 48, 3), (500, 400, 3)):
        pixels = rng.integers(0, 256, shape, np.uint8)
        assert np.array_equal(resized(Image.fromarray(pixels), 299), theirs(pixels))


def test_inception_gets_what_clean_fid_gives_it(models):
    pixels = np.random.default_rng(1).integers(0, 256, (3, 40, 60, 3), np.uint8)
    images = [Image.fromarray(p) for p in pixels]
    model = Inception(Path(models["inception"]), "cpu")
    found = model.embed([model.prepare(i) for i in images])
    network = torch.jit.load(models["inception"])
    batch = np.stack([resized(i, 299) for i in images]).transpose(0, 3, 1, 2)
    with torch.no_grad():
        expected = network.layers((torch.from_numpy(batch) - 128) / 128).flatten(1).numpy()
    assert found.shape == (3, 48)
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("text", ["a fox", "far more words than a model with so few tokens can read"])
def test_clip_score_by_hand(models, text):
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8))
    model = Clip(models["clip"], "cpu")
    picture, words = model.embed([model.prepare(image)])[0], model.embed_texts([text, "another, longer text"])[0]
    assert 100 * float(picture @ words) == pytest.approx(by_hand.clip_score(models["clip"], image, text), abs=1e-3)


def test_clip_score_is_torchmetrics(models):
    scores = pytest.importorskip("torchmetrics.functional.multimodal")
    from transformers import AutoTokenizer, CLIPModel

    pixels = np.random.default_rng(3).integers(0, 256, (3, 3, 40, 40), np.uint8)
    texts = ["a fox", "a tin robot", "the sea"]
    model = Clip(models["clip"], "cpu")
    pictures = model.embed([model.prepare(Image.fromarray(p.transpose(1, 2, 0))) for p in pixels])
    ours = 100 * (pictures * model.embed_texts(texts)).sum(axis=1).mean()

    class VectorClip(CLIPModel):
        """torchmetrics expects vectors, as transformers gave them before its fifth version."""

        def get_image_features(self, *args):
            out = super().get_image_features(*args)
            return getattr(out, "pooler_output", out)

        def get_text_features(self, *args):
            out = super().get_text_features(*args)
            return getattr(out, "pooler_output", out)

    tokenizer = AutoTokenizer.from_pretrained(models["clip"])

    def processor(text=None, images=None, **_):
        if text is not None:
            return tokenizer(text, return_tensors="pt", padding=True)
        prepared = [model.prepare(Image.fromarray(np.asarray(i).transpose(1, 2, 0))) for i in images]
        return {"pixel_values": torch.from_numpy(np.stack(prepared))}

    theirs = scores.clip_score(
        torch.from_numpy(pixels),
        texts,
        model_name_or_path=lambda: (VectorClip.from_pretrained(models["clip"]), processor),
    )
    assert max(ours, 0) == pytest.approx(theirs.item(), abs=1e-3)


class Small:
    """A model on a GPU with memory for two pictures."""

    label = key = "small"

    def __init__(self, memory: int = 2) -> None:
        self.memory, self.batches = memory, []

    def prepare(self, image):
        return np.asarray(image.resize((2, 2)), np.float32)

    def embed(self, prepared):
        self.batches.append(len(prepared))
        if len(prepared) > self.memory:
            raise torch.cuda.OutOfMemoryError
        return np.stack(prepared).reshape(len(prepared), -1)


def test_a_batch_that_does_not_fit_is_halved(tmp_path):
    paths = [tmp_path / f"{n}.png" for n in range(11)]
    for n, path in enumerate(paths):
        Image.new("RGB", (8, 8), (n, 0, 0)).save(path)
    cache = FeatureCache(tmp_path / "c.sqlite")
    model = Small()
    found = PictureEmbedder(cache, "cpu", 8).pictures(model, paths, "")
    assert [int(found.vectors[p][0]) for p in paths] == list(range(11))
    assert model.batches[:3] == [8, 4, 2] and max(model.batches[2:]) == 2
    assert found.computed == 11
    with pytest.raises(torch.cuda.OutOfMemoryError):
        PictureEmbedder(FeatureCache(tmp_path / "d.sqlite"), "cpu", 8).pictures(Small(0), paths, "")


@pytest.mark.parametrize("size", [(3, 90), (90, 3), (1, 1), (1, 40)])
def test_pictures_of_odd_shapes(models, size):
    image = Image.new("RGB", size, (200, 10, 10))
    for model in (Clip(models["clip"], "cpu"), Inception(Path(models["inception"]), "cpu")):
        first, square = model.embed([model.prepare(image), model.prepare(Image.new("RGB", (40, 40), (200, 10, 10)))])
        assert first == pytest.approx(square, abs=1e-3)


def test_vectors_are_kept_by_model_and_content(tmp_path):
    cache = FeatureCache(tmp_path / "c.sqlite")
    vectors = {str(n): np.full(3, n, np.float32) for n in range(1200)}
    cache.put("a", vectors)
    assert cache.known("a", [*vectors, "x"]) == set(vectors)
    assert cache.known("b", vectors) == set()
    cache.close()
    again = FeatureCache(tmp_path / "c.sqlite")
    assert again.get("a", ["7", "x"])["7"].tolist() == [7, 7, 7]
    again.close()
