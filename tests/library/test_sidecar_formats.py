"""What is declared of a sidecar's format, and that none of it is forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from stylus_core.library import sidecars
from stylus_core.library.sidecar_format import JsonSidecar, MetadataSource, TextSidecar, Trust
from stylus_core.library.sidecars.registry import SOURCES, TRUST, TRUST_OF
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

ROOT = Path(__file__).parents[2]
RECORD = {"modelId": 3, "id": 4, "baseModel": "SDXL 1.0", "files": [], "images": [], "trainedWords": ["brass kettle"]}
#: A record of each source that claims the trigger words.
SAMPLES: dict[str, Any] = {
    ".json": {"activation text": "brass kettle"},
    ".civitai.info": RECORD,
    ".civitai.json": RECORD,
    ".api_info.json": RECORD,
    ".json (Civitai)": RECORD,
    ".metadata.json": {"file_name": "a", "trainedWords": ["brass kettle"]},
    ".cm-info.json": {"TrainedWords": ["brass kettle"]},
    ".safetensors.rgthree-info.json": {"trainedWords": [{"word": "brass kettle", "user": True}]},
    ".swarm.json": {"modelspec.trigger_phrase": "brass kettle"},
}


def documented() -> str:
    rows = ["| source | who writes it | what is read |", "| --- | --- | --- |"]
    by_name = {source.source: source for source in SOURCES}
    rows += [f"| `{name}` | {by_name[name].written_by} | {by_name[name].tells} |" for name in TRUST]
    return "\n".join(rows)


def test_the_docs_list_the_sources_in_the_order_of_trust() -> None:
    table = documented()
    text = (ROOT / "docs" / "sidecars.md").read_text(encoding="utf-8")
    assert table in text, f"docs/sidecars.md needs this table:\n{table}"


def test_every_format_of_the_folder_is_registered() -> None:
    declared = [
        value
        for module in pkgutil.iter_modules(sidecars.__path__)
        for value in vars(importlib.import_module(f"{sidecars.__name__}.{module.name}")).values()
        if isinstance(value, MetadataSource)
    ]
    assert [d.source for d in declared if d not in SOURCES] == []
    assert len({s.source for s in SOURCES}) == len(SOURCES)


@pytest.mark.parametrize("forgotten", ["suffix", "source", "read", "expected", "trust", "written_by", "tells"])
def test_a_format_without_one_of_its_halves_cannot_be_declared(forgotten: str) -> None:
    whole = {
        **{"suffix": ".x.json", "source": ".x.json", "read": lambda record, context: {}, "expected": {}},
        **{"trust": Trust.TOOL, "written_by": "somebody", "tells": "something"},
    }
    assert JsonSidecar(**whole)  # type: ignore[arg-type]
    del whole[forgotten]
    with pytest.raises(TypeError, match=forgotten):
        JsonSidecar(**whole)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [s for s in SOURCES if isinstance(s, JsonSidecar)], ids=lambda s: s.source)
def test_each_record_is_read_and_believed_where_it_speaks_alone(shelf: Shelf, source: JsonSidecar) -> None:
    sidecar(safetensors(shelf.loras / "a.safetensors"), source.suffix, SAMPLES[source.source])
    found = shelf.one().metadata
    assert (found.trigger_words, found.provenance["trigger_words"]) == (("brass kettle",), source.source)


@pytest.mark.parametrize("source", [s for s in SOURCES if isinstance(s, TextSidecar)], ids=lambda s: s.source)
def test_each_text_is_read_and_believed_where_it_speaks_alone(shelf: Shelf, source: TextSidecar) -> None:
    sidecar(safetensors(shelf.loras / "a.safetensors"), source.suffix, "a kettle of brass")
    found = shelf.one().metadata
    assert (found.description, found.provenance["description"]) == ("a kettle of brass", source.source)


def test_the_order_of_trust() -> None:
    site = (".civitai.info", ".civitai.json", ".api_info.json", ".json (Civitai)")
    tools = (".metadata.json", ".cm-info.json", ".safetensors.rgthree-info.json", ".swarm.json")
    assert TRUST == (".json", *site, *tools, ".txt", ".description.txt", "header", ".html")
    assert set(TRUST_OF) == {"base_model", "sha256", "autov3"}
    assert TRUST_OF["base_model"][-1] == ".json" and TRUST_OF["base_model"][:8] == (*site, *tools)
    assert TRUST_OF["autov3"][0] == "header"
    assert TRUST_OF["sha256"][:7] == (".metadata.json", ".safetensors.rgthree-info.json", *site, ".json")
