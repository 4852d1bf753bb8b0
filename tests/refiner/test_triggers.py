"""Trigger words out of lists, markup, trainers' records and descriptions."""

from __future__ import annotations

import pytest

from stylus_core.library.hostile_text import plain
from stylus_core.refiner import refine
from stylus_core.types import Card, Metadata


def card(*entries: str, stem: str = "file7", **fields: object) -> Card:
    return refine(Metadata(trigger_words=entries, **fields), stem)  # type: ignore[arg-type]


def words(*entries: str, stem: str = "file7", **fields: object) -> tuple[str, ...]:
    return card(*entries, stem=stem, **fields).trigger_words


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (r"nell_\(loop:turn\), grey braid", r"nell_\(loop:turn\), grey braid"),
        ("nell_(loop:turn), grey braid", r"nell_\(loop:turn\), grey braid"),
        ("nell orrin (brass:hymn)", r"nell orrin \(brass:hymn\)"),
        ("nell orrin (brass: hymn)", r"nell orrin \(brass: hymn\)"),
        ("nell (orrin's way!)", r"nell \(orrin's way!\)"),
        ("nell /(brass hymn/)", r"nell \(brass hymn\)"),
        (r"nell \(harbour\) \(brass hymn\)", r"nell \(harbour\) \(brass hymn\)"),
        (r"nell_\(loop\:turn\), grey\_braid", r"nell_\(loop:turn\), grey_braid"),
        (r"nell_\\(loop:turn\\)", r"nell_\(loop:turn\)"),
        (r"(nell \(brass hymn\):1.2), shawl", r"nell \(brass hymn\), shawl"),
        ("((nell)), [shawl], {lamp}", "nell, shawl, lamp"),
        ("(shawl, grey braid:1.3), lamp", "shawl, grey braid, lamp"),
        ("[(grey fog:1.5)::5], lamp", "grey fog, lamp"),
        ("haze:0.7", "haze"),
        ("haze_v1:0.6", "haze_v1"),
        ("variant:tall_tower", "variant:tall_tower"),
        ("kiln:2b suit", "kiln:2b suit"),
        ("ratio 9:16", "ratio 9:16"),
        ("(hat:0), lamp", "lamp"),
        ("<lora:nell:1> nell, <hypernet:x:0.4>", "nell"),
        ("nell <lora:cut", "nell"),
        ("<nellwing>, shawl", "nellwing, shawl"),
        ("<b>nell</b><br/>, <i class='x'>shawl</i>", "nell, shawl"),
        ("<s0><s1>, nell", "nell"),
        ("<color> shawl", "shawl"),
        ("nell; grey braid; lamp", "nell, grey braid, lamp"),
        ("nell;grey braid ; lamp", "nell, grey braid, lamp"),
        (r"nell \(loop\); lamp", r"nell \(loop\), lamp"),
        ("wink ;), ;d, nell", "wink, ;d, nell"),
        ("lora:nell:1, nell", "nell"),
        ("embedding:nell, lamp", "lamp"),
        ("nell,, ", "nell"),
        ("nell, , shawl,", "nell, shawl"),
        (":d, nell, >_<", ":d, nell, >_<"),
        ('"ink fog"', "ink fog"),
        ("`ink fog`, **brush**", "ink fog, brush"),
        ("Trigger: inkfog", "inkfog"),
        ("trigger words - inkfog", "inkfog"),
        ("Trigger word: inkfog, brush", "inkfog, brush"),
        ("Keyword: inkfog", "inkfog"),
        ("tag:grey braid, lamp", "grey braid, lamp"),
        ("触发词：inkfog", "inkfog"),
        ("トリガーワード：inkfog", "inkfog"),
        ("Триггер: inkfog", "inkfog"),
        ("Outfit 2: fur coat, boots", "fur coat, boots"),
        ("{prompt} : inkfog theme", "inkfog theme"),
        ("legwear:", "legwear"),
        ("inkfog (trigger word)", "inkfog"),
        ("inkfog (required), brush", "inkfog, brush"),
        ("(recommended) inkfog", "inkfog"),
        ("recommended: inkfog", "inkfog"),
        ("inkfog (see description)", "inkfog"),
        ("inkfog (use with weight 0.7), brush", "inkfog, brush"),
        ("inkfog NOTES: for the short braid use: bun, bun", "inkfog"),
        ("inkfog, negative: blurry, text", "inkfog"),
        ("please read the page first, it says which words do what", None),
        ("no trigger needed, just describe the scene", None),
        ("see the description, inkfog", "inkfog"),
    ],
)
def test_markup_and_labels_go_and_names_stay(entry: str, expected: str | None) -> None:
    assert words(entry) == ((expected,) if expected else ())


