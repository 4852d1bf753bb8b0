"""The engine against the index of this machine, on the version of Milvus that runs in a file."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stylus_core import Stylus
from stylus_core.cli import main
from stylus_core.errors import EngineError
from stylus_core.library.database import DatabaseState
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.documents import document
from stylus_core.retriever.engine.address import parse_address
from stylus_core.retriever.engine.remote_index import RemoteIndex
from stylus_core.retriever.index import Index
from stylus_core.retriever.pool import Pool
from stylus_core.retriever.retriever import Filter, Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter, Card, Example, Metadata
from tests.retriever.test_index import SUBJECTS, CountingEncoder
from tests.test_stylus import add

pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install '.[milvus]'")
lite = pytest.importorskip(
    "milvus_lite.adapter.grpc.server", reason="milvus-lite is not installed: pip install '.[milvus]'"
)

pytestmark = pytest.mark.whole

PLACES = "harbour attic desert rooftop canyon greenhouse tavern lagoon".split()
MANNERS = "watercolor woodcut neon pastel gouache charcoal mosaic etching".split()
KINDS = ("object", "style", "background", "clothing")


def invented(number: int) -> Adapter:
    """Each of its own words and of words that others have too; some examples use other adapters."""
    rng = random.Random(number)
    subject, place, manner = (rng.choice(x) for x in (SUBJECTS, PLACES, MANNERS))
    stem = f"{subject}_{manner}_{number}"
    examples = []
    for i in range(rng.randrange(4)):
        other = invented_stem(rng.randrange(1, 60))
        more = f" <lora:{other}:0.5>" if i % 2 else ""
        examples.append(Example(f"{subject} in a {place}, {manner}, {rng.choice(PLACES)}, <lora:{stem}:0.7>{more}"))
    known = Metadata(
        title=f"{subject.title()} {manner} {number}",
        description=f"Draws a {subject} as {manner}, best in a {place} at {rng.choice(('dawn', 'noon', 'night'))}.",
        tags=(subject, manner),
        trigger_words=(f"{subject} {manner}", f"token{number}"),
        examples=tuple(examples),
        architecture=("sd1", "sdxl", "unknown")[number % 3],
        downloads=rng.randrange(5000),
    )
    card = Card(kind=KINDS[number % 4], subject=f"{subject} {manner}")
    return Adapter(number, f"/loras/{stem}.safetensors", stem, metadata=known, card=card)


def invented_stem(number: int) -> str:
    rng = random.Random(number)
    subject, _, manner = (rng.choice(x) for x in (SUBJECTS, PLACES, MANNERS))
    return f"{subject}_{manner}_{number}"


def calling(number: int) -> str:
    """A prompt that names an adapter."""
    return f"token{number}, {invented(number).title}"


def prompts() -> list[str]:
    rng = random.Random(5)
    out = []
    for i in range(20):
        subject, place, manner = (rng.choice(x) for x in (SUBJECTS, PLACES, MANNERS))
        out.append(
            f"masterpiece, {subject}, {manner}, {place} at night"
            if i % 2
            else f"An old {subject} that stands in the {place} and is painted as a {manner}"
        )
    return out


class Held:
    """A library that is told what it holds."""

    def __init__(self, adapters: Sequence[Adapter]) -> None:
        self.identity, self.revision = "first", 1
        self._rows = {a.id: (1, a) for a in adapters}

    @property
    def state(self) -> DatabaseState:
        return DatabaseState(self.identity, self.revision)

    def put(self, adapter: Adapter) -> None:
        self.revision += 1
        self._rows[adapter.id] = (self.revision, adapter)

    def drop(self, number: int) -> None:
        self.revision += 1
        self._rows[number] = (self.revision, Adapter(number, "", "", status="unreadable"))

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        new = {i: a for i, (r, a) in self._rows.items() if r > revision}
        return {i for i, a in new.items() if a.status == "ok"}, {i for i, a in new.items() if a.status != "ok"}

    def get(self, ids: Sequence[int]) -> dict[int, Adapter]:
        return {i: self._rows[i][1] for i in ids if i in self._rows}

    def adapters(self) -> list[Adapter]:
        return [a for _, a in self._rows.values() if a.status == "ok"]


class WebUISide:
    """One WebUI's side: a library, its own index and an engine that others use too."""

    def __init__(self, folder: Path, address: str, adapters: Sequence[Adapter]) -> None:
        folder.mkdir(exist_ok=True)
        self.library = Held(adapters)
        self.encoder = CountingEncoder()
        self.store = VectorStore(folder / "v.sqlite", self.encoder)
        self.index = Index(folder / "index")
        self.remote = RemoteIndex(parse_address(address), folder / "home", [Path("/loras")])

    def bring_up(self) -> None:
        self.index.update(self.library.adapters(), (), self.library.revision)
        self.remote.index(self.library, self.index, self.store)

    def there(self, prompt: str, k: int = 30, wanted: Filter | None = None) -> list[int]:
        retriever, notes = self.remote.retriever(self.library, self.store)
        assert notes == []
        parsed = parse(prompt)
        return [c.adapter.id for c in retriever.search(parsed, keywords(parsed), k, wanted).candidates]

    def here(self, prompt: str, k: int = 30, wanted: Filter | None = None) -> list[int]:
        dense = self.index.dense(self.store, self.library.get, everything=True)
        parsed = parse(prompt)
        found = Retriever(self.index, self.library.get, dense).search(parsed, keywords(parsed), k, wanted)
        return [c.adapter.id for c in found.candidates]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    running, database, port = lite.start_server_in_thread(str(tmp_path_factory.mktemp("milvus") / "data"))
    yield port
    running.stop(grace=1)
    database.close()


