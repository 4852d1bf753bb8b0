"""Every writer's files are read, merged in a fixed order of trust, and each field knows where it came from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stylus_core.types import Example
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

HASH = "ab" * 32
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def civitai(**changes: object) -> dict[str, object]:
    """A version's record as Civitai-Helper saves it."""
    return {
        "id": 987,
        "modelId": 65,
        "name": "v2.0",
        "baseModel": "SD 1.5",
        "trainedWords": ["foxglove lady", "purple gloves, tall hat"],
        "description": "<p>New in v2: sharper gloves.</p>",
        "files": [
            {"name": "fox.safetensors", "primary": True, "hashes": {"SHA256": HASH.upper(), "AutoV3": "0123456789AB"}}
        ],
        "images": [
            {"nsfwLevel": 1, "meta": {"prompt": "foxglove lady, garden <lora:fox:0.7>", "negativePrompt": "blurry"}},
            {"nsfwLevel": 1, "meta": None},
        ],
        "model": {
            "name": "Foxglove Lady",
            "type": "LORA",
            "description": "<h1>Foxglove</h1><p>A lady made of <b>foxgloves</b> &amp; dew.<br>Weight 0.7</p>",
            "tags": ["character", "plants"],
        },
        "stats": {"downloadCount": 1234},
        **changes,
    }


def test_civitai_info(shelf: Shelf) -> None:
    sidecar(safetensors(shelf.loras / "fox.safetensors"), ".civitai.info", civitai())
    found = shelf.one().metadata
    assert (found.title, found.version, found.base_model) == ("Foxglove Lady", "v2.0", "SD 1.5")
    assert found.description == "Foxglove\n\nA lady made of foxgloves & dew.\nWeight 0.7\n\nNew in v2: sharper gloves."
    assert found.tags == ("character", "plants")
    assert found.trigger_words == ("foxglove lady", "purple gloves, tall hat")
    assert found.examples == (Example("foxglove lady, garden <lora:fox:0.7>", "blurry", 0.7),)
    assert (found.model_id, found.version_id, found.downloads) == (65, 987, 1234)
    assert (found.sha256, found.autov3) == (HASH, "0123456789ab")
    assert found.provenance["title"] == found.provenance["downloads"] == ".civitai.info"


def test_entities_in_plain_fields_are_resolved(shelf: Shelf) -> None:
    record = civitai()
    record["model"]["name"] = "Fox &amp; Glove&#39;s R&D"
    record["trainedWords"] = ["fox &amp; glove", "dusk&region", "&lt;fxglv&gt;"]
    sidecar(safetensors(shelf.loras / "fox.safetensors"), ".civitai.info", record)
    found = shelf.one()
    assert found.metadata.title == "Fox & Glove's R&D"
    assert found.metadata.trigger_words == ("fox & glove", "dusk&region", "<fxglv>")
    assert found.card.trigger_words == ("fox & glove", "dusk&region", "fxglv")


def test_offline_skeleton_says_nothing_and_is_no_problem(shelf: Shelf) -> None:
    record = {
        "id": "",
        "modelId": "",
        "name": "",
        "trainedWords": [],
        "images": [],
        "model": {"name": "", "type": "LORA"},
    }
    sidecar(safetensors(shelf.loras / "a.safetensors", {"ss_output_name": "alias"}), ".civitai.info", record)
    found = shelf.one()
    assert (found.title, found.metadata.model_id, found.metadata.alias) == ("a", None, "alias")
    assert shelf.library.problems() == []


