"""Pictures come from strangers: only sane ones of four formats are decoded, and none from anywhere but the disk."""

from __future__ import annotations

import base64
import dataclasses
import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from stylus_core.pictures import PREVIEW
from stylus_core.refiner.model import example_pictures
from stylus_core.refiner.model.example_pictures import ExamplePicture, data_url, pictures_of
from stylus_core.types import Example, Metadata
from tests.library.conftest import Shelf
from tests.refiner_model.conftest import add, noise, png


def shown(path: Path) -> Image.Image | None:
    url = data_url(ExamplePicture(str(path), path.stat().st_size))
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) if url else None


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("extension", "form"), [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP"), ("gif", "GIF")])
def test_four_formats_are_shown_small(tmp_path: Path, extension: str, form: str) -> None:
    path = tmp_path / f"a.{extension}"
    Image.new("RGB", (1200, 900), (10, 200, 30)).save(path, form)
    picture = shown(path)
    assert picture is not None and picture.size == (512, 384)
    red, green, blue = picture.getpixel((100, 100))
    assert green > 180 and red < 40 and blue < 60


@pytest.mark.parametrize(
    "content",
    [
        png_header(60_000, 60_000),
        png_header(2_000_000_000, 1),
        png_header(8, 8),
        png_header(400, 400),
        noise()[:-2000],
        noise(form="TIFF"),
        noise(form="BMP"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://example.org/x'/></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a" + bytes(40),
        bytes(500),
        b"",
    ],
    ids=["bomb", "long", "tiny", "empty", "cut", "tiff", "bmp", "svg", "eps", "stub", "gif", "zeros", "nothing"],
)
def test_what_is_no_sane_picture_is_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert data_url(ExamplePicture(str(path), 1)) is None


def test_a_cut_jpeg_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(noise(form="JPEG")[:-900])
    assert shown(path) is None


def test_transparency_becomes_white(tmp_path: Path) -> None:
    picture = shown(png(tmp_path / "a.png", (100, 80), "RGBA"))
    assert picture is not None
    assert min(picture.getpixel((50, 40))) > 250


def test_a_rotated_picture_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = shown(png(tmp_path / "a.jpg", (300, 100), exif=exif))
    assert picture is not None and picture.size == (100, 300)


def test_the_preview_comes_first_then_the_examples_up_to_the_limit(shelf: Shelf) -> None:
    path = add(shelf, "fox", pictures=3)
    png(path.with_name("fox.preview.png"))
    adapter = shelf.one()
    names = [os.path.basename(p.path) for p in pictures_of(adapter.path, adapter.metadata, 3)]
    assert names == ["fox.preview.png", "fox.example.0.png", "fox.example.1.png"]
    assert pictures_of(adapter.path, adapter.metadata, 0) == ()


@pytest.mark.parametrize("name", ["missing.png", "folder.png", "pipe.png", "text.txt", "big.png", "nul\0.png"])
def test_only_files_of_a_sane_size_are_pictures(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_pictures, "PREVIEW", dataclasses.replace(PREVIEW, bytes=5000))
    path = tmp_path / name
    if name == "folder.png":
        path.mkdir()
    elif name == "pipe.png":
        os.mkfifo(path)
    elif name == "text.txt":
        path.write_bytes(b"x")
    elif name == "big.png":
        path.write_bytes(noise())
    metadata = Metadata(examples=(Example("", image=str(path)),))
    assert pictures_of("/x.safetensors", metadata, 2) == ()


def test_addresses_are_never_fetched() -> None:
    metadata = Metadata(examples=(Example("", image="http://127.0.0.1:1/a.png"),), preview="https://example.org/b.png")
    assert pictures_of("/x.safetensors", metadata, 2) == ()


def test_the_picture_in_the_header_is_the_last_resort(shelf: Shelf) -> None:
    from tests.library.build import safetensors

    cover = base64.b64encode(noise((80, 60), "JPEG")).decode()
    safetensors(shelf.loras / "fox.safetensors", {"ssmd_cover_images": [cover]})
    adapter = shelf.one()
    (picture,) = pictures_of(adapter.path, adapter.metadata, 2)
    assert picture.embedded
    assert (data_url(picture) or "").startswith("data:image/jpeg;base64,")
