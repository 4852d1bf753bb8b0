from __future__ import annotations

import locale

import pytest

from stylus_core.prompt import adapter_tags
from stylus_core.rewriter import format_weight, share_budget, tag
from stylus_core.types import Selection
from tests.rewriter.build import adapter, rewritten


@pytest.mark.parametrize(
    ("weight", "text"), [(0.8, "0.8"), (1.0, "1"), (0.65, "0.65"), (10.0, "10"), (-0.5, "-0.5"), (0.1 + 0.2, "0.3")]
)
def test_written_without_noise(weight, text):
    assert format_weight(weight) == text


def test_alone_it_has_its_recommended_weight():
    assert share_budget([0.65], [], 1.0, 2.0) == [0.65]


def test_several_share():
    two, three = share_budget([0.8] * 2, [], 1.0, 10.0), share_budget([0.8] * 3, [], 1.0, 10.0)
    assert two == [0.66, 0.66]
    assert three == [0.54, 0.54, 0.54]
    assert share_budget([0.8], [0.5], 1.0, 10.0) == [0.66]  # the user's own is one of them


def test_the_stronger_stays_the_stronger():
    strong, weak = share_budget([0.9, 0.3], [], 1.0, 0.5)
    assert strong == pytest.approx(3 * weak, abs=0.03)


def test_a_strong_recommendation_stands_alone_only():
    assert share_budget([1.6], [], 1.0, 2.0) == [1.6]
    assert share_budget([1.6, -2.0], [], 1.0, 2.0) == [0.83, -0.83]


def test_strength_multiplies():
    assert share_budget([0.8], [], 0.5, 2.0) == [0.4]


def test_signs_stay_and_count_as_much():
    assert share_budget([-1.0, 1.0], [], 2.0, 1.0) == [-0.5, 0.5]


@pytest.mark.parametrize("count", range(1, 11))
def test_rounding_does_not_break_the_budget(count):
    for budget in (0.7, 1.0, 2.0):
        weights = share_budget([0.99 - i / 37 for i in range(count)], [], 1.0, budget)
        assert sum(round(w * 100) for w in weights) <= round(budget * 100)


def test_what_would_be_too_weak_is_none():
    assert share_budget([0.8, 0.8], [1.99], 1.0, 2.0) == [0.0, 0.0]
    assert share_budget([0.8], [5.0], 1.0, 2.0) == [0.0]


def test_two_adapters_of_one_keyword_stay_within_the_budget():
    result = rewritten("sea", adapter("a"), adapter("b"), strength=2.0)
    assert result.text == "sea <lora:a:1> <lora:b:1>"


@pytest.mark.parametrize(
    ("weight", "clip", "text"),
    [
        (0.8, None, "<lora:ink:0.8>"),
        (0.8, 0.6, "<lora:ink:0.6:0.8>"),  # the text encoder's comes first
        (0.8, 0.8, "<lora:ink:0.8>"),
        (0.8, 0.801, "<lora:ink:0.8>"),
        (1.0, 0.0, "<lora:ink:0:1>"),
        (-1.0, 0.5, "<lora:ink:0.5:-1>"),
    ],
)
def test_a_tag_in_the_order_of_the_host(weight, clip, text):
    assert tag("ink", weight, clip) == text
    (found,) = adapter_tags(text)
    assert found.weight == weight


def test_the_text_encoders_weight_is_written_and_shared_alike():
    alone = rewritten("sea", adapter("a", weight=0.8, clip=0.4), strength=1.0)
    assert (alone.picks[0].clip_weight, alone.text) == (0.4, "sea <lora:a:0.4:0.8>")
    two = rewritten("sea", adapter("a", weight=0.8, clip=0.4), adapter("b", weight=0.8))
    assert two.text == "sea <lora:a:0.33:0.66> <lora:b:0.66>"
    weaker = rewritten("sea", adapter("a", weight=0.8, clip=0.4), strength=0.5)
    assert weaker.text == "sea <lora:a:0.2:0.4>"


def test_the_budget_counts_the_pictures_weight():
    result = rewritten("sea <lora:own:0.1:1.5>", adapter("a", weight=1.0), weight_budget=2.0)
    assert result.picks[0].weight == 0.5
    result = rewritten("sea <lora:own:1.5:0.1>", adapter("a", weight=1.0), weight_budget=2.0)
    assert result.picks[0].weight == 0.83


def test_rewriting_twice_with_both_weights_equals_rewriting_once():
    once = rewritten("sea", adapter("a", clip=0.4)).text
    assert rewritten(once, adapter("a", clip=0.4)).text == once


def test_a_selection_tells_both_weights():
    picks = rewritten("sea", adapter("a", weight=0.8, clip=0.4), adapter("b")).picks
    told = Selection("sea", "", picks).to_json()["picks"]
    assert [p["clip_weight"] for p in told] == [0.33, None]


def test_a_locale_with_commas_changes_nothing():
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "de_DE.UTF-8")
    except locale.Error:
        pytest.skip("no locale de_DE.UTF-8 on this machine")
    try:
        assert format_weight(0.65) == "0.65"
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
