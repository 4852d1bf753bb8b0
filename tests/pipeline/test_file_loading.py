"""A file that cannot be loaded is left out with its sentence, leaves nothing behind, and the others come."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from stylus_core.pipeline import apply
from tests.pipeline.selections import pick, selection

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("diffusers", reason="diffusers is not installed")
pytest.importorskip("peft", reason="peft is not installed")
from tests.pipeline import tiny_pipelines as tiny  # noqa: E402
from tests.pipeline.tiny_pipelines import kohya, paint, written  # noqa: E402

pytestmark = pytest.mark.whole  # real models, if tiny ones: pictures are made


def assert_left_out(pipe: Any, file: Path, sentence: str) -> None:
    """Beside a good one, which comes; and by itself, where nothing of it is left."""
    good = kohya(pipe, file.with_name("good.safetensors"), 9)
    plain = paint(pipe)
    alone = apply(pipe, selection(pick(good)))
    expected = paint(pipe)
    applied = apply(pipe, selection(pick(file), pick(good)))
    assert [a.pick.name for a in applied.adapters] == ["good"]
    assert applied.notes == (f"{file.stem!r} is left out: {sentence}",)
    assert paint(pipe).equal(expected)
    assert listed(pipe) == {alone.adapters[0].adapter_name}
    apply(pipe, selection(pick(file)), keep=0)
    assert paint(pipe).equal(plain) and not listed(pipe)


def listed(pipe: Any) -> set[str]:
    return {name for names in pipe.get_list_adapters().values() for name in names}


NO_FIT = "its tensors do not fit the pipeline's model, so it is made for another base model"


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_a_file_of_other_shapes(pipe: Any, tmp_path: Path, part: str, caplog: pytest.LogCaptureFixture) -> None:
    file = kohya(pipe, tmp_path / "misfit.safetensors", wrong=part)
    assert_left_out(pipe, file, NO_FIT)
    assert caplog.records == []


def test_a_first_file_that_does_not_fit_leaves_the_text_encoder_usable(pipe: Any, tmp_path: Path) -> None:
    file = kohya(pipe, tmp_path / "misfit.safetensors", wrong="text_encoder")
    assert apply(pipe, selection(pick(file))).adapters == ()
    assert not listed(pipe)
    assert_left_out(pipe, file, NO_FIT)


def test_a_file_for_another_model(pipe: Any, tmp_path: Path) -> None:
    tensors = {f"transformer.blocks.0.attn1.to_q.lora_{x}.weight": torch.ones(2, 2) for x in "AB"}
    assert_left_out(pipe, written(tensors, tmp_path / "wan.safetensors"), NO_FIT)
    tensors = {f"unet.blocks.0.attn1.to_q.lora_{x}.weight": torch.ones(2, 2) for x in "AB"}
    assert_left_out(pipe, written(tensors, tmp_path / "other.safetensors"), NO_FIT)


def test_a_kind_of_adapter_that_diffusers_does_not_load(pipe: Any, tmp_path: Path) -> None:
    tensors = {f"lora_unet_mid_block_attentions_0_proj_in.hada_w1_{x}": torch.ones(2, 2) for x in "ab"}
    file = written(tensors, tmp_path / "loha.safetensors")
    applied = apply(pipe, selection(pick(file)))
    assert applied.adapters == ()
    assert applied.notes[0].startswith("'loha' is left out: diffusers cannot load it (")


def test_a_damaged_file(pipe: Any, tmp_path: Path) -> None:
    file = kohya(pipe, tmp_path / "damaged.safetensors")
    file.write_bytes(file.read_bytes()[:-5])
    applied = apply(pipe, selection(pick(file)))
    assert applied.adapters == () and len(applied.notes) == 1
    assert applied.notes[0].startswith("'damaged' is left out: its file is damaged: it is truncated")


def test_a_file_that_is_gone(pipe: Any, tmp_path: Path) -> None:
    file = tmp_path / "gone.safetensors"
    assert_left_out(pipe, file, f"its file {file} cannot be opened: No such file or directory")


class _Trap:
    """Says that it was unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was opened",)


