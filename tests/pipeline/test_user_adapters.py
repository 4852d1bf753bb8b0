"""Adapters that the user loaded himself stay loaded, active and at their own weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stylus_core.pipeline import apply, present_adapters, remove
from stylus_core.types import PresentAdapter
from tests.pipeline.selections import pick, selection

pytest.importorskip("diffusers", reason="diffusers is not installed")
pytest.importorskip("peft", reason="peft is not installed")
from tests.pipeline.tiny_pipelines import kohya, paint

pytestmark = pytest.mark.whole  # real models, if tiny ones: pictures are made


def load(pipe: Any, file: Path, name: str, weight: Any) -> None:
    pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name=name)
    pipe.set_adapters(name, weight)


@pytest.fixture
def own(pipe: Any, tmp_path: Path) -> Path:
    return kohya(pipe, tmp_path / "own.safetensors", 1)


@pytest.fixture
def ink(pipe: Any, tmp_path: Path) -> Path:
    return kohya(pipe, tmp_path / "ink.safetensors", 2, parts=("unet",))


def test_the_users_adapter_stays_as_it_is(pipe: Any, own: Path, ink: Path) -> None:
    load(pipe, own, "own", {"unet": {"mid": 0.9, "up": 0.3}, "text_encoder": 0.4})
    alone = paint(pipe)
    with apply(pipe, selection(pick(ink, 0.6))) as applied:
        assert applied.users == ("own",) and len(applied.adapters) == 1
        both = paint(pipe)
        assert not both.equal(alone)
    assert paint(pipe).equal(alone)
    apply(pipe, selection(pick(ink, 0.6)))
    assert paint(pipe).equal(both)
    remove(pipe)
    assert paint(pipe).equal(alone)
    assert pipe.get_list_adapters() == {"unet": ["own"], "text_encoder": ["own"]}


def test_both_together_paint_what_diffusers_paints_with_both(pipe: Any, own: Path, ink: Path) -> None:
    load(pipe, own, "own", 0.7)
    apply(pipe, selection(pick(ink, 0.6)))
    both = paint(pipe)
    remove(pipe)
    pipe.load_lora_weights(str(ink.parent), weight_name=ink.name, adapter_name="ink")
    pipe.set_adapters(["own", "ink"], [0.7, 0.6])
    assert paint(pipe).equal(both)


def test_one_that_the_user_switched_off_stays_off(
    pipe: Any, own: Path, ink: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    plain = paint(pipe)
    apply(pipe, selection(pick(ink)))
    expected = paint(pipe)
    remove(pipe)
    load(pipe, own, "own", 1.0)
    load(pipe, kohya(pipe, tmp_path / "second.safetensors", 3), "second", 1.0)
    pipe.delete_adapters("second")  # now peft has switched on "own"
    switch_off(pipe, "unet", "text_encoder")
    assert paint(pipe).equal(plain)
    recwarn.clear()
    apply(pipe, selection(pick(ink)), keep=0)
    assert paint(pipe).equal(expected)
    apply(pipe, selection(), keep=0)
    assert paint(pipe).equal(plain)
    assert not any("active" in str(warning.message) for warning in recwarn)  # peft has not switched it on either


def switch_off(pipe: Any, *parts: str) -> None:
    """The user's adapters, with none of ours there."""
    for part in parts:
        for layer in getattr(pipe, part).modules():
            if hasattr(layer, "active_adapters") and hasattr(layer, "scaling"):
                layer.set_adapter([])


def test_one_that_is_off_in_one_part_stays_off_there(pipe: Any, own: Path, ink: Path) -> None:
    load(pipe, own, "own", 1.0)
    both = paint(pipe)
    switch_off(pipe, "text_encoder")
    alone = paint(pipe)
    assert not alone.equal(both)
    with apply(pipe, selection(pick(ink))):
        pass
    assert paint(pipe).equal(alone)


