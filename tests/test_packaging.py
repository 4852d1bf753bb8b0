"""What the distribution says of itself, and the wheel: what it holds, and that it works without a checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import stylus_core
from samples.make_samples import build
from tests.sources import PACKAGES, ROOT, modules

#: What the wheel holds of them.
IN_WHEEL = ("stylus_core", "stylus_host", "stylus_study")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_one_version_is_told_everywhere() -> None:
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text_of("CHANGELOG.md"), re.M)
    assert newest is not None and newest[1] == stylus_core.__version__
    assert f"\nversion: {stylus_core.__version__}\n" in text_of("CITATION.cff")


def test_whoever_cites_finds_the_paper_with_all_its_authors() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    citation = yaml.safe_load(text_of("CITATION.cff"))
    paper = citation["preferred-citation"]
    assert paper["title"] == "Stylus: Automatic Adapter Selection for Diffusion Models"
    assert [a["family-names"] for a in paper["authors"]] == (
        ["Luo", "Wong", "Trabucco", "Huang", "Gonzalez", "Chen", "Salakhutdinov", "Stoica"]
    )
    assert citation["license"] == "Apache-2.0"


def test_forms_for_issues_and_the_hosted_checks_can_be_read() -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")):
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        fields = [field["id"] for field in form.get("body", ()) if field["type"] != "markdown"]
        assert len(fields) == len(set(fields)), path.name
    checks = yaml.safe_load(text_of(".github/workflows/ci.yml"))
    assert checks["permissions"] == {"contents": "read"}
    assert "secrets." not in text_of(".github/workflows/ci.yml")
    targets = set(re.findall(r"^([\w-]+):", text_of("Makefile"), re.M))
    commands = [step["run"] for job in checks["jobs"].values() for step in job["steps"] if "run" in step]
    assert ".ci/run" in commands
    assert {c.removeprefix("make ") for c in commands if c.startswith("make ")} <= targets


def test_docs_install_from_a_checkout_or_a_wheel_as_nothing_of_ours_is_elsewhere() -> None:
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        if path.name != "packaging.md":  # says why not
            assert not re.search(r"pip install\s+\S?stylus", path.read_text(encoding="utf-8")), path.name


def test_every_extra_that_is_named_is_there() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    places = [ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for path in (*places, *modules(*PACKAGES, "benchmarks", "tests")):
        for named in re.findall(r"(?:\.|stylus-webui|whl)\[([a-z]+(?:,[a-z]+)*)\]", path.read_text(encoding="utf-8")):
            assert set(named.split(",")) <= set(extras), path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built out of a copy of what is tracked, without the network."""
    if find_spec("setuptools") is None or find_spec("pip") is None:
        pytest.skip("building takes pip and setuptools in this environment")
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("building takes setuptools 77 or newer")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in listed.stdout.decode().split("\0"):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(out), str(copy))
    (made,) = out.glob("*.whl")
    return made


def pip(command: str, *arguments: str) -> None:
    fixed = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", command, *fixed, *arguments], check=True, cwd=ROOT.anchor)


@pytest.mark.whole
def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    about = f"{wheel.name.partition('-py3')[0]}.dist-info"
    assert {name.partition("/")[0] for name in held} == {*IN_WHEEL, about}
    files = {
        path.relative_to(ROOT).as_posix()
        for package in IN_WHEEL
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= held
    licences = {name.partition("/licenses/")[2] for name in held if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE", "stylus_core/prompt/wordnet-license.txt"}


@pytest.mark.whole
def test_the_wheel_selects_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    installed, apart = tmp_path / "installed", tmp_path / "apart"
    apart.mkdir()
    pip("install", "--target", str(installed), str(wheel))
    library, _ = build(tmp_path)
    env = {**os.environ, "PYTHONPATH": str(installed), "STYLUS_HOME": str(tmp_path / "home")}

    def said(*command: str) -> str:
        done = subprocess.run(command, cwd=apart, env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    stylus = str(installed / "bin" / "stylus")
    where = said(sys.executable, "-c", "import stylus_core, stylus_study; print(stylus_core.__file__)")
    assert Path(where).is_relative_to(installed)
    assert said(sys.executable, stylus, "--version") == f"stylus {stylus_core.__version__}"
    asked = ["a corgi in the snow", "--library", str(library), "--encoder", "none", "--json"]
    found = said(sys.executable, stylus, "select", *asked)
    assert [pick["name"] for pick in json.loads(found)["picks"]] == ["pembroke_corgi"]
