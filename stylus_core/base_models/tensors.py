"""The tensors of a file, read so that one mark finds a module in every style of naming.

Trainers write one module as `lora_unet_blocks_0_ffn_0.lora_down.weight`, as `lycoris_blocks_0_ffn_0.lokr_w1` or as
`diffusion_model.blocks.0.ffn.0.lora_A.weight`. Points become underscores here and the numbers of blocks and layers (of
whatever is called in the plural) become 0, so that a file of two thousand tensors has some fifty distinct names.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

Shapes = Mapping[str, tuple[int, ...]]

_MOST = 5_000  # distinct names that are looked at; a real file has some fifty
_NUMBER = re.compile(r"(?<=s_)\d+(?=[_\n])")
#: What trainers and checkpoints put before a module's path inside the model.
_PREFIX = re.compile(
    r"^(?:base_model\.model\.|(?:model\.)?diffusion_model\.|(?:conditional_)?transformer(?:_2)?\.|unet\.|net\.|pipe\."
    r"|dit\.|default\.|_orig_mod\.|(?:lora|oft)_unet_+|lora_transformer_|lora_prior_unet_|lycoris_"
    # a text encoder's path begins with `model.layers` as well
    r"|model\.(?=(?:double_|single_|transformer_)?blocks\.|layers\.\d+\.(?:(?:self_)?attention|feed_forward)))+"
)


@functools.lru_cache(maxsize=64)
def _distinct(joined: str) -> dict[str, str]:
    """Distinct path inside the model -> the first tensor of it. Adapters of one trainer and base share their names."""
    plain = _NUMBER.sub("0", joined.replace(".", "_") + "\n")[:-1]
    first = dict(zip(reversed(plain.split("\n")), reversed(joined.split("\n")), strict=True))
    first = dict(list(first.items())[-_MOST:])
    # Before the points are gone: `transformer.blocks.0` is another module than `transformer_blocks.0`.
    cut = {name: _PREFIX.sub("", name).replace(".", "_") for name in first.values()}
    return {_NUMBER.sub("0", path + "\n")[:-1]: name for name, path in reversed(cut.items())}


class Tensors:
    """Names and shapes of a file's tensors.

    Args:
        shapes: the shape of each tensor by its name, as the file's header has them.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        joined = "\n".join(name.replace("\n", " ") for name in shapes) if shapes else ""
        self._first = _distinct(joined) if shapes else {}
        #: All distinct names, each between line breaks.
        self.names = "\n" + "\n".join(self._first) + "\n" if shapes else ""
        #: All names as they are, one a line.
        self.written = joined

    def has(self, mark: str) -> bool:
        """Whether a name contains `mark`, in which the number of a block is 0 and a point is an underscore."""
        return mark in self.names

    def inputs(self, marks: tuple[str, ...]) -> int | None:
        """The inputs of the first module that one of `marks` names and whose shape tells them, or None.

        Where only outputs are told, they are the inputs of a module that has as many of both.
        """
        found = self._side(marks, 1)
        if found is None:
            found = self._side(tuple(mark for mark in marks if any(square in mark for square in _SQUARE)), 0)
        if found is None:
            threefold = self._side(tuple(mark for mark in marks if mark.endswith("_qkv")), 0)
            found = threefold // 3 if threefold else None
        return found

    def outputs(self, marks: tuple[str, ...]) -> int | None:
        """The outputs of that module, or None."""
        return self._side(marks, 0)

    def _side(self, marks: tuple[str, ...], side: int) -> int | None:
        for path, name in self._first.items():
            if any(mark in f"\n{path}\n" for mark in marks):
                found = self._length(path, name, side)
                if found:
                    return found
        return None

    def _length(self, path: str, name: str, side: int) -> int | None:
        """One side of the module's weight (outputs, inputs), from one tensor of an adapter or of the module itself."""
        shape = self.shapes.get(name, ())
        if path.endswith(("lora_down", "lora_up")):  # converted for Nunchaku: transposed, and no `.weight` behind it
            return shape[0] if len(shape) == 2 and path.endswith("lora_down") == bool(side) else None
        if len(shape) < 2:
            return None
        if "_oft_" in path:  # orthogonal blocks, of the inputs in PEFT (packed triangles) and of the outputs in LyCORIS
            if path.endswith("oft_R_weight"):
                return shape[0] * ((1 + math.isqrt(1 + 8 * shape[1])) // 2) if side else None
            return shape[-3] * shape[-1] if len(shape) >= 3 and not side else None
        if "lokr_w1" in path:
            return self._kronecker(name, side)
        if any(half in path for half in _HALVES[side]):
            return shape[side]
        if path.endswith(("_diff", "_weight")) and not any(half in path for halves in _HALVES for half in halves):
            return shape[side]
        return None

    def _kronecker(self, name: str, side: int) -> int | None:
        """LoKr's weight is the Kronecker product of two matrices, either of which may be a product of two others."""
        half = "_b" if side else "_a"
        factors = []
        for matrix in ("lokr_w1", "lokr_w2"):
            whole = re.sub(r"lokr_w1(?:_[ab])?$", matrix, name)
            shape = self.shapes.get(whole) or self.shapes.get(whole + half) or ()
            factors.append(shape[side] if len(shape) >= 2 else 0)
        return factors[0] * factors[1] or None


#: Modules with as many inputs as outputs.
_SQUARE = ("to_q", "attn_q_", "attn_proj", "to_out", "attn_o_")
#: The halves of a low-rank pair, in the ways in which trainers call them: what writes the module's outputs (their
#: number is the first of the shape), and what reads its inputs (the second).
_HALVES = (
    ("lora_up", "lora_B", "lora1_up", "lora2_up", "hada_w1_a", "hada_w2_a", "_b2_weight", "lora_mid"),
    ("lora_down", "lora_A", "lora1_down", "lora2_down", "hada_w1_b", "hada_w2_b", "_a1_weight", "_b1_weight"),
)


@dataclass(frozen=True, slots=True)
class TensorEvidence:
    """A condition on a file's tensors: all parts of it that are given have to hold.

    Marks are parts of a name as `Tensors.has` reads them.
    """

    has: tuple[str, ...] = ()  # each of these is there
    any: tuple[str, ...] = ()  # one of these is there
    lacks: tuple[str, ...] = ()  # none of these is there
    written: str = ""  # a pattern of a name as it is in the file: for what a number proves, or a point
    widths: tuple[int, ...] = ()  # the modules `of` (`any`, where none are given) have so many inputs ...
    of: tuple[str, ...] = ()
    untold: bool = False  # ... or their shapes do not tell how many
    outputs: tuple[int, ...] = ()  # the modules `of` have so many outputs

    def holds(self, tensors: Tensors) -> bool:
        """Whether a file with these tensors meets the condition."""
        if not all(tensors.has(m) for m in self.has) or any(tensors.has(m) for m in self.lacks):
            return False
        if self.any and not any(tensors.has(m) for m in self.any):
            return False
        if self.written and not re.search(self.written, tensors.written):
            return False
        of = self.of or self.any or self.has
        if self.outputs and tensors.outputs(of) not in self.outputs:
            return False
        if not self.widths:
            return True
        width = tensors.inputs(of)
        return width in self.widths or (self.untold and (width is None or width not in KNOWN_WIDTHS))


#: Widths that base models have. Another one is a shape that was read wrongly, and tells nothing.
KNOWN_WIDTHS = frozenset(
    (
        320,
        640,
        768,
        1024,
        1152,
        1280,
        1408,
        1536,
        1920,
        2048,
        2304,
        2432,
        2560,
        3072,
        3584,
        3840,
        4096,
        4608,
        5120,
        6144,
    )
)
