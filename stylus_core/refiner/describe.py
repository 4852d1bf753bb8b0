"""One to three sentences about an adapter, from what its metadata says."""

from __future__ import annotations

from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.clean import sentences
from stylus_core.types import Metadata

_WHAT = {
    "character": "Character",
    "person": "Look of a person",
    "style": "Style",
    "quality": "Picture quality",
    "concept": "Concept",
    "pose": "Pose or action",
    "clothing": "Clothing",
    "object": "Object",
    "animal": "Animal",
    "vehicle": "Vehicle",
    "building": "Building",
    "background": "Place or background",
}

#: Training tags that stand on nearly every picture and so say nothing about this adapter.
_COMMON = frozenset(
    """1girl 1boy solo looking_at_viewer long_hair short_hair smile blush bangs breasts large_breasts medium_breasts
    open_mouth closed_mouth simple_background white_background standing upper_body full_body female male realistic
    highres absurdres masterpiece best_quality""".split()
)


def describe(metadata: Metadata, kind: str, subject: str, triggers: tuple[str, ...]) -> tuple[str, str]:
    """(description, who it comes from: "metadata", "training tags" or "file name")."""
    out = [f"{_WHAT[kind]}: {subject}."]
    source = "metadata" if metadata.title or metadata.description or metadata.tags else "file name"
    about = sentences(metadata.description, most=1)
    if about:
        out.append(about[0] + ("" if about[0][-1] in "。！？!?" else "."))
    else:
        shown = [t for t in metadata.tags if not is_quality(t)][:8]
        trained = [] if shown else _distinct(metadata)
        if shown:
            out.append(f"Tagged {', '.join(shown)}.")
        elif trained:
            source = "training tags" if source == "file name" else source
            out.append(f"Trained on {', '.join(trained)}.")
    if triggers:
        out.append(f"Trigger words: {'; '.join(triggers[:2])[:160]}.")
    return " ".join(out), source


def _distinct(metadata: Metadata) -> list[str]:
    tags = [t for t, _ in metadata.training_tags if t.replace(" ", "_") not in _COMMON and not is_quality(t)]
    return tags[: 2 if metadata.training_captions else 8]
