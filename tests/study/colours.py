"""Studies whose systems a test can tell apart by sight: each paints in one colour, and no two pictures are alike."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from stylus_study.study.render_jobs import cells
from stylus_study.study.study_folder import StudyFolder, write_plan
from stylus_study.study.types import BASE, GridCell, StudyPlan, StudySystem

COLOURS = {BASE: "blue", "red": "red", "green": "green"}
_BANDS = ("red", "green", "blue")
SIZE = 64


def make(
    folder: Path,
    prompts: int = 6,
    *,
    systems: Collection[str] = (BASE, "red"),
    seeds: tuple[int, ...] = (1, 2),
    cfgs: tuple[float, ...] = (7.0,),
    unchanged: Collection[str] = (),
    without: Collection[GridCell] = (),
) -> StudyFolder:
    """The folder of a finished study.

    Args:
        folder: made here.
        prompts: how many.
        systems: of `COLOURS`; "twin" paints as "red" does.
        seeds: of the plan.
        cfgs: of the plan.
        unchanged: ids of prompts for which all systems paint the base model's picture.
        without: places whose picture was not made.
    """
    plan = StudyPlan(
        name="Colours",
        systems=tuple(StudySystem(name, f"In {name}", {} if name == BASE else {"composer": name}) for name in systems),
        prompts=tuple((f"{n:04d}", f"a thing of number {n}") for n in range(prompts)),
        cfgs=cfgs,
        seeds=seeds,
        checkpoints=("",),
    )
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    write_plan(folder, plan)
    lines = []
    for group in cells(plan):
        for identifier, cell in group:
            if cell in without:
                continue
            name = BASE if cell.prompt in unchanged else {"twin": "red"}.get(cell.system, cell.system)
            data = paint(name, cell)
            file = f"pictures/{identifier}.png"
            (folder / file).write_bytes(data)
            lines.append(
                {"id": identifier, "file": file, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            )
    (folder / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return StudyFolder(folder)


def paint(system: str, cell: GridCell) -> bytes:
    """A picture in the system's colour with the infotext that a WebUI writes, which says which system it is."""
    shade = (
        150 + int.from_bytes(hashlib.sha256(f"{cell.prompt} {cell.cfg} {cell.seed}".encode()).digest()[:2], "big") % 100
    )
    colour = tuple(shade if band == COLOURS[system] else 20 for band in _BANDS)
    picture = Image.new("RGB", (SIZE, SIZE), colour)
    picture.putpixel((cell.seed % SIZE, int(cell.prompt) % SIZE), (255, 255, 255))
    info = PngInfo()
    info.add_text("parameters", f"a thing <lora:secret_{system}:1>")
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def seen(raw: bytes) -> str:
    """The colour of a picture."""
    with Image.open(io.BytesIO(raw)) as picture:
        means: Any = picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return _BANDS[max(range(3), key=means.__getitem__)]
