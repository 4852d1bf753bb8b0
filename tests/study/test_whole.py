"""A whole study, from its file to the report, by the commands a user types; killed in the middle, twice."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("transformers")
pytest.importorskip("openai")
from PIL import Image
from sklearn.metrics import cohen_kappa_score

from samples.catalogue import PROMPTS
from samples.make_samples import build
from stylus_core.cli import main
from stylus_core.llm.pictures import SIDE
from stylus_core.pictures import jpeg
from stylus_study.study.study_folder import StudyFolder
from stylus_study.study.types import BASE, StudyPicture
from tests.batch.test_run import until
from tests.browser.conftest import CHROMIUM
from tests.llm.fault_server import FaultServer, answers
from tests.study import tiny_models
from tests.study.judging import verdict
from tests.study.test_report import ReportParser
from tests.study.voting import Rater, served
from tests.study.webui import PaintingWebUI

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("in a forest", "at night", "on a rainy street", "by the sea")
TEXTS = tuple(f"{prompt.partition(' <')[0]}, {place}" for prompt in PROMPTS for place in PLACES)
STUDY = """
name = "Whole"
seeds = 1
cfg = [4, 8]
systems = ["base", "local"]
[prompts]
file = "prompts.txt"
[picture]
steps = 4
[options]
architecture = "sd1"
"""


class WholeStudy:
    """The study's folder, and who takes part in it."""

    def __init__(self, root: Path, library: Path, hosts: tuple[PaintingWebUI, ...]) -> None:
        self.root = root
        self.library = library
        self.hosts = hosts
        self.out = root / "out"
        self.file = root / "whole.toml"
        self.file.write_text(STUDY)
        (root / "prompts.txt").write_text("\n".join(TEXTS))

    @property
    def command(self) -> list[str]:
        urls = [x for host in self.hosts for x in ("--webui", host.url)]
        more = ["--library", str(self.library), "--encoder", "none", "--home", str(self.root / "home")]
        return ["study", "run", str(self.file), *urls, "--out", str(self.out), *more]

    def run_and_kill(self, pictures: int) -> dict[Path, int]:
        """Starts it and kills it when there are that many; returns what is there, with the time it was written."""
        child = subprocess.Popen(
            [sys.executable, "-m", "stylus_core", *self.command], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            until(lambda: self.lines() >= pictures or child.poll() is not None)
            assert child.poll() is None, "it ended before it could be killed"
        finally:
            os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        return self.written()

    def written(self) -> dict[Path, int]:
        return {p.path: p.path.stat().st_mtime_ns for p in StudyFolder(self.out).pictures()}

    def lines(self) -> int:
        path = self.out / "results.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def requests(self) -> Counter[tuple[str, int, float, str]]:
        return Counter(request for host in self.hosts for request in host.requests())

    def step(self, *argv: str) -> int:
        return main(["study", argv[0], str(self.out), *argv[1:]])

    def json(self, name: str) -> Any:
        return json.loads((self.out / name).read_text("utf-8"))


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeStudy]:
    library = build(tmp_path / "samples")[0]
    loras = {path.stem: str(path) for path in library.rglob("*.safetensors")}
    with PaintingWebUI(loras) as one, PaintingWebUI(loras) as two:
        one.seconds = two.seconds = 0.03
        yield WholeStudy(tmp_path, library, (one, two))


def test_a_study_from_its_file_to_the_report(whole: WholeStudy, capsys: pytest.CaptureFixture[str]) -> None:
    painted_twice_at_most = made(whole)
    assert painted_twice_at_most <= 4
    measured(whole)
    printed = capsys.readouterr().out
    assert [line.split()[:4] for line in printed.splitlines() if line.startswith("local")] == [
        ["local", "-", "4", "20"],
        ["local", "-", "8", "20"],
    ]
    assert "0 pictures missing, 0 broken" in printed
    judged(whole)
    voted(whole)
    reported(whole)