def test_user_json(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    record = {
        "description": "my own words",
        "sd version": "SDXL",
        "activation text": "long red coat || short red coat",
        "preferred weight": 0.65,
        "negative text": "hood",
        "notes": "only with the hat",
        "modelId": 12,
        "modelVersionId": "34",
        "sha256": HASH.upper(),
    }
    sidecar(path, ".json", record)
    found = shelf.one().metadata
    assert (found.description, found.notes, found.negative_text) == ("my own words", "only with the hat", "hood")
    assert found.trigger_words == ("long red coat || short red coat",)
    assert found.user_weight == 0.65
    assert (found.model_id, found.version_id, found.sha256) == (12, 34, HASH)
    assert found.base_model == "SDXL"


@pytest.mark.parametrize("value", [0, 0.0, "0", None, "much", True, float("1e9"), [1], "nan"])
def test_a_preferred_weight_that_is_none(shelf: Shelf, value: object) -> None:
    sidecar(safetensors(shelf.loras / "a.safetensors"), ".json", {"preferred weight": value})
    assert shelf.one().metadata.user_weight is None


def test_lora_manager(shelf: Shelf) -> None:
    record = {
        "model_name": "Foxglove",
        "base_model": "Illustrious",
        "sha256": HASH,
        "tags": ["style"],
        "modelDescription": "<p>Dewy &lt;lora:fox:0.8&gt;</p>",
        "usage_tips": json.dumps({"strength": 0.8, "strength_min": 0.5, "strength_max": "1.1", "clip_strength": 1}),
        "notes": "keep",
        "exclude": True,
        "preview_nsfw_level": 2,
        "autov3": "ABCDEF012345",
        "civitai": civitai(),
    }
    sidecar(safetensors(shelf.loras / "fox.safetensors"), ".metadata.json", record)
    found = shelf.one().metadata
    assert (found.title, found.base_model, found.family, found.notes) == (
        "Foxglove",
        "Illustrious",
        "illustrious",
        "keep",
    )
    assert found.description == "Dewy <lora:fox:0.8>"
    assert (found.author_weight, found.weight_low, found.weight_high, found.clip_strength) == (0.8, 0.5, 1.1, 1.0)
    assert found.excluded and found.nsfw == 2
    assert found.trigger_words == ("foxglove lady", "purple gloves, tall hat")
    assert (found.model_id, found.version_id, found.autov3) == (65, 987, "abcdef012345")
    assert found.examples[0].weight == 0.7


@pytest.mark.parametrize(
    ("tips", "expected"),
    [
        ({"strength_min": 0.4, "strength_max": 0.6}, (None, 0.4, 0.6, None)),
        ({"strength_max": 0.7}, (None, None, 0.7, None)),
        ({"strength_range": "0.4-0.6"}, (None, 0.4, 0.6, None)),
        ({"strength_range": "-2 - 2"}, (None, -2.0, 2.0, None)),
        ({"strength_range": [0.6, 0.4]}, (None, 0.4, 0.6, None)),
        ({"strength_range": "0.4-0.6", "strength_min": 0.5}, (None, 0.5, 0.6, None)),
        ({"strength_range": "strong", "clip_strength": 0}, (None, None, None, 0.0)),
        ({"strength": "0,8", "clipStrength": "0.5"}, (0.8, None, None, 0.5)),
        ({"strength": 0, "clip_strength": None}, (None, None, None, None)),
        ({"strength": ["0.8"], "clip_strength": {"a": 1}, "strength_range": {"b": 2}}, (None, None, None, None)),
        ({"strength": 1e300, "clip_strength": float("nan")}, (None, None, None, None)),
    ],
)
@pytest.mark.parametrize("inside", [json.dumps, dict])
def test_strengths_that_lora_manager_keeps(
    shelf: Shelf, tips: dict[str, object], expected: tuple[float | None, ...], inside: Callable[[object], object]
) -> None:
    sidecar(safetensors(shelf.loras / "a.safetensors"), ".metadata.json", {"usage_tips": inside(tips)})
    found = shelf.one().metadata
    assert (found.author_weight, found.weight_low, found.weight_high, found.clip_strength) == expected


def test_the_strength_for_the_text_encoder_reaches_the_card(shelf: Shelf) -> None:
    tips = json.dumps({"strength": 0.9, "clip_strength": 0.6})
    sidecar(safetensors(shelf.loras / "a.safetensors"), ".metadata.json", {"usage_tips": tips})
    card = shelf.one().card
    assert (card.weight, card.clip_weight, card.weight_source) == (0.9, 0.6, "author")


@pytest.mark.parametrize(
    ("suffix", "record"),
    [
        (".civitai.info", {"description": "<p>Weight 0.5</p>", "model": {"description": "<p>Old: weight 0.9</p>"}}),
        (".api_info.json", {"description": "Weight 0.9", "modelVersions": [{"id": 3, "description": "Weight 0.5"}]}),
        (
            ".metadata.json",
            {"modelDescription": "Weight 0.9", "civitai": {"description": "<b>Weight 0.5</b>"}},
        ),
        (".cm-info.json", {"ModelDescription": "Weight 0.9", "VersionDescription": "<p>Weight 0.5</p>"}),
    ],
)
def test_what_a_record_says_of_the_version_is_known_apart(shelf: Shelf, suffix: str, record: dict[str, object]) -> None:
    sidecar(safetensors(shelf.loras / "a.safetensors"), suffix, record)
    found = shelf.one()
    assert found.metadata.version_description == "Weight 0.5"
    assert "0.9" in found.metadata.description
    assert found.card.weight == 0.5


def test_usage_tips_that_are_no_json_are_ignored(shelf: Shelf) -> None:
    sidecar(
        safetensors(shelf.loras / "a.safetensors"), ".metadata.json", {"model_name": "A", "usage_tips": "{strength"}
    )
    found = shelf.one()
    assert (found.title, found.metadata.author_weight) == ("A", None)


def test_api_info_takes_the_version_of_the_file(shelf: Shelf) -> None:
    record = {
        "id": 65,
        "name": "Foxglove Lady",
        "description": "<p>About her.</p>",
        "tags": ["character"],
        "stats": {"downloadCount": 9},
        "modelVersions": [
            {
                "id": 3,
                "name": "v3",
                "baseModel": "SDXL 1.0",
                "trainedWords": ["three"],
                "files": [{"name": "fox3.safetensors"}],
            },
            {
                "id": 2,
                "name": "v2",
                "baseModel": "SD 1.5",
                "trainedWords": ["two"],
                "files": [{"name": "Fox2.safetensors"}],
            },
        ],
    }
    sidecar(safetensors(shelf.loras / "fox2.safetensors"), ".api_info.json", record)
    found = shelf.one().metadata
    assert (found.title, found.version, found.trigger_words) == ("Foxglove Lady", "v2", ("two",))
    assert (found.model_id, found.version_id, found.downloads) == (65, 2, 9)


def test_stability_matrix(shelf: Shelf) -> None:
    record = {
        "ModelId": 65,
        "ModelName": "Foxglove",
        "ModelDescription": "<p>Dew</p>",
        "Nsfw": False,
        "Tags": ["style"],
        "VersionId": 2,
        "VersionName": "v2",
        "BaseModel": "Pony",
        "Hashes": {"SHA256": HASH.upper()},
        "TrainedWords": ["dewy"],
    }
    sidecar(safetensors(shelf.loras / "a.safetensors", tensors={}), ".cm-info.json", record)
    found = shelf.one().metadata
    assert (found.title, found.description, found.tags, found.trigger_words) == (
        "Foxglove",
        "Dew",
        ("style",),
        ("dewy",),
    )
    assert (found.architecture, found.family, found.sha256, found.nsfw) == ("sdxl", "pony", HASH, 1)


def test_html_page_and_texts(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    sidecar(
        path,
        ".html",
        "<html><head><style>p{}</style></head><body><script>alert(1)</script><p>From the page</p></body></html>",
    )
    assert shelf.one().metadata.description == "From the page"
    sidecar(path, ".description.txt", "From the second text")
    assert shelf.one().metadata.description == "From the second text"
    sidecar(path, ".txt", "From the text, use <lora:a:0.7> & smile <3")
    assert shelf.one().metadata.description == "From the text, use <lora:a:0.7> & smile <3"
    sidecar(path, ".json", {"description": "From the user"})
    found = shelf.one().metadata
    assert (found.description, found.provenance["description"]) == ("From the user", ".json")


def test_the_fixed_order_of_trust(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "fox.safetensors", {"modelspec.title": "Spec", "ss_base_model_version": "sd_v1"})
    sidecar(path, ".cm-info.json", {"ModelName": "Matrix", "Tags": ["matrix"], "ModelId": 3})
    sidecar(path, ".metadata.json", {"model_name": "Manager", "tags": ["manager"], "notes": "from the manager"})
    sidecar(path, ".civitai.info", civitai(modelId=None))
    sidecar(path, ".json", {"sd version": "SD2", "activation text": "", "preferred weight": 0, "notes": ""})
    found = shelf.one().metadata
    assert (found.title, found.tags, found.notes) == ("Foxglove Lady", ("character", "plants"), "from the manager")
    assert (found.base_model, found.model_id) == ("SD 1.5", 3)
    assert found.provenance["model_id"] == ".cm-info.json"


def test_entries_of_the_site_survive_a_tool_that_ran_them_together(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    sidecar(path, ".civitai.info", civitai())
    sidecar(path, ".json", {"activation text": "foxglove lady, purple gloves, tall hat"})
    assert shelf.one().metadata.trigger_words == ("foxglove lady", "purple gloves, tall hat")
    sidecar(path, ".json", {"activation text": "foxglove lady, tall hat"})  # edited by the user
    found = shelf.one().metadata
    assert found.trigger_words == ("foxglove lady, tall hat",)
    assert found.provenance["trigger_words"] == ".json"


def test_header_alone(shelf: Shelf) -> None:
    metadata = {
        "ss_output_name": "fox-000010",
        "ss_base_model_version": "sd_v1",
        "ss_sd_model_name": "animefull-final-pruned.ckpt",
        "ss_network_module": "networks.lora",
        "ss_tag_frequency": {
            "10_fox lady": {" gloves": 5, "hat": 9, "1girl": 9},
            "2_fox lady": {"gloves": 7},
            "7_bg": {},
        },
        "sshs_model_hash": EMPTY,
        "modelspec.hash_sha256": "0x" + HASH,
        "modelspec.trigger_phrase": "fox lady",
        "modelspec.usage_hint": "weight 0.7",
    }
    safetensors(shelf.loras / "fox.safetensors", metadata)
    found = shelf.one().metadata
    assert (found.alias, found.base_model, found.family) == ("fox-000010", "sd_v1", "anime")
    assert found.training_tags == (("gloves", 12), ("hat", 9), ("1girl", 9))
    assert found.training_concepts == ("fox lady", "bg") and not found.training_captions
    assert found.autov3 == HASH
    assert (found.trigger_words, found.description) == (("fox lady",), "weight 0.7")


def test_sentences_are_captions_and_two_hundred_tags_are_enough(shelf: Shelf) -> None:
    sentences = {f"a fox in the snow looks at tree number {n}": 300 - n for n in range(300)}
    safetensors(shelf.loras / "a.safetensors", {"ss_tag_frequency": {"1_fox": sentences}})
    found = shelf.one().metadata
    assert found.training_captions and len(found.training_tags) == 200
    assert found.training_tags[0] == ("a fox in the snow looks at tree number 0", 300)


def test_tags_of_datasets_and_class_tokens(shelf: Shelf) -> None:
    dataset = {
        "tag_frequency": {"5_vase": {"blue vase": 3}},
        "subsets": [{"class_tokens": "zxv vase"}, {"class_tokens": None}],
    }
    safetensors(shelf.loras / "a.safetensors", {"ss_datasets": [dataset]})
    found = shelf.one().metadata
    assert (found.training_tags, found.training_concepts, found.trigger_words) == (
        (("blue vase", 3),),
        ("vase",),
        ("zxv vase",),
    )


@pytest.mark.parametrize(
    ("prompt", "weight"),
    [
        ("x <lora:fox:0.6>", 0.6),
        ("x <lora:other:1> <lora:Fox_v2:.85>", 0.85),  # another version of it
        ("x <lora:fox-000012:0.5>", 0.5),  # an epoch
        ("x <lyco:fox:0.4:0.9>", 0.9),  # the second is that of the picture's model
        ("x <lora:fox:te=0.3:unet=0.9>", 0.9),
        ("x <lora:trained-name:0.7>", 0.7),  # the alias
        ("x <lora:fox:0.6> <lora:fox:0.8>", 0.7),
        ("x <lora:other:1>", None),
        ("x <lora:fox:high>", None),
        ("no tag", None),
    ],
)
def test_weight_of_the_own_tag_in_an_example(shelf: Shelf, prompt: str, weight: float | None) -> None:
    path = safetensors(shelf.loras / "fox.safetensors", {"ss_output_name": "trained-name"})
    sidecar(path, ".civitai.info", civitai(images=[{"meta": {"prompt": prompt}}]))
    assert shelf.one().metadata.examples[0].weight == weight


def test_weight_from_the_resources_of_the_sites_generator(shelf: Shelf) -> None:
    meta = {
        "prompt": "x",
        "civitaiResources": [{"modelVersionId": 1, "weight": 1}, {"modelVersionId": 987, "weight": 0.55}],
    }
    sidecar(safetensors(shelf.loras / "a.safetensors"), ".civitai.info", civitai(images=[{"meta": meta}]))
    assert shelf.one().metadata.examples[0].weight == 0.55


OWN = {"name": "fox", "type": "lora", "weight": 0.4}


@pytest.mark.parametrize(
    ("meta", "weight"),
    [
        ({"resources": [OWN]}, 0.4),
        ({"resources": [{"name": "anything", "type": "model", "hash": "abc"}, OWN]}, 0.4),
        ({"resources": [{**OWN, "name": "Fox_v2.safetensors"}]}, 0.4),
        ({"resources": [{**OWN, "name": "sub/fox-000008"}]}, 0.4),
        ({"resources": [{**OWN, "name": "renamed", "hash": "0123456789"}]}, 0.4),
        ({"resources": [{**OWN, "name": "renamed", "hash": "FEDCBA9876"}]}, None),
        ({"resources": [{**OWN, "type": "LyCORIS", "weight": "0.4"}]}, 0.4),
        ({"resources": [{**OWN, "type": "model"}]}, None),
        ({"resources": [{**OWN, "name": "foxhole"}]}, None),
        ({"resources": [{**OWN, "weight": "high"}]}, None),
        ({"resources": {"fox": 1}}, None),
        ({"additionalResources": [{"name": "fox", "type": "lora", "strength": 0.4, "strengthClip": 1}]}, 0.4),
        ({"additionalResources": [{"name": "urn:air:sdxl:lora:civitai:65@987", "type": "lora", "strength": 0.4}]}, 0.4),
        ({"additionalResources": [{"name": "urn:air:sdxl:lora:civitai:65@1", "type": "lora", "strength": 0.4}]}, None),
        ({"civitaiResources": [{"type": "lora", "modelVersionId": 987, "weight": 0.6}], "resources": [OWN]}, 0.6),
        ({"prompt": "x <lora:fox:0.7>", "resources": [OWN]}, 0.7),
    ],
)
def test_weight_from_the_resources_of_an_example(shelf: Shelf, meta: dict[str, object], weight: float | None) -> None:
    files = [{"name": "fox.safetensors", "hashes": {"AutoV2": "0123456789", "SHA256": None, "CRC32": 7}}]
    record = civitai(images=[{"meta": {"prompt": "x", **meta}}], files=files)
    sidecar(safetensors(shelf.loras / "fox.safetensors"), ".civitai.info", record)
    assert shelf.one().metadata.examples[0].weight == weight


def test_examples_that_only_list_their_resources_make_the_weight(shelf: Shelf) -> None:
    record = civitai(images=[{"meta": {"prompt": f"x {n}", "resources": [OWN]}} for n in range(3)], description="")
    record["model"]["description"] = ""
    sidecar(safetensors(shelf.loras / "fox.safetensors"), ".civitai.info", record)
    card = shelf.one().card
    assert (card.weight, card.weight_source) == (0.4, "examples")


def test_pictures_beside_the_file(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "fox.safetensors")
    images = [{"meta": {"prompt": "one"}, "local_file": "fox.example.0.png"}, {"meta": {"prompt": "two"}}]
    sidecar(path, ".civitai.info", civitai(images=images))
    for name in ("fox.preview.png", "fox.example.0.png", "fox.example.1.jpg", "fox.example.7.webp", "secret.png"):
        (shelf.loras / name).write_bytes(b"picture")
    found = shelf.one().metadata
    assert found.preview == str(shelf.loras / "fox.preview.png")
    assert [(e.prompt, Path(e.image).name) for e in found.examples] == [
        ("one", "fox.example.0.png"),
        ("two", "fox.example.1.jpg"),
        ("", "fox.example.7.webp"),
    ]
    (shelf.loras / "fox.png").write_bytes(b"picture")
    assert shelf.one().metadata.preview == str(shelf.loras / "fox.png")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\secret.png", "secret.png", 5, None])
def test_a_record_names_no_file_of_others(shelf: Shelf, name: object) -> None:
    (shelf.loras / "secret.png").write_bytes(b"secret")
    images = [{"meta": {"prompt": "one"}, "local_file": name}]
    sidecar(safetensors(shelf.loras / "fox.safetensors"), ".civitai.info", civitai(images=images))
    assert [e.image for e in shelf.one().metadata.examples] == [""]


def test_sidecars_of_names_with_dots_and_suffixes(shelf: Shelf) -> None:
    safetensors(shelf.loras / "fox.v1.5.safetensors")
    safetensors(shelf.loras / "fox.safetensors")
    safetensors(shelf.loras / "fox.metadata.safetensors")
    (shelf.loras / "fox.v1.5.json").write_text('{"notes": "of fox.v1.5"}')
    (shelf.loras / "fox.metadata.json").write_text('{"notes": "of fox.metadata"}')
    (shelf.loras / "FOX.JSON").write_text('{"notes": "of fox"}')
    shelf.scan()
    assert {k: a.metadata.notes for k, a in shelf.all().items()} == {
        "fox.v1.5.safetensors": "of fox.v1.5",
        "fox.metadata.safetensors": "of fox.metadata",
        "fox.safetensors": "of fox",
    }


def test_what_a_sidecar_says_is_bounded_and_harmless(shelf: Shelf) -> None:
    record = civitai(
        trainedWords=[f"word {n}" for n in range(5000)] + ["x" * 10**6],
        images=[{"meta": {"prompt": "p" * 5000}}] * 300,
        description="d" * 10**6,
    )
    record["model"] = {"name": "A\x00B\u202e\ud800 " + "n" * 10**5, "tags": ["t" * 1000] * 1000}
    path = safetensors(shelf.loras / "a.safetensors")
    path.with_suffix(".civitai.info").write_text(json.dumps(record))
    found = shelf.one().metadata
    assert len(found.trigger_words) <= 100 and len(found.examples) <= 20
    assert len(found.description) <= 16_000 and all(len(e.prompt) <= 4000 for e in found.examples)
    assert found.title.startswith("AB nnn") and len(found.title) <= 300
    assert all(len(t) <= 100 for t in found.tags)
