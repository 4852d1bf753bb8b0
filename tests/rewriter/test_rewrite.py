from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylus_core.options import Options
from stylus_core.prompt import adapter_tags, parse
from stylus_core.rewriter import make_pick, rewrite
from stylus_core.types import Candidate, Half
from tests.rewriter.build import adapter, assigned, rewritten


def test_tags_stand_at_the_end():
    assert rewritten("a lighthouse at dusk", adapter("ink wash")).text == "a lighthouse at dusk <lora:ink wash:0.8>"


@pytest.mark.parametrize(
    "prompt",
    [
        "  a lighthouse ,, (sea:1.2)\t",
        "a\r\nb\n\n",
        "[a:b:0.5] BREAK c AND d lighthouse",
        "é̀ ﬁ 灯台 \u200d",
        "\\(a\\) <hypernet:x:1>",
    ],
)
def test_what_the_user_wrote_stays(prompt):
    result = rewritten(prompt, adapter("ink", words=["inkwash"]))
    assert result.text.startswith(prompt)
    assert "inkwash" in result.text


def test_nothing_assigned_changes_nothing():
    result = rewritten(" a lighthouse # note")
    assert result.text == " a lighthouse # note"
    assert (result.picks, result.notes) == ((), ())


def test_a_comment_at_the_end_does_not_swallow_what_is_added():
    result = rewritten("a lighthouse # warm light", adapter("ink", words=["inkwash"]))
    assert result.text == "a lighthouse # warm light\ninkwash <lora:ink:0.8>"
    assert rewritten("# sketch\na lighthouse", adapter("ink")).text == "# sketch\na lighthouse <lora:ink:0.8>"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a lighthouse", "a lighthouse, inkwash <lora:ink:0.8>"),
        ("a lighthouse,", "a lighthouse, inkwash <lora:ink:0.8>"),
        ("a lighthouse, ", "a lighthouse, inkwash <lora:ink:0.8>"),
        ("a lighthouse.", "a lighthouse. inkwash <lora:ink:0.8>"),
        ("a lighthouse\n", "a lighthouse\ninkwash <lora:ink:0.8>"),
        ("a lighthouse BREAK", "a lighthouse, inkwash BREAK <lora:ink:0.8>"),
        ("a lighthouse <lora:own:0.5>", "a lighthouse <lora:own:0.5>, inkwash <lora:ink:0.66>"),
        ("", "inkwash <lora:ink:0.8>"),
    ],
)
def test_words_come_before_the_tags_and_are_parted_from_the_prompt(prompt, expected):
    assert rewritten(prompt, adapter("ink", words=["inkwash"])).text == expected


def test_picks_tell_what_was_written():
    ink = adapter("ink", weight=0.85, words=["inkwash, sumi"], title="Ink and water")
    (pick,) = rewritten("a lighthouse, sumi", ink).picks
    assert (pick.name, pick.path, pick.title, pick.kind) == ("ink", "/loras/ink.safetensors", "Ink and water", "style")
    assert (pick.weight, pick.trigger_words) == (0.85, ("inkwash",))
    assert (pick.keyword, pick.start, pick.end, pick.reason) == ("lighthouse", 2, 12, "ink is for it")
    assert pick.preview == "/loras/ink.png"
    assert make_pick(assigned(ink)[0], 0.4).trigger_words == ()


