"""Whether a prompt mentions somebody by an ordinary word."""

from __future__ import annotations

import pytest

from stylus_core.composer.local import LocalComposer
from stylus_core.composer.mentions import AGAINST, NOTHING, Mentions
from stylus_core.composer.name_matching import is_named
from stylus_core.prompt import parse
from stylus_core.types import Adapter, Card
from tests.composer.build import candidate, request


def meant(prompt: str, subject: str = "Raven (Tidewatch)", words: tuple[str, ...] = ("raven, silver cloak",)) -> bool:
    adapter = Adapter(1, "/l/a7.safetensors", "a7", card=Card(kind="character", subject=subject, trigger_words=words))
    return is_named(adapter, Mentions(parse(prompt)))


@pytest.mark.parametrize(
    "prompt",
    [
        "Raven standing in the rain, cloak blowing",
        "In the rain Raven waits for a train.",
        "1girl, raven, cloak",
        "score_9, solo, (raven:1.2), night",
        "raven (tidewatch), forest",
        "raven smiles at the camera",
        "Raven's boots on a table",
        "portrait of raven, oil on canvas",
        "a woman called raven, bar, night",
        "the girl raven on a bridge",
        "raven and a dog, silver cloak",  # her trigger words
        "raven in her silver cloak",
        "Raven in a field where her boots get wet",
        "Raven is standing on a roof.",
    ],
)
def test_somebody_is_meant(prompt: str):
    assert meant(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "a raven on a gravestone",
        "an old, black raven on a gravestone",
        "Two ravens over a field",
        "raven on a branch",
        "Raven on a branch",
        "Raven feathers on an altar",
        "A Raven Sits On A Gravestone",
        "A RAVEN ON A ROOF",
        "a girl with raven hair",
        "raven-haired woman",
        "1girl, holding a raven",
        "1girl, raven on shoulder",
        "raven, bird, moon, no humans",
        "dark forest, raven, fog",
        "the Raven flew over the field",
    ],
)
def test_the_thing_is_meant(prompt: str):
    assert not meant(prompt)


@pytest.mark.parametrize("name", ["ivy", "jade", "onyx", "thistle", "marigold"])
def test_it_goes_by_the_word_however_rare(name: str):
    for prompt in (f"a wall covered with {name}", f"{name} leaves in a bowl", f"a field of {name}"):
        assert not meant(prompt, name.capitalize(), (f"{name}, silver cloak",)), prompt
    for prompt in (f"1girl, {name}, smile", f"{name}, silver cloak", f"At noon {name.capitalize()} reads a book."):
        assert meant(prompt, name.capitalize(), (f"{name}, silver cloak",)), prompt


def test_a_name_that_means_nothing_needs_no_evidence():
    assert meant("with corvenna on a branch", "Corvenna", ("corvenna",))
    assert meant("alice on a branch", "Alice", ("alice",))
    # and of a rare one that nothing speaks against
    assert meant("mirasol on a branch", "Mirasol", ("mirasol",))
    assert not meant("a mirasol in a vase", "Mirasol", ("mirasol",))


def test_a_name_of_several_words_stands_together():
    words = ("rice shower, boots",)
    assert meant("rice shower at a race", "Rice Shower (Tidewatch)", words)
    assert not meant("harvest of rice in a light shower", "Rice Shower (Tidewatch)", words)


def test_who_has_a_name_that_is_said_of_many_is_any_of_them():
    assert meant("a zombie in a hospital", "Zombie", ("zombie",))
    assert not meant("a hunter in the woods", "Hunter (Tidewatch)", ("hunter, silver cloak",))
    assert meant("1boy, hunter, rain", "Hunter (Tidewatch)", ("hunter, silver cloak",))


def test_what_is_not_said_is_against_it():
    said = Mentions(parse("a lamp, ravens"))
    assert said.speaks_of(["fox"]) == AGAINST
    assert said.speaks_of(["lamp"]) == AGAINST
    assert Mentions(parse("lamp, table")).speaks_of(["lamp"]) == NOTHING


@pytest.mark.parametrize("near", [None, 0.3])
def test_whom_a_prompt_means_is_picked_although_the_word_is_common(near: float | None):
    def picks(prompt: str) -> list[int]:
        asked = request(prompt, [candidate(1, "character", "Summer (Tidewatch)", words=("summer, boots",))], near)
        return [a.candidate.adapter.id for a in LocalComposer().compose(asked).assignments]

    assert picks("1girl, summer, smile") == [1]
    assert picks("In the kitchen Summer cooks a soup.") == [1]
    assert picks("a summer meadow with poppies") == []
    assert picks("1girl, summer dress, smile") == []
