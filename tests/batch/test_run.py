"""`stylus batch` against stand-ins for WebUIs: both sides, several at once, dead ones, kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stylus_core.cli import main
from stylus_core.options import Options
from stylus_core.types import Pick, Selection
from stylus_study.batch import webui as client
from tests.batch.webui import StandIn, png
from tests.cli.fake import Terminal
from tests.signals import interruptible

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = ["a red fox", "an old castle", "a bowl of soup"]
HUNG = 300  # seconds after which a test that waits for something gives up


def sleeping(monkeypatch: pytest.MonkeyPatch, sleep: Callable[[float], object]) -> None:
    """What the client does in place of sleeping."""
    defaults = {**client.WebUI.__init__.__kwdefaults__, "pauses": (0.0, 0.0), "sleep": sleep}
    monkeypatch.setattr(client.WebUI.__init__, "__kwdefaults__", defaults)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeping(monkeypatch, lambda seconds: None)
    for name in ("STYLUS_LIBRARY", "STYLUS_WEBUI_AUTH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def host() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.csv"
    path.write_text("caption\n" + "\n".join(PROMPTS) + "\n")
    return path


def run(prompts: Path, *hosts: StandIn | str, more: tuple[str, ...] = (), opener: Any = None) -> int:
    urls = [x for h in hosts for x in ("--webui", h if isinstance(h, str) else h.url)]
    return main(["batch", str(prompts), *urls, "--out", str(prompts.parent / "out"), *more], opener=opener)


def results(prompts: Path) -> list[dict[str, Any]]:
    text = (prompts.parent / "out" / "results.jsonl").read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def whole(prompts: Path, count: int) -> list[dict[str, Any]]:
    """The results, each checked against its picture, and nothing else in the folder of pictures."""
    found = results(prompts)
    out = prompts.parent / "out"
    assert len({r["id"] for r in found}) == len(found) == count
    for record in found:
        assert (out / record["file"]).read_bytes() == png(record["infotext"])
    assert {p.name for p in (out / "pictures").iterdir()} == {Path(r["file"]).name for r in found}
    assert not list((out / "pending").iterdir())
    return found


class WordPickingCore:
    """A core that picks by a word of the prompt, as far as the adapter is not banned."""

    def __init__(self, picks: dict[str, str]) -> None:
        self.picks = picks
        self.asked: list[Options] = []

    def __call__(self, library: Any, **settings: Any) -> WordPickingCore:
        return self

    def __enter__(self) -> WordPickingCore:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    indexed = True

    def index(self, progress: Any = None) -> None:
        pass

    def select(self, prompt: str, options: Options) -> Selection:
        self.asked.append(options)
        names = [n for w, n in self.picks.items() if w in prompt and n not in options.banned]
        picks = tuple(Pick(n, f"/loras/{n}.safetensors", 0.7, "thing", "it fits") for n in names)
        return Selection(prompt, prompt + "".join(f" <lora:{n}:0.7>" for n in names), picks)


def test_each_prompt_is_made_with_and_without_the_extension(host: StandIn, prompts: Path) -> None:
    more = ("--seeds", "2", "--steps", "7", "--width", "64", "--height", "96", "--cfg", "5.5", "--negative", "blur")
    assert run(prompts, host, more=(*more, "--strength", "0.5")) == 0
    found = whole(prompts, 12)
    assert {(r["prompt"], r["side"], r["seed"]) for r in found} == {
        (p, side, seed) for p in PROMPTS for side in ("with", "without") for seed in (1, 2)
    }
    assert all(
        (b["steps"], b["width"], b["height"], b["cfg_scale"], b["negative_prompt"]) == (7, 64, 96, 5.5, "blur")
        for b in host.asked
    )
    args = [b["alwayson_scripts"]["Stylus"]["args"] for b in host.asked]
    assert sorted(len(a) for a in args) == [1] * 12
    assert sum(a == [{"enabled": False}] for a in args) == 6
    assert {a[0]["strength"] for a in args if a[0]["enabled"]} == {0.5}
    (fox,) = [r for r in found if (r["prompt"], r["side"], r["seed"]) == ("a red fox", "with", 2)]
    assert fox["used_prompt"] == "a red fox <lora:fox_v2:0.8>"
    assert [(p["name"], p["weight"], p["reason"]) for p in fox["picks"]] == [("fox_v2", 0.8, "it was made for a fox")]
    assert fox["webui"] == host.url and fox["seconds"] >= 0 and fox["options"] == {"strength": 0.5}
    assert all(not r["picks"] and r["used_prompt"] == r["prompt"] for r in found if r["side"] == "without")


def test_what_is_sent_is_what_the_extension_takes(host: StandIn, prompts: Path) -> None:
    from stylus_study.batch import pair_rendering, rendering
    from stylus_webui import TITLE, infotext
    from stylus_webui import options as table

    assert run(prompts, host, more=("--kinds", "style,animal", "--banned", "x,y", "--limit", "1")) == 0
    sent = [table.from_args(b["alwayson_scripts"][TITLE]["args"]) for b in host.asked]
    assert {s.enabled for s in sent} == {True, False}
    options = Options.of(kinds=["style", "animal"], banned=["x", "y"])
    assert [s.options for s in sent if s.enabled] == [options]
    assert (rendering.TITLE, pair_rendering.PICKS, pair_rendering.ERROR) == (TITLE, infotext.PICKS, infotext.ERROR)


def test_without_the_extension_the_core_picks_what_the_webui_has(prompts: Path) -> None:
    core = WordPickingCore({"fox": "fox_v2", "castle": "old_castle", "soup": "soup"})
    loras = {"fox_v2": "/other/place/fox_v2.safetensors", "soup": "C:\\loras\\another_file.safetensors"}
    with StandIn(extension=False, loras=loras) as host:
        assert run(prompts, host, more=("--library", "/l", "--pinned", "fox_v2"), opener=core) == 0
        found = whole(prompts, 6)
        assert all("alwayson_scripts" not in b for b in host.asked)
    used = {r["prompt"]: r for r in found if r["side"] == "with"}
    assert used["a red fox"]["used_prompt"] == "a red fox <lora:fox_v2:0.7>"
    assert used["an old castle"]["used_prompt"] == "an old castle"
    assert "old_castle was not picked" in used["an old castle"]["notes"][0]
    assert used["a bowl of soup"]["picks"] == []
    assert all(o.pinned == ("fox_v2",) for o in core.asked)


def test_without_extension_and_library_the_way_out_is_told(prompts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with StandIn(extension=False) as host:
        assert run(prompts, host) == 1
        assert not host.asked
    assert "--library" in capsys.readouterr().err


def test_a_second_run_makes_nothing_and_more_seeds_only_what_is_new(host: StandIn, prompts: Path) -> None:
    assert run(prompts, host) == 0
    first = (prompts.parent / "out" / "results.jsonl").read_bytes()
    assert run(prompts, host) == 0
    assert len(host.asked) == 6
    assert (prompts.parent / "out" / "results.jsonl").read_bytes() == first
    assert run(prompts, host, more=("--seeds", "2")) == 0
    assert set(host.made().values()) == {1} and len(host.asked) == 12


def test_other_options_make_the_side_with_anew_and_leave_the_other(host: StandIn, prompts: Path) -> None:
    run(prompts, host)
    assert run(prompts, host, more=("--strength", "0.5")) == 0
    whole(prompts, 9)
    assert sum(v for (_, _, styled), v in host.made().items() if not styled) == 3


def test_several_webuis_share_the_work_and_a_pair_stays_together(prompts: Path) -> None:
    prompts.write_text("caption\n" + "\n".join(f"thing {i}" for i in range(8)) + "\n")
    met = threading.Barrier(2)
    with StandIn() as a, StandIn() as b:
        for host in (a, b):  # each is at its first picture when the other is
            host.before_picture = lambda host=host: len(host.asked) > 1 or met.wait(HUNG)
        assert run(prompts, a, b) == 0
        assert a.asked and b.asked
        assert set((a.made() + b.made()).values()) == {1}
    found = whole(prompts, 16)
    by_pair: dict[str, set[str]] = {}
    for record in found:
        by_pair.setdefault(record["pair"], set()).add(record["webui"])
    assert all(len(urls) == 1 for urls in by_pair.values())


def test_a_webui_that_dies_gives_its_jobs_back(prompts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts.write_text("caption\n" + "\n".join(f"thing {i}" for i in range(6)) + "\n")
    dead = threading.Event()
    with StandIn() as good, StandIn() as dying:
        dying.faults.append(None)
        dying.always = "drop"
        dying.before_picture = lambda: dead.set() if len(dying.asked) > 1 else None
        good.before_picture = lambda: dead.wait(HUNG)
        assert run(prompts, dying, good) == 0
        assert set(good.made().values()) == {1}
    found = whole(prompts, 12)
    assert sum(r["webui"] == dying.url for r in found) == 1
    err = capsys.readouterr().err
    assert err.count(f"{dying.url} broke off the connection") == 1 and "gets no more jobs" in err


def test_a_webui_that_was_never_there_stops_nobody(host: StandIn, prompts: Path) -> None:
    assert run(prompts, "http://127.0.0.1:9", host) == 0
    whole(prompts, 6)


def test_what_a_webui_failed_is_left_to_one_that_has_not(
    host: StandIn, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server error is asked for again after pauses; a WebUI that has nothing to do is not kept waiting meanwhile."""
    prompts.write_text("caption\na red fox\n")
    host.index.append({"status": "building", "refreshing": True, "sentence": "reading"})
    failed = threading.Event()
    sleeping(monkeypatch, lambda seconds: failed.wait(HUNG))
    with StandIn() as bad:
        bad.always = 422
        bad.before_picture = lambda: failed.set() if len(bad.asked) == 2 else None
        assert run(prompts, bad, host) == 0
        assert sorted(bad.made().values()) == [1, 1]
    whole(prompts, 2)