def made(whole: WholeStudy) -> int:
    """Makes the pictures, with two kills; returns how many requests came more than once."""
    chosen = whole.out / "selections.jsonl"
    first = whole.run_and_kill(pictures=12)
    choices = chosen.read_bytes()
    second = whole.run_and_kill(pictures=40)
    assert first.items() <= second.items() and 40 <= len(second) < 80
    assert main(whole.command) == 0
    assert second.items() <= whole.written().items()
    assert chosen.read_bytes() == choices  # each prompt was chosen for once

    study = StudyFolder(whole.out)
    pictures = study.pictures()
    assert len(pictures) == study.plan.size == 80
    texts = dict(study.plan.prompts)
    by_cell = {p.cell: p for p in pictures}
    for cell, picture in by_cell.items():
        base = by_cell[type(cell)(BASE, cell.prompt, cell.cfg, cell.seed, cell.checkpoint)]
        assert base.used_prompt == texts[cell.prompt]
        # same prompt, same picture: what the stand-in paints is decided by prompt, seed and CFG alone
        assert (picture.sha256 == base.sha256) == (picture.used_prompt == base.used_prompt)
    with_picks = {p.cell.prompt for p in pictures if p.picks}
    assert 5 <= len(with_picks) < 20

    requests = whole.requests()
    asked_for = {(p.used_prompt, p.cell.seed, p.cell.cfg, "") for p in pictures}
    assert requests.keys() == asked_for
    assert len(asked_for) == 40 + 2 * len(with_picks)  # prompts without picks were painted once for both systems
    assert main(whole.command) == 0
    assert whole.requests() == requests  # a finished study asks for nothing
    return sum(count - 1 for count in requests.values())


def measured(whole: WholeStudy) -> None:
    """CLIP score, FID and KID on models with random weights, and reference pictures that are the base model's."""
    clip = tiny_models.clip(whole.root / "clip")
    inception = tiny_models.inception(whole.root / "inception.pt")
    reference = whole.root / "reference"
    reference.mkdir()
    pictures = StudyFolder(whole.out).pictures()
    for number, picture in enumerate(p for p in pictures if (p.cell.system, p.cell.cfg) == (BASE, 4.0)):
        Image.open(picture.path).save(reference / f"{number}.png")
    argv = ("--reference", str(reference), "--clip", str(clip), "--inception", str(inception), "--device", "cpu")
    assert whole.step("metrics", *argv) == 0
    found = whole.json("metrics.json")
    rows = {(row["system"], row["cfg"]): row for row in found["rows"]}
    assert set(rows) == {(system, cfg) for system in (BASE, "local") for cfg in (4.0, 8.0)}
    assert all(row["pictures"] == 20 for row in rows.values())
    assert (found["missing"], found["broken"], len(found["pictures"])) == (0, [], 80)
    assert rows[BASE, 4.0]["fid"]["value"] == pytest.approx(0, abs=1e-3)  # its own pictures
    assert rows["local", 4.0]["fid"]["value"] > 0.01
    assert rows[BASE, 8.0]["fid"]["value"] > 0.01


