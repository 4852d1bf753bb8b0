"""A study's file: what it takes, how it refuses, and ids that stay."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from stylus_core.errors import StylusError
from stylus_study.study.plan import read_study, source_of
from stylus_study.study.render_jobs import cells, picture_of
from stylus_study.study.study_folder import StudyError, StudyFolder, read_plan, write_plan
from stylus_study.study.types import BASE, StudyPlan

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = [f"thing {n}" for n in range(20)]


def study(folder: Path, text: str = "", prompts: str = 'file = "prompts.txt"', systems: str = '["local"]') -> Path:
    (folder / "prompts.txt").write_text("\n".join(PROMPTS))
    path = folder / "small.toml"
    path.write_text(f"systems = {systems}\n{text}\n[prompts]\n{prompts}\n")
    return path


def ids(plan: StudyPlan) -> dict[tuple[str, str, float, int, str], str]:
    return {(c.system, c.prompt, c.cfg, c.seed, c.checkpoint): name for group in cells(plan) for name, c in group}


def test_a_short_file_makes_a_whole_plan(tmp_path: Path) -> None:
    plan = read_study(study(tmp_path))
    assert plan.name == "small"
    assert [(s.name, s.options, s.descriptions) for s in plan.systems] == [
        (BASE, {}, "none"),
        ("local", {"composer": "local"}, "metadata"),
    ]
    assert (plan.cfgs, plan.seeds, plan.checkpoints, plan.size) == ((7.0,), (1,), ("",), 40)
    picture = picture_of(plan, next(cells(plan))[0][1])
    assert (picture.steps, picture.width, picture.height, picture.cfg, picture.request) == (20, 512, 512, 7.0, {})


def test_everything_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text("{}\n")
    path = tmp_path / "big.toml"
    (tmp_path / "p.csv").write_text("file_name,caption\n" + "".join(f"c{n}.jpg,cat {n}\n" for n in range(9)))
    path.write_text("""
