"""Civitai's record is known by its content, and the version in it by what is told about the file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

ONE, TWO, THREE = "1a" * 32, "2b" * 32, "3c" * 32
SDXL = {"lora_unet_down_blocks_1_attentions_0_transformer_blocks_1_attn2_to_k.lora_down.weight": (4, 2048)}
FLUX = {"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (4, 3072)}


def version(number: int, name: str, base: str, file: str, digest: str = "", **more: Any) -> dict[str, Any]:
    hashes = {"SHA256": digest.upper(), "AutoV2": digest[:10].upper(), "AutoV3": digest[::-1][:12].upper()}
    files = [{"id": number * 7, "name": file, "primary": True, "hashes": hashes if digest else {}}]
    return {"id": number, "name": name, "baseModel": base, "trainedWords": [f"word{number}"], "files": files, **more}


def model(**changes: Any) -> dict[str, Any]:
    """A model's record: the newest of its three versions stands first."""
    return {
        "id": 70,
        "name": "Quill Badger",
        "type": "LORA",
        "description": "<p>A badger made of quills.</p>",
        "tags": ["animal"],
        "creator": {"username": "somebody"},
        "modelVersions": [
            version(703, "v3 Flux", "Flux.1 D", "badger_three.safetensors", THREE),
            version(702, "v2 Pony", "Pony", "badger_two.safetensors", TWO),
            version(701, "v1", "Illustrious", "badger_one.safetensors", ONE),
        ],
        **changes,
    }


def found_version(shelf: Shelf) -> tuple[str, tuple[str, ...]]:
    found = shelf.one().metadata
    return found.version, found.trigger_words


@pytest.mark.parametrize("suffix", [".json", ".api_info.json", ".civitai.info", ".civitai.json", ".metadata.json"])
def test_a_models_record_is_known_by_its_content(shelf: Shelf, suffix: str) -> None:
    sidecar(safetensors(shelf.loras / "badger_two.safetensors", tensors=SDXL), suffix, model())
    found = shelf.one().metadata
    assert (found.title, found.description, found.tags) == ("Quill Badger", "A badger made of quills.", ("animal",))
    assert (found.model_id, found.version_id, found.version, found.base_model) == (70, 702, "v2 Pony", "Pony")
    assert (found.trigger_words, found.sha256) == (("word702",), TWO)
    assert found.provenance["title"] == (".json (Civitai)" if suffix == ".json" else suffix)
    assert shelf.library.problems() == []


@pytest.mark.parametrize("wrap", [lambda r: [r], lambda r: {"items": [r], "metadata": {}}, lambda r: {"model": r}])
@pytest.mark.parametrize("suffix", [".json", ".api_info.json"])
def test_what_tools_wrap_around_a_record_is_seen_through(shelf: Shelf, suffix: str, wrap: Any) -> None:
    sidecar(safetensors(shelf.loras / "badger_one.safetensors", tensors=SDXL), suffix, wrap(model()))
    assert shelf.one().title == "Quill Badger"
    assert found_version(shelf) == ("v1", ("word701",))
    assert shelf.library.problems() == []


@pytest.mark.parametrize("suffix", [".json", ".api_info.json", ".metadata.json", ".civitai.json"])
def test_a_versions_record_is_known_by_its_content(shelf: Shelf, suffix: str) -> None:
    record = {**version(702, "v2", "Pony", "any.safetensors", TWO), "modelId": 70, "model": {"name": "Quill Badger"}}
    sidecar(safetensors(shelf.loras / "renamed.safetensors", tensors=SDXL), suffix, record)
    found = shelf.one().metadata
    assert (found.title, found.version, found.model_id, found.version_id) == ("Quill Badger", "v2", 70, 702)


