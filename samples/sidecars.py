"""Writes an adapter's file and its sidecars the way the tools do that people use."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samples.catalogue import Sample

_RANK = 2
_VERSION = {"SD 1.5": "sd_v1", "SDXL 1.0": "sdxl_base_v1-0", "Pony": "sdxl_base_v1-0", "Illustrious": "sdxl_base_v1-0"}
_SPEC = {"SD 1.5": "stable-diffusion-v1/lora", "Flux.1 D": "flux-1-dev/lora"}
#: Tags that a model site gives a model, and no picture of its training set has.
_CATEGORIES = {
    "character",
    "style",
    "tool",
    "pose",
    "clothing",
    "background",
    "objects",
    "animal",
    "vehicle",
    "concept",
}
_BLOCKS = {
    "": ("net_0", "net_1"),
    "sd1": (
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
        "lora_te_text_model_encoder_layers_0_mlp_fc1",
    ),
    "sdxl": (
        "lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q",
        "lora_te1_text_model_encoder_layers_0_mlp_fc1",
        "lora_te2_text_model_encoder_layers_0_mlp_fc1",
    ),
    "flux": ("lora_unet_double_blocks_0_img_attn_proj", "lora_unet_single_blocks_0_linear1"),
}


def write(sample: Sample, library: Path) -> Path:
    """Writes one adapter with its sidecars under `library` and returns the adapter's path."""
    path = library / (sample.path + sample.extension)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _safetensors(sample)
    if sample.extension != ".safetensors":
        content = b"\x80\x02}q\x00."  # an empty dict as an old checkpoint begins
    elif sample.broken:
        content = content[:200]
    path.write_bytes(content)
    for name in sample.sidecars:
        writer = _WRITERS.get(name)
        if writer:
            writer(sample, path, hashlib.sha256(content).hexdigest())
    return path


def _architecture(sample: Sample) -> str:
    if not sample.base or sample.base == "SD 1.5":
        return "sd1" if sample.base else ""
    return "flux" if sample.base.startswith("Flux") else "sdxl"


