"""Of several sets of trigger words the one that the prompt names is used, and the rest stays out."""

from __future__ import annotations

import pytest

from stylus_core.rewriter import missing_trigger_words
from stylus_core.types import Card
from tests.rewriter.build import trained

#: Outfits of one character, each called by a word of its own.
OUTFITS = (
    "goldnell, blue eyes, black hair, pink shirt, bracelet",
    "foxnell, blue eyes, black hair, purple gloves, black cape",
)
#: Outfits that all begin with the same word.
WARDROBE = (
    "nl7, long hair, white jacket, blue skirt",
    "nl7, long hair, straw hat, summer dress",
    "nl7, short hair, tiara, ball gown",
)
#: Characters of a pack.
PACK = ("mirelle of the coast, silver braid", "torvan the smith, red beard", "quenby, short hair, oilskin")
#: Characters of a pack, each with nothing but a name.
LONE = ("corin_brandt", "lysa_mqt", "bero_mqt")
#: A name of its own in front of outfits.
NAMED = ("nell orrin", "apron, headscarf, wooden clogs", "guard uniform, peaked cap, brass buttons")


def added(
    prompt: str,
    *entries: str,
    subject: str = "Nell Orrin (Saltmarsh)",
    alternatives: bool = False,
    mode: str = "needed",
) -> list[str]:
    card = Card(kind="character", subject=subject, trigger_words=entries, trigger_alternatives=alternatives)
    return missing_trigger_words(trained(card), prompt, mode, "nell orrin", 0.9)


@pytest.mark.parametrize(
    ("prompt", "entries", "expected"),
    [
        ("foxnell, nell orrin running", OUTFITS, ["blue eyes", "black hair", "purple gloves"]),
        ("goldnell, nell orrin running", OUTFITS, ["blue eyes", "black hair", "pink shirt"]),
        ("nell orrin in a black cape", OUTFITS, ["foxnell", "blue eyes", "black hair", "purple gloves"]),
        ("nell orrin with purple gloves and a black cape", OUTFITS, ["foxnell", "blue eyes", "black hair"]),
        ("nell orrin as a fox nell", OUTFITS, ["foxnell", "blue eyes", "black hair", "purple gloves"]),
        ("nell orrin in a pink shirt, bracelet", OUTFITS, ["goldnell", "blue eyes", "black hair"]),
        # it names none: what both have, and what the first is called by
        ("nell orrin running", OUTFITS, ["goldnell", "blue eyes", "black hair"]),
        ("nell orrin, blue eyes", OUTFITS, ["goldnell", "black hair"]),
        ("nl7, straw hat, by the sea", WARDROBE, ["long hair", "summer dress"]),
        ("nell orrin wearing a tiara", WARDROBE, ["nl7", "short hair", "ball gown"]),
        ("nell orrin in a summer dress", WARDROBE, ["nl7", "long hair", "straw hat"]),
        ("nell orrin by the sea", WARDROBE, ["nl7"]),
        ("nell orrin, long hair, by the sea", WARDROBE, ["nl7"]),  # most outfits have it: it names none
        ("nl7 by the sea", WARDROBE, []),
        ("nell orrin in her guard uniform", NAMED, ["peaked cap", "brass buttons"]),
        ("nell in a guard uniform", NAMED, ["nell orrin", "peaked cap", "brass buttons"]),
        ("nell orrin by the sea", NAMED, []),
        ("nell by the sea", NAMED, ["nell orrin"]),
        ("nell orrin, brass buttons on the floor", NAMED, []),  # the second outfit is not called by its buttons
        # versions of a name, each an entry of its own
        ("nell orrin gala, at sea", ("nell orrin casual", "nell orrin gala"), []),
        ("nell orrin at sea", ("nell orrin casual", "nell orrin gala"), ["nell orrin casual"]),
        # what the picture shows names no set
        ("nell, grey hair", ("nell orrin", "grey hair"), ["nell orrin"]),
        ("nell orrin, grey hair", ("nell orrin", "grey hair"), []),
        # one set is no several: all of it belongs to the adapter
        ("nell at sea", ("nell orrin, grey braid", "official art"), ["nell orrin", "grey braid"]),
        # the series is no name of a set
        ("nell orrin from the saltmarsh tales", ("nell orrin, nlorrn", "brass lamp, dragon ball"), ["nlorrn"]),
    ],
)
def test_outfits(prompt: str, entries: tuple[str, ...], expected: list[str]) -> None:
    assert added(prompt, *entries) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("mirelle of the coast by the sea", ["silver braid"]),
        ("torvan the smith at his forge", ["red beard"]),
        ("Torvan at his forge", ["torvan the smith", "red beard"]),
        ("quenby in a boat", ["short hair", "oilskin"]),
        ("a smith at his forge", []),  # a smith, and not this one
        ("a market in the saltmarsh", []),  # none of them: and so nobody's words
    ],
)
def test_characters_of_a_pack(prompt: str, expected: list[str]) -> None:
    assert added(prompt, *PACK, subject="Saltmarsh") == expected


@pytest.mark.parametrize("words", [LONE, (", ".join(LONE),)])
@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("lysa mqt on a pier", []),
        ("lysa on a pier", ["lysa_mqt"]),
        ("lysa mqt and corin brandt on a pier", []),
        ("corin and bero on a pier", ["corin_brandt", "bero_mqt"]),
    ],
)
def test_of_a_pack_of_names_come_those_that_the_prompt_calls(
    words: tuple[str, ...], prompt: str, expected: list[str]
) -> None:
    assert added(prompt, *words, subject="Two evenings pack") == expected


