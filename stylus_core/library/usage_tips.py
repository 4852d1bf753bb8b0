"""The strengths that ComfyUI LoRA Manager keeps for an adapter."""

from __future__ import annotations

import re
from typing import Any

from stylus_core.library.hostile_text import Malformed, parse_json
from stylus_core.library.values import Claims, claims, mapping, sequence, strength

_RANGE = re.compile(r"\s*(-?[\d.,]{1,6})\s*(?:-|–|~|to|\.\.)\s*(-?[\d.,]{1,6})\s*")


def usage_tips(value: Any) -> Claims:
    """LoRA Manager's `usage_tips`, JSON inside the JSON: the strengths, some of which a user has set as a range."""
    tips = mapping(value)
    if isinstance(value, str):
        try:
            tips = mapping(parse_json(value[:10_000].encode("utf-8", "replace"))[0])
        except Malformed:
            return {}
    both = tips.get("strength_range")
    ends = _RANGE.fullmatch(both[:40]) if isinstance(both, str) else None
    low, high = ends.groups() if ends else [*sequence(both, 2), None, None][:2]
    found = [strength(tips.get(key)) for key in ("strength_min", "strength_max")]
    low, high = (strength(other) if own is None else own for own, other in zip(found, (low, high), strict=True))
    if low is not None and high is not None and low > high:
        low, high = high, low
    clip = strength(tips.get("clip_strength"))
    return claims(
        author_weight=strength(tips.get("strength")) or None,
        clip_strength=strength(tips.get("clipStrength")) if clip is None else clip,
        weight_low=low,
        weight_high=high,
    )
