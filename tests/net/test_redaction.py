"""A secret is found in whatever form it comes, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.net.redaction import Redaction
from tests.clock import HANG
from tests.net.faults import ECHOES

KEY = "sk-Very+Secret/0123456789abcDEF="
COVER = "(the key)"
PIECES = ["s", "sk", "%", "%25", "\\", "\\u00", "&#", "&#0", KEY[:-3], " ", KEY, "ſ"]


@pytest.mark.parametrize("form", ECHOES)
def test_every_form_is_covered_and_what_stands_around_it_stays(form: str) -> None:
    told = Redaction([KEY]).clean(f"before {ECHOES[form](KEY)} behind")
    assert told.startswith("before ") and told.endswith(" behind") and COVER in told
    assert len(told.replace(COVER, "")) < 90  # a text around it in Base64, and edges that its neighbours decide


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60).filter(
    lambda s: sum(c.isalnum() for c in s) >= 8
)


@given(secrets, st.sampled_from(sorted(ECHOES)), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_of_any_letters_is_left(secret: str, form: str, before: str, behind: str) -> None:
    redaction = Redaction([secret])
    echoed = ECHOES[form](secret)
    told = redaction.clean(f"{before} {echoed} {behind}")
    middle = "".join(echoed.split())[3:-4]
    assert COVER in told and (len(middle) < 6 or middle not in "".join(told.split()))
    assert redaction.clean(told) == told


@given(st.text())
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert Redaction([KEY]).clean(text) == text


def test_the_text_of_a_json_stays_json() -> None:
    value = {"a": f"1 {KEY} 2", KEY: [KEY.upper(), 5, None, {"b": KEY}]}
    told = Redaction([KEY]).clean(json.dumps(value))
    assert json.loads(told) == {"a": f"1 {COVER}= 2", f"{COVER}=": [f"{COVER}=", 5, None, {"b": f"{COVER}="}]}
    assert Redaction([KEY]).cleaned(value, leave=("a",))["a"] == value["a"]


def test_short_secrets_are_words_of_their_own() -> None:
    redaction = Redaction(["none"])
    assert redaction.clean("None of the nonesuch: 'none'") == f"{COVER} of the nonesuch: '{COVER}'"
    assert Redaction(["no", ""]).clean("no, not so") == "no, not so"


def test_what_is_too_long_to_be_looked_through_is_left_out() -> None:
    assert "left out" in Redaction([KEY]).clean("x" * 5_000_000)
    assert Redaction([KEY]).clean(f"{'x' * 100_000}{KEY}") == COVER
    assert len(Redaction([]).clean("x" * 5_000_000)) == 5_000_000


def test_what_a_header_gives_away_is_known() -> None:
    token = base64.b64encode(b"ann:horse-battery").decode()
    redaction = Redaction.of(
        {"authorization": f"Basic {token}", "Accept": "application/json", "X-Api-Key": "0123456789"}
    )
    said = f"{token} horse-battery Horse Battery 0123456789 application/json ann Basic"
    told = redaction.clean(said)
    assert told.count(COVER) == 4 and told.endswith("application/json ann Basic")


@pytest.mark.whole
def test_the_work_grows_with_the_text_and_no_faster() -> None:
    """Two million letters of each kind: were it quadratic anywhere, that would take days."""
    code = f"""if True:
        from stylus_core.net.redaction import Redaction
        redaction = Redaction([{KEY!r}])
        for piece in {PIECES!r}:
            redaction.clean(piece * (2_000_000 // len(piece)))
            redaction.clean(piece * (60_000 // len(piece)) + {KEY!r})
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=HANG, cwd=Path(__file__).resolve().parents[2])
