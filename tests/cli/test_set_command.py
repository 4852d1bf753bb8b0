"""`stylus set` as a user runs it: it says who said what, sets, clears and takes back, and refuses in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stylus_core.cli import main
from stylus_core.cli.set_arguments import flag
from stylus_core.library.fields import TABLE
from tests.library.build import safetensors, sidecar

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def loras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    folder = tmp_path / "loras"
    add(folder, "marsh_frog", "Marsh Frog")
    add(folder, "tea_kettle_a", "Tea Kettle")
    add(folder, "tea_kettle_b", "Tea Kettle")
    return folder


def add(folder: Path, stem: str, title: str) -> None:
    path = safetensors(folder / f"{stem}.safetensors", {"ss_output_name": stem})
    model = {"name": title, "description": f"<p>{title}, seen from close by.</p>", "tags": ["animal"]}
    sidecar(path, ".civitai.info", {"baseModel": "SD 1.5", "trainedWords": [title.lower()], "model": model})


def stylus(loras: Path, *argv: str) -> int:
    return main([argv[0], "--library", str(loras), "--encoder", "none", *argv[1:]])


def fields(loras: Path, capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert stylus(loras, "set", *argv, "--json") == 0
    found: dict[str, dict[str, Any]] = json.loads(capsys.readouterr().out)["fields"]
    assert list(found) == [field.name for field in TABLE]
    return found


def shown(loras: Path, capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    capsys.readouterr()
    assert stylus(loras, "show", name, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def picks(loras: Path, capsys: pytest.CaptureFixture[str], prompt: str) -> list[str]:
    capsys.readouterr()
    assert stylus(loras, "select", prompt, "--json") == 0
    return [pick["name"] for pick in json.loads(capsys.readouterr().out)["picks"]]


def test_every_field_is_set_shown_and_cleared(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = shown(loras, capsys, "marsh_frog")
    given = ("--title", "Bog Toad", "--description", "A toad in a bog.", "--weight", "0.4", "--kind", "animal",
             "--clip-weight", "0.2",
             "--trigger-words", "bog toad", "--trigger-words", "wet stones", "--excluded", "true")  # fmt: skip
    found = fields(loras, capsys, "marsh_frog", *given)
    assert {name: row["value"] for name, row in found.items()} == {
        "title": "Bog Toad",
        "description": "A toad in a bog.",
        "trigger_words": ["bog toad", "wet stones"],
        "weight": 0.4,
        "clip_weight": 0.2,
        "kind": "animal",
        "excluded": True,
    }
    assert {row["by"] for row in found.values()} == {"user"}
    assert (found["title"]["otherwise"], found["title"]["otherwise_by"]) == ("Marsh Frog", ".civitai.info")
    after = shown(loras, capsys, "bog toad")
    assert (after["title"], after["card"]["weight"], after["status"]) == ("Bog Toad", 0.4, "excluded")
    assert after["metadata"] == before["metadata"]
    found = fields(loras, capsys, "marsh_frog", "--clear", "weight", "--clear", "trigger-words")
    assert (found["weight"]["by"], found["trigger_words"]["value"]) == ("default", ["marsh frog"])


def test_clearing_all_goes_back_to_the_files(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = shown(loras, capsys, "marsh_frog")
    fields(loras, capsys, "marsh_frog", "--title", "Bog Toad", "--no-trigger-words", "--excluded", "TRUE")
    assert shown(loras, capsys, "marsh_frog")["card"]["trigger_words"] == []
    found = fields(loras, capsys, "marsh_frog", "--clear", "all", "--weight", "0.3")
    assert [name for name, row in found.items() if row["by"] == "user"] == ["weight"]
    fields(loras, capsys, "marsh_frog", "--clear", "weight")
    assert shown(loras, capsys, "marsh_frog") == before
    assert stylus(loras, "set", "marsh_frog", "--clear", "all") == 0
    assert "nothing is different" in capsys.readouterr().err


def test_undo_again_and_again_until_nothing_is_left(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields(loras, capsys, "marsh_frog", "--weight", "0.4", "--kind", "style")
    fields(loras, capsys, "marsh_frog", "--weight", "0.5")
    assert fields(loras, capsys, "marsh_frog", "--undo")["weight"]["value"] == 0.4
    found = fields(loras, capsys, "marsh_frog", "--undo")
    assert (found["weight"]["by"], found["kind"]["by"]) == ("default", "metadata")
    assert stylus(loras, "set", "marsh_frog", "--undo") == 1
    assert "nothing was changed of 'marsh_frog'" in capsys.readouterr().err


def test_a_person_reads_who_said_what(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stylus(loras, "set", "marsh_frog", "--title", "Bog Toad", "--trigger-words", "calm bog || wild bog") == 0
    said = capsys.readouterr()
    lines = [line.split("  ") for line in said.out.splitlines()]
    assert said.err == "" and lines[0] == ["marsh_frog"]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert ["field", "set by", "value"] in rows
    assert any(row[0] == "title" and row[1].startswith("you, 20") and row[2] == "Bog Toad" for row in rows if row)
    assert ["instead of .civitai.info", "Marsh Frog"] in rows
    assert any(row[0] == "trigger_words" and row[2] == "calm bog || wild bog" for row in rows if row)
    assert ["weight", "the default", "0.8"] in rows
    assert "1 change can be taken back" in said.out
    assert stylus(loras, "show", "marsh_frog") == 0
    assert "title, trigger_words" in capsys.readouterr().out


def test_a_selection_finds_it_by_the_new_words_at_once(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert picks(loras, capsys, "a marsh frog on a leaf") == ["marsh_frog"]
    assert picks(loras, capsys, "a velvet armadillo on a shelf") == []
    fields(loras, capsys, "marsh_frog", "--title", "Velvet Armadillo")
    assert picks(loras, capsys, "a velvet armadillo on a shelf") == ["marsh_frog"]
    fields(loras, capsys, "marsh_frog", "--excluded", "true")
    assert picks(loras, capsys, "a velvet armadillo on a shelf") == []
    fields(loras, capsys, "marsh_frog", "--clear", "all")
    assert picks(loras, capsys, "a marsh frog on a leaf") == ["marsh_frog"]


def test_nothing_is_written_into_the_folder(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {p.name: p.read_bytes() for p in loras.iterdir()}
    fields(loras, capsys, "marsh_frog", "--title", "Bog Toad", "--weight", "0.4", "--excluded", "true")
    fields(loras, capsys, "marsh_frog", "--undo")
    assert {p.name: p.read_bytes() for p in loras.iterdir()} == before


def test_names_that_several_or_none_have(loras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stylus(loras, "set", "tea kettle", "--weight", "1") == 1
    assert "several adapters go by 'tea kettle': name one of tea_kettle_a, tea_kettle_b" in capsys.readouterr().err
    fields(loras, capsys, "tea_kettle_a", "--excluded", "true")
    assert stylus(loras, "set", "tea kettle", "--excluded", "false") == 1  # the excluded one may be meant
    assert stylus(loras, "set", "tea_kettle_a", "--excluded", "false") == 0
    capsys.readouterr()
    sentences = []
    for command in ("set", "show"):
        assert stylus(loras, command, "tea_kettle_c") == 1
        sentences.append(capsys.readouterr().err.splitlines()[-1])
    assert sentences[0] == sentences[1]
    assert "no adapter is called 'tea_kettle_c'; near: tea_kettle_" in sentences[0]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("--kind", "sauce"), "'kind' takes one of character, person,"),
        (("--weight", "21"), "'weight' takes a number from -20 to 20, not 0, not '21'"),
        (("--weight", "-nan"), "'weight' takes a number"),
        (("--weight", "0"), "'weight' takes a number from -20 to 20, not 0, not '0'"),
        (("--description", ""), "'description' is empty: --clear description"),
        (("--title", "x" * 400), "'title' takes at most 300 characters, not 400"),
        (("--title", "a\x1b[31mb"), "'title' holds the character U+001B"),
        (("--trigger-words", " "), "'trigger_words' is empty: --no-trigger-words"),
        (("--trigger-words", "a <lora:b:1>"), "'trigger_words' holds the tag of an adapter"),
        (("--excluded", "maybe"), "'excluded' takes true or false, not 'maybe'"),
        (("--clear", "wieght"), "--clear takes all or a field, not 'wieght': the fields are title,"),
        (("--clear", "weight", "--weight", "1"), "--weight and --clear weight say two things"),
        (("--no-trigger-words", "--trigger-words", "x"), "--trigger-words and --no-trigger-words say two things"),
        (("--undo", "--weight", "1"), "--undo takes back the last change and sets nothing"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    loras: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], sentence: str
) -> None:
    joined = [f"{name}={value}" for name, value in zip(argv[::2], argv[1::2], strict=False)] if len(argv) == 2 else argv
    assert stylus(loras, "set", "marsh_frog", *joined) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("stylus: ") and said.err.count("\n") == 1
    assert sentence in said.err
    assert all(row["by"] != "user" for row in fields(loras, capsys, "marsh_frog").values())


def test_the_documentation_has_the_fields_of_the_table() -> None:
    text = (ROOT / "docs" / "editing.md").read_text(encoding="utf-8")
    for field in TABLE:
        assert f"| `{flag(field)}` |" in text, field.name
        assert field.help in text, field.name
