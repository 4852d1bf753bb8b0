"""Loads one adapter's file into a pipeline by diffusers' own loader, and says in a sentence why it cannot be."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.library.header import read_header
from stylus_core.library.hostile_text import Malformed
from stylus_core.library.regular_file import error_text
from stylus_core.pipeline.adapter_layers import adapter_layers, parts_of
from stylus_core.pipeline.kept_adapters import PAINTERS, AdapterFile
from stylus_core.types import Pick

log = logging.getLogger(__name__)

#: Written so, diffusers opens a file as safetensors whatever else happens; every other name may become a pickle.
_EXTENSION = ".safetensors"
#: The part of a model of two parts that each of two files is for.
_PAINTER_OF = {"high": "transformer", "low": "transformer_2"}
_NO_FIT = "its tensors do not fit the pipeline's model, so it is made for another base model"
#: What the loaders of diffusers, peft and transformers say where that is so.
_NO_FIT_SAID = ("size mismatch", "shape mismatch", "target modules", "mismatched")

_NO_DORA = "its DoRA scales are left out by diffusers, so it looks other than in the WebUI"
#: The first of the two tensors of a module, as trainers write it.
_DOWN = re.compile(r"(?:lora_down|lora_A(?:\.\w+)?|lora(?:_linear_layer)?\.down)\.weight$")


class PickError(StylusError):
    """A pick cannot be applied; the message is the end of a sentence."""


def adapter_file(pipe: Any, pick: Pick) -> AdapterFile:
    """Looks at the file of a pick and finds which parts of the pipeline it is for.

    Args:
        pipe: a pipeline of diffusers.
        pick: with the path of the file.

    Returns:
        The file as it is now.

    Raises:
        PickError: where it is none that may be loaded, or the pipeline lacks its part.
    """
    there = tuple(part for part in PAINTERS if getattr(pipe, part, None) is not None)
    wanted = _PAINTER_OF.get(pick.stage)
    if wanted is not None and wanted not in there:
        with_it = f", with {pick.belongs_to!r}" if pick.belongs_to else ""
        raise PickError(f"it belongs{with_it} to a model of two parts, and this pipeline has no {wanted!r}")
    if not pick.path.endswith(_EXTENSION):
        raise PickError(
            f"only files whose name ends with {_EXTENSION} in small letters are loaded: rename or convert it"
        )
    try:
        found = os.stat(pick.path)
    except OSError as error:
        raise PickError(f"its file {pick.path} cannot be opened: {error_text(error)}") from None
    return AdapterFile(pick.path, found.st_size, found.st_mtime_ns, there if wanted is None else (wanted,))


def load(pipe: Any, file: AdapterFile) -> list[str]:
    """Loads a file into each part of the pipeline that it is for.

    Args:
        pipe: a pipeline of diffusers, in which none has the file's adapter name.
        file: to be loaded.

    Returns:
        What of it has no effect, the end of a sentence each.

    Raises:
        PickError: where it cannot be loaded; then nothing of it is left in the pipeline.
    """
    try:
        shapes = read_header(file.path).shapes
    except Malformed as error:
        raise PickError(f"its file is damaged: {error}") from None
    except OSError as error:
        raise PickError(f"its file {file.path} cannot be opened: {error_text(error)}") from None
    name = file.adapter_name
    with _told_apart() as said:
        try:
            for painter in file.painters or ("",):
                _load_into(pipe, painter, file)
        except Exception as error:  # whatever a file makes diffusers, peft or torch raise
            log.debug("%s cannot be loaded", file.path, exc_info=True)
            _clear(pipe, name)
            raise PickError(_told(error)) from None
    if not parts_of(pipe, name):
        raise PickError(_NO_FIT)
    return [*_ineffective(pipe, file, shapes), *([_NO_DORA] if any("DoRA" in text for text in said) else [])]


def _load_into(pipe: Any, painter: str, file: AdapterFile) -> None:
    folder, weight_name = os.path.split(file.path)
    second = {"load_into_transformer_2": True} if painter == "transformer_2" else {}
    pipe.load_lora_weights(
        folder,
        weight_name=weight_name,
        adapter_name=file.adapter_name,
        use_safetensors=True,
        local_files_only=True,
        **second,
    )


def _clear(pipe: Any, name: str) -> None:
    """Takes out what a loader left behind that failed halfway."""
    try:
        pipe.delete_adapters([name])
    except Exception:
        log.debug("%s cannot be deleted", name, exc_info=True)


def _told(error: Exception) -> str:
    text = str(error)
    if any(words in text.lower() for words in _NO_FIT_SAID):
        return _NO_FIT
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return f"diffusers cannot load it ({type(error).__name__}: {line[:200]})"


def _ineffective(pipe: Any, file: AdapterFile, names: Iterable[str]) -> list[str]:
    """What the loaders left out in silence: fewer layers have the adapter than the file has modules for."""
    modules = sum(1 for name in names if _DOWN.search(name))
    others = set(file.painters[1:])  # each painter has the same once more
    held = (layer for part, layer in adapter_layers(pipe) if part not in others)
    layers = sum(1 for layer in held if file.adapter_name in getattr(layer, "scaling", {}))
    return [f"{modules - layers} of its {modules} modules fit nothing in the pipeline"] if layers < modules else []


class _Listener(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _told_apart() -> Iterator[list[str]]:
    """Takes what the loaders log and warn of while it lasts: pages of tensor names, of which we make a sentence."""
    listener = _Listener()
    loggers = [logging.getLogger(name) for name in ("diffusers", "transformers")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [listener], False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield listener.said
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
