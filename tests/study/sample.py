"""A study as its steps leave it, made without any of them: painted pictures, and numbers from a formula."""

from __future__ import annotations

import colorsys
import hashlib
import io
import json
import math
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from stylus_study.study.render_jobs import cells
from stylus_study.study.study_folder import write_plan
from stylus_study.study.types import BASE, GridCell, StudyPlan, StudySystem

SYSTEMS = (
    StudySystem(BASE, "Base model"),
    StudySystem("random", "Random adapters", {"composer": "random"}),
    StudySystem("reranker", "Reranker", {"composer": "reranker"}),
    StudySystem("stylus", "Stylus, local composer", {"composer": "local"}, "metadata"),
)
_STYLES = ("watercolour", "pixel art", "ink drawing", "clay figure", "stained glass", "low poly")
_THINGS = ("a lighthouse", "a red fox", "a steam train", "a paper boat", "an old harbour", "a mountain hut", "a robot")
_WHERE = ("in the fog", "at dawn", "under two moons", "in heavy rain", "in an autumn forest", "by the sea", "in snow")
#: How far each system is from the base model, in CLIP score and FID.
_GAIN = {BASE: (0.0, 0.0), "random": (-0.5, 1.4), "reranker": (0.15, -0.3), "stylus": (0.6, -1.2)}


