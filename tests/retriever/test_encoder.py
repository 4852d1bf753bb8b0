"""The encoder without torch gives the vectors of sentence-transformers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import find_model, open_encoder

TEXTS = [
    "a corgi in a knitted sweater",
    "masterpiece, best quality, 1girl, silver hair, (lantern:1.2)",
    "x",
    "",
    "初音ミク 水彩",
    "word " * 600,
    "a photograph of two tall ships, moored side by side in a harbor at dawn, mist over the water",
]


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        return find_model()
    except ModelError as e:
        pytest.skip(str(e))


def test_vectors_are_those_of_sentence_transformers(folder: Path):
    library = pytest.importorskip("sentence_transformers")
    reference = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    ours = open_encoder(str(folder)).encode(TEXTS)
    keep = [i for i, t in enumerate(TEXTS) if t]  # of an empty text only the length is asked
    assert np.abs(ours[keep] - reference[keep]).max() < 1e-4
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


def test_vectors_are_those_that_were_written_down(folder: Path):
    """The same file is held against the hosts' environments, where sentence-transformers cannot be installed."""
    wanted = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
    assert np.abs(open_encoder(str(folder)).encode(list(wanted)) - np.array(list(wanted.values()))).max() < 1e-4


def test_a_text_has_one_vector_whatever_stands_beside_it(folder: Path):
    encoder = open_encoder(str(folder))
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([t]) for t in TEXTS])
    assert np.abs(together - alone).max() < 1e-5
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_what_is_no_encoder_is_named_with_the_way_out(tmp_path: Path):
    with pytest.raises(ModelError, match=r"no-such-model.*pip install"):
        open_encoder(str(tmp_path / "no-such-model"))
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=str(tmp_path)):
        open_encoder(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "hidden_size": 8}), encoding="utf-8")
    with pytest.raises(ModelError, match=str(tmp_path)):
        open_encoder(str(tmp_path))
