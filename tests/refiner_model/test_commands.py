"""`stylus refine` and `describe` as a user runs them; killed and resumed, nothing is asked twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stylus_core.cli import main
from tests.clock import HANG, until
from tests.library.conftest import Shelf
from tests.llm.fault_server import FaultServer, answers, status
from tests.refiner_model.conftest import Gate, add, answer, asked, describes
from tests.signals import interruptible, received

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("STYLUS_ENDPOINT", "STYLUS_MODEL", "STYLUS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


def stylus(shelf: Shelf, command: str, *arguments: str) -> int:
    return main([command, *arguments, "--library", str(shelf.loras), "--encoder", "none"])


def told(shelf: Shelf, name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert stylus(shelf, "show", name, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_refine_shows_the_estimate_and_sends_on_yes(
    shelf: Shelf, server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    add(shelf, "snow_fox", pictures=1)
    add(shelf, "red_fox")
    to = ("--base-url", server.url, "--model", "m")
    assert stylus(shelf, "refine", *to, "--price-in", "1", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "2 adapters to describe, 1 of them with pictures" in out and "by the prices given" in out
    assert stylus(shelf, "refine", *to) == 0
    assert "--yes" in capsys.readouterr().err
    assert server.requests == []
    assert stylus(shelf, "refine", *to, "--yes", "--price-in", "1000") == 0
    out = capsys.readouterr().out
    assert "2 of 2 described; 1,400 tokens read and 60 written, 1.400 by the prices given" in out
    assert told(shelf, "snow_fox", capsys)["card"]["source"] == "vlm"
    assert stylus(shelf, "refine", *to) == 0
    assert "2 described already" in capsys.readouterr().err


def test_refine_answers_in_json(shelf: Shelf, server: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    add(shelf, "snow_fox")
    stylus(shelf, "refine", "--base-url", server.url, "--model", "m", "--yes", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["to_describe"], found["done"], found["prompt_tokens"]) == (1, 1, 700)


def test_the_key_goes_to_the_server_and_nowhere_else(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    add(shelf, "snow_fox")
    with FaultServer([status(401, "bad key sk-very-secret")]) as server:
        code = stylus(
            shelf, "refine", "--base-url", server.url, "--model", "m", "--yes", "--key-variable", "MY_KEY", "-v"
        )
        assert server.keys == ["Bearer sk-very-secret"]
    said = capsys.readouterr()
    assert code == 1
    assert "refuses" in said.out and "sk-very-secret" not in said.out + said.err


def test_a_refused_adapter_is_told_and_is_no_error(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    add(shelf, "snow_fox")
    with FaultServer([answers(answer(kind="all"))]) as server:
        assert stylus(shelf, "refine", "--base-url", server.url, "--model", "m", "--yes") == 0
        out = capsys.readouterr().out
        assert "1 failed" in out and "1 x its kind is not one of" in out
        stylus(shelf, "refine", "--base-url", server.url, "--model", "m", "--yes")
        assert "1 failed and rest" in capsys.readouterr().err


def test_what_is_missing_is_told(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    assert stylus(shelf, "refine") == 1
    assert "--base-url" in capsys.readouterr().err
    add(shelf, "snow_fox")
    assert stylus(shelf, "refine", "owl", "--base-url", "http://127.0.0.1:1/v1", "--model", "m") == 1
    assert "no adapter is called 'owl'" in capsys.readouterr().err
    (shelf.loras / "broken.safetensors").write_bytes(b"x")
    assert stylus(shelf, "refine", "broken", "--base-url", "http://127.0.0.1:1/v1", "--model", "m") == 1
    assert "'broken' is never picked" in capsys.readouterr().err


def test_descriptions_travel_through_a_file(shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(shelf, "snow_fox")
    stylus(shelf, "set", "snow_fox", "--description", "A fox in deep snow.")
    file = tmp_path / "shared.jsonl"
    assert stylus(shelf, "describe", "export", str(file)) == 0
    assert json.loads(file.read_text())["description"] == "A fox in deep snow."
    stylus(shelf, "set", "snow_fox", "--clear", "description")
    assert stylus(shelf, "describe", "import", str(file)) == 0
    assert "1 descriptions read, 1 adapters" in capsys.readouterr().out
    card = told(shelf, "snow_fox", capsys)["card"]
    assert (card["description"], card["source"]) == ("A fox in deep snow.", "import")


@pytest.mark.parametrize("raw", [b"\x80\x04cos\nsystem\n.", b"cos\nsystem\n(S'echo ran'\ntR.", b"some text"])
def test_a_file_of_another_kind_is_told(
    shelf: Shelf, tmp_path: Path, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    add(shelf, "snow_fox")
    file = tmp_path / "x.pkl"
    file.write_bytes(raw)
    assert stylus(shelf, "describe", "import", str(file)) == 1
    said = capfd.readouterr()
    assert "stylus: " in said.err and "ran" not in said.out


def process(shelf: Shelf, url: str, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "stylus_core", "refine", "--library", str(shelf.loras), "--encoder", "none"]
    return interruptible(
        [*command, "--base-url", url, "--model", "m", "--yes", "--workers", "2"],
        cwd=ROOT, env={**os.environ, "STYLUS_HOME": str(home)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_killed_at_any_point_it_goes_on_and_asks_nothing_twice(
    shelf: Shelf, tmp_path: Path, kind: signal.Signals
) -> None:
    for number in range(9):
        add(shelf, f"fox_{number}")
    gate = Gate(3)
    with FaultServer([gate]) as server:
        first = process(shelf, server.url, tmp_path / "home")
        until(lambda: sum(asked(server).values()) == 5)  # both workers wait, and neither asks before its answer is kept
        answered = sum(asked(server).values()) - 2
        first.send_signal(kind)
        if kind == signal.SIGINT:
            until(lambda: received(first, kind))
        gate.opened.set()
        _, said = first.communicate(timeout=HANG)
        assert first.returncode == (130 if kind == signal.SIGINT else -signal.SIGKILL), said
        before = asked(server)
        assert sum(before.values()) < 9
        server.steps = [describes]
        second = process(shelf, server.url, tmp_path / "home")
        out, said = second.communicate(timeout=HANG)
        assert second.returncode == 0, said
        again = [title for title, times in asked(server).items() if times > 1]
    assert len(asked(server)) == 9
    # Ctrl-C waits for what is under way; a kill loses just that
    assert len(again) <= (0 if kind == signal.SIGINT else 2), again
    assert answered >= 3
    assert f"{9 - (sum(before.values()) - len(again))} of" in out