def _safetensors(sample: Sample) -> bytes:
    header: dict[str, Any] = {} if sample.stripped else {"__metadata__": _header(sample)}
    body = b""
    for block in _BLOCKS[_architecture(sample)]:
        for suffix, shape in _tensors(sample.algorithm).items():
            size = 2 * (shape[0] * shape[1] if len(shape) == 2 else 1)
            seed = hashlib.sha256(f"{sample.path} {block} {suffix}".encode()).digest()
            header[f"{block}.{suffix}"] = {
                "dtype": "F16",
                "shape": shape,
                "data_offsets": [len(body), len(body) + size],
            }
            body += (seed * (size // len(seed) + 1))[:size]
    raw = json.dumps(header, ensure_ascii=False).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw + body


def _tensors(algorithm: str) -> dict[str, list[int]]:
    if algorithm == "loha":
        half = {"a": [64, _RANK], "b": [_RANK, 64]}
        return {"alpha": [], **{f"hada_w{n}_{side}": shape for n in (1, 2) for side, shape in half.items()}}
    if algorithm == "lokr":
        return {"alpha": [], "lokr_w1": [8, 8], "lokr_w2": [8, 8]}
    tensors = {"alpha": [], "lora_down.weight": [_RANK, 64], "lora_up.weight": [64, _RANK]}
    return tensors | ({"dora_scale": [64, 1]} if algorithm == "dora" else {})


def _header(sample: Sample) -> dict[str, str]:
    stem = Path(sample.path).name
    concept = sample.concept or stem
    words = dict.fromkeys([*",".join(sample.triggers).split(","), *sample.tags])
    tags = [word.strip() for word in words if word.strip() and word not in _CATEGORIES]
    training = dict(sample.training) or {tag: 24 - i for i, tag in enumerate(dict.fromkeys(tags))}
    meta = {
        "ss_output_name": stem,
        "ss_network_module": "networks.lora" if sample.algorithm == "lora" else "lycoris.kohya",
        "ss_network_dim": str(_RANK),
        "ss_network_alpha": "1.0",
        "ss_tag_frequency": json.dumps({f"10_{concept}": training}, ensure_ascii=False),
    }
    if sample.algorithm != "lora":
        meta["ss_network_args"] = json.dumps({"algo": sample.algorithm})
    if sample.base in _VERSION:
        meta["ss_base_model_version"] = _VERSION[sample.base]
    if "modelspec" in sample.sidecars:
        meta |= {
            "modelspec.architecture": _SPEC.get(sample.base, "stable-diffusion-xl-v1-base/lora"),
            "modelspec.title": sample.title,
            "modelspec.description": sample.description,
            "modelspec.tags": ", ".join(sample.tags),
            "modelspec.trigger_phrase": ", ".join(sample.triggers),
        }
    return meta


def _plain(sample: Sample) -> str:
    return re.sub(r"<[^>]+>", " ", sample.description)


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")


def _side(path: Path, extension: str) -> Path:
    return path.parent / (path.stem + extension)


def _ids(sample: Sample) -> tuple[int, int]:
    number = int(hashlib.sha256(sample.path.encode()).hexdigest()[:6], 16)
    return number, number * 10 + 1


def _images(sample: Sample) -> list[dict[str, Any]]:
    return [{"url": "", "nsfwLevel": 1, "meta": {"prompt": p, "negativePrompt": "blurry"}} for p in sample.examples]


def _webui(sample: Sample, path: Path, sha256: str) -> None:
    helper = "civitai_helper" in sample.sidecars
    value: dict[str, Any] = {
        "description": "" if helper else _plain(sample),
        "sd version": {"sd1": "SD1", "sdxl": "SDXL"}.get(_architecture(sample), "Unknown"),
        "activation text": " || ".join(sample.triggers) if helper else ", ".join(sample.triggers),
        "preferred weight": sample.weight or 0,
        "notes": "",
    }
    if helper:
        value["extensions"] = {"sd_civitai_helper": {"version": "1.8.0", "skeleton_file": False}}
    _dump(_side(path, ".json"), value)


def _civitai_helper(sample: Sample, path: Path, sha256: str) -> None:
    model, version = _ids(sample)
    _dump(
        _side(path, ".civitai.info"),
        {
            "id": version,
            "modelId": model,
            "name": "v1.0",
            "baseModel": sample.base,
            "trainedWords": list(sample.triggers),
            "description": None,
            "model": {
                "name": sample.title,
                "type": "LORA",
                "description": sample.description,
                "tags": list(sample.tags),
            },
            "files": [{"name": path.name, "hashes": {"SHA256": sha256.upper()}, "primary": True}],
            "images": _images(sample),
        },
    )


def _browser_plus(sample: Sample, path: Path, sha256: str) -> None:
    model, version = _ids(sample)
    _dump(
        _side(path, ".api_info.json"),
        {
            "id": model,
            "name": sample.title,
            "type": "LORA",
            "description": sample.description,
            "tags": list(sample.tags),
            "modelVersions": [
                {
                    "id": version,
                    "name": "v1.0",
                    "baseModel": sample.base,
                    "trainedWords": list(sample.triggers),
                    "files": [{"name": path.name, "hashes": {"SHA256": sha256.upper()}}],
                    "images": _images(sample),
                }
            ],
        },
    )
    _dump(
        _side(path, ".json"),
        {
            "activation text": ", ".join(sample.triggers),
            "sd version": "SD1",
            "modelId": model,
            "modelVersionId": version,
            "sha256": sha256.upper(),
        },
    )


def _lora_manager(sample: Sample, path: Path, sha256: str) -> None:
    model, version = _ids(sample)
    _dump(
        _side(path, ".metadata.json"),
        {
            "file_name": path.stem,
            "model_name": sample.title,
            "base_model": sample.base,
            "sha256": sha256,
            "tags": list(sample.tags),
            "modelDescription": sample.description,
            "trainedWords": list(sample.triggers),
            "usage_tips": json.dumps({"strength": sample.weight} if sample.weight else {}),
            "notes": "",
            "exclude": False,
            "preview_nsfw_level": 1,
            "civitai": {
                "id": version,
                "modelId": model,
                "trainedWords": list(sample.triggers),
                "images": _images(sample),
            },
        },
    )


def _stability_matrix(sample: Sample, path: Path, sha256: str) -> None:
    model, version = _ids(sample)
    _dump(
        _side(path, ".cm-info.json"),
        {
            "ModelId": model,
            "ModelName": sample.title,
            "ModelDescription": sample.description,
            "Nsfw": False,
            "Tags": list(sample.tags),
            "VersionId": version,
            "BaseModel": sample.base,
            "Hashes": {"SHA256": sha256.upper()},
            "TrainedWords": list(sample.triggers),
        },
    )


def _text(sample: Sample, path: Path, sha256: str) -> None:
    _side(path, ".txt").write_text(_plain(sample), encoding="utf-8")


def _description_text(sample: Sample, path: Path, sha256: str) -> None:
    _side(path, ".description.txt").write_text(_plain(sample), encoding="utf-8")


_WRITERS: dict[str, Callable[[Sample, Path, str], None]] = {
    "webui": _webui,
    "civitai_helper": _civitai_helper,
    "browser_plus": _browser_plus,
    "lora_manager": _lora_manager,
    "stability_matrix": _stability_matrix,
    "text": _text,
    "description_text": _description_text,
}
