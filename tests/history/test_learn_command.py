"""`stylus learn` as a user runs it: the first call is the consent, and all can be seen, switched and forgotten."""

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
from tests.clock import until
from tests.history.pictures import parameters, png
from tests.library.build import safetensors

ROOT = Path(__file__).resolve().parents[2]
PROMPT = "a zebrasecret on a hill"


@pytest.fixture
def loras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "110")
    safetensors(tmp_path / "loras" / "ink_wash.safetensors", {"ss_output_name": "ink_wash"})
    return tmp_path / "loras"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    png(folder / "a.png", parameters(PROMPT, ["ink_wash:0.7", "not_here:1"]))
    png(folder / "b.png", parameters(PROMPT, ["ink_wash:0.7", "not_here:1"]))
    png(folder / "c.png", parameters("a hare"))
    png(folder / "silent.png")
    return folder


def stylus(loras: Path, *argv: str | Path) -> int:
    return main(["learn", *map(str, argv), "--library", str(loras), "--encoder", "none"])


def told(loras: Path, capsys: pytest.CaptureFixture[str], *argv: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert stylus(loras, *argv, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_first_call_is_the_consent_and_is_said_once(loras: Path, pictures: Path, tmp_path: Path, capsys) -> None:
    assert stylus(loras, "--status") == 0
    assert "nothing is learned" in capsys.readouterr().out
    assert not list(tmp_path.rglob("history.sqlite"))
    assert stylus(loras) == 1
    assert "no folder is learned so far: `stylus learn FOLDER`" in capsys.readouterr().err
    assert stylus(loras, pictures) == 0
    said = capsys.readouterr()
    assert "nothing of it leaves this machine" in said.err and "history.sqlite" in said.err
    out = " ".join(said.out.split())
    assert "3 pictures of 2 prompts count, with 1 adapters of this library and 1 that it has not" in out
    assert "4 were new or changed, 0 are gone" in out
    assert stylus(loras) == 0
    said = capsys.readouterr()
    assert "leaves this machine" not in said.err and "0 were new or changed" in said.out
    assert "zebrasecret" not in said.out + said.err


def test_status_says_what_is_learned(loras: Path, pictures: Path, capsys) -> None:
    first = told(loras, capsys, pictures)
    assert (first["pictures"], first["prompts"], first["problems"]) == (3, 2, [])
    assert first["adapters"] == {"in_library": 1, "not_in_library": 1}
    (folder,) = first["folders"]
    assert (folder["path"], folder["on"], folder["pictures"], folder["silent"]) == (str(pictures), True, 3, 1)
    assert (folder["read"], folder["problem"]) == (4, "")
    again = told(loras, capsys, "--status")
    assert again["folders"][0]["read_at"] == folder["read_at"] and "read" not in again["folders"][0]
    assert stylus(loras, "--status") == 0
    assert str(pictures) in capsys.readouterr().out


def test_a_folder_is_switched_off_and_on(loras: Path, pictures: Path, capsys) -> None:
    told(loras, capsys, pictures)
    assert told(loras, capsys, "--off", pictures)["folders"][0]["on"] is False
    assert told(loras, capsys, "--status")["pictures"] == 0
    assert told(loras, capsys, "--on", pictures)["folders"][0]["on"] is True
    assert told(loras, capsys, "--status")["pictures"] == 3
    assert stylus(loras, "--off", pictures / "other") == 1
    assert f"learned folders: {pictures}" in " ".join(capsys.readouterr().err.split())


def test_what_is_forgotten_is_gone(loras: Path, pictures: Path, tmp_path: Path, capsys) -> None:
    told(loras, capsys, pictures)
    (file,) = tmp_path.rglob("history.sqlite")
    assert told(loras, capsys, "--forget", pictures) == {"pictures": 3, "corrections": 0, "wiped": True}
    assert b"zebrasecret" not in b"".join(path.read_bytes() for path in file.parent.glob("history.sqlite*"))
    assert told(loras, capsys, "--status")["folders"] == []
    assert stylus(loras, "--forget", pictures) == 1
    told(loras, capsys, pictures)
    assert stylus(loras, "--forget") == 0
    assert "3 pictures and 0 corrections are forgotten" in capsys.readouterr().out
    assert told(loras, capsys, "--status")["folders"] == []


def test_forgetting_a_part_says_that_it_stays_off(loras: Path, pictures: Path, capsys) -> None:
    png(pictures / "part" / "d.png", parameters("a newt"))
    told(loras, capsys, pictures)
    assert stylus(loras, "--forget", pictures / "part") == 0
    assert "stays switched off" in " ".join(capsys.readouterr().out.split())
    assert told(loras, capsys, "--status")["pictures"] == 3


def test_broken_pictures_are_named(loras: Path, pictures: Path, capsys) -> None:
    for n in range(8):
        png(pictures / f"broken\x1b[31m{n}.png").write_bytes(b"nothing of a picture")
        os.utime(pictures / f"broken\x1b[31m{n}.png", (10**9, 10**9))
    assert stylus(loras, pictures) == 0
    out = capsys.readouterr().out
    assert out.count("! ") == 5 and "\x1b" not in out and "and 3 more that cannot be read" in " ".join(out.split())
    assert stylus(loras, "--status", "--verbose") == 0
    assert capsys.readouterr().out.count("! ") == 8
    assert len(told(loras, capsys, "--status")["problems"]) == 8


def test_a_folder_that_is_away_is_told_and_kept(loras: Path, pictures: Path, tmp_path: Path, capsys) -> None:
    told(loras, capsys, pictures)
    pictures.rename(tmp_path / "away")
    capsys.readouterr()
    assert stylus(loras) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "nothing of it is forgotten" in out and f"stylus learn --forget {pictures}" in out
    assert told(loras, capsys, "--status")["pictures"] == 3


def test_what_cannot_be_is_told_in_a_sentence(loras: Path, pictures: Path, tmp_path: Path, capsys) -> None:
    assert stylus(loras, pictures, tmp_path / "missing") == 1
    assert "missing is not there: look at its spelling" in capsys.readouterr().err
    assert not list(tmp_path.rglob("history.sqlite")), "no part of what was asked is done"
    assert stylus(loras, pictures, "--status") == 2
    assert "FOLDER and --status are two things" in capsys.readouterr().err


@pytest.mark.whole
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as POSIX has it")
def test_ctrl_c_leaves_what_was_read(loras: Path, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "many"
    for n in range(6000):
        png(folder / f"{n}.png", parameters(f"prompt p{n}"))
    call = [sys.executable, "-m", "stylus_core", "learn", str(folder), "--library", str(loras), "--encoder", "none"]
    process = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def begun() -> bool:
        return process.poll() is not None or told(loras, capsys, "--status")["prompts"] > 0

    until(begun, "a transaction")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    if process.returncode:  # it may have been done
        assert process.returncode == 130 and "interrupted" in err and "Traceback" not in err
        assert 0 < told(loras, capsys, "--status")["prompts"] < 6000
    assert told(loras, capsys)["prompts"] == 6000
