"""The help pages that ComfyUI shows beside a node: there is one for each, and it names all inputs and outputs."""

from __future__ import annotations

import re

import pytest

from stylus_comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS
from tests.sources import ROOT

PAGES = ROOT / "stylus_comfyui" / "web" / "docs"
#: What no user fills: it is hidden, and the chips write it.
_HIDDEN = {"picks_state"}


@pytest.mark.parametrize("node", sorted(NODE_CLASS_MAPPINGS))
def test_a_page_names_every_input_and_output_and_nothing_else(node: str) -> None:
    cls = NODE_CLASS_MAPPINGS[node]
    text = (PAGES / f"{node}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {NODE_DISPLAY_NAME_MAPPINGS[node]}\n")
    spec = cls.INPUT_TYPES()  # type: ignore[attr-defined]
    inputs = {name for part in ("required", "optional") for name in spec.get(part, {})} - _HIDDEN
    head, _, tail = text.partition("\n## Output")
    rows = {name for row in re.findall(r"^- (`.*?): ", head, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert rows == inputs
    outputs = set(getattr(cls, "RETURN_NAMES", None) or cls.RETURN_TYPES)  # type: ignore[attr-defined]
    assert all(f"`{name}`" in tail for name in outputs)


def test_the_pages_of_the_pickers_name_every_button() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in PAGES.parent.glob("*.js"))
    for node in ("StylusPick", "StylusPickAndApply"):
        text = (PAGES / f"{node}.md").read_text(encoding="utf-8")
        told = set(re.findall(r"\*\*([A-Z↺][a-z↺ ]*)\*\*", text)) - {"Output"}
        assert all(f"'{label}'" in source for label in told), told
        for label in (
            "Remove",
            "Put back",
            "Pin",
            "Unpin",
            "Freeze",
            "Unfreeze",
            "Never here",
            "Pick it again",
            "Use it",
        ):
            assert f"**{label}**" in text
        for label in ("Freeze all", "Choose anew", "Show picks", "↺"):
            assert f"**{label}**" in text


def test_there_is_a_page_for_each_node_and_no_other() -> None:
    assert {file.stem for file in PAGES.iterdir()} == set(NODE_CLASS_MAPPINGS)
