"""Pipelines of diffusers with a few thousand random numbers, and LoRA files that fit them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    WanPipeline,
    WanTransformer3DModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

Tensors = dict[str, torch.Tensor]


class CountingPipeline(StableDiffusionPipeline):
    """Stable Diffusion 1.5 that knows which adapters were loaded into it, in their order."""

    def load_lora_weights(self, folder: Any, **settings: Any) -> None:
        """Loads as its base does."""
        self.loads: list[str] = [*getattr(self, "loads", []), settings["weight_name"]]
        super().load_lora_weights(folder, **settings)


def tokenizer(folder: Path) -> CLIPTokenizer:
    """One token a letter, made without a network."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789,.-"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def text_config(tokens: CLIPTokenizer) -> CLIPTextConfig:
    """Of a text encoder 16 wide."""
    ends = {"bos_token_id": tokens.bos_token_id, "eos_token_id": tokens.eos_token_id, "pad_token_id": 1}
    size = {"hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "num_hidden_layers": 2}
    return CLIPTextConfig(vocab_size=len(tokens), projection_dim=16, **size, **ends)


def parts(folder: Path) -> dict[str, Any]:
    """What both pipelines are made of."""
    torch.manual_seed(0)
    blocks = {"down_block_types": ["DownEncoderBlock2D"], "up_block_types": ["UpDecoderBlock2D"]}
    tokens = tokenizer(folder)
    return {
        "vae": AutoencoderKL(block_out_channels=[8], norm_num_groups=4, sample_size=16, **blocks),
        "tokenizer": tokens,
        "text_encoder": CLIPTextModel(text_config(tokens)),
        "scheduler": DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1),
    }


def unet(cross_attention_dim: int, **settings: Any) -> UNet2DConditionModel:
    """With attention in its inner level."""
    return UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4,
        attention_head_dim=2,
        cross_attention_dim=cross_attention_dim,
        **settings,
    )


def sd15(folder: Path, kind: Any = CountingPipeline) -> Any:
    """Stable Diffusion 1.5."""
    checker = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    pipe = kind(**parts(folder), unet=unet(16), **checker)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def sdxl(folder: Path) -> StableDiffusionXLPipeline:
    """Stable Diffusion XL, with both text encoders."""
    made = parts(folder)
    added = {"addition_embed_type": "text_time", "addition_time_embed_dim": 4}
    pipe = StableDiffusionXLPipeline(
        **made,
        unet=unet(32, **added, projection_class_embeddings_input_dim=40, use_linear_projection=True),
        text_encoder_2=CLIPTextModelWithProjection(text_config(made["tokenizer"])),
        tokenizer_2=made["tokenizer"],
        add_watermarker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def wan(two_parts: bool) -> WanPipeline:
    """Wan's transformers alone, one or two of them."""
    torch.manual_seed(0)
    size = {"num_attention_heads": 2, "attention_head_dim": 12, "ffn_dim": 16, "num_layers": 1, "text_dim": 8}
    first, second = (WanTransformer3DModel(in_channels=4, out_channels=4, freq_dim=8, **size) for _ in range(2))
    return WanPipeline(
        tokenizer=None,
        text_encoder=None,
        vae=None,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        transformer=first,
        transformer_2=second if two_parts else None,
    )


def paint(pipe: Any, prompt: str = "a corgi") -> torch.Tensor:
    """The picture of two steps, always from the same noise."""
    noise = torch.Generator().manual_seed(1)
    made = pipe(prompt, num_inference_steps=2, height=16, width=16, output_type="np", generator=noise)
    return torch.from_numpy(made.images[0])


def pairs(pipe: Any, seed: int, names: tuple[str, ...], wrong: str = "") -> Iterator[tuple[str, str, Tensors]]:
    """Down and up of rank 2 for the attention of these parts: the part, the module's name, the two tensors.

    Those of the part `wrong` have three inputs too many.
    """
    random = torch.Generator().manual_seed(seed)
    for part in names:
        for name, module in getattr(pipe, part).named_modules():
            if name.rpartition(".")[2] in ("to_q", "to_v", "q_proj", "out_proj", "fc1"):
                inputs = module.in_features + (3 if part == wrong else 0)
                down = torch.randn(2, inputs, generator=random)
                yield part, name, {"down": down, "up": torch.randn(module.out_features, 2, generator=random)}


def kohya(pipe: Any, path: Path, seed: int = 1, wrong: str = "", **settings: Any) -> Path:
    """Writes a file as kohya's scripts do: `lora_unet_...`, `lora_te_...`, with alphas of half the rank."""
    xl = hasattr(pipe, "text_encoder_2")
    prefixes = {"unet": "lora_unet", "text_encoder": "lora_te1" if xl else "lora_te", "text_encoder_2": "lora_te2"}
    names = settings.pop("parts", ("unet", "text_encoder", *(("text_encoder_2",) if xl else ())))
    out: Tensors = {}
    for part, name, pair in pairs(pipe, seed, names, wrong):
        plain = stability(name) if xl and part == "unet" else text(name) if part != "unet" else name
        key = f"{prefixes[part]}_{plain.replace('.', '_')}"
        out[f"{key}.lora_down.weight"], out[f"{key}.lora_up.weight"] = pair["down"], pair["up"]
        out[f"{key}.alpha"] = torch.tensor(1.0)
    return written(out, path, **settings)


def peft(pipe: Any, path: Path, seed: int = 1, names: tuple[str, ...] = ("unet", "text_encoder")) -> Path:
    """Writes the same as diffusers does: `unet.....lora_A.weight`; half of `up` stands for the alpha."""
    out: Tensors = {}
    for part, name, pair in pairs(pipe, seed, names):
        key = f"{part}.{text(name) if part != 'unet' else name}"
        out[f"{key}.lora_A.weight"], out[f"{key}.lora_B.weight"] = pair["down"], pair["up"] / 2
    return written(out, path)


def wan_file(pipe: Any, path: Path, seed: int = 1) -> Path:
    """Writes a file for one of Wan's transformers."""
    out: Tensors = {}
    for _, name, pair in pairs(pipe, seed, ("transformer",)):
        out[f"transformer.{name}.lora_A.weight"], out[f"transformer.{name}.lora_B.weight"] = pair["down"], pair["up"]
    return written(out, path)


def written(tensors: Tensors, path: Path, metadata: dict[str, str] | None = None) -> Path:
    """Writes a file of safetensors."""
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path, metadata=metadata)
    return path


def text(name: str) -> str:
    """The name of a module of CLIP as files have it; newer versions of transformers leave out the first word."""
    return name if name.startswith("text_model.") else f"text_model.{name}"


def stability(name: str) -> str:
    """The name of a module of the UNet as files for SDXL have it, for one layer a block."""
    where, _, rest = name.partition(".attentions.")
    level, _, number = where.partition(".")
    if level == "mid_block":
        return f"middle_block.1.{rest.partition('.')[2]}"
    attention, _, inner = rest.partition(".")
    at = 2 * int(number) + int(attention)
    return f"input_blocks.{1 + at}.1.{inner}" if level == "down_blocks" else f"output_blocks.{at}.1.{inner}"
