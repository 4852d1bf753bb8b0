"""`stylus feedback` as a user runs it: keeps what is said of a pick, lists it, takes it back, refuses in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from stylus_core.cli import main
from stylus_core.history.records import ACTIONS
from tests.cli.fake import FakeStylus, adapter
from tests.host.fake_history import FakeHistory

FOX = "a red fox, watercolor"
Run = Callable[..., tuple[int, str, str]]


class CorrectedStylus(FakeStylus):
    """With two adapters and a history that keeps corrections."""

    def __init__(self) -> None:
        super().__init__([], [adapter("red_fox"), adapter("deep_snow")])
        self.history = FakeHistory()
        self.history.keep_corrections(True)

    def refresh(self, progress: object = None) -> None:
        pass


@pytest.fixture
def fake() -> CorrectedStylus:
    return CorrectedStylus()


@pytest.fixture
def run(fake: CorrectedStylus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exit code, what was printed, and what was said beside it."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(*argv: str) -> tuple[int, str, str]:
        code = main(["feedback", "--library", "/l", *argv], opener=fake)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_correction_is_kept_with_its_prompt(fake: CorrectedStylus, run: Run) -> None:
    code, out, _ = run(FOX, "red_fox", "removed")
    assert (code, out) == (0, "Kept as number 1: red_fox removed for 'a red fox, watercolor'.\n")
    assert run(FOX, "deep_snow", "weighed", "--weight", "0.6")[1] == (
        "Kept as number 2: deep_snow weighed 0.6 for 'a red fox, watercolor'.\n"
    )
    assert [(c.adapter, c.action, c.weight, c.by) for c in fake.history.said] == [
        ("deep_snow", "weighed", 0.6, "user"),
        ("red_fox", "removed", None, "user"),
    ]


def test_each_action_is_taken(fake: CorrectedStylus, run: Run) -> None:
    for action in ACTIONS:
        assert run(FOX, "red_fox", action, *(["--weight", "-0.5"] if action == "weighed" else []))[0] == 0
    assert [c.action for c in reversed(fake.history.said)] == list(ACTIONS)


def test_they_are_listed_newest_first_and_taken_back_by_number(run: Run) -> None:
    run(FOX, "red_fox", "removed")
    run("snow on a hill", "deep_snow", "weighed", "--weight", "0.6")
    _, out, _ = run()
    lines = [line for line in out.splitlines() if "fox" in line or "snow" in line]
    assert lines[0].split()[0] == "2" and "weighed 0.6" in lines[0] and "snow on a hill" in lines[0]
    assert lines[1].split()[0] == "1" and FOX in lines[1]
    assert run("--undo", "1")[1] == "Taken back: red_fox removed for 'a red fox, watercolor'.\n"
    assert FOX not in run()[1]


def test_json(run: Run) -> None:
    made = json.loads(run(FOX, "red_fox", "weighed", "--weight", "0.35", "--json")[1])
    assert {k: made[k] for k in made if k != "at"} == {
        **{"number": 1, "action": "weighed", "name": "red_fox", "prompt": FOX, "weight": 0.35, "by": "user"}
    }
    assert [json.loads(line) for line in run("--json")[1].splitlines()] == [made]
    assert json.loads(run("--undo", "1", "--json")[1]) == made
    assert run("--json")[1] == ""
    assert json.loads(run("--on", "--json")[1]) == {"on": True}


def test_off_until_it_is_switched_on(fake: CorrectedStylus, run: Run) -> None:
    fake.history.keep_corrections(False)
    code, out, err = run(FOX, "red_fox", "removed")
    assert code == 2 and out == "" and err.count("\n") <= 3 and fake.history.said == []
    for way in ("stylus feedback --on", "stylus learn"):
        assert way in " ".join(err.split()) and way in " ".join(run()[1].split())
    assert "kept from now on" in run("--on")[1]
    assert run(FOX, "red_fox", "removed")[0] == 0
    assert "not kept any more" in run("--off")[1] and not fake.history.on
    fake.history.add_folder("/pictures")
    assert "still kept" in run("--off")[1]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((FOX,), "PROMPT NAME ACTION"),
        ((FOX, "red_fox"), "PROMPT NAME ACTION"),
        ((FOX, "red_fox", "loved"), "there is no action 'loved'"),
        ((" ", "red_fox", "removed"), "the prompt is empty"),
        ((FOX, "red_fox", "weighed"), "add --weight W"),
        ((FOX, "red_fox", "weighed", "--weight", "nan"), "from -10 to 10"),
        ((FOX, "red_fox", "weighed", "--weight", "11"), "from -10 to 10, not 11"),
        ((FOX, "red_fox", "removed", "--weight", "0.5"), "--weight belongs to"),
        ((FOX, "red_fox", "removed", "--undo", "1"), "not two of them"),
        (("--on", "--undo", "1"), "not two of them"),
        ((FOX, "red_fix", "removed"), "red_fix"),
        (("--undo", "12"), "12"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(
    fake: CorrectedStylus, run: Run, argv: tuple[str, ...], told: str
) -> None:
    code, out, err = run(*argv)
    assert code in (1, 2) and out == "" and told in " ".join(err.split()) and "Traceback" not in err
    assert fake.history.said == []


def test_what_strangers_wrote_is_harmless_in_a_terminal(fake: CorrectedStylus, run: Run) -> None:
    fake.history.correct("a \x1b[31mred\x07 fox\nin two lines", "evil\x1b[2J", "removed")
    out = run()[1] + run("--undo", "1")[1]
    assert "\x1b" not in out and "\x07" not in out
