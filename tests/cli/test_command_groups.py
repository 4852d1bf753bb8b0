"""Commands of other parts: they join `stylus` where they are registered, and one that is broken breaks nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from stylus_core.cli import main, registry
from tests.cli.fake import FakeStylus, adapter, picked
from tests.sources import PACKAGES, ROOT

PART = """
from stylus_core.cli.command import Command

def add(command):
    command.add_argument("word")

def run(args, console, opener):
    console.print(args.word.upper())
    return 5

SHOUT = Command("says a word loudly, 100% of it", add, run)
NOTHING = None
"""
Register = Callable[..., None]


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """Installs a part of somebody else's with these commands."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "loud_part.py").write_text(PART, encoding="utf-8")
    (tmp_path / "broken_part.py").write_text("import no_such_package\n", encoding="utf-8")

    def write(**commands: str) -> None:
        folder = tmp_path / "loud_part-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: loud-part\nVersion: 1.0\n", encoding="utf-8")
        lines = [f"{name} = {reference}\n" for name, reference in commands.items()]
        (folder / "entry_points.txt").write_text("".join(["[stylus.commands]\n", *lines]), encoding="utf-8")

    return write


def help_of(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_a_command_of_an_installed_part_is_one_of_stylus(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    register(shout="loud_part:SHOUT")
    assert main(["shout", "hello"]) == 5
    assert capsys.readouterr().out == "HELLO\n"
    listed = help_of(capsys)
    assert "shout     says a word loudly, 100% of it\n" in listed
    assert all(f"\n    {name} " in listed for name in registry.CORE)


def test_a_part_that_cannot_be_loaded_says_why_and_fails_nothing_else(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    register(shout="loud_part:SHOUT", gone="broken_part:X", odd="loud_part:NOTHING", absent="loud_part:X", vague="?")
    for name, why in (
        ("gone", "No module named 'no_such_package'"),
        ("odd", "loud_part:NOTHING is no command"),
        ("absent", "has no attribute 'X'"),
        ("vague", "cannot be loaded from ?"),
    ):
        assert main([name]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"stylus: the command {name!r} cannot be loaded") and why in told
        assert told.count("\n") == 1
    assert main(["shout", "still there"]) == 5
    assert "gone      cannot be loaded: calling it says why" in help_of(capsys)


def test_no_part_takes_a_name_of_the_core(register: Register, capsys: pytest.CaptureFixture[str]) -> None:
    register(select="loud_part:SHOUT", shout="loud_part:SHOUT")
    fake = FakeStylus([picked("p")], [adapter("a")])
    assert main(["select", "p", "--library", "/l", "--json"], opener=fake) == 0
    assert fake.asked


def test_a_command_that_nobody_has_is_refused_with_those_that_there_are(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    register(shout="loud_part:SHOUT")
    with pytest.raises(SystemExit) as stop:
        main(["whisper", "--help"])
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert "invalid choice: 'whisper'" in told and "select" in told and "shout" in told
    assert "once it is installed" in told


def test_a_command_of_the_core_looks_for_no_other_part() -> None:
    """Nor loads one: the search takes as long as all of the parsing."""
    code = (
        "import sys\nfrom stylus_core.cli import main\ntry:\n    main([*sys.argv[1:], '--help'])\nexcept SystemExit:\n"
        "    pass\nprint(*[m for m in sys.modules if m.split('.')[0] == 'stylus_study' or m == 'importlib.metadata'])"
    )
    for name in registry.CORE:
        call = [sys.executable, "-S", "-c", code, name]  # a package's .pth file may load what is looked for
        done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "", name


def test_what_a_checkout_registers_is_read_as_any_toml_parser_reads_it() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    theirs = project["entry-points"][registry.GROUP]
    assert set(theirs) == {"batch", "eval", "mcp", "study"}
    assert {name: registry.registered()[name] for name in theirs} == theirs
    for name, reference in theirs.items():
        assert registry.load(name, reference).help


def run_alone(*argv: str, path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`stylus` of the packages in a folder, in a process where no other copy of it can be found."""
    code = "import sys; sys.path = [p for p in sys.path if p != '']; from stylus_core.cli import main; sys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-S", "-c", code, *argv], cwd=cwd, env=environment, capture_output=True, text=True
    )


def test_a_checkout_has_all_commands_without_being_installed_and_those_that_are_left_without_the_study(
    tmp_path: Path,
) -> None:
    shutil.copytree(ROOT / "stylus_core", tmp_path / "stylus_core", ignore=shutil.ignore_patterns("__pycache__"))
    alone = run_alone("eval", "--help", path=tmp_path, cwd=tmp_path)
    assert alone.returncode == 2 and "invalid choice: 'eval'" in alone.stderr
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    without = run_alone("eval", "--help", path=tmp_path, cwd=tmp_path)
    assert without.returncode == 1
    assert without.stderr.startswith("stylus: the command 'eval' cannot be loaded")
    assert "No module named 'stylus_study'" in without.stderr and "install" in without.stderr
    shutil.copytree(ROOT / "stylus_study", tmp_path / "stylus_study", ignore=shutil.ignore_patterns("__pycache__"))
    whole = run_alone("eval", "--help", path=tmp_path, cwd=tmp_path)
    assert whole.returncode == 0 and "--judgements" in whole.stdout


@pytest.mark.whole
def test_a_wheel_brings_the_commands_along(tmp_path: Path) -> None:
    source, wheels, site = tmp_path / "source", tmp_path / "wheels", tmp_path / "site"
    parts = ("batch", "eval", "mcp", "study")
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    for name in ("stylus_core", "stylus_host", "stylus_mcp", "stylus_study"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels), str(source)]
    done = subprocess.run(build, capture_output=True, text=True)
    if done.returncode and "setuptools" in done.stderr:
        pytest.skip("no setuptools here that builds a wheel")
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.iterdir()
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True)
    assert not (site / "pyproject.toml").exists()
    (found,) = metadata.distributions(name="stylus-webui", path=[str(site)])
    assert {point.name for point in found.entry_points if point.group == registry.GROUP} == set(parts)
    listed = run_alone("--help", path=site, cwd=tmp_path)
    assert listed.returncode == 0
    assert all(f"\n    {name} " in listed.stdout for name in (*registry.CORE, *parts))
    step = run_alone("study", "run", "--help", path=site, cwd=tmp_path)
    assert step.returncode == 0 and "STUDY.toml" in step.stdout


@pytest.mark.parametrize("package", [name for name in (*PACKAGES, "scripts") if name != "stylus_study"])
def test_neither_the_core_nor_a_host_imports_the_study(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        assert not re.search(r"^\s*(from|import) stylus_study\b", path.read_text(encoding="utf-8"), re.M), path
