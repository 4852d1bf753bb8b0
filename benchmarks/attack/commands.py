"""Commands of this tree in processes of their own: run, killed, and the databases that they leave looked at."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