@pytest.mark.parametrize(
    ("suffix", "told"),
    [
        (".json", {"modelId": 70, "modelVersionId": 702, "activation text": ""}),
        (".json", {"modelVersionId": "702"}),
        (".json", {"sha256": TWO.upper()}),
        (".json", {"modelId": "Model not found", "modelVersionId": "Model not found", "sha256": TWO}),
        (".metadata.json", {"file_name": "renamed", "model_name": "renamed", "sha256": TWO, "civitai": {}}),
        (".metadata.json", {"file_name": "renamed", "autov3": TWO[::-1][:12], "civitai": None}),
        (".metadata.json", {"file_name": "renamed", "civitai": {"id": 702, "modelId": 70}}),
        (".cm-info.json", {"ModelId": 70, "VersionId": 702}),
        (".cm-info.json", {"Hashes": {"SHA256": TWO}}),
        (".civitai.info", {"id": 702, "modelId": 70}),
        (".safetensors.rgthree-info.json", {"sha256": TWO, "trainedWords": []}),
        (".safetensors.rgthree-info.json", {"raw": {"civitai": {"id": 702, "modelId": 70}}}),
    ],
)
def test_the_version_of_a_renamed_file_is_told_by_any_other_sidecar(
    shelf: Shelf, suffix: str, told: dict[str, Any]
) -> None:
    path = safetensors(shelf.loras / "renamed.safetensors", tensors={})
    sidecar(path, ".api_info.json", model())
    assert found_version(shelf) == ("v3 Flux", ("word703",))  # nothing tells yet: the first
    sidecar(path, suffix, told)
    assert found_version(shelf) == ("v2 Pony", ("word702",))


@pytest.mark.parametrize(("key", "mark"), [("sshs_model_hash", ""), ("modelspec.hash_sha256", "0x")])
def test_the_version_is_told_by_the_hash_in_the_header(shelf: Shelf, key: str, mark: str) -> None:
    metadata = {key: mark + TWO[::-1]}
    sidecar(safetensors(shelf.loras / "renamed.safetensors", metadata, tensors={}), ".json", model())
    assert found_version(shelf) == ("v2 Pony", ("word702",))


@pytest.mark.parametrize(
    ("stem", "alias", "name"),
    [
        ("badger_one", "", "v1"),
        ("BADGER_ONE", "", "v1"),
        ("renamed", "badger_two", "v2 Pony"),  # what its trainer called it
        ("badger_one-1a1a", "", "v1"),  # a tool made the name unique with its hash
        ("badger_two_4914", "", "v2 Pony"),  # or with the file's number on the site
        ("badger_two_702", "", "v2 Pony"),  # or the version's
        ("badger two", "", "v2 Pony"),
        ("Badger-One (2)", "", "v1"),  # downloaded twice
        ("badger_one - Copy", "", "v1"),
        ("PONY_badger_two_fixed", "", "v2 Pony"),
        ("badger", "", "v3 Flux"),
    ],
)
def test_the_version_is_told_by_a_name(shelf: Shelf, stem: str, alias: str, name: str) -> None:
    sidecar(safetensors(shelf.loras / f"{stem}.safetensors", {"ss_output_name": alias}, {}), ".json", model())
    assert found_version(shelf)[0] == name


@pytest.mark.parametrize(
    ("tensors", "metadata", "name"),
    [
        (FLUX, {}, "v3 Flux"),
        (SDXL, {}, "v2 Pony"),  # the first of those for SDXL
        (SDXL, {"ss_sd_model_name": "waiNSFWIllustrious_v140.safetensors"}, "v1"),
        ({}, {"ss_base_model_version": "sdxl_base_v1-0"}, "v2 Pony"),
        ({}, {}, "v3 Flux"),
    ],
)
def test_else_the_version_for_the_files_base_model(
    shelf: Shelf, tensors: dict[str, tuple[int, ...]], metadata: dict[str, str], name: str
) -> None:
    sidecar(safetensors(shelf.loras / "renamed.safetensors", metadata, tensors), ".api_info.json", model())
    assert found_version(shelf)[0] == name


