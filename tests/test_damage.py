"""Whatever file of the state is damaged, and however: the same picks come back, and afterwards all is sound."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("openai", reason="the package openai is not installed")

from samples.make_samples import build
from stylus_core.cli import main
from stylus_core.composer.settings import ComposerSettings
from stylus_core.doctor import examine
from stylus_core.llm.capabilities import Capabilities, Capability
from stylus_core.llm.run_state import RunState
from stylus_core.stylus import Stylus
from stylus_webui.cache import Cache
from tests.composer.test_llm_stylus import PROMPT, chooses
from tests.llm.fault_server import FaultServer

pytestmark = pytest.mark.whole

LOCAL = ("a lighthouse at dusk, watercolor", "a corgi in the snow")
#: What the user wrote and paid for is in there: it is not made anew, and what happens to it is another matter.
KEPT = "library.sqlite"


class WordEncoder:
    """An encoder that gives each word a direction."""

    key, dim, backend = "words", 64, "fake"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        out = np.zeros((len(texts), self.dim), np.float32)
        for i, text in enumerate(texts):
            for word in text.lower().split():
                out[i, sum(map(ord, word)) % self.dim] += 1
            out[i] /= max(float(np.linalg.norm(out[i])), 1e-9)
        return out


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


HARMS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
    "short": lambda data: data[:-1],
    "longer": lambda data: data + b"\0" * 100,
    "garbage": lambda data: bytes((i * 7919) % 251 for i in range(len(data))),
    "zeros": lambda data: bytes(len(data)),
    "flipped": lambda data: flip(data, len(data) // 2),
    "flipped early": lambda data: flip(data, len(data) // 5),
    "flipped late": lambda data: flip(data, len(data) - len(data) // 20 - 1),
}


MAIN = ("empty", "half", "flipped", "gone")


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer([chooses("corgi", "sweater")]) as running:
        yield running


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few of the sample adapters."""
    made = build(tmp_path_factory.mktemp("library"))[0]
    few = ("corgi", "sweater", "lighthouse", "watercolor", "motorcycle")
    for file in made.rglob("*"):
        if file.is_file() and not any(word in file.name.lower() for word in few):
            file.unlink()
    return made


def used(library: Path, base: Path, server: FaultServer) -> list[object]:
    """What everything that keeps something in `base` comes to."""
    settings = ComposerSettings(base_url=server.url, model="m")
    found: list[object] = []
    with Stylus(library, home=base, encoder=WordEncoder(), composers=settings) as stylus:
        found += [[(p.name, p.weight) for p in stylus.select(prompt).picks] for prompt in LOCAL]
        chosen = stylus.select(PROMPT, {"composer": "llm"})
        found += [chosen.composer, [p.name for p in chosen.picks]]
        home = stylus.home
    with Stylus(library, home=base, encoder=WordEncoder(), descriptions="none") as bare:
        found.append([p.name for p in bare.select("watercolor").picks])
    state = RunState(home / "refiner.sqlite")
    if "k" not in state.failures():
        state.failed("k", "an empty answer", passing=False)
    state.answered("paid", {"better": "A"})
    found.append((state.failures()["k"].times, state.answers()))
    state.close()
    server_knows = Capabilities(home / "servers.json")
    if server_knows.of("a").mode != "text":
        server_knows.learn("a", Capability("text"))
    found.append(Capabilities(home / "servers.json").of("a"))
    cache = Cache(base / "webui-picks.sqlite")
    if cache.get("picks", "a fox") is None:
        cache.put("picks", "a fox", {"picks": ["fox"]})
    cache.close()
    again = Cache(base / "webui-picks.sqlite")
    found.append(again.get("picks", "a fox"))
    again.close()
    return found


@pytest.fixture(scope="module")
def whole(library: Path, server: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[object]]:
    """A sound home, and what is made of it."""
    base = tmp_path_factory.mktemp("state") / "home"
    used(library, base, server)
    return base, used(library, base, server)


def files(base: Path) -> list[Path]:
    return sorted(p.relative_to(base) for p in base.rglob("*") if p.is_file() and p.name != KEPT)


def damage(library: Path, base: Path) -> list[str]:
    """What the doctor finds damaged; what was moved aside is not damaged any more."""
    return [line for f in examine([library], home=base, encoder="none") if f.subject == "caches" for line in f.details]


def test_there_is_something_to_damage(whole: tuple[Path, list[object]], library: Path):
    names = {path.name for path in files(whole[0])}
    assert {"manifest.json", "files.json", "ids.npy", "kind_names.npy", "label.codes-words.npy"} <= names
    assert {"vectors.sqlite", "answers.sqlite", "refiner.sqlite", "servers.json", "webui-picks.sqlite"} <= names
    assert damage(library, whole[0]) == []


