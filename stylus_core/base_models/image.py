"""The base models that draw pictures with a transformer."""

from __future__ import annotations

from stylus_core.base_models.entry import BaseModel, Size, generation_above
from stylus_core.base_models.tensors import TensorEvidence
from stylus_core.base_models.unet import FIRST_OF_SEVERAL, SECOND_TEXT

_SECOND = generation_above(1)
_BLOCKS = ("\ndouble_blocks_0_", "\nsingle_blocks_0_", "\nsingle_transformer_blocks_0_")
#: Modules of these blocks that read what the block reads.
_READING = (
    *("img_attn_qkv", "txt_attn_qkv", "img_attn_q_", "txt_attn_q_", "img_attn_proj", "txt_attn_proj"),
    *("img_mlp_0", "txt_mlp_0", "img_mlp_fc1", "single_blocks_0_linear1", "processor_qkv_lora", "processor_proj_lora"),
    *("single_blocks_0_modulation", "attn_to_q", "attn_to_k", "attn_to_v", "_proj_mlp", "attn_to_qkv_mlp_proj"),
    *("ff_net_0_proj", "ff_context_net_0_proj", "attn_to_out_0", "attn_to_add_out"),
    *("blocks_0_qkv_proj", "norm_linear", "img_mod_lin", "attn_add_q_proj", "attn_add_k_proj", "attn_add_v_proj"),
)
_SD3_READING = (*_READING, "_block_attn_qkv", "_block_attn_proj", "_block_mlp_fc1", "_block_adaLN_modulation")
_JOINT = ("\ntransformer_blocks_0_attn_", "\ntransformer_blocks_0_qkv_proj")
_FLUX_BLOCKS = TensorEvidence(any=_BLOCKS, of=_READING, widths=(3072,), untold=True)
#: Attention over picture and text together, of which diffusers calls that of every base the same.
_JOINT_3072 = TensorEvidence(any=_JOINT, of=_READING, widths=(3072,), untold=True)
_QWEN_BLOCKS = ("_img_mlp_net_", "_txt_mlp_net_", "blocks_0_img_mod_1", "blocks_0_txt_mod_1")
_FLUX_JOINT = TensorEvidence(any=_JOINT, lacks=_QWEN_BLOCKS, of=_READING, widths=(3072,), untold=True)

_LAYERS = ("\nlayers_0_attention_", "\nlayers_0_feed_forward_", "\nnoise_refiner_", "\ncontext_refiner_")
_LAYERS_READING = (
    *("attention_qkv", "attention_to_q", "attention_to_k", "attention_to_v", "attention_out", "attention_to_out"),
    *("feed_forward_w1", "feed_forward_w3"),
)

