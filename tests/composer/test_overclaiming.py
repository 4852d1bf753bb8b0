"""Whoever claims everything claims nothing: titles, tags and trigger words stuffed with what prompts ask for."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from stylus_core.composer.local import LocalComposer, rated
from stylus_core.refiner import refine
from stylus_core.types import Adapter, Candidate, Metadata
from tests.composer.build import request

#: What prompts ask for, one thing in each.
THINGS = (
    "violin laptop kitten bridge lantern castle robot dragon sunset garden teapot bicycle owl forest harbour piano"
    " waterfall umbrella guitar desert library candle mushroom balloon lighthouse"
).split()
FOREIGN = (
    "Geige Katze Brücke Laterne Drache Garten Fahrrad Wald Hafen Klavier Wasserfall Wüste Kerze Leuchtturm".split()
)


#: What the retriever says of a candidate that a prompt calls by its name.
FOUND = {"name": 1.0, "trigger": 1.0, "bm25": 10.0, "about": 10.0}


def adapter(number: int, title: str, tags: tuple[str, ...] = (), words: tuple[str, ...] = ()) -> Candidate:
    known = Metadata(title=title, tags=tags, trigger_words=words, base_model="SD 1.5", architecture="sd1")
    made = Adapter(number, f"/l/file{number}.safetensors", f"file{number}", metadata=known)
    return Candidate(replace(made, card=refine(known, made.stem)), 1.0, FOUND)


def chance(prompt: str, found: Candidate, near: float = 0.75) -> float:
    return rated(request(prompt, [found], near, composer="local"))[0].confidence


def picked(prompt: str, found: Candidate) -> int:
    return len(LocalComposer().compose(request(prompt, [found], 0.75, composer="local")).assignments)


STUFFED = {
    "title in parts": adapter(1, " | ".join(THINGS)),
    "title of eight parts": adapter(2, ", ".join(THINGS[:8])),
    "title of words": adapter(3, " ".join(THINGS)),
    "title in another language": adapter(4, " / ".join(FOREIGN)),
    "title, tags and trigger words": adapter(5, " | ".join(THINGS), tuple(THINGS), tuple(THINGS)),
}


@pytest.mark.parametrize("form", STUFFED)
def test_what_is_stuffed_is_picked_for_no_prompt(form: str) -> None:
    things = FOREIGN if "language" in form else THINGS[:8]
    prompts = [*map(", ".join, pairwise(things)), *(f"a {t} on a table" for t in things)]
    assert [p for p in prompts if picked(p, STUFFED[form])] == []


def test_what_says_one_thing_is_believed() -> None:
    assert picked("a violin on a table", adapter(1, "violin")) == 1
    assert picked("violin, lantern", adapter(1, "violin", ("instrument", "music", "violin"), ("violin",))) == 1


def test_the_more_is_claimed_the_less_each_counts() -> None:
    titles = (", ".join(THINGS[:number]) for number in (3, 6, 12, 24))
    found = [chance("a violin on a table", adapter(i, title)) for i, title in enumerate(titles)]
    assert found == sorted(found, reverse=True) and found[-1] < found[0] / 16


def test_lists_share_what_is_believed_of_them() -> None:
    usual = adapter(1, "violin", ("instrument", "music"), ("violin", "wooden body", "strings", "bow"))
    stuffed = adapter(2, "violin", tuple(f"{a} {b}" for a in THINGS for b in ("red", "old", "tiny")), ("violin",))
    assert chance("a violin on a table", stuffed) < chance("a violin on a table", usual)


def test_the_sets_of_one_pack_are_no_stuffing() -> None:
    """As many as honest packs have."""
    names = "mirelda torvane koshira belwyn".split()
    pack = adapter(1, "Lantern Street Characters", ("anime", "character"), tuple(f"{n}, red scarf" for n in names))
    assert picked("1girl, koshira \\(lantern street\\), smiling", pack) == 1


def test_what_the_user_calls_it_is_not_held_against_it() -> None:
    plain = adapter(1, "violin").adapter
    titled = replace(plain, card=replace(plain.card, title="for lanterns, owls and teapots", edited=("title",)))
    assert picked("a violin on a table", Candidate(titled, 1.0, FOUND)) == 1
