"""The report of a study: one folder that opens in a browser without a server, with its tables as CSV and JSON."""

from __future__ import annotations

from pathlib import Path

from stylus_core.errors import StylusError
from stylus_core.progress import Progress
from stylus_core.storage.files import write_whole
from stylus_study.report import gallery, report_sources, tables, thumbnails
from stylus_study.report.page import page
from stylus_study.study.finite_numbers import number
from stylus_study.study.types import REPORT, StudyPicture
from stylus_study.templates import need_jinja2

PAGE, TABLES = "index.html", "tables"
SIZE = 512  # pixels of the longer side of a picture in the report


class ReportError(StylusError):
    """The report cannot be written; the message names the file."""


def build(folder: Path, *, size: int = SIZE, progress: Progress | None = None) -> Path:
    """Makes `report/` in a study's folder, from whatever its steps have left there so far.

    Pictures are copied, so the report can be moved alone. A part whose file is missing becomes one sentence with the
    command that makes it.

    Args:
        folder: of the study.
        size: pixels of a copied picture's longer side, at most.
        progress: called with the stage, how many pictures are done, and of how many.

    Returns:
        The page's path.

    Raises:
        ReportError: a file of the report cannot be written.
        StylusError: the folder is no study; Jinja2 or Pillow is not installed.
    """
    from stylus_study.study.study_folder import StudyFolder

    need_jinja2()
    study = StudyFolder(folder)
    sources = report_sources.read_sources(folder.resolve(), study.plan, study.pictures())
    report = folder / REPORT
    scores = sources.metrics.get("pictures")
    measured = scores if isinstance(scores, dict) else {}

    def clip_score(picture: StudyPicture) -> float | None:
        score = measured.get(f"{picture.path.parent.name}/{picture.path.name}", measured.get(picture.path.name))
        return number(score.get("clip")) if isinstance(score, dict) else None

    try:
        copies = thumbnails.copy(sources.pictures, report, size, progress)

        def address(picture: StudyPicture) -> str | None:
            return copies.get(picture.path)

        steps = (tables.metrics, tables.judge, tables.votes, tables.picks, tables.timings)
        made = [*(table_of(sources) for table_of in steps), tables.pictures(sources, address, clip_score)]
        (report / TABLES).mkdir(parents=True, exist_ok=True)
        for table in made:
            table.write(report / TABLES)
        unreadable = sum(address(picture) is None for picture in sources.pictures)
        data = gallery.gallery(sources, address, clip_score)
        html = page(sources, {table.name: table for table in made}, data, unreadable)
        write_whole(report / PAGE, html.encode("utf-8", "replace"))
    except OSError as error:
        raise ReportError(f"{error.filename or report} cannot be written: {error.strerror or error}") from None
    return report / PAGE
