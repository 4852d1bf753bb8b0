"""A library whose host calls adapters by their paths: which file a name means, what counts, and what options name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.cli import main
from stylus_core.errors import OptionError
from stylus_core.types import PresentAdapter, Selection
from tests.library.build import safetensors, sidecar

PROMPT = "a zorblat beside a quimbly lamp, frobnic drawing"


def put(path: Path, title: str, words: str) -> Path:
    """An adapter with a model card; `words` are what it shows."""
    safetensors(path, {"ss_output_name": title.lower().replace(" ", "_")})
    card = {"name": title, "description": f"Adds a {words}.", "type": "LORA"}
    info = {"model": card, "trainedWords": [words], "baseModel": "SD 1.5"}
    path.with_suffix(".civitai.info").write_text(json.dumps(info), encoding="utf-8")
    return path


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    """Two roots: equal stems in two folders, one path below both, a file of each kind."""
    first, second = tmp_path / "first", tmp_path / "second"
    put(first / "creatures" / "one.safetensors", "Zorblat", "zorblat")
    put(first / "things" / "one.safetensors", "Quimbly Lamp", "quimbly lamp")
    put(second / "creatures" / "one.safetensors", "Zorblat of the second folder", "zorblat")
    safetensors(first / "frobnic.sft", {"ss_output_name": "frobnic_drawing"})
    return first, second


@pytest.fixture
def stylus(roots: tuple[Path, Path], tmp_path: Path) -> Iterator[Stylus]:
    with Stylus(roots, home=tmp_path / "home", encoder="none", names="paths") as made:
        made.index()
        yield made


ZORBLAT, LAMP = (os.path.join(folder, "one.safetensors") for folder in ("creatures", "things"))


def names(selection: Selection) -> list[str]:
    return [pick.name for pick in selection.picks]


def test_adapters_are_called_by_their_paths_below_a_root(stylus: Stylus, roots: tuple[Path, Path]) -> None:
    assert {a.name: a.path for a in stylus.adapters()} == {
        ZORBLAT: str(roots[0] / ZORBLAT),
        LAMP: str(roots[0] / LAMP),
        "frobnic.sft": str(roots[0] / "frobnic.sft"),
    }


def test_of_one_path_the_first_root_s_file_counts(stylus: Stylus, roots: tuple[Path, Path]) -> None:
    (problem,) = stylus.problems()
    assert problem.path == str(roots[1] / ZORBLAT) and str(roots[0] / ZORBLAT) in problem.reason
    (roots[0] / ZORBLAT).unlink()
    stylus.refresh()
    assert {a.path for a in stylus.adapters() if a.name == ZORBLAT} == {str(roots[1] / ZORBLAT)}


def test_a_root_within_another_one_takes_names_from_those_behind_it(tmp_path: Path) -> None:
    outer, inner, last = tmp_path / "outer", tmp_path / "outer" / "inner", tmp_path / "last"
    put(inner / "one.safetensors", "Zorblat", "zorblat")
    put(last / "one.safetensors", "Zorblat of the last folder", "zorblat")
    put(last / "inner" / "two.safetensors", "Quimbly Lamp", "quimbly lamp")
    with Stylus([outer, inner, last], home=tmp_path / "home", encoder="none", names="paths") as stylus:
        stylus.index()
        usable = {a.name: a.path for a in stylus.adapters()}
        (shadowed,) = stylus.library.problems()
    inside = [os.path.join("inner", name) for name in ("one.safetensors", "two.safetensors")]
    assert usable == {inside[0]: str(outer / inside[0]), inside[1]: str(last / inside[1])}
    assert shadowed.path == str(last / "one.safetensors") and str(outer / inside[0]) in shadowed.reason


def test_a_host_that_goes_by_stems_has_one_of_each_and_no_sft(roots: tuple[Path, Path], tmp_path: Path) -> None:
    with Stylus(roots, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        assert [a.name for a in stylus.adapters()] == ["one"]
        assert stylus.home != Stylus(roots, home=tmp_path / "home", encoder="none", names="paths").home


def test_picks_have_the_paths_and_tags_go_without_the_extension(stylus: Stylus) -> None:
    found = stylus.select(PROMPT, {"max_adapters": 5, "weight_budget": 5})
    assert set(names(found)) >= {ZORBLAT, LAMP}
    assert "<lora:creatures/one:" in found.rewritten and "<lora:things/one:" in found.rewritten
    again = stylus.select(found.rewritten, {"max_adapters": 5, "weight_budget": 5})
    assert again.rewritten == found.rewritten  # twice is once


def test_the_prompt_without_tags(stylus: Stylus) -> None:
    found = stylus.select("a lamp on a table, quimbly light", {"pinned": [LAMP]})
    assert names(found)[0] == LAMP and "quimbly lamp" in found.picks[0].trigger_words
    assert found.with_trigger_words == "a lamp on a table, quimbly light, quimbly lamp"
    assert found.rewritten.startswith(f"{found.with_trigger_words} <lora:things/one:")
    assert stylus.select("").with_trigger_words == ""
    skipped = stylus.select("a zorblat <lora:x:1>", {"existing": "skip"})
    assert skipped.with_trigger_words == skipped.rewritten == "a zorblat <lora:x:1>"


@pytest.mark.parametrize("spelling", ["creatures/one.safetensors", "creatures\\one.safetensors", "creatures/one"])
def test_options_name_paths_as_any_system_writes_them(stylus: Stylus, spelling: str) -> None:
    assert ZORBLAT not in names(stylus.select(PROMPT, {"banned": [spelling]}))
    assert LAMP in names(stylus.select(PROMPT, {"banned": [spelling]}))
    pinned = stylus.select("nothing of that", {"pinned": [spelling]})
    assert names(pinned) == [ZORBLAT] and pinned.picks[0].reason == "you pinned it"


def test_a_stem_bans_all_of_its_files_and_pins_only_where_there_is_one(stylus: Stylus) -> None:
    assert not {ZORBLAT, LAMP} & set(names(stylus.select(PROMPT, {"banned": ["one"]})))
    refused = stylus.select("nothing of that", {"pinned": ["one"]})
    assert names(refused) == []
    assert any("'one' is that of several files" in note and LAMP in note for note in refused.notes)
    assert names(stylus.select("nothing of that", {"pinned": ["frobnic"]})) == ["frobnic.sft"]


def test_a_favourite_is_named_by_its_path(stylus: Stylus) -> None:
    only = {"favourites": "only", "favourite_names": ["things/one"]}
    assert names(stylus.select(PROMPT, only)) == [LAMP]


def test_what_a_picture_has_without_a_tag_counts_and_comes_once(stylus: Stylus) -> None:
    prompt = "a zorblat beside a quimbly lamp"
    assert set(names(stylus.select(prompt, {"max_adapters": 2}))) == {ZORBLAT, LAMP}
    beside = stylus.select(prompt, {"max_adapters": 2}, present=[PresentAdapter(ZORBLAT, 0.8)])
    assert names(beside) == [LAMP]  # it has one of the two places, and is not added again
    assert "creatures/one" not in beside.rewritten
    assert names(stylus.select(prompt, {"max_adapters": 1}, present=[PresentAdapter(ZORBLAT, 0.8)])) == []
    assert names(stylus.select(prompt, {"weight_budget": 1.0}, present=[PresentAdapter(ZORBLAT, 1.0)])) == []
    skipped = stylus.select(prompt, {"existing": "skip"}, present=[PresentAdapter("somebody_else.safetensors")])
    assert names(skipped) == [] and skipped.with_trigger_words == prompt


def test_another_folder_s_file_of_the_same_name_is_not_there(stylus: Stylus) -> None:
    room = {"max_adapters": 9, "weight_budget": 9}
    assert ZORBLAT in names(stylus.select(PROMPT, room, present=[PresentAdapter("one.safetensors")]))
    assert ZORBLAT in names(stylus.select(PROMPT, room, present=[PresentAdapter(LAMP)]))
    assert ZORBLAT not in names(stylus.select(PROMPT, room, present=[PresentAdapter(ZORBLAT)]))


def test_a_name_that_no_tag_can_hold_is_picked_all_the_same(roots: tuple[Path, Path], tmp_path: Path) -> None:
    put(roots[0] / "glim:fish.safetensors", "Glimfish", "glimfish")
    with Stylus(roots, home=tmp_path / "home", encoder="none", names="paths") as stylus:
        found = stylus.select("a glimfish")
        assert names(found) == ["glim:fish.safetensors"] and "<lora:glim" not in found.rewritten
    with Stylus(roots, home=tmp_path / "home", encoder="none") as stylus:
        assert names(stylus.select("a glimfish")) == []


def test_of_a_file_that_lies_in_two_folders_one_is_picked(roots: tuple[Path, Path], tmp_path: Path) -> None:
    """A copy, or an older one under the same name; the same content under another name too."""
    put(roots[0] / "old" / "one.safetensors", "Zorblat", "zorblat")
    for name in ("glimfish", "glimfish (1)"):
        put(roots[0] / f"{name}.safetensors", "Glimfish", "glimfish")
        info = {"model": {"name": "Glimfish"}, "trainedWords": ["glimfish"], "id": 77, "baseModel": "SD 1.5"}
        (roots[0] / f"{name}.civitai.info").write_text(json.dumps(info), encoding="utf-8")
    with Stylus(roots, home=tmp_path / "home", encoder="none", names="paths") as stylus:
        stylus.index()
        room = {"max_adapters": 9, "weight_budget": 9}
        assert len([n for n in names(stylus.select("a zorblat", room)) if n.endswith("one.safetensors")]) == 1
        found = stylus.select("a glimfish", room)
        assert len([n for n in names(found) if "glimfish" in n]) == 1
        assert any("another file of it" in pick.reason for pick in found.nearly)


def test_two_files_of_one_version_are_two_where_their_hashes_say_so(roots: tuple[Path, Path], tmp_path: Path) -> None:
    """As in a pack of adapters that were trained alike, and so are of one size."""
    for name, digest in (("glimfish", "a"), ("skelloon", "b")):
        put(roots[0] / f"{name}.safetensors", name.title(), name)
        info = {"model": {"name": name.title()}, "trainedWords": [name], "id": 77, "baseModel": "SD 1.5"}
        info["files"] = [{"hashes": {"SHA256": digest * 64}}]
        (roots[0] / f"{name}.civitai.info").write_text(json.dumps(info), encoding="utf-8")
    assert len({(roots[0] / f"{name}.safetensors").stat().st_size for name in ("glimfish", "skelloon")}) == 1
    with Stylus(roots, home=tmp_path / "home", encoder="none", names="paths") as stylus:
        stylus.index()
        found = names(stylus.select("a glimfish and a skelloon"))
        assert sorted(found) == ["glimfish.safetensors", "skelloon.safetensors"]


def test_what_the_user_sets_is_of_one_file(stylus: Stylus) -> None:
    stylus.set("things/one", weight=0.33)
    weights = {a.name: a.card.weight for a in stylus.adapters()}
    assert weights[LAMP] == 0.33 and weights[ZORBLAT] != 0.33
    assert [a.name for a in stylus.find(LAMP)] == [LAMP]


def test_the_command_line_takes_it(
    roots: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    common = ["--library", str(roots[0]), "--library", str(roots[1]), "--encoder", "none", "--names", "paths"]
    assert main(["select", PROMPT, "--json", *common]) == 0
    picks = json.loads(capsys.readouterr().out)["picks"]
    assert {pick["name"] for pick in picks} >= {ZORBLAT, LAMP}
    assert main(["show", "things/one.safetensors", "--json", *common]) == 0
    assert "Quimbly Lamp" in capsys.readouterr().out
    assert main(["doctor", *common]) == 0
    assert "3 adapters to pick from" in capsys.readouterr().out
    assert main(["select", PROMPT, *common[:-1], "titles"]) == 2
    assert "one of stems, paths, not by 'titles'" in capsys.readouterr().err


def test_an_unknown_way_to_name_is_told() -> None:
    with pytest.raises(OptionError, match="stems, paths"):
        Stylus("/nowhere", names="titles")


def test_sidecars_of_an_sft_file_are_its_own(roots: tuple[Path, Path], tmp_path: Path) -> None:
    sidecar(roots[0] / "frobnic.safetensors", ".civitai.info", {"model": {"name": "Frobnic Drawing"}})
    with Stylus(roots, home=tmp_path / "home", encoder="none", names="paths") as stylus:
        stylus.index()
        assert {a.title for a in stylus.adapters() if a.name == "frobnic.sft"} == {"Frobnic Drawing"}
