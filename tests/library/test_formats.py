"""What today's tools write, field by field: managers of models, editors, and trainers in the header."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from stylus_core.prompt.tags import UNWRITABLE_TOLD
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

HASH = "4d" * 32


def matrix(**changes: Any) -> dict[str, Any]:
    return {
        "ModelId": 31,
        "ModelName": "Willow Ferry",
        "ModelDescription": "<p>A ferry under willows.</p>",
        "Nsfw": True,
        "Tags": ["vehicle"],
        "ModelType": "LORA",
        "VersionId": 32,
        "VersionName": "v2",
        "VersionDescription": "<p>Calmer water. Use it at <b>0.65</b> strength.</p>",
        "AuthorUsername": "somebody",
        "BaseModel": "Illustrious",
        "RemoteFileName": "ferry.safetensors",
        "FileMetadata": {"fp": "fp16", "size": "full", "format": "SafeTensor"},
        "ImportedAt": "2025-03-01T10:00:00+00:00",
        "Hashes": {"SHA256": HASH.upper(), "AutoV3": None},
        "TrainedWords": ["willow ferry"],
        "Stats": {"downloadCount": 3},
        "ThumbnailImageUrl": "https://x.test/a.png",
        "InferenceDefaults": None,
        "Source": "Civitai",
        **changes,
    }


def manager(**changes: Any) -> dict[str, Any]:
    return {
        "file_name": "ferry",
        "model_name": "Willow Ferry",
        "base_model": "Illustrious",
        "sha256": HASH,
        "notes": "",
        "from_civitai": True,
        "civitai": {"id": 32, "modelId": 31, "name": "v2", "model": {"name": "Willow Ferry", "nsfw": False}},
        "tags": [],
        "modelDescription": "",
        "usage_tips": "{}",
        "exclude": False,
        "preview_nsfw_level": 1,
        **changes,
    }


def test_the_description_of_the_version_joins_the_models(shelf: Shelf) -> None:
    sidecar(safetensors(shelf.loras / "ferry.safetensors", tensors={}), ".cm-info.json", matrix())
    found = shelf.one()
    assert found.metadata.description == "A ferry under willows.\n\nCalmer water. Use it at 0.65 strength."
    assert found.metadata.version_description == "Calmer water. Use it at 0.65 strength."
    assert (found.metadata.version, found.metadata.nsfw, found.metadata.sha256) == ("v2", 8, HASH)
    assert found.card.weight == 0.65 and found.metadata.architecture == "sdxl"


def test_civitais_description_of_the_version_is_kept_apart_too(shelf: Shelf) -> None:
    record = {"id": 1, "modelId": 2, "description": "<p>New hat.</p>", "model": {"description": "<p>A hat.</p>"}}
    sidecar(safetensors(shelf.loras / "hat.safetensors"), ".civitai.info", record)
    found = shelf.one().metadata
    assert (found.description, found.version_description) == ("A hat.\n\nNew hat.", "New hat.")


def test_the_users_title_wins_and_the_sites_still_finds_it(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "f1.safetensors")
    sidecar(path, ".cm-info.json", matrix(UserTitle="The green boat", UserTags=["calm", "river"]))
    sidecar(path, ".civitai.info", {"id": 32, "modelId": 31, "model": {"name": "Willow Ferry"}})
    found = shelf.one()
    assert (found.title, found.card.subject, found.metadata.site_title) == ("The green boat",) * 2 + ("Willow Ferry",)
    assert found.metadata.provenance["title"] == ".cm-info.json"
    assert found.metadata.tags == ("calm", "river", "vehicle")
    assert [a.stem for a in shelf.library.find("the green boat")] == ["f1"]


@pytest.mark.parametrize("title", ["", None, [], 7.5e300])
def test_a_title_that_the_user_did_not_give(shelf: Shelf, title: object) -> None:
    sidecar(safetensors(shelf.loras / "f1.safetensors"), ".cm-info.json", matrix(UserTitle=title))
    assert (shelf.one().title, shelf.one().metadata.site_title) == ("Willow Ferry", "")


def test_a_name_edited_in_lora_manager_is_the_users_title(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "ferry.safetensors")
    sidecar(path, ".civitai.info", {"id": 32, "modelId": 31, "model": {"name": "Willow Ferry"}})
    sidecar(path, ".metadata.json", manager(model_name="Boat for rivers"))
    found = shelf.one()
    assert (found.title, found.metadata.site_title) == ("Boat for rivers", "Willow Ferry")
    sidecar(path, ".metadata.json", manager())
    assert (shelf.one().title, shelf.one().metadata.site_title) == ("Willow Ferry", "")


@pytest.mark.parametrize("name", ["hf_ferry", "hf_ferry.safetensors", "lora", "pytorch_lora_weights", "", None])
def test_a_record_of_a_file_from_hugging_face(shelf: Shelf, name: object) -> None:
    record = manager(file_name="hf_ferry", model_name=name, base_model="Unknown", civitai={}, from_civitai=False)
    record |= {"hf_url": "https://huggingface.co/a/b", "trainedWords": ["ferrw"], "preview_nsfw_level": 0}
    sidecar(safetensors(shelf.loras / "hf_ferry.safetensors", tensors={}), ".metadata.json", record)
    found = shelf.one()
    assert (found.metadata.title, found.title, found.metadata.trigger_words) == ("", "hf_ferry", ("ferrw",))
    assert (found.metadata.base_model, found.metadata.nsfw) == ("", None)
    assert found.card.subject == "hf ferry"


@pytest.mark.parametrize(
    ("site", "preview", "level"), [(False, 1, 1), (True, 1, 8), (False, 4, 4), (None, 2, 2), ("", 0, None)]
)
def test_the_level_is_the_sites_or_the_previews_whichever_is_higher(
    shelf: Shelf, site: object, preview: int, level: int | None
) -> None:
    record = manager(preview_nsfw_level=preview, civitai={"id": 1, "modelId": 2, "model": {"nsfw": site}})
    sidecar(safetensors(shelf.loras / "ferry.safetensors"), ".metadata.json", record)
    assert shelf.one().metadata.nsfw == level


@pytest.mark.parametrize(("field", "level"), [({"nsfwLevel": 28}, 28), ({"nsfw": True}, 8), ({"nsfw": False}, 1)])
def test_the_level_of_civitais_record_is_kept(shelf: Shelf, field: dict[str, object], level: int) -> None:
    path = safetensors(shelf.loras / "ferry.safetensors")
    sidecar(path, ".json", {"id": 31, "name": "Willow Ferry", "modelVersions": [{"id": 32}], **field})
    assert shelf.one().metadata.nsfw == level


def test_an_offline_record_says_no_more_than_the_file(shelf: Shelf) -> None:
    """Civitai-Helper fills it in from the file's name and its training folders."""
    record = {
        "id": "",
        "modelId": "",
        "name": "ferry",
        "trainedWords": ["img", "ferry"],
        "baseModel": "Unknown",
        "description": "",
        "model": {"name": "ferry.safetensors", "type": "lora", "nsfw": "", "poi": ""},
        "files": [{"name": "ferry.safetensors", "hashes": {"SHA256": HASH.upper(), "AutoV2": HASH[:10]}}],
        "tags": ["water"],
        "skeleton_file": True,
    }
    sidecar(safetensors(shelf.loras / "ferry.safetensors", tensors={}), ".civitai.info", record)
    found = shelf.one().metadata
    assert (found.title, found.version, found.trigger_words, found.base_model) == ("", "", (), "")
    assert found.sha256 == HASH


