"""SIGKILL at random points of index, batch, study and refine: what was kept is whole, and nothing is lost."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from benchmarks.attack.commands import command, environment, killed, unsound
from benchmarks.attack.invented_library import library, prompts
from benchmarks.attack.tally import Tally
from stylus_core import Stylus
from tests.batch.webui import StandIn
from tests.llm.fault_server import FaultServer, Step, answers
from tests.study.webui import PaintingWebUI

WANTED = 200
_ADAPTERS = 400
_SHARE = {"index": 80, "batch": 45, "study": 35, "refine": 45}
_WORKERS = 3


def run() -> Tally:
    """Every command's kills, one after the other."""
    tally = Tally("kills", WANTED)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        lora = library(base / "loras", _ADAPTERS)
        for name, attack in (("index", _index), ("batch", _batch), ("study", _study), ("refine", _refine)):
            began, before = time.monotonic(), tally.tried
            attack(tally, base, lora, _SHARE[name])
            tally.notes.append(f"{name}: {tally.tried - before} kills in {time.monotonic() - began:.0f} s")
    return tally


def _picked(lora: Path, home: Path) -> list[tuple[str, ...]]:
    with Stylus(lora, home=home, encoder="none") as stylus:
        return [tuple(p.name for p in stylus.select(text).picks) for text in prompts(20)]


def _rows(home: Path) -> tuple[int, ...]:
    (path,) = home.glob("*/library.sqlite")
    connection = sqlite3.connect(path)
    try:
        sql = "SELECT count(*), sum(gone > 0), count(DISTINCT path) FROM adapters"
        return tuple(connection.execute(sql).fetchone())
    finally:
        connection.close()


def _index(tally: Tally, base: Path, lora: Path, count: int) -> None:
    rng = random.Random(7)
    whole = base / "whole"
    with Stylus(lora, home=whole, encoder="none") as stylus:
        stylus.index()
    right = _picked(lora, whole)
    first = tally.tried
    for number in range(3 * count):  # some are done before they are killed
        if tally.tried - first == count:
            break
        encoder = "none" if number % 4 else "auto"
        home = base / "home-index"
        if number % 3 != 2:  # every third goes on from where the one before was killed
            shutil.rmtree(home, ignore_errors=True)
        call = command("index", str(lora), "--encoder", encoder)

        def begun(home: Path = home) -> bool:
            return any(home.glob("*/library.sqlite"))

        if killed(call, environment(home), begun, rng.uniform(0, 0.9 if encoder == "none" else 3.0)) is not None:
            continue
        tally.tried += 1
        try:
            broken = unsound(home)
            picked = _picked(lora, home)
            broken += unsound(home)
            rows = _rows(home)
        except Exception as e:  # whatever it is, it is what is looked for
            tally.fail("lost", f"index, kill {number}: {type(e).__name__}: {e}")
            continue
        aside = [p.name for p in home.rglob("*broken*")]
        if broken or aside or picked != right or rows != (_ADAPTERS, 0, _ADAPTERS):
            same = "the same picks" if picked == right else "other picks"
            tally.fail("lost", f"index, kill {number}: {same}, rows {rows}, {broken}, moved aside {aside}")


def _until_done(
    tally: Tally, call: Sequence[str], home: Path, progress: Callable[[], int], longest: float, rng: random.Random
) -> tuple[int, str]:
    """Kills a command again and again; the number of kills, and why it did not end in the end, if it did not."""
    kills = 0
    for _ in range(60):
        start = progress()
        begun = partial(_beyond, start, progress)
        done = killed(call, environment(home), begun, rng.uniform(0, longest))
        if done is not None:
            return kills, "" if done.returncode == 0 else done.stderr.strip()[-300:] or f"ended with {done.returncode}"
        kills += 1
        tally.tried += 1
    return kills, "it never came to its end"


