"""Everything that is read from the host's `modules`: each function answers for A1111, Forge (Neo), reForge and SD.Next.

The modules are imported inside the functions: which of them exist differs from host to host, and importing one at load
time could start work that the host wants to do later.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

logger = logging.getLogger("stylus")


def module(name: str) -> Any:
    """Finds a module of the host.

    Args:
        name: such as "modules.shared".

    Returns:
        The module; None where this host has none of that name.
    """
    try:
        return importlib.import_module(name)
    except Exception:  # a module of another project: whatever it raises, it is not there for us
        return None


def shared() -> Any:
    """`modules.shared`, which every host has."""
    return importlib.import_module("modules.shared")


def option(name: str, default: Any = None) -> Any:
    """Reads a setting of the host.

    Args:
        name: its key.
        default: for a host that does not know it.

    Returns:
        Its value.
    """
    try:
        value = getattr(shared().opts, name)
    except Exception:
        return default
    return default if value is None else value


def flag(name: str, default: Any = None) -> Any:
    """Reads a command line flag of the host.

    Args:
        name: with underscores.
        default: for a host that does not know it.

    Returns:
        Its value.
    """
    return getattr(getattr(shared(), "cmd_opts", None), name, default)


#: Settings of the folders in which pictures are saved; what was only made larger is there a second time and left out.
_OUTPUTS = ("samples", "txt2img_samples", "img2img_samples", "control_samples", "save")


# -- adapters ----------------------------------------------------------------------------------------------------------


def lora_folders() -> list[Path]:
    """The folders in which the host looks for LoRA files, those that exist."""
    given = [flag("lora_dir"), flag("lyco_dir"), flag("lyco_dir_backcompat")]
    folders = [Path(str(path)) for path in given if path]
    return list(dict.fromkeys(p.resolve() for p in folders if p.is_dir()))


def output_folders() -> list[str]:
    """The folders into which the host saves what it makes, those that exist, without those that lie in another of them.

    SD.Next means its folders to lie in the first of them.
    """
    first, *others = (str(option(f"outdir_{name}", "") or "") for name in _OUTPUTS)
    named = [first, *others, *(os.path.join(first, path) for path in others if first and path)]
    found = dict.fromkeys(os.path.realpath(path) for path in named if path and os.path.isdir(path))
    return [p for p in found if not any(p != q and p.startswith(os.path.join(q, "")) for q in found)]


def networks() -> Any:
    """The host's module that knows the adapters, or None where the host has no LoRA support loaded."""
    # `networks` is a top-level module of the built-in extension: importing the name could find something else.
    for found in (sys.modules.get("networks"), module("modules.lora.lora_load"), module("modules.lora.networks")):
        if isinstance(getattr(found, "available_networks", None), Mapping):
            return found
    return None


class HostNames:
    """What a tag's name means to the host right now: made once a job."""

    def __init__(self) -> None:
        self._networks = networks()
        self._listed_anew = False

    @property
    def known(self) -> bool:
        """Whether the host has a list of adapters at all; without one nothing is checked against it."""
        return self._networks is not None

    def path(self, name: str) -> str:
        """Finds the file that `<lora:name:1>` loads.

        Args:
            name: in the tag.

        Returns:
            Its path; "" if the host knows none.
        """
        found = self._lookup(name)
        if found is None and self.known and not self._listed_anew:
            self._list_anew()
            found = self._lookup(name)
        return str(getattr(found, "filename", "") or "")

    def problem(self, name: str, path: str) -> str:
        """Says why `<lora:name:1>` must not be written for a file.

        Args:
            name: in the tag.
            path: of the file that is meant.

        Returns:
            The end of a sentence; "" if the tag loads that file.
        """
        from stylus_core.prompt.tags import UNWRITABLE

        if not self.known:
            return "this WebUI has no LoRA support loaded; enable its built-in Lora extension"
        if not name or not UNWRITABLE.isdisjoint(name):
            return f"the name {name!r} cannot be written as a tag; rename the file"
        if path and not os.path.isfile(path):
            return f"the file of {name!r} is gone"
        loaded = self.path(name)
        if not loaded and not path:
            return f"neither Stylus nor the WebUI knows an adapter of the name {name!r}"
        if not loaded:
            return f"the WebUI does not list {name!r}; its folder is not among the WebUI's LoRA folders"
        if path and not _same_file(loaded, path):
            return f"the WebUI would load {loaded} for {name!r}; rename one of the two files"
        return "" if os.path.isfile(loaded) else f"the file of {name!r} is gone"

    def _lookup(self, name: str) -> Any:
        if not self.known:
            return None
        by_stem = self._networks.available_networks
        forbidden = getattr(self._networks, "forbidden_network_aliases", None) or {}
        by_alias = getattr(self._networks, "available_network_aliases", None)
        if name.lower() in forbidden or not by_alias:
            return by_stem.get(name)
        return by_alias.get(name)

    def _list_anew(self) -> None:
        # The host itself lists its folder anew when it meets a name that it does not know.
        self._listed_anew = True
        try:
            self._networks.list_available_networks()
        except Exception as error:
            logger.warning("the WebUI could not list its LoRA folder: %s", error)


