"""The command line's behaviour with a library that answers from a queue."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stylus_core.cli import main
from stylus_core.errors import LibraryError, OptionError
from stylus_core.option_table import TABLE
from stylus_core.options import Options
from stylus_core.types import KINDS, Selection
from tests.cli.fake import FakeStylus, adapter, candidates, picked
from tests.clock import HANG

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STYLUS_LIBRARY", "STYLUS_HOME", "STYLUS_BASE_URL", "STYLUS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def run(fake: FakeStylus, *argv: str) -> int:
    return main(argv, opener=fake)


def usage_error(fake: FakeStylus, *argv: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv, opener=fake)
    assert stop.value.code == 2


def test_json_is_one_object_with_what_a_script_needs(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([picked("a red fox", "fox_v2")], [adapter("fox_v2")])
    assert run(fake, "select", "a red fox", "--library", "/loras", "--json") == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    found = json.loads(out)
    assert found["prompt"] == "a red fox"
    assert found["rewritten"] == "a red fox <lora:fox_v2:0.8>"
    (pick,) = found["picks"]
    assert {k: pick[k] for k in ("name", "path", "weight", "keyword", "reason")} == {
        "name": "fox_v2",
        "path": "/loras/fox_v2.safetensors",
        "weight": 0.8,
        "keyword": "red fox",
        "reason": "fox_v2 is made for red foxes.",
    }
    assert "candidates" not in found and found["provisional"] is False


def test_json_says_that_vectors_are_still_being_made(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([replace(picked("a red fox", "fox_v2"), provisional=True)], [adapter("fox_v2")])
    assert run(fake, "select", "a red fox", "--library", "/loras", "--json") == 0
    assert json.loads(capsys.readouterr().out)["provisional"] is True


def test_json_lists_the_first_candidates_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([Selection("p", "p", candidates=candidates("a", "b", "c"))], [adapter("a")])
    run(fake, "select", "p", "--library", "/loras", "--json", "--candidates", "2")
    found = json.loads(capsys.readouterr().out)
    assert [(c["name"], c["score"]) for c in found["candidates"]] == [("a", 1.0), ("b", 0.5)]


def test_a_person_reads_both_prompts_the_picks_and_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    selection = picked(
        "a red fox",
        "fox_v2",
        nearly=picked("", "狐の着物コレクション第二版・改").picks,
        notes=("The model is missing.",),
    )
    run(FakeStylus([selection], [adapter("fox_v2")]), "select", "a red fox", "--library", "/loras")
    out = capsys.readouterr().out
    for text in (
        "a red fox <lora:fox_v2:0.8>",
        "0.8",
        "red fox",
        "made for red foxes",
        "nearly",
        "The model is missing.",
    ):
        assert text in out
    assert "\x1b" not in out


def test_a_prompt_that_gets_nothing_is_told_so_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([Selection("a tax form", "a tax form")], [adapter("fox")])
    assert run(fake, "select", "a tax form", "--library", "/loras") == 0
    assert "Nothing was picked" in capsys.readouterr().out


def test_many_prompts_are_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prompts.txt"
    file.write_bytes("\ufeffa fox\r\n\r\nein Fuchs im Wald, größer\n狐".encode())
    fake = FakeStylus([picked(p) for p in ("1", "2", "3")], [adapter("fox")])
    assert run(fake, "select", "--prompts", str(file), "--library", "/loras", "--json") == 0
    assert [prompt for prompt, _ in fake.asked] == ["a fox", "ein Fuchs im Wald, größer", "狐"]
    assert [json.loads(line)["prompt"] for line in capsys.readouterr().out.splitlines()] == ["1", "2", "3"]
    assert fake.times_indexed == 1


def test_prompts_come_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    fake = FakeStylus([picked("1"), picked("2")], [adapter("fox")])
    assert run(fake, "select", "--prompts", "-", "--library", "/loras", "--json") == 0
    assert [prompt for prompt, _ in fake.asked] == ["one", "two"]


def test_a_prompt_that_fails_leaves_the_others_and_a_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("one\ntwo\n")
    fake = FakeStylus([LibraryError("the folder went away"), picked("two", "fox")], [adapter("fox")])
    assert run(fake, "select", "--prompts", str(file), "--library", "/loras", "--json") == 1
    captured = capsys.readouterr()
    first, second = (json.loads(line) for line in captured.out.splitlines())
    assert first["rewritten"] == "one"
    assert first["error"] == "the folder went away"
    assert [p["name"] for p in second["picks"]] == ["fox"]
    assert "the folder went away" in captured.err


def test_broken_prompt_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes(b"fine\nna\xefve\n")
    assert run(FakeStylus([picked("fine")], [adapter("a")]), "select", "--prompts", str(file), "--library", "/l") == 1
    assert f"line 2 of {file} is not UTF-8" in capsys.readouterr().err
    missing = str(tmp_path / "none.txt")
    assert run(FakeStylus([], [adapter("a")]), "select", "--prompts", missing, "--library", "/l") == 1
    assert missing in capsys.readouterr().err


VALUES: dict[str, tuple[str, Any]] = {
    "composer": ("random", "random"),
    "max_adapters": ("2", 2),
    "strength": ("0.5", 0.5),
    "weight_budget": ("1.5", 1.5),
    "trigger_words": ("never", "never"),
    "kinds": ("style,character", ("character", "style")),
    "existing": ("skip", "skip"),
    "architecture": ("sdxl", "sdxl"),
    "candidates": ("50", 50),
    "seed": ("7", 7),
    "pinned": ("a,b", ("a", "b")),
    "banned": ("c", ("c",)),
    "restraint": ("careful", "careful"),
    "include_folders": ("styles/ink/,./people", ("styles/ink", "people")),
    "exclude_folders": (".", (".",)),
    "include_tags": ("Old Anime,ink", ("Old Anime", "ink")),
    "exclude_tags": ("photo", ("photo",)),
    "include_names": ("ink_*,*_v[12]", ("ink_*", "*_v[12]")),
    "exclude_names": ("*test*", ("*test*",)),
    "include_bases": ("Pony*", ("Pony*",)),
    "exclude_bases": ("SD 1.?", ("SD 1.?",)),
    "favourites": ("only", "only"),
    "favourite_names": ("a,b", ("a", "b")),
    "nsfw": ("pg13", "pg13"),
    "family": ("pony", "pony"),
    "own_pictures": ("ignore", "ignore"),
}


@pytest.mark.parametrize("option", TABLE, ids=lambda o: o.name)
def test_every_option_of_the_table_is_a_flag(option: Any) -> None:
    text, value = VALUES[option.name]
    flag = "--pool" if option.name == "candidates" else "--" + option.name.replace("_", "-")
    fake = FakeStylus([picked("p")], [adapter("a")])
    assert run(fake, "select", "p", "--library", "/l", "--json", flag, text) == 0
    assert fake.asked == [("p", Options.of({option.name: value}))]
    assert getattr(fake.asked[0][1], option.name) == value != option.default


def test_invalid_options_are_usage_errors_that_say_what_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    for argv, says in (
        (("--max-adapters", "11"), "0 to 10"),
        (("--kinds", "style,spoon"), "clothing"),
        (("--composer", "magic"), "local"),
        (("--candidates", "-1"), "whole number"),
        (("--include-folders", "styles,../private"), "leads out of the library"),
        (("--exclude-names", "ink_[ab"), "is not closed"),
        (("--include-bases", "Pony [z-a]"), "runs backwards"),
        (("--exclude-bases", "*" * 30), "more than 20"),
        (("--include-names", "x" * 300), "more than 200 characters"),
        (("--exclude-folders", "a\x00b"), "control character"),
        (("--nsfw", "xxx"), "pg13"),
        (("--no-such-flag",), "--no-such-flag"),
    ):
        usage_error(FakeStylus(), "select", "p", "--library", "/l", *argv)
        assert says in capsys.readouterr().err
    usage_error(FakeStylus())
    usage_error(FakeStylus(), "select", "an unquoted", "prompt")
    assert run(FakeStylus(), "select", "--library", "/l") == 2
    assert run(FakeStylus(), "select", "p", "--prompts", "f", "--library", "/l") == 2
    assert run(FakeStylus([OptionError("no such composer")], [adapter("a")]), "select", "p", "--library", "/l") == 2


def test_asking_for_more_candidates_than_usual_gets_them() -> None:
    fake = FakeStylus([picked("p")], [adapter("a")])
    run(fake, "select", "p", "--library", "/l", "--json", "--candidates", "150")
    assert fake.depth == 150
    assert fake.asked[0][1] == Options()  # what is printed does not change what is picked


def test_library_comes_from_flags_or_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeStylus([picked("p")], [adapter("a")])
    run(fake, "select", "p", "--library", "/a", "--library", "/b", "--encoder", "none", "--home", "/h", "--json")
    assert fake.opened_with == ([Path("/a"), Path("/b")], {"home": Path("/h"), "encoder": "none"})
    monkeypatch.setenv("STYLUS_LIBRARY", os.pathsep.join(["/c", "/d"]))
    fake = FakeStylus([picked("p")], [adapter("a")])
    run(fake, "select", "p", "--json")
    assert fake.opened_with == ([Path("/c"), Path("/d")], {"home": None, "encoder": "auto"})
    monkeypatch.delenv("STYLUS_LIBRARY")
    assert run(FakeStylus(), "select", "p") == 1
    assert "STYLUS_LIBRARY" in capsys.readouterr().err


def test_a_library_that_was_never_indexed_is_indexed_and_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([picked("p")])
    assert run(fake, "select", "p", "--library", "/l", "--json") == 0
    captured = capsys.readouterr()
    assert fake.times_indexed == 1
    assert "never indexed" in captured.err
    assert len(captured.out.splitlines()) == 1


def test_index_tells_what_there_is_and_what_cannot_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    known = [
        adapter("fox", kind="animal"),
        adapter("水彩", kind="style", architecture="sdxl"),
        adapter("half", "unreadable", "the file ends before its header"),
    ]
    assert run(FakeStylus([], known), "index", "/l") == 0
    out = capsys.readouterr().out
    assert "2 adapters" in out
    assert "the file ends before its header" in out
    assert run(FakeStylus([], known), "index", "/l", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["adapters"] == 2
    assert found["architectures"] == {"sd1": 1, "sdxl": 1}
    assert [(p["path"], p["status"]) for p in found["problems"]] == [("/loras/half.safetensors", "unreadable")]


def test_show_prints_one_adapter_or_says_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    known = [adapter("red_fox", kind="animal", description="Adds a red fox.", trigger_words=("redfox",), weight=0.7)]
    assert run(FakeStylus([], known), "show", "red_fox", "--library", "/l") == 0
    out = capsys.readouterr().out
    for text in ("Adds a red fox.", "redfox", "0.7", "/loras/red_fox.safetensors", "sd1"):
        assert text in out
    assert run(FakeStylus([], known), "show", "red_fox", "--library", "/l", "--json") == 0
    assert json.loads(capsys.readouterr().out)["card"]["kind"] == "animal"
    assert run(FakeStylus([], known), "show", "red_fix", "--library", "/l") == 1
    assert "near: red_fox" in capsys.readouterr().err


def test_show_tells_the_text_encoders_weight(capsys: pytest.CaptureFixture[str]) -> None:
    known = [adapter("ink", weight=0.9, clip_weight=0.45, weight_source="author")]
    assert run(FakeStylus([], known), "show", "ink", "--library", "/l") == 0
    assert "0.9 (author), text encoder 0.45" in capsys.readouterr().out
    assert run(FakeStylus([], known), "show", "ink", "--library", "/l", "--json") == 0
    assert json.loads(capsys.readouterr().out)["card"]["clip_weight"] == 0.45


def test_show_lists_many_matches_briefly(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([], [adapter("fox", kind="animal", description=f"Fox number {i}.") for i in range(5)])
    assert run(fake, "show", "fox", "--library", "/l") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[-1].endswith("Fox number 4.")


def test_ctrl_c_closes_the_library_and_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([KeyboardInterrupt()], [adapter("a")])
    assert run(fake, "select", "p", "--library", "/l") == 130
    assert fake.closed
    assert capsys.readouterr().err.splitlines()[-1] == "stylus: interrupted"


def test_a_mistake_of_ours_is_one_sentence_too(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeStylus([ZeroDivisionError("division by zero")], [adapter("a")])
    assert run(fake, "select", "p", "--library", "/l") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: division by zero" in line


def test_texts_from_the_web_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "fox\x1b[2J\x07\nrm -rf"
    fake = FakeStylus([], [adapter("fox", description=evil, kind="animal"), adapter("bad", "unreadable", evil)])
    run(fake, "show", "fox", "--library", "/l")
    run(fake, "index", "/l")
    assert not {"\x1b", "\x07"} & set(capsys.readouterr().out)


def stylus(*argv: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stylus_core", *argv], cwd=ROOT, capture_output=True, text=True, timeout=HANG, **settings
    )


#: What takes a while to import, and is for none who only asks what there is.
HEAVY = {"numpy", "sqlite3", "torch", "scipy", "sklearn", "PIL", "openai", "pymilvus", "transformers", "asyncio", "ssl"}
HEAVY |= {"sentence_transformers", "safetensors", "tokenizers", "jinja2", "http", "socket", "multiprocessing", "email"}


def test_help_is_quick_and_documents_options_and_exit_codes() -> None:
    """Quick is what loads nothing heavy: `benchmarks.speed` has the time."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "stylus_core", "select", "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=HANG,
    )  # fmt: skip
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "stylus_core" in loaded and not loaded & HEAVY
    assert all(kind in done.stdout for kind in KINDS)
    assert "exit codes" in done.stdout


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    ("argv", "codes"),
    # Unbuffered, the argparse of Python 3.10 notices; that of later ones overlooks it.
    [(["--help"], (0, 141)), (["doctor", "--json", "--encoder", "none"], (141,))],
)
def test_a_reader_that_goes_away_is_no_traceback(argv: list[str], codes: tuple[int, ...], buffered: bool) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "stylus_core", *argv],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"},  # empty is as if it were not set
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=HANG,
    )
    os.close(writer)
    assert done.returncode in codes and done.stderr == b""


def test_no_command_hands_through_what_steers_or_hides(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "fox\u202egnp\u200b\x9b\x1b[2J\u2066\x07\r\ufeff\U000e0041"
    steering = set(evil) - set("foxgnp[2J")
    prompt = f"a {evil} in snow"
    for more in ((), ("--json",)):
        found = picked(prompt, evil, notes=(f"no {evil}",), nearly=picked("", evil).picks)
        broken = adapter(f"{evil}2", "unreadable", f"its header: {evil}")
        fake = FakeStylus([found], [adapter(evil, subject=evil, description=evil), broken])
        assert run(fake, "select", prompt, "--library", "/loras", "--candidates", "2", *more) == 0
        assert run(fake, "show", evil, "--library", "/loras", *more) == 0
        assert run(fake, "index", "/loras", *more) == 0
        assert run(fake, "show", f"{evil}3", "--library", "/loras", *more) == 1
        fake = FakeStylus([LibraryError(f"{evil} cannot be read")], [adapter(evil)])
        assert run(fake, "select", prompt, "--library", "/loras", *more) == 1
        told = capsys.readouterr()
        assert not steering & {*told.out, *told.err}
