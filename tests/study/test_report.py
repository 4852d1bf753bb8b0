"""The report's page, its tables, and what it does with what is missing, broken or hostile."""

from __future__ import annotations

import csv
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL")
from PIL import Image

from stylus_study.report import ReportError, build
from stylus_study.study.types import StudySystem
from tests.study import sample

EVIL = '</script><script>alert("x")</script><!--<img src=x onerror=alert(1)>"\'&{{ 7 * 7 }}{% x %}\u202e'


class ReportParser(HTMLParser):
    """What a browser would see: tags, and the texts of each section."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self.values: dict[str, list[float]] = {}
        self.data: Any = None
        self.section, self.inside = "", ""
        self.text = path.read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self.inside = tag
        if tag == "section":
            self.section = given["id"] or ""
        if tag == "data":
            self.values.setdefault(self.section, []).append(float(given["value"] or "nan"))

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and self.data is None:
            self.data = json.loads(data)
        elif self.inside not in ("script", "style"):
            self.words.setdefault(self.section, []).append(data)

    def says(self, section: str) -> str:
        return re.sub(r"\s+", " ", "".join(self.words.get(section, [])))


def table(folder: Path, name: str) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    tables = folder / "report" / "tables"
    with (tables / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file)), json.loads((tables / f"{name}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sample.make(tmp_path_factory.mktemp("whole"), sample.plan(10, (3.0, 7.5, 9.0)), size=64)
    build(folder)
    return folder


def given(folder: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((folder / f"{name}.json").read_text("utf-8"))["rows"]


@pytest.mark.parametrize(
    ("name", "keys"), [("metrics", ("system", "cfg")), ("judge", ("system", "criterion")), ("votes", ("system",))]
)
def test_csv_and_json_hold_the_numbers_of_the_steps(whole: Path, name: str, keys: tuple[str, ...]) -> None:
    rows, objects = table(whole, name)
    expected = {tuple(str(row[key]) for key in keys): row for row in given(whole, name)}
    assert len(rows) == len(objects) == len(expected)
    for row, whole_row in zip(rows, objects, strict=True):
        source = expected[tuple(row[key] for key in keys)]
        for key, value in source.items():
            assert whole_row[key] == value
            if isinstance(value, dict):
                assert [float(row[f"{key}{end}"]) for end in ("", "_low", "_high")] == list(value.values())
            elif value is None:
                assert row[key] == ""
            else:
                assert row[key] == str(value)


def test_the_page_shows_the_same_numbers(whole: Path) -> None:
    page = ReportParser(whole / "report" / "index.html")
    measures = ("clip", "fid", "kid", "diversity")
    order = sorted(given(whole, "metrics"), key=lambda r: (r["cfg"] != 7.5, r["cfg"]))
    keys = [k for m in measures for k in (m, f"{m}_difference")]
    assert page.values["metrics"] == [row[k]["value"] for row in order for k in keys if row[k]]
    rates = [v for r in given(whole, "judge") for v in (r["rate"]["value"], r["score"], r["score_against"])]
    assert page.values["judge"] == rates
    assert page.values["votes"] == [row["rate"]["value"] for row in given(whole, "votes")]
    short = page.says("short")  # at the CFG value nearest to 7
    assert "CLIP score and FID at CFG 7.5" in short
    for told in ("+0.60 ▲ [+0.40, +0.80]", "−1.20 ▲ [−1.65, −0.75]", "70% [62%, 78%]", "66% [58%, 74%]", "80%"):
        assert told in short
    said = page.says("metrics")
    assert "+0.60 ▲ [+0.40, +0.80]" in said and "−1.20 ▲ [−1.65, −0.75]" in said  # less FID is better
    assert "−0.50 ▼ [−0.70, −0.30]" in said and "+0.15 ≈ [−0.05, +0.35]" in said
    assert "Stylus, local composer: higher CLIP score at 3 of 3 and lower FID at 3 of 3 CFG values." in said
    assert "5,000 pictures (reference)" in said and "private" not in page.text
    assert "66% [58%, 74%]" in page.says("votes") and "Fleiss' kappa 0.58 over 60 pairs" in page.says("votes")
    assert "19% of 960 questions" in page.says("judge")


def test_picks_and_times_come_from_the_pictures(whole: Path) -> None:
    rows, _ = table(whole, "picks")
    stylus = next(r for r in rows if r["system"] == "stylus")
    # Of ten prompts those with the numbers 4 and 9 get nothing; 0, 3 and 6 get two.
    assert (stylus["prompts"], stylus["prompts_with_picks"], stylus["share_with_picks"]) == ("10", "8", "0.8")
    assert float(stylus["adapters_per_prompt"]) == pytest.approx(1.1)
    assert (stylus["most_picked"], stylus["most_picked_prompts"]) == ("detail_slider", "3")
    assert [r["system"] for r in rows] == ["random", "reranker", "stylus"]
    times, _ = table(whole, "timings")
    medians = {(r["system"], r["stage"]): float(r["median_ms"]) for r in times}
    assert medians["stylus", "compose"] == 41.5 and medians["base", "picture"] == 3875
    assert ("base", "compose") not in medians
    page = ReportParser(whole / "report" / "index.html")
    assert "80% (8 of 10)" in page.says("picks") and "41.5 ms" in page.says("timings")
    assert "3.9 s" in page.says("timings")


def test_the_gallery_has_every_picture_with_its_picks(whole: Path) -> None:
    data = ReportParser(whole / "report" / "index.html").data
    assert data["systems"][data["base"]] == "Base model" and data["cfgs"] == [3.0, 7.5, 9.0]
    assert [p["differs"] for p in data["prompts"]] == [True, True, True, True, False] * 2
    first = data["prompts"][0]
    assert len(first["pictures"]) == 4 * 3 * 2
    stylus = next(p for p in first["pictures"] if p[:4] == [3, 0, 1, 0])
    chosen = first["chosen"][stylus[6]]
    assert [k["name"] for k in chosen["picks"]] == ["watercolour_v2", "detail_slider"]
    assert chosen["picks"][0]["reason"] == "its description names watercolour"
    scores = json.loads((whole / "metrics.json").read_text("utf-8"))["pictures"]
    assert stylus[5] == scores[f"pictures/{stylus[7]}"]["clip"]
    rows, _ = table(whole, "pictures")
    assert len(rows) == 10 * 4 * 3 * 2
    assert {float(r["clip"]) for r in rows} == {s["clip"] for s in scores.values()}


def test_the_folder_can_be_moved_alone(whole: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "report"
    shutil.copytree(whole / "report", moved)
    page = ReportParser(moved / "index.html")
    addresses = [p[4] for prompt in page.data["prompts"] for p in prompt["pictures"]]
    assert len(addresses) == 240
    for address in addresses:
        with Image.open(moved / address) as picture:
            assert picture.size == (64, 64)
    links = [v for _, attrs in page.tags for k, v in attrs.items() if k in ("href", "src") and not v.startswith("#")]
    assert links and all((moved / link).is_file() for link in links)
    assert not re.search(r"""(href|src)=["']?(\w+:|/)""", page.text)


