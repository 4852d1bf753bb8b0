"""One static HTML page that shows the pictures of a run side by side."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from stylus_core.storage.files import write_whole
from stylus_study import templates
from stylus_study.batch.render_jobs import WITHOUT
from stylus_study.batch.run_folder import RunFolderError

PAGE = "index.html"


def write_comparison(folder: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Writes the page into a run's folder.

    Args:
        folder: of the run; addresses on the page are relative to it.
        records: what `RunFolder.records` gives; the pairs stand in the order in which they begin here.

    Returns:
        The page's path.

    Raises:
        RunFolderError: the page cannot be written.
        StylusError: Jinja2 is not installed.
    """
    by_pair: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_pair.setdefault(str(record.get("pair")), []).append(record)
    html = templates.render("batch/comparison.html", pairs=[_pair(same) for same in by_pair.values()])
    page = folder / PAGE
    try:
        write_whole(page, html.encode("utf-8", "replace"))
    except OSError as error:
        raise RunFolderError(f"{page} cannot be written: {error.strerror or error}") from None
    return page


def _pair(records: list[dict[str, Any]]) -> dict[str, Any]:
    """What the template is given of a pair: one picture without Stylus, or none yet, and those with it."""
    without = next((record for record in records if record.get("side") == WITHOUT), None)
    others = [record for record in records if record is not without]
    first = without or others[0]
    labels = first.get("labels")
    about = [str(first.get("name") or ""), *(map(str, labels.values()) if isinstance(labels, dict) else ())]
    return {
        "prompt": _text(first.get("prompt")),
        "about": " · ".join([*filter(None, about), f"seed {first.get('seed')}"]),
        "without": without and _picture(without),
        "with_stylus": [_picture(record) for record in others],
        "changed": sum(bool(record.get("picks")) for record in others),
    }


def _picture(record: dict[str, Any]) -> dict[str, Any]:
    options = record.get("options")
    return {
        "address": urllib.parse.quote(str(record["file"])),
        "prompt": record.get("prompt"),
        "options": ", ".join(f"{k} = {v}" for k, v in options.items()) if isinstance(options, dict) else "",
        "picks": list(_picks(record.get("picks"))),
        "notes": [_text(note) for note in _list(record.get("notes"))],
        "infotext": _text(record.get("infotext")),
    }


def _picks(picks: Any) -> Iterator[dict[str, str]]:
    for pick in _list(picks):
        if isinstance(pick, dict):
            weight = pick.get("weight")
            shown = isinstance(weight, (int, float)) and abs(weight) < 1e6
            yield {
                "name": _text(pick.get("name")),
                "weight": f"{weight:g}" if shown else "",
                **{key: str(pick.get(key) or "") for key in ("title", "keyword", "reason")},
            }


def _list(value: Any) -> list[Any]:
    """An earlier version kept what a WebUI answered as it came."""
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)
