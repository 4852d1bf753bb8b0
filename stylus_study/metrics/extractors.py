"""The models that the metrics look through: a CLIP model, and the Inception network of FID."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stylus_core.errors import ModelError
from stylus_core.home import home
from stylus_study.packages import require

if TYPE_CHECKING:
    from PIL.Image import Image

INCEPTION = "inception-2015-12-05.pt"
INCEPTION_URL = f"https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/{INCEPTION}"
#: What every extractor needs.
PACKAGES = ("torch", "PIL")

_SIDE = 299  # pixels that the Inception network sees
_SAMPLES, _SAMPLE = 64, 65536  # what is read of a large file to tell it from others


class Extractor(Protocol):
    """A model that turns pictures into vectors."""

    label: str  # for people
    key: str  # tells its vectors from those of any other model, by the content of its files

    def prepare(self, image: Image) -> NDArray[np.float32]:
        """An RGB picture as the model sees it. Called by several threads."""

    def embed(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One vector a picture, in one batch."""


class TextExtractor(Extractor, Protocol):
    """One that turns texts into vectors of the same space."""

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text, in one batch."""


class Clip:
    """A CLIP model by its name or folder.

    `device` is torch's name of one. Raises `ModelError` where it cannot be loaded. Weights are read from safetensors
    alone, since other files of weights may hold code.
    """

    def __init__(self, name: str, device: str) -> None:
        require("the metrics", *PACKAGES, "transformers")
        folder = _clip_folder(name)
        try:
            kind = json.loads((folder / "config.json").read_bytes())["model_type"]
            if kind != "clip":
                raise ModelError(
                    f"{name} is a model of type {kind}: name a CLIP model, such as openai/clip-vit-base-patch32"
                )
            self._load(folder, device)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ModelError(
                f"the CLIP model {name} cannot be loaded ({_reason(error)}): {_clip_advice(name)}"
            ) from None
        self.label = name
        self.key = f"clip {_fingerprint(sorted(folder.glob('*.json')) + sorted(folder.glob('*.safetensors')))}"
        self._device = device

    def prepare(self, image: Image) -> NDArray[np.float32]:
        """Makes of a picture what the model takes: (3, side, side), scaled as its processor does."""
        # Said, since a picture of three rows could be three channels.
        values = self._processor(images=np.asarray(image), return_tensors="np", input_data_format="channels_last")
        return np.asarray(values["pixel_values"][0], np.float32)

    def embed(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Vectors of unit length."""
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(np.stack(prepared)).to(self._device)
            return _unit(self._model.visual_projection(self._model.vision_model(pixel_values=pixels).pooler_output))

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length. A text is cut to what the model takes, 77 tokens in OpenAI's, the last its end."""
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(
                list(texts), padding=True, truncation=True, max_length=self._most, return_tensors="pt"
            )
            out = self._model.text_model(
                input_ids=tokens["input_ids"].to(self._device), attention_mask=tokens["attention_mask"].to(self._device)
            )
            return _unit(self._model.text_projection(out.pooler_output))

    def _load(self, folder: Path, device: str) -> None:
        import transformers
        from transformers.utils import logging

        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()  # it would come between the lines of the command
        try:
            model, report = transformers.CLIPModel.from_pretrained(
                folder, use_safetensors=True, local_files_only=True, output_loading_info=True
            )
        finally:
            if bars:
                logging.enable_progress_bar()
        # Weights that a file lacks are drawn at random, and the scores would mean nothing.
        if missing := sorted(report["missing_keys"]):
            raise ModelError(f"the CLIP model in {folder} lacks weights ({missing[0]}, ...): fetch it again")
        self._model = model.eval().to(device)
        self._most = int(model.config.text_config.max_position_embeddings)
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        # The same pixels whether torchvision is there or not.
        kind = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
        self._processor = kind.from_pretrained(folder, local_files_only=True)


