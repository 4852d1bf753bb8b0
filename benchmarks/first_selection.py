"""How long a user waits for the first picks, and how many pictures go without any while something is being made.

`python -m benchmarks.first_selection OLD --library DIR...` runs the service of a WebUI on each library, with OLD, a
folder with an earlier checkout, and with this one. First from nothing: prompts are asked all the time, from the start
until the vectors are there or `--seconds` are over. Then on a library that is complete: `--edited` sidecars are written
anew in place, the list of the host is refreshed, and prompts are asked until all is taken in. For that the library is
copied, and stays as it is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import checkouts

#: What each process does; a JSON object on the last line. A job asks what `stylus_webui.select_or_reuse` asks.
_WORK = """
import json, statistics, sys, time
from pathlib import Path
from stylus_core import Stylus
from stylus_core.options import Options
from stylus_host.service import NotReady, Service
library, home, seconds, edited = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
PROMPTS = ["1girl, {} hair, city street, night, neon lights", "a {} fox in the snow, oil painting",
           "portrait of a knight in {} armor, detailed, cinematic light", "{} mountains at dawn, watercolor"]
COLOURS = ["red", "blue", "green", "white", "black", "golden", "silver", "purple", "pink", "brown"]
service = Service(lambda folders: Stylus(list(folders), home=home), lambda: [library])
out = {"jobs": 0, "without": 0, "words": 0, "first": None, "ready": None, "ms": []}

def job(prompt):
    clock = time.perf_counter()
    out["jobs"] += 1
    try:
        service.revision()
        service.identity()
        found = service.select(prompt, Options())
        out["words"] += getattr(found, "provisional", False)
        return found
    except NotReady:
        out["without"] += 1
    finally:
        out["ms"].append(1000 * (time.perf_counter() - clock))

def sidecars():
    return sorted(library.rglob("*.civitai.info"))[:edited]

start = time.monotonic()
if not edited:
    service.refresh()
    while time.monotonic() - start < seconds and not service.wait(0.2):
        prompt = PROMPTS[out["jobs"] % 4].format(COLOURS[out["jobs"] // 4 % 10])
        if job(prompt) is not None and out["first"] is None:
            out["first"] = time.monotonic() - start
            out["jobs"] = out["without"] = out["words"] = 0  # what follows is while vectors come
            out["ms"] = []
    if service.wait(0):
        out["ready"] = time.monotonic() - start
else:
    service.refresh()
    assert service.wait(600)
    service.revision()
    cached = []
    for _ in range(50):
        clock = time.perf_counter()
        service.revision(), service.identity()
        cached.append(1000 * (time.perf_counter() - clock))
    out["cached"] = statistics.median(cached)
    for number, path in enumerate(sidecars()):
        said = json.loads(path.read_text("utf-8"))
        said["model"]["description"] = f"<p>A zorblat{number} lantern, carved of salt and brass.</p>"
        said["model"]["name"] = f"Zorblat{number} Lantern"
        path.write_text(json.dumps(said), "utf-8")
    start = time.monotonic()
    service.refresh()  # as a click on the host's own button does
    found = job("a zorblat7 lantern")
    out["noticed"] = bool(found and "orblat7 " in found.candidates[0].adapter.title)
    while time.monotonic() - start < seconds and not service.wait(0.2):
        job(PROMPTS[out["jobs"] % 4].format(COLOURS[out["jobs"] // 4 % 10]))
    out["ready"] = time.monotonic() - start
out["most"], out["ms"] = max(out["ms"] or [0]), statistics.median(out["ms"] or [0])
print(json.dumps(out), flush=True)
import os
os._exit(0)  # whatever is still being embedded
"""


def run(checkout: Path, library: Path, home: Path, seconds: float, edited: int) -> dict[str, Any]:
    """What one process measured."""
    lines = checkouts.run(checkout, _WORK, library, home, seconds, edited, cwd=home)
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def complete(library: Path, home: Path) -> None:
    """Makes the whole index of a library."""
    from stylus_core import Stylus

    with Stylus(library, home=home) as stylus:
        stylus.index()


def main() -> None:
    """Prints a line for each checkout, library and part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("--library", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=120, metavar="N")
    parser.add_argument("--edited", type=int, default=60, metavar="N")
    parser.add_argument("--part", choices=("first", "edited", "both"), default="both")
    given = parser.parse_args()
    sides = {"old": given.old.resolve(), "new": checkouts.HERE}
    for library in map(Path.resolve, given.library):
        with tempfile.TemporaryDirectory() as scratch:
            for name, checkout in sides.items() if given.part != "edited" else ():
                home = Path(scratch) / f"first-{name}"
                home.mkdir()
                print(library.name, "from nothing", name, json.dumps(run(checkout, library, home, given.seconds, 0)))
            if given.part == "first":
                continue
            place, base = Path(scratch) / "place", Path(scratch) / "base"
            shutil.copytree(library, place / "library")
            complete(place / "library", place / "home")
            place.rename(base)
            for name, checkout in sides.items():
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(base, place)  # under the same path, by which a library's state is found
                found = run(checkout, place / "library", place / "home", given.seconds, given.edited)
                print(library.name, f"{given.edited} edited", name, json.dumps(found))


if __name__ == "__main__":
    main()