@pytest.mark.parametrize(
    "entry",
    [
        "Optional: rivets / pipes",
        "optional: two spikes, rivets, pipes",
        "Optional tags: rivets",
        "(optional) rivets",
        "[optional] rivets",
        "rivets (optional)",
        "rivets - optional",
        "rivets (if needed)",
        "optional rivets",
        "可选：rivets",
        "rivets（非必要）",
        "オプション：rivets",
        "Опционально: rivets",
        "opcional: rivets",
    ],
)
def test_what_is_optional_is_not_written(entry: str) -> None:
    assert words("iron kettle", entry) == ("iron kettle",)
    assert words(entry, "iron kettle") == ("iron kettle",)


def test_two_commas_part_sets() -> None:
    found = card("goldnell, blue eyes, gown,, winternell, fur coat，， rainnell, boots")
    assert found.trigger_words == ("goldnell, blue eyes, gown", "winternell, fur coat", "rainnell, boots")
    assert not found.trigger_alternatives
    assert card("goldnell, gown || winternell, fur coat").trigger_alternatives


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("goldnell, gown\nwinternell, fur coat", ("goldnell, gown", "winternell, fur coat")),
        ("goldnell, gown\n\nwinternell, fur coat", ("goldnell, gown", "winternell, fur coat")),
        ("goldnell, gown; winternell, fur coat", ("goldnell, gown", "winternell, fur coat")),
        ("goldnell, gown,\npearls, veil", ("goldnell, gown, pearls, veil",)),  # a line that goes on
        ("goldnell, gown\npearls", ("goldnell, gown, pearls",)),
        ("goldnell, gown, ;d, veil", ("goldnell, gown, ;d, veil",)),
        ("Outfit 1: goldnell, gown,, Outfit 2: winternell, fur coat", ("goldnell, gown", "winternell, fur coat")),
    ],
)
def test_lines_of_lists_are_sets(entry: str, expected: tuple[str, ...]) -> None:
    assert words(entry) == expected


def test_a_large_pack_keeps_its_members() -> None:
    assert len(words(*[f"name{n}, red scarf {n}" for n in range(30)])) == 30


