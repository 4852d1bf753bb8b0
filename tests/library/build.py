"""Real safetensors files and sidecars for the tests."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

SD1_UNET = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"


def raw_safetensors(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def safetensors(
    path: Path, metadata: dict[str, Any] | None = None, tensors: dict[str, tuple[int, ...]] | None = None
) -> Path:
    """Writes F16 tensors of these shapes; metadata values that are no strings go in as JSON, as trainers do it."""
    header: dict[str, Any] = {}
    if metadata is not None:
        header["__metadata__"] = {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()}
    at = 0
    for name, shape in (tensors if tensors is not None else {SD1_UNET: (4, 768)}).items():
        size = 2
        for n in shape:
            size *= n
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw_safetensors(json.dumps(header, ensure_ascii=False).encode(), bytes(at)))
    return path


def sidecar(path: Path, suffix: str, content: Any) -> Path:
    """Writes the sidecar of the adapter `path`: text as it is, anything else as JSON."""
    target = path.with_name(path.name.removesuffix(".safetensors") + suffix)
    target.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")
    return target
