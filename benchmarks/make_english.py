"""Writes the lists of `stylus_core/prompt/english.py`: English words by frequency, rarer words for things, and beings.

`python -m benchmarks.make_english VOCAB WORDNET` reads the vocabulary of an uncased BERT model (`vocab.txt` in its
folder; Devlin et al. 2019, Apache 2.0), which was built by frequency over books and Wikipedia and stands in that order,
and the database of WordNet 3.1 (the folder with `data.noun`; Princeton University, WordNet license).

A word of the vocabulary that WordNet does not know in small letters, nor as a form of one that it does, is a name or a
particle, and is written with a capital. The rarer words are nouns of WordNet for what can be seen: of four to nine
letters, those that the vocabulary lacks. Beings are the words of the vocabulary whose first sense as a noun is one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from stylus_core.prompt.english import BEINGS, THINGS, WORDS

#: WordNet's files of nouns for animals, artifacts, natural objects, phenomena, plants and substances.
_SEEN = frozenset((5, 6, 17, 19, 20, 27))
_PERSON = 18  # WordNet's file of nouns for persons, spirits and monsters
_SHORTEST, _LONGEST = 4, 9
#: Endings of forms, and what stands in the lemma instead.
_FORMS = (
    ("s", ("",)), ("es", ("",)), ("ies", ("y",)), ("ed", ("", "e")), ("ied", ("y",)), ("ing", ("", "e")),
    ("er", ("", "e")), ("est", ("", "e")), ("ly", ("",)),
)  # fmt: skip


def words(vocabulary: Path) -> list[str]:
    """The whole words of a vocabulary in its order: no pieces, no single letters, no other scripts."""
    lines = vocabulary.read_text(encoding="utf-8").splitlines()
    return [w for w in lines if len(w) > 1 and w.isascii() and w.isalpha()]


def lemmas(wordnet: Path) -> dict[str, set[int]]:
    """The lemmas of WordNet in small letters, each with the files that it stands in."""
    out: dict[str, set[int]] = {}
    for part in ("noun", "verb", "adj", "adv"):
        for lemma, file in _lemmas(wordnet / f"data.{part}"):
            if lemma.isascii() and lemma.isalpha() and lemma.islower():
                out.setdefault(lemma, set()).add(file)
    return out


def _lemmas(data: Path) -> Iterator[tuple[str, int]]:
    for line in data.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):  # the license
            continue
        fields = line.split()
        for n in range(int(fields[3], 16)):
            yield fields[4 + 2 * n].partition("(")[0], int(fields[1])


def beings(wordnet: Path) -> set[str]:
    """The nouns of which the first sense is somebody."""
    lines = (wordnet / "data.noun").read_text(encoding="utf-8").splitlines()
    file = {line[:8]: int(line[9:11]) for line in lines if not line.startswith(" ")}
    out = set()
    for line in (wordnet / "index.noun").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            fields = line.split()
            if file[fields[6 + int(fields[3])]] == _PERSON:
                out.add(fields[0])
    return out


def is_form(word: str, known: dict[str, set[int]]) -> bool:
    """Whether a word is a form of a lemma."""
    for ending, others in _FORMS:
        stems = [word.removesuffix(ending) + other for other in others] if word.endswith(ending) else []
        if any(s in known or (len(s) > 2 and s[-1] == s[-2] and s[:-1] in known) for s in stems):
            return True
    return False


def main() -> None:
    """Writes the lists below what stands in the files about them."""
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m benchmarks.make_english VOCAB WORDNET")
    found, known = words(Path(sys.argv[1])), lemmas(Path(sys.argv[2]))
    listed = frozenset(found)
    cased = [w if w in known or is_form(w, known) else w.capitalize() for w in found]
    things = sorted(
        w
        for w, files in known.items()
        if files & _SEEN and _SHORTEST <= len(w) <= _LONGEST and listed.isdisjoint((w, f"{w}s", f"{w}es"))
    )
    somebody = sorted(beings(Path(sys.argv[2])).intersection(w for w in cased if w.islower()))
    for path, lines in ((WORDS, cased), (THINGS, things), (BEINGS, somebody)):
        about = [line for line in path.read_text(encoding="ascii").splitlines() if line.startswith("#")]
        path.write_text("\n".join([*about, *lines]) + "\n", encoding="ascii")
        print(f"{len(lines)} words in {path}")


if __name__ == "__main__":
    main()
