"""The demo: builds the sample library, indexes it, and shows five prompts going in and coming out.

`python -m samples.demo`, in the root of the project.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from samples.make_samples import build
from stylus_core.cli import main as stylus

OUT = Path("demo") / "out"


def run(*arguments: str) -> None:
    """Shows a command, runs it, and ends the demo if it fails."""
    print("\n$ stylus", shlex.join(arguments), flush=True)
    code = stylus(arguments)
    if code:
        sys.exit(code)


def demo() -> None:
    """The commands, as a user would type them. The state stays in demo/out too."""
    os.environ["STYLUS_HOME"] = str(OUT / "home")
    library, prompts = build(OUT)
    run("index", str(library))
    run("select", "--prompts", str(prompts), "--library", str(library), "--architecture", "sd1")
    run("show", "veska_thornlight_v2", "--library", str(library))


if __name__ == "__main__":
    demo()
