"""Fits the coefficients of the local composer and says how good they are on held-out queries.

`python -m benchmarks.fit_composer` prints `stylus_core/composer/coefficients.py`'s tables. Needs scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from benchmarks.world import NO_FIT, NO_FIT_LONG, World, world
from stylus_core.composer.evidence import FEATURES, match
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.types import KINDS

_DENSE_ONLY = ("affinity", "whole_label", "whole_account")
_FOLDS = 5
_UNFIT = 5.0  # there are few of them, and leaving a prompt alone is as much of a right answer


def rows(w: World, prompts: Iterable[tuple[str, frozenset[int]]]) -> tuple[NDArray[np.float64], ...]:
    """(features, kinds, sentence, right, query) of the first 30 candidates of each prompt."""
    features, kinds, sentence, right, query = [], [], [], [], []
    for number, (prompt, wanted) in enumerate(prompts):
        parsed = parse(prompt)
        words = keywords(parsed)
        found = w.retriever.search(parsed, words, 30)
        for i, c in enumerate(found.candidates):
            m = match(c, words, found.affinity[:, i] if words else None, found.candidates[0].score)
            features.append([m.features[f] for f in FEATURES])
            kinds.append(KINDS.index(c.adapter.card.kind))
            sentence.append(found.sentence)
            right.append(c.adapter.id in wanted)
            query.append(number)
    return tuple(np.asarray(v, np.float64) for v in (features, kinds, sentence, right, query))


def design(
    features: NDArray[np.float64], kinds: NDArray[np.float64], sentence: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Every column once for lists of tags and once for sentences."""
    both = np.concatenate([features, np.eye(len(KINDS))[kinds.astype(int)]], axis=1)
    return np.concatenate([both * (1 - sentence)[:, None], both * sentence[:, None]], axis=1)


def main() -> None:
    """Both tables, with and without an encoder."""
    w = world()
    unfit = [*NO_FIT, *NO_FIT_LONG]
    prompts = [(q.query, q.relevant) for q in [*w.user, *w.captions]] + [(p, frozenset[int]()) for p in unfit]
    features, kinds, sentence, right, query = rows(w, prompts)
    weight = np.where(query >= len(prompts) - len(unfit), _UNFIT, 1.0)
    for name, out in (("DENSE", ()), ("WORDS", _DENSE_ONLY)):
        used = features * np.array([f not in out for f in FEATURES])
        x = design(used, kinds, sentence)
        held = np.zeros(len(right))
        for fold in range(_FOLDS):
            inside = query % _FOLDS != fold
            model = LogisticRegression(max_iter=1000).fit(x[inside], right[inside], weight[inside])
            held[~inside] = model.predict_proba(x[~inside])[:, 1]
        model = LogisticRegression(max_iter=1000).fit(x, right, weight)
        tags, caption = np.split(model.coef_[0], 2)
        n = len(FEATURES)
        print(f"{name}: average precision on held-out queries {average_precision_score(right, held):.3f}")
        for i, f in enumerate(FEATURES):
            print(f'        "{f}": ({tags[i]:.2f}, {caption[i]:.2f}),')
        for i, k in enumerate(KINDS):
            print(
                f'        "{k}": ({tags[n + i] + model.intercept_[0]:.2f}, {caption[n + i] + model.intercept_[0]:.2f}),'
            )


if __name__ == "__main__":
    main()
