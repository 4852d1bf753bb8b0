"""What an author's text recommends, whose word counts, and what people are likely to write."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from stylus_core.refiner import refine
from stylus_core.refiner.weight import candidates_clip, candidates_weight, usual_weight
from stylus_core.retriever.index import Index
from stylus_core.types import Adapter, Candidate, Example, Metadata
from stylus_study.evaluation.corpus import load_queries
from tests.shared import DATA


def weight_of(text: str = "", **fields: object) -> tuple[float, str]:
    card = refine(Metadata(title="Foo", description=text, **fields), "foo")  # type: ignore[arg-type]
    return card.weight, card.weight_source


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Recommended weight 0.6-0.8", 0.6, 0.8),
        ("Use it with a LoRA strength between 0.7 and 1.", 0.7, 1.0),
        ("Strength: 1 - 0.6 is optimal", 0.6, 1.0),
        ("works best at .7", 0.7, 0.7),
        ("weight 0,8~1", 0.8, 1.0),
        ("I suggest using it at 0.8 weight for best results.", 0.8, 0.8),
        ("Weight:\n0.5 to 0.7", 0.5, 0.7),
        ("weight0.7-0.85 can achieve a good effect", 0.7, 0.85),
        ("推荐权重0.7", 0.7, 0.7),
        ("推荐权重在0.4到0.8之间。", 0.4, 0.8),
        ("0.8-1左右合适", 0.8, 1.0),
        ("強度は0.5〜0.8", 0.5, 0.8),
        ("重みは０．６から０．８がおすすめ", 0.6, 0.8),
        ("권장 가중치 0.6~0.8", 0.6, 0.8),
        ("weight 0.6ถึง0.8", 0.6, 0.8),
        ("рекомендуемый вес 0.7-0.9", 0.7, 0.9),
        ("CFG 7, Steps 30, lora weight 0.65, denoising strength 0.4", 0.65, 0.65),
        ("Recommended weight for V2: 0.6-0.8", 0.6, 0.8),
        ("<p>Weight: <b>0.9</b></p>", 0.9, 0.9),
        ("To change the outfit, lower it to 0.4 weight. Recommended weight is 0.8.", 0.8, 0.8),
    ],
)
def test_number_or_range_of_the_author(text: str, low: float, high: float) -> None:
    card = refine(Metadata(title="Foo", description=text), "foo")
    assert (card.weight_low, card.weight_high, card.weight_source) == (low, high, "author")
    assert low <= card.weight <= high


@pytest.mark.parametrize(
    "text",
    [
        "Steps: 20, CFG scale: 7, Denoising strength: 0.5, Clip skip: 2",
        "Hires upscale: 1.5, hires steps 10, denoising 0.45",
        "重绘幅度0.5, 步数 20",
        "v1.0 is better than v0.5; version 2.0 comes soon",
        "(masterpiece:1.2), best quality, (foo:0.8)",
        "Trained on SD 1.5 with 1 girl in 2.5D",
        "Works best with 1.5 models",
        "Use the keyword with 1.3 weight",
        "The file's weight is 144 MB, 50% smaller",
        "Never use it with a weight above 1.2",
        "ControlNet weight 0.5 helps",
        "Add the keyword with token weight 1.3",
        "dim 32, alpha 1.0, learning rate 0.5",
        "",
    ],
)
def test_other_numbers_are_no_weight(text: str) -> None:
    assert weight_of(text) == (0.8, "default")


def test_order_of_trust() -> None:
    examples = (Example("a", weight=0.5), Example("b", weight=0.6), Example("c", weight=0.9), Example("d"))
    text = "Recommended weight: 0.7"
    assert weight_of(text, examples=examples, author_weight=0.75, user_weight=0.4) == (0.4, "user")
    assert weight_of(text, examples=examples, author_weight=0.75) == (0.75, "author")
    assert weight_of(text, examples=examples, weight_low=0.2, weight_high=0.4) == (0.3, "author")
    assert weight_of(text, examples=examples) == (0.7, "author")
    assert weight_of("Nothing said", examples=examples) == (0.6, "examples")
    assert weight_of("Nothing said", examples=(Example("d"),)) == (0.8, "default")


def test_what_was_set_stays_and_extreme_examples_do_not_count() -> None:
    assert weight_of(user_weight=3.5) == (3.5, "user")
    assert weight_of(user_weight=-3.0) == (-3.0, "user")
    assert weight_of(author_weight=4.0) == (4.0, "author")
    assert weight_of(examples=(Example("x", weight=14.0),)) == (0.8, "default")


def test_one_end_of_a_range_holds_what_else_is_known() -> None:
    examples = (Example("a", weight=0.9),)
    assert weight_of(weight_high=0.6) == (0.6, "author")
    assert weight_of(weight_high=0.6, examples=examples) == (0.6, "author")
    assert weight_of(weight_low=0.95, examples=examples) == (0.95, "author")
    assert weight_of(weight_high=1.2, examples=examples) == (0.9, "examples")
    assert weight_of("Weight 0.7", weight_high=0.6) == (0.6, "author")
    assert weight_of(weight_low=-4.0, weight_high=4.0)[0] > 0


def test_the_text_encoder_goes_along_with_the_users_weight() -> None:
    def clip(text: str = "", **fields: object) -> float | None:
        return refine(Metadata(title="Foo", description=text, **fields), "foo").clip_weight  # type: ignore[arg-type]

    assert clip(author_weight=0.8, clip_strength=0.6) == 0.6
    assert clip(author_weight=0.8, clip_strength=0.8) is None
    assert clip("UNet 0.8, TE 0.4", clip_strength=0.6) == 0.6
    assert clip(author_weight=0.8, clip_strength=0.6, user_weight=0.4) == pytest.approx(0.3)
    assert clip("UNet 0.8, TE 0.4", user_weight=1.6) == pytest.approx(0.8)
    assert clip(user_weight=0.4) is None


def test_both_weights_of_the_author_are_written_as_they_are() -> None:
    made = adapter(1, "foo", description="strength_model 0.9, strength_clip 0.5")
    assert usual_weight(made) == 0.9
    assert candidates_clip(Candidate(made, 1.0), 0.9) == 0.5
    assert candidates_clip(Candidate(made, 1.0), 0.45) == 0.25


def adapter(number: int, stem: str, **fields: object) -> Adapter:
    known = Metadata(title=stem, alias=stem, **fields)  # type: ignore[arg-type]
    return Adapter(number, f"/{stem}.safetensors", stem, metadata=known, card=refine(known, stem))


def elsewhere(library: Iterable[Adapter], folder: Path) -> dict[int, tuple[float, ...]]:
    """Adapter id -> its weights on the pages of others."""
    index = Index(folder / "index")
    index.update(library, (), 1)
    found = {int(i): index.signals.observed_weights(index.signals.row(int(i))) for i in index.ids}
    return {i: tuple(w.values()) for i, w in found.items() if w}


def test_neighbours_tell_the_usual_weight(tmp_path: Path) -> None:
    library = [
        adapter(1, "glow"),
        adapter(
            2, "cat", examples=(Example("cat <lora:glow:0.3>"), Example("cat <lora:GLOW:0.5>"), Example("<lora:cat:1>"))
        ),
        adapter(3, "dog", examples=(Example("dog <lora:glow:0.6> <lora:nobody:0.1>"),)),
    ]
    found = elsewhere(library, tmp_path)
    assert found == {1: (0.4, 0.6)}  # one a neighbour; its own prompts and unknown names don't count
    alone, told = usual_weight(library[0]), candidates_weight(Candidate(library[0], 1.0, observed_weights=found[1]))
    assert abs(told - 0.5) < abs(alone - 0.5)


def test_usual_weight_leaves_the_users_alone() -> None:
    mine = adapter(1, "glow", user_weight=1.4)
    structured = adapter(2, "glow", author_weight=1.2)
    assert usual_weight(mine, (0.2, 0.2)) == 1.4
    assert usual_weight(structured, (0.2, 0.2)) == 1.2


def test_usual_weight_stays_in_the_authors_range() -> None:
    for text, low, high in (("weight 0.9-1.2", 0.9, 1.2), ("weight 0.2-0.4", 0.2, 0.4)):
        assert low <= usual_weight(adapter(1, "foo", description=text)) <= high


@pytest.mark.whole
def test_against_the_corpus(corpus: list[Adapter], tmp_path: Path) -> None:
    assert DATA is not None
    adapters = {a.id: a for a in corpus}
    with gzip.open(DATA / "weights.jsonl.gz", "rt", encoding="utf-8") as lines:
        told = [r for r in map(json.loads, lines) if r["source"] != "examples" and r["model_id"] in adapters]
    found = [r for r in told if adapters[r["model_id"]].card.weight_source == "author"]
    assert len(found) >= 0.97 * len(told)  # the rest, by eye, are denoising strengths and versions
    pairs = [
        (adapters[i], weight)
        for q in load_queries(DATA / "queries_user.jsonl.gz")
        for i, weight in q.adapters.items()
        if i in adapters
    ]
    others = elsewhere(adapters.values(), tmp_path)
    error = sum(abs(usual_weight(a, others.get(a.id, ())) - w) for a, w in pairs) / len(pairs)
    constant = min(sum(abs(c / 20 - w) for _, w in pairs) / len(pairs) for c in range(8, 21))
    assert error < constant - 0.03
