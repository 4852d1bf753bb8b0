"""A selection in a pipeline paints what diffusers itself paints with these files, and nothing of it stays behind."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from stylus_core import OptionError
from stylus_core.pipeline import apply, remove
from stylus_core.types import Selection
from tests.clock import HANG
from tests.pipeline.selections import pick, selection

pytest.importorskip("diffusers", reason="diffusers is not installed")
pytest.importorskip("peft", reason="peft is not installed")
from tests.pipeline import tiny_pipelines as tiny
from tests.pipeline.tiny_pipelines import kohya, paint

pytestmark = pytest.mark.whole  # real models, if tiny ones: pictures are made


def by_hand(pipe: Any, *files: Path, weights: list[Any]) -> Any:
    """The picture as diffusers makes it without us."""
    names = [f"by_hand_{i}" for i in range(len(files))]
    for file, name in zip(files, names, strict=True):
        pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name=name)
    pipe.set_adapters(names, weights)
    picture = paint(pipe)
    pipe.unload_lora_weights()
    return picture


def listed(pipe: Any) -> set[str]:
    return {name for names in pipe.get_list_adapters().values() for name in names}


# -- weights


def test_the_picture_is_as_the_weights_say(pipe: Any, tmp_path: Path) -> None:
    ink, glow = kohya(pipe, tmp_path / "ink.safetensors", 1), kohya(pipe, tmp_path / "glow.safetensors", 2)
    plain = paint(pipe)
    expected = by_hand(pipe, ink, glow, weights=[0.3, 0.8])
    assert not expected.equal(plain)
    applied = apply(pipe, selection(pick(ink, 0.3), pick(glow, 0.8)))
    assert applied.notes == () and [a.pick.name for a in applied.adapters] == ["ink", "glow"]
    assert paint(pipe, applied.prompt).equal(expected)
    apply(pipe, selection(pick(ink, 0.8), pick(glow, 0.3)))
    assert not paint(pipe).equal(expected)
    apply(pipe, selection(pick(ink, 0.0), pick(glow, 0.0)))
    assert paint(pipe).equal(plain)


def test_the_text_encoder_has_a_weight_of_its_own(pipe: Any, tmp_path: Path) -> None:
    ink = kohya(pipe, tmp_path / "ink.safetensors")
    expected = by_hand(pipe, ink, weights=[{"unet": 0.7, "text_encoder": 0.2}])
    applied = apply(pipe, selection(pick(ink, 0.7, clip_weight=0.2)))
    assert applied.adapters[0].weights == {"unet": 0.7, "text_encoder": 0.2}
    assert paint(pipe).equal(expected)
    apply(pipe, selection(pick(ink, 0.7)))
    assert not paint(pipe).equal(expected)
    assert paint(pipe).equal(by_hand_in_use(pipe, ink, 0.7))


def by_hand_in_use(pipe: Any, file: Path, weight: float) -> Any:
    remove(pipe)
    return by_hand(pipe, file, weights=[weight])


def test_files_in_the_format_of_diffusers_paint_the_same(pipe: Any, tmp_path: Path) -> None:
    apply(pipe, selection(pick(kohya(pipe, tmp_path / "kohya.safetensors"), 0.7)))
    expected = paint(pipe)
    remove(pipe)
    apply(pipe, selection(pick(tiny.peft(pipe, tmp_path / "peft.safetensors"), 0.7)))
    assert paint(pipe).allclose(expected, atol=1e-5)


def test_both_text_encoders_of_sdxl_take_the_weight(tmp_path: Path) -> None:
    pipe = tiny.sdxl(tmp_path)
    plain = paint(pipe)
    ink = kohya(pipe, tmp_path / "ink.safetensors")
    expected = by_hand(pipe, ink, weights=[{"unet": 0.7, "text_encoder": 0.2, "text_encoder_2": 0.2}])
    with apply(pipe, selection(pick(ink, 0.7, clip_weight=0.2))) as applied:
        assert applied.notes == ()
        assert applied.adapters[0].weights == {"unet": 0.7, "text_encoder": 0.2, "text_encoder_2": 0.2}
        assert paint(pipe).equal(expected) and not expected.equal(plain)
    assert paint(pipe).equal(plain)


def test_the_prompt_is_the_one_with_trigger_words_and_without_tags(pipe: Any, tmp_path: Path) -> None:
    ink = pick(kohya(pipe, tmp_path / "ink.safetensors"))
    made = Selection("a corgi", "a corgi, ink wash <lora:ink:1>", (ink,), with_trigger_words="a corgi, ink wash")
    assert apply(pipe, made).prompt == "a corgi, ink wash"


def test_a_tag_that_the_user_typed_is_told_to_be_words_here(pipe: Any) -> None:
    applied = apply(pipe, selection(prompt="a corgi <lora:mine:0.5>"))
    assert applied.prompt == "a corgi <lora:mine:0.5>"
    assert len(applied.notes) == 1 and applied.notes[0].startswith("the prompt has <lora:mine:0.5>, which")


# -- kept, taken off


def test_what_is_loaded_is_kept_for_the_next_prompt(pipe: Any, tmp_path: Path) -> None:
    ink, glow = kohya(pipe, tmp_path / "ink.safetensors", 1), kohya(pipe, tmp_path / "glow.safetensors", 2)
    first = apply(pipe, selection(pick(ink, 0.3)))
    alone = paint(pipe)
    second = apply(pipe, selection(pick(glow), pick(ink, 0.3)))
    assert [a.loaded for a in (*first.adapters, *second.adapters)] == [True, True, False]
    assert not paint(pipe).equal(alone)
    apply(pipe, selection(pick(ink, 0.3)))
    assert paint(pipe).equal(alone)  # and `glow` is off
    assert pipe.loads == ["ink.safetensors", "glow.safetensors"]


def test_those_used_longest_ago_are_deleted_beyond_the_limit(pipe: Any, tmp_path: Path) -> None:
    files = [kohya(pipe, tmp_path / f"{name}.safetensors", i) for i, name in enumerate(("a", "b", "c"))]
    for file in (*files[:2], files[0], files[2]):  # b was used longest ago
        apply(pipe, selection(pick(file)), keep=2)
    assert len(listed(pipe)) == 2
    again = apply(pipe, selection(pick(files[0])), keep=2)
    assert not again.adapters[0].loaded
    apply(pipe, selection(*map(pick, files)), keep=2)  # all that are in use are there, however many
    assert len(listed(pipe)) == 3
    with apply(pipe, selection(pick(files[1])), keep=0) as applied:
        assert listed(pipe) == {applied.adapters[0].adapter_name}
    assert listed(pipe) == set()


def test_afterwards_the_picture_is_the_one_from_before(pipe: Any, tmp_path: Path) -> None:
    plain, layers = paint(pipe), pipe.unet.state_dict().keys()
    ink = kohya(pipe, tmp_path / "ink.safetensors")
    with apply(pipe, selection(pick(ink))):
        assert not paint(pipe).equal(plain)
    assert paint(pipe).equal(plain) and listed(pipe)
    apply(pipe, selection(pick(ink)))
    apply(pipe, selection())
    assert paint(pipe).equal(plain) and listed(pipe)
    apply(pipe, selection(pick(ink)))
    remove(pipe)
    assert paint(pipe).equal(plain) and not listed(pipe)
    assert pipe.unet.state_dict().keys() == layers  # none of peft's layers is left
    remove(pipe)
    assert paint(pipe).equal(plain)


def test_a_picture_that_fails_takes_off_what_was_put_on(pipe: Any, tmp_path: Path) -> None:
    plain = paint(pipe)
    with pytest.raises(KeyboardInterrupt), apply(pipe, selection(pick(kohya(pipe, tmp_path / "ink.safetensors")))):
        raise KeyboardInterrupt
    assert paint(pipe).equal(plain)


def test_a_file_that_changed_is_loaded_anew(pipe: Any, tmp_path: Path) -> None:
    ink = kohya(pipe, tmp_path / "ink.safetensors", 1)
    apply(pipe, selection(pick(ink)))
    before = paint(pipe)
    kohya(pipe, ink, 2)
    os.utime(ink, ns=(1, 1))
    again = apply(pipe, selection(pick(ink)))
    assert again.adapters[0].loaded and not paint(pipe).equal(before)
    assert listed(pipe) == {again.adapters[0].adapter_name}


def test_what_somebody_took_out_is_loaded_again(pipe: Any, tmp_path: Path) -> None:
    ink = kohya(pipe, tmp_path / "ink.safetensors")
    apply(pipe, selection(pick(ink)))
    expected = paint(pipe)
    pipe.unload_lora_weights()
    assert apply(pipe, selection(pick(ink))).adapters[0].loaded
    assert paint(pipe).equal(expected)


def test_pipelines_of_the_same_model_share_what_is_loaded(pipe: Any, tmp_path: Path) -> None:
    ink = kohya(pipe, tmp_path / "ink.safetensors")
    apply(pipe, selection(pick(ink)))
    expected = paint(pipe)
    other = tiny.CountingPipeline(**pipe.components, requires_safety_checker=False)
    assert not apply(other, selection(pick(ink))).adapters[0].loaded
    assert paint(other).equal(expected)


@pytest.mark.parametrize("stem", ["v1.5 lora_A.weight", "keys", "墨絵", "...", "unet", "x" * 200])
def test_any_name_of_a_file_will_do(pipe: Any, tmp_path: Path, stem: str) -> None:
    ink = kohya(pipe, tmp_path / "ink.safetensors")
    apply(pipe, selection(pick(ink)))
    expected = paint(pipe)
    remove(pipe)
    named = ink.rename(tmp_path / f"{stem}.safetensors")
    applied = apply(pipe, selection(pick(named)))
    assert applied.notes == () and "." not in applied.adapters[0].adapter_name
    assert paint(pipe).equal(expected)


def test_a_limit_below_nothing_is_refused(pipe: Any) -> None:
    with pytest.raises(OptionError, match="-1"):
        apply(pipe, selection(), keep=-1)


# -- what stands in the way of all picks


class _NoPipeline:
    """Something that paints, without a loader."""


def test_a_pipeline_without_a_loader_paints_without_picks(tmp_path: Path) -> None:
    applied = apply(_NoPipeline(), selection(pick(tmp_path / "ink.safetensors")))
    assert applied.adapters == () and applied.prompt == "a corgi"
    assert applied.notes == ("the picks are left out: diffusers has no loader of adapters for _NoPipeline",)
    assert apply(_NoPipeline(), selection()).notes == ()
    remove(_NoPipeline())


def test_without_peft_the_note_says_what_to_install(pipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    applied = apply(pipe, selection(pick(kohya(pipe, tmp_path / "ink.safetensors"))))
    assert applied.adapters == () and "pip install peft" in applied.notes[0]


def test_picks_that_would_be_hidden_or_switch_on_the_users_are_left_out(pipe: Any, tmp_path: Path) -> None:
    own = kohya(pipe, tmp_path / "own.safetensors", 1)
    ink = kohya(pipe, tmp_path / "ink.safetensors", 2)
    plain = paint(pipe)
    pipe.load_lora_weights(str(tmp_path), weight_name=own.name, adapter_name="own")
    pipe.disable_lora()
    applied = apply(pipe, selection(pick(ink)))
    assert applied.adapters == () and "call pipe.enable_lora() first" in applied.notes[0]
    assert paint(pipe).equal(plain)
    pipe.enable_lora()
    pipe.fuse_lora()
    fused = paint(pipe)
    applied = apply(pipe, selection(pick(ink)))
    assert applied.adapters == () and "call pipe.unfuse_lora() first" in applied.notes[0]
    assert paint(pipe).equal(fused)
    pipe.unfuse_lora()
    assert apply(pipe, selection(pick(ink))).notes == ()


def test_a_switch_that_fails_leaves_the_picture_without_picks(
    pipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = paint(pipe)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("none of ours")

    monkeypatch.setattr(pipe, "set_adapters", fail)
    applied = apply(pipe, selection(pick(kohya(pipe, tmp_path / "ink.safetensors"))))
    assert applied.adapters == () and "ZeroDivisionError: none of ours" in applied.notes[0]
    assert paint(pipe).equal(plain)


def test_threads_load_one_after_the_other(pipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What diffusers and transformers change of torch while they load would stay changed."""
    ink, glow = kohya(pipe, tmp_path / "ink.safetensors", 1), kohya(pipe, tmp_path / "glow.safetensors", 2)
    load, second_is_in, both_were_in = pipe.load_lora_weights, threading.Event(), []
    second = threading.Thread(target=lambda: apply(pipe, selection(pick(glow))))

    def watched(folder: str, **given: Any) -> None:
        if given["weight_name"] == glow.name:
            second_is_in.set()
        else:
            second.start()
            both_were_in.append(second_is_in.wait(0.5))
        load(folder, **given)

    monkeypatch.setattr(pipe, "load_lora_weights", watched)
    assert apply(pipe, selection(pick(ink))).notes == ()
    second.join(HANG)
    assert both_were_in == [False] and second_is_in.is_set()
