"""Pictures to features: each picture once, in batches, what was computed before from the cache."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.pictures import MADE, PictureError, decoded, read_file
from stylus_core.progress import Progress
from stylus_study.metrics.extractors import Extractor, TextExtractor
from stylus_study.metrics.feature_cache import FeatureCache, Vector

_log = logging.getLogger(__name__)

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_RATIO = 50  # longer side to shorter
_BATCHES = {"cuda": 128, "cpu": 8}


@dataclass(slots=True)
class PictureFeatures:
    """Vectors by path, and the paths that have none: no file, or one that cannot be read as a picture."""

    vectors: dict[Path, Vector] = field(default_factory=dict)
    missing: list[Path] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    computed: int = 0  # pictures that the model looked at; the others were known


class PictureEmbedder:
    """Looks up and computes features. One cache, one device, one thread at a time.

    `batch` 0 is a size that suits the device; a batch that does not fit into a GPU's memory is halved.
    """

    def __init__(self, cache: FeatureCache, device: str, batch: int = 0, progress: Progress | None = None) -> None:
        self._cache = cache
        self._batch = batch or _BATCHES.get(device.split(":")[0], 8)
        self._progress = progress
        self._contents: dict[Path, str | None] = {}

    def pictures(self, model: Extractor, paths: Sequence[Path], stage: str) -> PictureFeatures:
        """The vectors of pictures; two files with the same content are computed once."""
        contents = self._hashes(paths)
        first: dict[str, Path] = {}
        for path in paths:
            if content := contents[path]:
                first.setdefault(content, path)
        known = self._cache.known(model.key, first)
        todo = [(content, path) for content, path in first.items() if content not in known]
        found, unreadable = PictureFeatures(), set()
        for content, vector in self._compute(model, todo, stage):
            if vector is None:
                unreadable.add(content)
            else:
                found.computed += 1
        vectors = self._cache.get(model.key, first)
        for path in dict.fromkeys(paths):
            content = contents[path]
            if content is None:
                found.missing.append(path)
            elif content in vectors:
                found.vectors[path] = vectors[content]
            else:
                found.broken.append(path)
        return found

    def texts(self, model: TextExtractor, texts: Iterable[str]) -> dict[str, Vector]:
        """The vectors of texts, by text."""
        key = f"{model.key} text"
        contents = {text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts}
        known = self._cache.known(key, contents.values())
        todo = [text for text, content in contents.items() if content not in known]
        for start in range(0, len(todo), self._batch):
            part = todo[start : start + self._batch]
            vectors = model.embed_texts(part)
            self._cache.put(key, {contents[text]: vector for text, vector in zip(part, vectors, strict=True)})
        vectors_by_content = self._cache.get(key, contents.values())
        return {text: vectors_by_content[content] for text, content in contents.items()}

    def _hashes(self, paths: Sequence[Path]) -> dict[Path, str | None]:
        """The hash of each file's content, None where there is no file; read again only if size or time changed."""
        new, rows = [p for p in dict.fromkeys(paths) if p not in self._contents], []
        unread = []
        for path in new:
            try:
                stat = path.stat()
            except OSError:
                self._contents[path] = None
                continue
            content = self._cache.content(str(path.resolve()), stat.st_size, stat.st_mtime_ns)
            if content is None:
                unread.append((path, stat))
            else:
                self._contents[path] = content
        with ThreadPoolExecutor(_threads()) as pool:
            for (path, stat), content in zip(unread, pool.map(_content, (p for p, _ in unread)), strict=True):
                self._contents[path] = content
                if content is not None:
                    rows.append((str(path.resolve()), stat.st_size, stat.st_mtime_ns, content))
        self._cache.put_contents(rows)
        return self._contents

    def _compute(
        self, model: Extractor, todo: Sequence[tuple[str, Path]], stage: str
    ) -> Iterator[tuple[str, Vector | None]]:
        """(content, vector, or None if the picture cannot be read) of each; kept in the cache before it is given."""
        done = 0
        self._tell(stage, 0, len(todo))
        for part, prepared in _prefetched(lambda job: _prepared(model, job[1]), todo, self._batch):
            good = [(content, p) for (content, _), p in zip(part, prepared, strict=True) if p is not None]
            vectors = self._embed(model, [p for _, p in good]) if good else []
            made = {content: vector for (content, _), vector in zip(good, vectors, strict=True)}
            self._cache.put(model.key, made)
            for content, _ in part:
                yield content, made.get(content)
            done += len(part)
            self._tell(stage, done, len(todo))

    def _embed(self, model: Extractor, prepared: Sequence[NDArray[np.float32]]) -> list[Vector]:
        import torch

        out: list[Vector] = []
        while len(out) < len(prepared):
            try:
                out += list(model.embed(prepared[len(out) : len(out) + self._batch]))
            except torch.cuda.OutOfMemoryError:
                if self._batch == 1:
                    raise
                self._batch //= 2
                torch.cuda.empty_cache()
                _log.warning("a batch does not fit into the GPU's memory: %d pictures at a time from here", self._batch)
        return out

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._progress and total:
            self._progress(stage, done, total)


def pictures_in(folder: Path) -> list[Path]:
    """The files of a folder and those below it that are named as pictures, in order of their names."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def _prepared(model: Extractor, path: Path) -> NDArray[np.float32] | None:
    """None for a picture that is broken, cut off, of another format, or of a size that no study makes."""
    try:
        with decoded(read_file(path, MADE.bytes), MADE) as picture:
            short, long = sorted(picture.size)
            if long > _RATIO * short:  # a model's own resizing would blow a thread of pixels up to gigabytes
                return None
            return model.prepare(picture if picture.mode == "RGB" else picture.convert("RGB"))
    except (OSError, PictureError) as error:
        _log.info("a picture cannot be read: %s", error)
        return None


def _content(path: Path) -> str | None:
    """The hash of a file; one that is no file of a sane size is none."""
    try:
        return hashlib.sha256(read_file(path, MADE.bytes)).hexdigest()
    except OSError:
        return None


def _prefetched(
    make: Callable[[Any], Any], items: Sequence[Any], size: int
) -> Iterator[tuple[Sequence[Any], list[Any]]]:
    """Batches of items and what threads made of them, the next batch being made while this one is used."""
    with ThreadPoolExecutor(_threads()) as pool:

        def begin(start: int) -> tuple[Sequence[Any], list[Future[Any]]]:
            part = items[start : start + size]
            return part, [pool.submit(make, item) for item in part]

        waiting = begin(0)
        for start in range(size, len(items) + size, size):
            (part, futures), waiting = waiting, begin(start)
            if part:
                yield part, [f.result() for f in futures]


def _threads() -> int:
    return min(16, os.cpu_count() or 1)
