"""Adapters' tensors in the naming styles of the trainers."""

from __future__ import annotations

from collections.abc import Sequence

Shapes = dict[str, tuple[int, ...]]

KOHYA, PEFT, LOKR = "lora_unet_{}", "diffusion_model.{}", "lycoris_{}"


def adapter(style: str, modules: Sequence[tuple[str, int, int]], rank: int = 8) -> Shapes:
    """The tensors that a trainer of this style writes for modules of (path, inputs, outputs)."""
    out: Shapes = {}
    for path, inputs, outputs in modules:
        name = style.format(path if style == PEFT else path.replace(".", "_"))
        if style == LOKR:
            out |= {f"{name}.lokr_w1": (8, 8), f"{name}.lokr_w2_a": (outputs // 8, rank)}
            out |= {f"{name}.lokr_w2_b": (rank, inputs // 8), f"{name}.alpha": ()}
        elif style == PEFT:
            out |= {f"{name}.lora_A.weight": (rank, inputs), f"{name}.lora_B.weight": (outputs, rank)}
        else:
            out |= {f"{name}.lora_down.weight": (rank, inputs), f"{name}.lora_up.weight": (outputs, rank)}
            out |= {f"{name}.alpha": ()}
    return out