def _slow(seconds: float, then: Step) -> Step:
    def step(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        time.sleep(seconds)
        then(handler, request)

    return step


def _beyond(start: int, progress: Callable[[], int]) -> bool:
    return progress() > start


def _painted(
    tally: Tally, name: str, calls: Callable[[Path], list[str]], base: Path, lora: Path, count: int, pictures: int
) -> None:
    rng = random.Random(11)
    home = base / "home-batch"
    paths = {p.stem: str(p) for p in sorted(lora.glob("*.safetensors"))}
    first = tally.tried
    round_number = 0
    while tally.tried - first < count and round_number < 20:
        round_number += 1
        out = base / f"{name}-{round_number}"
        with PaintingWebUI(paths) as one, PaintingWebUI(paths) as two:
            one.seconds = two.seconds = 0.04
            call = [*calls(out), "--webui", one.url, "--webui", two.url]

            def asked(hosts: tuple[StandIn, ...] = (one, two)) -> int:
                return sum(len(host.asked) for host in hosts)

            kills, problem = _until_done(tally, call, home, asked, 0.5, rng)
            requests = asked()
        records = _records(out)
        distinct = {r.get("id") for r in records}
        files = {f"pictures/{p.name}" for p in (out / "pictures").iterdir()} if (out / "pictures").is_dir() else set()
        listed = {r.get("file") for r in records}
        again = requests - len(distinct)
        wrong = [
            *([problem] if problem else []),
            *([f"{len(distinct)} of {pictures} pictures"] if len(distinct) != pictures else []),
            *(["a picture is recorded twice"] if len(records) != len(distinct) else []),
            *([f"{len(listed - files)} records without a picture"] if listed - files else []),
            *([f"{len(files - listed)} pictures without a record"] if files - listed else []),
            *([f"{again} pictures made again after {kills} kills"] if again > 2 * kills else []),
            *unsound(out),
            *_undecoded(out / f for f in listed if f),
        ]
        if wrong:
            tally.fail("lost", f"{name}, round {round_number}, {kills} kills: {'; '.join(wrong)}")


def _records(out: Path) -> list[dict[str, Any]]:
    path = out / "results.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def _undecoded(paths: Iterable[Path]) -> list[str]:
    from PIL import Image

    out: list[str] = []
    for path in paths:
        try:
            with Image.open(path) as picture:
                picture.load()
        except Exception as e:
            out.append(f"{path.name}: {type(e).__name__}")
    return out


def _batch(tally: Tally, base: Path, lora: Path, count: int) -> None:
    texts = base / "prompts.txt"
    texts.write_text("\n".join(prompts(30)), "utf-8")

    def call(out: Path) -> list[str]:
        options = ("--library", str(lora), "--encoder", "none", "--architecture", "sd1", "--out", str(out))
        return command("batch", str(texts), *options)

    _painted(tally, "batch", call, base, lora, count, 60)


_STUDY = """
name = "kills"
systems = ["local", "retriever"]
cfg = [5, 7]
seeds = 2
[prompts]
file = "{texts}"
limit = 5
[options]
architecture = "sd1"
"""


def _study(tally: Tally, base: Path, lora: Path, count: int) -> None:
    texts = base / "prompts.txt"
    texts.write_text("\n".join(prompts(30)), "utf-8")
    plan = base / "study.toml"
    plan.write_text(_STUDY.format(texts=texts), "utf-8")

    def call(out: Path) -> list[str]:
        return command("study", "run", str(plan), "--library", str(lora), "--encoder", "none", "--out", str(out))

    _painted(tally, "study", call, base, lora, count, 5 * 2 * 2 * 3)


_CARD = {"description": "A look with soft edges and pale colours.", "kind": "style", "subject": "a pale look"}


def _refine(tally: Tally, base: Path, lora: Path, count: int) -> None:
    rng = random.Random(3)
    first = tally.tried
    round_number = 0
    few = library(base / "few", 40)
    while tally.tried - first < count and round_number < 20:
        round_number += 1
        home = base / f"home-refine-{round_number}"
        with FaultServer([_slow(0.12, answers({**_CARD, "trigger_words": [], "weight": 0.8}))]) as server:
            call = command("refine", "--library", str(few), "--base-url", server.url, "--model", "m")
            call += ["--yes", "--pictures", "0", "--workers", str(_WORKERS)]

            def asked(server: FaultServer = server) -> int:
                return len(server.requests)

            kills, problem = _until_done(tally, call, home, asked, 0.6, rng)
            requests = asked()
        (path,) = home.glob("*/library.sqlite")
        connection = sqlite3.connect(path)
        cards = connection.execute("SELECT count(*) FROM cards WHERE source = 'llm'").fetchone()[0]
        connection.close()
        wrong = [
            *([problem] if problem else []),
            *([f"{cards} of 40 descriptions"] if cards != 40 else []),
            *([f"{requests - 40} asked again after {kills} kills"] if requests - 40 > _WORKERS * kills else []),
            *unsound(home),
        ]
        if wrong:
            tally.fail("lost", f"refine, round {round_number}, {kills} kills: {'; '.join(wrong)}")


if __name__ == "__main__":
    print(json.dumps(run().told(), indent=1))