def test_all_dead_ends_the_run_and_the_next_one_goes_on(
    host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.faults.extend([None, None, None])
    host.always = "drop"
    assert run(prompts, host) == 1
    assert "3 pictures made, 0 were there, 3 missing: run the same command again" in capsys.readouterr().out
    host.always = None
    assert run(prompts, host) == 0
    whole(prompts, 6)


def test_a_passing_error_is_tried_again(host: StandIn, prompts: Path) -> None:
    host.faults.extend([503, "drop", None, 500])
    assert run(prompts, host) == 0
    whole(prompts, 6)
    assert len(host.asked) == 9


def test_what_a_webui_refuses_is_told_with_its_own_words(
    host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.always = 422
    assert run(prompts, host) == 1
    assert "failed 4 times in a row, last: " in (err := capsys.readouterr().err)
    assert "refused /sdapi/v1/txt2img with 422: the card is out of memory" in err
    assert len(host.asked) == 4  # a refusal does not pass


def test_a_picture_as_typed_is_no_picture_with_stylus(
    host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.typed = True
    assert run(prompts, host) == 1
    assert {r["side"] for r in results(prompts)} == {"without"}
    assert "made the picture as typed, without Stylus" in capsys.readouterr().err


def test_the_index_of_the_extension_is_waited_for(
    host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.index.extend([{"status": "indexing", "sentence": "Indexing (scan: 1 of 9)."}] * 3)
    assert run(prompts, host) == 0
    assert host.seen["/stylus/v1/index"] == 4
    assert capsys.readouterr().err.count("Indexing (scan: 1 of 9).") == 1


def test_nobody_waits_for_an_index_when_everything_is_made(
    host: StandIn, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, slept = threading.Event(), []

    def sleep(seconds: float) -> None:
        slept.append(over.wait(HUNG))

    sleeping(monkeypatch, sleep)
    with StandIn() as late:
        late.index.append({"status": "indexing"})
        assert run(prompts, late, host) == 0
        assert not slept  # the run ended while it slept
        over.set()
        assert not late.asked


def test_credentials_come_from_the_environment_and_stay_there(
    prompts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with StandIn(auth="ann:s3cret") as host:
        assert run(prompts, host) == 1
        assert "--auth-env" in capsys.readouterr().err
        monkeypatch.setenv("MY_AUTH", "ann:s3cret")
        assert run(prompts, host, more=("--auth-env", "MY_AUTH", "-v")) == 0
    whole(prompts, 6)
    said = capsys.readouterr()
    texts = [p.read_bytes() for p in (prompts.parent / "out").rglob("*") if p.is_file()]
    assert not any(b"s3cret" in t for t in [said.err.encode(), said.out.encode(), *texts])


def test_a_checkpoint_goes_by_its_name_and_an_unknown_one_is_refused(
    host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(prompts, host, more=("--checkpoint", "smal")) == 1
    assert "has no checkpoint 'smal'; near: small" in capsys.readouterr().err
    assert not host.asked
    assert run(prompts, host, more=("--checkpoint", "small", "--limit", "1")) == 0
    assert {b["override_settings"]["sd_model_checkpoint"] for b in host.asked} == {"small.safetensors [abc]"}


def test_json_tells_what_came_of_it(host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(prompts, host, more=("--json",)) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["total"], found["made"], found["left"], found["failed"]) == (6, 6, 0, {})
    assert Path(found["gallery"]).is_file()


@pytest.mark.parametrize(
    "argv", [("--seeds", "0"), ("--width", "abc"), ("--cfg", "nan"), ("--strength", "9")], ids=lambda a: a[0]
)
def test_numbers_out_of_bounds_are_a_usage_error(host: StandIn, prompts: Path, argv: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(prompts, host, more=argv)
    assert stop.value.code == 2


# -- kills -------------------------------------------------------------------------------------------------------------


def test_killed_and_run_again_nothing_is_made_twice(prompts: Path) -> None:
    prompts.write_text("caption\n" + "\n".join(f"fox {i}" for i in range(12)) + "\n")
    out = prompts.parent / "out"
    with StandIn() as a, StandIn() as b:
        command = [sys.executable, "-m", "stylus_core", "batch", str(prompts), "--webui", a.url, "--webui", b.url]
        for more, count in ((5, 5), (8, 13)):
            a.before_picture = b.before_picture = threading.Semaphore(more).acquire
            child = subprocess.Popen([*command, "--out", str(out)], cwd=ROOT, stdout=subprocess.DEVNULL)
            until(lambda n=count: lines(out) >= n)
            os.kill(child.pid, signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        before = {r["id"]: (out / r["file"]).stat().st_mtime_ns for r in _whole_lines(out)}
        assert 13 <= len(before) < 24
        a.before_picture = b.before_picture = None
        assert run(prompts, a, b) == 0
        found = whole(prompts, 24)
        assert {i: (out / r["file"]).stat().st_mtime_ns for r in found if (i := r["id"]) in before} == before
        # Each kill may cost what the two WebUIs were making at that moment, never a picture that was finished.
        assert len(a.asked) + len(b.asked) <= 24 + 2 * 2


def test_ended_with_ctrl_c_what_was_made_is_shown_and_stays(host: StandIn, prompts: Path) -> None:
    out = prompts.parent / "out"
    host.before_picture = threading.Semaphore(2).acquire
    command = [sys.executable, "-m", "stylus_core", "batch", str(prompts), "--webui", host.url, "--out", str(out)]
    child = interruptible(command, cwd=ROOT, stderr=subprocess.PIPE)
    until(lambda: lines(out) >= 2)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=HUNG)
    assert child.returncode == 130 and b"interrupted" in err
    made = [r["file"] for r in _whole_lines(out)]
    assert 2 <= len(made) < 6
    assert all(file in (out / "index.html").read_text() for file in made)
    host.before_picture = None
    assert run(prompts, host) == 0
    whole(prompts, 6)
    assert len(host.asked) <= 7


def lines(out: Path) -> int:
    path = out / "results.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _whole_lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(x) for x in (out / "results.jsonl").read_bytes().split(b"\n")[:-1]]


def until(reached: Callable[[], bool]) -> None:
    ends = time.monotonic() + HUNG
    while not reached():
        assert time.monotonic() < ends, "it took too long"
        time.sleep(0.005)


@pytest.fixture
def finished(host: StandIn, prompts: Path) -> Path:
    assert run(prompts, host) == 0
    host.asked.clear()
    return prompts.parent / "out"


def take_last_line(out: Path, leave: int = 0) -> dict[str, Any]:
    """Takes the last line back, `leave` bytes of it excepted."""
    path = out / "results.jsonl"
    data = path.read_bytes()
    start = data.rstrip(b"\n").rindex(b"\n") + 1
    path.write_bytes(data[: start + leave])
    return json.loads(data[start:])


def pend(out: Path, record: dict[str, Any]) -> None:
    (out / "pending" / f"{record['id']}.json").write_text(json.dumps(record) + "\n")


@pytest.mark.parametrize("torn", [0, 40])
def test_killed_between_picture_and_line_the_picture_is_taken_up(
    finished: Path, host: StandIn, prompts: Path, torn: int
) -> None:
    record = take_last_line(finished, torn)
    pend(finished, record)
    assert run(prompts, host) == 0
    assert not host.asked
    assert record in whole(prompts, 6)


def test_killed_before_the_picture_had_its_name_it_is_made(finished: Path, host: StandIn, prompts: Path) -> None:
    record = take_last_line(finished)
    pend(finished, record)
    os.replace(finished / record["file"], finished / (record["file"] + ".part"))
    assert run(prompts, host) == 0
    assert len(host.asked) == 1
    whole(prompts, 6)


def test_a_picture_that_is_not_the_one_of_its_record_is_made_anew(finished: Path, host: StandIn, prompts: Path) -> None:
    record = take_last_line(finished)
    pend(finished, record)
    picture = finished / record["file"]
    picture.write_bytes(bytes(len(picture.read_bytes())))
    assert run(prompts, host) == 0
    assert len(host.asked) == 1
    whole(prompts, 6)


def test_a_torn_last_line_is_dropped_and_its_picture_made_anew(finished: Path, host: StandIn, prompts: Path) -> None:
    take_last_line(finished, 25)
    assert run(prompts, host) == 0
    assert len(host.asked) == 1
    whole(prompts, 6)


def test_a_picture_that_was_deleted_is_made_again(finished: Path, host: StandIn, prompts: Path) -> None:
    (finished / results(prompts)[2]["file"]).unlink()
    assert run(prompts, host) == 0
    assert len(host.asked) == 1
    whole(prompts, 6)


def test_a_broken_line_in_the_middle_is_told_and_nothing_lost(
    finished: Path, host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = finished / "results.jsonl"
    broken = path.read_bytes().replace(b'{"id"', b'{"file": "../../x", "no"', 1)
    path.write_bytes(broken)
    assert run(prompts, host) == 1
    assert "line 1 of" in capsys.readouterr().err
    assert path.read_bytes() == broken


def test_two_runs_do_not_share_a_folder(
    finished: Path, host: StandIn, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from stylus_study.batch.run_folder import RunFolder

    with RunFolder(finished):
        assert run(prompts, host, more=("--seeds", "2")) == 1
    assert "another run is writing" in capsys.readouterr().err
    assert not host.asked


def test_progress_counts_what_was_there(
    finished: Path, host: StandIn, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    assert run(prompts, host, more=("--seeds", "2")) == 0
    assert "pictures [############............] 6/12" in err.getvalue()
