"""How many adapters a model is asked about, which, and in what order."""

from __future__ import annotations

import json

import pytest

from stylus_core.composer.answer_validation import MOST, possible
from stylus_core.composer.llm_candidates import question
from tests.composer.build import candidate, judging, request


def names(count: int, chances: list[float], **options: object) -> list[str]:
    asked = request("a thing", [candidate(i, "object", f"thing number {i}") for i in range(count)], **options)
    return [a.candidate.name for a in possible(judging(*chances)(asked), asked)]


@pytest.mark.parametrize("count", [1, 3, 4, 11, 12, 13, 30])
def test_the_dozen_that_are_likeliest(count: int) -> None:
    chances = [0.5 + i / 100 for i in range(count)]
    assert MOST == 12
    assert names(count, chances) == [f"file{i}" for i in reversed(range(count))][:12]


def test_none_that_is_less_sure_than_is_asked_for() -> None:
    assert names(6, [0.9, 0.0, 0.8, 0.0, 0.7, 0.6]) == ["file0", "file2", "file4", "file5"]


def test_more_than_the_model_may_pick() -> None:
    assert len(names(8, [0.9] * 8, max_adapters=1)) == 8


@pytest.mark.parametrize("count", range(6))
def test_of_many_trigger_words_the_first_three_are_shown(count: int) -> None:
    words = tuple("kelu miro tavi sano reku".split()[:count])
    asked = request("a thing", [candidate(0, "object", "thing", words=words)])
    text, _ = question(asked.prompt, judging(0.9)(asked), 2000)
    (row,) = (json.loads(line) for line in text.split("\n")[1:-1])
    assert [word for word in words if word in json.dumps(row)] == list(words[:3])