class TestAdaptersOfTheUser:
    @pytest.mark.parametrize(
        "tag", ["<lora:ink:0.3>", "<lyco:ink:1:0.5>", "<lora:Ink Alias:1>", "<lora:ink.safetensors:1>"]
    )
    def test_one_that_is_there_is_not_added(self, tag):
        prompt = f"a lighthouse {tag}, sea"
        assert rewritten(prompt, adapter("ink", alias="Ink Alias", words=["inkwash"])).text == prompt

    def test_names_have_a_case(self):
        assert "<lora:ink:" in rewritten("a lighthouse <lora:INK:0.3>", adapter("ink")).text

    def test_a_tag_in_a_comment_is_none(self):
        assert rewritten("sea # <lora:ink:1>", adapter("ink")).text == "sea # <lora:ink:1>\n<lora:ink:0.8>"

    def test_they_count_against_the_number(self):
        result = rewritten("sea <lora:x:0.2> <lora:y:0.2>", adapter("a"), adapter("b"), max_adapters=3)
        assert [p.name for p in result.picks] == ["a"]
        assert any("b" in n and "3" in n for n in result.notes)

    def test_they_count_against_the_budget(self):
        (pick,) = rewritten("sea <lora:x:-1.5>", adapter("a"), weight_budget=2.0).picks
        assert pick.weight == 0.5
        (pick,) = rewritten("sea <lora:x>", adapter("a"), weight_budget=1.25).picks  # without a weight it is 1
        assert pick.weight == 0.25
        result = rewritten("sea <lora:x:2>", adapter("ink"), weight_budget=2.0)
        assert (result.text, result.picks) == ("sea <lora:x:2>", ())
        assert "ink" in result.notes[0] and "total weight" in result.notes[0]

    def test_beside_them_nothing_comes_too_weak_to_be_seen(self):
        result = rewritten("sea <lora:x:1.8>", adapter("ink"), adapter("fog"), weight_budget=2.0)
        assert (result.text, result.picks) == ("sea <lora:x:1.8>", ())
        assert result.notes == (
            "left out, as the adapters in the prompt weigh 1.8, which leaves too little of the total weight of 2: "
            "ink, fog",
        )

    def test_where_little_is_left_the_surest_comes_alone(self):
        sea = parse("sea <lora:x:1.7>")
        faint, sure = assigned(adapter("faint")), assigned(adapter("sure"))
        found = rewrite(sea, [replace(faint[0], confidence=0.4), *sure], Options())
        assert [(p.name, p.weight) for p in found.picks] == [("sure", 0.3)]
        assert "too little" in found.notes[0] and found.notes[0].endswith(": faint")

    def test_what_is_left_out_says_what_is_true(self):
        assert rewritten("sea", adapter("a"), max_adapters=0).notes == (
            "left out, as at most 0 adapters are asked for: a",
        )
        assert rewritten("sea", adapter("a", weight=0.01)).notes == (
            "left out, as their weights are too small to be seen: a",
        )

    def test_skip_adds_nothing_to_them(self):
        result = rewritten("sea <lora:x:0.5>", adapter("a"), pinned=[adapter("p")], existing="skip")
        assert (result.text, result.picks) == ("sea <lora:x:0.5>", ())
        assert "has adapters" in result.notes[0]
        assert rewritten("sea", adapter("a"), existing="skip").picks


class TestPinned:
    def test_they_come_first_and_beyond_the_number(self):
        found, pins = [adapter("a"), adapter("b")], [adapter("p"), adapter("q")]
        result = rewritten("sea", *found, pinned=pins, max_adapters=1)
        assert [p.name for p in result.picks] == ["p", "q", "a"]
        assert [p.start for p in result.picks[:2]] == [-1, -1]
        assert result.notes == ("left out, as the prompt has its 1 adapters at most: b",)
        none = rewritten("sea", *found, pinned=pins, max_adapters=0)
        assert [p.name for p in none.picks] == ["p", "q"]
        assert none.notes == ("left out, as at most 0 adapters are asked for: a, b",)

    def test_beside_them_what_is_left_out_is_not_for_their_number(self):
        result = rewritten("sea", adapter("a", weight=0.01), pinned=[adapter("p")], max_adapters=1)
        assert result.notes == ("left out, as their weights are too small to be seen: a",)

    def test_one_in_the_prompt_takes_no_place_either(self):
        result = rewritten("sea <lora:p:0.3>", adapter("a"), pinned=[adapter("p")], max_adapters=1)
        assert [p.name for p in result.picks] == ["a"]
        assert not rewritten("sea <lora:x:0.3>", adapter("a"), pinned=[adapter("p")], max_adapters=1).picks[1:]

    def test_one_with_the_name_of_another_file_for_its_alias_takes_nobodys_place_twice(self):
        pins, found = [adapter("own", alias="ink")], [adapter("ink"), adapter("fog"), adapter("sea")]
        once = rewritten("lighthouse", *found, pinned=pins, max_adapters=2)
        assert [p.name for p in once.picks] == ["own", "ink", "fog"]
        assert rewritten(once.text, *found, pinned=pins, max_adapters=2).picks == ()

    def test_they_get_their_weight_first(self):
        result = rewritten("sea", adapter("a"), pinned=[adapter("p", weight=1.0)], weight_budget=1.0)
        assert [(p.name, p.weight) for p in result.picks] == [("p", 1.0)]  # 0.17 would be left
        result = rewritten("sea", adapter("a"), pinned=[adapter("p", weight=1.0)], weight_budget=1.2)
        assert [(p.name, p.weight) for p in result.picks] == [("p", 0.83), ("a", 0.37)]

    def test_one_that_is_assigned_too_comes_once(self):
        ink = adapter("ink")
        assert rewritten("sea", ink, pinned=[ink]).text == "sea <lora:ink:0.8>"

    def test_one_that_is_there_already_is_left_alone(self):
        assert rewritten("sea <lora:p:0.1>", pinned=[adapter("p")]).text == "sea <lora:p:0.1>"


