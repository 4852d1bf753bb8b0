"""The shared corpus with its queries, indexed once and kept in benchmarks/out between runs."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from stylus_core.evaluation.corpus import Query, load_adapters, load_queries
from stylus_core.evaluation.ground import Ground
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.encoder import open_encoder
from tests.shared import DATA

OUT = Path(__file__).resolve().parent / "out"

#: Prompts of our own that no adapter of the corpus fits.
NO_FIT = tuple((Path(__file__).parent / "no_fit_prompts.txt").read_text(encoding="utf-8").splitlines())

#: The same two by two, as long as a caption: what leaves a short prompt alone only because it is short shows here.
NO_FIT_LONG = tuple(
    f"{one.rstrip('.')} and {other[0].lower()}{other[1:]}" for one, other in zip(NO_FIT[::2], NO_FIT[1::2], strict=True)
)


class World(Ground):
    """Corpus, queries, index, vectors."""

    def __init__(self) -> None:
        if DATA is None:
            raise FileNotFoundError("the shared corpus is not beside the project")
        self.user = load_queries(DATA / "queries_user.jsonl.gz")
        captions = load_queries(DATA / "queries_stylus.jsonl.gz")
        self.captions = [q for q in captions if q.relevant]
        self.unpicked = [q for q in captions if q.picked_in_all == 0]
        self._folder = tempfile.TemporaryDirectory()
        super().__init__(
            load_adapters(DATA / "corpus.jsonl.gz"),
            OUT / "vectors.sqlite",
            Path(self._folder.name) / "index",
            open_encoder(),
        )

    @property
    def dense(self) -> Dense:
        """Its part that searches by meaning."""
        assert self.retriever.dense is not None  # noqa: S101
        return self.retriever.dense

    def sets(self) -> dict[str, list[Query]]:
        return {"user": self.user, "captions": self.captions}


@lru_cache(maxsize=1)
def world() -> World:
    """The one world of this process."""
    return World()