def test_rgthrees_info(shelf: Shelf) -> None:
    record = {
        "file": "ferry.safetensors",
        "name": "Willow Ferry - v2",
        "baseModel": "SDXL 1.0",
        "sha256": HASH,
        "trainedWords": [
            {"word": "wilferry", "civitai": True},
            {"word": "my own word", "user": True},
            {"word": "1girl", "count": 40, "metadata": True},
        ],
        "strengthMin": 0.4,
        "strengthMax": "0.9",
        "userNote": "best in the rain",
        "userTags": ["rainy"],
        "images": [{"url": "/x"}],
        "raw": {
            "civitai": {"id": 32, "modelId": 31, "name": "v2", "trainedWords": ["wilferry"], "images": [],
                        "model": {"name": "Willow Ferry", "type": "LORA"}},
            "metadata": {"ss_output_name": "x"},
        },
    }  # fmt: skip
    sidecar(safetensors(shelf.loras / "ferry.safetensors", tensors={}), ".safetensors.rgthree-info.json", record)
    found = shelf.one()
    assert (found.title, found.metadata.version, found.metadata.version_id) == ("Willow Ferry", "v2", 32)
    assert (found.metadata.trigger_words, found.metadata.tags) == (("my own word",), ("rainy",))
    assert (found.metadata.weight_low, found.metadata.weight_high, found.metadata.sha256) == (0.4, 0.9, HASH)
    assert (found.metadata.notes, found.metadata.own_words) == ("best in the rain",) * 2
    assert found.card.description.startswith("best in the rain.")
    del record["trainedWords"]
    sidecar(shelf.loras / "ferry.safetensors", ".safetensors.rgthree-info.json", record)
    assert shelf.one().metadata.trigger_words == ("wilferry",)


