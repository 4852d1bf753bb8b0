"""The whole tool on real files: what changes in the folder is right at the next selection."""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stylus_core import LibraryError, OptionError, Stylus
from tests.library.build import safetensors, sidecar


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    loras = tmp_path / "loras"
    for stem, title, kind, words in (
        ("paper_kite_v2", "Paper Kite", "objects", "paper kite"),
        ("gouache_v1", "Gouache Style", "style", "gouache style"),
        ("orla_fenwick", "Orla Fenwick (Tide Clock)", "character", "orla fenwick, grey shawl"),
        ("salt_marsh", "Salt Marsh", "background", "salt marsh"),
    ):
        add(loras, stem, title, kind, words)
    return loras


def add(loras: Path, stem: str, title: str, kind: str, words: str) -> Path:
    path = safetensors(loras / f"{stem}.safetensors", {"ss_output_name": stem, "ss_base_model_version": "sd_v1"})
    sidecar(
        path,
        ".civitai.info",
        {
            "baseModel": "SD 1.5",
            "trainedWords": [words],
            "model": {"name": title, "description": f"<p>{title}.</p>", "tags": [kind]},
            "images": [{"meta": {"prompt": f"{words}, evening, <lora:{stem}:0.7>"}}],
        },
    )
    return path


def opened(folder: Path, encoder: str = "none") -> Stylus:
    return Stylus(folder, home=folder.parent / "home", encoder=encoder)


def names(stylus: Stylus, prompt: str, **options: object) -> list[str]:
    return [p.name for p in stylus.select(prompt, options).picks]


@pytest.mark.parametrize("encoder", ["none", "auto"])
@pytest.mark.parametrize(
    ("prompt", "wanted", "others"),
    [
        ("torvan the smith at his forge", "red beard", "silver braid"),
        ("mirelle of the coast by the sea", "silver braid", "red beard"),
    ],
)
def test_each_character_of_a_pack_is_found_by_its_own_words(
    folder: Path, encoder: str, prompt: str, wanted: str, others: str
):
    path = add(folder, "salt_pack", "Saltmarsh pack", "character", "mirelle of the coast, silver braid")
    record = json.loads(path.with_suffix(".civitai.info").read_text("utf-8"))
    record["trainedWords"].append("torvan the smith, red beard")
    # what goes into a prompt has to be said elsewhere too
    record["model"]["description"] = "<p>Saltmarsh pack: a silver braid for the one, a red beard for the other.</p>"
    sidecar(path, ".civitai.info", {**record, "images": []})
    with opened(folder, encoder) as stylus:
        found = stylus.select(prompt)
        assert [p.name for p in found.picks] == ["salt_pack"]
        assert wanted in found.rewritten
        assert others not in found.rewritten


@pytest.mark.parametrize("encoder", ["none", "auto"])
@pytest.mark.parametrize(("prompt", "others"), [("lysa_mqt on a pier", "corin"), ("1boy, bero_mqt, smile", "lysa")])
def test_each_character_of_a_pack_is_found_by_its_name_alone(folder: Path, encoder: str, prompt: str, others: str):
    path = add(folder, "two_evenings", "Two evenings pack", "character", "corin_brandt")
    record = json.loads(path.with_suffix(".civitai.info").read_text("utf-8"))
    sidecar(path, ".civitai.info", {**record, "trainedWords": ["corin_brandt", "lysa_mqt", "bero_mqt"], "images": []})
    with opened(folder, encoder) as stylus:
        found = stylus.select(prompt)
        assert [p.name for p in found.picks] == ["two_evenings"]
        assert others not in found.rewritten
        assert names(stylus, "two evenings on a pier") == []


def test_what_authors_remark_is_not_written(folder: Path):
    add(folder, "reed_boat", "Reed Boat", "objects", "please read the description first, it explains all")
    with opened(folder) as stylus:
        assert re.fullmatch(
            r"a reed boat on a lake <lora:reed_boat:[\d.]+>", stylus.select("a reed boat on a lake").rewritten
        )


