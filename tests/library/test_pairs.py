"""Which files are one adapter: by how authors call the two, for models of two parts alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.library.pairs import find_pairs, untitled
from stylus_core.types import Adapter, Metadata
from tests.library.build import safetensors, sidecar

WAN = {"diffusion_model.blocks.0.cross_attn.k.lora_A.weight": (4, 512)}


def adapters(*names: str, base: str = "Wan 2.2 T2V", **known: object) -> list[Adapter]:
    """Adapters of these paths below /l, for one base model."""
    made = []
    for number, name in enumerate(names, start=1):
        metadata = Metadata(base_model=base, architecture="other" if base else "unknown", **known)
        made.append(Adapter(number, f"/l/{name}.safetensors", Path(name).name, metadata=metadata))
    return made


def found(made: list[Adapter]) -> list[tuple[str, str]]:
    """(stem for much noise, stem for little), "" where one is not there."""
    pairs = {id(p): p for p in find_pairs(made).values()}.values()
    return sorted((p.high.stem if p.high else "", p.low.stem if p.low else "") for p in pairs)


@pytest.mark.parametrize(
    ("high", "low"),
    [
        ("ember_high_noise", "ember_low_noise"),
        ("Ember-HighNoise-v2", "Ember-LowNoise-v2"),
        ("EMBER-HIGH", "EMBER-LOW"),
        ("ember_v1.0_hinoise", "ember_v1.0_lownoise"),
        ("wan22_ember_H", "wan22_ember_L"),
        ("wan22_h_ember", "wan22_l_ember"),
        ("Ember (high)", "Ember (low)"),
        ("ember_hn_i2v", "ember_ln_i2v"),
        ("EmberHIGH14B", "EmberLOW14B"),
        ("ember_a14b_hne_v1.1", "ember_a14b_lne_v1.1"),
        ("emberHighv2", "emberLowv2"),
        ("high_noise_model", "low_noise_model"),
        ("wan22-H-e8-ember", "wan22-L-e8-ember"),
        ("炎_高噪", "炎_低噪"),
        ("ember_000002500_high_noise", "ember_000002500_low_noise"),
        # spelled differently, and not trained for as long
        ("ember_HIGH", "ember_low_noise"),
        ("ember_high_e20", "ember_low_epoch35"),
        ("ember-high-000040", "ember-low"),
    ],
)
def test_two_files_are_one_adapter(high: str, low: str) -> None:
    assert found(adapters(low, high)) == [(high, low)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ember_high_detail", "ember_low_detail"),
        ("ember_high_tide", "ember_low_tide"),
        ("high_poly_ember", "low_poly_ember"),
        ("ember_t2v_high_noise", "ember_i2v_low_noise"),
        ("ember_v1_H", "ember_v2_L"),
        ("a/ember_H", "b/ember_L"),
        ("ember_highlands", "ember_lowlands"),
        ("ember_high_low_merged", "ember_low"),
    ],
)
def test_two_files_that_are_not(one: str, other: str) -> None:
    assert not any(high and low for high, low in found(adapters(one, other)))


@pytest.mark.parametrize("base", ["SD 1.5", "Flux.1 D", "Illustrious", "Qwen", ""])
def test_other_base_models_have_no_pairs(base: str) -> None:
    assert found(adapters("ember_high", "ember_low", "ember_high_noise", "ember_low_noise", base=base)) == []


def test_a_model_is_known_by_its_architecture_or_by_the_files_own_names() -> None:
    assert found(adapters("wan2.2_ember_high", "wan2.2_ember_low", base="")) == [
        ("wan2.2_ember_high", "wan2.2_ember_low")
    ]
    two = adapters("ember_high", "ember_low", base="")
    known = [Adapter(a.id, a.path, a.stem, metadata=Metadata(architecture="wan")) for a in two]
    assert found(known) == [("ember_high", "ember_low")]
    # what is known of one of them is enough; what is known of the other must not be against it
    assert found([known[0], two[1]]) == [("ember_high", "ember_low")]
    assert found([known[0], Adapter(2, two[1].path, "ember_low", metadata=Metadata(architecture="sdxl"))]) == [
        ("ember_high", "")
    ]


def test_versions_of_one_model_of_the_site() -> None:
    versions = ("T2V High v1", "T2V Low v1", "I2V High v1", "I2V Low v1", "T2V High v1")
    models = (5, 5, 5, 5, 6)
    made = [
        Adapter(n, f"/l/{n}/file{n}.safetensors", f"file{n}",
                metadata=Metadata(base_model="Wan Video 2.2 A14B", architecture="other", version=v, model_id=m))
        for n, (v, m) in enumerate(zip(versions, models, strict=True))
    ]  # fmt: skip
    assert found(made) == [("file0", "file1"), ("file2", "file3"), ("file4", "")]


def test_of_several_trials_each_has_its_own_and_the_longest_trained_is_not_left_over() -> None:
    made = adapters("ember_high_e10", "ember_high_e20", "ember_low_e10", "ember_low_e20")
    assert found(made) == [("ember_high_e10", "ember_low_e10"), ("ember_high_e20", "ember_low_e20")]
    assert ("ember_high_e20", "ember_low_e35") in found(adapters("ember_high_e10", "ember_high_e20", "ember_low_e35"))


@pytest.mark.parametrize(
    "name", ["ember_high_noise", "ember-HighNoise", "ember_wan22_LOW", "ember_wan_low_v2", "ember_hne"]
)
def test_a_half_whose_other_half_is_not_there(name: str) -> None:
    ((high, low),) = found(adapters(name))
    assert {high, low} == {name, ""}


@pytest.mark.parametrize(
    "name", ["ember_H", "l_ember", "thigh_high_wan22", "high_rise_wan22", "wan_low_orbit", "ember"]
)
def test_what_is_no_half_by_itself(name: str) -> None:
    assert found(adapters(name)) == []


def test_a_model_of_one_part_has_halves_only_where_that_is_said() -> None:
    assert found(adapters("ember_HIGH", base="Wan 2.1 T2V")) == []
    assert found(adapters("ember_high_noise", base="Wan 2.1 T2V")) == [("ember_high_noise", "")]


def test_folders_that_are_called_by_the_parts(shelf) -> None:
    for folder in ("high_noise", "low_noise"):
        path = safetensors(shelf.loras / folder / "ember.safetensors", tensors=WAN)
        sidecar(path, ".civitai.info", {"baseModel": "Wan Video 2.2 T2V-A14B", "model": {"name": "Ember"}})
    shelf.scan()
    pairs = find_pairs(shelf.library.adapters(("ok", "shadowed")))
    (usable,) = shelf.library.adapters()
    missing = pairs[usable.id].half(usable).missing
    assert "cannot be used: the host loads another file with the same name" in missing


def test_the_title_of_both() -> None:
    for title in (
        "Ink Ember (High Noise)",
        "Ink Ember - Low Noise",
        "Ink Ember [low]",
        "Ink Ember - High",
        "Ink Ember",
    ):
        assert untitled(title) == "Ink Ember"
    assert untitled("High Noise") == "High Noise"
