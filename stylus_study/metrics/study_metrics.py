"""The metrics of a study: CLIP score, FID, KID and diversity of each system, checkpoint and CFG value.

What the numbers are:

- CLIP score: 100 times the cosine between a picture and its prompt as the study gives it, never as it was rewritten;
  the mean over pictures (Hessel et al. 2021, scaled as torchmetrics and the paper's code scale it).
- FID and KID: to the reference pictures, through the original Inception network with clean-fid's resizing. FID falls as
  pictures are added: compare systems with as many pictures as each other, as a study has them.
- Diversity: how far the pictures of a prompt lie from each other, the mean over prompts; see
  `distances.total_variance`. The paper's dFID is described as the variance of Inception features within a prompt; its
  code was not published.

Intervals hold 95%. Prompts are what is drawn: the pictures of a prompt are drawn together, and those of two systems in
the same draw where they are compared. CLIP score and diversity have BCa intervals. FID and KID have 1.96 standard
errors of the bootstrap to both sides, since a sample with repetitions has a larger FID than what it is drawn from; the
reference stays as it is.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylus_core.errors import ModelError
from stylus_core.progress import Progress
from stylus_core.storage.files import write_whole
from stylus_study.metrics.metric_rows import ExtractedFeatures, rows
from stylus_study.packages import require
from stylus_study.study.study_folder import StudyError, StudyFolder
from stylus_study.study.types import METRICS

if TYPE_CHECKING:
    from stylus_study.metrics.extractors import Clip, Inception
    from stylus_study.metrics.picture_features import PictureFeatures

CACHE = "features.sqlite"
CLIP_MODEL = "openai/clip-vit-large-patch14"


def measure(
    folder: Path,
    *,
    reference: Path | None = None,
    clip: str = CLIP_MODEL,
    inception: str | None = None,
    best_of_group: bool = False,
    device: str = "auto",
    batch: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measures the pictures that a study has so far, and writes metrics.json.

    Features are kept in the study's folder, so that measuring again costs new pictures alone. Pictures that are gone
    or broken are counted.

    Args:
        folder: of the study.
        reference: a folder of pictures to compare with, for FID and KID; None leaves both out.
        clip: a CLIP model's name or folder; "" leaves the CLIP score out.
        inception: path of the Inception network; None looks in the home folder and, without a reference, goes without
            diversity if there is none.
        best_of_group: the paper's rule: of the pictures of one prompt (and system, checkpoint, CFG) only the one with
            the highest CLIP score counts for CLIP score, FID and KID. Diversity is of all of them.
        device: of torch; "auto" is CUDA where there is one.
        batch: pictures at a time; 0 is what suits the device.
        progress: called with (stage, done, total).

    Returns:
        What metrics.json holds; see `stylus_study.study.types`.

    Raises:
        StudyError: the folder is no study, the reference lacks two pictures, or a file cannot be written.
        ModelError: a model or device cannot be used; before a picture is looked at.
    """
    from stylus_study.metrics.extractors import PACKAGES, Clip, choose_device

    study = StudyFolder(folder)
    if best_of_group and not clip:
        raise StudyError("the best of a group is chosen by CLIP score: name a CLIP model")
    if reference is not None and not reference.is_dir():
        raise StudyError(f"{reference} is no folder of reference pictures")
    require("the metrics", *PACKAGES)
    device = choose_device(device)
    clip_model = Clip(clip, device) if clip else None
    network, notes = _inception(inception, device, needed=bool(reference or inception or not clip))
    extracted = _extract(study, clip_model, network, reference, device, batch, progress)
    made, against = study.pictures(), extracted.reference
    whole = [p for p in made if all(p.path in look.vectors for look in extracted.looks)]
    sums = device if device.startswith("cuda") else "cpu"  # others lack float64
    result = {
        "models": {kind: model.label for kind, model in (("clip", clip_model), ("inception", network)) if model},
        "device": device,
        "best_of_group": best_of_group,
        "reference": against
        and {"folder": str(reference), "count": len(against.vectors), "broken": len(against.broken)},
        "missing": study.plan.size - len(made) + len(extracted.looks[0].missing),
        "broken": [_name(path, folder) for path in extracted.looks[0].broken],
        "notes": notes,
        "rows": rows(
            study.plan, whole, extracted.features(), best_of_group=best_of_group, device=sums, progress=progress
        ),
        "pictures": {_name(path, folder): {"clip": score} for path, score in (extracted.scores or {}).items()},
    }
    try:
        write_whole(folder / METRICS, json.dumps(result, indent=1, allow_nan=False).encode("ascii") + b"\n")
    except OSError as error:
        raise StudyError(f"{folder / METRICS} cannot be written: {error.strerror or error}") from None
    return result


@dataclass(slots=True)
class _Extraction:
    """What each model, at least one, made of the pictures and of the reference."""

    looks: list[PictureFeatures]
    scores: dict[Path, float] | None
    inception: PictureFeatures | None
    reference: PictureFeatures | None

    def features(self) -> ExtractedFeatures:
        return ExtractedFeatures(
            self.scores,
            self.inception.vectors if self.inception else None,
            np.stack(list(self.reference.vectors.values())) if self.reference else None,
        )


def _extract(
    study: StudyFolder,
    clip: Clip | None,
    inception: Inception | None,
    reference: Path | None,
    device: str,
    batch: int,
    progress: Progress | None,
) -> _Extraction:
    from stylus_study.metrics.feature_cache import FeatureCache
    from stylus_study.metrics.picture_features import PictureEmbedder, pictures_in

    made = study.pictures()
    paths = [p.path for p in made]
    sights = network = against = scores = None
    with contextlib.closing(FeatureCache(study.folder / CACHE)) as cache:
        embedder = PictureEmbedder(cache, device, batch, progress)
        if reference is not None and inception is not None:
            against = embedder.pictures(inception, pictures_in(reference), "Inception, reference")
            if len(against.vectors) < 2:
                raise StudyError(f"{reference} holds fewer than two PNG, JPEG or WebP pictures that can be read")
        if inception is not None:
            network = embedder.pictures(inception, paths, "Inception")
        if clip is not None:
            sights = embedder.pictures(clip, paths, "CLIP")
            texts = dict(study.plan.prompts)
            words = embedder.texts(clip, texts.values())
            scores = {
                p.path: 100 * float(sights.vectors[p.path] @ words[texts[p.cell.prompt]])
                for p in made
                if p.path in sights.vectors
            }
    return _Extraction([look for look in (sights, network) if look], scores, network, against)


def _inception(path: str | None, device: str, *, needed: bool) -> tuple[Inception | None, list[str]]:
    """The Inception network, or what there is to say if it is not there."""
    from stylus_study.metrics.extractors import Inception

    try:
        return Inception(Path(path).expanduser() if path else None, device), []
    except ModelError as error:
        if needed:
            raise
        return None, [f"Diversity was not measured: {error}."]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
