"""The page: one HTML file with its style and script in it. Every text from outside goes through `html.escape`."""

from __future__ import annotations

import base64
import hashlib
import html
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from stylus_study.report import measured_sections, phrasing, sections
from stylus_study.report.gallery import embedded
from stylus_study.report.report_sources import Sources
from stylus_study.report.tables import ReportTable

_PARTS = {
    "short": "In short",
    "metrics": "CLIP, FID, KID, diversity",
    "judge": "A model as judge",
    "votes": "People",
    "picks": "What was picked",
    "timings": "Time",
    "pictures": "Pictures",
}
_FILTER = """<fieldset id="g-systems" aria-label="Systems that are shown">{systems}</fieldset>
<form id="g-filter" hidden>
<label>Find <input type="search" id="g-text" placeholder="prompt, adapter, keyword"></label>
<label><input type="checkbox" id="g-differs"> only prompts that a system changed</label>
{selects}
<output id="g-count" class="small"></output>
</form>"""
_PAGER = """<div class="pager{where}" hidden><button type="button" class="before">← previous</button>
<span class="where small"></span> <button type="button" class="after">next →</button></div>"""


def page(sources: Sources, tables: Mapping[str, ReportTable], gallery: Mapping[str, Any], unseen: int) -> str:
    """The whole document. `unseen` is how many pictures were made but are missing or broken now."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; img-src 'self' file:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    name = html.escape(sources.plan.name or "study")
    bodies = {
        "short": sections.in_short(sources, tables),
        "metrics": measured_sections.metrics(sources, tables["metrics"]),
        "judge": sections.judge(sources, tables["judge"]),
        "votes": sections.votes(sources, tables["votes"]),
        "picks": sections.picks(sources, tables["picks"]),
        "timings": sections.timings(sources, tables["timings"]),
        "pictures": _pictures(gallery),
    }
    links = "".join(f'<a href="#{key}">{title}</a>' for key, title in _PARTS.items())
    parts = "".join(
        f'<section id="{key}"><h2>{title}</h2>\n{body}\n{_files(key, tables)}</section>\n'
        for (key, title), body in zip(_PARTS.items(), bodies.values(), strict=True)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{name} · Stylus study</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{name}</h1>\n{_size(sources, unseen)}{_settings(sources)}<nav>{links}</nav></header>\n"
        f'<main>\n{parts}</main>\n<script type="application/json" id="gallery-data">{embedded(gallery)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _size(sources: Sources, unseen: int) -> str:
    plan = sources.plan
    factors = (
        (len(plan.prompts), "prompt"),
        (len(plan.systems), "system"),
        (len(plan.cfgs), "CFG value"),
        (len(plan.seeds), "seed"),
        (len(plan.checkpoints), "checkpoint"),
    )
    said = " × ".join(f"{n:,} {what}{'' if n == 1 else 's'}" for n, what in factors)
    made = len(sources.pictures)
    missing = f" {plan.size - made:,} are not made yet." if plan.size > made else ""
    broken = f" {unseen:,} of those that were made are missing or broken now." if unseen else ""
    beyond = "".join(
        f" {name} has {n:,} number{'' if n == 1 else 's'} that cannot be reckoned with, left out here."
        for name, n in sources.beyond.items()
    )
    return f"<p>{said}: {made:,} of {plan.size:,} pictures.{missing}{broken}{beyond}</p>\n"


def _settings(sources: Sources) -> str:
    plan = sources.plan
    # The rest of the settings is not for people, and has paths of the machine that made the study.
    rows = [*_flat(plan.settings.get("picture")), *_flat(plan.settings.get("models"), "model of ")]
    rows += [
        ("CFG", ", ".join(f"{cfg:g}" for cfg in plan.cfgs)),
        ("seeds", ", ".join(map(str, plan.seeds))),
        ("checkpoints", ", ".join(phrasing.checkpoint(name) for name in plan.checkpoints)),
    ]
    for system in plan.systems:
        options = ", ".join(f"{k} = {v}" for k, v in system.options.items())
        told = f"{options}; descriptions: {system.descriptions}" if options else "the prompt as it is"
        rows.append((system.label or system.name, told + (f"; then “{system.append}”" if system.append else "")))
    body = "".join(
        f'<tr><th scope="row">{html.escape(str(k))}</th><td class="text">{html.escape(str(v))}</td></tr>'
        for k, v in rows
    )
    return (
        '<details class="more"><summary>Settings and systems</summary><div class="wide"><table><tbody>'
        f"{body}</tbody></table></div></details>\n"
    )


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, part in value.items() if isinstance(value, Mapping) else ():
        if isinstance(part, Mapping):
            yield from _flat(part, f"{prefix}{key}: ")
        elif part not in ("", None):
            yield f"{prefix}{key}", part


def _pictures(gallery: Mapping[str, Any]) -> str:
    selects = "".join(
        f'<label{"" if len(values) > 1 else " hidden"}>{label} <select id="g-{key}">'
        + "".join(
            f'<option value="{n}"{" selected" if n == chosen else ""}>{html.escape(_said(value))}</option>'
            for n, value in enumerate(values)
        )
        + "</select></label>"
        for key, label, values, chosen in (
            ("checkpoint", "Checkpoint", gallery["checkpoints"], 0),
            ("cfg", "CFG", gallery["cfgs"], _place(gallery["cfgs"])),
            ("seed", "Seed", gallery["seeds"], 0),
        )
    )
    systems = "".join(
        f'<label><input type="checkbox" value="{n}" checked> {html.escape(str(label))}</label>'
        for n, label in enumerate(gallery["systems"])
    )
    changed = Counter(bool(p["differs"]) for p in gallery["prompts"])[True]
    return (
        f"<p>Every prompt with the pictures of all systems, same seed and settings. A system changed "
        f"{changed:,} of {len(gallery['prompts']):,} prompts; the others give the base model's picture.</p>\n"
        '<noscript><p class="missing">The pictures need JavaScript; everything above does not.</p></noscript>\n'
        f'<div id="gallery">{_FILTER.format(selects=selects, systems=systems)}{_PAGER.format(where="")}'
        f'<div id="g-list"></div>{_PAGER.format(where=" below")}</div>'
    )


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else phrasing.checkpoint(str(value))


def _place(cfgs: list[float]) -> int:
    cfg = phrasing.shown_cfg(cfgs)
    return cfgs.index(cfg) if cfg in cfgs else 0


def _files(key: str, tables: Mapping[str, ReportTable]) -> str:
    if key not in tables or not tables[key].rows:
        return ""
    links = " and ".join(f'<a href="tables/{key}.{kind}">{kind.upper()}</a>' for kind in ("csv", "json"))
    return f'<p class="small">As {links}.</p>'


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
