"""Everything that is read from ComfyUI: its LoRA roots, its loader, and what the loaded model is.

Its modules are imported inside the functions, so that the rest of the package can be looked at without a ComfyUI.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

logger = logging.getLogger("stylus")

_FOLDER = "loras"

#: Classes whose names or whose bases' names tell something else than what they are.
_CLASSES = {"SDXLRefiner": "other", "Stable_Zero123": "sd1"}
_known_bases: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def _module(name: str) -> Any:
    return importlib.import_module(name)


def prompt_server() -> Any:
    """ComfyUI's `PromptServer`; None where there is none, as in a script that only loads nodes."""
    try:
        return _module("server").PromptServer.instance
    except Exception:
        return None


# -- LoRAs -------------------------------------------------------------------------------------------------------------


def lora_roots() -> list[Path]:
    """The LoRA folders that are there, in the order in which ComfyUI looks into them."""
    given = _module("folder_paths").get_folder_paths(_FOLDER)
    return [Path(path) for path in dict.fromkeys(map(os.path.abspath, given)) if os.path.isdir(path)]


def for_page(text: str) -> str:
    """Makes a sentence fit for the page and for clients, of which ComfyUI does not ask who they are.

    Args:
        text: of a note, a reason or a state.

    Returns:
        It without paths of this machine beyond what lies below a LoRA root.
    """
    from stylus_host.client_text import as_folders, for_client

    if "/" not in text and "\\" not in text:  # the folders need not be looked for
        return text
    return for_client(text, as_folders(lora_roots()))


def lora_path(name: str) -> str:
    """Finds the file that ComfyUI opens for a name.

    Args:
        name: below a LoRA root, with its extension.

    Returns:
        Its path; "" where there is none.
    """
    return str(_module("folder_paths").get_full_path(_FOLDER, name) or "")


class LoraNames:
    """The names of LoRAs as people write them. ComfyUI is asked for its list once, however many names there are."""

    def __init__(self) -> None:
        self._listed: list[dict[str, str]] | None = None

    def called(self, name: str) -> str:
        """Finds what ComfyUI lists a LoRA under that somebody named as people do.

        Args:
            name: with or without folder and extension, with the separators of any system.

        Returns:
            The name below a LoRA root; of several with this stem the first, as other packs do it; "" where there is
            none.
        """
        if lora_path(name):
            return os.path.relpath(os.path.join("/", name), "/")  # as ComfyUI reads it
        if self._listed is None:
            self._listed = _spelled(_module("folder_paths").get_filename_list(_FOLDER))
        plain = name.replace("\\", "/")
        return next((names[plain] for names in self._listed if plain in names), "")


def _spelled(listed: Sequence[str]) -> list[dict[str, str]]:
    """The names by how people write them: whole, without the extension, the stem alone; the first of several stands."""
    out: list[dict[str, str]] = [{}, {}, {}]
    for name in listed:
        whole = name.replace(os.sep, "/")
        for names, spelled in zip(out, (whole, os.path.splitext(whole)[0], _stem(whole)), strict=True):
            names.setdefault(spelled, name)
    return out


def _stem(name: str) -> str:
    return os.path.splitext(name.rpartition("/")[2])[0]


def problem(name: str, path: str) -> str:
    """Says why a name must not be handed to ComfyUI for a file.

    Args:
        name: below a LoRA root.
        path: of the file that is meant; "" where any of this name is.

    Returns:
        The end of a sentence; "" if ComfyUI opens that file.
    """
    found = lora_path(name)
    if not found:
        return "ComfyUI does not find it below its LoRA folders"
    try:
        same = not path or os.path.samefile(found, path)
    except OSError:
        same = False
    return "" if same else "ComfyUI would open another file of this name"


