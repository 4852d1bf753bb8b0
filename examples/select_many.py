"""Selects for a file of prompts, one a line: `python examples/select_many.py LIBRARY PROMPTS OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stylus_core import Options, Stylus

#: Made once: options are checked when they are made, and an unknown one raises `OptionError`.
OPTIONS = Options.of({"restraint": "careful", "weight_budget": 1.5, "exclude_tags": ["anime"]})


def main(library: str, prompts: str, out: str) -> None:
    """Writes one JSON object a prompt, as `stylus select --json` does."""
    with Stylus(library) as stylus, Path(out).open("w", encoding="utf-8") as file:
        stylus.index()
        for prompt in Path(prompts).read_text(encoding="utf-8").splitlines():
            selection = stylus.select(prompt, OPTIONS)
            file.write(json.dumps(selection.to_json(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