class TestDescribed:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Thick brush. Trigger word: brkl_ink", ("brkl_ink",)),
            ("Trigger word is brklink.", ("brklink",)),
            ("Trigger words: brklink, fog wash", ("brklink", "fog wash")),
            ("Trigger: brklink", ("brklink",)),
            ("Triggers - brklink, fog wash", ("brklink", "fog wash")),
            ("TRIGGER WORD\nbrklink", ("brklink",)),
            ("Trigger words:\nbrklink, fog wash\nWeight 0.8", ("brklink", "fog wash")),
            ("Trigger words:\n- brklink\n- fog wash\nMade in spring.", ("brklink", "fog wash")),
            ("Trigger words:\nAppearance:\nbrklink, fog wash", ("brklink", "fog wash")),
            ("The main trigger is 'brkl ink'.", ("brkl ink",)),
            ("Keyword: brklink", ("brklink",)),
            ("Activation token: brklink", ("brklink",)),
            ("Activation text = brklink (weight 0.8)", ("brklink",)),
            ("instance prompt: brklink", ("brklink",)),
            ("Trigger word(s): brklink", ("brklink",)),
            ("**Trigger word:** brklink", ("brklink",)),
            ("Trigger word ➡ brklink", ("brklink",)),
            ("**Trigger words**\n\n- brklink\n- fog wash\n\nMade in spring.", ("brklink", "fog wash")),
            ("### Trigger Word\n\n`brklink`", ("brklink",)),
            ("Trigger words\n\n```\nbrklink, fog wash\n```", ("brklink", "fog wash")),
            ("Trigger words for the fog\n1. brklink\n2. fog wash", ("brklink", "fog wash")),
            ("🔑 TRIGGER WORD\n👉 brklink", ("brklink",)),
            ("Trigger words\nUse `brklink`", ("brklink",)),
            ("Trigger words\nbase\nbrklink, fog wash", ("brklink", "fog wash")),
            ("Trigger words\nYou should use `brkl ink` to trigger the image generation.", ("brkl ink",)),
            ("Trigger words\nSome trigger words are: brklink, fog wash", ("brklink", "fog wash")),
            ("TRIGGER WORDS ➤ brklink", ("brklink",)),
            ("[trigger word] brklink", ("brklink",)),
            ("| Trigger word | brklink | 0.8 |", ("brklink",)),
            ("brklink - trigger word", ("brklink",)),
            ("brklink style (the trigger)", ("brklink style",)),
            ("Add brklink to your prompt.", ("brklink",)),
            ("It is activated with brklink, at any weight.", ("brklink",)),
            ("Trigger: brklink. Weight 0.8 works best.", ("brklink",)),
            ("Trigger word: brklink or Brkl Ink", ("brklink",)),
            ("Remember to use the trigger word brklink at the start.", ("brklink",)),
            ("Use 'in the manner of BRKLNK' to trigger it.", ("in the manner of BRKLNK",)),
            ('Use "brkl ink" in your prompt', ("brkl ink",)),
            ("You should use `brkl ink` to trigger the image generation.", ("brkl ink",)),
            ("You should use brklink style to trigger the image generation.", ("brklink style",)),
            ("You should use ink of harbours to trigger the image generation.", ("ink of harbours",)),
            ("Start your prompt with “brkl ink”.", ("brkl ink",)),
            ("Start your prompt with brklink", ("brklink",)),
            ("Begin every prompt with brklink woman, then go on.", ("brklink woman",)),
            ("To activate it write brklink.", ("brklink",)),
            ("To trigger the style, use the word brklink.", ("brklink",)),
            ("Triggered by the word brklink", ("brklink",)),
            ("Trigger it by typing brklink", ("brklink",)),
            ("Prompts should start with brklink", ("brklink",)),
            ("The word brklink triggers the style", ("brklink",)),
            ("brklink is your trigger here", ("brklink",)),
            ("The trigger word is `brklink`, and additional `fog` may help", ("brklink",)),
            ("“brkl ink” is the trigger word", ("brkl ink",)),
            ("Use brklink to activate the style", ("brklink",)),
            ("触发词：brklink，雾", ("brklink", "雾")),
            ("触发词brklink，权重0.8", ("brklink",)),
            ("触发词为：brklink", ("brklink",)),
            ("トリガーワード：brklink", ("brklink",)),
            ("トリガーワードは「brklink」です", ("brklink",)),
            ("트리거 단어: brklink", ("brklink",)),
            ("Триггер: brklink", ("brklink",)),
            ("Триггерное слово — brklink", ("brklink",)),
            ("Palabra clave: brklink", ("brklink",)),
            ("Palavra-chave: brklink", ("brklink",)),
            ("Mot-clé : brklink", ("brklink",)),
            ("Triggerwort: brklink", ("brklink",)),
            ("Parola chiave: brklink", ("brklink",)),
            (r"Trigger: nell \(brass:hymn\), shawl", (r"nell \(brass:hymn\)", "shawl")),
            ("Trigger words:\nJuno Pell: jnpell, shawl\nMirel Oster: mrlost", ("jnpell, shawl", "mrlost")),
            ("Trigger words:\nStyle: brklink\nSampler: Euler a", ("brklink",)),
        ],
    )
    def test_what_it_labels_or_quotes_is_found(self, text: str, expected: tuple[str, ...]) -> None:
        assert words(description=text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "Trigger word: none",
            "Trigger words: not needed, just write what you want",
            "No trigger word needed.",
            "You don't need a word to trigger it, but may add 'fog' to your prompt",
            "トリガーワードは不要です",
            "不需要触发词。",
            "The trigger word is essential.",
            "Trigger words: see the pictures",
            "Recommended tags: fog, lamp",
            "Optional trigger: lamp",
            "Negative prompt: 'blurry'",
            'People call it "the grey school" of painting.',
            'The song "In the harbour" gave it its name.',
            "As she said, 'never trust a quiet sea', and off we went.",
            "This style triggers memories of 'old harbours' in most of us who saw them once.",
            "It was triggered by a long walk.",
            "The key words here are patience and light.",
            "Trigger words\nNone needed\n'fog' triggers it",
            "Trigger words\n\nThe trigger words stand beside the pictures",
            "Trigger words\n\nStrength\n\n0.8",
            "Start your prompt with a place and begin the prompt with light",
            "To activate it write slowly.",
            "| Trigger | Strength |",
        ],
    )
    def test_prose_and_denials_are_no_trigger_words(self, text: str) -> None:
        assert words(description=text) == ()

    def test_only_where_none_is_listed(self) -> None:
        text = "Trigger word: brklink"
        assert words("inkfog", description=text) == ("inkfog",)
        assert words("see description", description=text) == ("brklink",)
        assert words("no trigger words needed", description=text) == ()
        assert words("none", description=text) == ("brklink",)  # the field wanted something
        assert words("Use 'brklink' to trigger it") == ("brklink",)

    @pytest.mark.parametrize(
        "html",
        [
            "<p><strong>Trigger words</strong></p><ul><li>brklink</li></ul>",
            "<h3>Trigger Word</h3><p>brklink</p>",
            "<p>Trigger Words</p><p><code>brklink</code></p>",
            "<p>You should use <code>brklink</code> to trigger the image generation.</p>",
            "<table><tr><td>Trigger word</td><td>brklink</td></tr><tr><td>Weight</td><td>0.8</td></tr></table>",
            "<h2>Trigger words</h2><p>Add <kbd>brklink</kbd></p>",
        ],
    )
    def test_headings_and_code_of_a_page(self, html: str) -> None:
        assert words(description=plain(html, 1000, is_html=True)) == ("brklink",)

    @pytest.mark.parametrize(
        "text",
        [
            "trigger word: " * 80_000,
            "use trigger " * 80_000,
            "prompt must contain the " * 60_000,
            "Trigger words (" * 80_000,
            "activate " + "a" * 600_000,
            "'" * 400_000 + " trigger",
            "trigger is " * 180_000,
            "触发词" * 180_000,
            "\n".join(["trigger - "] * 180_000),
        ],
    )
    def test_long_texts_are_read_to_their_end(self, text: str) -> None:
        """Nothing here is timed: what grows with the square of a text would not come to an end at this length."""
        assert len(words(description=text)) <= 8


