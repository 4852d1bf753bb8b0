"""What a user's history adds to the ranking of a library's adapters.

Two things: what was used before, by how lately and with how like prompts; and how like an adapter is to those that were
used before, in the meaning of its description and title and in its kind. Half of what people use next they never used
before, and of that the likeness tells most: people stay with an author, a series, a way of drawing.

The weights are those of a softmax over the library that makes what people used next most likely, fitted by
`benchmarks/fit_history.py` on what 125 people wrote over time; `docs/learning.md` has what folds of other people
reached. They are fixed: nothing is trained at the user's.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stylus_core.history.own_pictures import AdapterHabit, LikePrompts
from stylus_core.history.used_cosines import UsedCosines
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.fusion import Scores
from stylus_core.retriever.index_view import IndexView
from stylus_core.types import KINDS

#: Of what was used: whether ever, its share of the latest uses, how lately, its share of the votes of prompts like it.
USED: dict[str, float] = {"ever": 1.22, "share": 1.57, "recency": 2.58, "vote": 0.48}
#: Of likeness to what was used: the nearest description, and the same to the fourth power, the mean of descriptions,
#: the nearest title to the fourth power, the share of its kind.
LIKENESS: dict[str, float] = {"nearest": 1.83, "nearest_4": 2.70, "mean": 0.84, "title_4": 1.04, "kind": 1.22}

_USED, _LIKENESS = (np.array(list(weights.values()), np.float32) for weights in (USED, LIKENESS))

_MOST, _MOST_OF_MANY, _MANY = 64, 24, 20_000  # adapters that others are held against, fewer in a large library


class Taste:
    """Of one user's history as it is. Safe to use from several threads.

    Args:
        habits: by adapter.
        cosines: what was compared for the same user before; None: nothing.
    """

    def __init__(self, habits: Mapping[int, AdapterHabit], cosines: UsedCosines | None = None) -> None:
        self._habits, self._cosines = habits, cosines or UsedCosines()
        self._by_share = sorted(habits, key=lambda i: (-habits[i].share, i))
        self._lock = threading.Lock()
        self._made: tuple[tuple[int, int], tuple[object, object], Scores, dict[int, int]] | None = None

    def boost(self, index: IndexView, dense: Dense | None, like: Mapping[int, LikePrompts]) -> Scores:
        """What comes on top of each row's score in the ranking.

        Args:
            index: whose rows.
            dense: their vectors; None: likeness is told by the kind alone.
            like: what the prompts that are like the new one say.

        Returns:
            (n,).
        """
        weighted, rows = self._for(index, dense)
        out = weighted.copy()
        vote = np.float32(USED["vote"])
        for number, found in like.items():
            if (row := rows.get(number)) is not None:
                out[row] += vote * found.vote
        return out

    def of_use(self, adapter: int, like: LikePrompts | None) -> tuple[float, ...]:
        """How an adapter that was used before was used.

        Args:
            adapter: its id.
            like: what prompts like the new one say of it; None: nothing.

        Returns:
            The values of `USED`, in its order.
        """
        habit = self._habits[adapter]
        return habit.ever, habit.share, habit.recency, like.vote if like else 0.0

    def likeness(self, index: IndexView, dense: Dense | None) -> NDArray[np.float32]:
        """How like each adapter of an index is to those that were used before.

        Args:
            index: whose rows.
            dense: their vectors; None: only kinds are compared.

        Returns:
            (n, len(LIKENESS)).
        """
        return self._likeness(index, dense, self._rows(index))

    def _rows(self, index: IndexView) -> dict[int, int]:
        mine = np.flatnonzero(index.signals.alive & np.isin(index.ids, list(self._habits)))
        return dict(zip(index.ids[mine].tolist(), mine.tolist(), strict=True))

    def _for(self, index: IndexView, dense: Dense | None) -> tuple[Scores, dict[int, int]]:
        """(n,) what is the same for every prompt: likeness and use, weighted; and the rows of what was used."""
        key = id(index.signals), id(dense)
        with self._lock:
            if self._made is None or self._made[0] != key:
                rows = self._rows(index)
                held = index.signals, dense  # so that no other object gets their ids meanwhile
                out = self._likeness(index, dense, rows) @ _LIKENESS
                for number, row in rows.items():
                    out[row] += np.dot(self.of_use(number, None), _USED)
                self._made = key, held, out, rows
            return self._made[2:]

    def _likeness(self, index: IndexView, dense: Dense | None, row: Mapping[int, int]) -> NDArray[np.float32]:
        n = len(index.ids)
        out = np.zeros((n, len(LIKENESS)), np.float32)
        used = [i for i in self._by_share if i in row][: _MOST if n <= _MANY else _MOST_OF_MANY]
        total = sum(self._habits[i].share for i in used)
        if not used or total <= 0:
            return out
        rows = np.array([row[i] for i in used], np.int64)
        shares = np.array([self._habits[i].share for i in used], np.float32) / np.float32(total)
        kinds = np.asarray(index.signals.kinds % len(KINDS), np.int64)
        out[:, 4] = np.bincount(kinds[rows], shares, len(KINDS))[kinds]
        if dense is None:
            return out
        for view in ("description", "title"):
            near = self._cosines.near(index, dense, view, [(i, row[i]) for i in used])
            nearest = near.max(axis=0)
            if view == "title":
                out[:, 3] = np.clip(nearest, 0, 1) ** 4
                continue
            out[:, 0], out[:, 1], out[:, 2] = nearest, np.clip(nearest, 0, 1) ** 4, shares @ near
            out[rows, 2] /= np.maximum(1 - shares, 1e-3)
        return out
