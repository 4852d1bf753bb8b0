"""Takes a title apart: names, series, what its author says in brackets; versions, handles and "LoRA" are out.

Titles hold several things at once: "【Character】Foo (Some Game) | Character Lora 312", "[handle] Some Game - Foo v2".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from stylus_core.library.meaningless_names import says_nothing
from stylus_core.refiner.series import is_series, series_at_end, series_at_start
from stylus_core.refiner.subject_phrase import phrase
from stylus_core.types import KINDS, Metadata
from stylus_core.word_lists import read_words

_WORDS = read_words(Path(__file__).parent / "words" / "titles.txt")
#: What titles put in brackets or behind a bar to say what kind of adapter it is.
_LABEL = {label: kind for kind in KINDS for label in _WORDS.get(kind, ())}

_WORDS_OUT = re.compile(
    r"""(?aix)\b(?:lora(?:'s)?|locon|loha|lokr|lycoris|lyco|dora|dreambooth|textual\ inversion|embedding|checkpoint
    |safetensors|extract(?:ion|ed)?|sd\s?-?\d(?:\.\d)?(?:\s?&\s?\d\.\d)?(?:\s?768)?(?:-\d+)?|sdxl|sd|wd\s?1\.\d
    |(?:high|low)[\s-]?noise(?:\ (?:expert|model))?
    |pony(?:\sxl)?|illustrious(?:xl)?|noobai(?:xl)?|flux(?:\.?1)?(?:\s?dev)?
    |v\.?\s?\d+(?:\.\d+)*[a-z]?|ver(?:sion)?\.?\s?\d+(?:\.\d+)*|\d\.\d\s?&\s?\d\.\d(?:\s?768)?|\d+(?:\.\d+)+|\d+(?:\.\d+)?\s?[mk]b
    |epochs?\s?\d+|0{2,}\d+
    |wip|beta|alpha\ test|updated?|final|fixed|released?|experimental|full\ retrain|retrained?|early\ access
    |test\ version|for\ tests?|read\ description|complete\ pack|character\ lora\s?\d*|\d+\ character\ lora|nsfw|sfw
    |with\ multires\ noise(?:\ version)?|char[ae]cter$|\d+\s?(?:in\s?\d+|outfits?)
    |(?:lora\ )?collection\ of\ \w+(?:'s)?|by\ [@\w]+(?:\ &\ \w+)?\s*$)\b|@\w+|\#\d+"""
)
_NOISE_PART = re.compile(
    r"(?i)^(?:character|concept|style|pack|anime|realistic|game|complete|girl|the|for|and|of|\d+|[a-z])?$"
)
_LONGEST = 600  # characters of a title that are read; normal forms of a few signs are many letters
_STEM = 240  # the same of the name of a file
_BRACKETS = re.compile(r"[\[【〔{「『](.*?)[\]】〕}」』]")
_ROUND = re.compile(r"\(([^()]*)\)?")
#: For text in single spaces.
_SPLIT = re.compile(r" ?[|｜丨~～] ?| ?(?<!\d)(?<!\b\w)[/／] ?| [-–—]+ | ?[—：] ?| ?: ")
_DECORATION = re.compile(r"[^\w\s()'’&+\-.:!?/,×=<>◯○]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z])|(?<=[A-Za-z]{2})(?=\d)")
_LORA = re.compile(r"(?i)(?<![a-z])(?:lora|locon|loha|lycoris)(?![a-z])|(?<=[a-z])(?:LoRA|LORA|Lora|LoCon)(?![a-z])")
_BEHIND = re.compile(
    r"(?i)[-_ ]*(?<![a-z])v\d+(?:[._]\d+)*[a-z]?$|(?<=[a-z])V\d+(?:\.\d+)*$|\s*\(\d+\)$|[-_ .]+$"
    r"|[-_ ]+(?:0\d*|\d+|final|fixed|test|e\d+|dim\d+)$"
)
_NAME_WORDS = 4
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’.\-]+")
_FROM = re.compile(
    r"(?i)^(.{3,60}?)\s+(?:from|of|in)\s+(?:the\s+)?(?:(?:anime|game|manga|series|movie|show)\s+)?(.{3,60})$"
)
_PAIR = re.compile(r"^([\w .!']{3,40}?)\s?[-_]\s?([\w .!']{2,40})$")
_PARTICLE = re.compile(r"(?:ga|no|wa|wo|ni|to|x|of|the|and|in|from|with)\s")
#: Alone they are no name: "Some Game Outfit" stays whole.
_GENERIC = frozenset(_WORDS["generic"])


@dataclass(frozen=True, slots=True)
class Title:
    """What a title says. `name` is never empty if there is any name at all."""

    name: str  # what the adapter is called
    series: str = ""  # what the title says it comes from
    tagged: str = ""  # the series among the site's tags
    second: str = ""  # another name, or what its author adds
    label: str = ""  # one of KINDS if the title says so in brackets or behind a bar
    raw: str = ""  # as it was, width and decoration normalised


def read_title(metadata: Metadata, stem: str) -> Title:
    """The title taken apart; where there is none the alias, the file's name, the user's words, the training folder."""
    if metadata.title.strip():
        title = _take_apart(metadata.title[:300], metadata)
        if _LATIN.search(title.name):
            return title
        # other scripts only: file names often have it in English
        named = _take_apart(_named(stem), metadata)
        if len("".join(_LATIN.findall(named.name))) > 3 and not says_nothing(named.name):
            return Title(named.name, title.series or named.series, title.tagged, title.name, title.label, title.raw)
        return title
    telling = [n for n in (metadata.alias, stem) if not says_nothing(n)]
    called = "" if telling else phrase(metadata.own_words)
    if called:
        return Title(called, raw=called)
    source = next((n for n in (*telling, metadata.alias, stem) if _LATIN.search(_named(n))), metadata.alias or stem)
    title = _take_apart(_named(source), metadata)
    # training folders are often called what the file's name only hints at: "fumino" and "fumino furuhashi"
    concept = _words(_named(metadata.training_concepts[0])) if metadata.training_concepts else ""
    short, long = set(title.name.lower().split()), set(concept.lower().split())
    better = short < long or (not telling and not says_nothing(concept)) or not _LATIN.search(title.name)
    if better and _LATIN.search(concept) and len(long) <= _NAME_WORDS:
        return replace(title, name=concept)
    return title


def _named(stem: str) -> str:
    """A file's name as words, without its version and epoch."""
    stem = _LORA.sub(" ", unicodedata.normalize("NFKC", stem[:120])[:_STEM])
    for _ in range(3):
        stem = _BEHIND.sub("", stem)
    stem = _CAMEL.sub(" ", stem).replace("_", " ")
    return stem if " " in stem else stem.replace("-", " ")


def _take_apart(text: str, metadata: Metadata) -> Title:
    text = unicodedata.normalize("NFKC", text)[:_LONGEST]
    if " " not in text.strip():
        text = _CAMEL.sub(" ", _LORA.sub(" ", text))
    text = text.replace("\\", " ").replace("_", " ")
    reader = _TitleReader()
    raw = " ".join(_DECORATION.sub(" ", text).split())
    text, aside = _round_brackets(_BRACKETS.sub(reader.square, text))
    for part in aside:
        reader.round(part)
    for part in _SPLIT.split(re.sub(r"\s+", " ", text)):
        reader.part(part)
    latin = [p for p in reader.parts if _LATIN.search(p)]
    parts = latin or reader.parts
    if parts:
        name, series = _inside(parts[0], reader.series)
        second = reader.second or next((p for p in parts[1:] if p.lower() not in name.lower()), "")
    else:
        name, series, second = reader.second or reader.series or _words(raw) or raw, reader.series, ""
    told = (name.lower(), series.lower())
    if any(second.lower() in t for t in told) or (_LATIN.search(name) and not _LATIN.search(second)):
        second = ""
    elif second and name.lower() in second.lower():  # "Foo / Foo Bar"
        name, second = second, ""
    if series.lower() == name.lower():
        series = ""
    return Title(name, series, _series_of_tags(metadata, name), second, reader.label, raw)


class _TitleReader:
    """Collects what the parts of a title are."""

    def __init__(self) -> None:
        self.label = ""
        self.series = ""
        self.second = ""
        self.parts: list[str] = []

    def square(self, match: re.Match[str]) -> str:
        """In front it is a handle, a label or a series; behind it may be a name, too."""
        inside = _words(match[1])
        named = _label(match[1])
        self.label = self.label or named
        if is_series(inside):
            self.series = self.series or inside
        elif match.start() > 2 and len(inside) > 2 and not named:
            return f" ({inside}) "
        return " | "

    def round(self, text: str) -> None:
        inside = _words(text)
        named = _label(text)
        self.label = self.label or named
        if not self.series and is_series(inside):
            self.series = inside
        elif len(inside) > 2 and not named and not _NOISE_PART.match(inside):
            self.second = self.second or inside

    def part(self, text: str) -> None:
        self.label = self.label or _label(text)
        cleaned = _words(text)
        if not cleaned or _NOISE_PART.match(cleaned) or _label(cleaned):
            return
        if is_series(cleaned) and not self.series:
            self.series = cleaned
        elif cleaned.lower() != self.series.lower():
            self.parts.append(cleaned)


def _round_brackets(text: str) -> tuple[str, list[str]]:
    """The text without round brackets, and what was in them; unbalanced ones are only taken out."""
    inside = [m[1] for m in _ROUND.finditer(text)]
    # what stands behind the series is about something else: "Foo (Some Game) in a swimsuit"
    text = _ROUND.sub(lambda m: " | " if is_series(_words(m[1])) else " ", text)
    return re.sub(r"[()]", " ", text), [i for i in inside if i.strip()]


def _inside(name: str, series: str) -> tuple[str, str]:
    """Finds a series that stands in the name itself."""
    if series:
        front, tail = series_at_end(name)
        return (front, series) if tail and len(front) > 2 else (name, series)
    front, tail = series_at_end(name)
    if tail and len(front) > 1 and not set(front.lower().split()) <= _GENERIC:
        front = re.sub(r"(?i)(?<!\s)\s+(?:from(?: the)?|of|in)$", "", front)
        return front, tail
    pair = _PAIR.match(name)
    if pair:
        for one, other in ((pair[1], pair[2]), (pair[2], pair[1])):
            if is_series(one):
                return other.strip(), one.strip()
    head, tail = series_at_start(name)
    if head and not set(tail.lower().split()) <= _GENERIC and not _PARTICLE.match(tail):
        return tail, head
    said = _FROM.match(name)
    if said and is_series(said[2]):
        return said[1], said[2]
    return name, ""


def _series_of_tags(metadata: Metadata, name: str) -> str:
    """The longest of the site's tags that is a known series."""
    known = [t for t in metadata.tags if is_series(t) and t.lower() not in name.lower()]
    return max(known, key=len, default="")


def _words(text: str) -> str:
    """A part without noise; of a part in two scripts, the Latin words."""
    text = _DECORATION.sub(" ", text)
    if len("".join(_LATIN.findall(_WORDS_OUT.sub(" ", text)))) > 2 and not text.isascii():
        text = " ".join(w for w in text.split() if _LATIN.search(w) or re.fullmatch(r"[\d&+\-.:!']+", w))
        text = re.sub(r"[^\x00-\u024f’]+", " ", text)
    text = _WORDS_OUT.sub(" ", " ".join(text.split()))
    return " ".join(text.split()).strip(" -–:,.&/+'=_")


def _label(text: str) -> str:
    words = " ".join(re.sub(r"[^\w\s]", " ", text.lower().replace("lora", " ")).split())
    return _LABEL.get(words, "")
