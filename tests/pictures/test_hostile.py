"""What a stranger's preview may cost: opened as a picture of four formats, in memory that is known, or not at all."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from stylus_core.pictures import PictureError, check_whole, jpeg, read_file
from stylus_core.refiner.model.example_pictures import ExamplePicture, data_url
from stylus_host import thumbnails
from tests.clock import HANG
from tests.pictures import hostile

_ROOT = Path(__file__).resolve().parents[2]
#: Makes the thumbnail of each file that is named, after a small picture of each format, and says what each came to:
#: MB in memory above what there was before, whether it is shown.
_CHILD = """
import json, sys
from stylus_host import thumbnails
def megabytes(what):
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith(what))) / 1000
small, *paths = sys.argv[1:]
for ending in ("png", "jpg", "webp", "gif"):
    assert thumbnails.thumbnail(f"{small}/small.{ending}"), ending
found = []
for path in paths:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the most so far is what there is now
    before = megabytes("VmRSS:")
    shown = bool(thumbnails.thumbnail(path))
    found.append([round(megabytes("VmHWM:") - before), shown])
print(json.dumps(found))
"""


@pytest.mark.whole
@pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="memory is measured as Linux tells it")
def test_no_preview_takes_more_than_a_hundred_megabytes(tmp_path: Path) -> None:
    for form, ending in (("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")):
        (tmp_path / f"small.{ending}").write_bytes(hostile.saved(form, mode="P" if form == "GIF" else "RGB"))
    paths = []
    for number, make in enumerate(hostile.BOMBS.values()):
        paths.append(tmp_path / f"{number}.preview.png")
        paths[-1].write_bytes(make())
    argv = [sys.executable, "-c", _CHILD, str(tmp_path), *map(str, paths)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=_ROOT)
    assert done.returncode == 0 and not done.stderr, done.stderr[-2000:]
    found = dict(zip(hostile.BOMBS, json.loads(done.stdout), strict=True))
    print(json.dumps(found, indent=1))
    assert not {name: told for name, told in found.items() if told[0] > 100}
    shown = {name for name, told in found.items() if told[1]}
    assert {"a PNG of 2,000 frames", "a GIF of 10,000 frames", "a JPEG with EXIF that points to itself"} <= shown
    assert not shown & {"PostScript", "a TIFF of 6300 x 6300", "an ICO with a PNG of 13000 x 13000"}


def test_postscript_reaches_no_ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "gs"
    program.write_text(f"#!/bin/sh\necho run >> '{tmp_path}/run'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    preview = tmp_path / "a.preview.png"
    preview.write_bytes(hostile.EPS)
    assert thumbnails.thumbnail(str(preview)) == ""
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("form", ["TIFF", "BMP", "ICO", "ICNS", "PPM", "TGA", "PCX", "AVIF"])
def test_other_formats_are_not_opened_whatever_their_name(tmp_path: Path, form: str) -> None:
    try:
        data = hostile.saved(form)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {form}")
    path = tmp_path / "a.preview.png"
    path.write_bytes(data)
    assert thumbnails.thumbnail(str(path)) == ""
    assert data_url(ExamplePicture(str(path), 1)) is None


@pytest.mark.parametrize("kind", ["pipe", "pipe behind a link", "socket", "device", "folder", "loop", "nothing"])
def test_what_is_no_file_is_never_waited_for(kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # short: a socket's name has a limit
        path = Path(folder, "a.png")
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "pipe behind a link":
            os.mkfifo(path.with_name("b"))
            path.symlink_to("b")
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(str(path))
        elif kind == "device":
            path.symlink_to("/dev/zero")
        elif kind == "folder":
            path.mkdir()
        elif kind == "loop":
            path.symlink_to("a.png")
        shown: list[object] = []

        def look() -> None:
            shown.append(thumbnails.thumbnail(str(path)))
            shown.append(data_url(ExamplePicture(str(path), 1)))

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(HANG)
        assert shown == ["", None]


def test_a_file_that_turns_into_a_pipe_meanwhile_is_never_waited_for(tmp_path: Path) -> None:
    path, ended = tmp_path / "a", threading.Event()
    path.write_bytes(b"x" * 100)

    def swap() -> None:
        os.mkfifo(tmp_path / "pipe")
        while not ended.is_set():
            for target in ("pipe", "file"):
                if target == "file":
                    (tmp_path / "new").write_bytes(b"x" * 100)
                else:
                    os.link(tmp_path / "pipe", tmp_path / "new")
                os.replace(tmp_path / "new", path)

    def read() -> None:
        for _ in range(3000):
            try:
                assert read_file(path, 100) == b"x" * 100
            except OSError:
                refused.append(1)
        ended.set()

    refused: list[int] = []
    threads = [threading.Thread(target=work, daemon=True) for work in (swap, read)]
    for thread in threads:
        thread.start()
    assert ended.wait(HANG)
    assert refused


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_file_is_read_up_to_its_limit(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * size)
    assert read_file(path, 100) == b"x" * size
    path.write_bytes(b"x" * 101)
    with pytest.raises(OSError, match="more than 100 bytes"):
        read_file(path, 100)


def test_broken_pictures_are_shown_or_not_and_never_raise() -> None:
    cut = 0
    for name, data in hostile.broken():
        try:
            jpeg(data, 32)
        except PictureError:
            cut += "cut" in name
    assert cut > 100


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_half_a_picture_is_not_whole(form: str) -> None:
    whole = hostile.saved(form, (80, 60))
    assert check_whole(whole) == form
    for part in range(20):
        with pytest.raises(PictureError):
            check_whole(whole[: len(whole) * part // 20])


def test_a_changed_png_is_not_whole() -> None:
    whole = hostile.png(40, 40)
    at = whole.index(b"IDAT") + 8
    with pytest.raises(PictureError, match="damaged"):
        check_whole(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def test_without_pillow_half_a_picture_is_told_from_a_whole_one() -> None:
    """As where the core is installed by itself."""
    code = """
