"""The folder of a study: its plan, and the pictures that were made of it so far."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.storage.files import write_whole
from stylus_study.batch.run_folder import RESULTS
from stylus_study.study.finite_numbers import number, parse
from stylus_study.study.render_jobs import cells
from stylus_study.study.types import PLAN, GridCell, StudyPicture, StudyPlan, StudySystem


class StudyError(StylusError):
    """A study cannot be read or made; the message names the file and the way out."""


class StudyFolder:
    """A study that was started. Reading it never changes it, so it may be read while it is being made.

    Raises `StudyError` if there is no plan in `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.plan = read_plan(self.folder)

    def pictures(self) -> list[StudyPicture]:
        """The pictures of the plan that were made, in the plan's order, the base model's first of each group.

        A picture of which the file is gone or broken is listed all the same. One that an earlier plan made and this
        one does not ask for is not. Raises `StudyError` if the list of results is damaged.
        """
        records = {record["id"]: record for record in results(self.folder)}
        return [
            self._picture(cell, records[name]) for group in cells(self.plan) for name, cell in group if name in records
        ]

    def _picture(self, cell: GridCell, record: Mapping[str, Any]) -> StudyPicture:
        return StudyPicture(
            cell=cell,
            path=self.folder / record["file"],
            sha256=str(record.get("sha256", "")),
            used_prompt=str(record.get("used_prompt", "")),
            picks=tuple(p for p in _list(record.get("picks")) if isinstance(p, dict)),
            notes=tuple(map(str, _list(record.get("notes")))),
            seconds=number(record.get("seconds")) or 0.0,
            timings={str(k): number(v) or 0.0 for k, v in _dict(record.get("timings")).items()},
        )


def write_plan(folder: Path, plan: StudyPlan) -> None:
    """Writes the plan into the study's folder, which must be there. Raises `StudyError`."""
    path = folder / PLAN
    try:
        write_whole(path, (json.dumps(dataclasses.asdict(plan), indent=1) + "\n").encode("ascii"))
    except OSError as error:
        raise StudyError(f"{path} cannot be written: {error.strerror or error}") from None


def read_plan(folder: Path) -> StudyPlan:
    """The plan in the study's folder. Raises `StudyError`."""
    path = folder / PLAN
    try:
        value = parse(path.read_bytes())
    except FileNotFoundError:
        raise StudyError(
            f"{folder} holds no study: start one with stylus study run STUDY.toml --out {folder}"
        ) from None
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    try:
        return StudyPlan(
            name=value["name"],
            systems=tuple(StudySystem(**system) for system in value["systems"]),
            prompts=tuple((str(name), str(text)) for name, text in value["prompts"]),
            cfgs=tuple(map(float, value["cfgs"])),
            seeds=tuple(map(int, value["seeds"])),
            checkpoints=tuple(map(str, value["checkpoints"])),
            settings=dict(value["settings"]),
        )
    except (KeyError, TypeError, ValueError):
        raise _damaged(path) from None


def refuse_another(folder: Path, plan: StudyPlan) -> None:
    """Raises `StudyError` if the folder holds a study of another name. A damaged plan is no hindrance."""
    try:
        name = read_plan(folder).name
    except StudyError:
        return
    if name != plan.name:
        raise StudyError(f"{folder} holds the study {name!r} and not {plan.name!r}: give another --out")


def _damaged(path: Path) -> StudyError:
    return StudyError(f"{path} is no plan of a study: run the study again with the same --out, which mends it")


def results(folder: Path) -> Iterator[dict[str, Any]]:
    """The records of the pictures in a study's folder, whichever plan they were made for.

    The last line may be torn, while it is written or after a kill, and is left out then. Raises `StudyError`.
    """
    path = folder / RESULTS
    try:
        data = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror or error}") from None
    lines = data.split(b"\n")
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = parse(line)
            whole = isinstance(record["id"], str) and isinstance(record["file"], str)
        except (ValueError, RecursionError, TypeError, KeyError):
            whole = False
        if whole and _inside(record["file"]):
            yield record
        elif place < len(lines):
            raise StudyError(f"line {place} of {path} is no result of a study: mend it, or make the study elsewhere")


def _inside(name: str) -> bool:
    """Whether a picture's name stays in the study's folder."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