def plan(count: int = 20, cfgs: tuple[float, ...] = (3.0, 5.0, 7.0, 9.0), **more: Any) -> StudyPlan:
    """Prompts of ours."""
    texts = [
        f"{thing}, {where}, {style}"
        for number in range(count)
        for thing, where, style in [
            (_THINGS[number % 7], _WHERE[(number + number // 7) % 7], _STYLES[(number * 5 + number // 7 * 2) % 6])
        ]
    ]
    given = {
        "name": "Sample study, its numbers are made up",
        "systems": SYSTEMS,
        "prompts": tuple((f"{n:04d}", text) for n, text in enumerate(texts)),
        "cfgs": cfgs,
        "seeds": (1, 2),
        "checkpoints": ("",),
        "settings": {"picture": {"steps": 20, "width": 256, "height": 256}},
    }
    return StudyPlan(**{**given, **more})


def make(folder: Path, study: StudyPlan, *, results: bool = True, size: int = 256, **record: Any) -> Path:
    """Writes the whole folder; `record` goes into every picture's record. `results`: also those of the later steps."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    write_plan(folder, study)
    prompts = {identifier: (number, text) for number, (identifier, text) in enumerate(study.prompts)}
    lines, scores = [], {}
    for group in cells(study):
        for identifier, cell in group:
            number, text = prompts[cell.prompt]
            picks = _picks(cell.system, number, text)
            data = paint(cell, size, bool(picks))
            file = f"pictures/{identifier}.png"
            (folder / file).write_bytes(data)
            whole = {
                "id": identifier,
                "file": file,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "used_prompt": " ".join([text, *(f"<lora:{p['name']}:{p['weight']}>" for p in picks)]),
                "picks": picks,
                "notes": [],
                "seconds": 3.5 + cell.seed * 0.25,
                "timings": {}
                if cell.system == BASE
                else {"keywords": 0.4, "retrieve": 2.5, "compose": 40.0 + cell.seed, "rewrite": 0.2, "total": 44.0},
                **record,
            }
            lines.append(json.dumps(whole))
            scores[file] = {"clip": 25 + random.Random(identifier).random()}
    (folder / "results.jsonl").write_text("".join(line + "\n" for line in lines), "utf-8")
    if results:
        write(folder, "metrics", metrics(study, scores))
        write(folder, "judge", judge(study))
        write(folder, "votes", votes(study))
    return folder


def write(folder: Path, name: str, value: Any) -> None:
    (folder / f"{name}.json").write_text(json.dumps(value), "utf-8")


def around(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


def metrics(study: StudyPlan, scores: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for checkpoint in study.checkpoints:
        for system in study.systems:
            clip_gain, fid_gain = _GAIN.get(system.name, (0.3, -0.5))
            for cfg in study.cfgs:
                clip = 24.3 + 2.9 * math.log(cfg) / 2 + clip_gain
                fid = 22.0 + 0.22 * (cfg - 5.5) ** 2 + fid_gain
                base = system.name == BASE
                rows.append(
                    {
                        "system": system.name,
                        "checkpoint": checkpoint,
                        "cfg": cfg,
                        "pictures": len(study.prompts) * len(study.seeds),
                        "clip": around(clip, 0.22),
                        "fid": around(fid, 0.5),
                        "kid": around(fid / 4000, 0.0004),
                        "diversity": around(1.5 + clip_gain / 3, 0.05),
                        "clip_difference": None if base else around(clip_gain, 0.2),
                        "fid_difference": None if base else around(fid_gain, 0.45),
                        "kid_difference": None if base else around(fid_gain / 4000, 0.0002),
                        "diversity_difference": None if base else around(clip_gain / 3, 0.04),
                    }
                )
    return {
        "models": {"clip": "openai/clip-vit-large-patch14", "inception": "/somewhere/private/inception.pt"},
        "best_of_group": False,
        "notes": ["few pictures"],
        "reference": {"folder": "/somewhere/private/reference", "count": 5000},
        "missing": 0,
        "broken": [],
        "rows": rows,
        "pictures": scores,
    }


def judge(study: StudyPlan) -> dict[str, Any]:
    rows = []
    for system in study.systems:
        if system.name == BASE:
            continue
        for criterion, rate in (("quality", 0.5), ("alignment", 0.55), ("diversity", 0.6)):
            rate += _GAIN.get(system.name, (0.3, 0))[0] / 6
            wins = round(rate * 120)
            rows.append(
                {
                    "system": system.name,
                    "against": BASE,
                    "criterion": criterion,
                    "wins": wins,
                    "losses": 120 - wins,
                    "ties": 9,
                    "inconsistent": 31,
                    "rate": around(wins / 120, 0.085),
                    "score": 1 + rate / 2,
                    "score_against": 1.25,
                }
            )
    return {"model": "a-vision-model", "asked": 960, "inconsistent": 186, "rows": rows}


def votes(study: StudyPlan) -> dict[str, Any]:
    rows = [
        {
            "system": study.systems[-1].name,
            "against": BASE,
            "wins": 81,
            "losses": 42,
            "ties": 17,
            "rate": around(81 / 123, 0.083),
        }
    ]
    agreement = {"name": "fleiss", "kappa": 0.58, "items": 60}
    return {"raters": 3, "votes": 140, "rows": rows, "agreement": agreement}


def _picks(system: str, number: int, text: str) -> list[dict[str, Any]]:
    """What a system would pick: nothing for every fifth prompt."""
    style = text.rpartition(", ")[2]
    if system == BASE or number % 5 == 4:
        return []
    if system == "random":
        style = _STYLES[number % 6]
    name = style.replace(" ", "_")
    pick = {
        "name": f"{name}_v2",
        "title": f"{style.title()} Style",
        "kind": "style",
        "weight": 0.8,
        "keyword": "" if system == "random" else style,
        "reason": "drawn at random" if system == "random" else f"its description names {style}",
    }
    more = {"name": "detail_slider", "title": "Detail", "kind": "style", "weight": 0.4, "keyword": "", "reason": ""}
    return [pick, more] if system == "stylus" and number % 3 == 0 else [pick]


def paint(cell: GridCell, size: int, styled: bool) -> bytes:
    """Hills under a sky: the same land for every system, other colours where adapters were picked."""
    land = random.Random(f"{cell.prompt} {cell.seed}")
    look = random.Random(f"{cell.system} {cell.prompt}" if styled else cell.prompt)
    hue = look.random()

    def colour(shift: float, light: float, strength: float) -> tuple[int, ...]:
        return tuple(round(255 * c) for c in colorsys.hls_to_rgb((hue + shift) % 1, light, strength))

    strength = min(0.95, 0.2 + cell.cfg / 14)
    picture = Image.new("RGB", (size, size), colour(0, 0.82, strength))
    draw = ImageDraw.Draw(picture)
    x, y, r = land.uniform(0.2, 0.8) * size, land.uniform(0.15, 0.4) * size, land.uniform(0.06, 0.12) * size
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colour(0.12, 0.93, 1))
    for layer in range(4):
        height, wave, phase = 0.45 + layer * 0.13, land.uniform(1, 3), land.uniform(0, 6)
        ridge = [
            (x, size * (height + 0.07 * math.sin(phase + wave * x / size * 3) + 0.02 * math.sin(9 * x / size + phase)))
            for x in range(0, size + 1, 4)
        ]
        draw.polygon([*ridge, (size, size), (0, size)], fill=colour(0.45 + layer * 0.03, 0.62 - layer * 0.14, strength))
    if styled:
        for _ in range(26):
            x, y, r = look.uniform(0, size), look.uniform(0, size), look.uniform(1, 5)
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour(0.5, 0.9, 0.8))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
