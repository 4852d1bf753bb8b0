"""The pictures of the report as data that the page's script shows: every prompt's pictures, what was picked and why."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from stylus_study.report.report_sources import Sources
from stylus_study.study.finite_numbers import number
from stylus_study.study.types import BASE, StudyPicture

_PICK_FIELDS = ("name", "title", "kind", "weight", "keyword", "reason")


def gallery(
    sources: Sources, address: Callable[[StudyPicture], str | None], clip_score: Callable[[StudyPicture], float | None]
) -> dict[str, Any]:
    """Plain data, lists instead of objects where there is one a picture, equal selections once a prompt.

    `prompts` holds, in the order of the plan, `id`, `text`, `differs` (some system changed the prompt), `chosen`
    (selections: `prompt`, `picks`, `notes`) and `pictures`, each `[system, checkpoint, cfg, seed, address or null,
    CLIP score or null, selection, name of the original]`, the first four as places in the lists of the same name.
    """
    plan = sources.plan
    systems = {s.name: n for n, s in enumerate(plan.systems)}
    checkpoints, cfgs, seeds = (
        {value: n for n, value in enumerate(values)} for values in (plan.checkpoints, plan.cfgs, plan.seeds)
    )
    by_prompt: dict[str, list[StudyPicture]] = defaultdict(list)
    for picture in sources.pictures:
        by_prompt[picture.cell.prompt].append(picture)
    prompts = []
    for identifier, text in plan.prompts:
        chosen: dict[str, int] = {}
        pictures = [
            [
                systems[p.cell.system],
                checkpoints[p.cell.checkpoint],
                cfgs[p.cell.cfg],
                seeds[p.cell.seed],
                address(p),
                clip_score(p),
                chosen.setdefault(_selection(p), len(chosen)),
                p.path.name,
            ]
            for p in by_prompt[identifier]
        ]
        prompts.append(
            {
                "id": identifier,
                "text": text,
                "differs": any(p.cell.system != BASE and _changed(p, text) for p in by_prompt[identifier]),
                "chosen": [json.loads(one) for one in chosen],
                "pictures": pictures,
            }
        )
    return {
        "systems": [s.label or s.name for s in plan.systems],
        "base": systems.get(BASE),
        "checkpoints": list(checkpoints),
        "cfgs": list(cfgs),
        "seeds": list(seeds),
        "prompts": prompts,
    }


def _changed(picture: StudyPicture, text: str) -> bool:
    return bool(picture.picks) or picture.used_prompt.strip() not in ("", text.strip())


def _selection(picture: StudyPicture) -> str:
    picks = [{key: _plain(pick.get(key)) for key in _PICK_FIELDS} for pick in picture.picks]
    return json.dumps({"prompt": picture.used_prompt, "picks": picks, "notes": [str(n) for n in picture.notes]})


def _plain(value: Any) -> str | float | None:
    return value if isinstance(value, str) else number(value)