def test_a_colon_in_the_name_of_a_series_is_written(folder: Path):
    add(folder, "nell_orrin", "Nell Orrin (Brass:Hymn)", "character", "nell_(brass:hymn), grey braid")
    with opened(folder) as stylus:
        assert r"nell_\(brass:hymn\), grey braid" in stylus.select("Nell Orrin in a mill").rewritten


def test_a_prompt_comes_back_ready(folder: Path):
    with opened(folder) as stylus:
        found = stylus.select("a paper kite above the dunes")
        # its one example says 0.7, which one example alone hardly moves from what is usual
        assert found.rewritten == "a paper kite above the dunes <lora:paper_kite_v2:0.66>"
        (pick,) = found.picks
        assert (pick.name, pick.keyword, pick.path) == (
            "paper_kite_v2",
            "paper kite",
            str(folder / "paper_kite_v2.safetensors"),
        )
        assert found.prompt[pick.start : pick.end] == "paper kite"
        assert found.timings["total"] > 0
        said = json.loads(json.dumps(found.to_json(candidates=3)))
        assert said["candidates"][0]["name"] == "paper_kite_v2"
        again = stylus.select(found.rewritten)
        assert again.rewritten == found.rewritten
        assert not again.picks


def test_added_removed_renamed_and_edited_files(folder: Path):
    with opened(folder) as stylus:
        assert names(stylus, "a brass diving bell") == []
        bell = add(folder / "new", "diving_bell", "Brass Diving Bell", "objects", "brass diving bell")
        assert names(stylus, "a brass diving bell") == ["diving_bell"]
        bell.rename(bell.with_name("old_bell.safetensors"))
        bell.with_suffix(".civitai.info").rename(bell.with_name("old_bell.civitai.info"))
        assert names(stylus, "a brass diving bell") == ["old_bell"]
        bell.with_name("old_bell.safetensors").unlink()
        assert names(stylus, "a brass diving bell") == []
        stylus.refresh()
        add(folder, "salt_marsh", "Copper Observatory", "background", "copper observatory")
        stylus.refresh()
        assert names(stylus, "a copper observatory") == ["salt_marsh"]
    with opened(folder) as stylus:  # and for the next process
        assert names(stylus, "a copper observatory") == ["salt_marsh"]


def test_the_users_own_weight_counts_at_once(folder: Path):
    with opened(folder) as stylus:
        stylus.refresh()
        stylus.set("paper_kite_v2", weight=0.45)
        assert stylus.select("a paper kite").rewritten.endswith("<lora:paper_kite_v2:0.45>")


def test_what_the_user_says_is_found_at_once(folder: Path):
    with opened(folder) as stylus:
        assert names(stylus, "a velvet armadillo") == names(stylus, "a cork lighthouse") == []
        kite = stylus.set("paper_kite_v2", title="Velvet Armadillo")
        assert (kite.title, [a.id for a in stylus.find("velvet armadillo")]) == ("Velvet Armadillo", [kite.id])
        (pick,) = stylus.select("a velvet armadillo").picks
        assert (pick.name, pick.title) == ("paper_kite_v2", "Velvet Armadillo")
        assert "Velvet Armadillo" in pick.reason
        stylus.set("salt_marsh", description="A cork lighthouse with a leaning roof.")
        found = stylus.select("a cork lighthouse", depth=1).candidates[0]
        assert (found.name, found.scores["bm25"] > 0) == ("salt_marsh", True)
        stylus.set("gouache_v1", trigger_words=["zinc wash", "thick zinc"])
        always = stylus.select("gouache style, a river", {"trigger_words": "always"}).rewritten
        assert "zinc wash, thick zinc" in always
        assert names(stylus, "zinc wash, a river") == ["gouache_v1"]
    with opened(folder) as stylus:  # and for the next process
        assert names(stylus, "a velvet armadillo") == ["paper_kite_v2"]
        stylus.set("velvet armadillo", title=None)
        assert names(stylus, "a velvet armadillo") == []


