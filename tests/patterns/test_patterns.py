"""No pattern of the packages is more work than its text: counted, for all of them, on texts made from each of them."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.patterns.finding import PatternUse, found
from tests.patterns.growth import dearest, growth

pytestmark = pytest.mark.whole

_PARTS = 8  # so that test processes share them
_DEAR = 400  # steps for each character of a text
_HARMLESS = 300_000  # steps of a search: some thousandths of a second

#: Patterns whose work grows faster than their text, and the constant of the code that bounds what they are given.
_BOUNDED = {
    "stylus_core.refiner.measured_numbers._AT": "stylus_core.refiner.measured_numbers._FAR",
    "stylus_core.refiner.measured_numbers._FILLER": "stylus_core.refiner.measured_numbers.REACH",
    "stylus_core.refiner.measured_numbers._PLAIN_BEFORE": "stylus_core.refiner.measured_numbers.REACH",
    "stylus_core.refiner.title._BEHIND": "stylus_core.refiner.title._STEM",
    "stylus_core.refiner.title._BRACKETS": "stylus_core.refiner.title._LONGEST",
    "stylus_core.refiner.described_trigger_patterns.FORMULA": "stylus_core.refiner.described_triggers._LONGEST_LINE",
}


def _constant(path: str) -> int:
    module, _, name = path.rpartition(".")
    return int(getattr(import_module(module), name))


@pytest.mark.parametrize("part", range(_PARTS))
def test_the_work_grows_as_the_text_does(part: int):
    """Of half as much text more it is half as much more, wherever a search begins; and no character is dear."""
    wrong = []
    for one in found()[part::_PARTS]:
        if one.name not in _BOUNDED:
            grown = growth(one.pattern, everywhere=one.everywhere, whole=one.whole)
            if not grown.linear:
                wrong.append(f"{one.where}: {grown} {one.source[:100]}")
            if dearest(one.pattern, everywhere=one.everywhere, whole=one.whole) > _DEAR * 120:
                wrong.append(f"{one.where}: dear {one.source[:100]}")
    assert not wrong


@pytest.mark.parametrize("name", _BOUNDED)
def test_of_what_is_bounded_the_worst_text_is_harmless(name: str):
    (one,) = (f for f in found() if f.name == name)
    longest = _constant(_BOUNDED[name])
    assert dearest(one.pattern, longest, everywhere=one.everywhere, whole=one.whole) < _HARMLESS
    assert not growth(one.pattern, everywhere=one.everywhere, whole=one.whole).linear, "it needs no bound any more"


def _known(where: str) -> list[PatternUse]:
    return [one for one in found() if one.where.startswith(where + ":")]


def test_patterns_are_found_wherever_they_are_made():
    by_name = {one.name: one for one in found()}
    assert by_name["stylus_core.composer.llm_candidates._ADDRESS"].everywhere  # of a module
    assert not by_name["stylus_core.rewriter.needed_words._COUNT"].everywhere  # only ever compared with a whole text
    assert by_name["stylus_core.rewriter.needed_words._COUNT"].whole
    assert any("masterpiece" in one.source for one in found())
    assert len(_known("stylus_core.refiner.kind")) > 10  # built out of words, turned round, in tables
    assert _known("stylus_core.home")  # in a function
    assert any("flux" in one.source and one.where.endswith(":table") for one in found())  # fields of a table
    assert _known("stylus_core.pool_entries") and _known("stylus_core.library.versions")  # of somebody's text
    assert _known("stylus_webui.host_prompts")  # in a function of the extension