def test_a_second_report_copies_only_what_is_new(tmp_path: Path) -> None:
    folder = sample.make(tmp_path, sample.plan(2, (7.0,)), size=64, results=False)
    pictures = build(folder).parent / "pictures"
    first = {path.name: path.stat().st_mtime_ns for path in pictures.iterdir()}
    told = []
    build(folder, progress=lambda *at: told.append(at))
    assert {path.name: path.stat().st_mtime_ns for path in pictures.iterdir()} == first
    assert told[-1] == ("copying pictures", 16, 16)
    build(folder, size=32)
    assert len(list(pictures.iterdir())) == 16 and not {path.name for path in pictures.iterdir()} & set(first)


def test_the_settings_are_told_without_the_paths_of_a_machine(tmp_path: Path) -> None:
    settings = {
        "picture": {"steps": 20, "negative": "", "request": {"sampler_name": "Euler a"}},
        "models": {"llm": "a-language-model"},
        "descriptions": {"mine": {"file": "/somewhere/private/mine.jsonl", "sha256": "00"}},
    }
    systems = (*sample.SYSTEMS[:1], StudySystem("llm", "With a model", {"composer": "llm"}, "mine", "best quality"))
    folder = sample.make(tmp_path, sample.plan(1, (7.0,), systems=systems, settings=settings), size=64, results=False)
    page = ReportParser(build(folder))
    said = page.says("")
    for words in ("steps20", "request: sampler_nameEuler a", "model of llma-language-model", "seeds1, 2"):
        assert words in said
    assert "With a modelcomposer = llm; descriptions: mine; then “best quality”" in said and "private" not in page.text


def test_what_is_missing_is_left_out_with_the_command_that_makes_it(tmp_path: Path) -> None:
    folder = sample.make(tmp_path / "mine", sample.plan(2, (7.0,)), size=64, results=False)
    page = ReportParser(build(folder))
    for section, step in (("metrics", "metrics"), ("judge", "judge"), ("votes", "vote")):
        assert f"stylus study {step} mine makes this part." in page.says(section)
        assert section not in page.values
    assert "2 of 2" not in page.says("metrics") and page.data["prompts"][0]["pictures"][0][5] is None
    (folder / "metrics.json").write_text("{not json", "utf-8")
    (folder / "judge.json").write_text('{"rows": 7}', "utf-8")
    sample.write(folder, "votes", {"rows": [{"system": "stylus"}, 3, None], "votes": "many"})
    page = ReportParser(build(folder))
    for section in ("metrics", "judge"):
        assert f"{section}.json is not what this program wrote: delete it" in page.says(section)
    assert "Nobody voted." in page.says("votes")