class TestBaseNames:
    @pytest.mark.parametrize(
        "entry", ["v1.0", "V2", "version 3", "SDXL", "Illustrious", "Flux.1 D", "SD 1.5", "pony xl"]
    )
    def test_what_it_fits_and_its_version_are_no_words(self, entry: str) -> None:
        assert words(entry, title="Fog House", base_model="SDXL 1.0") == ()
        assert words("fghs", entry, title="Fog House", base_model="SDXL 1.0") == ("fghs",)

    @pytest.mark.parametrize(
        ("title", "base_model", "entry", "expected"),
        [
            ("Pony (Fog Farm)", "Pony", "pony", ("pony",)),
            ("Grey Pony", "SD 1.5", "pony", ("pony",)),
            ("Fog House - Pony", "Pony", "Pony", ()),
            ("Fog House", "SDXL", "sdxl fog", ("sdxl fog",)),
            ("Fog House", "SDXL", "pony, fog", ("pony, fog",)),
        ],
    )
    def test_an_adapter_may_be_called_like_one(
        self, title: str, base_model: str, entry: str, expected: tuple[str, ...]
    ) -> None:
        assert words(entry, title=title, base_model=base_model) == expected


class TestTrained:
    @pytest.mark.parametrize(
        ("tags", "folders", "stem", "expected"),
        [
            ((("brklnk", 1),), ("brklnk",), "ink_000002500", ("brklnk",)),  # the one thing its trainer records
            ((("sketch", 1),), ("sketch",), "pencil_000002500", ("sketch",)),
            ((("quelin", 30), ("1girl", 29), ("solo", 28), ("red cloak", 12)), ("quelin",), "q-000010", ("quelin",)),
            ((("quelin", 30), ("1girl", 30), ("hat", 30)), ("quelin woman",), "q-000010", ("quelin",)),
            ((("1girl", 30), ("qu3l1n", 30), ("hat", 30)), ("train",), "mix-000010", ("qu3l1n",)),
            ((("1girl", 30), ("quelin (brass hymn)", 29)), (), "quelin_v2", (r"quelin \(brass hymn\)",)),
            ((("1girl", 30), ("solo", 30), ("looking at viewer", 30), ("long hair", 30)), ("girl",), "mix", ()),
            ((("lighthouse", 30), ("sea", 30)), ("img",), "mix", ()),
            ((("1girl", 30), ("quelin", 14)), (), "quelin_v2", ()),  # on half of the pictures only
            ((("serafuku", 30), ("1girl", 30)), ("img",), "mix", ()),
            ((("touhou", 30), ("1girl", 30)), ("touhou",), "touhou_mix", ()),
        ],
    )
    def test_what_is_on_all_pictures_and_nobodys_word(
        self, tags: tuple[tuple[str, int], ...], folders: tuple[str, ...], stem: str, expected: tuple[str, ...]
    ) -> None:
        assert words(stem=stem, training_tags=tags, training_concepts=folders) == expected

    @pytest.mark.parametrize(
        ("captions", "stem", "expected"),
        [
            (("brklnk a brass kettle on a table", "brklnk a brass kettle from above"), "x7", ("brklnk",)),
            (("BRKLNK, a brass kettle", "BRKLNK, a kettle from above"), "x7", ("BRKLNK",)),
            (("brklnk style, a brass kettle", "brklnk style, a harbour at dusk"), "x7", ("brklnk style",)),
            (("a photo of brklnk kettle", "a kettle in brklnk colours by the sea"), "brklnk_v1", ("brklnk",)),
            (("a photo of zorvex kettle", "a kettle in zorvex colours by the sea"), "mix", ()),
            (("a brass kettle on a table", "a brass kettle seen from above"), "kettle", ()),
            (("brklnk a brass kettle on a table",), "x7", ()),
            (("brklnk a brass kettle", "a lamp on a table", "a harbour in the fog"), "brklnk", ()),
        ],
    )
    def test_what_all_captions_have(self, captions: tuple[str, ...], stem: str, expected: tuple[str, ...]) -> None:
        told = tuple((c, 1) for c in captions)
        assert words(stem=stem, training_tags=told, training_captions=True) == expected

    def test_a_phrase_that_is_all_a_trainer_records(self) -> None:
        phrase = "in the manner of brklnk"
        found = words(training_tags=((phrase, 1),), training_captions=True, training_concepts=(phrase,))
        assert found == (phrase,)

    def test_only_where_nobody_lists_or_denies_any(self) -> None:
        known = {"training_tags": (("brklnk", 9), ("hat", 9)), "training_concepts": ("brklnk",)}
        assert words("inkfog", **known) == ("inkfog",)
        assert words("none", **known) == ()
        assert words(description="Trigger: inkfog", **known) == ("inkfog",)
        assert words("woman", **known) == ("brklnk", "woman")  # a class of pictures wakes nothing

    @pytest.mark.parametrize("token", ["img", "woman", "style", "1girl"])
    def test_what_a_trainer_calls_the_pictures_is_none(self, token: str) -> None:
        assert words(token, provenance={"trigger_words": "header"}) == ()
        assert words("brklnk woman", provenance={"trigger_words": "header"}) == ("brklnk woman",)
