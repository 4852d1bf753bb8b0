"""The base models that make films; several are used for single pictures, too."""

from __future__ import annotations

from stylus_core.base_models.entry import BaseModel, Size, generation_above
from stylus_core.base_models.tensors import TensorEvidence
from stylus_core.base_models.unet import FIRST_OF_SEVERAL

_DOUBLE = ("\ndouble_blocks_0_", "\nsingle_blocks_0_")
_DOUBLE_READING = (
    "img_attn_qkv",
    "txt_attn_qkv",
    "img_attn_q_",
    "txt_attn_q_",
    "img_mlp_fc1",
    "txt_mlp_fc1",
    "linear1",
)
_FRAMEPACK = TensorEvidence(any=("\ntransformer_blocks_0_attn_", "\nsingle_transformer_blocks_0_"))

HUNYUAN_VIDEO = BaseModel(
    name="hunyuan-video",
    label="HunyuanVideo and FramePack",
    stated=rf"\bhunyuan ?video(?!{generation_above(1)})|\bframe ?pack|\bskyreels\b(?! ?v2)",
    proofs=(
        TensorEvidence(any=("individual_token_refiner", "token_refiner_refiner_blocks")),
        TensorEvidence(
            any=("img_mlp_fc1", "txt_mlp_fc1", "_img_mod_linear", "_modulation_linear"), has=("_blocks_0_",)
        ),
        TensorEvidence(any=_DOUBLE, written=r"\.(?:img|txt)_attn_(?:qkv|proj)\."),  # where Flux has `img_attn.qkv`
        TensorEvidence(any=_DOUBLE, of=_DOUBLE_READING, widths=(2048,)),
    ),
    possible=(
        TensorEvidence(any=_DOUBLE, of=_DOUBLE_READING, widths=(2048, 3072), untold=True),
        _FRAMEPACK,
        FIRST_OF_SEVERAL,
    ),
    like=("flux", "qwen-image"),
    checkpoint=(TensorEvidence(any=("individual_token_refiner",)),),
    hosts=r"hunyuanvideo|hunyuanskyreels|framepack",
    sizes=(
        Size("1.5", r"\b1\.5\b|\b1 5\b|video15", (TensorEvidence(any=_DOUBLE, of=_DOUBLE_READING, widths=(2048,)),)),
    ),
)

_WAN = (
    *(f"\nblocks_0_{a}_attn_{m}_" for a in ("self", "cross") for m in "qkvo"),
    *("\nblocks_0_ffn_0_", "\nblocks_0_ffn_net_", "\nvace_blocks_0_"),
    *("\nblocks_0_attn1_to_", "\nblocks_0_attn2_to_", "\nblocks_0_attn2_add_", "\nblocks_0_ffn_2_"),
    *("_cross_attn_k_img_", "_cross_attn_v_img_"),
)
_WAN_READING = (
    *(
        "self_attn_q_",
        "self_attn_k_",
        "self_attn_v_",
        "self_attn_o_",
        "cross_attn_q_",
        "cross_attn_k_",
        "cross_attn_v_",
    ),
    *("attn1_to_q", "attn1_to_k", "attn1_to_v", "attn2_to_q", "attn2_to_k", "attn2_to_v", "ffn_net_0_proj", "ffn_0_"),
)
#: How other transformers with such blocks call their attention.
_PROJECTED = ("attn_q_proj", "attn_k_proj", "attn_v_proj", "attn_output_proj", "attn2_q_proj")
_WAN_WIDTHS = (1536, 3072, 5120)
WAN = BaseModel(
    name="wan",
    label="Wan 2.1 and 2.2",
    # Of the versions after 2.2 there are no weights: what is called so is something else.
    stated=rf"\bwan(?![a-z ]* ?2\.?[3-9]\b|(?: ?video)?{generation_above(2)})(?:\b|\d| ?video| ?ai)"
    r"|\bskyreels ?v2|\bvace\b",
    proofs=(TensorEvidence(any=_WAN, lacks=_PROJECTED, of=_WAN_READING, widths=_WAN_WIDTHS, untold=True),),
    checkpoint=(
        TensorEvidence(any=("head_modulation",), has=("\nblocks_0_",)),
        TensorEvidence(any=_WAN, of=_WAN_READING, widths=_WAN_WIDTHS),
    ),
    hosts=r"^wan|wan(?:ai|video|vace|image|pipeline)|\bwan2|skyreelsv2",
    sizes=(
        Size("1.3b", r"\b1\.3b\b", (TensorEvidence(of=_WAN_READING, widths=(1536,)),)),
        Size("5b", r"\b(?:ti2v )?5b\b", (TensorEvidence(of=_WAN_READING, widths=(3072,)),)),
        Size("14b", r"\ba?14b\b", (TensorEvidence(of=_WAN_READING, widths=(5120,)),)),
    ),
    rank=1,
)

