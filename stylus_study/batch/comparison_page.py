"""One static HTML page that shows the pictures of a run side by side."""

from __future__ import annotations

import html
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from stylus_core.storage.files import write_whole
from stylus_study.batch.render_jobs import WITH, WITHOUT
from stylus_study.batch.run_folder import StoreError

PAGE = "index.html"

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>With and without Stylus</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1300px; padding: 1rem; }
section { border-top: 1px solid #8886; padding: 1rem 0; content-visibility: auto; contain-intrinsic-size: auto 640px; }
h2 { font-size: 1.05rem; font-weight: 600; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.pair { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; }
img { background: #8882; display: block; height: auto; max-width: 100%; }
.none { border: 1px dashed #8888; padding: 2rem; text-align: center; }
figcaption { overflow-wrap: anywhere; padding-top: .4rem; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
.small, summary { font-size: .85rem; opacity: .8; }
pre { font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
</head>
<body>
"""
_TITLES = {WITHOUT: "Without Stylus", WITH: "With Stylus"}


def write_gallery(folder: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Writes the page into a run's folder, pairs in the order of `records`; returns its path. Raises `StoreError`."""
    pairs = list(_by_pair(records))
    changed = sum(bool(r.get("picks")) for _, made in pairs for r in made)
    head = (
        f"<h1>With and without Stylus</h1>\n<p>{len(pairs)} pairs of one prompt and one seed; "
        f"{changed} got adapters.</p>\n"
    )
    body = "".join(part for without, made in pairs for part in _section(without, made))
    page = folder / PAGE
    try:
        write_whole(page, f"{_HEAD}{head}{body}</body>\n</html>\n".encode("utf-8", "replace"))
    except OSError as error:
        raise StoreError(f"{page} cannot be written: {error.strerror or error}") from None
    return page


def _by_pair(records: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """The picture without and those with, for every pair in the order in which they began."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        found.setdefault(str(record.get("pair")), []).append(record)
    for same in found.values():
        without = next((r for r in same if r.get("side") == WITHOUT), None)
        yield without, [r for r in same if r is not without]


def _section(without: dict[str, Any] | None, made: list[dict[str, Any]]) -> Iterator[str]:
    first = without or made[0]
    labels = first.get("labels")
    words = [str(first.get("name") or ""), *(map(str, labels.values()) if isinstance(labels, dict) else ())]
    yield f"<section>\n<h2>{_text(first.get('prompt'))}</h2>\n"
    words = [*filter(None, words), f"seed {first.get('seed')}"]
    yield f'<p class="small">{_text(" · ".join(words))}</p>\n'
    yield '<div class="pair">\n'
    yield _figure(WITHOUT, without)
    for record in made:
        yield _figure(WITH, record)
    if not made:
        yield _figure(WITH, None)
    yield "</div>\n</section>\n"


def _figure(side: str, record: dict[str, Any] | None) -> str:
    title = _TITLES[side]
    if record is None:
        return f'<figure><div class="none">not made yet</div><figcaption>{title}</figcaption></figure>\n'
    address = _text(urllib.parse.quote(str(record["file"])))
    alt = _text(f"{title}: {record.get('prompt')}")
    return (
        f'<figure><a href="{address}"><img src="{address}" alt="{alt}" loading="lazy" decoding="async"></a>\n'
        f"<figcaption>{title}{_changed(record)}{_picks(record) if side == WITH else ''}"
        f"<details><summary>infotext</summary><pre>{_text(record.get('infotext'))}</pre></details>"
        "</figcaption></figure>\n"
    )


def _changed(record: dict[str, Any]) -> str:
    options = record.get("options")
    given = options.items() if isinstance(options, dict) else ()
    return f' <span class="small">{_text(", ".join(f"{k} = {v}" for k, v in given))}</span>' if given else ""


def _picks(record: dict[str, Any]) -> str:
    rows = []
    for pick in _list(record.get("picks")):
        if not isinstance(pick, dict):
            continue
        weight = pick.get("weight")
        number = f" {weight:g}" if isinstance(weight, (int, float)) and abs(weight) < 1e6 else ""
        keyword = f" for “{_text(pick['keyword'])}”" if pick.get("keyword") else ""
        why = f'<br><span class="small">{_text(pick["reason"])}</span>' if pick.get("reason") else ""
        title = f' title="{_text(pick["title"])}"' if pick.get("title") else ""
        rows.append(f"<li><b{title}>{_text(pick.get('name'))}</b>{number}{keyword}{why}</li>")
    notes = "".join(f'<p class="small">{_text(note)}</p>' for note in _list(record.get("notes")))
    return (f"<ul>{''.join(rows)}</ul>" if rows else '<p class="small">nothing was picked</p>') + notes


def _list(value: Any) -> list[Any]:
    """An earlier version kept what a WebUI answered as it came."""
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return html.escape("" if value is None else str(value))