@pytest.mark.parametrize("stem", ["a:b", "a>b", "a=b", "a#b", "a\nb"])
def test_a_name_that_breaks_the_tag_is_left_out_with_the_way_out(stem):
    result = rewritten("sea", adapter(stem), adapter("ink"))
    assert result.text == "sea <lora:ink:0.8>"
    assert f"/loras/{stem}.safetensors" in result.notes[0] and "rename" in result.notes[0]


@pytest.mark.parametrize("stem", ["a, b (c) [d]", "灯台 v1.5", "a<b", "x" * 200])
def test_a_name_that_the_host_takes_is_written_as_it_is(stem):
    text = rewritten("sea", adapter(stem)).text
    assert [t.name for t in adapter_tags(text)] == [stem]


def test_two_files_of_one_name_are_one_tag():
    assert rewritten("sea", adapter("ink", 1), adapter("ink", 2)).text == "sea <lora:ink:0.8>"


def test_nothing_is_added_behind_a_tag_that_is_not_closed():
    result = rewritten("sea <lora:own:0.5", adapter("ink", words=["inkwash"]))
    assert (result.text, result.picks) == ("sea <lora:own:0.5", ())
    assert "close it" in result.notes[0] and "<lora:own:0.5" in result.notes[0]
    assert "<lora:ink" in rewritten("a <lora:> sea < 3", adapter("ink")).text  # no tags to the host


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("sea AND a lighthouse :0.7", "sea AND a lighthouse, inkwash :0.7 <lora:ink:0.8>"),
        ("a lighthouse :0.7", "a lighthouse, inkwash :0.7 <lora:ink:0.8>"),
        ("a lighthouse :0.7 <lora:own:0.5>", "a lighthouse, inkwash :0.7 <lora:own:0.5> <lora:ink:0.66>"),
    ],
)
def test_a_weight_at_the_end_keeps_its_place(prompt, expected):
    assert rewritten(prompt, adapter("ink", words=["inkwash"])).text == expected


