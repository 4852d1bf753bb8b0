"""What the host has loaded or chosen decides which adapters fit, for every class that the hosts of the family have."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.host.fake import safetensors
from tests.shared import HOSTS, REASON

CLASSES = [
    # Forge and Forge Neo: the engines' classes, with no flag set
    ("StableDiffusion", "", "sd1"), ("StableDiffusion2", "", "sd2"), ("StableDiffusionXLRefiner", "", "sdxl"),
    ("StableDiffusion3", "", "sd3"), ("Flux", "", "flux"), ("Flux2", "", "flux2"), ("Chroma", "", "chroma"),
    ("QwenImage", "", "qwen-image"), ("ZImage", "", "z-image"), ("Anima", "", "anima"), ("Lumina2", "", "lumina2"),
    ("Wan", "", "wan"), ("Krea2", "", "krea-2"), ("ErnieImage", "", "ernie-image"), ("QwenImage21", "", "other"),
    ("ZImage2", "", "other"), ("Chroma2", "", "other"), ("Anima2", "", "other"), ("ErnieImage2", "", "other"),
    ("StableDiffusionXL", "", "sdxl"), ("Mugen", "", "sdxl"), ("PiD", "", "other"),
    # SD.Next: the pipelines of diffusers, and its own types
    ("StableDiffusionPipeline", "sd", "sd1"), ("StableDiffusionXLImg2ImgPipeline", "sdxl", "sdxl"),
    ("StableDiffusion3Pipeline", "sd3", "sd3"), ("FluxKontextPipeline", "f1", "flux"),
    ("Flux2KleinPipeline", "f2", "flux2"), ("QwenImageEditPlusPipeline", "qwen", "qwen-image"),
    ("WanImageToVideoPipeline", "wanai", "wan"), ("HunyuanVideo15Pipeline", "hunyuanvideo15", "hunyuan-video"),
    ("HunyuanDiTPipeline", "hunyuandit", "hunyuan-dit"), ("HunyuanImagePipeline", "hunyuanimage", "hunyuan-image"),
    ("HunyuanImage3Pipeline", "hunyuanimage3", "other"), ("LTXPipeline", "ltxvideo", "ltx"),
    ("MochiPipeline", "mochivideo", "mochi"), ("CogVideoXPipeline", "cogvideo", "cogvideo"),
    ("StableCascadeCombinedPipeline", "sc", "cascade"), ("PixArtSigmaPipeline", "pixartsigma", "pixart"),
    ("AuraFlowPipeline", "auraflow", "auraflow"), ("HiDreamImagePipeline", "h1", "hidream"),
    ("KolorsPipeline", "kolors", "kolors"), ("OmniGen2Pipeline", "omnigen2", "other"),
    ("BriaPipeline", "bria", "other"), ("StableVideoDiffusionPipeline", "svd", "other"),
    ("FakeInitialModel", "", "any"),
]  # fmt: skip


@pytest.fixture
def zoo(host):
    host.adapter("fox_v2", word="fox")
    return host.start()


def loaded(zoo, name, kind=""):
    """The architecture while a checkpoint of the class `name` is loaded, and SD.Next's type `kind` is told."""
    from stylus_webui import host

    zoo.sd_models.model_data.sd_model = type(name, (), {})()
    zoo.shared.sd_model_type = kind
    return host.architecture()


@pytest.mark.parametrize(("name", "kind", "architecture"), CLASSES)
def test_classes_of_loaded_checkpoints(zoo, name, kind, architecture):
    assert loaded(zoo, name, kind) == architecture


@pytest.mark.skipif(HOSTS is None, reason=REASON)
def test_the_expected_classes_of_the_hosts(zoo):
    for row in json.loads(HOSTS.read_text(encoding="utf-8"))["classes"]:
        expected = row["expect"] if isinstance(row["expect"], list) else [row["expect"]]
        assert loaded(zoo, row["class"], row.get("sd_model_type", "")) in expected, row


def test_sd2_is_told_from_sd1_by_what_its_unet_reads(zoo):
    from stylus_webui import host

    config = type("Config", (), {"cross_attention_dim": 1024})
    unet = type("UNet", (), {"config": config})
    zoo.sd_models.model_data.sd_model = type("StableDiffusionPipeline", (), {"unet": unet})()
    assert host.architecture() == "sd2"


def test_the_size_is_read_off_the_loaded_file(zoo, tmp_path):
    from stylus_webui import host

    path = safetensors(tmp_path / "klein.safetensors", shapes={"double_blocks.0.img_attn.qkv.weight": [0, 4096]})
    zoo.sd_models.model_data.sd_model = type("Flux2", (), {"filename": str(path)})()
    assert host.architecture() == "flux2-klein-9b"
    zoo.sd_models.model_data.sd_model = type("Flux2", (), {"filename": str(tmp_path / "gone.safetensors")})()
    assert host.architecture() == "flux2"


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf(path: Path, tensors: dict[str, tuple[int, ...]]) -> Path:
    """A GGUF header of version 3 with some values of every sort and these tensors, inputs first."""
    values = [
        text("general.architecture") + struct.pack("<I", 8) + text("brass"),
        text("some.list") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc"),
        text("some.numbers") + struct.pack("<IIQ", 9, 4, 3) + bytes(12),
        text("some.flag") + struct.pack("<I?", 7, True),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)) + b"".join(values)
    for name, shape in tensors.items():
        head += text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape[::-1])
        head += struct.pack("<IQ", 8, 0)
    path.write_bytes(head)
    return path


@pytest.mark.parametrize(
    ("tensors", "architecture"),
    [
        ({"double_blocks.0.img_attn.qkv.weight": (9216, 3072)}, "flux"),
        ({"blocks.0.cross_attn.k.weight": (5120, 5120)}, "wan-14b"),
        ({"layers.0.attention.qkv.weight": (11520, 3840)}, "z-image"),
        ({"blk.0.attn_q.weight": (4096, 4096)}, "other"),
    ],
)
def test_a_quantised_checkpoint_is_told_before_it_is_loaded(zoo, tmp_path, tensors, architecture):
    from tests.host.test_rewrite import choose_on_forge, shown_architecture

    zoo.sd_models.model_data.sd_model = object()
    choose_on_forge(zoo, gguf(tmp_path / "chosen.gguf", tensors))
    assert shown_architecture(zoo) == architecture


@pytest.mark.parametrize(
    "damaged",
    [
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 2**50),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("list") + struct.pack("<IIQ", 9, 8, 2**62),
        b"GGUF" + struct.pack("<IQQ", 9, 0, 0),
        b"nothing of the kind",
    ],
)
def test_a_damaged_one_tells_nothing(zoo, tmp_path, damaged):
    from tests.host.test_rewrite import choose_on_forge, shown_architecture

    path = tmp_path / "chosen.gguf"
    path.write_bytes(damaged)
    zoo.sd_models.model_data.sd_model = object()
    choose_on_forge(zoo, path)
    assert shown_architecture(zoo) == "any"


def test_a_checkpoint_that_is_not_known_gets_nothing_and_the_note_says_why(zoo):
    zoo.generate("a fox", checkpoint=type("SanaPipeline", (), {"name": "toy"})())
    assert zoo.core.asked[-1][1].architecture == "other"
