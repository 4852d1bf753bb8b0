"""Files that lie among the adapters and are none: told by their tensors, whatever their names say."""

from __future__ import annotations

import functools
import re

from stylus_core.base_models.tensors import Shapes, TensorEvidence, Tensors

#: What every kind of adapter that a `<lora:...>` tag can load has in the names of its tensors.
_ADAPTS = re.compile(
    r"(?m)lora_?[abAB0-9]*[._]|lora_(?:up|down|mid|magnitude)|_lora|hada_w|lokr_|(?:^|[._])b?oft_|dora_scale|\.on_input"
    r"|\.(?:a1|a2|b1|b2)\.weight|\.diff(?:_[bm])?$|\.(?:w_norm|b_norm|set_weight)$"
    r"|vera_|ia3_l|bone_block|miss_block|fourierft_|hra_u|randlora_|shira_"  # PEFT's other methods
)

#: Models that need a picture, or steer one: some are made of low-rank pairs as well, so they are told first.
_GUIDES: tuple[tuple[str, TensorEvidence], ...] = (
    (
        "a ControlNet",
        TensorEvidence(
            any=(
                *("controlnet_", "control_model_", "input_hint_block", "\nzero_convs_", "lora_controlnet", "\nlllite_"),
                *(
                    f"\ncontrol_{m}"
                    for m in ("layers_", "blocks_", "noise_refiner", "all_x_embedder", "img_in", "x_emb")
                ),
                *("\ncontrol_transformer_blocks", "instantx_"),
            )
        ),
    ),
    (
        "an IP-Adapter",
        TensorEvidence(
            any=("\nip_adapter", "_ip_adapter_", "\nimage_proj_", "_to_k_ip", "_to_v_ip", "pulid", "instantid")
        ),
    ),
    ("a model of identities", TensorEvidence(any=("\nid_encoder_", "\npmid_"))),
    (
        "a checkpoint",
        TensorEvidence(any=("_qweight", "_wscales", "_smooth_factor")),
    ),  # quantised, with low-rank corrections
)
_MODELS: tuple[tuple[str, TensorEvidence], ...] = (
    (
        "a T2I-Adapter",
        TensorEvidence(any=("\nadapter_body_", "\nadapter_conv_in", "\nbody_0_resnets_", "\nbody_0_block1")),
    ),
    (
        "a checkpoint",
        TensorEvidence(
            any=("cond_stage_model_", "conditioner_embedders_", "\ntext_encoders_"),
            written=r"(?m)^(?:model\.diffusion_model\.|first_stage_model\.|vae\.)",
        ),
    ),
    ("a VAE", TensorEvidence(any=("first_stage_model_", "\nvae_"), lacks=("_attentions_0_transformer_blocks",))),
    (
        "a VAE",
        TensorEvidence(
            any=(
                *("\ndecoder_conv_in", "\nencoder_conv_in", "\npost_quant_conv", "\nquant_conv", "\ndecoder_mid_"),
                *("\nencoder_down_blocks_0_", "\ndecoder_up_blocks_0_", "\ndecoder_layers_0_", "\nencoder_down_0_"),
                *("\ndecoder_upsamples_0_", "\nencoder_downsamples_0_", "\ndecoder_head_", "\ndecoder_conv1"),
            )
        ),
    ),
    (
        "a text or image encoder",
        TensorEvidence(
            any=(
                *("text_model_encoder_", "_SelfAttention_", "vision_model_", "\nvisual_", "\nshared_weight"),
                *("\nmodel_layers_0_", "\nlm_head", "\nmodel_embed_tokens", "\ntransformer_resblocks_0_", "\nroberta_"),
                *("\nbert_", "\nlanguage_model_", "\nmodel_language_model_", "\nembeddings_patch_embeddings"),
            ),
        ),
    ),
    (
        "a checkpoint",
        TensorEvidence(
            any=(
                *("transformer_blocks_0_", "\ndouble_blocks_0_", "\nsingle_blocks_0_", "\njoint_blocks_0_"),
                *("\nblocks_0_", "\nlayers_0_", "input_blocks_0_", "down_blocks_0_", "double_stream_blocks_0_"),
                *("kv_mapper", "single_transformer_blocks_0_", "\ndouble_layers_0_"),
            )
        ),
    ),
    (
        "an upscaler",
        TensorEvidence(any=("\nbody_0_rdb1", "\nmodel_0_weight", "\nconv_first", "\nmodel_0_sub_0_", "\nbody_0_")),
    ),
)
_TOKENS = re.compile(
    r"emb_params|string_to_param|clip_[lgh]|t5(?:xxl|_xxl)?|t5_encoder|qwen\w{0,20}|<.{1,80}>|\*|.{0,80}embedding"
)


def not_adapter(shapes: Shapes) -> str:
    """Says what a file is that is no adapter.

    Args:
        shapes: the shape of each of its tensors by name.

    Returns:
        "a VAE", "a checkpoint", ...; "" for an adapter, and for a file without tensors.
    """
    return (
        _told(tuple(shapes), tuple(shapes.values())) if shapes else ""
    )  # without tensors nothing tells that it is none


@functools.lru_cache(maxsize=32)
def _told(names: tuple[str, ...], sizes: tuple[tuple[int, ...], ...]) -> str:
    shapes = dict(zip(names, sizes, strict=True))
    tensors = Tensors(shapes)
    guide = next((kind for kind, evidence in _GUIDES if evidence.holds(tensors)), "")
    if guide:
        return guide
    if len(shapes) <= 6 and all(_TOKENS.fullmatch(name) and len(shape) <= 2 for name, shape in shapes.items()):
        return "a textual inversion embedding"
    if _ADAPTS.search(tensors.written):
        return ""
    found = next((kind for kind, evidence in _MODELS if evidence.holds(tensors)), "")
    return found or "a model of an unknown kind"
