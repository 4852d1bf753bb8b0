"""The few words that say what an adapter adds."""

from __future__ import annotations

import re

from stylus_core.retriever.tokens import split_names
from stylus_core.types import Metadata

_BRACKETS = re.compile(r"[\[【〔{](.*?)[\]】〕}]")
_NOISE = re.compile(
    r"""(?ix)
    \b(?:lora|locon|lycoris|lyco|loha|lokr|dora|lora's|lo-?ra\ model|ti|embedding|sd\ ?-?\d(?:\.\d)?(?:\s?&\s?\d\.\d)?(?:\ ?768)?|sdxl|sd|xl|pony|illustrious
    |noobai|flux|v(?:er(?:sion)?)?\.?\ ?\d+(?:\.\d+)*[a-z]?|\d+(?:\.\d+)?\s?mb|wip|beta|test|updated?|final|fixed|release[d]?|extraction|trained
    |full\ retrain|version|models?|character\ lora|nsfw|sfw|safetensors)\b"""
)
_OTHER = re.compile(r"[^\w\s()'’&+\-.:!/,]+")
_ASCII_WORD = re.compile(r"[A-Za-z][A-Za-z'’.\-]{1,}")
_HANDLE = re.compile(r"(?i)\bby\s+[@\w]+\s*$|@\w+")
_EMPTY = re.compile(r"\(\s*[^\w]*\s*\)")

_LONGEST = 70


def subject(metadata: Metadata, stem: str) -> str:
    """From the title; from the alias, the file's name or the training folder where there is none."""
    title = metadata.title
    if not title:
        concept = metadata.training_concepts[0] if metadata.training_concepts else ""
        title = split_names(metadata.alias or stem or concept)
    cleaned = _clean(title)
    if not _ASCII_WORD.search(cleaned) and metadata.title:  # other scripts only: the file's name often has it in English
        named = _clean(split_names(stem))
        if len(_ASCII_WORD.findall(named)) >= 1 and len(named) > 3:
            return f"{named} ({cleaned})"[:_LONGEST] if cleaned else named[:_LONGEST]
    return cleaned[:_LONGEST].strip() or stem[:_LONGEST]


def _clean(title: str) -> str:
    text = _BRACKETS.sub(lambda m: f" ({m[1]}) " if len(_NOISE.sub("", m[1]).strip()) > 2 else " ", title)
    text = text.replace("\\(", "(").replace("\\)", ")").replace("（", "(").replace("）", ")").replace("_", " ")
    text = _NOISE.sub(" ", _HANDLE.sub(" ", text))
    parts = [p.strip() for p in re.split(r"[|/／｜~～]|\s[-–—:]\s|[—]", text)]
    english = [p for p in parts if _ASCII_WORD.search(p)]
    parts = english or [p for p in parts if p]
    cleaned = [" ".join(_OTHER.sub(" ", _ascii_only(p) if english else p).split()).strip(" -:,.&/+!'") for p in parts]
    cleaned = [c for c in cleaned if len(c) > 1]
    if not cleaned:
        return ""
    first, *rest = cleaned
    # "Celty Sturluson - Durarara!!": what stands behind is the series, or a second name
    second = next((r for r in rest if r.lower() not in first.lower()), "")
    whole = f"{first} ({second})" if second and "(" not in first and len(first) + len(second) < _LONGEST else first
    return " ".join(_EMPTY.sub(" ", whole).split())


def _ascii_only(text: str) -> str:
    """Drops the words of other scripts from a part that has an English side."""
    return " ".join(w for w in text.split() if _ASCII_WORD.search(w) or re.fullmatch(r"[\d()&+\-.:!']+", w))
