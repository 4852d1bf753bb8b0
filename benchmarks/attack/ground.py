"""A small library of adapters that exist nowhere, and commands that are run on it."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.library.build import safetensors, sidecar

ROOT = Path(__file__).resolve().parents[2]
WORDS = (
    "corgi", "lighthouse", "spacesuit", "dragon", "teapot", "violin", "cactus", "submarine", "castle", "robot",
    "teacup", "windmill", "lantern", "compass", "glacier", "octopus", "telescope", "tractor", "waterfall", "zeppelin",
)  # fmt: skip
_LOOKS = ("drawn in ink", "made of clay", "seen at night", "in thick oil paint", "as a paper model")


def library(folder: Path, count: int) -> Path:
    """Writes `count` adapters, each made for one of `WORDS`, half of them with a file of their site beside them."""
    for number in range(count):
        word = WORDS[number % len(WORDS)]
        add(folder, f"{word}_{number:04d}", f"{word.title()} {number}", word, _LOOKS[number % len(_LOOKS)])
    return folder


def add(folder: Path, stem: str, title: str, word: str, look: str = "") -> Path:
    """Writes one adapter that was made for `word`."""
    path = safetensors(folder / f"{stem}.safetensors", {"ss_output_name": stem, "ss_base_model_version": "sd_v1"})
    about = {
        "name": "v1",
        "baseModel": "SD 1.5",
        "trainedWords": [word],
        "model": {"name": title, "type": "LORA", "description": f"<p>A {word} {look}.</p>", "tags": [word]},
    }
    sidecar(path, ".civitai.info", about)
    return path


def prompts(count: int, seed: int = 0) -> list[str]:
    """Prompts, each about one of `WORDS`."""
    rng = random.Random(seed)
    return [f"a {WORDS[n % len(WORDS)]} on a hill, number {n}, {rng.choice(_LOOKS)}" for n in range(count)]


def command(*arguments: str, python: str = sys.executable) -> list[str]:
    """The command line, by this interpreter and out of this tree."""
    return [python, "-m", "stylus_core", *arguments]


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment with a home of the attack's own and no server that the user has set."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("STYLUS_", "OPENAI_"))}
    return {**own, "STYLUS_HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def killed(
    call: Sequence[str], env: Mapping[str, str], begun: Callable[[], bool], seconds: float, longest: float = 120.0
) -> subprocess.CompletedProcess[str] | None:
    """Runs a command and kills it `seconds` after it has begun to do something.

    Returns:
        None if it was killed, else what it said: it was done before.
    """
    process = subprocess.Popen(
        call, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    end = time.monotonic() + longest
    while process.poll() is None and not begun() and time.monotonic() < end:
        time.sleep(0.005)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return subprocess.CompletedProcess(list(call), process.returncode, out, err)


def unsound(home: Path) -> list[str]:
    """What SQLite says of each database below `home`, those that are sound left out."""
    out: list[str] = []
    for path in sorted(home.rglob("*.sqlite")):
        try:
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
            try:
                said = connection.execute("PRAGMA integrity_check").fetchall()
            finally:
                connection.close()
        except sqlite3.Error as e:
            said = [(str(e),)]
        if said != [("ok",)]:
            out.append(f"{path.name}: {said[0][0]}")
    return out