def test_its_weight_outlasts_the_scale_of_a_call(pipe: Any, own: Path, tmp_path: Path) -> None:
    load(pipe, own, "own", 0.7)
    alone = paint(pipe)
    noise = {"num_inference_steps": 1, "height": 16, "width": 16}
    pipe("a corgi", cross_attention_kwargs={"scale": 0.5}, **noise)  # which diffusers remembers when it loads
    with apply(pipe, selection(pick(kohya(pipe, tmp_path / "second.safetensors", 3)))):
        pass
    assert paint(pipe).equal(alone)


def test_what_the_user_changes_in_between_counts(pipe: Any, own: Path, ink: Path) -> None:
    load(pipe, own, "own", 0.7)
    with apply(pipe, selection(pick(ink))):
        pipe.set_adapters("own", 0.2)
    changed = paint(pipe)
    remove(pipe)
    pipe.set_adapters("own", 0.2)
    assert paint(pipe).equal(changed)


def test_a_misfit_does_not_disturb_it(pipe: Any, own: Path, tmp_path: Path) -> None:
    load(pipe, own, "own", 0.7)
    alone = paint(pipe)
    for part in ("unet", "text_encoder"):
        misfit = kohya(pipe, tmp_path / "misfit.safetensors", 3, wrong=part)
        assert apply(pipe, selection(pick(misfit))).adapters == ()
        assert paint(pipe).equal(alone)


def test_the_same_file_is_not_put_on_twice(pipe: Any, own: Path) -> None:
    load(pipe, own, "my_style", 0.7)
    alone = paint(pipe)
    left_out = "'own' is left out: you loaded it into the pipeline as 'my_style', which stays as it is"
    for _ in range(2):
        applied = apply(pipe, selection(pick(own)))
        assert applied.adapters == () and applied.notes == (left_out,)
        assert paint(pipe).equal(alone)
    assert pipe.loads == ["own.safetensors"] * 2  # by the user and by us: what was found out is known
    pipe.delete_adapters("my_style")
    assert len(apply(pipe, selection(pick(own))).adapters) == 1


def test_a_file_with_more_modules_is_another_one(pipe: Any, own: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(own)
    last = sorted(key.partition(".")[0] for key in tensors if key.startswith("lora_unet_up"))[-1]
    save_file({k: t for k, t in tensors.items() if not k.startswith(last)}, tmp_path / "less.safetensors")
    load(pipe, tmp_path / "less.safetensors", "less", 0.7)
    applied = apply(pipe, selection(pick(own)))
    assert applied.notes == () and len(applied.adapters) == 1


def test_one_that_we_have_loaded_goes_when_the_user_loads_it(pipe: Any, own: Path) -> None:
    apply(pipe, selection(pick(own, 0.7)))
    expected = paint(pipe)
    load(pipe, own, "mine", 0.7)
    assert apply(pipe, selection(pick(own))).adapters == ()
    assert paint(pipe).equal(expected)
    assert pipe.get_list_adapters()["unet"] == ["mine"]


def test_another_file_under_the_name_of_a_double_is_another_one(pipe: Any, own: Path, ink: Path) -> None:
    load(pipe, own, "mine", 0.7)
    apply(pipe, selection(pick(own)))
    alive = list(pipe.unet.parameters())  # as of somebody who looks at them later
    pipe.delete_adapters("mine")
    load(pipe, ink, "mine", 0.7)
    assert [a.pick.name for a in apply(pipe, selection(pick(own))).adapters] == ["own"] and alive


def test_what_a_selection_has_to_count_is_told(pipe: Any, own: Path, ink: Path) -> None:
    assert present_adapters(pipe) == () == present_adapters(object())
    load(pipe, own, "own", {"unet": 0.75, "text_encoder": 0.5})
    apply(pipe, selection(pick(ink)))
    assert present_adapters(pipe) == (PresentAdapter("own", 0.75, 0.5),)
    pipe.set_adapters("own", 0.25)
    assert present_adapters(pipe) == (PresentAdapter("own", 0.25),)
