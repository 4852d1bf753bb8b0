"""What is read of an adapter that came without a sidecar: its file's name, and its trainer's records in the header."""

from __future__ import annotations

import pytest

from stylus_core.refiner import refine
from stylus_core.refiner.compound_words import apart
from stylus_core.refiner.trainer_names import own_names
from stylus_core.types import Metadata


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("stormlighthouse", "storm lighthouse"),
        ("my_snowgardenstyle-v2", "snow garden style"),
        ("lighthouse", ""),  # is a word itself
        ("Quelindra", ""),  # is nobody's word
        ("fog", ""),
        ("stormlighthouseq", ""),  # a letter is left over
        ("雪景", ""),
        ("x" * 10_000, ""),
    ],
)
def test_words_that_are_run_together_are_taken_apart(name: str, parts: str) -> None:
    assert apart(name) == parts


def test_training_folders_and_steady_tags_are_its_names() -> None:
    metadata = Metadata(
        training_concepts=("quelin_cloak",),
        training_tags=(
            ("1girl", 120),
            ("looking at viewer", 110),
            ("quelin cloak", 100),
            ("open window", 90),
            ("velmora", 80),
            ("zarquil", 20),  # on a few pictures only
        ),
    )
    assert own_names(metadata, "quelin-000010") == ("quelin cloak", "velmora")


def test_sentences_are_no_names() -> None:
    captions = Metadata(training_tags=(("quelin stands in the rain", 9),), training_captions=True)
    assert own_names(captions, "quelin") == ()
    assert own_names(Metadata(), "quelin") == ()


@pytest.mark.parametrize(
    ("stem", "kind"),
    [
        ("quelindra_v2", "character"),  # no English word is in it
        ("harbourfoodphoto", "object"),  # says it, run together
        ("lost_lanterns", "concept"),
    ],
)
def test_kind_of_a_bare_file(stem: str, kind: str) -> None:
    assert refine(Metadata(), stem).kind == kind


def test_a_scene_with_people_in_it_is_no_character() -> None:
    """Its pictures share its name as a character's do, but that is an English word."""
    tags = (("1girl", 60), ("basement", 60), ("solo", 60), ("white shirt", 30))
    assert refine(Metadata(training_tags=tags), "basement_v1").kind != "character"
    assert (
        refine(
            Metadata(training_tags=(("1girl", 60), ("quelin", 60), ("solo", 60), ("white shirt", 30))), "quelin"
        ).kind
        == "character"
    )