class LoraApplier:
    """ComfyUI's own loader, one for each LoRA of a stack, so that a file which stays is not read again."""

    def __init__(self) -> None:
        self._loaders: dict[str, Any] = {}

    def apply(self, model: Any, clip: Any, entries: Sequence[tuple[str, float, float]]) -> tuple[Any, Any, list[str]]:
        """Applies LoRAs one after the other.

        Args:
            model: a MODEL; None: none.
            clip: a CLIP; None: none.
            entries: name below a LoRA root, strength for the model, strength for CLIP.

        Returns:
            MODEL, CLIP, and a sentence for each LoRA that could not be applied.
        """
        make = _module("nodes").LoraLoader
        kept = {name: self._loaders.get(name) or make() for name, _, _ in entries}
        self._loaders = kept
        notes = []
        for name, strength, clip_strength in entries:
            try:
                model, clip = kept[name].load_lora(model, clip, name, strength, clip_strength)
            except Exception as error:  # of the file or of ComfyUI's loader: the others still come
                if type(error).__name__ == "InterruptProcessingException":  # the user pressed Cancel
                    raise
                logger.warning("%s could not be applied", name, exc_info=True)
                notes.append(f"{name!r} could not be applied ({type(error).__name__}: {error}).")
        return model, clip, notes


# -- the model ---------------------------------------------------------------------------------------------------------


def architecture(model: Any) -> str:
    """Base of a MODEL, with its size where that tells, as the option takes it.

    Args:
        model: of another node; None where none is linked.

    Returns:
        "any" where there is none or nothing tells, "other" for a base that no entry knows.
    """
    try:
        inner = getattr(model, "model", None)
        config = getattr(inner, "model_config", None)
    except Exception:  # an object of another pack's making
        logger.debug("a model cannot be looked into", exc_info=True)
        return "any"
    if config is None:
        return "any"
    try:
        return _known_bases[inner]
    except (KeyError, TypeError):  # not seen yet, or nothing that can be kept
        found = _architecture(inner, type(config))
    with contextlib.suppress(TypeError):
        _known_bases[inner] = found
    return found


def _architecture(inner: Any, config: type) -> str:
    from stylus_core.base_models import BY_NAME, OTHER
    from stylus_core.base_models.recognise import checkpoint_base, class_base

    names = [c.__name__ for c in config.__mro__ if c.__module__ != "builtins"]
    if not names:
        return "any"
    base = _CLASSES.get(names[0]) or class_base(*(n for n in names if n not in _CLASSES)) or OTHER
    if base not in BY_NAME or not BY_NAME[base].sizes:
        return base
    try:
        tensors = inner.diffusion_model.state_dict()
        exact = checkpoint_base({f"model.diffusion_model.{name}": tuple(t.shape) for name, t in tensors.items()})
    except Exception:  # a network of another pack's making: its base is known all the same
        logger.debug("the size of a model is not known", exc_info=True)
        return base
    return exact if exact.startswith(f"{base}-") else base


def family(prompt: Any, node_id: Any) -> str:
    """Family of the checkpoint that leads to a node's model ("pony", "illustrious"), by the names of files.

    ComfyUI knows them from SDXL by nothing else.

    Args:
        prompt: the graph that runs, as ComfyUI hands it to a node that asks for PROMPT.
        node_id: of the node.

    Returns:
        "any" where the names do not tell.
    """
    from stylus_core.base_models.families import family_of

    return family_of(*_model_files(prompt, str(node_id))) or "any"


_MODEL_INPUTS = ("model", "base_model", "model1")
_FILE_INPUTS = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name")
_FARTHEST = 64  # nodes


def _model_files(prompt: Any, node_id: str) -> Iterator[str]:
    """Names of the files from which a node's model comes, along its links."""
    for _ in range(_FARTHEST):
        node = prompt.get(node_id) if isinstance(prompt, Mapping) else None
        given = node.get("inputs") if isinstance(node, Mapping) else None
        if not isinstance(given, Mapping):
            return
        names = (given[n] for n in _FILE_INPUTS if isinstance(given.get(n), str))
        yield from (os.path.basename(name.replace("\\", "/")) for name in names)
        link = next((given[n] for n in _MODEL_INPUTS if isinstance(given.get(n), list) and given[n]), None)
        if link is None:
            return
        node_id = str(link[0])
