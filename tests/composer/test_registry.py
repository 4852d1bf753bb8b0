"""The composers that there are: what each says of itself, and that options, hosts and documents know them from that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from stylus_core import OptionError, Options, Stylus
from stylus_core.composer import Composers, ComposerSettings, Request
from stylus_core.composer.registry import declaration
from stylus_core.composer_table import COMPOSERS
from stylus_core.option_table import BY_NAME
from stylus_core.types import Composition
from tests.composer.build import candidate, request

DOCUMENT = (Path(__file__).parents[2] / "docs" / "composer.md").read_text(encoding="utf-8")


class Nobody:
    """A composer that picks nothing, and says that it was asked."""

    name = "nobody"
    label = "Nobody"
    asks_model = False

    def compose(self, request: Request) -> Composition:
        return Composition(composer=self.name, notes=("nobody was asked",))


@pytest.mark.parametrize("name", COMPOSERS)
def test_each_says_what_it_is(name: str) -> None:
    found = declaration(name)
    assert found.name == name and found.label and isinstance(found.asks_model, bool)


def test_options_and_document_have_them_in_the_same_order() -> None:
    assert BY_NAME["composer"].choices == tuple(COMPOSERS) == Composers().names
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (yes|no) \|", DOCUMENT, re.M)
    declared = [(n, declaration(n).label, "yes" if declaration(n).asks_model else "no") for n in COMPOSERS]
    assert rows == declared


def test_those_that_ask_a_model_need_a_home(tmp_path: Path) -> None:
    settings = ComposerSettings(base_url="http://127.0.0.1:9/v1", model="m", reranker="http://127.0.0.1:9")
    for name in COMPOSERS:
        asked = request("a red kimono", [candidate(1, "clothing", "red kimono")], 0.9, composer=name)
        without = Composers(settings=settings).compose(asked)
        assert any("is not set up" in note for note in without.notes) is declaration(name).asks_model
        at_home = Composers(settings=settings).at_home(tmp_path).compose(asked)
        assert not any("is not set up" in note for note in at_home.notes)


def test_ones_own_is_a_value_of_the_option_where_it_is_known(tmp_path: Path) -> None:
    (tmp_path / "loras").mkdir()
    both: dict[str, Any] = {"home": tmp_path / "home", "encoder": "none"}
    with Stylus(tmp_path / "loras", composers=Composers({"mine": Nobody()}), **both) as stylus:
        found = stylus.select("a red fox", {"composer": "mine"})
        assert (found.composer, found.notes[0]) == ("nobody", "nobody was asked")
        with pytest.raises(OptionError, match="local, llm, retriever, random, reranker, mine"):
            stylus.select("a red fox", {"composer": "yours"})
    with Stylus(tmp_path / "loras", **both) as other, pytest.raises(OptionError, match="'mine'"):
        other.select("a red fox", {"composer": "mine"})
    with pytest.raises(OptionError, match="composer"):
        Options.of({"composer": "mine"})


def test_ones_own_may_take_the_place_of_one_of_ours() -> None:
    asked = request("a red fox", [], composer="local")
    assert Composers({"local": Nobody()}).compose(asked).notes == ("nobody was asked",)
