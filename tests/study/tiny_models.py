"""Models with random weights, made in a second: of the real kinds, with small dimensions."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPModel

SIDE = 32  # pixels that the CLIP model sees
TOKENS = 16  # the most it reads
START, END = "<|startoftext|>", "<|endoftext|>"
LETTERS = [chr(c) for c in range(33, 127)]
VOCABULARY = {t: n for n, t in enumerate([*LETTERS, *(f"{c}</w>" for c in LETTERS), START, END])}
MEAN, DEVIATION = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def clip(folder: Path, seed: int = 0, side: int = SIDE, **vision: int) -> Path:
    """A CLIP model that reads letter by letter. `vision` is what else is said of the half that sees."""
    torch.manual_seed(seed)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"bos_token_id": VOCABULARY[START], "eos_token_id": VOCABULARY[END], "pad_token_id": VOCABULARY[END]}
    config = CLIPConfig(
        text_config={**shape, **ends, "vocab_size": len(VOCABULARY), "max_position_embeddings": TOKENS},
        vision_config={**shape, "image_size": side, "patch_size": 8, **vision},
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    special = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    tokenizer = {"tokenizer_class": "CLIPTokenizer", "model_max_length": TOKENS, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer), "utf-8")
    images = {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": side},
        "crop_size": {"height": side, "width": side},
        "image_mean": MEAN,
        "image_std": DEVIATION,
        "resample": 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(images), "utf-8")
    return folder


class _Network(torch.nn.Module):
    """With `layers` that take what the Inception network's take."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 12, 7, stride=16), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(2)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def inception(path: Path, seed: int = 0) -> Path:
    """A TorchScript file of the form of the Inception network's, with 48 features."""
    torch.manual_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.jit.script(_Network().eval()).save(str(path))
    return path
