"""The packages of the extra `study`: a step says which of them it lacks before it begins."""

from __future__ import annotations

import importlib.util

from stylus_core.errors import ModelError

#: Packages that are called otherwise than the module that is imported.
_DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}


def require(what: str, *modules: str) -> None:
    """Sees that packages are installed.

    Args:
        what: needs them, as the subject of a sentence in the plural: `the metrics`.
        modules: as they are imported.

    Raises:
        ModelError: one is not installed; the sentence names those that are missing and how to get them.
    """
    absent = [_DISTRIBUTIONS.get(m, m) for m in modules if importlib.util.find_spec(m) is None]
    if absent:
        raise ModelError(f"{what} need {', '.join(absent)}: pip install {' '.join(absent)}")
