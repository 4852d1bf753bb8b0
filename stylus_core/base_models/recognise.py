"""Which base model a file is for: from its tensors, and from what is said of it.

The tensors tell the truth where they tell anything; a statement decides only what they leave open.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from stylus_core.base_models import BY_NAME, BY_RANK, OTHER, UNKNOWN, label
from stylus_core.base_models.entry import BaseModel, plain
from stylus_core.base_models.tensors import Shapes, TensorEvidence, Tensors

#: Statements that say nothing.
_EMPTY = frozenset(("", "other", "unknown", "none", "null", "n a", "na", "any", "undefined", "sd version", "all"))
#: Bases that have the tensors of another one and take none of its adapters.
_LOOKALIKES = ("playground", "svd", "stable video")
#: Names of blocks that only transformers of today have: with widths of no entry they are another base's.
_SOME_TRANSFORMER = TensorEvidence(
    any=(
        *(
            "\ndouble_blocks_0_",
            "\nsingle_blocks_0_",
            "\nlayers_0_attention_",
            "\nlayers_0_feed_forward_",
            "\nlayers_0_attn_to_",
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


@functools.lru_cache(maxsize=1024)
def stated_architecture(text: str) -> str:
    """Finds the base that a statement such as "SD 1.5", "sdxl_base_v1-0" or "flux-1-dev/lora" names.

    Args:
        text: as a model site, a trainer or an editor wrote it.

    Returns:
        The name of a base; "" for a statement that says nothing, `OTHER` for a base of which no entry knows.
    """
    words = plain(text)
    if words in _EMPTY:
        return ""
    if any(known in words for known in _LOOKALIKES):
        return OTHER
    return next((base.name for base in BY_RANK if base.is_said(words)), OTHER)


class _Proof(NamedTuple):
    """What the tensors of a file say by themselves."""

    proved: str  # the base, or ""
    possible: frozenset[str]  # bases that a statement may make of them
    sizes: tuple[tuple[str, str], ...]  # (base, the size that is proved), for those bases
    transformer: bool  # whether there are blocks of a transformer of today


def adapter_base(
    shapes: Shapes, statements: Sequence[tuple[str, str]], hints: Sequence[tuple[str, str]] = ()
) -> Recognised:
    """Finds the base that an adapter is made for.

    Args:
        shapes: the shape of each of its tensors by name.
        statements: (source, text) of what is said of its base, the most trusted first.
        hints: (source, text) of what names a base only by the way, such as the file's name of a checkpoint.

    Returns:
        The base, its size, and what told it: "tensors", or the source of the statement that was believed.
    """
    proof = _proof(tuple(shapes), tuple(shapes.values()))
    said = [(source, found) for source, text in statements if (found := stated_architecture(text))]
    said += [(source, found) for source, text in hints if (found := stated_architecture(text)) not in ("", OTHER)]
    lookalike = any(known in plain(text) for _, text in statements for known in _LOOKALIKES)
    name, source = _decided(proof, said, lookalike)
    base = BY_NAME.get(name)
    if base is None or not base.sizes:
        return Recognised(name, "", source)
    words = [plain(text) for _, text in (*statements, *hints) if stated_architecture(text) == name]
    stated = (size.name for text in words for size in base.sizes if size.is_said(text))
    return Recognised(name, dict(proof.sizes).get(name) or next(stated, ""), source)


# Adapters of one trainer, base and rank have the same tensors.
@functools.lru_cache(maxsize=32)
def _proof(names: tuple[str, ...], sizes: tuple[tuple[int, ...], ...]) -> _Proof:
    tensors = Tensors(dict(zip(names, sizes, strict=True)))
    bases = BY_RANK if names else ()
    proved = next((base for base in bases if any(proof.holds(tensors) for proof in base.proofs)), None)
    possible = frozenset(
        base.name
        for base in bases
        if (proved is None or proved.name in base.like) and any(evidence.holds(tensors) for evidence in base.possible)
    )
    sized = [
        (base.name, size)
        for base in bases
        if (base is proved or base.name in possible) and (size := _proved_size(base, tensors))
    ]
    return _Proof(proved.name if proved else "", possible, tuple(sized), _SOME_TRANSFORMER.holds(tensors))


def _proved_size(base: BaseModel, tensors: Tensors) -> str:
    return next((size.name for size in base.sizes if any(proof.holds(tensors) for proof in size.proofs)), "")


def _decided(proof: _Proof, said: Sequence[tuple[str, str]], insists: bool) -> tuple[str, str]:
    """(architecture, where it was found). `insists`: a base is stated that only looks like one of ours."""
    believed = next(((source, name) for source, name in said if name in proof.possible and name != proof.proved), None)
    if believed:
        return believed[1], believed[0]
    first = said[0] if said else ("", "")
    if proof.proved:
        if first[1] == OTHER and (BY_NAME[proof.proved].copied or insists):
            return OTHER, first[0]
        lie = next((f", against {source}" for source, name in said if name != proof.proved), "")
        return proof.proved, f"tensors{lie}"
    if proof.transformer and first[1] != OTHER:
        return OTHER, "tensors"
    if first[1] == OTHER or (first[1] and not proof.possible):
        return first[1], first[0]
    return UNKNOWN, ""  # no statement, or one that none of the bases with such tensors agrees with


def checkpoint_base(shapes: Shapes) -> str:
    """Finds the base of a whole model.

    Args:
        shapes: the shape of each of its tensors by name.

    Returns:
        A `label` ("sdxl", "flux2-klein-9b"), or "" where the tensors leave it open.
    """
    tensors = Tensors(shapes)
    for base in BY_RANK if shapes else ():
        if any(proof.holds(tensors) for proof in base.checkpoint):
            return label(base.name, _proved_size(base, tensors))
    return ""


def class_base(*names: str) -> str:
    """Finds the base of a loaded checkpoint by the names that a host has for it.

    Args:
        names: of a class or a type, in any case; the first that tells counts.

    Returns:
        The name of a base, or "" where none tells.
    """
    for name in names:
        folded = name.lower().strip()
        for base in BY_RANK if folded else ():
            if base.is_hosted(folded):
                return base.name
    return ""
