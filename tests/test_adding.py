"""`docs/adding.md` does what it says: its code is taken out of the document and run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.library.build import safetensors, sidecar

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")


def code(heading: str, language: str = "python") -> str:
    """The code under a heading of the document."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", section, re.S))


def patched(text: str, diff: str) -> str:
    """A text with the lines of a diff added, each where its context says."""
    for part in diff.split("@@\n"):
        before = "".join(line[1:] for line in part.splitlines(keepends=True) if line[0] == " ")
        assert text.count(before) == 1, before
        text = text.replace(before, "".join(line[1:] for line in part.splitlines(keepends=True)))
    return text


def copied(folder: Path) -> Path:
    """A copy of the package, to which something can be added."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(ROOT / "stylus_core", folder / "stylus_core", ignore=ignored))


def told(package: Path, script: str, *arguments: str) -> Any:
    """What a script prints as JSON that runs with this copy of the package."""
    path = os.pathsep.join((str(package.parent), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=package.parent,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


READ = """
import json, sys
from pathlib import Path
from stylus_core.library import Library
from stylus_core.refiner import MetadataRefiner
from tests.library.build import safetensors, sidecar
home = Path(sys.argv[1])
digest = "ab" * 32
path = safetensors(home / "loras" / "a.safetensors", {"modelspec.title": "The Header's"})
files = [{"hashes": {"SHA256": "cd" * 32}}]
site = {"id": 1, "modelId": 2, "files": files, "images": [], "model": {"name": "The Site's"}}
with Library(home / "library.sqlite", MetadataRefiner()) as library:
    found = []
    sidecar(path, ".lora-card.json", {"name": "Brass Kettle", "words": ["kettle", 5], "sha256": digest})
    for write in (lambda: None, lambda: sidecar(path, ".civitai.info", site)):
        write()
        library.scan([path.parent])
        (adapter,) = library.adapters()
        known = adapter.metadata
        found.append([known.title, known.provenance["title"], known.trigger_words, known.sha256 == digest])
    sidecar(path, ".lora-card.json", {"name": ["x"]})
    library.scan([path.parent])
    print(json.dumps([*found, [p.reason for p in library.problems()]]))
"""


def test_a_new_sidecar_format(tmp_path: Path) -> None:
    package = copied(tmp_path)
    folder = package / "library" / "sidecars"
    (folder / "lora_cards.py").write_text(code("A new sidecar format"), encoding="utf-8")
    registry = folder / "registry.py"
    text = patched(registry.read_text(encoding="utf-8"), code("A new sidecar format", "diff"))
    registry.write_text(text, encoding="utf-8")
    name = ".lora-card.json"
    assert told(package, READ, str(tmp_path)) == [
        ["Brass Kettle", name, ["kettle"], True],
        ["The Site's", ".civitai.info", ["kettle"], True],
        [f"a{name}: ignored for their wrong type: name"],
    ]


SEEN = """
import json
from stylus_core.base_models import fits
from stylus_core.base_models.recognise import adapter_base, checkpoint_base, class_base, stated_architecture
from stylus_core.option_table import BY_NAME
print(json.dumps({
    "choices": [c for c in BY_NAME["architecture"].choices if "brass" in c],
    "stated": stated_architecture("Brass-Image 2"),
    "adapter": adapter_base({"lora_unet_pipes_7_valve.lora_down.weight": (4, 1000)}, [("", "brass_image small")])[:2],
    "checkpoint": checkpoint_base({"pipes.0.valve.weight": (9, 9)}),
    "host": class_base("BrassImagePipeline"),
    "wall": [fits("brass-small", "brass"), fits("brass", "sdxl")],
}))
"""


def test_a_new_base_model(tmp_path: Path) -> None:
    package = copied(tmp_path)
    with open(package / "base_models" / "image.py", "a", encoding="utf-8") as file:
        file.write("\n\n" + code("A new base model"))
    assert told(package, SEEN) == {
        "choices": ["brass", "brass-small"],
        "stated": "brass",
        "adapter": ["brass", "small"],
        "checkpoint": "brass",
        "host": "brass",
        "wall": [True, False],
    }


def test_a_new_composer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    for stem, title in (("kettle", "Brass Kettle"), ("lamp", "Paper Lamp")):
        sidecar(safetensors(tmp_path / "loras" / f"{stem}.safetensors"), ".civitai.info", {"model": {"name": title}})
    names: dict[str, Any] = {"folder": tmp_path / "loras"}
    exec(code("A new composer"), names)  # noqa: S102 - ours
    selection = names["selection"]
    assert selection.composer == "title"
    assert [(pick.name, pick.keyword) for pick in selection.picks] == [("kettle", "brass kettle")]
    assert "<lora:kettle:" in selection.rewritten
