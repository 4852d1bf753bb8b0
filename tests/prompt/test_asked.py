"""What a prompt asks for is what it says, less what it says that it does not want."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.prompt import parse
from stylus_core.retriever.retriever import query_text


def asked(prompt: str) -> str:
    return " ".join(w for w in parse(prompt).asked.replace(",", " ").split() if w != ".")


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("a tower at dusk, no otter", "a tower at dusk"),
        ("a tower, no otter, a moat", "a tower a moat"),
        ("a tower no otter", "a tower"),
        ("a tower without an otter", "a tower"),
        ("a tower with no otter", "a tower"),
        ("a tower w/o otters", "a tower"),
        ("a tower without any kind of otter", "a tower"),
        ("no otter or beaver, a tower", "a tower"),
        ("a tower with neither an otter nor a beaver", "a tower"),
        ("no otters, beavers, or owls, a tower", "a tower"),
        ("not pixel art, oil painting", "oil painting"),
        ("a tower, not an otter, on a hill", "a tower on a hill"),
        ("please don't draw an otter, a tower", "please a tower"),
        ("an otter-free moat", "an moat"),
        ("non-realistic tower", "tower"),
        ("a tower free of otters", "a tower"),
        ("a tower devoid of otters", "a tower"),
        ("a beaver instead of an otter", "a beaver"),
        ("a tower, avoid otters", "a tower"),
        ("1girl, no_otter, tower", "1girl tower"),
        ("NO OTTER, tower", "tower"),
        ("A tower. There is no otter. A moat shines.", "A tower. There is A moat shines."),
        ("a tower (no otter) on a hill", "a tower on a hill"),
        ("a tower, no (otter:1.3), hill", "a tower hill"),
        ("anything but an otter, tower", "tower"),
    ],
)
def test_what_is_negated_is_not_asked_for(prompt: str, left: str) -> None:
    assert asked(prompt) == left


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("a man without a hat riding a horse", "a man riding a horse"),
        ("a knight without a helmet with a sword", "a knight with a sword"),
        ("a street with no cars and an otter on a wall", "a street an otter on a wall"),
        ("a street without cars in the style of a woodcut", "a street in the style of a woodcut"),
        ("no prince but a beggar", "but a beggar"),
        ("no longer a prince but a beggar", "but a beggar"),
        ("a bride without a wedding ring", "a bride"),
        ("a quiet beach with no one around, an otter", "a quiet beach around an otter"),
    ],
)
def test_it_ends_where_its_clause_ends(prompt: str, left: str) -> None:
    assert asked(prompt) == left


@pytest.mark.parametrize(
    "prompt",
    [
        "not only red but green",
        "room no. 5",
        "kimi no kage, sky",
        "Mira of No Rain No River, sky",
        "Don't Blink style",
        "a knot, nothing, a note, notes",
        "a never-ending road",
        "sin city, noir",
        "a no-nonsense man",
    ],
)
def test_what_only_looks_like_a_negation(prompt: str) -> None:
    assert parse(prompt).asked == parse(prompt).plain


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("ein Turm ohne Otter, Hügel", "ein Turm Hügel"),
        ("kein Otter, ein Turm", "ein Turm"),
        ("une tour sans loutre, colline", "une tour colline"),
        ("una torre sin nutria", "una torre"),
        ("башня без выдры, холм", "башня холм"),
        ("没有水獭的塔，山", "的塔 山"),
        ("塔，不要水獭", "塔"),
        ("塔、カワウソなし", "塔"),
        ("カワウソのいない塔", "塔"),
        ("수달 없는 탑, 언덕", "탑 언덕"),
    ],
)
def test_other_languages(prompt: str, left: str) -> None:
    assert asked(prompt) == left


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("(otter:0), tower", "tower"),
        ("(otter:-0.5) tower", "tower"),
        ("(a, (otter:0):1.2), tower", "a tower"),
        ("tower AND otter :-1", "tower"),
        ("otter :0 AND tower", "tower"),
        ("(otter:0.1), tower", "otter tower"),
    ],
)
def test_a_weight_that_takes_it_out(prompt: str, left: str) -> None:
    assert asked(prompt) == left


class TestObjects:
    def test_values_are_the_prompt(self) -> None:
        prompt = '{"subject": "an old tower", "style": {"as": "wood\\"cut"}, "n": 3, "ratio": "16:9", "on": ["hill"]}'
        parsed = parse(prompt)
        assert [p.text for p in parsed.parts] == ["an old tower", "wood cut", "hill"]
        assert all(prompt[p.start : p.end].split()[0].startswith(p.text.split()[0][:4]) for p in parsed.parts)
        assert len(parsed.plain) == len(prompt)

    @pytest.mark.parametrize(
        "key", ["negative", "negative_prompt", "negativePrompt", "avoid", "Exclude", "do not show"]
    )
    def test_keys_that_say_what_is_not_wanted(self, key: str) -> None:
        assert asked(f'{{"a": "tower", "{key}": ["otter", {{"b": "owl"}}], "c": "hill"}}') == "tower hill"

    def test_what_stands_behind_is_read_as_usual(self) -> None:
        parsed = parse(' {"a": "tower"}\n, (hill:1.2) <lora:x:1> # note')
        assert [(p.text, p.weight) for p in parsed.parts] == [("tower", 1.0), ("hill", 1.2)]
        assert [t.name for t in parsed.tags] == ["x"]

    @pytest.mark.parametrize("prompt", ["{a|b} tower", '{"a": "tower"', '{"a": tower}', "{}", '["tower"]', "{" * 5000])
    def test_what_is_none_is_an_ordinary_prompt(self, prompt: str) -> None:
        plain = parse(prompt).plain
        assert not prompt.count("tower") or "tower" in plain
        assert prompt.count("{") == plain.count("{")

    def test_deep_ones_do_no_harm(self) -> None:
        assert len(parse('{"a":' * 9000 + "1" + "}" * 9000).plain) == 54_001


def test_wildcards_and_embeddings_are_no_words() -> None:
    parsed = parse("tower, embedding:foo_bar, (embedding:foo.pt:1.2), __season__, __a/b-c__ <hypernet:x:1>")
    assert parsed.plain.replace(",", " ").split() == ["tower"]


@given(
    st.lists(
        st.sampled_from(
            ["no ", "not ", "without a ", "otter", "tower", ", ", ".", " or ", "(", ")", ":0)", "没有", "なし", "-free",
             " AND ", ' :-1', '{"a": "', '"}', "\n", "no one", "does not ", "'t "]
        )
        | st.text(max_size=4),
        max_size=25,
    ).map("".join)
)  # fmt: skip
def test_it_only_ever_takes_away(prompt: str) -> None:
    parsed = parse(prompt)
    assert len(parsed.asked) == len(prompt)
    assert all(a in (p, " ") for a, p in zip(parsed.asked, parsed.plain, strict=True))


@pytest.mark.whole
@pytest.mark.parametrize("piece", ["no ", "(no ", "没有没", "かなな", "no a, ", "a-", '{"a": ', "nana no ", "ことなし"])
def test_long_prompts_are_read_to_their_end(piece: str) -> None:
    """Nothing here is timed: what grows with the square of the prompt would not come to an end at this length."""
    prompt = piece * (600_000 // len(piece))
    assert len(parse(prompt).asked) == len(prompt)


@pytest.mark.whole
@pytest.mark.parametrize("prompt", ["no cat" + " " * 400_000 + "dog", "no cat, " * 40_000, "without " * 40_000])
def test_what_is_blanked_may_be_long(prompt: str):
    assert "cat" not in query_text(parse(prompt))


def test_a_part_that_is_not_wanted_leaves_no_comma_behind():
    assert query_text(parse("a castle,  no corgi ,\n no cat, dusk")) == "a castle, dusk"
