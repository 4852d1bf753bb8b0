"""The shared corpus with its queries, indexed once and kept in benchmarks/out between runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from stylus_core.library import Library
from stylus_core.refiner import MetadataRefiner
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.encoder import open_encoder
from stylus_core.types import Adapter
from stylus_study.evaluation.corpus import EvalQuery, load_adapters, load_queries
from stylus_study.evaluation.testbed import Testbed
from tests.shared import DATA, MAKE_LIBRARY

OUT = Path(__file__).resolve().parent / "out"

#: Prompts of our own that no adapter of the corpus fits.
NO_FIT = tuple((Path(__file__).parent / "no_fit_prompts.txt").read_text(encoding="utf-8").splitlines())

#: The same two by two, as long as a caption: what leaves a short prompt alone only because it is short shows here.
NO_FIT_LONG = tuple(
    f"{one.rstrip('.')} and {other[0].lower()}{other[1:]}" for one, other in zip(NO_FIT[::2], NO_FIT[1::2], strict=True)
)


class World(Testbed):
    """Corpus, queries, index, vectors.

    Args:
        adapters: what is known of the corpus; None: all that it says.
    """

    def __init__(self, adapters: Sequence[Adapter] | None = None) -> None:
        if DATA is None:
            raise FileNotFoundError("the shared corpus is not beside the project")
        self.user = load_queries(DATA / "queries_user.jsonl.gz")
        captions = load_queries(DATA / "queries_stylus.jsonl.gz")
        self.captions = [q for q in captions if q.relevant]
        self.unpicked = [q for q in captions if q.picked_in_all == 0]
        self._folder = tempfile.TemporaryDirectory()
        super().__init__(
            load_adapters(DATA / "corpus.jsonl.gz") if adapters is None else adapters,
            OUT / "vectors.sqlite",
            Path(self._folder.name) / "index",
            open_encoder(),
        )

    @property
    def dense(self) -> Dense:
        """Its part that searches by meaning."""
        assert self.retriever.dense is not None  # noqa: S101
        return self.retriever.dense

    def sets(self) -> dict[str, list[EvalQuery]]:
        """The sets of queries by their names."""
        return {"user": self.user, "captions": self.captions}


@lru_cache(maxsize=1)
def world() -> World:
    """The one world of this process."""
    return World()


def through_folder() -> list[Adapter]:
    """The corpus as known from a folder of files, a quarter of them without sidecars; ids are the corpus's.

    The folder lies in benchmarks/out and is made once.
    """
    if MAKE_LIBRARY is None:
        raise FileNotFoundError("the shared corpus is not beside the project")
    loras, manifest = OUT / "folder" / "loras", OUT / "folder" / "manifest.json"
    if not manifest.is_file():
        loras.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(MAKE_LIBRARY), str(loras), "--size", "100000", "--manifest", str(manifest)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ids = json.loads(manifest.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as state, Library(Path(state) / "library.sqlite", MetadataRefiner()) as library:
        library.scan([loras])
        return sorted((replace(a, id=ids[a.stem]) for a in library.adapters()), key=lambda a: a.id)


@lru_cache(maxsize=1)
def folder_world() -> World:
    """The same queries over the corpus as it is known through a folder."""
    return World(through_folder())