def test_among_equals_the_version_that_the_file_names(shelf: Shelf) -> None:
    versions = [version(n, f"v{n}.0", "Illustrious", "badger.safetensors") for n in (3, 2, 1)]
    sidecar(safetensors(shelf.loras / "badger_v2.safetensors", tensors=SDXL), ".json", model(modelVersions=versions))
    assert found_version(shelf)[0] == "v2.0"


def test_the_id_counts_before_the_hash_and_the_hash_before_the_name(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "badger_three.safetensors", tensors={})
    sidecar(path, ".api_info.json", model())
    sidecar(path, ".json", {"sha256": TWO})
    assert found_version(shelf)[0] == "v2 Pony"
    sidecar(path, ".json", {"sha256": TWO, "modelVersionId": 701})
    assert found_version(shelf)[0] == "v1"


def test_the_users_file_names_another_version_than_the_record(shelf: Shelf) -> None:
    """The order of trust: what `.json` says of the ids counts, and each record keeps its own words."""
    path = safetensors(shelf.loras / "renamed.safetensors", tensors=SDXL)
    sidecar(path, ".json", {"modelId": 70, "modelVersionId": 701})
    record = {**version(702, "v2", "Pony", "x.safetensors"), "modelId": 70, "model": {"name": "Quill Badger"}}
    sidecar(path, ".civitai.info", record)
    found = shelf.one().metadata
    assert (found.version_id, found.version, found.provenance["version_id"]) == (701, "v2", ".json")


def test_the_file_of_a_version_is_the_one_with_its_hash(shelf: Shelf) -> None:
    record = version(702, "v2", "Pony", "pruned.safetensors", TWO)
    record["files"].append({"name": "training.zip", "hashes": {"SHA256": ONE}})
    path = safetensors(shelf.loras / "renamed.safetensors", tensors=SDXL)
    sidecar(path, ".civitai.info", {**record, "modelId": 70})
    assert shelf.one().metadata.sha256 == TWO  # the primary one
    sidecar(path, ".metadata.json", {"file_name": "renamed", "autov3": ONE[:12]})
    assert shelf.one().metadata.provenance["sha256"] == ".civitai.info"
    assert shelf.one().metadata.sha256 == ONE


def test_the_editors_keys_beside_the_sites_record_are_the_users(shelf: Shelf) -> None:
    """SD.Next put the record into S.json, and the WebUI's editor saved its own keys into it."""
    path = safetensors(shelf.loras / "badger_two.safetensors", tensors=SDXL)
    keys = {"activation text": "quilled", "preferred weight": 0.45, "notes": "hedges", "sd version": "SDXL"}
    sidecar(path, ".json", {**model(), **keys, "description": "My favourite badger"})
    found = shelf.one()
    assert (found.title, found.metadata.version) == ("Quill Badger", "v2 Pony")
    assert (found.metadata.trigger_words, found.metadata.user_weight) == (("quilled",), 0.45)
    assert found.metadata.own_words == "My favourite badger\n\nhedges"
    sidecar(path, ".json", {**model(), **keys})  # the description is the site's still
    found = shelf.one()
    assert (found.metadata.description, found.metadata.own_words) == ("A badger made of quills.", "hedges")


@pytest.mark.parametrize(
    "record",
    [
        {"modelVersions": []},
        {"modelVersions": [None, 5, "x", {}]},
        {"modelVersions": [{"id": None, "files": None, "images": None, "trainedWords": None}]},
        {"modelVersions": [{"files": [None, {"name": None, "hashes": None}, {"hashes": {"SHA256": 5}}]}] * 2},
        {"modelVersions": [{"id": 10**30, "name": ["v"], "baseModel": {}, "files": {}}] * 600},
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".api_info.json"])
def test_records_with_nothing_in_them_say_nothing(shelf: Shelf, suffix: str, record: dict[str, Any]) -> None:
    path = safetensors(shelf.loras / "renamed.safetensors", {"sshs_model_hash": ONE}, SDXL)
    sidecar(path, suffix, json.dumps(record))
    found = shelf.one()
    assert (found.status, found.title, found.metadata.architecture) == ("ok", "renamed", "sdxl")