@pytest.mark.parametrize("name", ["trap.pt", "trap.bin", "trap.SAFETENSORS", "trap"])
def test_no_pickle_is_opened(pipe: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(pickle.dumps(_Trap()))
    rule = "only files whose name ends with .safetensors in small letters are loaded: rename or convert it"
    assert_left_out(pipe, file, rule)
    assert pipe.loads == ["good.safetensors"]


def test_a_pickle_under_a_good_name_is_a_damaged_file(pipe: Any, tmp_path: Path) -> None:
    file = tmp_path / "trap.safetensors"
    file.write_bytes(pickle.dumps(_Trap()))
    assert "its file is damaged" in apply(pipe, selection(pick(file))).notes[0]


def test_what_has_no_effect_is_told(pipe: Any, tmp_path: Path) -> None:
    file = kohya(pipe, tmp_path / "ink.safetensors", parts=("unet",))
    from safetensors.torch import load_file

    tensors = load_file(file)
    name = next(iter(tensors)).partition(".")[0]
    written({**tensors, f"{name}.dora_scale": torch.ones(16, 1)}, tmp_path / "dora.safetensors")
    applied = apply(pipe, selection(pick(tmp_path / "dora.safetensors")))
    assert [a.pick.name for a in applied.adapters] == ["dora"]
    assert applied.notes == (
        "'dora' works in part: its DoRA scales are left out by diffusers, so it looks other than in the WebUI",
    )


def test_modules_that_fit_nothing_are_told(pipe: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    tensors = load_file(tiny.peft(pipe, tmp_path / "ink.safetensors", names=("unet",)))
    more = {f"unet.mid_block.attentions.7.to_q.lora_{x}.weight": torch.ones(2, 2) for x in "AB"}
    modules = len(tensors) // 2 + 1
    written({**tensors, **more}, tmp_path / "more.safetensors")
    applied = apply(pipe, selection(pick(tmp_path / "more.safetensors")))
    assert applied.notes == (f"'more' works in part: 1 of its {modules} modules fit nothing in the pipeline",)
    assert len(applied.adapters) == 1


# -- models of two parts


def scales(pipe: Any) -> dict[str, set[float]]:
    from peft.tuners.tuners_utils import BaseTunerLayer

    return {
        part: {
            layer.scaling[name]
            for layer in getattr(pipe, part).modules()
            if isinstance(layer, BaseTunerLayer)
            for name in layer.active_adapters
            if name in layer.scaling
        }
        for part in pipe.get_list_adapters()
    }


def test_each_half_goes_to_its_part(tmp_path: Path) -> None:
    pipe = tiny.wan(two_parts=True)
    high, low = (tiny.wan_file(pipe, tmp_path / f"{n}.safetensors", i) for i, n in enumerate(("high", "low")))
    applied = apply(pipe, selection(pick(high, 0.5, stage="high"), pick(low, 0.25, stage="low")))
    assert [a.weights for a in applied.adapters] == [{"transformer": 0.5}, {"transformer_2": 0.25}]
    assert applied.notes == () and scales(pipe) == {"transformer": {0.5}, "transformer_2": {0.25}}
    both = apply(pipe, selection(pick(low, 0.75)))  # one that is no half
    assert both.adapters[0].weights == {"transformer": 0.75, "transformer_2": 0.75}
    assert scales(pipe) == {"transformer": {0.75}, "transformer_2": {0.75}}


def test_modules_that_fit_neither_part_are_told(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    pipe = tiny.wan(two_parts=True)
    tensors = load_file(tiny.wan_file(pipe, tmp_path / "whole.safetensors"))
    more = {f"transformer.blocks.7.attn1.to_q.lora_{x}.weight": torch.ones(2, 2) for x in "AB"}
    modules = len(tensors) // 2 + 1
    applied = apply(pipe, selection(pick(written({**tensors, **more}, tmp_path / "more.safetensors"))))
    assert applied.notes == (f"'more' works in part: 1 of its {modules} modules fit nothing in the pipeline",)


def test_a_half_without_its_part_is_left_out(tmp_path: Path) -> None:
    pipe = tiny.wan(two_parts=False)
    high, low = (tiny.wan_file(pipe, tmp_path / f"{n}.safetensors", i) for i, n in enumerate(("high", "low")))
    applied = apply(pipe, selection(pick(high, 0.5, stage="high"), pick(low, 0.25, stage="low")))
    assert [a.pick.name for a in applied.adapters] == ["high"] and scales(pipe) == {"transformer": {0.5}}
    assert applied.notes == (
        "'low' is left out: it belongs to a model of two parts, and this pipeline has no 'transformer_2'",
    )
