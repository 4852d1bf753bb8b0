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


_SDXL = re.compile(r"lora_te2_|text_encoder_2|attentions[._]\d+[._]transformer_blocks[._](?:[1-9]\d*)[._]")
_SGM_DEEP = re.compile(r"(?:input_blocks|output_blocks|middle_block)[._]\d+(?:[._]\d+)?[._]transformer_blocks[._][1-9]")
# In the UNet of SDXL the outermost level has no attention, in that of SD1 and SD2 the innermost has none.
_SD12 = re.compile(
    r"down_blocks[._]0[._]attentions|up_blocks[._]3[._]attentions|input_blocks[._][12][._]1[._]|output_blocks[._](?:9|10|11)[._]1[._]"
)
_SD3 = re.compile(r"joint_blocks|attn[._]add_[kqv]_proj|context_block")
_FLUX = re.compile(r"double_blocks|single_blocks|single_transformer_blocks")
_PIXART = re.compile(r"adaln_single|caption_projection|y_embedder")
_HUNYUAN = re.compile(r"individual_token_refiner|txt_in_individual|default_modulation|attn[12][._]Wqkv")
_CASCADE = re.compile(r"(?:down|up)_blocks[._]\d+[._]\d+[._](?:kv_mapper|attention[._]attn)")
_DOWN = re.compile(r"(?:lora_down|lora_A|lora\.down|hada_w1_b)(?:\.\w+)?(?:\.weight)?$")


def tensor_architecture(shapes: Shapes) -> str:
    """The architecture that the names and shapes of the tensors prove, or "" where they leave it open."""
    names = "\n".join(shapes)
    if _HUNYUAN.search(names):
        return "hunyuan"
    if _FLUX.search(names):
        return "flux"
    if _SD3.search(names):
        return "sd3"
    if _PIXART.search(names):
        return "pixart"
    if _CASCADE.search(names):
        return "cascade"
    width = _context_width(shapes)
    if width:
        return width
    if _SDXL.search(names) or _SGM_DEEP.search(names):
        return "sdxl"
    return ""


def _context_width(shapes: Shapes) -> str:
    for name, shape in shapes.items():
        # Kohya writes (rank, width); a first layer of the text encoder tells as much as cross-attention.
        if len(shape) < 2 or not _DOWN.search(name):
            continue
        if re.search(r"attn2[._]to_[kv]", name):
            return _WIDTHS.get(shape[1], "")
        if re.search(r"lora_te_text_model_encoder_layers_0_(?:self_attn_q_proj|mlp_fc1)", name):
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
    if _SD12.search("\n".join(shapes)):
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
        kernels = any(len(s) == 4 and s[2] * s[3] > 1 for n, s in shapes.items() if "lora_down" in n)
        return "locon" if kernels or "lora_mid" in names else "lora"
    if re.search(r"\.diff(?:_b)?$", names, re.M):
        return "full"
    said = re.search(r'"algo"\s*:\s*"(\w{1,20})"', args)
    if said:
        return said[1].lower()
    return "locon" if "lycoris" in module or "locon" in module else "lora"
