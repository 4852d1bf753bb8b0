"""Selections and picks as the cache gives them back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from stylus_core.types import Pick, Selection

_PICK_FIELDS = frozenset(f.name for f in dataclasses.fields(Pick))


def read_selection(value: Mapping[str, Any]) -> Selection:
    """Reads what `Selection.to_json` made.

    Args:
        value: of the cache.

    Returns:
        The selection, without candidates; a pick that cannot be read is left out.
    """
    return Selection(
        prompt=str(value.get("prompt", "")),
        rewritten=str(value.get("rewritten", "")),
        picks=tuple(pick for p in value.get("picks", ()) if (pick := read_pick(p)) is not None),
        nearly=tuple(pick for p in value.get("nearly", ()) if (pick := read_pick(p)) is not None),
        composer=str(value.get("composer", "")),
        notes=tuple(str(n) for n in value.get("notes", ())),
        with_trigger_words=str(value.get("with_trigger_words", "")),
    )


def read_pick(value: Mapping[str, Any]) -> Pick | None:
    """Reads one pick.

    Args:
        value: its fields; further ones, of another version, are passed over.

    Returns:
        The pick; None where fields are missing.
    """
    try:
        given = {k: v for k, v in value.items() if k in _PICK_FIELDS}
        return Pick(**{**given, "trigger_words": tuple(given.get("trigger_words", ()))})
    except (TypeError, AttributeError):
        return None