def test_swarmuis_record(shelf: Shelf) -> None:
    record = {
        "modelspec.name": "ferry",
        "modelspec.title": "Willow Ferry",
        "modelspec.description": "My ferry for quiet rivers",
        "modelspec.trigger_phrase": "wilferry; calm water",
        "modelspec.tags": ["boat", "river"],
        "modelspec.usage_hint": None,
        "modelspec.preview_image": "data:image/png;base64,AAAA",
        "modelspec.lora_default_weight": "0.55",
        "modelspec.architecture": "stable-diffusion-xl-v1/lora",
        "modelspec.standard_width": 1024,
    }
    path = sidecar(safetensors(shelf.loras / "ferry.safetensors", tensors={}), ".swarm.json", record)
    found = shelf.one()
    assert (found.title, found.metadata.tags) == ("Willow Ferry", ("boat", "river"))
    assert (found.metadata.user_weight, found.metadata.architecture) == (0.55, "sdxl")
    assert found.metadata.own_words == "My ferry for quiet rivers"
    assert found.metadata.provenance["description"] == ".swarm.json"
    # What its downloader fetched is the site's.
    record["modelspec.description"] = 'From <a href="https://x.test">x</a>\n<p>A ferry.</p>'
    sidecar(path.with_name("ferry.safetensors"), ".swarm.json", record)
    assert (shelf.one().metadata.own_words, shelf.one().metadata.description) == ("", "From x\n\nA ferry.")


def test_what_swarmui_wrote_into_the_header_is_the_users(shelf: Shelf) -> None:
    header = {"modelspec.title": "Willow Ferry", "modelspec.description": "My ferry for quiet rivers"}
    safetensors(shelf.loras / "ferry.safetensors", header)
    assert shelf.one().metadata.own_words == ""
    safetensors(shelf.loras / "ferry.safetensors", {**header, "__spacer": "    "})
    assert shelf.one().metadata.own_words == "My ferry for quiet rivers"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"modelspec.trigger_phrase": "wilferry"}, ("wilferry",)),
        ({"ss_trigger_words": "wilferry, calm water"}, ("wilferry, calm water",)),
        ({"trigger_word": "wilferry"}, ("wilferry",)),
        ({"trigger_words": '["wilferry", "calm water"]'}, ("wilferry", "calm water")),
        ({"trained_words": "wilferry"}, ("wilferry",)),  # SimpleTuner's
        ({"instance_prompt": "[wilferry] boat"}, ("[wilferry] boat",)),
        ({"activation text": "wilferry", "trigger_word": ""}, ("wilferry",)),
        ({"trigger_words": "[]", "ss_datasets": '[{"subsets": [{"class_tokens": "wilferry"}]}]'}, ("wilferry",)),
        ({"modelspec.trigger_phrase": "one", "trigger_word": "two"}, ("one",)),
    ],
)
def test_trigger_words_of_a_header(shelf: Shelf, header: dict[str, str], words: tuple[str, ...]) -> None:
    safetensors(shelf.loras / "ferry.safetensors", header)
    assert shelf.one().metadata.trigger_words == words


def test_ai_toolkits_header(shelf: Shelf) -> None:
    header = {
        "name": "willow_ferry",
        "version": "1.0",
        "format": "pt",
        "software": json.dumps({"name": "ai-toolkit", "repo": "https://x.test", "version": "0.1.0"}),
        "training_info": json.dumps({"step": 2500, "epoch": 124}),
        "ss_base_model_version": "flux1",
        "ss_tag_frequency": json.dumps({"1_wilferry": {"wilferry": 1}}),
    }
    safetensors(shelf.loras / "willow_ferry_000002500.safetensors", header, tensors={})
    found = shelf.one()
    assert (found.metadata.alias, found.metadata.title) == ("willow_ferry", "")
    assert (found.metadata.training_concepts, found.metadata.training_tags) == (("wilferry",), (("wilferry", 1),))
    assert found.card.subject == "willow ferry"


def test_onetrainers_header(shelf: Shelf) -> None:
    config = {"model_type": "STABLE_DIFFUSION_15", "concepts": [{"name": "willow ferry", "path": "/x"}, {"name": None}]}
    header = {"ot_branch": "master", "ot_revision": "abc", "ot_config": json.dumps(config), "modelspec.title": ""}
    safetensors(shelf.loras / "run_12.safetensors", header, tensors={})
    found = shelf.one()
    assert (found.metadata.training_concepts, found.metadata.architecture) == (("willow ferry",), "sd1")
    assert found.card.subject == "willow ferry"


