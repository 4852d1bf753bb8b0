"""What is declared of a base model: how people call it, and what proves it in a file's tensors.

An entry in `unet.py`, `image.py` or `video.py` is all that a base needs: `docs/adding.md` shows one.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from stylus_core.base_models.tensors import TensorEvidence


@dataclass(frozen=True, slots=True)
class Size:
    """A size of a base model whose adapters fit no other size of it."""

    name: str  # added to the base's: "flux2" and "klein-9b" make "flux2-klein-9b"
    stated: str  # pattern of what is said, in the words of `plain`
    proofs: tuple[TensorEvidence, ...] = ()  # in an adapter's or a checkpoint's tensors

    def is_said(self, words: str) -> bool:
        """Whether a statement that names the base, in the words of `plain`, names this size."""
        return bool(re.search(self.stated, words))


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base model: adapters that are made for another one do nothing in it, or break the picture.

    `proofs` decide alone. Where the tensors prove one of `like`, or nothing, a statement is believed if they are
    `possible`: Chroma has the names of Flux's blocks, Kolors has the UNet of SDXL.
    """

    name: str
    label: str  # for people
    stated: str  # pattern of what Civitai, the trainers and the hosts' editors write, in the words of `plain`
    proofs: tuple[TensorEvidence, ...] = ()  # in an adapter's tensors
    possible: tuple[TensorEvidence, ...] = ()
    like: tuple[str, ...] = ()
    checkpoint: tuple[TensorEvidence, ...] = ()  # in a whole model's tensors
    hosts: str = ""  # pattern of the classes of a loaded model and of SD.Next's types, in lower case
    sizes: tuple[Size, ...] = ()
    rank: int = 0  # the lower is tried first: what is general has to wait for what is special
    copied: bool = False  # bases of which no entry knows have its names as well: a statement of such a base is believed

    def is_said(self, words: str) -> bool:
        """Whether a statement, in the words of `plain`, means this base."""
        return bool(re.search(self.stated, words))

    def is_hosted(self, name: str) -> bool:
        """Whether a host's name for a loaded checkpoint, in lower case, means this base."""
        return bool(self.hosts and re.search(self.hosts, name))


def generation_above(listed: int) -> str:
    """Makes a pattern of the number that stands behind a name where a later generation is meant, another base model.

    Neither a size ("2b"), a date ("2512") nor a count of steps is one.

    Args:
        listed: the last generation that the entry is about, from 1 to 8.

    Returns:
        The pattern, in the words of `plain`, for a lookahead: above 1 it fits " 2", "2.1", "21" and " v3".
    """
    above = f"[{listed + 1}-9]"
    return rf"(?: ?v?{above}(?:\.\d+)?|{above}\d)\b(?!\.\d| steps?\b)"


_NO_WORD = re.compile(r"[^a-z0-9.]+")


@functools.lru_cache(maxsize=1024)
def plain(statement: str) -> str:
    """A statement in lower case, with one space for all that is neither letter, digit nor point."""
    return _NO_WORD.sub(" ", statement[:200].lower().replace("α", "alpha").replace("σ", "sigma")).strip(" .")
