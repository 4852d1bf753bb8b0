"""Which architecture an adapter is for, its family and its algorithm: from its tensors' names, and from what is said.

The tensors tell the truth where they tell anything; a statement decides only what they leave open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Shapes = Mapping[str, tuple[int, ...]]

# Statements about the base model, as Civitai, kohya's trainer, ModelSpec and the hosts' editors write them.
# First match wins, so the special come before the general.
_STATED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (architecture, re.compile(pattern, re.I))
    for architecture, pattern in (
        ("hunyuan", r"hunyuan|hydit"),
        ("flux", r"\bflux"),
        ("pixart", r"pixart"),
        ("cascade", r"cascade|wuerstchen|würstchen"),
        ("sd3", r"\bsd[ _-]?3|stable[ -]diffusion[ -]?(?:v)?3|^sd3"),
        ("sdxl", r"xl|pony|illustrious|noob|animagine"),
        ("sd2", r"\bsd[ _-]?v?2|stable[ -]diffusion[ -](?:v)?2|^sd_?v?2"),
        ("sd1", r"\bsd[ _-]?v?1|stable[ -]diffusion[ -](?:v)?1|^sd_?v?1|\bv1-5\b"),
        (
            "other",
            r"aura ?flow|kolors|lumina|playground|\bwan\b|ltxv?|mochi|cogvideo|chroma|qwen|hidream|svd|zimage",
        ),
    )
)

_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (family, re.compile(pattern, re.I))
    for family, pattern in (
        ("pony", r"pony|score_9"),
        ("noobai", r"noob"),
        ("illustrious", r"illustrious|wai[-_ ]?nsfw|\bilxl|illustxl"),
        ("animagine", r"animagine"),
        (
            "anime",
            r"\bnai\b|novelai|animefull|animesfw|anything|anylora|\bany[-_ ]?v?[3-5]|counterfeit|meina|orangemix",
        ),
        ("photo", r"realistic|photon|epicreal|chilloutmix|juggernaut|deliberate|cyberreal|realvis"),
    )
)

# Width of the text encoding that cross-attention reads.
_WIDTHS = {768: "sd1", 1024: "sd2", 2048: "sdxl"}


def stated_architecture(text: str) -> str:
    """The architecture that a statement such as "SD 1.5", "sdxl_base_v1-0" or "flux-1-dev/lora" names, or ""."""
    return next((architecture for architecture, pattern in _STATED if pattern.search(text)), "")


def family_of(*texts: str) -> str:
    """The family inside an architecture ("pony", "anime", ...) that the first telling text names, or ""."""
    for text in texts:
        for family, pattern in _FAMILIES:
            if pattern.search(text):
                return family
    return ""


def _either(*marks: str) -> tuple[str, ...]:
    """Each mark as kohya writes names (`a_0_b`) and as diffusers does (`a.0.b`)."""
    return tuple(dict.fromkeys((*marks, *(re.sub(r"_(?=\d)|(?<=\d)_", ".", mark) for mark in marks))))


# Plain substrings, because a header has thousands of names. First match wins.
_PROOFS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hunyuan", ("individual_token_refiner", "default_modulation", "attn1_Wqkv", "attn1.Wqkv")),
    ("flux", ("double_blocks", "single_blocks", "single_transformer_blocks")),
    ("sd3", ("joint_blocks", "context_block", "attn_add_k_proj", "attn.add_k_proj")),
    ("pixart", ("adaln_single", "caption_projection", "y_embedder")),
    ("cascade", ("kv_mapper",)),
)
_SDXL_TEXT = ("lora_te2_", "text_encoder_2")
_UNET = ("attentions", "input_blocks", "output_blocks", "middle_block")
_DEEP = _either(*(f"transformer_blocks_{depth}_" for depth in range(1, 10)))
# In the UNet of SDXL the outermost level has no attention, in that of SD1 and SD2 the innermost has none.
_OUTERMOST = _either(
    "down_blocks_0_attentions",
    "up_blocks_3_attentions",
    "input_blocks_1_1_",
    "input_blocks_2_1_",
    "output_blocks_11_1_",
)
_DOWN = ("lora_down", "lora_A", "lora.down", "hada_w1_b")
_CROSS = ("attn2_to_k", "attn2.to_k", "attn2_to_v", "attn2.to_v")
_FIRST_TEXT = "lora_te_text_model_encoder_layers_0_"


def _any_in(marks: tuple[str, ...], names: str) -> bool:
    return any(mark in names for mark in marks)


def tensor_architecture(shapes: Shapes) -> str:
    """The architecture that the names and shapes of the tensors prove, or "" where they leave it open."""
    names = "\n".join(shapes)
    for architecture, marks in _PROOFS:
        if _any_in(marks, names):
            return architecture
    width = _context_width(shapes)
    if width:
        return width
    if _any_in(_SDXL_TEXT, names) or (_any_in(_DEEP, names) and _any_in(_UNET, names)):
        return "sdxl"
    return ""


def checkpoint_architecture(shapes: Shapes) -> str:
    """The architecture of a whole model, from the names and shapes of its tensors, or "" where they leave it open."""
    names = "\n".join(shapes)
    if "distilled_guidance_layer" in names:  # Chroma has the names of Flux's blocks, and other blocks
        return ""
    proved = tensor_architecture(shapes)
    if proved:
        return proved
    crossing = (shape for name, shape in shapes.items() if _any_in(_CROSS, name) and len(shape) == 2)
    return _WIDTHS.get(next(crossing, (0, 0))[1], "")


def _context_width(shapes: Shapes) -> str:
    """From the matrices (rank, width) that read the text's encoding, or the first layer of the only text encoder."""
    for name, shape in shapes.items():
        if len(shape) < 2 or not _any_in(_DOWN, name):
            continue
        if _any_in(_CROSS, name):
            return _WIDTHS.get(shape[1], "")
        if name.startswith(_FIRST_TEXT) and ("q_proj" in name or "mlp_fc1" in name):
            return {768: "sd1", 1024: "sd2"}.get(shape[1], "")
    return ""


