"""Whether a prompt mentions somebody by an ordinary word, or only the thing that the word means.

"Raven" is a heroine and a bird, "Ivy" a girl and a plant. A prompt means somebody only if something says so:

- for it: a capital amid small letters ("in the rain Raven waits", not at a sentence's beginning, where all words have
  one), the word alone as a tag beside `1girl` or `1boy`, a verb or a pronoun of a person behind it ("raven smiles",
  "Raven in her cloak"), its genitive, a word that gives a name before it ("called ivy", "the girl ivy", "portrait of
  ivy"), a second name;
- against it: an article or another word that stands before things ("a raven", "two ravens"), a plural, a preposition
  ("covered with ivy"), a noun behind it that it describes ("raven feathers") or a word before it that describes it.

What says nothing either way leaves it a thing. Names that mean nothing ("Alice", "Artoria") need no such evidence, nor
do those of several words that stand together ("lantern moth").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stylus_core.composer.word_classes import PERSON
from stylus_core.prompt.english import is_being, is_word
from stylus_core.prompt.grammar import ParsedPrompt
from stylus_core.retriever.tokenizer import called, tokens
from stylus_core.word_lists import read_words

_PART = re.compile(r"[^,，、;；\n|]+")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|[.!?:]")
_SENTENCE_ENDS = frozenset(".!?:")
_GENITIVE = re.compile(r"['’]s?$")

_FILE = Path(__file__).parent / "words" / "mentions.txt"
_LISTS = {name: frozenset(words) for name, words in read_words(_FILE).items()}
_DETERMINERS = _LISTS["articles"] | _LISTS["determiners"]
_PREPOSITIONS, _GIVES_NAME, _PORTRAITS = (_LISTS[name] for name in ("prepositions", "gives name", "portraits"))
_AND, _PRONOUNS, _NOBODY = (_LISTS[name] for name in ("and", "pronouns", "nobody"))
_JOINS = _PREPOSITIONS | _AND | _LISTS["joins"]
#: Verbs: what only people do, what animals do as well, and how both are.
_DOES, _ACTS, _RESTS = (_LISTS[name] for name in ("people do", "animals do", "both are"))
_VERBS = _DOES | _ACTS | _RESTS
_SOMEBODY = re.compile(r"(?:\d\+?|multiple) ?(?:girl|boy|other)s?|(?:fe)?male focus|solo|solo focus|woman|man|girl|boy")
_LOOKS = re.compile(r"\w (?:hair|eyes)\b")
_ENOUGH = 3  # words amid sentences: of fewer, capitals say nothing

#: What a prompt says of somebody: `SURELY` where nothing else can be meant.
SURELY, FOR, NOTHING, AGAINST = 2, 1, 0, -1


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    token: str  # as `tokens` has it, "" for a stop word
    first: bool  # of a sentence or of a part

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper() and (len(self.text) == 1 or not self.text.isupper())


class Mentions:
    """What a prompt says, and whom it means by it.

    Args:
        prompt: as it was read.
    """

    def __init__(self, prompt: ParsedPrompt) -> None:
        self._asked = prompt.asked
        self.words = frozenset(called(prompt.asked))  # tokens by which it may call an adapter

    def has(self, phrase: Sequence[str]) -> bool:
        """Whether the tokens stand in a part of the prompt one behind the other."""
        return any(True for _ in self._places(phrase))

    def speaks_of(self, name: Sequence[str]) -> int:
        """What the prompt says of a name, given as tokens in their order: one of `SURELY` to `AGAINST`."""
        return max((self._said_of(part, i, len(name)) for part, i in self._places(name)), default=AGAINST)

    def _places(self, name: Sequence[str]) -> Iterator[tuple[list[_Word], int]]:
        if not name or not self.words.issuperset(name):
            return
        for part, i in self._by_token.get(name[0], ()):
            if [word.token for word in part[i : i + len(name)]] == list(name):
                yield part, i

    @cached_property
    def _by_token(self) -> dict[str, list[tuple[list[_Word], int]]]:
        """Where each token stands: a prompt is held against hundreds of names."""
        out: dict[str, list[tuple[list[_Word], int]]] = {}
        for part in self._parts:
            for i, word in enumerate(part):
                out.setdefault(word.token, []).append((part, i))
        return out

    @cached_property
    def _parts(self) -> list[list[_Word]]:
        out = []
        for part in _PART.finditer(self._asked.replace("_", " ")):
            words: list[_Word] = []
            first = True
            for found in _WORD.finditer(part[0]):
                text = found[0]
                if text in _SENTENCE_ENDS:
                    first = True
                    words.append(_Word(text, "", first))
                    continue
                token = next(iter(tokens(_GENITIVE.sub("", text))), "") if "-" not in text else ""
                words.append(_Word(text, token, first))
                first = False
            if words:
                out.append(words)
        return out

    @cached_property
    def _small(self) -> bool:
        """Whether it writes small letters amid its sentences, so that a capital there says something."""
        amid = [w for part in self._parts for w in part if not w.first and w.text[:1].isalpha()]
        small = sum(w.text[:1].islower() for w in amid)
        return len(amid) >= _ENOUGH and small * 3 >= len(amid) * 2

    @cached_property
    def _people(self) -> int:
        """What its tags say of people."""
        tags = {" ".join(w.low for w in part) for part in self._parts}
        if not _NOBODY.isdisjoint(tags):
            return NOTHING
        if any(map(_SOMEBODY.fullmatch, tags)):
            return SURELY
        return FOR if any(map(_LOOKS.search, tags)) else NOTHING

    def _said_of(self, part: list[_Word], i: int, length: int) -> int:
        here = part[i : i + length]
        before, behind = _sentence(part, i, length)
        mid = self._small and here[0].capital and not here[0].first
        if _GENITIVE.search(here[-1].text):
            return NOTHING if before and before[-1].low in _DETERMINERS else SURELY if here[0].capital else FOR
        if here[-1].low != here[-1].token and here[-1].low.endswith("s") and length == 1 and not mid:
            return AGAINST  # a plural
        if before:
            said = _behind_words(before, mid)
            return said if length == 1 else max(said, FOR)  # several words mean hardly anything else
        if mid:
            return SURELY
        if length > 1:
            return FOR
        if len(part) == length:
            return self._people
        return _before_words(behind, self._small and here[0].capital, is_being(here[-1].token))


def _behind_words(before: list[_Word], mid: bool) -> int:
    """What the words before a name say; `mid`: it has a capital amid small letters."""
    last = before[-1].low
    if last in _GIVES_NAME or (last == "of" and len(before) > 1 and before[-2].token in _PORTRAITS):
        return SURELY
    if last in _DETERMINERS:
        return AGAINST
    if mid:
        return FOR if before[-1].text[:1].isupper() and not before[-1].first else SURELY  # "Paper Lantern" is a title
    if last in _AND:
        return NOTHING
    if last not in _PREPOSITIONS and before[-1].token in PERSON:  # "the girl violet"
        return SURELY
    return AGAINST  # "with ivy", "black raven"


def _before_words(behind: list[_Word], capital: bool, being: bool) -> int:
    """What the words behind a name say at the beginning of a part.

    Args:
        behind: the rest of the sentence.
        capital: whether the name has one where small letters follow.
        being: whether it is said of many: "hunter with his dog" is any of them.
    """
    if not behind:
        return NOTHING
    first = behind[0]
    does = behind[1:] if first.low in ("is", "was") and len(behind) > 1 else behind
    verb = _stem(does[0].low)
    if capital and verb in _VERBS and (does is not behind or not first.low.endswith("ing")):
        return SURELY  # a whole sentence, in which a thing would have an article
    if being:
        return NOTHING
    if verb in _DOES or (capital and verb in _ACTS):
        return SURELY
    if any(w.low in _PRONOUNS for w in behind):
        return SURELY if capital else FOR
    if verb in _ACTS or verb in _RESTS:
        return FOR if capital or verb in _ACTS else NOTHING
    if capital and does[0].capital and does[0].text.isalpha():
        return FOR  # "Ivy Valentine"
    if first.low in _JOINS or first.low in _DETERMINERS or _stem(first.low) != first.low:
        return NOTHING
    # a noun that it describes, or a second name
    return AGAINST if is_word(first.token) or not first.token else NOTHING


def _sentence(part: list[_Word], i: int, length: int) -> tuple[list[_Word], list[_Word]]:
    """The words before and behind, up to where the sentence begins and ends."""
    before = part[:i]
    for n in range(len(before) - 1, -1, -1):
        if before[n].low in _SENTENCE_ENDS:
            before = before[n + 1 :]
            break
    behind = part[i + length :]
    end = next((n for n, w in enumerate(behind) if w.low in _SENTENCE_ENDS), len(behind))
    return before, behind[:end]


def _stem(verb: str) -> str:
    """What somebody does, without the ending: "smiles", "smiling" and "throws", "raising"."""
    if verb.endswith("ing") and len(verb) > 5:
        stem = verb[:-3]
        if stem in _VERBS:
            return stem
        if stem[-1] == stem[-2] and stem[:-1] in _VERBS:
            return stem[:-1]
        return f"{stem}e" if f"{stem}e" in _VERBS else stem
    for ending in ("es", "s"):
        stem = verb.removesuffix(ending)
        if stem != verb and stem in _VERBS:
            return stem
    return verb
