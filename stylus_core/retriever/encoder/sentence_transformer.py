"""Any model that sentence-transformers can run: for encoders that are not BERT."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.errors import ModelError

#: Suffixes of weights that are pickles: code that runs when they are read.
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


class SentenceTransformerEncoder:
    """sentence-transformers behind the contract; imported when made, which takes seconds."""

    backend = "sentence-transformers"

    def __init__(self, folder: Path, key: str) -> None:
        self.key = key
        if problem := _unsafe(folder):
            raise ModelError(problem)
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as e:
            raise ModelError(f"{folder.name} needs sentence-transformers; pip install sentence-transformers") from e
        try:
            # local files only, no code of the model's own, and weights are never unpickled
            self._model = SentenceTransformer(
                str(folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as e:  # the library raises many kinds
            raise ModelError(f"{folder} cannot be loaded by sentence-transformers ({e})") from e
        self.dim = int(self._model.get_sentence_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeds texts; see `Encoder.encode`."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        vectors = self._model.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def _unsafe(folder: Path) -> str:
    """Why a folder is not handed to the library, which reads a module's pickle where it has no safetensors, or ""."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _PICKLES and not any(path.parent.glob("*.safetensors")):
            return f"{path} is a pickle, which runs code when it is read; get the model as safetensors"
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(module["type"]) for module in modules]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        return f"{folder / 'modules.json'} cannot be read ({error}); fetch the whole model folder again"
    for kind in kinds:
        if not kind.startswith("sentence_transformers."):
            return f"{folder / 'modules.json'} names {kind!r}, which is no part of sentence-transformers"
    return ""