def test_names_that_differ_in_case_or_form_alone_are_pinned_each(folder: Path):
    twins = ("corgi", "CORGI", "Corgi", unicodedata.normalize("NFC", "é_hat"), unicodedata.normalize("NFD", "é_hat"))
    for stem in twins:
        add(folder, stem, f"Hat {stem}", "objects", "odd hat")
    if len(list(folder.glob("*.safetensors"))) < 4 + len(twins):
        pytest.skip("this file system takes them for one name")
    with opened(folder) as stylus:
        for stem in twins:
            found = stylus.select("evening light", {"pinned": [stem], "max_adapters": 1})
            assert ([p.name for p in found.picks], found.notes) == ([stem], ())
            assert f"<lora:{stem}:" in found.rewritten
            assert stylus.find(stem)[0].stem == stem
            left = stylus.select("an odd hat", {"banned": [stem], "max_adapters": 9, "candidates": 50})
            assert stem not in {p.name for p in left.picks}
        assert set(names(stylus, "evening light", pinned=list(twins), max_adapters=9)) == set(twins)


def test_an_excluded_adapter_is_left_out_and_told_where_it_is_asked_for(folder: Path):
    sidecar(folder / "salt_marsh.safetensors", ".metadata.json", {"model_name": "Salt Marsh", "exclude": True})
    with opened(folder) as stylus:
        assert names(stylus, "a salt marsh") == []
        found = stylus.select("a paper kite", {"pinned": ["salt_marsh"]})
        assert [p.name for p in found.picks] == ["paper_kite_v2"]
        assert any("--excluded false" in note for note in found.notes)
        stylus.set("salt_marsh", excluded=False)
        assert names(stylus, "a paper kite", pinned=["salt_marsh"]) == ["salt_marsh", "paper_kite_v2"]
        stylus.set("paper_kite_v2", excluded=True)
        assert (names(stylus, "a salt marsh"), names(stylus, "a paper kite")) == (["salt_marsh"], [])
        stylus.set("paper_kite_v2", excluded=None)
        assert names(stylus, "a paper kite") == ["paper_kite_v2"]


def test_threads_set_while_others_select(folder: Path):
    wrong: list[object] = []

    def select(stylus: Stylus) -> None:
        for _ in range(6):
            if names(stylus, "a paper kite") != ["paper_kite_v2"]:
                wrong.append("another pick")

    def edit(stylus: Stylus, field: str) -> None:
        for n in range(6):
            stylus.set("salt_marsh", by="api", **{field: f"Grey Fen {n}"})

    with opened(folder) as stylus:
        stylus.index()
        jobs = [(select, (stylus,)), (edit, (stylus, "title")), (edit, (stylus, "description")), (select, (stylus,))]
        threads = [threading.Thread(target=work, args=args) for work, args in jobs]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not wrong
        (marsh,) = stylus.find("Grey Fen 5")
        assert (marsh.card.description, stylus.library.undoable(marsh.id)) == ("Grey Fen 5", 12)


def test_pins_bans_and_adapters_that_are_there(folder: Path):
    with opened(folder) as stylus:
        assert names(stylus, "a paper kite", banned=["paper_kite_v2"]) == []
        assert names(stylus, "a paper kite", pinned=["gouache_v1"]) == ["gouache_v1", "paper_kite_v2"]
        assert "'nowhere'" in " ".join(stylus.select("a paper kite", {"pinned": ["nowhere"]}).notes)
        other = stylus.select("a paper kite", {"pinned": ["gouache_v1"], "architecture": "sdxl"})
        assert "gouache_v1" not in other.rewritten and "gouache_v1" not in [p.name for p in other.picks]
        assert any("'gouache_v1'" in n and "made for sd1 and not for sdxl" in n for n in other.notes), other.notes
        there = "a paper kite <lora:gouache_v1:0.5>"
        assert stylus.select(there, {"existing": "skip"}).rewritten == there
        assert stylus.select(there).rewritten.startswith(there)
        assert "gouache_v1" not in names(stylus, f"{there}, gouache style")


