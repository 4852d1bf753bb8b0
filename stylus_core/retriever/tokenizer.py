"""Words of prompts and of adapters' texts, as the term index sees them.

Prompts are English, tags are English with underscores, names mix scripts and run words together (`catDressV2_final`).
One function serves all; `split_names` takes names apart first. Scripts without spaces are seen as pairs of neighbouring
characters, in names as in prompts, so that a name is found in the middle of a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from stylus_core.prompt.english import is_word

#: Changing what a token is makes an index unreadable: raise this with it.
VERSION = 3

_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"<[^>]{0,200}>|[()\[\]{}\\]|:\s*-?\d*\.?\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
#: Runs of one script: words are parted where the script changes ("hanfu汉服2").
_HAN, _HANGUL, _CYRILLIC = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々", "\uac00-\ud7af", "\u0400-\u052f"
_RUNS = re.compile(
    rf"(?P<pairs>[{_HAN}]+)|(?P<hangul>[{_HANGUL}]+)|(?P<cyrillic>[{_CYRILLIC}]+)|[^{_HAN}{_HANGUL}{_CYRILLIC}]+"
)
_PARTICLE = re.compile(r"(?<=..)(?:에서|에게|으로|[을를은는의])$")
#: Endings of Russian and Ukrainian nouns and adjectives, the longest first.
_ENDING = re.compile(
    r"(?<=...)(?:иями|ями|ами|ого|его|ому|ему|ыми|ими|иях|иям|ием|ией|ых|их|ым|им|ый|ий|ой|ая|яя|ое|ее|ые|ие|ую|юю|ом|ем|"
    r"ам|ям|ах|ях|ов|ев|ів|їв|ей|ою|ею|ия|ии|ию|[аяоеыиуюьйії])$"
)
#: What may part a name in these scripts or be left out: "ソード・アート", "汉服·春衫", "달빛 여우".
_JOINT = re.compile(rf"(?<=[{_HAN}])[·・･•‧](?=[{_HAN}])|(?<=[{_HANGUL}]) (?=[{_HANGUL}])")

_LETTERS = 200  # by which a normal form may be longer in any case

STOP_WORDS = frozenset(
    """a an the of in on at to for with and or is are was were be been by from as it its this that these those i you he
    she they we his her their my your up down out into over under off there here while which who whom s t very just
    some any all no not""".split()
)

#: Words that nearly every prompt has and that name no adapter: they steer a model's quality, not its subject.
NOISE = frozenset(
    """masterpiece best quality high highly ultra hq hd uhd 4k 8k 16k absurdres highres detailed detail details
    extremely intricate amazing beautiful professional perfect solo 1girl 1boy resolution res hires official art
    wallpaper cg unity rating score simple background looking at viewer newest year good great finely realistic
    lighting sharp focus depth of field cinematic award winning trending on artstation""".split()
)


def split_names(text: str) -> str:
    """Takes a name apart: `catDressV2_final` becomes `cat Dress V 2 final`.

    Args:
        text: a name, or a text with names in it.

    Returns:
        The same with spaces.
    """
    return _CAMEL.sub(" ", text.replace("_", " ").replace("-", " "))


def without_markup(text: str) -> str:
    """A prompt's words: tags, brackets and weights out.

    Args:
        text: a prompt.

    Returns:
        The same with spaces in their places.
    """
    return _MARKUP.sub(" ", text)


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    """Plurals only: more stemming loses names (tried: Porter costs 0.02 recall@10 on user prompts)."""
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if len(word) > 4 and word.endswith("is") and not is_word(word):  # "corgis", and not "tennis"
        return word[:-1]
    return word


def normal_form(text: str) -> str:
    """Full-width and half-width forms as one. A sign may be eighteen letters: what makes it twice as long is cut."""
    return unicodedata.normalize("NFKC", text)[: 2 * len(text) + _LETTERS]


def tokens(text: str) -> list[str]:
    """Lower-case words, plurals folded, stop words out.

    Chinese, Japanese and Korean runs come as pairs of characters, Russian and Ukrainian words without their endings;
    full-width and half-width forms are one.

    Args:
        text: any.

    Returns:
        In the order of the text, repeats included.
    """
    text = normal_form(text).lower().replace("_", " ")
    out: list[str] = []
    for word in _WORD.findall(text):
        if word in STOP_WORDS:
            continue
        if word.isascii():
            out.append(_stem(word))
        else:
            out += _foreign(word)
    return out


def _foreign(word: str) -> list[str]:
    out: list[str] = []
    for run in _RUNS.finditer(word):
        text = run[0]
        if run["cyrillic"]:
            out.append(_ENDING.sub("", text.replace("ё", "е"), count=1))
        elif run["pairs"] or run["hangul"]:
            text = _PARTICLE.sub("", text) if run["hangul"] else text
            out += [text[i : i + 2] for i in range(len(text) - 1)] or [text]
        else:
            out.append(_stem(text) if text.isascii() else text)
    return out


def called(text: str) -> list[str]:
    """The tokens by which a prompt may call an adapter: also those of names that are run together in it.

    The names of adapters are taken apart, so "corgi99" and "TeaShop" have to be as well, and are looked for whole too.
    A name that the prompt parts by a middle dot may be written without it.

    Args:
        text: a prompt's words.

    Returns:
        All tokens of the prompt, then those that come on top.
    """
    whole = tokens(text)
    also = tokens(split_names(text))
    if not text.isascii() and _JOINT.search(text):
        also += tokens(_JOINT.sub("", text))
    return [*whole, *sorted(set(also).difference(whole))]


@lru_cache(maxsize=500_000)
def term(token: str) -> int:
    """A token's 64-bit name in the index: a sorted array of these needs no dictionary and maps from disk."""
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