class TestRegions:
    @pytest.mark.parametrize(
        ("prompt", "expected"),
        [
            ("sea AND lighthouse AND rock", "sea AND lighthouse, inkwash AND rock"),
            ("sea BREAK lighthouse, BREAK rock", "sea BREAK lighthouse, inkwash BREAK rock"),
            ("sea\nBREAK\nlighthouse,\nBREAK\nrock", "sea\nBREAK\nlighthouse, inkwash\nBREAK\nrock"),
            ("sea :0.5 AND lighthouse :1.2 AND rock", "sea :0.5 AND lighthouse, inkwash :1.2 AND rock"),
            ("sea AND lighthouse:1.2 AND rock", "sea AND lighthouse, inkwash :1.2 AND rock"),
            ("dusk ADDCOMM sea ADDCOL lighthouse ADDROW", "dusk ADDCOMM sea ADDCOL lighthouse, inkwash ADDROW"),
            ("lighthouse ADDBASE sea ADDCOL rock", "lighthouse, inkwash ADDBASE sea ADDCOL rock"),
            ("lighthouse, ADDCOL, sea", "lighthouse, inkwash ADDCOL, sea"),
            ("(lighthouse:1.2)BREAK rock", "(lighthouse:1.2), inkwash BREAK rock"),
            ("lighthouse # the old one\nBREAK rock", "lighthouse, inkwash # the old one\nBREAK rock"),
            ("lighthouse <lora:own:0> BREAK rock", "lighthouse, inkwash <lora:own:0> BREAK rock"),
            ("rock BREAK lighthouse", "rock BREAK lighthouse, inkwash"),
            ("lighthouse at 10:30 BREAK rock", "lighthouse at 10:30, inkwash BREAK rock"),
        ],
    )
    def test_words_go_to_the_end_of_the_part_that_has_the_keyword(self, prompt, expected):
        result = rewritten(prompt, adapter("ink", words=["inkwash"]))
        assert result.text.partition(" <lora:ink")[0] == expected
        assert result.picks[0].trigger_words == ("inkwash",)
        assert rewrite(parse(result.text), assigned(adapter("ink", words=["inkwash"])), Options()).text == result.text

    @pytest.mark.parametrize("prompt", ["sea BREAK rock", "old lighthouse BREAK lighthouse", "no lighthouse AND rock"])
    def test_none_are_added_where_that_cannot_be_told(self, prompt):
        result = rewritten(prompt, adapter("ink", words=["inkwash"]))
        assert result.text == f"{prompt} <lora:ink:0.8>"
        assert "ink" in result.notes[0] and "inkwash" in result.notes[0] and "regions" in result.notes[0]

    def test_nor_for_what_is_pinned(self):
        result = rewritten("sea BREAK rock", pinned=[adapter("ink", words=["inkwash"])])
        assert result.text == "sea BREAK rock <lora:ink:0.8>"
        assert "inkwash" in result.notes[0]

    def test_each_adapter_serves_its_own_part(self):
        found = assigned(adapter("ink", words=["inkwash"])) + assigned(adapter("foam", words=["foamz"]), keyword="sea")
        result = rewrite(parse("sea AND lighthouse AND rock"), found, Options())
        assert result.text.startswith("sea, foamz AND lighthouse, inkwash AND rock <lora:")

    def test_a_tag_with_such_a_word_in_its_name_parts_nothing(self):
        result = rewritten("sea <lora:salt AND sand:0>", adapter("ink", words=["inkwash"]))
        assert result.text == "sea <lora:salt AND sand:0>, inkwash <lora:ink:0.66>"


def test_an_object_gets_its_words_and_tags_behind_its_brace():
    prompt = '{"subject": "a lighthouse",\n "colors": ["#ff0000"]}\n'
    result = rewritten(prompt, adapter("ink", words=["inkwash"]))
    assert result.text == prompt + "inkwash <lora:ink:0.8>"
    assert rewrite(parse(result.text), assigned(adapter("ink", words=["inkwash"])), Options()).text == result.text
    assert rewritten('{"a": "sea"}', adapter("ink", words=["inkwash"])).text == '{"a": "sea"}, inkwash <lora:ink:0.8>'


def test_a_pick_that_is_not_sure_brings_no_words():
    ink = adapter("ink", words=["inkwash"])
    doubtful = [replace(a, confidence=0.3) for a in assigned(ink)]
    assert rewrite(parse("a lighthouse"), doubtful, Options()).text == "a lighthouse <lora:ink:0.8>"
    always = Options.of(trigger_words="always")
    assert rewrite(parse("a lighthouse"), doubtful, always).text == "a lighthouse, inkwash <lora:ink:0.8>"
    assert "inkwash" in rewrite(parse("a lighthouse"), doubtful, Options(), [Candidate(ink, 1.0)]).text  # pinned


STEMS = ["ink", "b c", "d.e", "Ünï", "x:y", "own"]
MARKUP = """<lora: ink :0.5 > < # , ( ) [ ] : | \\ BREAK AND sea inkwash <lora:ink:1> <lyco:own:2> <hypernet:h:1> é =
    te= _ <lora:d.e:-0.4:1>"""
PIECES = st.sampled_from([*MARKUP.split(), "\n", " ", "\r", " :0.7", " ADDCOL ", "lighthouse", " lighthouse AND "])
PROMPTS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60)
WORDS = st.lists(PIECES | st.sampled_from(["hair", "blue sky", "灯台"]), max_size=6).map("".join)


@st.composite
def adapters(draw):
    return [
        adapter(
            stem,
            weight=draw(st.sampled_from([-1.2, -0.04, 0.0, 0.03, 0.05, 0.07, 0.5, 0.8, 1.0, 3.0])),
            words=draw(st.lists(WORDS, max_size=3)),
            alternatives=draw(st.booleans()),
            alias=draw(st.sampled_from(["", "ink", "alias"])),
        )
        for stem in draw(st.permutations(STEMS))[: draw(st.integers(0, 6))]
    ]


