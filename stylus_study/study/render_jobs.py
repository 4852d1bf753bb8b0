"""The pictures of a study, as `stylus batch` makes them: each with an id that the plan alone decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stylus_study.batch.render_jobs import WantedPicture, picture_id
from stylus_study.study.types import BASE, GridCell, StudyPlan, StudySystem


def cells(plan: StudyPlan) -> Iterator[list[tuple[str, GridCell]]]:
    """(id of the picture, its place), those of one prompt, CFG, seed and checkpoint together, the base model's first.

    A checkpoint is finished before the next one is loaded, and a seed before the next one begins: a study that is
    ended early has all prompts.
    """
    keys = {system.name: system_key(plan, system) for system in plan.systems}
    for checkpoint in plan.checkpoints:
        for seed in plan.seeds:
            for prompt, text in plan.prompts:
                for cfg in plan.cfgs:
                    base = {
                        "prompt": text,
                        "name": prompt,
                        "seed": seed,
                        "cfg": cfg,
                        "checkpoint": checkpoint,
                        "picture": plan.settings.get("picture", {}),
                    }
                    yield [
                        (picture_id({**base, "system": key}), GridCell(name, prompt, cfg, seed, checkpoint))
                        for name, key in keys.items()
                    ]


def system_key(plan: StudyPlan, system: StudySystem) -> dict[str, Any]:
    """What decides about a system's picks, as far as the plan knows it; empty for the base model.

    Its name and label are not part of it: a system may be renamed without making its pictures anew.
    """
    if system.name == BASE:
        return {}
    files = plan.settings.get("descriptions", {})
    model = plan.settings.get("models", {}).get(system.options.get("composer", ""))
    return {
        "options": system.options,
        "descriptions": files.get(system.descriptions, {}).get("sha256", system.descriptions),
        **({"model": model} if model else {}),
        **({"append": system.append} if system.append else {}),
    }


def picture_of(plan: StudyPlan, cell: GridCell) -> WantedPicture:
    """How the picture at this place is made."""
    return WantedPicture(**plan.settings.get("picture", {}), cfg=cell.cfg, checkpoint=cell.checkpoint)
