"""What a person reads of their own pictures: how an adapter was used, and which ones never were."""

from __future__ import annotations

from typing import Any

from stylus_core.cli.terminal_text import Console, indented, table
from stylus_core.history.records import OwnUse
from stylus_core.history.time_columns import day
from stylus_core.history.unused import UnusedAdapters

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def own_use(use: OwnUse | None, console: Console) -> list[str]:
    """How the user used an adapter, in lines that follow on those of the adapter itself."""
    if use is None:
        rows = [("own pictures", "in none of them")]
    else:
        prompts = f"{use.prompts:,} prompt" + ("s" if use.prompts != 1 else "")
        rows = [
            ("own pictures", f"in {use.pictures:,}, of {prompts}, last on {day(use.last_at)}"),
            ("own weights", _weights(use)),
            ("used with", ", ".join(f"{name} ({count:,})" for name, count in use.together)),
            ("picked", f"by Stylus in {use.picked:,} of these pictures" if use.picked else ""),
        ]
    lines = []
    for label, said in rows:
        if said:
            lines += indented(f"  {label:<13}", said, console.columns)
    return lines


def _weights(use: OwnUse) -> str:
    if use.weights is None:
        return ""
    low, median, high = use.weights
    return f"{median:.3g}" if low == high else f"{low:g} to {high:g}, median {median:.3g}"


def unused(found: UnusedAdapters, console: Console) -> list[str]:
    """The adapters that were never used, with their sizes, and how far that can be known."""
    old = [one for one in found.adapters if not one.new]
    new = len(found.adapters) - len(old)
    lines = []
    if found.adapters:
        rows = [
            [one.name, byte_size(one.size), day(one.modified), "new" if one.new else "", one.path]
            for one in found.adapters
        ]
        heads = ["never used", "size", "file of", "", "path"]
        head, *body = table(heads, rows, console.columns, (30, 10, 10, 3))
        lines += [console.paint(head, "dim"), *body, ""]
    lines += indented("", f"{len(old):,} of {found.library:,} adapters were never used: {byte_size(found.size)}", 10**6)
    if new:
        said = f"{new:,} more came after the last learned picture and had no chance yet: they are marked as new"
        lines += indented("", said, console.columns)
    lines += reach(found, console)
    lines.append("Nothing was deleted: what goes is yours to decide.")
    return lines


def reach(found: UnusedAdapters, console: Console) -> list[str]:
    """Over which pictures that was counted."""
    said = f"Counted over {found.pictures:,} pictures"
    if found.pictures:
        said += f" from {day(found.since)} to {day(found.until)}"
    lines = indented("", said + ", in", console.columns)
    for folder in found.folders:
        if folder.on:
            lines += indented("  ", folder.path, console.columns)
    for folder in found.folders:
        if not folder.on:
            lines += indented("  not counted, as it is switched off: ", folder.path, console.columns)
    return lines


def unused_json(found: UnusedAdapters) -> dict[str, Any]:
    """The same as one plain object; times are seconds since 1970, sizes bytes."""
    return {
        "unused": [
            {"name": one.name, "path": one.path, "size": one.size, "modified": one.modified, "new": one.new}
            for one in found.adapters
        ],
        "size": found.size,
        "adapters": found.library,
        "pictures": found.pictures,
        "since": found.since,
        "until": found.until,
        "folders": [{"path": folder.path, "on": folder.on} for folder in found.folders],
    }


def byte_size(size: int) -> str:
    """A size for people: "144.2 MB"."""
    value, unit = float(size), _UNITS[0]
    for larger in _UNITS[1:]:
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{size} bytes" if unit == _UNITS[0] else f"{value:.1f} {unit}"