@pytest.mark.parametrize("harm", [*HARMS, "gone"])
def test_every_file_of_a_home_is_healed(
    harm: str, library: Path, whole: tuple[Path, list[object]], server: FaultServer, tmp_path: Path, caplog
):
    sound, expected = whole
    for number, name in enumerate(files(sound)):
        if name.suffix == ".npy" and harm != MAIN[number % len(MAIN)]:
            continue  # each array in one way here; that all ways are seen is tested without the rest of the tool
        base = tmp_path / str(number)
        shutil.copytree(sound, base)
        file = base / name
        before = file.read_bytes()
        if harm == "gone":
            file.unlink()
        else:
            file.write_bytes(HARMS[harm](before))
            found = damage(library, base)
            # SQLite takes an empty file for a new database, and what lies free in it means nothing.
            unseen = file.suffix == ".sqlite" and harm not in ("half", "garbage", "zeros")
            assert found or unseen, f"{name} {harm}: the doctor sees nothing"
            assert not found or str(base) in found[0]
        caplog.clear()
        assert used(library, base, server) == expected, f"{name} {harm}"
        told = [r.getMessage() for r in caplog.records if r.name == "stylus.storage"]
        assert len(told) <= 2, told
        assert damage(library, base) == [], f"{name} {harm}: it is not healed"
        caplog.clear()
        assert used(library, base, server) == expected
        assert not [r for r in caplog.records if r.levelno >= logging.WARNING], f"{name} {harm}: it is told again"
        shutil.rmtree(base)


def test_what_was_damaged_is_kept_aside_a_few_times(
    library: Path, whole: tuple[Path, list[object]], server: FaultServer, tmp_path: Path, capsys
):
    base = tmp_path / "home"
    shutil.copytree(whole[0], base)
    for _ in range(6):
        (vectors,) = base.glob("*/vectors.sqlite")
        vectors.write_bytes(b"no database at all" * 400)
        (ids,) = base.glob("*/index/segment-????????/ids.npy")
        ids.write_bytes(b"")
        assert used(library, base, server) == whole[1]
    aside = [p for p in base.rglob("*.broken-*") if ".broken-" not in p.parent.name]
    assert sorted(p.name.partition(".")[0].partition("-")[0] for p in aside) == ["segment"] * 3 + ["vectors"] * 3
    assert main(["doctor", "--library", str(library), "--home", str(base), "--encoder", "none"]) == 0
    printed = capsys.readouterr().out
    assert "moved aside: 6" in " ".join(printed.split())
    assert "nothing is broken" in printed


def test_the_command_line_tells_and_mends(library: Path, whole: tuple[Path, list[object]], tmp_path: Path):
    """What no selection would have met as well."""
    base = tmp_path / "home"
    shutil.copytree(whole[0], base)
    harmed = ["*/answers.sqlite", "*/servers.json", "*/index/segment-*/ids.npy", "*/descriptions/none/manifest.json"]
    for pattern in harmed:
        (file,) = base.glob(pattern)
        file.write_bytes(HARMS["garbage"](file.read_bytes()))
    assert len(damage(library, base)) == 4
    command = [sys.executable, "-m", "stylus_core", "index", str(library), "--home", str(base), "--encoder", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.count("was damaged") == 4 and "answers.sqlite.broken-1" in done.stderr
    assert "Traceback" not in done.stderr
    assert damage(library, base) == []


def test_more_adapters_than_a_selection_embeds_keep_their_vectors(tmp_path: Path):
    """They are taken from the cache of vectors, without the model."""
    from stylus_core.retriever.index import Index
    from stylus_core.retriever.vectors import VectorStore
    from tests.retriever.invented_adapters import CountingEncoder, adapter

    known = {n: adapter(n, "kimono") for n in range(1, 301)}

    def get(ids: Sequence[int]):
        return {i: known[i] for i in ids}

    index = Index(tmp_path / "index")
    index.update(known.values(), (), 1)
    index.dense(VectorStore(tmp_path / "v.sqlite", CountingEncoder()), get, everything=True)
    for harmed in ("label.codes-one.npy", "units.terms.npy"):
        file = max((tmp_path / "index").glob(f"segment-????????/{harmed}"), key=lambda path: path.stat().st_mtime_ns)
        file.write_bytes(HARMS["flipped"](file.read_bytes()))
        again, encoder = Index(tmp_path / "index"), CountingEncoder()
        if again.revision < 0:
            again.update(known.values(), (), 1)
        dense = again.dense(VectorStore(tmp_path / "v.sqlite", encoder), get)
        assert encoder.asked == []
        assert dense.cosines("title", np.arange(300), np.eye(16, dtype=np.float32)).any(axis=0).all()
