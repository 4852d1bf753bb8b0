"""Which base model a file is for: from its tensors, and from what is said of it.

The tensors tell the truth where they tell anything; a statement decides only what they leave open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stylus_core.base_models import BY_NAME, BY_RANK, OTHER, UNKNOWN
from stylus_core.base_models.entry import BaseModel, plain
from stylus_core.base_models.tensors import Evidence, Shapes, Tensors

#: Statements that say nothing.
_EMPTY = frozenset(("", "other", "unknown", "none", "null", "n a", "na", "any", "undefined", "sd version", "all"))
#: Bases that have the tensors of another one and take none of its adapters.
_LOOKALIKES = ("playground", "svd", "stable video")
#: Names of blocks that only transformers of today have: with widths of no entry they are another base's.
_SOME_TRANSFORMER = Evidence(
    any=(
        *(
            "\ndouble_blocks_0_",
            "\nsingle_blocks_0_",
            "\nlayers_0_attention_",
            "\njoint_blocks_0_",
            "\nblocks_0_cross_",
        ),
        *("\ntransformer_blocks_0_attn_", "\ntransformer_blocks_0_attn1_", "\nblocks_0_self_", "\nblocks_0_attn_"),
        *("\nsingle_transformer_blocks_0_", "visual_transformer_blocks_0_"),
    )
)


class Recognised(NamedTuple):
    """What a file is for, and how that is known."""

    architecture: str  # one of ARCHITECTURES
    size: str = ""  # the name of one of the base's sizes
    source: str = ""  # where it was found: "tensors", or the source of a statement


def stated_architecture(text: str) -> str:
    """The base that a statement such as "SD 1.5", "sdxl_base_v1-0" or "flux-1-dev/lora" names.

    Returns "" for a statement that says nothing, and `other` for one that names a base of which no entry knows.
    """
    words = plain(text)
    if words in _EMPTY:
        return ""
    if any(known in words for known in _LOOKALIKES):
        return OTHER
    return next((base.name for base in BY_RANK if base.is_said(words)), OTHER)


def adapter_base(
    shapes: Shapes, statements: Sequence[tuple[str, str]], hints: Sequence[tuple[str, str]] = ()
) -> Recognised:
    """The base that an adapter is made for.

    Args:
        shapes: of its tensors.
        statements: (source, text) of what is said of its base, the most trusted first.
        hints: (source, text) of what names a base only by the way, such as the file's name of a checkpoint.
    """
    tensors = Tensors(shapes)
    said = [(source, found) for source, text in statements if (found := stated_architecture(text))]
    said += [(source, found) for source, text in hints if (found := stated_architecture(text)) not in ("", OTHER)]
    name, source = _decided(tensors, said)
    if name not in BY_NAME:
        return Recognised(name, "", source)
    base = BY_NAME[name]
    own = [plain(text) for _, text in (*statements, *hints) if base.is_said(plain(text))]
    return Recognised(name, _size(base, tensors, own), source)


def _decided(tensors: Tensors, said: Sequence[tuple[str, str]]) -> tuple[str, str]:
    proved = _first_that_holds(tensors)
    for source, name in said:
        base = BY_NAME.get(name)
        if base and base is not proved and _possible(base, tensors, proved):
            return name, source
    if proved:
        source, first = said[0] if said else ("", proved.name)
        if first == OTHER and proved.copied:
            return OTHER, source
        lie = next((f", against {source}" for source, name in said if name != proved.name), "")
        return proved.name, f"tensors{lie}"
    if _SOME_TRANSFORMER.holds(tensors) and not (said and said[0][1] == OTHER):
        return OTHER, "tensors"
    if said and (said[0][1] == OTHER or not any(_possible(base, tensors, None) for base in BY_RANK)):
        return said[0][1], said[0][0]
    return UNKNOWN, ""  # no statement, or one that none of the bases with such tensors agrees with


def _first_that_holds(tensors: Tensors) -> BaseModel | None:
    if not tensors.shapes:
        return None
    return next((base for base in BY_RANK if any(proof.holds(tensors) for proof in base.proofs)), None)


def _possible(base: BaseModel, tensors: Tensors, proved: BaseModel | None) -> bool:
    """Whether a statement of `base` is believed where the tensors prove another base or none."""
    if proved is not None and proved.name not in base.like:
        return False
    return any(evidence.holds(tensors) for evidence in base.possible)


def checkpoint_base(shapes: Shapes) -> str:
    """The label of a whole model ("sdxl", "flux2-klein-9b") from its tensors, or "" where they leave it open."""
    tensors = Tensors(shapes)
    for base in BY_RANK if shapes else ():
        if any(proof.holds(tensors) for proof in base.checkpoint):
            size = _size(base, tensors, ())
            return f"{base.name}-{size}" if size else base.name
    return ""


def class_base(*names: str) -> str:
    """The base of a loaded checkpoint by the names that a host has for it (a class, a type); "" where none tells."""
    for name in names:
        folded = name.lower().strip()
        for base in BY_RANK if folded else ():
            if base.is_hosted(folded):
                return base.name
    return ""


def _size(base: BaseModel, tensors: Tensors, words: Sequence[str]) -> str:
    for size in base.sizes:
        if any(proof.holds(tensors) for proof in size.proofs):
            return size.name
    return next((size.name for text in words for size in base.sizes if size.is_said(text)), "")
