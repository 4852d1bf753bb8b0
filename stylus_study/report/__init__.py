"""The report of a study: one folder that opens in a browser without a server, with its tables as CSV and JSON."""

from __future__ import annotations

from pathlib import Path

from stylus_core.errors import StylusError
from stylus_core.progress import Progress
from stylus_core.storage.files import write_whole
from stylus_study.report import gallery, page, report_sources, tables, thumbnails
from stylus_study.study.finite_numbers import number
from stylus_study.study.types import REPORT, StudyPicture

PAGE, TABLES = "index.html", "tables"
SIZE = 512  # pixels of the longer side of a picture in the report


class ReportError(StylusError):
    """The report cannot be written; the message names the file."""


def build(folder: Path, *, size: int = SIZE, progress: Progress | None = None) -> Path:
    """Makes `report/` in a study's folder, from whatever its steps have left there so far; returns the page's path.

    Pictures are copied, at most `size` pixels a side, so the report can be moved alone. A part whose file is missing
    becomes one sentence with the command that makes it. `progress` is called with (stage, done, total).

    Raises `ReportError`, and `StylusError` where the folder is no study.
    """
    from stylus_study.study.study_folder import StudyFolder

    study = StudyFolder(folder)
    found = report_sources.read(folder.resolve(), study.plan, study.pictures())
    report = folder / REPORT
    scores = found.metrics.get("pictures")
    measured = scores if isinstance(scores, dict) else {}

    def clip(picture: StudyPicture) -> float | None:
        score = measured.get(f"{picture.path.parent.name}/{picture.path.name}", measured.get(picture.path.name))
        return number(score.get("clip")) if isinstance(score, dict) else None

    try:
        copies = thumbnails.copy(found.pictures, report, size, progress)

        def copied(picture: StudyPicture) -> str | None:
            return copies.get(picture.path)

        made = [makes(found) for makes in (tables.metrics, tables.judge, tables.votes, tables.picks, tables.timings)]
        made.append(tables.pictures(found, copied, clip))
        (report / TABLES).mkdir(parents=True, exist_ok=True)
        for table in made:
            table.write(report / TABLES)
        unseen = sum(copied(p) is None for p in found.pictures)
        whole = page.page(found, {t.name: t for t in made}, gallery.gallery(found, copied, clip), unseen)
        write_whole(report / PAGE, whole.encode("utf-8", "replace"))
    except OSError as error:
        raise ReportError(f"{error.filename or report} cannot be written: {error.strerror or error}") from None
    return report / PAGE
