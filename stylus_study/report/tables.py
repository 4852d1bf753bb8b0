"""The tables of the report, and their CSV and JSON beside it."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylus_core.storage.files import write_whole
from stylus_study.evaluation.statistics import Estimate
from stylus_study.report.report_sources import Sources, count, estimate, rows
from stylus_study.study.finite_numbers import number
from stylus_study.study.types import BASE, StudyPicture


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of the ablation table. `better`: 1 where more is better, -1 where less is."""

    key: str
    label: str
    better: int
    digits: int


MEASURES = (
    Measure("clip", "CLIP score", 1, 2),
    Measure("fid", "FID", -1, 2),
    Measure("kid", "KID", -1, 4),
    Measure("diversity", "Diversity", 1, 3),
)
#: Text that a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Rows with the same columns; a value is a text, a number, None or an `Estimate`."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[dict[str, Any]]

    def json(self) -> list[dict[str, Any]]:
        """One object a row, as the files of a study have them."""
        return [{k: v.as_dict() if isinstance(v, Estimate) else v for k, v in row.items()} for row in self.rows]

    def csv(self) -> str:
        """With a header; an estimate takes three columns. Text that would be a formula gets an apostrophe."""
        wide = {c for c in self.columns for row in self.rows if isinstance(row.get(c), Estimate)}
        names = [n for c in self.columns for n in ((c, f"{c}_low", f"{c}_high") if c in wide else (c,))]
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            cells: dict[str, Any] = {}
            for column, value in row.items():
                if isinstance(value, Estimate):
                    cells |= {column: value.value, f"{column}_low": value.low, f"{column}_high": value.high}
                else:
                    cells[column] = "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
            writer.writerow(cells)
        return text.getvalue()

    def write(self, folder: Path) -> None:
        """Both files. Raises `OSError`."""
        whole = json.dumps(self.json(), indent=1, ensure_ascii=False)
        write_whole(folder / f"{self.name}.json", whole.encode("utf-8", "replace"))
        # The mark tells spreadsheets that it is UTF-8.
        write_whole(folder / f"{self.name}.csv", self.csv().encode("utf-8-sig", "replace"))


def metrics(sources: Sources) -> ReportTable:
    """One row a system, checkpoint and CFG, in the order of the plan."""
    measured = [f"{m.key}{end}" for m in MEASURES for end in ("", "_difference")]
    found = [
        {
            "system": row["system"],
            "label": sources.label(row["system"]),
            "checkpoint": row["checkpoint"],
            "cfg": cfg,
            "pictures": count(row.get("pictures")),
            **{key: estimate(row.get(key)) for key in measured},
        }
        for row in rows(sources.metrics, "checkpoint")
        if (cfg := number(row.get("cfg"))) is not None
    ]
    checkpoints = list(sources.plan.checkpoints)
    found.sort(
        key=lambda r: (
            checkpoints.index(r["checkpoint"]) if r["checkpoint"] in checkpoints else len(checkpoints),
            r["cfg"],
            sources.order(r["system"]),
        )
    )
    return ReportTable("metrics", ("system", "label", "checkpoint", "cfg", "pictures", *measured), found)


def judge(sources: Sources) -> ReportTable:
    """One row a criterion and pair of systems."""
    return _compared("judge", sources, rows(sources.judge, "against", "criterion"), True)


def votes(sources: Sources) -> ReportTable:
    """One row a pair of systems."""
    return _compared("votes", sources, rows(sources.votes, "against"), False)


def _compared(name: str, sources: Sources, given: Iterable[Any], judged: bool) -> ReportTable:
    counts = ("wins", "losses", "ties", *(("inconsistent",) if judged else ()))
    scores = ("score", "score_against") if judged else ()
    found = [
        {
            **({"criterion": row["criterion"]} if judged else {}),
            "system": row["system"],
            "label": sources.label(row["system"]),
            "against": row["against"],
            "against_label": sources.label(row["against"]),
            **{key: count(row.get(key)) for key in counts},
            "rate": estimate(row.get("rate")),
            **{key: number(row.get(key)) for key in scores},
        }
        for row in given
    ]
    columns = ("system", "label", "against", "against_label", *counts, "rate", *scores)
    return ReportTable(name, ("criterion", *columns) if judged else columns, found)