@pytest.mark.parametrize("prompt", ["", "  \n", "<lora:gouache_v1:1>", "# a comment", "((()", "\ud83d", "," * 5000])
def test_prompts_with_nothing_in_them_come_back_as_they_are(folder: Path, prompt: str):
    with opened(folder) as stylus:
        found = stylus.select(prompt)
        assert found.rewritten == prompt
        assert found.picks == ()
        assert len(found.notes) >= 1


def test_an_empty_folder_and_one_that_is_gone(tmp_path: Path, folder: Path):
    (tmp_path / "empty").mkdir()
    with opened(tmp_path / "empty") as stylus:
        found = stylus.select("a paper kite")
        assert found.rewritten == "a paper kite"
        assert str(tmp_path / "empty") in found.notes[-1]
    with (
        Stylus(tmp_path / "gone", home=tmp_path / "home", encoder="none") as stylus,
        pytest.raises(LibraryError, match="gone"),
    ):
        stylus.select("a paper kite")


def test_it_says_whether_there_is_an_index(folder: Path):
    with opened(folder) as stylus:
        stylus.refresh()  # known, and not indexed yet
        assert not stylus.indexed
        stylus.index()
        assert stylus.indexed
    with opened(folder) as stylus:
        assert stylus.indexed


def test_without_an_encoder_words_decide_and_it_says_so(folder: Path, tmp_path: Path):
    with opened(folder, encoder=str(tmp_path / "no model")) as stylus:
        found = stylus.select("a paper kite")
        assert [p.name for p in found.picks] == ["paper_kite_v2"]
        assert any("no model" in n and "pip install" in n for n in found.notes)


class Seas:
    """An encoder that knows one thing: what lies by the sea."""

    key, dim, backend = "seas", 2, "numpy"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1, 0] if re.search("marsh|estuary", t.lower()) else [0, 1] for t in texts], np.float32)


def test_an_encoder_of_ones_own_is_used(folder: Path):
    with Stylus(folder, home=folder.parent / "home", encoder=Seas()) as stylus:
        found = stylus.select("an estuary")
        assert found.candidates[0].adapter.stem == "salt_marsh"
        assert not stylus.encoder_problem


def test_invalid_options_are_named(folder: Path):
    with opened(folder) as stylus:
        with pytest.raises(OptionError, match="max_adapter"):
            stylus.select("a kite", {"max_adapter": 3})
        with pytest.raises(OptionError, match="'max_adapters' takes 0 to 10, not 99"):
            stylus.select("a kite", {"max_adapters": 99})


def test_threads_select_while_the_folder_changes(folder: Path):
    wrong: list[object] = []
    with opened(folder) as stylus:

        def work() -> None:
            try:
                for _ in range(8):
                    if names(stylus, "a paper kite") != ["paper_kite_v2"]:
                        wrong.append("another pick")
            except Exception as e:  # what happened is what the test tells
                wrong.append(e)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for t in threads:
            t.start()
        for n in range(5):
            add(folder, f"extra_{n}", f"Extra {n}", "concept", f"extra thing {n}")
            stylus.refresh()
        for t in threads:
            t.join()
    assert not wrong


def test_a_pin_takes_nobodys_place(folder: Path):
    prompt, kite = "a paper kite over a salt marsh", ["paper_kite_v2"]
    with opened(folder) as stylus:
        assert names(stylus, prompt, pinned=kite, max_adapters=1) == ["paper_kite_v2", "salt_marsh"]
        assert names(stylus, prompt, pinned=["gouache_v1"], max_adapters=2) == ["gouache_v1", *names(stylus, prompt)]
        assert names(stylus, prompt, pinned=kite, max_adapters=0) == kite
        there = f"{prompt} <lora:paper_kite_v2:0.5>"
        assert names(stylus, there, pinned=kite, max_adapters=1) == ["salt_marsh"]
        assert names(stylus, there, max_adapters=1) == []