name = "Big"
seeds = [3, 1]
cfg = [1, 2.5]
checkpoints = ["a", "b"]
fallbacks = true
[prompts]
file = "p.csv"
limit = 8
sample = 3
seed = 5
[picture]
steps = 35
width = 640
height = 256
negative = "blur"
sampler = "DPM++ 2M"
scheduler = "karras"
[picture.request]
enable_hr = true
override_settings = {CLIP_stop_at_last_layers = 2}
[options]
architecture = "sd1"
max_adapters = 2
[descriptions]
gemini = "g.jsonl"
[[systems]]
name = "base"
label = "Nothing"
[[systems]]
name = "ours"
composer = "local"
descriptions = "gemini"
max_adapters = 5
[[systems]]
name = "retriever"
descriptions = "none"
label = "RAG"
[[systems]]
name = "words"
composer = "none"
append = "best quality"
""")
    plan = read_study(path, {"llm": "unused"})
    assert [s.label for s in plan.systems] == [
        "Nothing", "Stylus, local composer, descriptions: gemini", "RAG", "Base model, “best quality”"
    ]  # fmt: skip
    assert plan.systems[1].options == {"composer": "local", "architecture": "sd1", "max_adapters": 5}
    assert plan.systems[2].options == {"composer": "retriever", "architecture": "sd1", "max_adapters": 2}
    assert source_of(plan, plan.systems[1]) == str(tmp_path / "g.jsonl")
    assert (plan.systems[3].options, plan.systems[3].append) == ({}, "best quality")
    assert (plan.seeds, plan.cfgs, plan.checkpoints) == ((3, 1), (1.0, 2.5), ("a", "b"))
    assert len(plan.prompts) == 3 and all(name == f"c{text[-1]}.jpg" for name, text in plan.prompts)
    assert plan.settings["picture"]["request"] == {
        "sampler_name": "DPM++ 2M",
        "scheduler": "karras",
        "enable_hr": True,
        "override_settings": {"CLIP_stop_at_last_layers": 2},
    }
    assert plan.settings["models"] == {} and plan.settings["fallbacks"] is True
    assert plan.settings["prompts_in_file"] == 9
    folder = tmp_path / "out"
    folder.mkdir()
    write_plan(folder, plan)
    assert read_plan(folder) == plan


@pytest.mark.parametrize(
    ("text", "systems", "prompts", "told"),
    [
        ("cgf = 7", '["local"]', None, "cgf is no key of a study: is cfg meant?"),
        ("cfg = [7, 7]", '["local"]', None, "cfg has 7.0 twice"),
        ("cfg = 'high'", '["local"]', None, "cfg takes numbers from 0 to 100, like [1.5, 7], not 'high'"),
        ("cfg = nan", '["local"]', None, "cfg takes numbers"),
        ("seeds = 0", '["local"]', None, "seeds takes a whole number from 1 to 1000, not 0"),
        ("seeds = [true]", '["local"]', None, "seeds takes a whole number"),
        ("picture = 3", '["local"]', None, "picture takes a table: write [picture] on a line of its own"),
        ("picture.steps = 900", '["local"]', None, "picture.steps takes a whole number from 1 to 150, not 900"),
        ("picture.request = {seed = 3}", '["local"]', None, "picture.request.seed is decided by the study"),
        ("picture.request = {when = 2020-01-01}", '["local"]', None, "picture.request holds a date"),
        ("", "[]", None, "systems takes a list with at least one entry"),
        ("", '["lokal"]', None, "systems[1] is 'lokal', which is no composer: is local meant?"),
        ("", "[7]", None, "systems[1] takes a composer's name in quotes or a table, not 7"),
        ("", '[{name = "a b"}]', None, "systems[1].name takes up to 40 letters, digits, - and _, not 'a b'"),
        ("", '[{name = "x"}]', None, "systems[1].composer is missing"),
        ("", '[{name = "x", composer = "gpt"}]', None, "systems[1].composer takes one of local"),
        ("", '["local", "local"]', None, "systems[2] is called 'local' like one before it"),
        ("", '["local", {name = "x", composer = "local"}]', None, "the systems 'local' and 'x' are the same"),
        ("", '[{name = "local", strenght = 2}]', None, "systems[1]: unknown option 'strenght'"),
        ("", '[{name = "local", strength = 9}]', None, "systems[1]: option 'strength' takes 0.1 to 2, not 9"),
        ("", '[{name = "local", descriptions = "gemni"}]', None, "systems[1].descriptions is 'gemni', and no file"),
        ("", '[{name = "local", descriptions = "gone.jsonl"}]', None, "descriptions cannot be read from"),
        ("", '[{name = "x", composer = "none"}]', None, "systems[1] would be the base model"),
        ("descriptions = {none = 'x'}", '["local"]', None, "descriptions.none cannot be a name"),
        ("", '["local"]', "", "prompts.file is missing"),
        ("", '["local"]', 'file = "gone.csv"', "the prompts cannot be read from"),
        ("", '["local"]', 'file = "prompts.txt"\nsample = 21', "prompts.sample is 21, and there are only 20 prompts"),
        ("", "[", None, "is no TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, text: str, systems: str, prompts: str | None, told: str
) -> None:
    path = study(tmp_path, text, 'file = "prompts.txt"' if prompts is None else prompts, systems)
    with pytest.raises(StylusError) as error:
        read_study(path)
    assert told in str(error.value)
    assert str(tmp_path) in str(error.value)  # the file, or the one that it names


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"gone\.toml: No such file"):
        read_study(tmp_path / "gone.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="is not UTF-8"):
        read_study(tmp_path / "bytes.toml")


def test_a_sample_is_the_same_again_and_another_seed_draws_another(tmp_path: Path) -> None:
    def drawn(seed: int) -> list[str]:
        path = study(tmp_path, prompts=f'file = "prompts.txt"\nsample = 6\nseed = {seed}')
        return [text for _, text in read_study(path).prompts]

    first = drawn(1)
    assert first == drawn(1) != drawn(2)
    assert first == sorted(first, key=PROMPTS.index) and len(set(first)) == 6
    path = study(tmp_path, prompts='file = "prompts.txt"\nlimit = 4')
    assert [text for _, text in read_study(path).prompts] == PROMPTS[:4]


def test_captions_of_one_picture_have_ids_of_their_own(tmp_path: Path) -> None:
    path = study(tmp_path, prompts='file = "p.csv"')
    (tmp_path / "p.csv").write_text("file_name,caption\na.jpg,a cat\na.jpg,a sleeping cat\nb.jpg,a dog\n")
    assert [name for name, _ in read_study(path).prompts] == ["a.jpg", "a.jpg-2", "b.jpg"]


def test_ids_are_what_they_were(tmp_path: Path) -> None:
    """Whoever changes these makes every picture of every study anew."""
    plan = read_study(study(tmp_path, "cfg = [5]", systems='["local", {name = "x", composer="llm"}]'), {"llm": "m"})
    found = [name for name, _ in next(cells(plan))]
    assert found == GOLDEN


GOLDEN = ["591c7b79d5cfe10dcc90", "70d6037db6e446cb4c28", "334c44e967bc3a0d003d"]


def test_ids_differ_by_what_decides_and_by_nothing_else(tmp_path: Path) -> None:
    descriptions = tmp_path / "d.jsonl"
    descriptions.write_text("{}\n")
    systems = '["base", "local", {name = "x", composer = "local", descriptions = "d.jsonl"}]'
    plan = read_study(study(tmp_path, systems=systems))
    before = ids(plan)
    assert len(set(before.values())) == plan.size
    renamed = dataclasses.replace(
        plan, name="y", systems=tuple(dataclasses.replace(s, label=s.label + "!") for s in plan.systems)
    )
    assert ids(renamed) == before
    more = ids(read_study(study(tmp_path, "seeds = 2\ncfg = [7, 5]", systems=systems)))
    assert before.items() <= more.items()
    descriptions.write_text("{} \n")
    other = ids(read_study(study(tmp_path, systems=systems)))
    assert {key[0] for key in before if other[key] != before[key]} == {"x"}
    wide = ids(read_study(study(tmp_path, "picture.width = 640", systems=systems)))
    assert not set(wide.values()) & set(before.values())
    strong = ids(read_study(study(tmp_path, "options.strength = 0.5", systems=systems)))
    assert {key[0] for key in before if strong[key] != before[key]} == {"local", "x"}


def test_the_order_finishes_a_checkpoint_and_a_seed_before_the_next(tmp_path: Path) -> None:
    plan = read_study(study(tmp_path, 'checkpoints = ["b", "a"]\nseeds = 2\ncfg = [5, 7]'))
    groups = list(cells(plan))
    places = [(g[0][1].checkpoint, g[0][1].seed) for g in groups]
    assert list(dict.fromkeys(places)) == [("b", 1), ("b", 2), ("a", 1), ("a", 2)]
    assert places == sorted(places, key=list(dict.fromkeys(places)).index)
    assert all([c.system for _, c in group] == [BASE, "local"] for group in groups)
    assert all(len({(c.prompt, c.cfg, c.seed, c.checkpoint) for _, c in group}) == 1 for group in groups)


# -- the folder --------------------------------------------------------------------------------------------------------


def test_a_folder_lists_broken_and_missing_pictures_and_nothing_of_another_plan(tmp_path: Path) -> None:
    plan = read_study(study(tmp_path, prompts='file = "prompts.txt"\nlimit = 1'))
    names = [name for group in cells(plan) for name, _ in group]
    write_plan(tmp_path, plan)
    records = [{"id": n, "file": f"pictures/{n}.png", "sha256": "x", "picks": [{"name": "a"}], "seconds": 2} for n in
               ["of-another-plan", *names[::-1]]]  # fmt: skip
    text = "".join(json.dumps(r) + "\n" for r in records)
    (tmp_path / "results.jsonl").write_text(text + '{"id": "torn')
    found = StudyFolder(tmp_path).pictures()
    assert [p.cell.system for p in found] == [BASE, "local"]
    assert not any(p.path.exists() for p in found)
    assert found[0].picks == ({"name": "a"},) and found[0].seconds == 2.0
    (tmp_path / "results.jsonl").write_text("[]\n" + text)
    with pytest.raises(StudyError, match=r"line 1 of .* is no result"):
        StudyFolder(tmp_path).pictures()
    (tmp_path / "results.jsonl").write_text(json.dumps({"id": names[0], "file": "../../etc/passwd"}) + "\n")
    with pytest.raises(StudyError, match="line 1"):
        StudyFolder(tmp_path).pictures()


@pytest.mark.parametrize("damage", ["{", "[]", '{"name": 1}', '{"name": "a", "systems": [{"nam": 1}]}'])
def test_a_damaged_plan_is_told(tmp_path: Path, damage: str) -> None:
    (tmp_path / "plan.json").write_text(damage)
    with pytest.raises(StudyError, match="is no plan of a study"):
        StudyFolder(tmp_path)


def test_a_folder_without_a_study_tells_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"stylus study run STUDY\.toml --out"):
        StudyFolder(tmp_path)


# -- the studies that come with the docs -------------------------------------------------------------------------------

STUDIES = sorted((ROOT / "docs" / "studies").glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_studies_of_the_docs_are_studies(tmp_path: Path, path: Path) -> None:
    here = tmp_path / path.name
    here.write_text(path.read_text("utf-8"))
    (tmp_path / "prompts-50.txt").write_bytes((path.parent / "prompts-50.txt").read_bytes())
    for name in ("coco_rank.csv", "parti_prompts.csv"):
        rows = "".join(f"{n}.jpg,caption {n}\n" for n in range(10_000 if name.startswith("coco") else 1632))
        (tmp_path / name).write_text("file_name,caption\n" + rows)
    (tmp_path / "model.jsonl").write_text("")
    plan = read_study(here)
    assert {s.name for s in plan.systems} >= {BASE}
    assert f"{plan.size:,}" in (ROOT / "docs" / "study.md").read_text("utf-8")


def test_the_small_study_is_an_hour_of_50_prompts() -> None:
    plan = read_study(ROOT / "docs" / "studies" / "small.toml")
    assert len({text for _, text in plan.prompts}) == 50
    assert plan.size * 3 == 3600
