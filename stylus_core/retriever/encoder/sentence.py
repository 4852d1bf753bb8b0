"""Any model that sentence-transformers can run: for encoders that are not BERT, and for a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.errors import ModelError


class SentenceEncoder:
    """sentence-transformers behind the contract; imported when made, which takes seconds."""

    backend = "sentence-transformers"

    def __init__(self, folder: Path, key: str, device: str | None = None) -> None:
        self.key = key
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as e:
            raise ModelError(f"{folder.name} needs sentence-transformers; pip install sentence-transformers") from e
        try:
            # local files only, no code of the model's own, and weights are never unpickled
            self._model = SentenceTransformer(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as e:  # the library raises many kinds
            raise ModelError(f"{folder} cannot be loaded by sentence-transformers ({e})") from e
        self.dim = int(self._model.get_sentence_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        vectors = self._model.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)
