"""What applying a selection adds to a picture with diffusers: `python -m benchmarks.pipeline`, some two minutes.

A pipeline of the size of Stable Diffusion 1.5, in bfloat16 on the processor, and LoRA files of rank 16 for all of its
attention and for the text encoder, as kohya's scripts write them. Milliseconds are of this machine; how they stand to
each other is what can be carried over to another one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

from benchmarks.measuring import timed
from stylus_core.pipeline import apply, remove
from stylus_core.types import Pick, Selection

RANK = 16
REPEAT = 5


def pipeline() -> Any:
    """Of Stable Diffusion 1.5's size, without numbers that mean anything."""
    with torch.device("meta"):
        blocks = ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")
        up = tuple(name.replace("Down", "Up") for name in reversed(blocks))
        unet = UNet2DConditionModel(cross_attention_dim=768, down_block_types=blocks, up_block_types=up)
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12))
    return StableDiffusionPipeline(
        vae=AutoencoderKL(block_out_channels=[32]),
        unet=unet.to(torch.bfloat16).to_empty(device="cpu"),
        text_encoder=text.to(torch.bfloat16).to_empty(device="cpu"),
        tokenizer=None,
        scheduler=DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def lora(pipe: Any, path: Path) -> Path:
    """A file for all attention of the UNet and for the text encoder."""
    out = {}
    for prefix, model in (("lora_unet", pipe.unet), ("lora_te", pipe.text_encoder)):
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Linear) and ("attn" in name or "mlp" in name):
                plain = name if prefix == "lora_unet" or name.startswith("text_model") else f"text_model.{name}"
                key = f"{prefix}_{plain.replace('.', '_')}"
                out[f"{key}.lora_down.weight"] = torch.randn(RANK, module.in_features).bfloat16()
                out[f"{key}.lora_up.weight"] = torch.zeros(module.out_features, RANK).bfloat16()
                out[f"{key}.alpha"] = torch.tensor(float(RANK))
    save_file(out, path)
    return path


def main() -> int:
    """Prints the table."""
    pipe = pipeline()
    with tempfile.TemporaryDirectory() as folder:
        files = [lora(pipe, Path(folder) / f"{name}.safetensors") for name in ("one", "two", "three")]
        picks = [Pick(file.stem, str(file), 0.7, "", "") for file in files]
        one, three = (Selection("", "", tuple(picks[:n])) for n in (1, 3))
        none = Selection("", "")
        print(f"{files[0].stat().st_size / 1e6:.0f} MB a file, {torch.get_num_threads()} threads\n")
        apply(pipe, one)  # what the first adapter makes anew in the model counts for none
        new, kept = [], []
        for _ in range(REPEAT):
            apply(pipe, none, keep=0)
            new.append(timed(lambda: apply(pipe, one)))
            apply(pipe, none)
            kept.append(timed(lambda: apply(pipe, one)))
        apply(pipe, three)
        rows = [
            ("one pick that is new", sorted(new)[REPEAT // 2]),
            ("one pick that is kept", sorted(kept)[REPEAT // 2]),
            ("three picks that are kept", timed(lambda: apply(pipe, three), REPEAT)),
            ("the same files into the pipeline by hand, one that is new", by_hand(pipe, files[0])),
        ]
    print("| apply | ms | of a new one |\n| --- | --- | --- |")
    for what, seconds in rows:
        print(f"| {what} | {1000 * seconds:.0f} | {seconds / rows[0][1]:.2f} |")
    return 0


def by_hand(pipe: Any, file: Path) -> float:
    """Median seconds in which diffusers does it without us."""
    remove(pipe)

    def load() -> None:
        pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name="by_hand")
        pipe.set_adapters(["by_hand"], [0.7])

    times = []
    for _ in range(REPEAT):
        times.append(timed(load))
        pipe.delete_adapters("by_hand")
    return sorted(times)[REPEAT // 2]


if __name__ == "__main__":
    sys.exit(main())
