"""Cards out of metadata: kind, subject, description, trigger words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylus_core.refiner import refine
from stylus_core.types import KINDS, Adapter, Card, Example, Metadata


def card(title: str = "", *, stem: str = "file_v1", **fields: object) -> Card:
    return refine(Metadata(title=title, **fields), stem)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "tags", "kind"),
    [
        ("Ana Verdant (Blue Archive)", ("anime", "character"), "character"),
        ("Ana Verdant - Fatal Fury", ("video game",), "character"),
        ("Ana Verdant | Genshin Impact", (), "character"),
        ("Brushfog Style LoRA", ("anime", "character", "girl"), "style"),
        ("Brushfog", ("style",), "style"),
        ("Wet ink sketch", (), "style"),
        ("Detail Tweaker", ("concept",), "quality"),
        ("Foo NoiseOffset", ("style",), "quality"),
        ("better hands", ("poses",), "quality"),
        ("Korean Doll Likeness", (), "person"),
        ("cute girl", ("woman", "photorealistic"), "person"),
        ("Crossed arms | Pose", ("concept",), "pose"),
        ("Sitting on a fence", ("concept", "anime"), "pose"),
        ("Riding Boots", ("clothing",), "clothing"),
        ("Knight Armor", ("character", "anime"), "clothing"),
        ("Misty harbour", ("background",), "background"),
        ("School library interior", ("concept",), "background"),
        ("Old lighthouse architecture", ("buildings",), "building"),
        ("Garden umbrella", ("objects",), "object"),
        ("Sniper rifle", ("gun",), "object"),
        ("Retro Spaceships", ("concept", "spaceship"), "vehicle"),
        ("Corgi", ("animal", "dog"), "animal"),
        ("Heart-shaped pupils", ("concept", "eyes"), "concept"),
        ("Stiletto Heels", ("tool", "shoes"), "clothing"),
        ("杂物", (), "concept"),
    ],
)
def test_kind(title: str, tags: tuple[str, ...], kind: str) -> None:
    assert card(title, tags=tags).kind == kind


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Ana Verdant LoRA [8 MB]", "Ana Verdant"),
        ("【Character】Ana Verdant (Azur Lane) v2.1", "Ana Verdant (Azur Lane)"),
        ("[someone] Ana Verdant - Genshin Impact LoRA", "Ana Verdant (Genshin Impact)"),
        ("Arknights-Verdant", "Verdant (Arknights)"),
        ("Ana Verdant Genshin Impact | Character Lora 312", "Ana Verdant (Genshin Impact)"),
        ("アナ / Ana Verdant / Pokemon", "Ana Verdant (Pokemon)"),
        ("Blue Archive) ana verdant", "ana verdant (Blue Archive)"),
        ("ana \\(genshin impact\\)", "ana (genshin impact)"),
        ("Brushfog style LoRA by Nobody", "Brushfog style"),
        ("Wet hair | Concept LoRA", "Wet hair"),
        ("Some Harbour | Gloomy Docks", "Some Harbour (Gloomy Docks)"),
        ("XYarchway_07Lodge", "XYarchway 07Lodge"),
        ("K/DA Ana", "K/DA Ana"),
        ("SteampunkWagon_v1.0", "Steampunk Wagon"),
        ("Naruto Uzumaki", "Naruto Uzumaki"),
        ("Sailor Moon Outfit", "Sailor Moon Outfit"),
    ],
)
def test_subject_is_the_name_and_its_series(title: str, subject: str) -> None:
    assert card(title, tags=("character",)).subject == subject


def test_which_half_of_a_pair_it_is_is_no_part_of_its_name() -> None:
    for title in ("Quelindra [High Noise]", "Quelindra - Low Noise Model", "Quelindra HighNoise"):
        assert refine(Metadata(title=title, base_model="Wan 2.2"), "x").subject == "Quelindra"


def test_series_among_the_tags_counts_for_characters_only() -> None:
    assert card("Ana Verdant", tags=("character", "touhou")).subject == "Ana Verdant (touhou)"
    assert card("Brushfog Style", tags=("style", "touhou")).subject == "Brushfog Style"


def test_english_file_name_for_a_title_in_another_script() -> None:
    made = card("破れた傘", stem="tornUmbrella_v12", tags=("objects",))
    assert made.subject.startswith("torn Umbrella")
    assert card("破れた傘", stem="12", tags=("objects",)).subject == "破れた傘"


def test_no_sidecar_at_all() -> None:
    made = refine(
        Metadata(
            alias="anaVerdant_v3",
            training_tags=(("1girl", 90), ("masterpiece", 90), ("green_hair", 88), ("freckles", 80), ("lantern", 60)),
            training_concepts=("ana",),
        ),
        "whatever",
    )
    assert made.subject == "ana Verdant"
    assert made.source == "training tags"
    assert "freckles" in made.description and "lantern" in made.description and "green hair" in made.description
    assert "1girl" not in made.description and "masterpiece" not in made.description


def test_nothing_but_a_file_name() -> None:
    made = refine(Metadata(), "catDressV2_final")
    assert (made.subject, made.source, made.kind) == ("cat Dress", "file name", "clothing")
    assert made.description


def test_description_says_what_it_is_and_leaves_the_noise_out() -> None:
    noise = [
        "Buy me a coffee: https://ko-fi.com/someone",
        "If you like this model, please leave a review and rate it 5 stars!",
        "Changelog: v1.2 fixed the hands",
        "Commercial use is prohibited. Credit me when you merge.",
        "Put the file into the models/Lora folder and update the extension",
        "Join my Discord or follow me on Twitter @someone_special",
        "感谢支持，欢迎加入交流群 12345678，爱发电赞助我",
        "ダウンロードありがとうございます。コメントをください",
        "다운로드 감사합니다",
        "Спасибо за поддержку, подпишись",
        "<img src=x onerror=alert(1)>",
    ]
    text = (
        "<p>" + "</p><p>".join([*noise[:5], "Imitates the hazy brushwork of harbour paintings.", *noise[5:]]) + "</p>"
    )
    made = card("Brushfog Style", tags=("style",), description=text, trigger_words=("brushfog",))
    assert made.description == (
        "Style: Brushfog Style. Imitates the hazy brushwork of harbour paintings. Trigger words: brushfog."
    )
    for line in noise:
        only = card("Brushfog Style", tags=("style", "haze"), description=line)
        assert only.description == "Style: Brushfog Style. Tagged haze.", line


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("", "A glass hedgehog.", True),
        ("", "Glass hedgehog in the rain", True),
        ("Bell Tower", "About\nA tower with bells & banners.\nStrength: 0.6", True),
        ("Bell Tower", "A fix will be there one day.", False),
        ("Bell Tower", "bell, tower, banner, rope, stone", False),
        ("", "Use it as you like it best", False),
        ("", "Thanks for the coffee everyone", False),
        ("Bell Tower", "Banners in the wind. " * 20, False),
    ],
)
def test_a_short_description_is_said_as_it_is(title: str, text: str, said: bool) -> None:
    made = refine(Metadata(title=title, description=text), "xq")
    first = max(text.split("\n"), key=len).rstrip(".")
    assert (first in made.description) == said


def test_a_description_in_another_language_is_used() -> None:
    made = card("Brushfog", tags=("style",), description="下载请点赞。\n这是一种模仿海港油画的朦胧画风。")
    assert "朦胧画风" in made.description


def test_trigger_words_are_cleaned() -> None:
    made = card(
        "Foo",
        trigger_words=(
            " fooTag, <lora:foo_v1:0.8>, (red scarf:1.2), masterpiece, best quality ",
            "FooTag, red scarf",
            "foo (some game)",
            "bar \\(other game\\)",
            "<lora:foo:1>",
            "",
            "none",
        ),
    )
    assert made.trigger_words == ("fooTag, red scarf", "foo \\(some game\\)", "bar \\(other game\\)")
    assert not made.trigger_alternatives


def test_alternatives_exclude_each_other() -> None:
    made = card("Foo", trigger_words=("foo, red dress || foo, blue dress",))
    assert made.trigger_words == ("foo, red dress", "foo, blue dress")
    assert made.trigger_alternatives
    assert not card("Foo", trigger_words=("foo ||  ",)).trigger_alternatives


_text = st.text(max_size=200) | st.sampled_from(
    ["(((((", "[[【「", "<lora:", "|||", "()", "...", "-", "0.7-", "\\", "weight 0.5"]
)
_metadata = st.builds(
    Metadata,
    title=_text,
    alias=_text,
    description=_text,
    notes=_text,
    own_words=_text,
    tags=st.lists(_text, max_size=4).map(tuple),
    trigger_words=st.lists(_text, max_size=4).map(tuple),
    training_tags=st.lists(st.tuples(_text, st.integers(0, 99)), max_size=4).map(tuple),
    training_concepts=st.lists(_text, max_size=2).map(tuple),
    examples=st.lists(st.builds(Example, prompt=_text, weight=st.none() | st.floats(allow_nan=False)), max_size=3).map(
        tuple
    ),
    user_weight=st.none() | st.floats(-5, 5),
    clip_strength=st.none() | st.floats(-5, 5),
    version=_text,
    version_description=_text,
)


@settings(max_examples=150)
@given(metadata=_metadata, stem=_text)
def test_any_metadata_has_a_card(metadata: Metadata, stem: str) -> None:
    made = refine(metadata, stem)
    assert made.kind in KINDS
    assert made.description
    assert -5.0 <= made.weight <= 5.0
    assert refine(metadata, stem) == made


@pytest.mark.parametrize(
    "text", ["(" * 400_000, "[" * 400_000, "weight 0." * 100_000, "<" * 400_000, "a" * 4_000_000, "0.7-" * 180_000]
)
def test_hostile_texts_are_refined_to_their_end(text: str) -> None:
    """Nothing here is timed: what grows with the square of a text would not come to an end at this length."""
    refine(Metadata(title=text, description=text, trigger_words=(text,), tags=(text,)), text)
    assert refine(Metadata(own_words=text[:4000], description=text), "xq_01").kind in KINDS


@pytest.mark.whole
def test_over_the_corpus(corpus: list[Adapter]) -> None:
    adapters = corpus[::3]
    cards = [refine(a.metadata, a.stem) for a in adapters]
    assert all(c.subject and c.description and len(c.description) < 700 for c in cards)
    stated = [(a, c) for a, c in zip(adapters, cards, strict=True) if "character" in a.metadata.tags]
    assert sum(c.kind == "character" for _, c in stated) > 0.95 * len(stated)


def test_training_tags_tell_a_character() -> None:
    tags = ("1girl", "solo", "ana verdant", "green hair", "red eyes", "white gloves", "plaid skirt", "smile")
    made = refine(Metadata(alias="ana_v2-000010", training_tags=tuple((t, 40) for t in tags)), "ana_v2-000010")
    assert (made.kind, made.subject) == ("character", "ana")
    made = refine(Metadata(alias="gloom", training_tags=(("no humans", 40), ("scenery", 38), ("lantern", 5))), "gloom")
    assert made.kind == "background"


def test_training_folder_completes_the_file_name() -> None:
    made = refine(Metadata(alias="ana_v2-10", training_concepts=("ana_verdant",)), "ana_v2-10")
    assert made.subject == "ana verdant"