class Inception:
    """The Inception network of FID, as clean-fid uses it: the original weights, as a TorchScript file.

    `path` None is where `inception_path` finds it. Raises `ModelError` where it cannot be loaded.
    """

    def __init__(self, path: Path | None, device: str) -> None:
        require("the metrics", *PACKAGES)
        import torch

        path = path or inception_path()
        try:
            self.key = f"inception {_fingerprint([path])}"
            # TorchScript is no pickle of Python objects: loading it runs no Python. That torch wants to be rid of it is
            # nothing that a user can act on.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                network = torch.jit.load(str(path), map_location=device).eval()
            self._layers = network.layers
        except (OSError, ValueError, RuntimeError, AttributeError) as error:
            raise ModelError(
                f"the Inception network of FID, KID and diversity cannot be loaded from {path} ({_reason(error)}):"
                f" fetch {INCEPTION_URL} to {inception_path()}, or give its path"
            ) from None
        self.label = path.name
        self._device = device

    def prepare(self, image: Image) -> NDArray[np.float32]:
        """(3, 299, 299), 0 to 255, resized as clean-fid does: each channel in floats, bicubic with antialiasing."""
        return resized(image, _SIDE).transpose(2, 0, 1)

    def embed(self, prepared: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The pooled features, 2048 in the original."""
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(np.stack(prepared)).to(self._device)
            out = self._layers((pixels - 128) / 128)
            return np.asarray(out.reshape(len(prepared), -1).float().cpu().numpy())


def inception_path() -> Path:
    """Where the Inception network is looked for."""
    return home() / "models" / INCEPTION


def resized(image: Image, side: int) -> NDArray[np.float32]:
    """A square of floats, (side, side, 3), as clean-fid makes it (Parmar et al. 2022): never rounded to bytes."""
    from PIL import Image as PILImage

    channels = [
        np.asarray(
            PILImage.fromarray(np.asarray(channel, np.float32)).resize((side, side), PILImage.Resampling.BICUBIC)
        )
        for channel in (image.getchannel(c) for c in range(3))
    ]
    return np.stack(channels, axis=-1).clip(0, 255)


def choose_device(name: str) -> str:
    """A device of torch; "auto" is CUDA where there is one. Raises `ModelError` for one that is not there."""
    require("the metrics", "torch")
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"the device {name} cannot be used ({_reason(error)}): give auto, cuda or cpu") from None
    return name


def _clip_folder(name: str) -> Path:
    if (Path(name).expanduser() / "config.json").is_file():
        return Path(name).expanduser()
    if Path(name).expanduser().exists():
        raise ModelError(f"{name} holds no config.json of a CLIP model: {_clip_advice(name)}")
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=["*.json", "*.txt", "model*.safetensors"]))
    except Exception as error:  # whatever its HTTP client and cache raise; all mean that the model is not to be had
        raise ModelError(f"the CLIP model {name} cannot be fetched ({_reason(error)}): {_clip_advice(name)}") from None


def _clip_advice(name: str) -> str:
    known = name if name.count("/") == 1 and not Path(name).is_absolute() else "openai/clip-vit-large-patch14"
    return f"run hf download {known} --local-dir FOLDER where there is a network, and give the FOLDER"


def _reason(error: BaseException) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return first.rstrip(".:")[:160] or type(error).__name__


def _unit(vectors: Any) -> NDArray[np.float32]:
    return np.asarray((vectors / vectors.norm(dim=-1, keepdim=True)).float().cpu().numpy())


def _fingerprint(files: Sequence[Path]) -> str:
    """Of a model's files by their content; of large ones by size and samples spread over them."""
    digest = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        digest.update(f"{path.name if len(files) > 1 else ''} {size} ".encode("utf-8", "surrogateescape"))
        with path.open("rb") as file:
            for n in range(_SAMPLES):
                file.seek(max(0, size - _SAMPLE) * n // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:24]
