"""What one revision of the code makes of a corpus's weights: run as a program with that revision on the path.

Reads {"corpus": path, "elsewhere": {adapter id: weights on other pages}} and writes {adapter id: row}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stylus_core.refiner.weight import usual_weight
from stylus_study.evaluation.corpus import load_adapters


def main() -> None:
    """Standard input to standard output."""
    given = json.load(sys.stdin)
    rows = {}
    for adapter in load_adapters(Path(given["corpus"])):
        card = adapter.card
        others = given["elsewhere"].get(str(adapter.id), ())
        rows[adapter.id] = {
            "weight": card.weight,
            "low": card.weight_low,
            "high": card.weight_high,
            "source": card.weight_source,
            "own": usual_weight(adapter),
            "usual": usual_weight(adapter, others),
        }
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
