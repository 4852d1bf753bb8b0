"""`docs/adding.md` does what it says: its code is taken out of the document and run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.library.build import safetensors, sidecar

DOCUMENT = (Path(__file__).parent.parent / "docs" / "adding.md").read_text(encoding="utf-8")


def code(heading: str) -> str:
    """The Python under a heading of the document."""
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"```python\n(.*?)```", section, re.S))


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
