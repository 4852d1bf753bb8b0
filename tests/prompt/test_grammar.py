"""Parts, weights and groups of prompts; expected weights are what the host's own parser gives for the same text."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stylus_core.prompt import parse
from stylus_core.prompt.grammar import SEPARATORS

PROMPTS = st.lists(
    st.sampled_from(
        ["(", ")", "[", "]", ":1.3)", ":0.5]", "|", ":", "\\(", "\\)", "\\", " AND ", "BREAK", "#", "\n", ", ", "，",
         "cat", " :0.7", "<lora:a:1>", "<lora:a", ">", "日本", "\ud800", "\u2028", "İ"]
    )
    | st.text(max_size=4),
    max_size=30,
).map("".join)  # fmt: skip


def weights(prompt: str) -> dict[str, float]:
    return {p.text: round(p.weight, 4) for p in parse(prompt).parts}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a, b", {"a": 1, "b": 1}),
        ("(a), b", {"a": 1.1, "b": 1}),
        ("((a)), [b], [[c]]", {"a": 1.21, "b": 0.9091, "c": 0.8264}),
        ("(a:1.3), (b:.5), (c: 2 )", {"a": 1.3, "b": 0.5, "c": 2}),
        ("(a, b:1.3), c", {"a": 1.3, "b": 1.3, "c": 1}),
        ("((a:1.2), b:0.5), c", {"a": 0.6, "b": 0.5, "c": 1}),
        ("(a:-1), (b:0), c", {"a": -1, "b": 0, "c": 1}),
        ("(a, b", {"a": 1.1, "b": 1.1}),  # an open bracket reaches to the end
        ("a), b], c", {"a": 1, "b": 1, "c": 1}),  # a stray one weighs nothing
        ("(a, [b), c]", {"a": 1.1, "b": 1, "c": 0.9091}),  # round and square ones are kept apart
        (r"\(a\), (b \(c\):1.2)", {"(a )": 1, "b (c )": 1.2}),
        (r"\\(a), b", {"a": 1.1, "b": 1}),
        ("(a, BREAK b), c", {"a": 1.1, "b": 1.1, "c": 1}),  # brackets reach over BREAK
        ("(a AND b", {"a": 1.1, "b": 1}),  # and not over AND
        ("[a:b:0.5], c", {"a": 1, "b": 1, "c": 1}),
        ("[a:0.5], [b::3], [:c:0.2]", {"a": 1, "b": 1, "c": 1}),
        ("[a|b|c], [d]", {"a": 1, "b": 1, "c": 1, "d": 0.9091}),
        ("(x, [a:(b:1.3):0.5]:1.2)", {"x": 1.2, "a": 1.2, "b": 1.56}),
        ("[a), b:0.5]", {"a )": 0.9091, "b": 0.9091}),
    ],
)
def test_weights(prompt: str, expected: dict[str, float]) -> None:
    # a bracket that is no markup may stay in the text: what counts is the weight
    strip = str.maketrans("", "", "() ")
    assert {k.translate(strip): v for k, v in weights(prompt).items()} == {
        k.translate(strip): pytest.approx(v) for k, v in expected.items()
    }


@pytest.mark.parametrize(
    ("prompt", "groups"),
    [
        ("a, b", [("a", 0), ("b", 0)]),
        ("a BREAK b BREAKER", [("a", 0), ("b BREAKER", 1)]),
        ("a AND b :0.7 AND c, d", [("a", 0), ("b", 1), ("c", 2), ("d", 2)]),
        ("a and b, LAND AND_sea, break", [("a and b", 0), ("LAND AND_sea", 0), ("break", 0)]),
        ("a\nBREAK\nb AND\nBREAK c", [("a", 0), ("b", 1), ("c", 3)]),
        ("a，b、c；d\ne", [("a", 0), ("b", 0), ("c", 0), ("d", 0), ("e", 0)]),
        ("(AND), a", [("a", 1)]),
        ("a ADDCOMM b ADDBASE c ADDCOL, d ADDROW e ADDS", [("a", 0), ("b", 1), ("c", 2), ("d", 3), ("e ADDS", 4)]),
    ],
)
def test_parts_and_groups(prompt: str, groups: list[tuple[str, int]]) -> None:
    assert [(p.text, p.group) for p in parse(prompt).parts] == groups


@pytest.mark.parametrize(
    ("prompt", "weight"),
    [
        ("a cat :0.7", 0.7),
        ("a AND b: 1.5 <lora:x:1>  # why\n", 1.5),
        ("a:0.7 AND b", None),
        ("a:0.7, b", None),
        ("(a:0.7)", None),
        ("at 10:30", 30),  # the host does so
        ("", None),
    ],
)
def test_the_weight_at_the_end(prompt: str, weight: float | None) -> None:
    assert parse(prompt).tail_weight == weight


def test_markup_is_blank_and_spans_are_those_of_the_prompt() -> None:
    prompt = r"a (red   fox:1.3) in [snow:rain:0.5] # no wolf" + "\n<lora:fox:0.8> saber \\(fate\\), [day|night]"
    parsed = parse(prompt)
    assert not set("[]:|#<>\\") & set(parsed.plain)
    assert "(fate )" in parsed.plain
    assert not {"lora", "wolf", "1", "3", "0", "5", "8"} & set(parsed.plain.replace(".", " ").split())
    assert [p.text for p in parsed.parts] == ["a red fox in snow", "rain", "saber (fate )", "day", "night"]
    assert prompt[parsed.parts[0].start : parsed.parts[0].end] == "a (red   fox:1.3) in [snow"


@given(PROMPTS)
def test_whatever_it_is_given(prompt: str) -> None:
    parsed = parse(prompt)
    assert parsed.text == prompt and len(parsed.plain) == len(prompt)
    ends = 0
    for part in parsed.parts:
        assert ends <= part.start < part.end <= len(prompt)
        ends = part.end
        assert part.text == " ".join(parsed.plain[part.start : part.end].split())
        assert part.weight == part.weight and abs(part.weight) < 1e300
    assert [p.group for p in parsed.parts] == sorted(p.group for p in parsed.parts)
    letters = zip(prompt, parsed.plain, strict=True)
    assert all(new in (old, " ", ",") for old, new in letters)


@given(st.text(st.characters(categories=("L", "N", "Zs"))))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assume(not {"AND", *SEPARATORS} & set(text.split()))
    assert parse(text).plain == text


@pytest.mark.whole
@pytest.mark.parametrize(
    "piece", ["(", "[", "(a:1.3)", "[a|", "[a:b:0.5]", ": ", ":1", "\\(", " AND ", " AND a:0.5", "#\n", "((((:9999999)"]
)
def test_long_prompts_are_read_to_their_end(piece: str) -> None:
    """Nothing here is timed: what grows with the square of the prompt would not come to an end at this length."""
    prompt = piece * (200_000 // len(piece))
    assert len(parse(prompt).plain) == len(prompt)


def test_ten_thousand_nested_brackets() -> None:
    (part,) = parse("(" * 10_000 + "fox" + ":1.3)" * 10_000).parts
    assert part.text == "fox" and part.weight > 1.3