def decide_architecture(shapes: Shapes, statements: list[tuple[str, str]]) -> tuple[str, str]:
    """(architecture, where it was found). `statements` are (source, text), the most trusted first."""
    said = [(source, found) for source, text in statements if (found := stated_architecture(text))]
    proved = tensor_architecture(shapes)
    # Names of Hunyuan Video's and Chroma's blocks are those of Flux: there, and only there, a statement is better.
    if proved == "flux":
        other = next(((s, a) for s, a in said if a in ("hunyuan", "other")), None)
        if other:
            return other[1], other[0]
    if proved:
        lie = next((f", against {source}" for source, found in said if found != proved), "")
        return proved, f"tensors{lie}"
    if _any_in(_OUTERMOST, "\n".join(shapes)):
        # SD1 and SD2 share their names; SD2 is rare enough to be believed only when it is said.
        for source, found in said:
            if found in ("sd1", "sd2"):
                return found, source
        return "sd1", "tensors"
    if said:
        return said[0][1], said[0][0]
    return "unknown", ""


def algorithm_of(shapes: Shapes, module: str, args: str) -> str:
    """lora, locon, loha, lokr, dora, ia3, oft, glora, full, ...: from the tensors, else from what the trainer says."""
    names = "\n".join(shapes)
    for mark, algorithm in (
        ("dora_scale", "dora"),
        ("hada_", "loha"),
        ("lokr_", "lokr"),
        ("oft_", "oft"),
        ("on_input", "ia3"),
        (".b1.weight", "glora"),
    ):
        if mark in names:
            return algorithm
    if "lora_down" in names or "lora_A" in names or "lora.down" in names:
        kernels = any(len(s) == 4 and s[2] * s[3] > 1 for s in shapes.values())
        return "locon" if kernels or "lora_mid" in names else "lora"
    if re.search(r"\.diff(?:_b)?$", names, re.M):
        return "full"
    said = re.search(r'"algo"\s*:\s*"(\w{1,20})"', args)
    if said:
        return said[1].lower()
    return "locon" if "lycoris" in module or "locon" in module else "lora"
