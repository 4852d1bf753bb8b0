"""Whom a command asks: by its flags, else by the environment, and all commands by the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stylus_core.cli import main
from stylus_core.cli.model_flags import batch_endpoint, composer_settings
from stylus_core.cli.parsing import parse
from stylus_core.composer.settings import ComposerSettings
from stylus_core.llm.endpoint_settings import BY_NAME, FIELDS
from stylus_core.types import Selection
from tests.cli.fake import FakeStylus
from tests.cli.test_commands import adapter

DOCUMENT = (Path(__file__).parents[2] / "docs" / "llm.md").read_text(encoding="utf-8")


def run(*flags: str) -> tuple[int, FakeStylus]:
    fake = FakeStylus([Selection("p", "p")], [adapter("a")])
    return main(["select", "p", "--library", "/l", "--json", *flags], opener=fake), fake


def test_flags_become_settings(capsys: pytest.CaptureFixture[str]) -> None:
    code, fake = run("--base-url", "http://h/v1", "--model", "m", "--timeout", "7.5", "--keep-alive", "0")
    assert code == 0 and fake.opened_with is not None
    expected = ComposerSettings(base_url="http://h/v1", model="m", timeout=7.5, keep_alive=0.0)
    assert fake.opened_with[1]["composers"] == expected


def test_without_flags_the_environment_decides(capsys: pytest.CaptureFixture[str]) -> None:
    _, fake = run()
    assert fake.opened_with is not None and "composers" not in fake.opened_with[1]


@pytest.mark.parametrize("value", ["nan", "-1", "inf", "soon"])
def test_a_time_that_is_none_is_a_wrong_command_line(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run("--timeout", value)
    assert left.value.code == 2 and "--timeout" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"STYLUS_ENDPOINT": "http://e/v1"}, "http://e/v1"),
        ({"STYLUS_BASE_URL": "http://b/v1"}, "http://b/v1"),
        ({"STYLUS_BASE_URL": "http://b/v1", "STYLUS_ENDPOINT": "http://e/v1"}, "http://b/v1"),
    ],
)
def test_all_who_ask_a_model_read_the_same_variables(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STYLUS_BASE_URL", "STYLUS_ENDPOINT", "STYLUS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "STYLUS_MODEL": "m", "MINE": "key"}.items():
        monkeypatch.setenv(name, value)
    for command in (["refine"], ["study", "judge", "out"]):
        found = batch_endpoint(parse([*command, "--key-variable", "MINE"])[1])
        assert (found.base_url, found.model, found.key, found.timeout) == (expected, "m", "key", 180)
        for flag in BY_NAME["base_url"].flags:
            assert batch_endpoint(parse([*command, flag, "http://f/v1"])[1]).base_url == "http://f/v1"
    for command in (["select", "p"], ["study", "run", "out"], ["batch", "p.txt", "--webui", "http://w", "--out", "o"]):
        assert composer_settings(parse(command)[1]) is None
        found = (composer_settings(parse([*command, "--key-variable", "MINE"])[1]) or pytest.fail()).endpoint
        assert (found.base_url, found.model, found.key, found.timeout) == (expected, "m", "key", 20)
    code, fake = run()
    assert code == 0 and fake.opened_with is not None


def test_the_doctor_tries_the_server_that_the_others_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STYLUS_BASE_URL", "http://127.0.0.1:9/v1")
    for flags in ((), ("--base-url", "http://127.0.0.1:9/v1"), ("--endpoint", "http://127.0.0.1:9/v1")):
        assert main(["doctor", "--json", "--encoder", "none", *flags]) == 1
        assert '"subject": "http://127.0.0.1:9/v1", "message": "the server' in capsys.readouterr().out


def test_the_document_has_the_table() -> None:
    rows = re.findall(
        r"^\| ((?:`--[\w-]+`(?:, )?)*) ?\| ((?:`[A-Z_]+`(?:, )?)*) ?\| ((?:`stylus_\w+`)?) ?\|", DOCUMENT, re.M
    )
    said = [tuple(tuple(re.findall(r"`([^`]+)`", cell)) for cell in row) for row in rows]
    assert said == [(f.flags, f.variables, (f.setting,) if f.setting else ()) for f in FIELDS]