import sys
sys.modules["PIL"] = None
import importlib.util
from stylus_core.pictures import PictureError, check_whole, need_pillow
from stylus_core.errors import ModelError
whole = bytes.fromhex(sys.stdin.read())
assert check_whole(whole) == "PNG"
for call in (lambda: check_whole(whole[:-20]), need_pillow):
    try:
        call()
    except (PictureError, ModelError) as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=hostile.png(9, 9).hex(), capture_output=True, text=True, cwd=_ROOT
    )
    assert done.stdout.splitlines() == ["a PNG that is cut off", "pictures need Pillow: pip install pillow"], (
        done.stderr
    )


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_turned_picture_stands_upright(form: str, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = Image.new("RGB", (100, 60), "black")
    picture.paste("white", (0, 0, 50, 30))
    out = io.BytesIO()
    picture.save(out, form, exif=exif)
    shown = Image.open(io.BytesIO(jpeg(out.getvalue(), 100)))
    wanted = ImageOps.exif_transpose(Image.open(out)).convert("L")
    assert shown.size == wanted.size
    corners = [(3, 3), (shown.width - 4, 3), (3, shown.height - 4), (shown.width - 4, shown.height - 4)]
    assert [shown.convert("L").getpixel(c) > 128 for c in corners] == [wanted.getpixel(c) > 128 for c in corners]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_mode_are_shown_as_they_are(mode: str) -> None:
    grey = Image.linear_gradient("L").resize((1500, 1100))
    picture = grey.convert("I").point(lambda v: v * 256).convert("I;16") if mode == "I;16" else grey.convert(mode)
    out = io.BytesIO()
    picture.save(out, "PNG")
    shown = Image.open(io.BytesIO(jpeg(out.getvalue(), 200))).convert("L")
    assert shown.size == (200, 147)
    for at in (20, 70, 120):
        assert abs(shown.getpixel((100, at)) - grey.getpixel((750, at * 1100 // 147))) < 12


@pytest.mark.whole
def test_many_large_pictures_take_turns() -> None:
    data = hostile.png(4000, 4000, 8, 2)
    threads = [threading.Thread(target=jpeg, args=(data, 64), daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG)
    assert not any(thread.is_alive() for thread in threads)