SD3 = BaseModel(
    name="sd3",
    label="Stable Diffusion 3 and 3.5",
    stated=r"\b(?:sd|stable ?diffusion) ?v?3(?:[ .]?5)?(?:m|l)?\b",
    proofs=(
        TensorEvidence(any=("joint_blocks_0_",)),
        TensorEvidence(any=_JOINT, of=_READING, widths=(1536, 2432)),
    ),
    possible=(TensorEvidence(any=_JOINT, of=_READING, widths=(1536, 2432), untold=True), FIRST_OF_SEVERAL, SECOND_TEXT),
    like=("qwen-image", "flux", "sdxl"),
    checkpoint=(
        TensorEvidence(any=("joint_blocks_0_x_block",)),
        TensorEvidence(any=_JOINT, of=_READING, widths=(1536, 2432)),
    ),
    hosts=r"^sd3|stablediffusion3",
    sizes=(
        Size("medium", r"\bmedium\b|\bsd3 ?m\b|\b3(?:.5)?m\b", (TensorEvidence(of=_SD3_READING, widths=(1536,)),)),
        Size("large", r"\blarge\b|\b3(?:.5)?l\b", (TensorEvidence(of=_SD3_READING, widths=(2432,)),)),
    ),
)
FLUX = BaseModel(
    name="flux",
    label="Flux.1 (Dev, Schnell, Kontext, Krea)",
    stated=r"\bflux(?:[ .]?1(?!\d)|\b(?![ .]?\d)|(?!\d)[a-z])|\bflex[ .]?[12]\b",
    proofs=(
        _FLUX_BLOCKS,
        TensorEvidence(
            any=(
                "\ntransformer_blocks_0_ff_context_",
                "\ntransformer_blocks_0_norm1_",
                "\ntransformer_blocks_0_mlp_fc",
            ),
            of=_READING,
            widths=(3072,),
            untold=True,
        ),
    ),
    possible=(_FLUX_JOINT, FIRST_OF_SEVERAL),
    like=("qwen-image",),
    checkpoint=(TensorEvidence(any=_BLOCKS, of=_READING, widths=(3072,), untold=True),),
    hosts=r"flux(?![._]?[23])|^f1$|flex[12]",
    copied=True,
    rank=1,
)
FLUX2 = BaseModel(
    name="flux2",
    label="Flux.2",
    stated=r"\bflux[ .]?2(?!\d)|\bf2 ?klein|\bklein\b",
    proofs=(
        TensorEvidence(any=("to_qkv_mlp_proj", "stream_modulation", "_ff_linear_in", "_ff_context_linear_in")),
        TensorEvidence(any=_BLOCKS, of=_READING, widths=(4096, 6144)),
        TensorEvidence(any=_BLOCKS, of=("img_mlp_0", "txt_mlp_0"), outputs=(18432,)),
        TensorEvidence(any=_BLOCKS, of=("single_blocks_0_linear1",), outputs=(27648,)),
        TensorEvidence(any=_BLOCKS, of=("single_blocks_0_linear2",), widths=(12288, 16384, 24576)),
        TensorEvidence(any=_BLOCKS, of=("img_mlp_2", "txt_mlp_2"), widths=(9216, 18432)),
        TensorEvidence(
            any=("\nsingle_transformer_blocks_0_attn_to_out_l",)
        ),  # where Flux.1 has `proj_out`, others `to_out.0`
        TensorEvidence(any=_JOINT, of=_READING, widths=(4096, 6144)),
    ),
    possible=(_FLUX_BLOCKS, _FLUX_JOINT),
    like=("flux", "qwen-image"),
    checkpoint=(
        TensorEvidence(any=("double_stream_modulation",)),
        TensorEvidence(any=_BLOCKS, of=_READING, widths=(4096, 6144)),
    ),
    hosts=r"flux[._]?2|^f2$|klein",
    sizes=(
        Size("klein-4b", r"\b4b\b", (TensorEvidence(of=_READING, widths=(3072,)),)),
        Size("klein-9b", r"\b9b\b", (TensorEvidence(of=_READING, widths=(4096,)),)),
        Size("dev", r"\bdev\b|\bflux[ .]2 d\b", (TensorEvidence(of=_READING, widths=(6144,)),)),
    ),
)
CHROMA = BaseModel(
    name="chroma",
    label="Chroma",
    stated=rf"(?<!zeta )\bchroma(?:1|\b)(?!{_SECOND})",
    proofs=(TensorEvidence(any=("distilled_guidance_layer",)),),
    possible=(_FLUX_BLOCKS, _FLUX_JOINT),
    like=("flux", "qwen-image"),
    checkpoint=(TensorEvidence(any=("distilled_guidance_layer",)),),
    hosts=r"(?<!zeta)chroma(?![2-9])",
)
HUNYUAN_IMAGE = BaseModel(
    name="hunyuan-image",
    label="HunyuanImage 2.1",
    stated=rf"\bhunyuan ?image(?! ?3|{generation_above(2)})",
    proofs=(TensorEvidence(any=_BLOCKS, of=_READING, widths=(3584,)),),
    possible=(_FLUX_BLOCKS, TensorEvidence(any=_JOINT, of=_READING, widths=(3584,))),
    like=("flux",),
    checkpoint=(TensorEvidence(any=_BLOCKS, of=_READING, widths=(3584,)),),
    hosts=r"hunyuanimage(?!3)",
)
AURAFLOW = BaseModel(
    name="auraflow",
    label="AuraFlow (Pony V7)",
    stated=rf"\baura ?flow(?!{_SECOND})|\bpony ?v? ?7\b",
    proofs=(
        TensorEvidence(any=("\njoint_transformer_blocks_0_", "\ndouble_layers_0_", "\nsingle_layers_0_")),
        TensorEvidence(any=("_blocks_0_ff_linear_1", "_blocks_0_ff_linear_2", "_blocks_0_ff_context_linear_1")),
    ),
    possible=(_FLUX_BLOCKS,),
    like=("flux",),
    checkpoint=(TensorEvidence(any=("\njoint_transformer_blocks_0_", "double_layers_0_attn_w1q")),),
    hosts=r"auraflow",
)
QWEN_IMAGE = BaseModel(
    name="qwen-image",
    label="Qwen-Image and Qwen-Image-Edit",
    stated=rf"\bqwen(?! qwen\b)(?!(?: ?image(?: ?edit)?(?: ?plus)?)?{_SECOND})",
    proofs=(
        TensorEvidence(any=_QWEN_BLOCKS),
        _JOINT_3072,
    ),
    checkpoint=(
        TensorEvidence(any=("txt_norm_weight",), has=("\ntransformer_blocks_0_attn_add_k_proj",)),
        TensorEvidence(any=("blocks_0_img_mod_1",)),
        TensorEvidence(any=("\ntransformer_blocks_0_attn_add_k_proj",), of=("txt_in_weight",), widths=(3584,)),
    ),
    hosts=r"qwen(?!.?[23]|21|[._-]?image[._-]?2)",
    copied=True,
    rank=2,
)
Z_IMAGE = BaseModel(
    name="z-image",
    label="Z-Image",
    stated=rf"\bz ?image(?!{_SECOND})",
    proofs=(TensorEvidence(any=_LAYERS, of=_LAYERS_READING, widths=(3840,), untold=True),),
    possible=(TensorEvidence(any=("lora_te_layers_0_",), widths=(2560,)),),
    checkpoint=(TensorEvidence(any=_LAYERS, of=_LAYERS_READING, widths=(3840,)),),
    hosts=r"z[_-]?image(?![2-9])",
    copied=True,
    rank=1,
)
LUMINA2 = BaseModel(
    name="lumina2",
    label="Lumina Image 2 (Neta, NetaYume)",
    stated=rf"\blumina(?! ?next|(?: ?image)?{generation_above(2)})|\bneta ?(?:yume|lumina)",
    proofs=(
        TensorEvidence(any=_LAYERS, of=_LAYERS_READING, widths=(2304,)),
        TensorEvidence(any=("\nlayers_0_attn_to_",), of=("attn_to_q", "attn_to_k", "attn_to_v"), widths=(2304,)),
        TensorEvidence(any=_LAYERS, of=("feed_forward_w2",), widths=(9216,)),
    ),
    possible=(
        TensorEvidence(any=_LAYERS, of=_LAYERS_READING, widths=(2304,), untold=True),
        TensorEvidence(any=("lora_te_layers_0_",), widths=(2304,)),
    ),
    like=("z-image",),
    checkpoint=(TensorEvidence(any=_LAYERS, of=_LAYERS_READING, widths=(2304,)),),
    hosts=r"lumina2|lumina_?2|^lumina$",
)
ERNIE_IMAGE = BaseModel(
    name="ernie-image",
    label="ERNIE-Image",
    stated=rf"\bernie(?!(?: ?image)?{_SECOND})",
    proofs=(TensorEvidence(any=("\nlayers_0_self_attention_",)),),
    checkpoint=(TensorEvidence(any=("\nlayers_0_self_attention_to_q",)),),
    hosts=r"ernie(?:image)?(?![2-9]|image)",
)
HIDREAM = BaseModel(
    name="hidream",
    label="HiDream I1 and E1",
    stated=rf"\bhi ?dream(?! ?o1|(?: ?[ie])?{_SECOND})",
    proofs=(TensorEvidence(any=("double_stream_blocks_0_", "single_stream_blocks_0_", "caption_projection_0_linear")),),
    possible=(FIRST_OF_SEVERAL,),
    checkpoint=(TensorEvidence(any=("double_stream_blocks_0_block_attn1", "caption_projection_0_linear_weight")),),
    hosts=r"hidream(?!o1)|^h1$",
)
ANIMA = BaseModel(
    name="anima",
    label="Anima",
    stated=rf"\banima(?:\b(?!{_SECOND})|preview)",
    proofs=(
        TensorEvidence(any=("llm_adapter_", "\ntext_conditioner_")),
        TensorEvidence(any=("\ntransformer_blocks_0_attn2_to_k", "\ntransformer_blocks_0_attn2_to_v"), widths=(1024,)),
        TensorEvidence(
            any=(
                *(f"\nblocks_0_{a}_attn_{m}" for a in ("cross", "self") for m in ("q_proj", "k_proj", "v_proj")),
                *("\nblocks_0_cross_attn_output_proj", "\nblocks_0_self_attn_output_proj", "\nblocks_0_mlp_layer"),
                *("\nblocks_0_adaln_modulation",),
            ),
            of=("attn_q_proj", "self_attn_k_proj", "self_attn_v_proj", "attn_output_proj", "mlp_layer1", "adaln_"),
            widths=(2048,),
            untold=True,
        ),
    ),
    possible=(TensorEvidence(any=("lora_te_layers_0_",), widths=(1024,), untold=True),),
    checkpoint=(TensorEvidence(any=("llm_adapter_", "\nblocks_0_mlp_layer1"), lacks=("logvar",)),),
    hosts=r"^anima(?!tediff|tion|[2-9])",
)
KREA_2 = BaseModel(
    name="krea-2",
    label="Krea 2",
    stated=r"(?<!flux.1 )\bkrea ?2\b|^krea$",
    proofs=(
        TensorEvidence(
            any=("txtfusion_", "\ntext_fusion_", "\nblocks_0_attn_gate", "\ntransformer_blocks_0_attn_to_gate")
        ),
        TensorEvidence(any=tuple(f"\nblocks_0_attn_w{m}" for m in "qkvo")),
        TensorEvidence(any=tuple(f"\nblocks_0_mlp_{m}_" for m in ("up", "gate", "down"))),
        TensorEvidence(any=tuple(f"\ntransformer_blocks_0_ff_{m}_" for m in ("up", "gate", "down"))),
    ),
    possible=(TensorEvidence(any=_JOINT, of=_READING, widths=(6144,)),),
    like=("flux2",),
    checkpoint=(TensorEvidence(any=("txtfusion_", "\ntext_fusion_", "\nblocks_0_attn_wq", "_attn_to_gate")),),
    hosts=r"krea[._]?2?$|krea2",
    rank=-1,
)
PIXART = BaseModel(
    name="pixart",
    label="PixArt α and Σ",
    stated=rf"\bpixart(?!{_SECOND})",
    proofs=(
        TensorEvidence(any=("\ntransformer_blocks_0_attn1_", "\ntransformer_blocks_0_attn2_"), widths=(1152,)),
        TensorEvidence(any=("cross_attn_kv_linear", "\ny_embedder_y_proj", "\nt_block_1")),
    ),
    possible=(
        TensorEvidence(any=("adaln_single", "caption_projection")),
        TensorEvidence(any=("blocks_0_attn_qkv",), widths=(1152,)),
    ),
    checkpoint=(
        TensorEvidence(has=("adaln_single",), any=("pos_embed_proj",)),
        TensorEvidence(any=("\nt_block_1_weight", "cross_attn_kv_linear")),
    ),
    hosts=r"pixart",
    copied=True,
)
HUNYUAN_DIT = BaseModel(
    name="hunyuan-dit",
    label="HunyuanDiT",
    stated=r"\bhunyuan ?(?:1\b|dit)|\bhydit\b|^hunyuan$",
    proofs=(
        TensorEvidence(any=("attn1_Wqkv", "attn2_kv_proj", "\nblocks_0_attn2_q_proj", "default_modulation")),
        TensorEvidence(
            any=("\nblocks_0_attn1_to_", "\nblocks_0_attn2_to_"), of=("attn1_to_", "attn2_to_q"), widths=(1408,)
        ),
    ),
    checkpoint=(TensorEvidence(any=("mlp_t5_0_weight", "attn1_Wqkv")),),
    hosts=r"hunyuandit|hydit",
)
