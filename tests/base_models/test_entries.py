"""What the entries of the base models have to keep; `tests/test_adding.py` adds one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from stylus_core.base_models import BASE_MODELS, CHECKPOINTS, fits, label
from stylus_core.base_models.entry import plain
from stylus_core.base_models.recognise import class_base, stated_architecture
from stylus_core.options import Options

ROOT = Path(__file__).parents[2]


def documented() -> str:
    rows = ["| `--architecture` | base model | sizes that fit no other |", "| --- | --- | --- |"]
    for base in BASE_MODELS:
        sizes = ", ".join(f"`{label(base.name, size.name)}`" for size in base.sizes)
        rows.append(f"| `{base.name}` | {base.label} | {sizes} |")
    return "\n".join(rows)


def test_the_docs_list_the_entries() -> None:
    table = documented()
    text = (ROOT / "docs" / "base-models.md").read_text(encoding="utf-8")
    assert table in text, f"docs/base-models.md needs this table:\n{table}"


def test_an_entry_is_called_by_its_own_names() -> None:
    for base in BASE_MODELS:
        assert stated_architecture(base.name) == base.name
        assert class_base(f"{base.name.replace('-', '')}") == base.name, base.name
        for size in base.sizes:
            assert stated_architecture(f"{base.name} {size.name}") == base.name
            assert size.is_said(plain(f"{base.name} {size.name}"))


@pytest.mark.parametrize(
    ("made_for", "wanted", "may"),
    [
        ("sdxl", "any", True), ("other", "any", True), ("unknown", "any", True),
        ("sdxl", "sdxl", True), ("sdxl", "sd1", False), ("unknown", "sdxl", True), ("other", "sdxl", False),
        ("flux2-klein-9b", "flux2", True), ("flux2", "flux2-klein-9b", True), ("flux2", "flux", False),
        ("flux2-klein-9b", "flux2-klein-9b", True), ("flux2-klein-4b", "flux2-klein-9b", False),
        ("wan-1.3b", "wan-14b", False), ("sd3-medium", "sd3-large", False), ("wan-14b", "wan", True),
        # a checkpoint that no entry knows: nothing is proved to fit it
        ("sdxl", "other", False), ("unknown", "other", False), ("other", "other", False),
    ],
)  # fmt: skip
def test_the_wall(made_for: str, wanted: str, may: bool) -> None:
    assert fits(made_for, wanted) is may


def test_every_checkpoint_is_a_value_of_the_option() -> None:
    for name in CHECKPOINTS:
        assert Options.of({"architecture": name}).architecture == name


def test_ranks_keep_the_general_behind_the_special() -> None:
    from stylus_core.base_models import BY_RANK

    assert all(a.rank <= b.rank for a, b in pairwise(BY_RANK)) and BY_RANK[-1].name == "sd1"
