"""What is counted of the user's own pictures."""

from __future__ import annotations

import math

from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import OwnUse
from stylus_core.history.uses import uses
from tests.history.own import NAMES, ids, own


def counted(*prompts):
    return uses(prompts, ids, NAMES.__getitem__)


def test_pictures_prompts_and_times_are_summed_up() -> None:
    found = counted(
        own("a fox", AdapterUse("fox", 0.8), pictures=3, at=50.0),
        own("A  fox", AdapterUse("fox", 0.5), AdapterUse("snow"), pictures=1, at=200.0),
        own("two foxes", AdapterUse("fox", 0.6), at=100.0),
        own("a bare prompt", pictures=9),
        own("a stranger", AdapterUse("gone_from_the_library"), pictures=9),
    )
    assert found == {
        1: OwnUse(5, 2, 200.0, (0.5, 0.8, 0.8), (("snow", 1),), 0),
        2: OwnUse(1, 1, 200.0, (1.0, 1.0, 1.0), (("fox", 1),), 0),
    }
    assert list(found) == [1, 2]  # the one used most comes first


def test_the_median_counts_pictures_and_lies_between_two_in_the_middle() -> None:
    halves = counted(own("a", AdapterUse("fox", 0.4), pictures=2), own("b", AdapterUse("fox", 1.0), pictures=2))
    assert halves[1].weights == (0.4, 0.7, 1.0)
    many = counted(own("a", AdapterUse("fox", 0.4), pictures=5), own("b", AdapterUse("fox", 1.0), pictures=4))
    assert many[1].weights == (0.4, 0.4, 1.0)


def test_an_adapter_twice_in_a_picture_is_in_one_picture() -> None:
    (use,) = counted(own("a", AdapterUse("fox", 0.4), AdapterUse("fox", 0.8), pictures=2)).values()
    assert (use.pictures, use.weights, use.together) == (2, (0.4, 0.6000000000000001, 0.8), ())


def test_two_files_that_one_use_may_mean_were_not_used_together() -> None:
    found = counted(own("a", AdapterUse("ink"), AdapterUse("fox"), pictures=2))
    assert found[3].pictures == found[4].pictures == 2
    assert found[3].together == found[4].together == (("fox", 2),)
    assert found[1].together == (("ink", 2), ("ink_copy", 2))


def test_what_stylus_picked_is_counted_by_pictures() -> None:
    found = counted(
        own("a", AdapterUse("fox", picked=True), AdapterUse("snow"), pictures=2),
        own("b", AdapterUse("fox"), pictures=3),
    )
    assert (found[1].picked, found[2].picked) == (2, 0)


def test_weights_that_are_no_numbers_and_prompts_without_pictures_do_not_count() -> None:
    found = counted(
        own("a", AdapterUse("fox", math.nan)),
        own("b", AdapterUse("fox", math.inf)),
        own("c", AdapterUse("snow"), pictures=0),
    )
    assert found == {1: OwnUse(2, 2, 100.0, None)}


def test_a_picture_with_heaps_of_adapters_counts_and_says_nothing_of_pairs() -> None:
    heap = [AdapterUse(str(n)) for n in range(100)]
    found = uses([own("a", *heap)], lambda use: (int(use.name),), str)
    assert len(found) == 100 and found[7] == OwnUse(1, 1, 100.0, (1.0, 1.0, 1.0))


def test_names_are_resolved_once_for_each_way_of_naming() -> None:
    asked = []

    def remember(use):
        asked.append(use.name)
        return ids(use)

    uses([own(str(n), AdapterUse("fox", n / 10)) for n in range(9)], remember, NAMES.__getitem__)
    assert asked == ["fox"]
