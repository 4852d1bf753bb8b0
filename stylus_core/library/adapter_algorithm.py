"""By which method an adapter changes the weights."""

from __future__ import annotations

import re

from stylus_core.base_models.tensors import Shapes


def algorithm_of(shapes: Shapes, module: str, args: str) -> str:
    """lora, locon, loha, lokr, dora, ia3, oft, glora, full, ...: from the tensors, else from what the trainer says."""
    names = "\n".join(shapes)
    for mark, algorithm in (
        ("dora_scale", "dora"),
        ("hada_", "loha"),
        ("lokr_", "lokr"),
        ("oft_", "oft"),
        ("on_input", "ia3"),
        (".b1.weight", "glora"),
    ):
        if mark in names:
            return algorithm
    if "lora_down" in names or "lora_A" in names or "lora.down" in names:
        kernels = any(len(s) == 4 and s[2] * s[3] > 1 for s in shapes.values())
        return "locon" if kernels or "lora_mid" in names else "lora"
    if re.search(r"\.diff(?:_b)?$", names, re.M):
        return "full"
    said = re.search(r'"algo"\s*:\s*"(\w{1,20})"', args)
    if said:
        return said[1].lower()
    return "locon" if "lycoris" in module or "locon" in module else "lora"