_LTX = ("\ntransformer_blocks_0_attn1_", "\ntransformer_blocks_0_attn2_")
LTX = BaseModel(
    name="ltx",
    label="LTX-Video and LTX-2",
    stated=rf"\bltx(?!(?:v| ?video)?{generation_above(2)})",
    proofs=(
        TensorEvidence(any=("_audio_attn", "audio_to_video_attn", "video_to_audio_attn", "\npatchify_proj")),
        TensorEvidence(
            has=("\ntransformer_blocks_0_attn2_",),
            lacks=("attn1_add_k_proj",),
            of=("attn1_to_", "attn2_to_", "ff_net_0_proj"),
            widths=(2048, 4096),
        ),
    ),
    possible=(TensorEvidence(any=_LTX),),
    checkpoint=(
        TensorEvidence(has=("adaln_single",), any=("patchify_proj",)),
        TensorEvidence(any=("audio_to_video_attn",)),
    ),
    hosts=r"ltx",
    sizes=(
        Size(
            "2",
            r"\bltx ?v?[ .]?2",
            (TensorEvidence(any=("_audio_attn", "audio_to_video_attn", "video_to_audio_attn")),),
        ),
        Size("13b", r"\b13b\b"),
        Size("2b", r"\b2b\b", (TensorEvidence(of=("attn1_to_q", "attn1_to_k", "attn2_to_q"), widths=(2048,)),)),
    ),
    copied=True,
)
MOCHI = BaseModel(
    name="mochi",
    label="Mochi 1",
    stated=rf"\bmochi(?:video)?\b(?!{generation_above(1)})",
    proofs=(
        TensorEvidence(any=("attn1_add_k_proj", "attn1_add_q_proj", "blocks_0_attn_qkv_x", "blocks_0_attn_qkv_y")),
    ),
    possible=(TensorEvidence(any=_LTX),),
    like=("ltx", "cogvideo"),
    checkpoint=(TensorEvidence(any=("t5_yproj", "blocks_0_attn_qkv_x")),),
    hosts=r"mochi",
)
COGVIDEO = BaseModel(
    name="cogvideo",
    label="CogVideoX",
    stated=rf"\bcog ?video(?!x?{generation_above(1)})",
    proofs=(
        TensorEvidence(
            any=("\ntransformer_blocks_0_attn1_",),
            lacks=("_attn2_", "attn1_add_k_proj"),
            of=("attn1_to_q", "attn1_to_k", "attn1_to_v"),
            widths=(1920, 3072),
        ),
    ),
    possible=(TensorEvidence(any=_LTX),),
    like=("ltx",),
    checkpoint=(TensorEvidence(any=("patch_embed_text_proj",), of=("attn1_to_q",), widths=(1920, 3072)),),
    hosts=r"cogvideo",
    sizes=(
        Size("2b", r"\b2b\b", (TensorEvidence(of=("attn1_to_q", "attn1_to_k", "attn1_to_v"), widths=(1920,)),)),
        Size("5b", r"\b5b\b", (TensorEvidence(of=("attn1_to_q", "attn1_to_k", "attn1_to_v"), widths=(3072,)),)),
    ),
)