@pytest.mark.parametrize(
    ("prompt", "entries", "expected"),
    [
        ("nell orrin, nelldef", ("nelldef", "nellswim"), []),
        ("nell orrin, nellswim, by the sea", ("nelldef", "nellswim"), []),
        ("nell orrin, foxnell", ("goldnell", "foxnell"), []),
        ("nell orrin, fox nell", ("goldnell", "foxnell"), ["foxnell"]),
        ("nell orrin by the sea", ("nelldef", "nellswim"), ["nelldef"]),
        ("nell orrin, serafuku", ("nlorrn", "serafuku"), ["nlorrn"]),  # no outfit of hers, but what she wears
        ("nell orrin, grey mask and a lamp", ("nell mask", "lamp mask"), ["nell mask"]),
    ],
)
def test_a_word_for_each_outfit(prompt: str, entries: tuple[str, ...], expected: list[str]) -> None:
    assert added(prompt, *entries) == expected


@pytest.mark.parametrize(
    ("prompt", "entries", "expected"),
    [
        ("nell orrin, grey hair, apron", ("nell orrin", "grey hair, apron, wooden clogs"), []),
        ("nell orrin, gloves and a hat", ("nell orrin", "gloves, scarf", "hat, long coat"), []),
        ("grey cloud over a pier", ("cloud, colourful", "starry, stars"), []),
    ],
)
def test_a_word_that_anybody_says_calls_no_set(prompt: str, entries: tuple[str, ...], expected: list[str]) -> None:
    card = Card(kind="style" if "cloud" in prompt else "character", subject="Nell Orrin", trigger_words=entries)
    assert missing_trigger_words(trained(card), prompt, "needed", "pier", 0.9) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("torvan at sea", []), ("mirelle and the sea", []), ("a market in the saltmarsh", ["mirelle"])],
)
def test_lone_names_of_a_pack(prompt: str, expected: list[str]) -> None:
    """Nobody gets a second person for the one that the prompt names."""
    assert added(prompt, "mirelle", "torvan", "quenby", subject="Saltmarsh") == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a dog by the sea", ["red brindle coat", "white paws"]),
        ("a grey brindle dog by the sea", ["grey brindle coat", "black nose"]),
        ("a dog with a black nose", ["grey brindle coat"]),
        ("a grey lamp", ["red brindle coat", "white paws"]),
        ("grey brindle coat, black nose", []),
    ],
)
def test_alternatives_are_called_by_what_tells_them_apart(prompt: str, expected: list[str]) -> None:
    sets = ("red brindle coat, white paws", "grey brindle coat, black nose")
    assert added(prompt, *sets, subject="Brindle", alternatives=True) == expected
    never_both = added(prompt, *sets, subject="Brindle", alternatives=True, mode="always")
    assert not {"red brindle coat", "grey brindle coat"} <= set(never_both)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a horse with a grey blanket", ["blnkt grey blanket"]),
        ("a horse under a blanket of grey wool", ["blnkt grey blanket"]),
        ("a grey horse", ["blnkt grey blanket"]),
        ("a horse with a blue blanket", ["blnkt"]),  # it contradicts both
        ("a horse", ["blnkt red blanket"]),
        ("a grey lamp", ["blnkt red blanket"]),  # it speaks of something else
    ],
)
@pytest.mark.parametrize("mode", ["needed", "always"])
def test_alternatives_that_differ_in_one_word(prompt: str, expected: list[str], mode: str) -> None:
    entries = ("blnkt red blanket", "blnkt grey blanket")
    assert added(prompt, *entries, subject="Horse", alternatives=True, mode=mode) == expected


def test_alternatives_are_told_apart_by_any_of_their_phrases() -> None:
    entries = ("nelx, red gown, pearls", "nelx, blue gown, pearls")
    assert added("nell in a blue silk gown", *entries, alternatives=True) == ["nelx", "blue gown", "pearls"]
    assert added("nell in a black gown", *entries, alternatives=True) == ["nelx", "pearls"]
    assert added("nell by the sea", *entries, alternatives=True) == ["nelx", "red gown", "pearls"]


def test_variants_of_one_code_are_called_by_their_own_words() -> None:
    entries = ("blnkt red blanket", "blnkt grey blanket")
    assert added("a horse with a grey blanket", *entries, subject="Horse") == ["blnkt grey blanket"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("foxnell running", ["blue eyes", "black hair", "purple gloves"]),
        ("somebody running", ["goldnell", "blue eyes", "black hair", "pink shirt"]),
    ],
)
def test_always_adds_one_set_and_no_more(prompt: str, expected: list[str]) -> None:
    assert added(prompt, *OUTFITS, mode="always") == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (r"nell_\(loop:turn\)", r"nell_\(loop:turn\)"),
        ("nell (loop:turn)", r"nell \(loop:turn\)"),
        ("nell (loop: turn)", r"nell \(loop: turn\)"),
        ("kiln:2b", "kiln:2b"),
        ("inkfog:0.7", "inkfog"),
        ("inkfog:", "inkfog"),
        ("inkfog:0.5:0.5", "inkfog"),
        ("inkfog :0.5 :", "inkfog"),
        ("inkfog:0.5(", "inkfog"),
        ("nell (loop:0.5)", r"nell \(loop\)"),
    ],
)
def test_a_colon_of_a_name_survives(entry: str, expected: str) -> None:
    assert added("sea", entry) == [expected]
    assert added(f"sea, {expected}", entry) == []
