"""The flags of the composers that ask a model reach `Stylus`, and are no settings where they are not given."""

from __future__ import annotations

import pytest

from stylus_core.cli import main
from stylus_core.composer.settings import ComposerSettings
from stylus_core.types import Selection
from tests.cli.fake import FakeStylus
from tests.cli.test_commands import adapter


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
