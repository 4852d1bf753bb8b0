"""What holds the project together: imports, documents, commands."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import install
import stylus_core
from stylus_core.cli.arguments import FLAGS, METAVAR
from stylus_core.option_table import TABLE
from stylus_core.option_values import Option
from tests.sources import PACKAGES, ROOT, modules, nodes, tree

README = (ROOT / "README.md").read_text(encoding="utf-8")
CORE = sorted(modules("stylus_core", "stylus_study"))


def test_import_is_cheap_and_loads_nothing_heavy() -> None:
    """It loads itself and what `typing` is, and so takes a thousandth of a second: `benchmarks.speed` has the time."""
    code = "import sys; before = set(sys.modules); import stylus_core; print(*sorted({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert [name for name in loaded if name.startswith("stylus")] == ["stylus_core"]
    light = {"stylus_core", "typing", "_typing", "collections", "functools", "operator", "_operator", "_collections"}
    light |= {"keyword", "reprlib", "itertools", "contextlib", "re", "enum", "types", "copyreg", "_sre", "_functools"}
    assert {name.partition(".")[0] for name in loaded} <= light, loaded


@pytest.mark.parametrize("name", stylus_core.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(stylus_core, name) is not None
    assert name in dir(stylus_core)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="Stilus"):
        _ = stylus_core.Stilus


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_the_core_knows_no_host_and_runs_no_data() -> None:
    for path in CORE:
        assert not imported(path) & {"gradio", "modules", "networks"}, path
        called = {n.func.id for n in nodes(path) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        assert not called & {"eval", "exec"}, path
        if path.parent.name != "cli":
            assert "print" not in called, path


def options_table() -> str:
    rows = ["| option | default | values | what it does |", "| --- | --- | --- | --- |"]
    for option in TABLE:
        flag = f"`--{FLAGS.get(option.name, option.name).replace('_', '-')} {METAVAR[option.type]}`"
        name = f"{flag} (`{option.name}`)" if option.name in FLAGS else flag
        default = "none" if option.default == () else "all" if option.default == option.choices else option.default
        kind = "d" if option.type == "int" else "g"
        limits = f"{option.low:{kind}} to {option.high:{kind}}" if option.low is not None else "names"
        rows.append(f"| {name} | {default} | {', '.join(option.choices) or limits} | {option.help} |")
    return "\n".join(rows)


def test_the_readme_lists_the_options_of_the_table() -> None:
    table = options_table()
    assert table in README, f"README.md needs this table:\n{table}"


@pytest.mark.parametrize("option", TABLE, ids=lambda option: option.name)
def test_the_help_of_an_option_is_one_short_line(option: Option) -> None:
    assert option.help.endswith(".") and "\n" not in option.help and len(option.help) <= 100


def test_the_hosts_of_the_family_are_listed_and_tested() -> None:
    """Those that are tested with their pins, and on the Python of each."""
    family = ("AUTOMATIC1111", "Forge", "Forge Neo", "reForge", "SD.Next")
    extension = (ROOT / "docs" / "extension.md").read_text(encoding="utf-8")
    for text in (README, extension.replace(" and SD.Next", ", SD.Next")):
        assert ", ".join(family) in text
    rows = re.findall(r"^\| (SD\.Next|reForge|[A-Z]\w*(?: Neo)?)\b[^|]*\| 3\.", extension, re.M)
    assert set(rows) == set(family)
    pins = {path.stem.partition("-")[2] for path in (ROOT / "tests" / "host").glob("requirements-*.txt")}
    (hosts,) = re.findall(r"^HOSTS \?= (.+)$", (ROOT / "host.mk").read_text(encoding="utf-8"), re.M)
    assert pins == set(hosts.split()) == {"a1111", "forge", "neo"}


def test_every_python_that_is_promised_is_tested() -> None:
    promised = set(re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    (makefile,) = re.findall(r"^PYTHONS \?= (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert promised == set(makefile.split()) == {"3.10", "3.11", "3.12", "3.13"}


def test_the_readme_gives_the_commands_that_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.M))
    named = set(re.findall(r"make (demo|test|bench|clean|lint|setup)\b", README))
    assert {"demo", "test", "bench"} <= named <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_links_of_the_documents_lead_to_files() -> None:
    missing = []
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")):
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in link and not (path.parent / link).exists():
                missing.append(f"{path.relative_to(ROOT)}: {link}")
    assert missing == []


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~;\[ ]", line)[0].lower() for line in requirements}


def test_a_host_is_asked_for_what_the_core_needs_and_no_more() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert names(list(install.PACKAGES)) == names(project["dependencies"]) | {"openai"}
    pins = install.read_pins()
    asked_for = {n for n, pin in pins.items() if not pin.asked_by - {"huggingface-hub"} and n != "huggingface-hub"}
    assert {*install.PACKAGES, *install.BARE_PACKAGES} <= asked_for


def test_what_a_host_gets_is_told_by_version_and_hash() -> None:
    """Each package of the list on a line of its own with one release of it, and hashes of its files below."""
    for name, pin in install.read_pins().items():
        lines = [line.rstrip("\\ ") for line in pin.text.splitlines()]
        heads = [at for at, line in enumerate(lines) if not line.startswith(" ")]
        for head, following in zip(heads, [*heads[1:], len(lines)], strict=True):
            assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .*)?", lines[head]), name
            hashes = lines[head + 1 : following]
            assert hashes and all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}", line) for line in hashes), name


def test_the_list_holds_whatever_a_package_of_it_asks_for() -> None:
    """As far as the packages are installed here: what they say they need is there, and is said to be for them."""
    pins = install.read_pins()
    checked = 0
    for name in pins:
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        if name in install.BARE_PACKAGES or f"{name}=={found.version} " not in pins[name].text:
            continue
        for line in found.requires or ():
            if ";" not in line:  # what all systems and Pythons need
                needed = re.split(r"[<>=!~;\[ (]", line)[0].lower().replace("_", "-")
                assert name in pins[needed].asked_by, (name, needed)
                checked += 1
    if not checked:
        pytest.skip("none of the list's releases is installed here")


def test_a_class_name_stands_for_one_thing() -> None:
    """In the whole project; only the stand-in of a host has the host's own names."""
    places: dict[str, list[str]] = {}
    for path in modules(*PACKAGES, "samples", "examples", "benchmarks", "tests"):
        for node in nodes(path) if "standin" not in path.parts else ():
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_what_a_test_takes_from_another_is_there() -> None:
    """Also where the test itself runs only in a host's environment."""
    missing = []
    for path in modules("tests"):
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
                source = ROOT.joinpath(*node.module.split(".")).with_suffix(".py")
                if source.is_file():  # and not a package
                    there = top_names(source)
                    where = f"{path.relative_to(ROOT)}: {node.module}"
                    missing += [f"{where}.{name.name}" for name in node.names if name.name not in there]
    assert not missing


def top_names(path: Path) -> set[str]:
    """What a file defines, imports or assigns outside of its functions and classes, and a little more."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree(path)]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        todo += ast.iter_child_nodes(node)
    return found


def test_no_path_of_a_machine_is_in_the_tree() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and path != Path(__file__).resolve():
            text = path.read_bytes()
            assert not re.search(rb"/(work|farm)/\w|/home/\w+/|/tmp/bash_jobs", text), name
