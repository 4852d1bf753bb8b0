"""The root's `__init__.py`: ComfyUI loads the nodes by it, and nothing else takes the checkout for a package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import ROOT

#: As people call a checkout; the last is also a library's name, which the checkout must not hide.
FOLDERS = ("stylus_webui", "stylus-webui", "stylus.webui", "packaging")

#: What ComfyUI's `load_custom_node` does, with a `folder_paths` as the only module of its own that is there.
_LOAD = """
import importlib.util, json, logging, sys
if "folder_paths" in sys.argv[2:]:
    sys.modules["folder_paths"] = type(sys)("folder_paths")
logging.basicConfig(format="%(message)s")
first = list(sys.path)
name = sys.argv[1].replace(".", "_x_")
spec = importlib.util.spec_from_file_location(name, sys.argv[1] + "/__init__.py")
module = importlib.util.module_from_spec(spec)
sys.modules[name] = module
spec.loader.exec_module(module)
print(json.dumps({
    "nodes": {key: value.__name__ for key, value in module.NODE_CLASS_MAPPINGS.items()},
    "names": module.NODE_DISPLAY_NAME_MAPPINGS,
    "web": module.WEB_DIRECTORY,
    "kept": sys.path[:len(first)] == first,
    "added": sys.path[len(first):],
    "loaded": [name for name in sys.modules if name.startswith("stylus_c")],
}))
"""
_PACK = """
class Node: ...
NODE_CLASS_MAPPINGS = {"StylusPick": Node}
NODE_DISPLAY_NAME_MAPPINGS = {"StylusPick": "Stylus: pick LoRAs"}
WEB_DIRECTORY = "./stylus_comfyui/web"
"""


def pack(folder: Path, nodes: str = _PACK) -> Path:
    """A checkout with our `__init__.py` and packages that hold next to nothing."""
    for name, text in (("stylus_core", ""), ("stylus_comfyui", nodes)):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(text, "utf-8")
    shutil.copy(ROOT / "__init__.py", folder)
    return folder


def run(*command: str, cwd: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    # Not the whole environment: the checkout under test has to be found by what is proved here.
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    if path:
        environment["PYTHONPATH"] = path
    return subprocess.run([sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True)


def loaded(folder: Path, *there: str, path: str = "") -> tuple[dict, str]:
    """What ComfyUI finds in the module, and what was logged. `-S`: an installed Stylus is not seen."""
    done = run("-S", "-c", _LOAD, str(folder), *there, cwd=folder.parent, path=path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("name", FOLDERS)
def test_comfyui_finds_the_nodes_and_its_own_names_come_first(tmp_path: Path, name: str) -> None:
    folder = pack(tmp_path / name)
    found, said = loaded(folder, "folder_paths")
    assert found["nodes"] == {"StylusPick": "Node"} and found["names"] == {"StylusPick": "Stylus: pick LoRAs"}
    assert (folder / found["web"]).resolve() == folder / "stylus_comfyui" / "web"
    assert found["kept"] and found["added"] == [str(folder)]
    assert said == ""


def test_nothing_is_loaded_where_there_is_no_comfyui(tmp_path: Path) -> None:
    found, said = loaded(pack(tmp_path / "stylus_webui"))
    assert (found["nodes"], found["web"], found["loaded"], found["added"], said) == ({}, None, [], [], "")


def test_nodes_that_cannot_be_loaded_are_told_in_one_sentence_and_fail_nothing(tmp_path: Path) -> None:
    found, said = loaded(pack(tmp_path / "stylus_webui", "import a_package_that_is_missing"), "folder_paths")
    assert (found["nodes"], found["names"], found["web"]) == ({}, {}, None)
    assert said.count("\n") == 1 and "a_package_that_is_missing" in said and "requirements.txt" in said


def test_another_copy_is_named_and_not_mixed_with_ours(tmp_path: Path) -> None:
    other = pack(tmp_path / "other")
    found, said = loaded(pack(tmp_path / "stylus_webui"), "folder_paths", path=str(other))
    assert found["nodes"] == {} and found["web"] is None and "stylus_comfyui" not in found["loaded"]
    assert said.count("\n") == 1 and str(other) in said


def test_the_nodes_of_this_checkout_are_found() -> None:
    """With no more of ComfyUI than `folder_paths`, and the packages that are here."""
    done = run("-c", _LOAD, str(ROOT), "folder_paths", cwd=Path(ROOT.anchor), path=str(ROOT))
    found = json.loads(done.stdout)
    assert done.stderr == "" and set(found["nodes"]) == set(found["names"]) != set()
    assert all(name.startswith("Stylus") for name in found["nodes"])  # two packs cannot have the same one
    assert (ROOT / found["web"]).resolve() == ROOT / "stylus_comfyui" / "web"


_TEST = """
import sys
from pathlib import Path
import tests.room.helper

def test_it():
    import packaging.version
    here = Path(__file__).parents[2]
    assert __name__ == "tests.room.test_it" and tests.room.helper.NAME == "tests.room.helper"
    assert str(here.parent) not in sys.path
    assert here / "__init__.py" not in [Path(m.__file__) for m in [*sys.modules.values()] if getattr(m, "__file__", 0)]
"""


@pytest.mark.whole
@pytest.mark.parametrize("name", FOLDERS)
def test_pytest_takes_no_checkout_for_a_package(tmp_path: Path, name: str) -> None:
    """With our settings; where the name is a library's also by the test's file and in a process of xdist."""
    folder = pack(tmp_path / name)
    (folder / "tests" / "room").mkdir(parents=True)
    for copied in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / copied, folder / copied)
    for made, text in (("__init__", ""), ("helper", "NAME = __name__"), ("test_it", _TEST)):
        (folder / "tests" / "room" / f"{made}.py").write_text(text, "utf-8")
    for arguments in ([], ["tests/room/test_it.py"], ["-n", "1"])[: 3 if name == "packaging" else 1]:
        done = run("-m", "pytest", "-p", "no:cacheprovider", *arguments, cwd=folder)
        assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.whole
@pytest.mark.parametrize("name", ["stylus-webui", "packaging"])
def test_mypy_and_ruff_take_no_checkout_for_a_package(tmp_path: Path, name: str) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    folder = pack(tmp_path / name)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(settings, "utf-8")
    done = run("-m", "mypy", "--cache-dir", os.devnull, "__init__.py", "stylus_core", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    done = run("-m", "ruff", "check", "--no-cache", "__init__.py", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