@pytest.fixture
def address(server: int, request: pytest.FixtureRequest) -> str:
    """A library of the test's own; making collections takes seconds, so all tests share them."""
    return f"milvus://127.0.0.1:{server}/tests?library={re.sub(r'[^a-z0-9_]+', '.', request.node.name.lower())}"


@pytest.fixture
def machine(tmp_path: Path, address: str) -> Iterator[WebUISide]:
    made = WebUISide(tmp_path / "first", address, [invented(n) for n in range(1, 61)])
    made.bring_up()
    yield made
    made.remote.close()


def same_share(pairs: Sequence[tuple[list[int], list[int]]], k: int) -> float:
    return sum(len(set(a[:k]) & set(b[:k])) / min(k, len(a)) for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("wanted", [None, Filter("sd1"), Filter("sdxl", ("style", "object"), frozenset({4, 7}))])
def test_it_ranks_as_the_index_of_this_machine_does(machine: WebUISide, wanted: Filter | None):
    pairs = [(machine.here(p, wanted=wanted), machine.there(p, wanted=wanted)) for p in prompts()]
    assert all(len(a) == len(b) > 0 for a, b in pairs)
    assert sum(a[:10] == b[:10] for a, b in pairs) >= 0.9 * len(pairs)
    assert same_share(pairs, 10) >= 0.99


def pool_of(ids: set[int], library: range) -> Pool:
    inside, outside = ([n for n in library if (n in ids) == wanted] for wanted in (True, False))
    return Pool(np.array(inside, np.int64), np.array(outside, np.int64))


@pytest.mark.parametrize(
    "listed, share",
    [(4000, 3), (4000, 1.05), (10, 3), (10, 1.05)],
    ids=["named", "all but those named", "deeper", "a little deeper"],
)
def test_a_pool_is_what_comes_up(machine: WebUISide, monkeypatch: pytest.MonkeyPatch, listed: int, share: float):
    monkeypatch.setattr("stylus_core.retriever.engine.pool_query._LISTED", listed)
    ids = {n for n in range(1, 61) if int(n / share) != int((n - 1) / share)}
    for wanted in (Filter(pool=pool_of(ids, range(1, 61))), Filter("sd1", pool=pool_of(ids, range(1, 61)))):
        pairs = [(machine.here(p, wanted=wanted), machine.there(p, wanted=wanted)) for p in prompts()]
        assert all(set(there) <= ids and there for _, there in pairs)
        assert same_share(pairs, 10) >= 0.95


@pytest.mark.parametrize("listed", [4000, 10], ids=["named", "deeper"])
def test_a_pool_is_not_empty_because_others_fit_better(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, listed: int
):
    """Hundreds of adapters are about nothing but the prompt, and none of them may be picked."""
    monkeypatch.setattr("stylus_core.retriever.engine.pool_query._LISTED", listed)
    monkeypatch.setattr("stylus_core.retriever.engine.engine_retriever._BY_PRIOR", 0)
    known = Metadata(title="Lighthouse woodcut", tags=("lighthouse", "woodcut"), architecture="sd1")
    crowd = [
        Adapter(n, f"/loras/crowd_{n}.safetensors", f"crowd_{n}", metadata=known, card=Card(subject="lighthouse"))
        for n in range(1000, 1500)
    ]
    machine = WebUISide(tmp_path, address, [*crowd, *(invented(n) for n in range(1, 41))])
    machine.bring_up()
    ids = set(range(1, 41))
    library = range(1, 1500)
    wanted = Filter(pool=Pool(np.array(sorted(ids)), np.array([n for n in library if n >= 1000])))
    here, there = (find("lighthouse, woodcut", 10, wanted) for find in (machine.here, machine.there))
    assert len(there) == 10
    assert set(there) <= ids
    assert here == there
    nothing = Filter(pool=pool_of(set(), library))
    assert machine.there("lighthouse, woodcut", 10, nothing) == []
    everything = Filter(pool=pool_of(set(library), library))
    assert machine.there("lighthouse, woodcut", 10, everything) == machine.there("lighthouse, woodcut", 10)
    machine.remote.close()


def test_candidates_are_scored_as_in_the_whole_library(tmp_path: Path, address: str):
    machine = WebUISide(tmp_path, address, [invented(n) for n in range(1, 601)])
    machine.bring_up()
    pairs = [(machine.here(p), machine.there(p)) for p in prompts()]
    assert same_share(pairs, 10) >= 0.95
    assert same_share(pairs, 30) >= 0.93
    machine.remote.close()


def test_what_changes_is_right_at_the_next_search(machine: WebUISide):
    new = invented(77)
    assert 77 not in machine.there(calling(77), 100)
    machine.library.put(new)
    assert machine.there(calling(77))[0] == 77
    edited = Metadata(title="Brass samovar", trigger_words=("samovar",), downloads=4000)
    machine.library.put(Adapter(77, new.path, new.stem, metadata=edited, card=Card(subject="samovar")))
    assert machine.there("a brass samovar")[0] == 77
    assert machine.there(calling(77))[0] != 77
    machine.library.drop(77)
    assert 77 not in machine.there("a brass samovar", 100)
    known = invented(5)
    machine.library.put(Adapter(5, "/loras/other.safetensors", "other", metadata=known.metadata, card=known.card))
    assert machine.there(calling(5), 100).count(5) == 1


def test_a_database_that_was_made_anew_gives_the_ids_to_others(machine: WebUISide):
    """As many changes, the same files, other ids: the rows stay, and each is the adapter that it was."""
    asked = len(machine.encoder.asked)
    turned = [replace(invented(n), id=61 - n) for n in range(2, 61)]  # 1 is gone
    machine.library = Held(turned)
    machine.library.identity = "second"
    machine.bring_up()
    for n in (2, 30, 60):
        assert machine.there(calling(n))[0] == 61 - n
    assert sorted(machine.there("lighthouse", 100)) == sorted(a.id for a in turned)
    described = {text for d in map(document, turned) for text in (d.label, d.account)}
    assert described.isdisjoint(machine.encoder.asked[asked:])  # but for the prompts nothing is embedded
    assert machine.remote.retriever(machine.library, machine.store)[1] == []


def test_libraries_in_one_collection_do_not_see_one_another(tmp_path: Path, machine: WebUISide, address: str):
    other = WebUISide(tmp_path / "other", f"{address}.other", [invented(n) for n in range(40, 90)])
    other.bring_up()
    assert other.there(calling(80))[0] == 80
    assert sorted(other.there("lighthouse", 100)) == list(range(40, 90))
    assert sorted(machine.there(calling(80), 100)) == list(range(1, 61))
    other.remote.close()


def test_a_second_machine_embeds_and_writes_nothing_that_is_there(tmp_path: Path, machine: WebUISide, address: str):
    second = WebUISide(tmp_path / "second", address, [invented(n) for n in range(1, 62)])
    second.bring_up()
    new = invented(61)
    assert len(second.encoder.asked) == 2
    assert all(new.title in text for text in second.encoder.asked)
    assert second.there(calling(61))[0] == 61
    assert sorted(machine.there(calling(61), 100)) == list(range(1, 61))  # the first has no such file
    second.remote.close()


def test_no_machine_deletes_what_another_wrote(tmp_path: Path, machine: WebUISide, address: str):
    """The second has not seen the first's files yet and loses one of its own; the third comes after it."""
    second = WebUISide(tmp_path / "second", address, [invented(n) for n in range(50, 71)])
    second.bring_up()
    second.library.drop(70)
    second.bring_up()
    third = WebUISide(tmp_path / "third", address, [invented(n) for n in range(50, 71)])
    third.bring_up()
    assert sorted(machine.there("lighthouse", 100)) == list(range(1, 61))
    assert sorted(second.there("lighthouse", 100)) == list(range(50, 70))
    assert sorted(third.there("lighthouse", 100)) == list(range(50, 71))
    second.remote.close()
    third.remote.close()


def test_two_writers_at_once_lose_nothing(tmp_path: Path, address: str):
    parts = [range(1, 41), range(21, 61)]
    machines = [WebUISide(tmp_path / str(i), address, [invented(n) for n in part]) for i, part in enumerate(parts)]
    with ThreadPoolExecutor(2) as both:
        list(both.map(WebUISide.bring_up, machines))
    reader = WebUISide(tmp_path / "reader", address, [invented(n) for n in range(1, 61)])
    reader.bring_up()
    assert reader.encoder.asked == []
    assert [n for n in range(1, 61) if n not in reader.there(calling(n))[:3]] == []
    for machine in (*machines, reader):
        machine.remote.close()


def test_a_collection_that_was_dropped_is_written_again(machine: WebUISide, address: str):
    import pymilvus

    client = pymilvus.MilvusClient(parse_address(address).uri)
    for name in client.list_collections():
        client.drop_collection(name)
    client.close()
    machine.remote.close()
    machine.bring_up()
    assert machine.there(calling(9))[0] == 9


def test_an_architecture_of_any_name_is_filtered_by_its_name(tmp_path: Path, address: str):
    strange = ("flux2-klein-9b", "Wan 2.2 (14B)", "x" * 90, "unknown")
    made = [invented(n) for n in range(1, 61)]
    named = [replace(a, metadata=replace(a.metadata, architecture=strange[a.id % 4])) for a in made]
    machine = WebUISide(tmp_path, address, named)
    machine.bring_up()
    for label in strange:
        fitting = [a.id for a in named if a.metadata.architecture in (label, "unknown")]
        assert sorted(machine.here("lighthouse", 100, Filter(label))) == fitting
    assert sorted(machine.there("lighthouse", 100)) == list(range(1, 61))
    assert sorted(machine.there("lighthouse", 100, Filter(strange[0]))) == [
        a.id for a in named if a.metadata.architecture in (strange[0], "unknown")
    ]
    new = invented(61)
    machine.library.put(replace(new, metadata=replace(new.metadata, architecture="a-later-one")))
    assert machine.there(calling(61), 100, Filter("a-later-one"))[0] == 61  # which the statistics do not know yet
    assert 61 not in machine.there(calling(61), 100, Filter(strange[0]))
    machine.remote.close()


def test_what_an_older_version_wrote_is_carried_over(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as older:
        older.setattr("stylus_core.retriever.engine.milvus.VERSION", 2)
        machine = WebUISide(tmp_path, address, [invented(n) for n in range(1, 201)])
        machine.bring_up()
        machine.remote.close()
    old = collections(address)
    asked = len(machine.encoder.asked)
    with pytest.raises(EngineError, match="run stylus index"):
        machine.there(calling(9))
    machine.bring_up()
    assert len(machine.encoder.asked) == asked  # nothing is embedded again
    assert machine.there(calling(9))[0] == 9
    assert old <= collections(address)  # machines of the older version go on with theirs
    machine.remote.close()


def collections(address: str) -> set[str]:
    import pymilvus

    client = pymilvus.MilvusClient(parse_address(address).uri)
    found = set(client.list_collections())
    client.close()
    return found


# -- the whole tool


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    folder = tmp_path / "loras"
    for stem in ("paper_kite", "brass_bell", "salt_marsh"):
        add(folder, stem, stem.replace("_", " ").title(), "objects", stem.replace("_", " "))
    return folder


def test_stylus_selects_with_an_engine(loras: Path, tmp_path: Path, address: str):
    with Stylus(loras, home=tmp_path / "home", encoder="none", index=address) as stylus:
        stylus.index()
        assert stylus.index_problem == ""
        found = stylus.select("a paper kite above the dunes")
        assert [p.name for p in found.picks] == ["paper_kite"]
        assert "engine" in found.timings
        add(loras, "tin_robot", "Tin Robot", "objects", "tin robot")
        again = stylus.select("a tin robot on a shelf")
        assert [p.name for p in again.picks] == ["tin_robot"]
        assert again.notes == ()
        assert not stylus.select("a tin robot on a shelf <lora:tin_robot:0.5>").picks
        (loras / "tin_robot.safetensors").unlink()
        assert not stylus.select("a tin robot on a shelf").picks


def test_until_the_next_index_this_machine_answers_for_an_older_versions_rows(
    loras: Path, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as older, Stylus(loras, home=tmp_path, encoder="none", index=address) as stylus:
        older.setattr("stylus_core.retriever.engine.milvus.VERSION", 2)
        stylus.index()
        assert stylus.select("a paper kite above the dunes").notes == ()
    with Stylus(loras, home=tmp_path, encoder="none", index=address) as stylus:
        found = stylus.select("a paper kite above the dunes")
        assert [p.name for p in found.picks] == ["paper_kite"]
        (note,) = found.notes
        assert "run stylus index" in note
        assert "this machine's own index was searched instead" in note
        stylus.index()
        found = stylus.select("a paper kite above the dunes")
        assert ([p.name for p in found.picks], found.notes) == (["paper_kite"], ())


def test_the_options_say_who_is_left_with_an_engine_too(loras: Path, tmp_path: Path, address: str):
    add(loras / "toys", "wind_up_kite", "Wind-up Kite", "objects", "wind-up kite")
    with Stylus(loras, home=tmp_path / "home", encoder="none", index=address) as stylus:
        stylus.index()

        def left(**options: object) -> set[str]:
            found = stylus.select("a paper kite, a wind-up kite", options)
            assert "engine" in found.timings
            return {c.name for c in found.candidates}

        every = {"paper_kite", "brass_bell", "salt_marsh", "wind_up_kite"}
        assert left() == every
        assert left(include_folders=["toys"]) == {"wind_up_kite"}
        assert left(exclude_folders=["toys"], exclude_names=["salt*"]) == {"paper_kite", "brass_bell"}
        (loras / "paper_kite.safetensors").rename(loras / "toys" / "paper_kite.safetensors")
        (loras / "paper_kite.civitai.info").rename(loras / "toys" / "paper_kite.civitai.info")
        assert left(include_folders=["toys"]) == {"wind_up_kite", "paper_kite"}
        assert left(include_folders=["nowhere"]) == set()


def test_a_file_is_an_engine_too(loras: Path, tmp_path: Path):
    said = ["--home", str(tmp_path / "home"), "--encoder", "none", "--index", f"milvus://{tmp_path}/one.db"]
    for command in (["index", str(loras)], ["select", "a brass bell", "--library", str(loras)]):
        # a process each, as only one at a time can open the file
        done = subprocess.run([sys.executable, "-m", "stylus_core", *command, *said], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "instead" not in done.stdout + done.stderr
    assert "<lora:brass_bell:" in done.stdout
    assert (tmp_path / "one.db").exists()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_server_that_is_not_there_fails_no_picture(loras: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    address = f"milvus://127.0.0.1:{closed_port()}/loras"
    with Stylus(loras, home=tmp_path / "home", encoder="none", index=address) as stylus:
        found = stylus.select("a paper kite above the dunes")
        assert [p.name for p in found.picks] == ["paper_kite"]
        (note,) = found.notes
        assert "could not connect" in note
        assert "this machine's own index" in note
        stylus.index()
        assert "could not connect" in stylus.index_problem
    assert main(["index", str(loras), "--home", str(tmp_path / "home"), "--encoder", "none", "--index", address]) == 1
    assert "could not connect" in capsys.readouterr().err


class Line:
    """A connection to the server that can go dead: it stays open and nothing comes through any more."""

    def __init__(self, port: int) -> None:
        self.dead = False
        self.accepted = 0
        self._to = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            there = socket.create_connection(("127.0.0.1", self._to))
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(65536):
            while self.dead:
                time.sleep(0.05)
            target.sendall(data)

    def close(self) -> None:
        self._socket.close()


def test_a_server_that_falls_silent_is_waited_for_once_and_not_long(
    loras: Path, tmp_path: Path, server: int, monkeypatch: pytest.MonkeyPatch
):
    line = Line(server)
    with Stylus(
        loras, home=tmp_path / "home", encoder="none", index=f"milvus://127.0.0.1:{line.port}/silent"
    ) as stylus:
        stylus.index()
        assert stylus.select("a paper kite").notes == ()
        line.dead = True
        monkeypatch.setattr("stylus_core.retriever.engine.remote_index.REST", 1e9)
        for tries in range(3):
            accepted = line.accepted
            found = stylus.select("a paper kite above the dunes")  # for ever, were the server waited for
            assert [p.name for p in found.picks] == ["paper_kite"]
            assert "this machine's own index" in found.notes[0]
            assert not tries or line.accepted == accepted  # the second time it is not even asked
        line.dead = False
        monkeypatch.setattr("stylus_core.retriever.engine.remote_index.REST", 0.0)
        assert stylus.select("a paper kite above the dunes").notes == ()
    line.close()


def test_a_library_that_nobody_wrote_says_so(tmp_path: Path, address: str):
    machine = WebUISide(tmp_path, address, [invented(n) for n in range(1, 300)])
    with pytest.raises(EngineError, match="run stylus index"):
        machine.there("lighthouse")
    machine.remote.close()
