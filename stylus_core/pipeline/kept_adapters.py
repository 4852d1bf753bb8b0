"""Which adapters of ours a pipeline holds for the next prompt, the least recently used first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

from stylus_core.pipeline.adapter_layers import OURS, first_tensor, is_ours, parts_of

#: The parts that paint. What is loaded belongs to them: pipelines that share them share it.
PAINTERS = ("unet", "transformer", "transformer_2")

_SLUG = re.compile(r"[^a-z0-9]+")


class AdapterFile(NamedTuple):
    """A file as it is on the disk now, and the parts of the pipeline that it is for."""

    path: str
    size: int
    mtime_ns: int
    painters: tuple[str, ...]

    @property
    def adapter_name(self) -> str:
        """Its name in a pipeline.

        It becomes that of a module of torch and a part of its tensors' names, in which peft and transformers look for
        it: it has no dots, is no method of a module, and none is contained in another one.
        """
        slug = _SLUG.sub("_", re.split(r"[\\/]", self.path)[-1].lower().removesuffix(".safetensors"))
        digest = hashlib.blake2b("\n".join((self.path, *self.painters)).encode("utf-8", "surrogatepass"), digest_size=6)
        return f"{OURS}{digest.hexdigest()}_{slug[:40].strip('_')}".rstrip("_")


@dataclass
class KeptAdapters:
    """What one pipeline holds of ours."""

    files: dict[str, AdapterFile] = field(default_factory=dict)  # by adapter name, in the order of their last use
    doubles: dict[AdapterFile, tuple[str, ref[Any]]] = field(default_factory=dict)  # loaded by the user himself

    def double(self, pipe: Any, file: AdapterFile) -> str:
        """Says which adapter of the user's is the same file.

        Args:
            pipe: the pipeline.
            file: of a pick.

        Returns:
            Its name in the pipeline as it was found before; "" where none was found, or where the name is another one's
            now.
        """
        known = self.doubles.get(file)
        return known[0] if known is not None and known[1]() is first_tensor(pipe, known[0]) else ""

    def has(self, pipe: Any, file: AdapterFile) -> bool:
        """Whether a file is in the pipeline as it is on the disk now.

        Args:
            pipe: the pipeline.
            file: as it is now.

        Returns:
            False too where somebody else took it out of the pipeline.
        """
        name = file.adapter_name
        return self.files.get(name) == file and bool(parts_of(pipe, name))

    def used(self, file: AdapterFile) -> None:
        """Notes that a file was used last.

        Args:
            file: which is in the pipeline.
        """
        self.files.pop(file.adapter_name, None)
        self.files[file.adapter_name] = file

    def evict(self, pipe: Any, needed: Collection[AdapterFile], limit: int) -> None:
        """Deletes what is out of date and what is too much. None of it may be active.

        Args:
            pipe: the pipeline.
            needed: files that are or will be in use, which count and stay.
            limit: how many may be in the pipeline.
        """
        stay = {file.adapter_name for file in needed if self.has(pipe, file)}
        idle = [name for name in self.files if name not in stay and parts_of(pipe, name)]
        due = {file.adapter_name for file in needed}
        room = max(limit - len({*stay, *due}), 0)
        kept = {*stay, *[name for name in reversed(idle) if name not in due][:room]}
        listed = {name for names in pipe.get_list_adapters().values() for name in names if is_ours(name)}
        if gone := sorted(listed - kept):
            pipe.delete_adapters(gone)
        self.files = {name: file for name, file in self.files.items() if name in kept}


_KEPT: WeakKeyDictionary[Any, KeptAdapters] = WeakKeyDictionary()


def kept_adapters(pipe: Any) -> KeptAdapters:
    """Finds what a pipeline holds.

    Args:
        pipe: a pipeline of diffusers.

    Returns:
        The one record for all pipelines that paint with the same model; it lives as long as that.
    """
    painters = (getattr(pipe, part, None) for part in PAINTERS)
    return _KEPT.setdefault(next((model for model in painters if model is not None), pipe), KeptAdapters())