def picks(sources: Sources) -> ReportTable:
    """How often and how much each system picks. A prompt's pictures count as one prompt, by their mean."""
    by_system: dict[str, dict[str, list[StudyPicture]]] = defaultdict(lambda: defaultdict(list))
    for picture in sources.pictures:
        by_system[picture.cell.system][picture.cell.prompt].append(picture)
    found = []
    for system in sorted(by_system, key=sources.order):
        if system == BASE:
            continue
        prompts = by_system[system].values()
        means = [statistics.fmean(len(p.picks) for p in made) for made in prompts]
        # Each adapter once a prompt, however many pictures the prompt has.
        names = Counter(name for made in prompts for name in {str(k.get("name")) for p in made for k in p.picks})
        often, times = min(names.items(), key=lambda item: (-item[1], item[0]), default=(None, 0))
        found.append(
            {
                "system": system,
                "label": sources.label(system),
                "prompts": len(means),
                "prompts_with_picks": sum(mean > 0 for mean in means),
                "share_with_picks": sum(mean > 0 for mean in means) / len(means),
                "adapters_per_prompt": statistics.fmean(means),
                "most_in_a_prompt": max(len(p.picks) for made in prompts for p in made),
                "different_adapters": len(names),
                "most_picked": often,
                "most_picked_prompts": times,
            }
        )
    columns = tuple(found[0]) if found else ("system", "label")
    return ReportTable("picks", columns, found)


def timings(sources: Sources) -> ReportTable:
    """One row a system and stage, in milliseconds; the picture itself is the stage `picture`."""
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    for picture in sources.pictures:
        for stage, value in (*picture.timings.items(), ("picture", picture.seconds * 1000)):
            milliseconds = number(value)
            if milliseconds is not None and (stage != "picture" or milliseconds > 0):
                taken[picture.cell.system, str(stage)].append(milliseconds)
    found = [
        {
            "system": system,
            "label": sources.label(system),
            "stage": stage,
            "median_ms": statistics.median(values),
            "p90_ms": statistics.quantiles(values, n=10)[-1] if len(values) > 1 else values[0],
            "pictures": len(values),
        }
        # Stages stay in the order in which a selection goes through them.
        for (system, stage), values in sorted(taken.items(), key=lambda item: sources.order(item[0][0]))
    ]
    return ReportTable("timings", ("system", "label", "stage", "median_ms", "p90_ms", "pictures"), found)


def pictures(
    sources: Sources, address: Callable[[StudyPicture], str | None], clip_score: Callable[[StudyPicture], float | None]
) -> ReportTable:
    """One row a picture. `address` gives the file in the report, or None where the picture is missing or broken."""
    texts = dict(sources.plan.prompts)
    found = [
        {
            "system": p.cell.system,
            "prompt_id": p.cell.prompt,
            "checkpoint": p.cell.checkpoint,
            "cfg": p.cell.cfg,
            "seed": p.cell.seed,
            "prompt": texts.get(p.cell.prompt, ""),
            "used_prompt": p.used_prompt,
            "adapters": " ".join(f"{k.get('name')}:{k.get('weight')}" for k in p.picks),
            "clip": clip_score(p),
            "file": address(p),
            "original": f"{p.path.parent.name}/{p.path.name}",
            "seconds": number(p.seconds),
        }
        for p in sources.pictures
    ]
    columns = ("system", "prompt_id", "checkpoint", "cfg", "seed", "prompt", "used_prompt", "adapters", "clip", "file")
    return ReportTable("pictures", (*columns, "original", "seconds"), found)
