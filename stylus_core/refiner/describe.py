"""One to three sentences about an adapter, from what its metadata says."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.description_text import best_sentence, is_noise, plain, sentences
from stylus_core.types import Metadata
from stylus_core.word_lists import read_words

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

_FOLDER = Path(__file__).parent / "words"
#: Training tags that stand on nearly every picture and so say nothing about this adapter.
COMMON = frozenset(read_words(_FOLDER / "training_tags.txt")["common"])
#: Tags of a model site that its categories repeat.
_SAYING_NOTHING = frozenset(read_words(_FOLDER / "site_tags.txt")["general"])
_WORD = re.compile(r"[^\W_]+")
_ENDS = "。！？!?.…；;"
_LEAST = 12  # characters of a sentence among many
_OWN, _OWN_SENTENCES = 300, 4  # characters of the user's own words, and sentences of them that are taken as they are


def describe(metadata: Metadata, kind: str, subject: str, triggers: tuple[str, ...]) -> tuple[str, str]:
    """(description, who it comes from: "user", "metadata", "training tags" or "file name").

    What the user typed stands first, as he typed it.
    """
    typed, verbatim = _typed(metadata.own_words)
    said = set(_WORD.findall(typed.lower()))
    what = "" if typed and said.issuperset(_WORD.findall(subject.lower())) else f"{_WHAT[kind]}: {subject}."
    about, source = _account(metadata, subject)
    trigger = f"Trigger words: {'; '.join(triggers[:2])[:160]}." if triggers else ""
    return " ".join(filter(None, (typed, what, about, trigger))), "user" if verbatim else source


def _typed(text: str) -> tuple[str, bool]:
    """The user's words as one line of sentences, and whether these are all of them.

    Who writes much copies much: of a long text only what says something about the adapter is kept, cut behind a
    sentence or a word.
    """
    said = sentences(plain(text))
    line = " ".join(map(_ended, said))
    if len(said) <= _OWN_SENTENCES and len(line) <= _OWN:
        return line, bool(line)
    line = ""
    for sentence in said:
        telling = len(sentence) >= (_LEAST if sentence.isascii() else 1) and sentence[-1] not in ":："
        if telling and not is_noise(sentence):
            line = f"{line} {_ended(sentence)}".strip()
        if len(line) > _OWN:
            break
    if len(line) > _OWN:
        head = line[:_OWN]
        end = max(head.rfind(mark) for mark in (". ", "! ", "? ", "。"))
        line = head[: end + 1] if end > _OWN // 2 else head.rsplit(" ", 1)[0].rstrip(" ,;:-(") + " ..."
    return line, False


def _ended(sentence: str) -> str:
    return sentence + ("" if sentence[-1] in _ENDS else ".")


def _account(metadata: Metadata, subject: str) -> tuple[str, str]:
    """What the author, the site's tags or the training tags add to the name, and who it comes from."""
    source = "metadata" if metadata.title or metadata.description or metadata.tags else "file name"
    tags = [t for t in metadata.tags if t.lower().replace(" ", "_") not in _SAYING_NOTHING and not is_quality(t)]
    named = set(_WORD.findall(subject.lower()))
    about = best_sentence(_rest(metadata), named.union(*(_WORD.findall(t.lower()) for t in tags[:12])))
    if about:
        return _ended(about), source
    shown = [t for t in tags if not set(_WORD.findall(t.lower())) <= named][:8]
    if shown:
        return f"Tagged {', '.join(shown)}.", source
    trained = _distinct(metadata, named)
    if trained:
        return f"Trained on {', '.join(trained)}.", "training tags" if source == "file name" else source
    return "", source


def _rest(metadata: Metadata) -> str:
    """The description without what the user typed, which stands at its beginning."""
    lines = metadata.own_words.split("\n")
    heads = ("\n".join(lines[:count]) for count in range(len(lines), 0, -1))
    return metadata.description.removeprefix(next(filter(metadata.description.startswith, heads), ""))


def _distinct(metadata: Metadata, named: set[str]) -> list[str]:
    """The most frequent training tags that tell this adapter from others."""
    tags = (
        t.replace("_", " ")
        for t, _ in metadata.training_tags
        if t.lower().replace(" ", "_") not in COMMON
        and not set(_WORD.findall(t.lower())) <= named
        and not is_quality(t.replace("_", " "))
    )
    return list(islice(tags, 2 if metadata.training_captions else 8))
