"""What a trainer's records call an adapter, where nobody else says it: its folders, and what is on most pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stylus_core.prompt.english import is_word, rarity
from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.describe import COMMON
from stylus_core.refiner.series import is_series
from stylus_core.refiner.trigger_entry import phrases
from stylus_core.types import Metadata
from stylus_core.word_lists import read_words

_STEADY = 0.5  # of the most frequent tag's count: the tag belongs to what was trained, not to a single picture
_LOOKED_AT, _NAMES, _FOLDERS = 30, 4, 3
_WORD = re.compile(r"[^\W\d_]{2,}")
_NOT_LETTERS = re.compile(r"[\W\d_]+")

_ALWAYS = 0.9  # of the pictures: a word that wakes the adapter stands with all, but for the odd mistake
_LEADING = 0.8  # of the captions: they begin with it
_CAPTIONS, _MANY = 2, 4  # from so many on what they share is no accident; without beginning with it
_PREFIX_WORDS, _PREFIX = 5, 60  # of what captions share before their first comma
_TAG_WORDS = 5  # of one that names somebody; more are a sentence
_TRIGGERS = 2
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*")
_PARTS = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[^\W\d_]\d+[^\W\d_]|[^\W\d_]{2}\d+$|^\d+[^\W\d_]\d")  # "p4perkite", "ohwx7"; not "2girls"
_LEET = str.maketrans("0134578", "oieastb")
#: Classes that trainers ask for beside the word, and what folders are called that are called nothing.
CLASSES = frozenset(read_words(Path(__file__).parent / "words" / "training_tags.txt")["classes"])


def own_names(metadata: Metadata, stem: str) -> tuple[str, ...]:
    """Finds training folders, and steady tags that share a word with the file's name or that no English word is in.

    Captions are no names: where the tags are sentences, only the folders count.

    Args:
        metadata: with what the trainer wrote into the header.
        stem: the file's name without its extension.

    Returns:
        The names in lower case for tags and as written for folders, folders first.
    """
    folders = [c.replace("_", " ") for c in metadata.training_concepts[:_FOLDERS]]
    out = dict.fromkeys(f for f in folders if _WORD.search(f))
    if metadata.training_captions or not metadata.training_tags:
        return tuple(out)
    called = _NOT_LETTERS.sub("", f"{stem} {metadata.alias} {' '.join(folders)}".lower())
    least = metadata.training_tags[0][1] * _STEADY
    found = 0
    for raw, count in metadata.training_tags[:_LOOKED_AT]:
        tag = raw.lower().replace("_", " ").replace("\\", "")
        words = _WORD.findall(tag)
        if count < least or found == _NAMES:
            break
        if not words or tag.replace(" ", "_") in COMMON or is_quality(tag):
            continue
        named = any(len(w) > 3 and w in called for w in words)
        if named or all(rarity(w) == 1.0 for w in words):
            out.setdefault(tag)
            found += 1
    return tuple(out)


def trained_words(metadata: Metadata, stem: str) -> tuple[str, ...]:
    """The words that an adapter was trained to wake by, as far as the tags or captions of its pictures tell.

    A word that stands with nearly all pictures is one if the training folder is called by it, or if it is nobody's word
    and a code ("p4perkite"), drawn from the file's name, or what the captions begin with. Ordinary words that all
    pictures share ("1girl", "looking at viewer") describe them.
    """
    folders = [_plain(c) for c in metadata.training_concepts[:_FOLDERS]]
    called = _letters(f"{stem} {metadata.alias} {' '.join(folders)}")
    if metadata.training_captions:
        found = _of_captions(metadata.training_tags, folders, called)
    else:
        found = _of_tags(metadata.training_tags, folders, called)
    return tuple(w for word in found for w in phrases(word))[:_TRIGGERS]


def _of_tags(tags: Iterable[tuple[str, int]], folders: list[str], called: str) -> list[str]:
    most = max((n for _, n in tags), default=0)
    folder, own = [], []
    for i, (raw, count) in enumerate(tags):
        if i == _LOOKED_AT or count < _ALWAYS * most:
            break
        tag = _plain(raw)
        words = _PARTS.findall(tag)
        if not 0 < len(words) <= _TAG_WORDS or _says_nothing(tag) or is_series(tag):
            continue
        if any(f"{f} ".startswith(f"{tag} ") for f in folders) and (i == 0 or not all(map(is_word, words))):
            folder.append(raw)
        elif _is_own(words, called):
            own.append(raw)
    return folder or own[:1]


def _of_captions(captions: Iterable[tuple[str, int]], folders: list[str], called: str) -> list[str]:
    told = [(text, n) for text, n in captions if text.strip()]
    if len(told) == 1 and _plain(told[0][0]) in folders:
        return [told[0][0]]  # a trainer that records no captions but its trigger phrase
    whole = sum(n for _, n in told)
    if len(told) < _CAPTIONS:
        return []
    having: dict[str, int] = {}
    leading: dict[str, int] = {}
    written: dict[str, str] = {}
    for text, n in told:
        words = _TOKEN.findall(text)
        for word in dict.fromkeys(w.lower() for w in words):
            having[word] = having.get(word, 0) + n
        for word in words:
            written.setdefault(word.lower(), word)
        if words:
            leading[words[0].lower()] = leading.get(words[0].lower(), 0) + n
    for word, n in having.items():  # in the order of the first caption
        parts = _PARTS.findall(word)
        if n < _ALWAYS * whole or _says_nothing(word) or len(word) < 3 or any(map(is_word, parts)) or is_series(word):
            continue
        leads = leading.get(word, 0) >= _LEADING * whole
        if leads or len(told) >= _MANY or _is_own(parts, called):
            return [_prefix([text for text, _ in told], word) or written[word]]
    return []


def _prefix(captions: list[str], word: str) -> str:
    """What all captions have before their first comma, if the word is in it: "brkltwr style, a tower ..."."""
    first, comma, _ = captions[0].partition(",")
    if not comma or len(first) > _PREFIX or not 1 < len(_TOKEN.findall(first)) <= _PREFIX_WORDS:
        return ""
    shared = all(text.startswith(f"{first},") for text in captions)
    return first.strip() if shared and word in (w.lower() for w in _TOKEN.findall(first)) else ""


def _is_own(words: list[str], called: str) -> bool:
    """Whether words that are nobody's are a code, or drawn from the adapter's names."""
    strange = [w for w in words if not is_word(w) and not w.isdigit()]
    if len(words) == 1 and _CODE.search(words[0]) and strange:
        return True
    return any(len(w) > 3 and w.isascii() and _drawn(w.translate(_LEET), called) for w in strange)


def _drawn(word: str, called: str) -> bool:
    """Whether the word stands in the letters of the names, or is their consonants in order: "brkltwr"."""
    if word in called:
        return True
    rest = iter(called)
    return called[:1] == word[:1] and sum(c not in "aeiou" for c in word) >= 4 and all(c in rest for c in word)


def _says_nothing(tag: str) -> bool:
    return tag.replace(" ", "_") in COMMON or is_quality(tag) or CLASSES.issuperset(tag.split())


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").replace("\\", "").split())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower()).translate(_LEET)
