"""Tags as the host takes them out of a prompt."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.prompt import adapter_tags, find_tags, parse
from stylus_core.prompt.tags import unclosed

PROMPTS = st.text(st.sampled_from("ab1 <>:=#\n,()lora\\é日"), max_size=60) | st.text(max_size=60)


@pytest.mark.parametrize(
    ("tag", "name", "weight"),
    [
        ("<lora:ink:0.8>", "ink", 0.8),
        ("<lyco:ink:1>", "ink", 1.0),
        ("<lora:ink>", "ink", None),
        ("<lora:ink:.5:0.9>", "ink", 0.9),
        ("<lora:ink:-1.5>", "ink", -1.5),
        ("<lora:ink:te=0.4:unet=0.7>", "ink", 0.7),
        ("<lora:ink:0.3:te=0.4>", "ink", 0.4),
        ("<lora:ink:1:lbw=MIDD:start=2:stop=9>", "ink", 1.0),
        ("<lora:te=0.5:ink>", "ink", 0.5),
        ("<lora:ink:0,7>", "ink", None),
        ("<lora:ink:abc>", "ink", None),
        ("<lora:ink:nan>", "ink", None),
        ("<lora:ink:1e999>", "ink", None),
        ("<lora:墨 (v2), final.1:0.6>", "墨 (v2), final.1", 0.6),
        ("<lora:two\nlines:0.6>", "two\nlines", 0.6),
    ],
)
def test_name_and_weight(tag: str, name: str, weight: float | None) -> None:
    (found,) = adapter_tags(f"a cat, {tag} on a mat")
    assert (found.name, found.weight, found.raw, found.start) == (name, weight, tag, 7)


@pytest.mark.parametrize(
    ("tag", "te", "unet"),
    [
        ("<lora:ink:0.5:0.9>", 0.5, 0.9),
        ("<lora:ink:0.5:0.9:32>", 0.5, 0.9),
        ("<lora:ink:te=0.4:unet=0.7>", 0.4, 0.7),
        ("<lora:ink:0.5:unet=0.7>", 0.5, 0.7),
        ("<lora:ink:0.5:OUTD>", 0.5, 0.5),  # another extension's argument
        ("<lora:ink:0:1>", 0.0, 1.0),
        ("<lora:ink:0.6>", 0.6, 0.6),
        ("<lora:ink>", None, None),
    ],
)
def test_text_encoder_first_then_unet(tag: str, te: float | None, unet: float | None) -> None:
    (found,) = adapter_tags(tag)
    assert (found.te, found.weight) == (te, unet)


def test_only_lora_and_lyco_load_adapters() -> None:
    prompt = "<lora:a:1><hypernet:b:1><lyco:c:1><LORA:d:1>"
    assert [t.name for t in adapter_tags(prompt)] == ["a", "c"]
    assert [t.kind for t in find_tags(prompt)] == ["lora", "hypernet", "lyco", "LORA"]


@pytest.mark.parametrize("text", ["<lora:>", "<lora>", "< lora:a:1>", "<lora:a:1", "a < b: c > d", "<:a>"])
def test_what_is_no_tag(text: str) -> None:
    assert find_tags(text) == ()


def test_a_tag_in_a_comment_is_none() -> None:
    prompt = "a cat # <lora:a:1>\n<lora:b:1>"
    assert [t.name for t in parse(prompt).tags] == ["b"]


def test_unclosed() -> None:
    assert unclosed("a <lora:b:1> <lora:c") == 13
    assert unclosed("a <lora:b:1> < c, d <e") == -1


@given(PROMPTS)
def test_tags_are_those_of_the_hosts_expression(text: str) -> None:
    hosts = [m.span() for m in re.finditer(r"<(\w+):([^>]+)>", text)]
    assert [(t.start, t.end) for t in find_tags(text)] == hosts
    assert all(text[t.start : t.end] == t.raw for t in find_tags(text))


@pytest.mark.parametrize(("piece", "times", "count"), [("<a:", 3_000_000, 0), ("<lora:a:1>", 50_000, 50_000)])
def test_many_tags_are_read_to_their_end(piece: str, times: int, count: int) -> None:
    """Nothing here is timed: what grows with the square of the prompt would not come to an end at this length."""
    assert len(find_tags(piece * times)) == count
