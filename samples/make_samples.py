"""Builds the sample library: `python -m samples.make_samples DIR`. Standard library only."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from samples.catalogue import PROMPTS, SAMPLES
from samples.sidecars import write


def build(out: Path) -> tuple[Path, Path]:
    """Writes `out/library` and `out/prompts.txt` anew and returns both paths."""
    library = out / "library"
    if library.exists():
        shutil.rmtree(library)
    for sample in SAMPLES:
        write(sample, library)
    prompts = out / "prompts.txt"
    prompts.write_text("".join(prompt + "\n" for prompt in PROMPTS), encoding="utf-8")
    return library, prompts


def main() -> None:
    """The command."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", type=Path, metavar="DIR")
    library, prompts = build(arguments.parse_args().out)
    files = [p for p in library.rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files)
    print(f"{len(SAMPLES)} adapters, {len(files)} files, {size / 1024:.0f} kB in {library}; prompts in {prompts}")


if __name__ == "__main__":
    main()
