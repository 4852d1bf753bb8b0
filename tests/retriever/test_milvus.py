"""The whole tool with Milvus, on the version that runs in a file; `test_remote_index.py` has the searches."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.cli import main
from tests.retriever.machine import MilvusServer
from tests.test_stylus import add

pytestmark = pytest.mark.whole


@pytest.fixture
def address(milvus_port: int, request: pytest.FixtureRequest) -> str:
    """A library of the test's own."""
    return MilvusServer(milvus_port, re.sub(r"[^a-z0-9_]+", ".", request.node.name.lower())).address


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
        older.setattr("stylus_core.retriever.engine.contract.VERSION", 2)
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
    loras: Path, tmp_path: Path, milvus_port: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("stylus_core.retriever.engine.remote_index.BUDGET", 10.0)
    line = Line(milvus_port)
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
