"""Which of an adapter's sets of trigger words a prompt asks for: outfits of one, characters of a pack.

Authors list sets that exclude each other ("gold gown, pearls", "fox mask, black cape"), and beside a name what is in
the pictures ("mira vale", "long hair"). A set is used if the prompt names it, by what tells it from the others. Where
it names none, what all sets share belongs to the adapter whatever it wears; the rest would be one outfit at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise, takewhile
from typing import NamedTuple

from stylus_core.prompt.english import is_word, rarity
from stylus_core.refiner.members import alike, strange
from stylus_core.refiner.series import is_series
from stylus_core.retriever.tokenizer import STOP_WORDS
from stylus_core.rewriter.phrase_search import folded, has

_COMMON_WORD = 0.1  # what a word counts that is in the adapter's own name: it hardly tells a set from another
_AT_LEAST = 0.5  # what any other word counts; the rarer in English, the more


class ChosenSet(NamedTuple):
    """The phrases that belong into a prompt, whether it has them or not."""

    phrases: list[str]
    named: bool = False  # whether they are the one of several sets that the prompt calls for


def choose_member(names: Sequence[str], said: str, name: frozenset[str]) -> ChosenSet | None:
    """What belongs into the prompt of an adapter for several, each called by a lone name: theirs whom it names.

    Args:
        names: of all, each as its entry.
        said: the prompt, folded.
        name: the words of what the adapter is for, folded, without its series.

    Returns:
        None where it names nobody of them.
    """
    every = [frozenset(folded(one).split()) for one in names]
    words = frozenset(said.split())
    called = [one for one, own in zip(names, every, strict=True) if own <= words]
    if not called:  # "brina" is nobody else's
        alone = [own.difference(*(o for o in every if o is not own)) & words for own in every]
        called = [one for one, own in zip(names, alone, strict=True) if any(strange(w) or w in name for w in own)]
    return ChosenSet(called, True) if called else None


class TriggerSets:
    """The entries of one adapter, held against one prompt.

    Args:
        entries: the phrases of each, in the author's order.
        said: the prompt, folded.
        name: the words of what the adapter is for, folded, without its series.
        people: whether they are for characters or persons: then an invented word that is an entry is somebody's name.
        exclusive: whether whoever wrote them says that they exclude each other.
    """

    def __init__(
        self, entries: Sequence[list[str]], said: str, name: frozenset[str], people: bool, exclusive: bool
    ) -> None:
        self._entries = entries
        self._said = said
        words = said.split()
        #: also what the prompt parts and an author runs together: "fox mask" calls "foxmask"
        self._words = frozenset(words).union(map("".join, pairwise(words)))
        self._name = name
        self._people = people
        self._exclusive = exclusive
        self._several = exclusive or sum(len(e) > 1 for e in entries) > 1
        self._first_words = [frozenset(folded(e[0]).split()) for e in entries]
        self._all_words = [frozenset(folded(" ".join(e)).split()) for e in entries]
        self._folded = [frozenset(map(folded, e)) for e in entries]

    def chosen(self, *, whole: bool = False) -> ChosenSet:
        """What belongs into the prompt: the set that it names, else what all sets have in common.

        Args:
            whole: where it names none, the first as it is, and all entries that are no sets.
        """
        rated = [self._rated(i) for i in range(len(self._entries))]
        usable = [i for i, (sure, _) in enumerate(rated) if sure or self._may_replace_first(i)]
        best = max(usable, key=lambda i: (rated[i], -i))
        named = rated[best] > (0, 0)
        surely = named and (len(self._heard(best)) > 1 or any(map(strange, self._heard(best))))
        if whole and not self._exclusive:
            some = [e for i, e in enumerate(self._entries) if i == best or not self._several or len(e) == 1]
            return ChosenSet([p for e in some for p in e], surely)
        if not rated[best][0] and not all(self._missing(i) for i in usable):
            return ChosenSet([])
        entry = self._entries[best]
        if self._exclusive and not named and self._contradicts(best):
            return ChosenSet(self._in_all())
        if named or not self._several or self._exclusive:
            return ChosenSet([*self._name_before(best), *entry], surely and self._several)
        return ChosenSet(self._shared(entry))

    def _missing(self, i: int) -> bool:
        return not all(has(self._said, p) for p in self._entries[i])

    def _heard(self, i: int) -> frozenset[str]:
        return (self._all_words[i] & self._alone[i] & self._words) - STOP_WORDS

    def _rated(self, i: int) -> tuple[float, float]:
        """(how surely the prompt calls the entry by its first phrase, how much it says of what few others have)."""
        if len(self._entries) == 1:
            return 0.0, 0.0
        most = len(self._entries) / 2
        counts = {p: sum(folded(p) in other for other in self._folded) for p in self._entries[i]}
        told = sum(1 / n for p, n in counts.items() if n <= most and has(self._said, p) and not is_series(p))
        return self._called(i), told

    def _called(self, i: int) -> float:
        """How surely the prompt says what the entry begins with, as far as that tells it from the others."""
        entry, first = self._entries[i], self._first_words[i]
        alone = (first & self._alone[i]) - STOP_WORDS
        heard = alone & self._words
        if self._exclusive and self._told_apart(i):
            return sum(_AT_LEAST + rarity(w) for w in self._heard(i))
        if not heard or heard <= self._name <= first:
            return 0.0  # what is called by the adapter's own name may be any of its sets
        if not any(map(strange, heard)):
            if heard != alone or (len(first) > 1 and len(first & self._words) < 2):
                return 0.0  # "white dress, lace" is not called by "a white cat"
            if len(entry) == 1 and not has(self._said, _ordinary(entry[0])):
                return 0.0  # nor "gold mask" by "a gold lamp and a mask"
        if not self._may_replace_first(i) and not self._somebody_else(i, heard):
            return 0.0
        return sum(_COMMON_WORD if w in self._name else _AT_LEAST + rarity(w) for w in heard)

    def _told_apart(self, i: int) -> bool:
        """Whether all that tells an alternative from the others is said, of what it shows: "grey", of the coat.

        One of them is wanted in any case, so the words need not stand together; but "a grey lamp" calls for none.
        """
        alone = self._alone[i] - STOP_WORDS
        if not alone or not alone <= self._words:
            return False
        phrases = (frozenset(p.split()) for p in self._folded[i])
        if any(not alone.isdisjoint(p) and len(p & self._words) > 1 for p in phrases):
            return True
        return any(w in alone and of in self._name for w, of in pairwise(self._said.split()))

    def _somebody_else(self, i: int, heard: frozenset[str]) -> bool:
        """Whether an entry that is no variant of the first is called in its place, and describes no picture of it."""
        odd = any(map(strange, heard))
        if len(self._entries[i]) > 1:  # behind a lone name: "nell orrin", "gown, pearls", "guard uniform, peaked cap"
            said = has(self._said, self._entries[i][0]) and len(self._first_words[i]) > 1
            return self._several and (odd or said)
        if not odd or not heard.issuperset(w for w in self._first_words[i] & self._alone[i] if strange(w)):
            return False
        if any(_is_code(w, self._first_words[0]) for w in heard):
            return True
        return self._people and not (self._name and self._name <= self._words)

    @cached_property
    def _alone(self) -> list[frozenset[str]]:
        """The words of each entry that no other has."""
        own = self._all_words
        return [words.difference(*(o for j, o in enumerate(own) if j != i)) for i, words in enumerate(own)]

    def _may_replace_first(self, i: int) -> bool:
        """Whether an entry may stand for the first: both are sets, or it shares a word with the first.

        What shares none and is no set describes the picture ("long hair"): where people's prompts have such an entry,
        four of five have the first one as well.
        """
        if i == 0 or self._exclusive or not self._all_words[0].isdisjoint(self._all_words[i]):
            return True
        return len(self._entries[0]) > 1 and len(self._entries[i]) > 1

    def _name_before(self, best: int) -> list[str]:
        """The name that stands as an entry of its own in front of sets: "mira vale", "gold gown, pearls"."""
        first, *others = self._entries
        apart = best > 0 and len(first) == 1 and all(len(e) > 1 for e in others) and not self._exclusive
        return first if apart else []

    def _contradicts(self, i: int) -> bool:
        """Whether the prompt shows otherwise what a phrase of the entry shows: "red coat" in "a horse in a blue coat".

        So it does if it has the word that all alternatives have there, and none of those that tell them apart.
        """
        alone = self._alone[i] - STOP_WORDS
        for phrase in self._entries[i]:
            words = frozenset(folded(phrase).split()) - STOP_WORDS
            same = {w for w in words - alone - self._name if is_word(w)}
            if not alone.isdisjoint(words) and alone.isdisjoint(words & self._words) and same & self._words:
                return True
        return False

    def _in_all(self) -> list[str]:
        """What all alternatives have: whole phrases, else the words that all begin or end with."""
        if common := [p for p in self._entries[0] if all(folded(p) in e for e in self._folded)]:
            return common
        head = _beginning([e[0].split() for e in self._entries])
        tail = _beginning([e[-1].split()[::-1] for e in self._entries])[::-1]
        named = (" ".join(s) for s in (head, tail) if any(strange(w) or w in self._name for w in map(str.casefold, s)))
        return list(named)[:1]

    def _shared(self, first: list[str]) -> list[str]:
        """What all sets have, and what the first is called by, where that is no name of somebody else in a pack."""
        sets = [e for e in self._folded if len(e) > 1]
        common = [p for p in first if all(folded(p) in e for e in sets)]
        called: list[str] = []
        for n, phrase in enumerate(first):
            words = frozenset(folded(phrase).split())
            odd = set(filter(strange, words))
            elsewhere = any(not odd.isdisjoint(w) for i, w in enumerate(self._all_words) if i > 0)
            own = not self._name.isdisjoint(words) or elsewhere or (len(words) == 1 and odd)
            if not own if n == 0 else not odd:
                break
            called.append(phrase)
        return list(dict.fromkeys([*called, *common]))


def _ordinary(phrase: str) -> str:
    """A phrase without names and codes: "brndl grey coat" is said by "a grey coat"."""
    words = folded(phrase).split()
    return " ".join([w for w in words if not strange(w)] or words)


def _beginning(phrases: Sequence[list[str]]) -> list[str]:
    """The words that all phrases begin with."""
    same = takewhile(lambda words: len({w.casefold() for w in words}) == 1, zip(*phrases, strict=False))
    return [words[0] for words in same]


def _is_code(word: str, others: frozenset[str]) -> bool:
    """Whether a word is made as a trigger word: with digits in it, or like one of the others: "nelldef", "nellswim"."""
    if any(c.isdigit() for c in word) and any(c.isalpha() for c in word):
        return True
    return any(strange(o) and alike(word, o) for o in others)
