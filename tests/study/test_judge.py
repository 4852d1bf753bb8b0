"""The judge's bookkeeping: a side is no win, an answer is asked for once, and nobody is told which system it is."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL")
pytest.importorskip("openai")

from stylus_core.cli import main
from stylus_core.errors import LLMError
from stylus_core.llm.batch import CallTerms
from stylus_core.llm.endpoint import Endpoint
from stylus_study.judge.questions import CRITERIA
from stylus_study.judge.vlm_judge import ANSWERS, judge
from stylus_study.report import build
from stylus_study.study.study_folder import StudyError
from stylus_study.study.types import BASE, GridCell
from tests.llm.fault_server import FaultServer, Step, answers, status
from tests.study import colours
from tests.study.judging import judges, leftmost, likes, sides, verdict
from tests.study.test_report import ReportParser
from tests.study.voting import Rater, served

MODEL = "seer"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("STYLUS_BASE_URL", "STYLUS_ENDPOINT", "STYLUS_MODEL", "STYLUS_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def ask(folder: Path, server: FaultServer, *, model: str = MODEL, **more: Any) -> dict[str, Any]:
    terms = more.pop("terms", CallTerms(workers=1, budget=20))
    return judge(folder, endpoint=Endpoint(server.url, model), terms=terms, **more)


def row(result: dict[str, Any], criterion: str, system: str = "red") -> dict[str, Any]:
    (found,) = [r for r in result["rows"] if (r["system"], r["criterion"]) == (system, criterion)]
    return found


def counted(found: dict[str, Any]) -> tuple[int, ...]:
    return tuple(found[name] for name in ("wins", "losses", "ties", "inconsistent", "failed"))


def test_a_judge_that_takes_the_left_side_gives_nobody_a_win(tmp_path: Path) -> None:
    colours.make(tmp_path / "s")
    with FaultServer([judges(leftmost)]) as server:
        result = ask(tmp_path / "s", server)
        asked = len(server.requests)
    for criterion, pairs in (("quality", 12), ("alignment", 12), ("diversity", 6)):
        found = row(result, criterion)
        assert counted(found) == (0, 0, 0, pairs, 0)
        assert found["rate"] is None and found["score"] is None and found["score_against"] is None
    assert (result["asked"], result["inconsistent"], result["first"]) == (30, 30, 1.0)
    assert asked == 60


def test_a_judge_with_a_reason_gives_wins_and_scores(tmp_path: Path) -> None:
    colours.make(tmp_path / "s")
    with FaultServer([judges(likes("red"))]) as server:
        result = ask(tmp_path / "s", server)
    assert counted(row(result, "quality")) == (12, 0, 0, 0, 0)
    rate = row(result, "quality")["rate"]
    assert rate["value"] == 1 and 0.5 < rate["low"] < 0.7 and rate["high"] == 1  # as sure as 6 prompts make it
    assert (row(result, "diversity")["score"], row(result, "diversity")["score_against"]) == (2.0, 1.0)
    assert (result["inconsistent"], result["first"], result["failed"]) == (0, 0.5, 0)
    assert json.loads((tmp_path / "s" / "judge.json").read_text()) == result
    with FaultServer([judges(likes("blue"))]) as server:
        other = ask(tmp_path / "s", server, model="other")
    assert counted(row(other, "quality")) == (0, 12, 0, 0, 0)


def test_a_choice_against_its_own_scores_is_inconsistent(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 3, seeds=(1,))

    def step(handler: Any, request: dict[str, Any]) -> None:
        better = likes("red")(*sides(request))
        answers(verdict(better, score_a=0 if better == "A" else 2, score_b=2 if better == "A" else 0))(handler, request)

    with FaultServer([step]) as server:
        result = ask(tmp_path / "s", server, criteria=["quality"])
    assert counted(row(result, "quality")) == (0, 0, 0, 3, 0)


def test_the_judge_is_told_nothing_of_the_systems(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 2)
    with FaultServer([judges(likes("red"))]) as server:
        ask(tmp_path / "s", server)
        requests = list(server.requests)
    for request in requests:
        system, user = request["messages"]
        urls = [part["image_url"]["url"] for part in user["content"] if part["type"] == "image_url"]
        sent = json.dumps([system, [part for part in user["content"] if part["type"] == "text"]])
        words = set(re.findall(r"\w+", sent))
        assert not words & {"red", "blue", "base", "lora", "composer", "adapter", "adapters"}
        pictures = b"".join(base64.b64decode(url.partition(",")[2]) for url in urls)
        assert b"secret" not in pictures and b"lora" not in pictures
        assert ("a thing of number" in sent) == ("description:" in sent)
        assert request["response_format"]["json_schema"]["schema"]["required"][-1] == "better"
    orders = Counter(tuple(side[0] for side in sides(request)) for request in requests)
    assert orders == {("red", "blue"): 10, ("blue", "red"): 10}
    assert {len(side) for request in requests for side in sides(request)} == {1, 2}


def test_what_was_answered_is_never_asked_again(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 4)
    stop = threading.Event()

    def seventh(handler: Any, request: dict[str, Any]) -> None:
        stop.set()
        judges(likes("red"))(handler, request)

    with FaultServer([*[judges(likes("red"))] * 6, seventh, judges(likes("red"))]) as server:
        first = ask(folder, server, criteria=["quality"], stop=stop)
        assert len(server.requests) == 7 and "stopped" in first["stopped"]
        assert (first["asked"], first["failed"], row(first, "quality")["wins"]) == (3, 5, 3)
        second = ask(folder, server, criteria=["quality"])
        assert len(server.requests) == 16 and (second["failed"], second["stopped"]) == (0, "")
        assert ask(folder, server, criteria=["quality"])["cost"]["calls"] == 0
        assert len(server.requests) == 16
    bodies = Counter(json.dumps(request["messages"]) for request in server.requests)
    assert set(bodies.values()) == {1}


def test_a_further_model_criterion_or_picture_costs_its_own_calls_alone(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 3)
    with FaultServer([judges(likes("red"))]) as server:

        def calls(**more: Any) -> int:
            before = len(server.requests)
            ask(folder, server, **more)
            return len(server.requests) - before

        assert calls(criteria=["quality"], limit=2) == 4
        assert calls(criteria=["quality"], limit=5) == 6
        assert calls(criteria=["quality", "alignment"], limit=5) == 10
        assert calls(criteria=["quality"], limit=5, model="other") == 10
        colours.make(folder, 3, systems=(BASE, "red", "twin", "green"))
        assert calls(criteria=["quality"], limit=5, systems=["twin"]) == 0  # the same pictures under another name
        assert calls(criteria=["quality"], limit=5) == 10


def test_garbage_is_a_failure_that_waits_and_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 2, seeds=(1,))
    wrong: list[Step] = [
        answers(verdict(score_a=3)),
        answers(verdict(score_b=True)),
        answers(verdict(better="both")),
        answers(verdict(reason_a="  ")),
    ]
    with FaultServer([*wrong, judges(likes("red"))]) as server:
        first = ask(folder, server, criteria=["quality"])
        assert counted(row(first, "quality")) == (0, 0, 0, 0, 2) and first["first"] is None
        assert sum(first["reasons"].values()) == 4 and not first["stopped"]
        rests = ask(folder, server, criteria=["quality"])
        assert (rests["cost"]["calls"], rests["cost"]["resting"], len(server.requests)) == (0, 4, 4)
        again = ask(folder, server, criteria=["quality"], terms=CallTerms(workers=1, retry=True))
        assert counted(row(again, "quality")) == (2, 0, 0, 0, 0) and len(server.requests) == 8


def test_prose_in_place_of_an_answer_is_a_failure(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 1, seeds=(1,))
    with FaultServer([answers("Both are lovely pictures.")]) as server:
        result = ask(tmp_path / "s", server, criteria=["quality"])
    assert result["failed"] == 1 and "prose" in next(iter(result["reasons"]))


@pytest.mark.parametrize(
    ("step", "at_most"), [(status(401), 1), (status(400, "this model takes no images"), 9), (status(503), 6)]
)
def test_a_server_that_cannot_judge_is_left_alone_and_nothing_is_lost(tmp_path: Path, step: Step, at_most: int) -> None:
    colours.make(tmp_path / "s", 10)
    with FaultServer([step]) as server:
        result = ask(tmp_path / "s", server)
        assert len(server.requests) <= at_most
    assert result["stopped"].startswith("the run ended early: ") and result["asked"] == 0
    assert ("does the model take pictures?" in result["stopped"]) == (at_most == 9)
    with FaultServer([judges(likes("red"))]) as server:
        result = ask(tmp_path / "s", server, terms=CallTerms(workers=4, retry=True))
    assert result["failed"] == 0 and not result["stopped"]


def test_the_same_picture_is_a_tie_and_costs_nothing(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 5, unchanged=("0001", "0003"))
    with FaultServer([judges(likes("red"))]) as server:
        result = ask(tmp_path / "s", server, criteria=["alignment", "diversity"])
        assert len(server.requests) == 2 * (6 + 3)
    assert counted(row(result, "alignment")) == (6, 0, 4, 0, 0)
    assert counted(row(result, "diversity")) == (3, 0, 2, 0, 0)


def test_missing_and_broken_pictures_are_told_and_not_judged(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    study = colours.make(folder, 4, seeds=(1,), without=[GridCell("red", "0000", 7.0, 1, "")])
    pictures = {(p.cell.system, p.cell.prompt): p.path for p in study.pictures()}
    pictures["red", "0001"].unlink()
    pictures["red", "0002"].write_bytes(colours.paint("green", GridCell("red", "0002", 7.0, 1, "")))
    with FaultServer([judges(likes("red"))]) as server:
        result = ask(folder, server, criteria=["quality"])
        assert counted(row(result, "quality")) == (1, 0, 0, 0, 1) and result["cost"]["missing"] == 2
        assert "is not the picture that was made" in next(iter(result["reasons"]))
        pictures["red", "0002"].write_bytes(colours.paint("red", GridCell("red", "0002", 7.0, 1, "")))
        assert counted(row(ask(folder, server, criteria=["quality"]), "quality")) == (2, 0, 0, 0, 0)


def test_a_dry_run_and_a_no_send_and_write_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 3)
    before = sorted(folder.iterdir())
    with FaultServer([judges(likes("red"))]) as server:
        found = ask(folder, server, dry_run=True, terms=CallTerms(price_in=1.0, price_out=2.0))
        assert ask(folder, server, approve=lambda cost: False) == {"cost": {**found["cost"], "price": 0.0}}
        assert not server.requests
    cost = found["cost"]
    assert sorted(path for path in folder.iterdir() if path.name != ANSWERS) == before
    assert (cost["questions"], cost["calls"], cost["seconds"]) == (15, 30, None)
    assert cost["price"] == pytest.approx((cost["prompt_tokens"] + 2 * cost["completion_tokens"]) / 1e6)


def test_a_study_of_one_seed_has_no_diversity(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 2, seeds=(1,))
    with FaultServer([judges(likes("red"))]) as server:
        result = ask(tmp_path / "s", server)
        assert {r["criterion"] for r in result["rows"]} == {"quality", "alignment"} and "one seed" in result["notes"][0]
        with pytest.raises(StudyError, match="one seed"):
            ask(tmp_path / "s", server, criteria=["diversity"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"systems": ["blue"]}, "no system 'blue'"),
        ({"against": "red", "systems": ["red"]}, "cannot be compared with itself"),
        ({"criteria": ["beauty"]}, "'beauty' is no criterion"),
        ({"cfgs": [3.0]}, "no CFG value 3"),
    ],
)
def test_what_the_study_lacks_is_said_before_anything_is_sent(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    colours.make(tmp_path / "s", 1)
    with FaultServer([judges(leftmost)]) as server, pytest.raises(StudyError, match=said):
        ask(tmp_path / "s", server, **more)
    with pytest.raises(LLMError, match="no http address"):
        judge(tmp_path / "s", endpoint=Endpoint("file:///x", "m"))
    with pytest.raises(StudyError, match="holds no study"):
        judge(tmp_path, endpoint=Endpoint("http://127.0.0.1:1/v1", "m"))


def test_a_limit_takes_many_prompts_and_the_same_places_for_all(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 6, systems=(BASE, "red", "green"), cfgs=(3.0, 7.0))
    with FaultServer([judges(likes("red"))]) as server:
        result = ask(tmp_path / "s", server, criteria=["quality"], limit=6)
    places: dict[str, list[Any]] = {"red": [], "green": []}
    for question in result["questions"]:
        places[question["system"]].append((question["prompt"], question["cfg"], *question["seeds"]))
    assert places["red"] == places["green"] and len({place[0] for place in places["red"]}) == 6
    assert counted(row(result, "quality", "green")) == (0, 0, 0, 6, 0)  # no red on either side: always B


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(["study", "judge", *argv])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_says_cost_and_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "s")
    colours.make(tmp_path / "s", 3)
    with FaultServer([judges(likes("red"))]) as server:
        reach = ("--base-url", server.url, "--model", MODEL)
        code, out, _ = run(capsys, folder, *reach, "--dry-run")
        assert code == 0 and "30 calls" in out and "tokens to read" in out and not server.requests
        code, _, err = run(capsys, folder, *reach)
        assert code == 1 and "--yes" in err and not server.requests
        code, out, err = run(capsys, folder, *reach, "--yes", "--criterion", "quality", "--criterion", "diversity")
        assert code == 0 and len(server.requests) == 18
        assert [line.split()[:4] for line in out.splitlines() if line.startswith("red")] == [
            ["red", "base", "quality", "100%"],
            ["red", "base", "diversity", "100%"],
        ]
        code, out, _ = run(capsys, folder, *reach, "--json", "--criterion", "quality")
        assert code == 0 and json.loads(out)["asked"] == 6
    code, _, err = run(capsys, folder)
    assert code == 1 and "--base-url" in err
    with FaultServer([status(401)]) as server:
        code, _, err = run(capsys, folder, "--base-url", server.url, "--model", "other", "--yes")
        assert code == 1 and "ended early" in err


def test_an_interrupt_keeps_what_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 3)
    interrupted: list[int] = []

    def progress(stage: str, done: int, total: int) -> None:
        if done == 2 and not interrupted:
            interrupted.append(done)
            raise KeyboardInterrupt

    asks: Callable[..., dict[str, Any]] = ask
    with FaultServer([judges(likes("red"))]) as server:
        with pytest.raises(KeyboardInterrupt):
            asks(folder, server, criteria=CRITERIA[:1], progress=progress)
        assert "interrupted" in json.loads((folder / "judge.json").read_text())["stopped"]
        asks(folder, server, criteria=CRITERIA[:1])
        assert len(server.requests) == 12


def test_the_report_shows_what_judge_and_raters_said(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 4)
    with FaultServer([judges(lambda first, second: "A" if "red" in first or first == second else "B")]) as server:
        judged = ask(folder, server)
    with served(folder) as url:
        Rater(url, "Ada").vote("red")
        Rater(url, "Ben").vote("blue", 4)
    page = ReportParser(build(folder))
    assert page.values["judge"] == [
        value for r in judged["rows"] for value in (r["rate"]["value"], r["score"], r["score_against"])
    ]
    assert "0% of 20 questions" in page.says("judge") and "12 votes of 2 raters" in page.says("votes")
    assert page.values["votes"] == [pytest.approx(8 / 12, abs=1e-3)] and "Cohen's kappa" in page.says("votes")
