"""Whether a prompt is a caption or a list of tags: by the words in a part and the share of function words."""

from __future__ import annotations

import pytest

from stylus_core.prompt import parse
from stylus_core.retriever.fusion import caption_likeness


def prompt(words: int, parts: int, functional: int) -> str:
    """So many words in so many parts of one length, and so many function words among them, none of them the last."""
    each = words // parts
    said = [["lantern"] * each for _ in range(parts)]
    for i in range(functional):
        said[i % parts][i // parts] = "the"
    return ", ".join(map(" ".join, said))


@pytest.mark.parametrize(
    "words, parts, functional, likeness",
    [
        # 0.15 function words, as long as parts may be for either: in the middle
        (20, 5, 3, 0.5),
        # a word more or less in each part moves the odds by e
        (100, 20, 15, 0.8851),
        (60, 20, 9, 0.1149),
        # 0.2 function words more do as much
        (20, 5, 7, 0.8851),
        # where it is plain it is said plainly
        (120, 20, 18, 1.0),
        (40, 20, 6, 0.0),
        (20, 1, 0, 1.0),
        (12, 12, 0, 0.0),
    ],
)
def test_long_parts_with_function_words_are_a_caption(words: int, parts: int, functional: int, likeness: float):
    assert caption_likeness(parse(prompt(words, parts, functional))) == pytest.approx(likeness, abs=1e-4)


@pytest.mark.parametrize("text", ["", " , ,", "<lora:tin_drum:0.8>"])
def test_a_prompt_of_no_words_is_no_caption(text: str):
    assert caption_likeness(parse(text)) == 0.0