OPTIONS = st.fixed_dictionaries(
    {
        "max_adapters": st.integers(0, 7),
        "weight_budget": st.sampled_from([0.1, 0.35, 1.0, 2.0, 10.0]),
        "strength": st.sampled_from([0.1, 0.33, 1.0, 2.0]),
        "trigger_words": st.sampled_from(["needed", "always", "never"]),
        "existing": st.sampled_from(["keep", "skip"]),
    }
)


@settings(max_examples=100)
@given(PROMPTS, adapters(), adapters(), OPTIONS)
def test_twice_is_once_and_the_budget_holds(prompt, found, pinned, options):
    chosen = Options.of(options)
    before = parse(prompt)
    always = [Candidate(a, 1.0) for a in pinned]
    once = rewrite(before, assigned(*found), chosen, always)
    after = parse(once.text)
    kept = iter(once.text)
    assert all(c in kept for c in prompt)  # nothing that the user wrote is gone
    again = rewrite(after, assigned(*found), chosen, always)
    assert (again.text, again.picks) == (once.text, ())

    # the host finds what the picks say, and the user's own as they were
    new = after.tags[len(before.tags) :]
    assert [t.raw for t in after.tags[: len(before.tags)]] == [t.raw for t in before.tags]
    assert [(t.name, t.weight) for t in new] == [(p.name, p.weight) for p in once.picks]
    assert all(p.weight for p in once.picks)
    own = sum(abs(t.weight if t.weight is not None else 1.0) for t in before.tags if t.kind in ("lora", "lyco"))
    assert sum(abs(p.weight) for p in once.picks) <= max(0.0, chosen.weight_budget - own) + 1e-9

    # what is added never changes how the user's own words are read
    if once.picks:
        rest = iter(after.parts)
        for own in before.parts:
            text = own.text.partition(" :")[0]
            assert any(p.text.startswith(text) and (p.weight, p.group) == (own.weight, own.group) for p in rest), own
    added = after.plain
    for p in once.picks:
        assert all(w.replace("\\", " ") in added for w in p.trigger_words)


def test_a_long_prompt_is_rewritten_to_its_end():
    """Nothing here is timed: what grows with the square of the prompt would not come to an end at this length."""
    prompt = "<lora:" * 60_000 + "(" * 60_000 + ":" * 60_000 + " " * 60_000 + ">"
    assert len(rewritten(prompt, adapter("ink", words=["a"])).picks) == 1


def halves(high, low, missing=""):
    return Candidate(high, 1.0, half=Half("high", low, missing))


def test_two_files_of_one_adapter_are_written_side_by_side():
    found = rewrite(
        parse("a lighthouse"),
        assigned(adapter("fog")),
        Options(),
        [halves(adapter("ink_high", words=["inkwash"], title="Ink (High Noise)"), adapter("ink_low"))],
    )
    assert found.text == "a lighthouse, inkwash <lora:ink_high:0.66> <lora:ink_low:0.66> <lora:fog:0.66>"
    assert [(p.title, p.stage, p.belongs_to) for p in found.picks[:2]] == [
        ("Ink", "high", ""),
        ("Ink", "low", "ink_high"),
    ]
    again = rewrite(parse(found.text), [], Options(), [halves(adapter("ink_high"), adapter("ink_low"))])
    assert again.text == found.text


def test_one_weight_of_two_files_counts_against_the_total():
    pair = [halves(adapter("ink_high"), adapter("ink_low"))]
    found = rewrite(parse("a lighthouse"), [], Options(weight_budget=0.8), pair)
    assert [p.weight for p in found.picks] == [0.8, 0.8]
    own = parse("a lighthouse <lora:ink_high:0.5> <lora:ink_low:0.5>")
    more = rewrite(own, assigned(adapter("fog")), Options(weight_budget=1.0), counted=frozenset(["ink_low"]))
    assert [p.weight for p in more.picks] == [0.5]


def test_a_pair_of_which_one_cannot_be_named_is_left_out():
    found = rewrite(parse("a lighthouse"), [], Options(), [halves(adapter("ink_high"), adapter("ink:low"))])
    assert found.text == "a lighthouse"
    assert "/loras/ink:low.safetensors cannot be named" in found.notes[0]
