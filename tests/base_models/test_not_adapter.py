"""What lies among the adapters and is none is told by its tensors, listed as what it is, and never indexed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.base_models.not_adapter import not_adapter
from tests.base_models.modules import Shapes
from tests.library.build import safetensors

OTHERS: dict[str, tuple[str, Shapes]] = {
    "sd1_token": ("a textual inversion embedding", {"emb_params": (3, 768)}),
    "xl_token": ("a textual inversion embedding", {"clip_g": (2, 1280), "clip_l": (2, 768)}),
    "diffusers_token": ("a textual inversion embedding", {"<my-thing>": (1, 768)}),
    "ldm_vae": ("a VAE", {"first_stage_model.decoder.up.0.block.0.conv1.weight": (128, 256, 3, 3)}),
    "diffusers_vae": ("a VAE",
        {"decoder.up_blocks.0.resnets.0.conv1.weight": (512, 512, 3, 3), "quant_conv.bias": (8,)}),
    "flux_vae": ("a VAE",
        {"decoder.mid.block_1.conv1.weight": (512, 512, 3, 3), "decoder.conv_in.weight": (512, 16, 3, 3)}),
    "wan_vae": ("a VAE",
        {"decoder.middle.0.residual.0.gamma": (384,), "decoder.upsamples.0.residual.2.weight": (4, 4, 3)}),
    "cnet": ("a ControlNet", {"control_model.input_hint_block.0.weight": (16, 3, 3, 3)}),
    "cnet_flux": ("a ControlNet",
        {"controlnet_x_embedder.weight": (3072, 64), "transformer_blocks.0.attn.to_q.weight": (9, 9)}),
    "control_lora": ("a ControlNet", {"lora_controlnet": (0,), "input_blocks.4.1.proj_in.down": (16, 640)}),
    "face": ("an IP-Adapter", {"image_proj.latents": (1, 16, 1280), "ip_adapter.3.to_v_ip.weight": (640, 2048)}),
    "face_lora": ("an IP-Adapter",
        {"ip_adapter.3.to_v_ip.weight": (640, 2048), "ip_adapter.0.to_q_lora.down.weight": (8, 9)}),
    "sketch": ("a T2I-Adapter", {"body.0.block1.weight": (320, 320, 3, 3), "conv_in.weight": (320, 64, 3, 3)}),
    "whole_xl": ("a checkpoint",
        {"model.diffusion_model.out.2.weight": (4, 320, 3, 3), "conditioner.embedders.0.x": (3,)}),
    "unet_only": ("a checkpoint", {"down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048)}),
    "dit_only": ("a checkpoint", {"model.diffusion_model.double_blocks.0.img_attn.qkv.weight": (9216, 3072)}),
    "clip": ("a text or image encoder", {"text_model.encoder.layers.0.mlp.fc1.weight": (3072, 768)}),
    "t5": ("a text or image encoder", {"encoder.block.3.layer.0.SelfAttention.k.weight": (4096, 4096)}),
    "qwen_text": ("a text or image encoder", {"model.layers.0.self_attn.q_proj.weight": (2560, 2560)}),
    "clip_vision": ("a text or image encoder", {"vision_model.encoder.layers.0.mlp.fc1.weight": (4, 4)}),
    "upscale": ("an upscaler", {"model.0.weight": (64, 3, 3, 3), "model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)}),
    "strange": ("a model of an unknown kind", {"stem.kernel": (9, 9), "head.kernel": (9, 9)}),
}  # fmt: skip

ADAPTERS: dict[str, Shapes] = {
    "kohya": {"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (8, 768)},
    "peft_text": {"text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight": (8, 768)},
    "processor":
        {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_k_lora.down.weight": (4, 320)},
    "locon_of_the_vae": {"lora_vae_decoder_conv_in.lora_down.weight": (4, 4, 3, 3)},
    "hada": {"lora_unet_mid_block_proj_in.hada_w1_a": (9, 4)},
    "kron": {"lycoris_down_blocks_0_x.lokr_w2": (9, 4)},
    "orthogonal": {"lora_unet_mid_block_proj_in.oft_diag": (9, 4, 4)},
    "bundled_words": {"bundle_emb.word.clip_l": (2, 768), "lora_unet_x.lora_down.weight": (4, 8)},
    "ia3": {"lora_unet_down_blocks_1_x_to_k.weight": (768,), "lora_unet_down_blocks_1_x_to_k.on_input": ()},
    "norms": {"diffusion_model.blocks.0.norm3.diff": (5120,), "diffusion_model.blocks.0.norm3.diff_b": (5120,)},
    "generalised": {"lora_unet_x.a1.weight": (4, 8), "lora_unet_x.b2.weight": (8, 4)},
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_adapter(name: str) -> None:
    kind, shapes = OTHERS[name]
    assert not_adapter(shapes) == kind


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_is_one(name: str) -> None:
    assert not_adapter(ADAPTERS[name]) == ""


def test_it_is_listed_with_the_reason_and_never_picked(tmp_path: Path) -> None:
    library = tmp_path / "loras"
    for name, (_, shapes) in OTHERS.items():
        if name in ("sd1_token", "ldm_vae", "cnet", "clip"):
            safetensors(
                library / f"brass {name}.safetensors", {}, {n: tuple(min(d, 9) for d in s) for n, s in shapes.items()}
            )
    safetensors(library / "brass_lamp.safetensors")
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        assert [a.stem for a in stylus.adapters()] == ["brass_lamp"]
        found = {p.path.rsplit("brass ")[-1]: (p.status, p.reason) for p in stylus.problems()}
        assert found["ldm_vae.safetensors"] == (
            "no-adapter",
            "it is a VAE and no adapter: it belongs into another folder",
        )
        assert {status for status, _ in found.values()} == {"no-adapter"} and len(found) == 4
        picked = stylus.select("a brass ldm vae, brass cnet", {"composer": "retriever", "max_adapters": 10}).picks
        assert [p.name for p in picked] == ["brass_lamp"]