def test_simpletuners_header(shelf: Shelf) -> None:
    """Its title is the folder of the checkpoint, and its description is the base model's."""
    header = {
        "modelspec.title": "checkpoint-5000",
        "modelspec.description": "A flow matching transformer of the year.",
        "modelspec.implementation": "diffusers",
        "global_step": "5000",
        "modelspec.comment": "trained on ferries",
    }
    safetensors(shelf.loras / "willow_ferry.safetensors", header)
    found = shelf.one()
    assert (found.title, found.metadata.description) == ("willow_ferry", "trained on ferries")


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"ss_training_comment": "ferries under willows"}, "ferries under willows"),
        ({"ss_training_comment": "None"}, ""),
        ({"ss_training_comment": "x y z", "modelspec.description": "A ferry."}, "A ferry."),
        ({"modelspec.usage_hint": "Use wilferry."}, "Use wilferry."),
        ({"modelspec.description": "A ferry.", "modelspec.usage_hint": "Use wilferry."}, "A ferry.\nUse wilferry."),
        ({"lora_adapter_metadata": '{"transformer.r": 16}', "format": "pt"}, ""),
        ({"ot_config": "{broken"}, ""),
    ],
)
def test_the_text_of_a_header(shelf: Shelf, header: dict[str, str], text: str) -> None:
    safetensors(shelf.loras / "ferry.safetensors", header)
    assert shelf.one().metadata.description == text


@pytest.mark.parametrize(
    "title",
    [
        "LoRA@1761350400.1",
        "LoRA@1699999999",
        "Hunyuan-Video@1700000000.25",
        "LoRA",
        "lora",
        "my_lora",
        "MyFirstLora-000012",
        "my_first_flux_lora_v1",
        "Untitled",
        "last",
        "final",
        "pytorch_lora_weights",
        "checkpoint-1500",
        "simpletuner-lora",
        "ferry-000010",
        "ferry_000002500",
        "ferry-step00000500",
        "a3f9c2d1e7b04455",
        "v1.0",
        "willow_inn",  # the file's own name
    ],
)
def test_titles_that_trainers_fill_in_are_none(shelf: Shelf, title: str) -> None:
    safetensors(shelf.loras / "willow_inn.safetensors", {"modelspec.title": title})
    found = shelf.one()
    assert (found.metadata.title, found.title, found.card.subject) == ("", "willow_inn", "willow inn")
    assert "RA" not in found.card.description


@pytest.mark.parametrize("title", ["Willow Ferry", "VHS", "Cyberpunk_2077", "FerryLoRA", "雪", "2B", "Train station"])
def test_titles_that_somebody_gave_stay(shelf: Shelf, title: str) -> None:
    safetensors(shelf.loras / "willow_inn.safetensors", {"modelspec.title": title})
    assert shelf.one().title == title
    assert "Lo RA" not in shelf.one().card.description


@pytest.mark.parametrize(
    ("alias", "concept", "subject"),
    [
        ("last", "", "willow inn"),
        ("my_lora-000010", "", "willow inn"),
        ("ferryman", "", "ferryman"),
    ],
)
def test_an_alias_that_says_nothing_names_nothing(shelf: Shelf, alias: str, concept: str, subject: str) -> None:
    safetensors(shelf.loras / "willow_inn.safetensors", {"ss_output_name": alias})
    assert (shelf.one().metadata.alias, shelf.one().card.subject) == (alias, subject)


@pytest.mark.parametrize("nothing", ["None", "none", "null"])
def test_a_trainer_without_a_name_calls_the_file_nothing(shelf: Shelf, nothing: str) -> None:
    safetensors(shelf.loras / "brass_whistle.safetensors", {"ss_output_name": nothing})
    found = shelf.one()
    assert found.metadata.alias == "" and "None" not in found.card.description


@pytest.mark.parametrize("character", [":", ">", "=", "#"])
@pytest.mark.skipif(os.name == "nt", reason="such names cannot be there")
def test_a_name_that_no_tag_can_have_is_told(shelf: Shelf, character: str) -> None:
    safetensors(shelf.loras / f"brass{character}whistle.safetensors")
    shelf.scan()
    (problem,) = shelf.library.problems()
    assert f"holds one of {UNWRITABLE_TOLD}" in problem.reason and "rename the file" in problem.reason