def test_numbers_that_are_none_leave_a_dash(tmp_path: Path) -> None:
    study = sample.plan(2, (7.0,))
    folder = sample.make(tmp_path, study, size=64, results=False)
    rows = [
        {"system": "base", "checkpoint": "", "cfg": 7.0, "pictures": 4, "clip": sample.around(25, 1), "fid": None},
        {"system": "stylus", "checkpoint": "", "cfg": 7.0, "pictures": 4, "clip": {"value": float("nan")}, "fid": None},
        {"system": "stylus", "checkpoint": "", "cfg": "7", "pictures": 4},
    ]
    sample.write(folder, "metrics", {"rows": rows, "pictures": [], "models": None, "broken": 3})
    page = ReportParser(build(folder))
    assert "FID needs a folder of reference pictures" in page.says("metrics")
    assert page.values["metrics"] == [25.0] and "NaN" not in page.text
    assert table(folder, "metrics")[1][1]["clip"] is None


def test_broken_and_missing_pictures_are_counted(tmp_path: Path) -> None:
    folder = sample.make(tmp_path, sample.plan(2, (7.0,)), size=64)
    gone, cut, text, bomb = sorted((folder / "pictures").iterdir())[:4]
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:200])
    text.write_text("no picture", "utf-8")
    header = bytearray(bomb.read_bytes())
    header[16:24] = (60_000).to_bytes(4, "big") * 2  # says that it is 60,000 x 60,000
    bomb.write_bytes(header)
    page = ReportParser(build(folder))
    assert "16 of 16 pictures. 4 of those that were made are missing or broken now." in page.says("")
    shown = {p[7]: p[4] for prompt in page.data["prompts"] for p in prompt["pictures"]}
    assert {name for name, address in shown.items() if address is None} == {p.name for p in (gone, cut, text, bomb)}


def test_texts_of_strangers_stay_text(tmp_path: Path) -> None:
    systems = (*sample.SYSTEMS[:1], StudySystem("evil", EVIL, {"prompt": EVIL}, EVIL))
    study = sample.plan(
        name=EVIL,
        systems=systems,
        prompts=(("0000", EVIL), ("=1+1", "=cmd|'/c calc'!A1")),
        cfgs=(7.0,),
        checkpoints=(EVIL, "b"),
    )
    pick = {"name": EVIL, "title": EVIL, "weight": "1", "keyword": EVIL, "reason": f"{EVIL}\u2028javascript:alert(1)"}
    folder = sample.make(
        tmp_path, study, size=64, picks=[pick, {"name": None}], notes=[EVIL], used_prompt=EVIL, sha256="../../x"
    )
    for name, made in (("judge", sample.judge(study)), ("votes", sample.votes(study))):
        made["rows"][0] |= {"criterion": EVIL, "against": EVIL, "system": EVIL}
        sample.write(folder, name, made | {"model": EVIL})
    plain = sample.make(tmp_path / "plain", sample.plan(2, (7.0,), systems=sample.SYSTEMS[:2]), size=64)
    evil, good = ReportParser(build(folder)), ReportParser(build(plain))
    assert {tag for tag, _ in evil.tags} <= {tag for tag, _ in good.tags} | {"h3"}
    assert sum(tag == "script" for tag, _ in evil.tags) == 2 and not any(tag == "img" for tag, _ in evil.tags)
    assert not any(key.startswith("on") for _, attrs in evil.tags for key in attrs)
    for section in ("", "short", "metrics", "judge", "votes", "picks"):
        assert EVIL.replace("\u202e", "") in evil.says(section).replace("\u202e", ""), section
    assert evil.data["prompts"][0]["text"] == EVIL
    data = re.search(r'id="gallery-data">(.*?)</script>', evil.text, re.S)
    assert data and not set(data[1]) & set("<>&'\u2028\n")
    assert {path.name for path in (folder / "report").iterdir()} == {"index.html", "pictures", "tables"}
    rows, objects = table(folder, "pictures")
    assert rows[-1]["prompt"] == "'=cmd|'/c calc'!A1" and objects[-1]["prompt"] == "=cmd|'/c calc'!A1"


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = sample.make(tmp_path, sample.plan(1, (7.0,)), size=64, results=False)
    (folder / "report").write_text("in the way", "utf-8")
    with pytest.raises(ReportError, match="report"):
        build(folder)
