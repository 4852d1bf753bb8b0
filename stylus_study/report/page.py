"""The page: one HTML file with its style, script and data in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from stylus_study import templates
from stylus_study.report import measured_sections, phrasing, sections
from stylus_study.report.report_sources import Sources
from stylus_study.report.tables import ReportTable
from stylus_study.report.views import GalleryFilter, GallerySection

#: The parts of the page in their order: title and template of each.
_SECTIONS = {
    "short": ("In short", "report/table_section.html"),
    "metrics": ("CLIP, FID, KID, diversity", "report/measured_section.html"),
    "judge": ("A model as judge", "report/table_section.html"),
    "votes": ("People", "report/table_section.html"),
    "picks": ("What was picked", "report/table_section.html"),
    "timings": ("Time", "report/table_section.html"),
    "pictures": ("Pictures", "report/gallery_section.html"),
}


def page(sources: Sources, tables: Mapping[str, ReportTable], gallery: Mapping[str, Any], unreadable: int) -> str:
    """The whole document. `unreadable` is how many pictures were made but are missing or broken now."""
    style, script = templates.asset("report/page.css"), templates.asset("report/page.js")
    contents = {
        "short": sections.in_short(sources, tables),
        "metrics": measured_sections.metrics(sources, tables["metrics"]),
        "judge": sections.judge(sources, tables["judge"]),
        "votes": sections.votes(sources, tables["votes"]),
        "picks": sections.picks(sources, tables["picks"]),
        "timings": sections.timings(sources, tables["timings"]),
        "pictures": _gallery_section(gallery),
    }
    return templates.render(
        "report/page.html",
        name=sources.plan.name or "study",
        summary=" ".join(_summary(sources, unreadable)),
        settings=list(_settings(sources)),
        sections=[
            {
                "key": key,
                "title": title,
                "template": template,
                "content": contents[key],
                "has_files": key in tables and bool(tables[key].rows),
            }
            for key, (title, template) in _SECTIONS.items()
        ],
        gallery=gallery,
        style=style,
        script=script,
        style_hash=_csp_hash(style),
        script_hash=_csp_hash(script),
    )


def _summary(sources: Sources, unreadable: int) -> Iterator[str]:
    """The size of the study, and what of it is lacking, in sentences."""
    plan = sources.plan
    factors = (
        (len(plan.prompts), "prompt"),
        (len(plan.systems), "system"),
        (len(plan.cfgs), "CFG value"),
        (len(plan.seeds), "seed"),
        (len(plan.checkpoints), "checkpoint"),
    )
    made = len(sources.pictures)
    product = " × ".join(phrasing.plural(n, noun) for n, noun in factors)
    yield f"{product}: {made:,} of {plan.size:,} pictures."
    if plan.size > made:
        yield f"{plan.size - made:,} are not made yet."
    if unreadable:
        yield f"{unreadable:,} of those that were made are missing or broken now."
    for file, numbers in sources.unusable.items():
        yield f"{file} has {phrasing.plural(numbers, 'number')} that cannot be reckoned with, left out here."


def _settings(sources: Sources) -> Iterator[tuple[str, str]]:
    """Names and values of what people may know; the rest of the settings has paths of the machine that made it."""
    plan = sources.plan
    yield from _leaves(plan.settings.get("picture"))
    yield from _leaves(plan.settings.get("models"), "model of ")
    yield "CFG", ", ".join(f"{cfg:g}" for cfg in plan.cfgs)
    yield "seeds", ", ".join(map(str, plan.seeds))
    yield "checkpoints", ", ".join(phrasing.checkpoint_label(name) for name in plan.checkpoints)
    for system in plan.systems:
        options = ", ".join(f"{k} = {v}" for k, v in system.options.items())
        description = f"{options}; descriptions: {system.descriptions}" if options else "the prompt as it is"
        yield system.label or system.name, description + (f"; then “{system.append}”" if system.append else "")


def _leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, part in value.items() if isinstance(value, Mapping) else ():
        if isinstance(part, Mapping):
            yield from _leaves(part, f"{prefix}{key}: ")
        elif part not in ("", None):
            yield f"{prefix}{key}", str(part)


def _gallery_section(gallery: Mapping[str, Any]) -> GallerySection:
    checkpoints, cfgs, seeds = gallery["checkpoints"], gallery["cfgs"], gallery["seeds"]
    cfg = cfgs.index(phrasing.shown_cfg(cfgs)) if cfgs else 0
    filters = (
        GalleryFilter("checkpoint", "Checkpoint", [phrasing.checkpoint_label(name) for name in checkpoints]),
        GalleryFilter("cfg", "CFG", [f"{value:g}" for value in cfgs], cfg),
        GalleryFilter("seed", "Seed", [str(seed) for seed in seeds]),
    )
    changed = sum(prompt["differs"] for prompt in gallery["prompts"])
    return GallerySection(gallery["systems"], filters, changed, len(gallery["prompts"]))


def _csp_hash(text: str) -> str:
    """How a content security policy names a text that it allows: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
