"""The base models with a UNet: Stable Diffusion until XL, and what was made of its layout."""

from __future__ import annotations

from stylus_core.base_models.entry import BaseModel, generation_above
from stylus_core.base_models.tensors import TensorEvidence

_CROSS = ("attn2_to_k", "attn2_to_v", "attn2_processor_to_k", "attn2_processor_to_v")
_UNET = ("_attentions_0_", "input_blocks_0_", "output_blocks_0_", "middle_block_", "mid_block_", "down_blocks_0_")
#: In the UNet of SDXL the outermost level has no attention, in that of SD1 and SD2 the innermost has none.
_OUTERMOST = TensorEvidence(
    any=_UNET,
    written=r"(?:down_blocks[._]0|up_blocks[._]3)[._]attentions"
    r"|(?:input_blocks[._][12]|output_blocks[._](?:9|10|11))[._]1[._]",
)
_DEEP = TensorEvidence(
    any=_UNET, written=r"(?:attentions[._]\d{1,2}|_block(?:s[._]\d{1,2})?[._]1)[._]transformer_blocks[._][1-9]"
)
_WIDE = TensorEvidence(any=_UNET, of=_CROSS, widths=(2048,))
SECOND_TEXT = TensorEvidence(
    any=("lora_te2_text_model", "text_encoder_2_text_model", "_clip_g"),
    of=tuple(f"_text_model_encoder_layers_0_{m}" for m in ("self_attn_q", "self_attn_k", "self_attn_v", "mlp_fc1")),
    widths=(1280,),
    untold=True,
)
_SOME_UNET = {width: TensorEvidence(any=_UNET, of=_CROSS, widths=(width,), untold=True) for width in (768, 1024, 2048)}
#: CLIP's text encoder alone, as it is called where there are several: SDXL, SD3 and Flux have it.
FIRST_OF_SEVERAL = TensorEvidence(any=("lora_te1_text_model",))
_FIRST_TEXT = tuple(
    f"lora_te_text_model_encoder_layers_0_{m}"
    for m in ("self_attn_q_proj", "self_attn_k_proj", "self_attn_v_proj", "self_attn_out_proj", "mlp_fc1")
)

SD1 = BaseModel(
    name="sd1",
    label="Stable Diffusion 1",
    stated=r"\b(?:sd|stable ?diffusion) ?v?1(?:[ .]?[0-5])?\b|\bv1 5\b",
    proofs=(
        TensorEvidence(any=_UNET, of=_CROSS, widths=(768,)),
        TensorEvidence(any=_FIRST_TEXT, widths=(768,)),
        _OUTERMOST,
    ),
    possible=(_SOME_UNET[768], FIRST_OF_SEVERAL),
    checkpoint=(TensorEvidence(any=_UNET, of=_CROSS, widths=(768,)),),
    hosts=r"^sd(?:1|15)?$|^stablediffusion|latentconsistency|instaflow|animatediff",
    rank=5,
)
SD2 = BaseModel(
    name="sd2",
    label="Stable Diffusion 2",
    stated=r"\b(?:sd|stable ?diffusion) ?v?2(?:[ .]?[01])?\b|\bv2 1\b",
    proofs=(TensorEvidence(any=_UNET, of=_CROSS, widths=(1024,)), TensorEvidence(any=_FIRST_TEXT, widths=(1024,))),
    possible=(_SOME_UNET[1024],),
    like=("sd1",),
    checkpoint=(TensorEvidence(any=_UNET, lacks=("time_stack", "temporal_transformer"), of=_CROSS, widths=(1024,)),),
    hosts=r"^sd2|stablediffusion2",
    rank=4,
)
SDXL = BaseModel(
    name="sdxl",
    label="Stable Diffusion XL (Pony, Illustrious, NoobAI, Animagine)",
    stated=r"sdxl|sd xl|stable diffusion xl|xl\b|xlvpred|pony|illustrious|noob|animagine",
    proofs=(
        _WIDE,
        SECOND_TEXT,
        _DEEP,
        TensorEvidence(any=("label_emb_0_0", "add_embedding_linear_1"), widths=(2816,)),
    ),
    possible=(_SOME_UNET[2048], FIRST_OF_SEVERAL),
    checkpoint=(_WIDE, TensorEvidence(any=("conditioner_embedders_0_",))),
    hosts=r"sdxl|stablediffusionxl|mugen",
    rank=3,
)
CASCADE = BaseModel(
    name="cascade",
    label="Stable Cascade",
    stated=r"cascade|wuerstchen|w rstchen",
    proofs=(
        TensorEvidence(any=("kv_mapper", "_attention_attn_in_proj", "_attention_attn_out_proj")),
        TensorEvidence(written=r"(?m)^lora_prior_(?:unet|te)_"),
    ),
    checkpoint=(TensorEvidence(any=("clip_txt_mapper", "clip_txt_pooled_mapper", "kv_mapper")),),
    hosts=r"cascade|wuerstchen|^sc$",
)
KOLORS = BaseModel(
    name="kolors",
    label="Kolors",
    stated=rf"\bkolors\b(?!{generation_above(1)})",
    proofs=(TensorEvidence(any=("encoder_hid_proj",), of=("encoder_hid_proj",), widths=(4096,)),),
    possible=(_WIDE, SECOND_TEXT, _DEEP, _SOME_UNET[2048]),
    like=("sdxl",),
    checkpoint=(TensorEvidence(has=("encoder_hid_proj_weight",), any=_UNET),),
    hosts=r"kolors",
)
