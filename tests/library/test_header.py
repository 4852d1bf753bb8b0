"""The header is read as the loader reads it, and nothing after it."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from stylus_core.library.header import MAX_HEADER, embedded_preview, read_header
from stylus_core.library.hostile_text import Malformed
from tests.library.build import raw_safetensors, safetensors

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def test_names_shapes_and_metadata(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "a.safetensors", {"ss_output_name": "狐"}, {"a": (4, 768), "b": (), "c": (0, 5)})
    found = read_header(str(path))
    assert found.metadata == {"ss_output_name": "狐"}
    assert found.shapes == {"a": (4, 768), "b": (), "c": (0, 5)}


def test_no_metadata_and_no_tensors(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(raw_safetensors(b'{"__metadata__":null}   '))
    assert read_header(str(path)).metadata == {}


def test_the_digest_is_the_headers_and_not_the_tensors(tmp_path: Path) -> None:
    one, two = (safetensors(tmp_path / n, {"k": "v"}) for n in ("1.safetensors", "2.safetensors"))
    content = bytearray(two.read_bytes())
    content[-1] ^= 1
    two.write_bytes(content)
    other = safetensors(tmp_path / "3.safetensors", {"k": "w"})
    digests = [read_header(str(p)).digest for p in (one, two, other)]
    assert digests[0] == digests[1] != digests[2]


def test_tensors_are_never_read(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "a.safetensors", {"k": "v"}, {"a": (64, 64)})
    header = path.stat().st_size - 64 * 64 * 2
    size = 2**33
    raw = path.read_bytes()[8:header].replace(b"[64, 64]", b"[4294967296]").replace(b"8192]", b"8589934592]")
    path.write_bytes(raw_safetensors(raw))
    os.truncate(path, 8 + len(raw) + size)  # 8 GiB, sparse
    assert read_header(str(path)).shapes == {"a": (2**32,)}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"123", "truncated"),
        (raw_safetensors(b'{"a":1}')[:-3], "truncated"),
        (raw_safetensors(b"[]"), "does not start with"),
        (raw_safetensors(b'{"a":}'), "JSON is broken"),
        (raw_safetensors(b'{"__metadata__":{"a":1}}'), "only strings"),
        (raw_safetensors(b'{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}'), "truncated or its offsets lie"),
        (raw_safetensors(b'{"a":{"dtype":"F16","shape":[1],"data_offsets":[2,0]}}', b"xx"), "impossible"),
        (raw_safetensors(b"{}", b"xx"), "end at byte 0 of 2"),
    ],
)
def test_reasons(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(Malformed, match=reason):
        read_header(str(path))


def test_embedded_preview(tmp_path: Path) -> None:
    text = base64.b64encode(PNG).decode()
    cover = safetensors(tmp_path / "1.safetensors", {"ssmd_cover_images": ["", "no base64!", text]})
    thumbnail = safetensors(tmp_path / "2.safetensors", {"modelspec.thumbnail": f"data:image/png;base64,{text}"})
    script = base64.b64encode(b"<svg onload=alert(1)>").decode()
    page = safetensors(tmp_path / "3.safetensors", {"modelspec.thumbnail": f"data:image/svg+xml;base64,{script}"})
    assert [embedded_preview(str(p)) for p in (cover, thumbnail, page)] == [PNG, PNG, None]
    assert embedded_preview(str(tmp_path / "missing.safetensors")) is None


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False), (2**20, False)])
def test_a_header_is_read_up_to_its_limit(tmp_path: Path, more: int, is_read: bool) -> None:
    """The loader takes them up to 100 MB; a scan of many such files would take more memory than a WebUI has left."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(raw_safetensors(b"{" + b" " * (MAX_HEADER + more - 2) + b"}"))
    if is_read:
        assert read_header(str(path)).shapes == {}
    else:
        with pytest.raises(Malformed, match="too long"):
            read_header(str(path))
