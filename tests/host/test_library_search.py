"""The panel's search over the whole library, and the lists of what is pinned and banned for good."""

from __future__ import annotations

import re

import pytest

from stylus_core.errors import LibraryError
from stylus_webui import for_good, library_search, settings


@pytest.fixture
def zoo(host):
    for number in range(30):
        host.adapter(f"animal_{number:02}", word=f"beast {number}", title=f"Animal {number}")
    host.adapter("full_moon", word="night sky", title="Full Moon")
    return host.start()


def looked(query, offset=0):
    return library_search.again(query, str(offset))["value"]


def stems(html):
    return re.findall(r'<li class="stylus-hit" data-name="([^"]*)"', html)


def test_pages_of_all_by_name(zoo):
    assert stems(looked("")) == [f"animal_{n:02}" for n in range(12)]
    assert "1 to 12 of 31" in looked("")
    assert stems(looked("", 24)) == [*(f"animal_{n:02}" for n in range(24, 30)), "full_moon"]
    assert "25 to 31 of 31" in looked("", 24)
    assert zoo.core.searched == [("", 0), ("", 0), ("", 24), ("", 24)]


def test_a_hit_says_what_it_is_and_why_it_was_found(zoo):
    html = looked("the night sky")
    assert stems(html) == ["full_moon"]
    for part in ("Full Moon", "full_moon", "Adds night sky.", "Found because its words are these."):
        assert part in html
    assert 'data-stylus="use"' in html and 'data-stylus="pin"' in html


def test_a_hit_that_is_pinned_or_banned_offers_the_way_back(zoo):
    settings.set_pinned("full_moon", True)
    settings.set_banned("animal_03", True)
    assert 'data-stylus="unpin"' in looked("full_moon")
    assert 'data-stylus="unban"' in looked("animal_03") and 'data-stylus="use"' not in looked("animal_03")


def test_a_hit_of_another_architecture_is_shown_as_such(zoo):
    from dataclasses import replace

    made = zoo.adapter("flux_owl", word="owl")
    zoo.core.known[-1] = replace(made, metadata=replace(made.metadata, architecture="flux"))
    assert "stylus-misfit" not in looked("flux_owl")  # no checkpoint is known
    zoo.sd_models.model_data.sd_model = type("StableDiffusionXLPipeline", (), {})()
    html = looked("flux_owl")
    assert "stylus-misfit" in html and "Flux" in html
    assert "stylus-misfit" not in looked("full_moon")


def test_nothing_and_no_index_and_a_failure_are_told(zoo):
    assert "Nothing is found" in looked("unicorn")
    zoo.core.search = lambda *_, **__: (_ for _ in ()).throw(LibraryError("the drive is away"))
    assert "the drive is away" in looked("x")
    zoo.core.search = lambda *_, **__: (_ for _ in ()).throw(ValueError("odd"))
    assert "The search failed" in looked("x")
    zoo.service.close()
    assert "not loaded" in looked("x") or "no index" in looked("x") or "indexed" in looked("x")


def test_nothing_is_looked_for_before_the_user_does(zoo):
    assert "value" not in library_search.again("fox", "")
    assert zoo.core.searched == []


def test_what_strangers_wrote_is_text(host):
    evil = '<img src=x onerror="e()">"\'&'
    made = host.adapter("evil", word=evil, title=evil)
    host.start()
    html = looked("evil") + looked(made.title)
    settings.set_pinned(evil, True)
    settings.set_banned(evil, True)
    html += for_good.html()
    assert "<img src=x" not in html and "&lt;img src=x" in html


def test_what_is_kept_for_good_is_listed_with_a_way_back(zoo):
    assert "Nothing is pinned" in for_good.html()
    settings.set_pinned("full_moon", True)
    for number in range(250):
        settings.set_banned(f"animal_{number}", True)
    html = for_good.html()
    assert 'data-stylus="unpin" data-name="full_moon"' in html
    assert html.count('data-stylus="unban"') == 200 and "and 50 more" in html