def judged(whole: WholeStudy) -> None:
    """A judge that looks: it prefers the lighter one, on whichever side that is shown."""

    def step(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        parts = request["messages"][1]["content"]
        urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        first, second = (light(base64.b64decode(url.partition(",")[2])) for url in urls)
        answers(verdict("A" if first > second else "B"))(handler, request)

    pairs = differing(whole)
    with FaultServer([step]) as server:
        asked = ("--base-url", server.url, "--model", "looker", "--yes")
        assert whole.step("judge", *asked) == 0
        assert len(server.requests) == 2 * 2 * len(pairs)  # two criteria, for one seed has no diversity; two orders
        assert whole.step("judge", *asked) == 0
        assert len(server.requests) == 2 * 2 * len(pairs)
    found = whole.json("judge.json")
    wins = sum(light(shown(ours)) > light(shown(theirs)) for ours, theirs in pairs)
    assert [row["criterion"] for row in found["rows"]] == ["quality", "alignment"]
    for row in found["rows"]:
        assert (row["system"], row["against"]) == ("local", BASE)
        assert (row["wins"], row["losses"], row["inconsistent"]) == (wins, len(pairs) - wins, 0)
        assert row["ties"] == 40 - len(pairs)
    assert found["asked"] == 2 * len(pairs)


def voted(whole: WholeStudy) -> None:
    """Two raters with different tastes, on the page's own requests."""
    tastes = {"Ada": light, "Bea": lambda data: -light(data)}
    with served(whole.out) as url:
        for name, taste in tastes.items():
            rater = Rater(url, name)
            state = rater.ask("/state")
            while state["pair"]:
                left, right = (taste(rater.send("GET", state["pair"][side])[1]) for side in ("left", "right"))
                choice = "left" if left > right else "right"
                state = rater.ask("/vote", pair=state["pair"]["name"], choice=choice)
    pairs = differing(whole)
    found = whole.json("votes.json")
    assert (found["raters"], found["votes"], found["agreement"]["items"]) == (2, 2 * len(pairs), len(pairs))
    (row,) = found["rows"]
    assert row["wins"] == row["losses"] == len(pairs)  # what one likes the other does not
    assert row["rate"]["value"] == 0.5
    taken = [light(shown(ours, 2048, 95)) > light(shown(theirs, 2048, 95)) for ours, theirs in pairs]
    assert found["agreement"]["name"] == "cohen"
    expected = cohen_kappa_score(taken, [not one for one in taken])
    assert found["agreement"]["kappa"] == pytest.approx(expected)


def differing(whole: WholeStudy) -> list[tuple[StudyPicture, StudyPicture]]:
    """The pairs in which the picks changed the picture: the system's and the base model's."""
    by_place: dict[tuple[str, float], dict[str, StudyPicture]] = {}
    for p in StudyFolder(whole.out).pictures():
        by_place.setdefault((p.cell.prompt, p.cell.cfg), {})[p.cell.system] = p
    return [(p["local"], p[BASE]) for p in by_place.values() if p["local"].sha256 != p[BASE].sha256]


def shown(picture: StudyPicture, side: int = SIDE, quality: int = 85) -> bytes:
    """The picture as judges get it; raters have it larger and finer."""
    return jpeg(picture.path.read_bytes(), side, quality)


def light(data: bytes) -> float:
    with Image.open(io.BytesIO(data)) as picture:
        return float(np.asarray(picture.convert("L"), np.float64).mean())


def reported(whole: WholeStudy) -> None:
    assert whole.step("report") == 0
    report = whole.out / "report"
    page = ReportParser(report / "index.html")
    assert "Whole" in page.text
    for name, given in (("metrics", "metrics.json"), ("judge", "judge.json"), ("votes", "votes.json")):
        table = json.loads((report / "tables" / f"{name}.json").read_text("utf-8"))
        assert len(table) == len(whole.json(given)["rows"])
    pictures = StudyFolder(whole.out).pictures()
    assert len(list((report / "pictures").iterdir())) == len(pictures)
    picked = {pick["name"] for p in pictures for pick in p.picks}
    assert picked and all(name in page.text for name in picked)
    if CHROMIUM is not None and importlib.util.find_spec("playwright") is not None:
        assert problems_in_a_browser(report / "index.html") == []


def problems_in_a_browser(page: Path) -> list[str]:
    from playwright.sync_api import sync_playwright

    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.on("pageerror", lambda error: found.append(str(error)))
        opened.on("console", lambda said: found.append(said.text) if said.type in ("error", "warning") else None)
        opened.on("requestfailed", lambda request: found.append(request.url))
        opened.goto(page.as_uri())
        opened.wait_for_selector("#g-list article")
        browser.close()
    return found