def _same_file(a: str, b: str) -> bool:
    try:
        return os.path.samefile(a, b)
    except OSError:
        return os.path.realpath(a) == os.path.realpath(b)


# -- the checkpoint ----------------------------------------------------------------------------------------------------


def architecture() -> str:
    """Base model of the checkpoint of the next picture, with its size where that tells ("flux2-klein-9b").

    `other` for a checkpoint that no entry knows, "any" where none is loaded or chosen yet, or its file cannot be read.
    Never starts a load.
    """
    data = _model_data()
    model = getattr(data, "sd_model", None)
    chosen = _chosen(data)
    if chosen:
        found = _of_file(chosen)
        if found or getattr(model, "filename", "") != chosen:
            return found or "any"
    return _of_model(model) or "any"


def family() -> str:
    """Family of the same checkpoint ("pony", "illustrious", ...), or "any" where its names and metadata do not tell."""
    from stylus_core.base_models.families import family_of

    data = _model_data()
    info = _chosen_info(data) or getattr(getattr(data, "sd_model", None), "sd_checkpoint_info", None)
    names = [os.path.basename(str(getattr(info, "filename", "") or "")), str(getattr(info, "title", "") or "")]
    metadata = getattr(info, "metadata", None)
    if isinstance(metadata, Mapping):
        names += [str(metadata.get(key) or "") for key in ("modelspec.title", "ss_output_name", "ss_sd_model_name")]
    return family_of(*names) or "any"


#: What stands where a model will be: Forge's, before the first picture.
_NO_MODEL = ("FakeInitialModel", "NoneType", "object")


def _of_model(model: Any) -> str:
    """The base of a loaded checkpoint, `other` for one that no entry knows; "" where none is loaded."""
    from stylus_core.base_models import BY_NAME, OTHER
    from stylus_core.base_models.recognise import class_base

    if model is None or type(model).__name__ in _NO_MODEL:
        return ""
    for name in ("sdxl", "sd3", "sd2", "sd1"):
        if getattr(model, f"is_{name}", False) is True:
            return name
    # SD.Next calls SD2 by the class of SD1; what its UNet reads tells them apart.
    if getattr(getattr(getattr(model, "unet", None), "config", None), "cross_attention_dim", None) == 1024:
        return "sd2"
    base = class_base(type(model).__name__, str(getattr(shared(), "sd_model_type", "") or "")) or OTHER
    if not (base in BY_NAME and BY_NAME[base].sizes):
        return base
    info = getattr(model, "sd_checkpoint_info", None)
    file = _of_file(str(getattr(model, "filename", "") or getattr(info, "filename", "") or ""))
    return file if file.startswith(f"{base}-") else base


def loaded_model() -> Any:
    """The model that is loaded, or None. Never starts a load."""
    return getattr(_model_data(), "sd_model", None)


def _model_data() -> Any:
    # `shared.sd_model` loads a checkpoint if none is there; `model_data` only tells.
    found = (getattr(module(name), "model_data", None) for name in ("modules.sd_models", "modules.modeldata"))
    return next((data for data in found if data is not None), None)


def _chosen(data: Any) -> str:
    """The file that Forge loads with the next picture; "" where it is loaded already, and on other hosts."""
    return str(getattr(_chosen_info(data), "filename", "") or "")


def _chosen_info(data: Any) -> Any:
    """What Forge knows of that file, or None.

    Forge only notes what is chosen on the page: until the first picture it has no model, later that of the last one.
    """
    given = getattr(data, "forge_loading_parameters", None)
    if not isinstance(given, dict) or getattr(data, "forge_hash", "") == str(given):
        return None
    return given.get("checkpoint_info")


def _of_file(path: str) -> str:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return ""
    return _of_header(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _of_header(path: str, _size: int, _changed: int) -> str:
    """The base of a checkpoint's file, `other` for one that no entry knows; "" for a file that cannot be read."""
    from stylus_core.base_models import OTHER
    from stylus_core.base_models.recognise import checkpoint_base
    from stylus_core.library.gguf import read_gguf_shapes
    from stylus_core.library.header import read_header
    from stylus_core.library.hostile_text import Malformed

    try:
        shapes = read_gguf_shapes(path) if path.lower().endswith(".gguf") else read_header(path).shapes
        return checkpoint_base(shapes) or OTHER
    except (Malformed, OSError) as error:  # another kind of file: it is known once it is loaded
        logger.debug("the architecture of %s is not known before it is loaded: %s", path, error)
        return ""


def api_credentials() -> dict[str, str]:
    """User names and passwords of the host's API; empty if it asks for none."""
    given = str(flag("api_auth") or "")
    pairs = (entry.split(":", 1) for entry in given.split(",") if ":" in entry)
    return {user: password for user, password in pairs}


def cors() -> tuple[list[str], str]:
    """Origins whose pages the host lets use its API, and a pattern of such; SD.Next names the flags differently."""
    named = str(flag("cors_allow_origins") or flag("cors_origins") or "")
    pattern = str(flag("cors_allow_origins_regex") or flag("cors_regex") or "")
    return [origin.strip() for origin in named.split(",") if origin.strip()], pattern
