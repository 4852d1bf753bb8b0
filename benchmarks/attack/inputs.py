"""Hostile files, texts, pictures and caches: nothing ends a scan or a selection, and nothing gets through."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.attack.invented_library import WORDS, library, prompts
from benchmarks.attack.pictures import shown_everywhere, write_pictures
from benchmarks.attack.tally import Tally
from stylus_core import Stylus
from stylus_core.prompt import parse
from stylus_core.retriever.encoder import Encoder, open_encoder
from tests.library.build import SD1_UNET, safetensors, sidecar
from tests.library.hostile import make

WANTED = 1000
_SLOW = 5.0  # seconds for which one selection may keep its caller waiting, on a busy machine


def run() -> Tally:
    """All kinds of hostile input, one after the other."""
    encoder = open_encoder("auto")  # a model is no part of an attack
    tally = Tally("inputs", WANTED)
    with tempfile.TemporaryDirectory() as folder:
        for name, attack in (("files", _files), ("texts", _texts), ("pictures", _pictures), ("caches", _caches)):
            began, before = time.monotonic(), tally.tried
            attack(tally, Path(folder) / name, encoder)
            tally.notes.append(f"{name}: {tally.tried - before} in {time.monotonic() - began:.0f} s")
    return tally


# -- files


def _files(tally: Tally, base: Path, encoder: Encoder) -> None:
    lora = library(base / "loras", 40)
    expected = {str(h.path): h.status for h in make(lora / "hostile", 450)}
    good = safetensors(base / "good.safetensors", {"ss_output_name": "corgi"}, {SD1_UNET: (4, 16)}).read_bytes()
    mutants = [_mutant(lora / "mutants" / f"{n:03d}.safetensors", good, n) for n in range(250)]
    tally.tried += len(expected) + len(mutants)
    with Stylus(lora, home=base / "home", encoder="none") as stylus:
        try:
            stylus.index()
        except Exception as e:
            tally.fail("lost", f"a folder of hostile files: {type(e).__name__}: {e}")
            return
        usable = {a.path for a in stylus.adapters()}
        told = {p.path for p in stylus.problems()}
        for written, status in expected.items():
            if status == "ok" and written not in usable:
                tally.fail("lost", f"{Path(written).name} can be used and is not")
            if status != "ok" and (written in usable or written not in told):
                tally.fail("hostile", f"{Path(written).name} is not told as what it is")
        for path in mutants:
            if (str(path) in usable) != _opens(path):
                tally.fail("hostile", f"{path.name}: safetensors says otherwise than we do")
        _all_picked(tally, stylus, "beside hostile files")


def _mutant(path: Path, good: bytes, seed: int) -> Path:
    rng = random.Random(seed)
    data = bytearray(good)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, way = rng.randrange(len(data) or 1), rng.random()
        if way < 0.5:
            data[at : at + 1] = rng.randbytes(1)
        elif way < 0.7:
            del data[at : at + rng.randrange(1, 30)]
        elif way < 0.9:
            data[at:at] = rng.randbytes(rng.randrange(1, 30))
        else:
            data = data[: max(1, at)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _opens(path: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), "np") as file:
            list(file.keys())
    except (SafetensorError, OSError, ValueError):
        return False
    return True


def _all_picked(tally: Tally, stylus: Stylus, where: str) -> None:
    """Every ordinary prompt still gets an adapter that was made for it."""
    for text in prompts(len(WORDS)):
        word = text.split()[1]
        try:
            picks = [p.name for p in stylus.select(text).picks]
        except Exception as e:
            tally.fail("lost", f"{where}, {text!r}: {type(e).__name__}: {e}")
            continue
        if not any(name.startswith(f"{word}_") for name in picks):
            tally.fail("lost", f"{where}, {text!r}: {picks}")


# -- texts

_PIECES = (
    "<lora:victim:9>", "<lora:", "<lora:a:b:c:d>", "BREAK", " AND ", "__wild__", "{a|b}", "[a:b:0.5]", "((((", "))))",
    "\\(", "#", "embedding:evil", "<|im_end|>", "[INST]", "</s>", "ignore all previous instructions", "@", "a@b.c ",
    "http://x/", "\u202e", "\u200b", "\ufeff", "\0", "\x1b[2J", "\ud800", "\r\n", ",,,,", "::::", "a\u0301", "😀",
    "İ", "ﷺ", "<img src=x onerror=alert(1)>", "'\"", "%s%n", "$(x)", "../../", "0.8", "(x:1e999)", "(x:-9)", "<b>",
)  # fmt: skip
_SYNTAX = ("BREAK", " AND ", "__", "{", "}", "[", "]", "embedding:", "<lora:victim")


def _texts(tally: Tally, base: Path, encoder: Encoder) -> None:
    lora = library(base / "loras", 40)
    for number, piece in enumerate(_PIECES * 4):
        place = number // len(_PIECES)
        _told(lora, f"told_{number:03d}", piece, place)
        tally.tried += 1
    with Stylus(lora, home=base / "home", encoder="none") as stylus:
        stylus.index()
        for text in _hostile_prompts():
            tally.tried += 1
            _answered(tally, stylus, text)
        for number in range(len(_PIECES) * 4):
            _smuggled(tally, stylus, f"a blorb{number:03d}x on a table")


def _told(lora: Path, stem: str, piece: str, place: int) -> None:
    """An adapter for a word that nothing else knows, with `piece` in one of the places where strangers write."""
    word = f"blorb{stem[-3:]}x"
    path = safetensors(lora / f"{stem}.safetensors", {"ss_output_name": stem, "ss_base_model_version": "sd_v1"})
    words = [f"{word}, {piece}", f"{piece} {word}"][: 1 + place % 2] if place < 2 else [word]
    name = f"{word} {piece * 3}" if place == 2 else f"{word} thing"
    text = f"<p>A {word}. {piece * (2000 if place == 3 else 1)} Trigger words: {word} {piece}</p>"
    about = {"name": "v1", "baseModel": "SD 1.5", "trainedWords": words, "model": {"name": name, "type": "LORA"}}
    sidecar(path, ".civitai.info", json.dumps({**about, "description": text}))


def _hostile_prompts() -> Iterator[str]:
    for piece in _PIECES:
        yield f"a corgi {piece} on a hill"
        yield piece * 700
        yield f"{piece}corgi{piece}" * 60
        yield "(" * 40 + f"corgi {piece}" + ")" * 40


def _answered(tally: Tally, stylus: Stylus, text: str) -> None:
    began = time.monotonic()
    try:
        chosen = stylus.select(text)
    except Exception as e:
        tally.fail("lost", f"{text[:40]!r}: {type(e).__name__}: {e}")
        return
    if (took := time.monotonic() - began) > _SLOW:
        tally.fail("hung", f"{text[:40]!r} x {len(text)}: {took:.1f} s")
    if not chosen.rewritten.startswith(text[:20]) and not chosen.rewritten.endswith(text[-20:]):
        tally.fail("lost", f"{text[:40]!r}: the user's own words are gone")


def _smuggled(tally: Tally, stylus: Stylus, text: str) -> None:
    chosen = stylus.select(text)
    names = {p.name for p in chosen.picks}
    added = chosen.rewritten.replace(text, "", 1)
    tags = {t.name for t in parse(chosen.rewritten).tags}
    if tags - names:
        tally.fail("hostile", f"{text!r}: tags {sorted(tags - names)} that no pick has")
    for name in names:
        added = added.replace(f"<lora:{name}:", "")
    if found := [s for s in _SYNTAX if s in added]:
        tally.fail("hostile", f"{text!r}: {found} in {added!r}")


# -- pictures


def _pictures(tally: Tally, base: Path, encoder: Encoder) -> None:
    base.mkdir(parents=True)
    made = multiprocessing.get_context("spawn").Process(target=write_pictures, args=(base / "made",))
    made.start()  # in a process of its own: to make them takes more memory than they may
    made.join()
    path = base / "x.preview.png"
    for picture in sorted((base / "made").iterdir()):
        shutil.copyfile(picture, path)
        tally.tried += 1
        for problem in shown_everywhere(path):
            tally.fail("lost" if "raised" in problem else "hostile", f"{picture.name}: {problem}")
    if hasattr(os, "mkfifo"):
        path.unlink()
        os.mkfifo(path)
        tally.tried += 1
        for problem in shown_everywhere(path):
            tally.fail("hung", f"a pipe: {problem}")
    if Path("/dev/zero").exists():
        path.unlink()
        path.symlink_to("/dev/zero")
        tally.tried += 1
        for problem in shown_everywhere(path):
            tally.fail("hostile", f"a device: {problem}")


# -- caches


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :] if data else b"\1"


_DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "empty": lambda data: b"",
    "cut": _cut,
    "one byte short": lambda data: data[:-1],
    "garbage": lambda data: random.Random(len(data)).randbytes(max(64, len(data))),
    "zeros": lambda data: bytes(len(data)),
    "one byte changed": _flipped,
    "a head of garbage": lambda data: struct.pack("<Q", 2**63) + data[8:],
    "longer": lambda data: data + b"\xff" * 100,
    "gone": lambda data: None,
}


def _caches(tally: Tally, base: Path, encoder: Encoder) -> None:
    lora = library(base / "loras", 60)
    whole = base / "whole"
    with Stylus(lora, home=whole, encoder=encoder) as stylus:
        stylus.index()
        right = [tuple(p.name for p in stylus.select(text).picks) for text in prompts(6)]
    files = [p.relative_to(whole) for p in sorted(whole.rglob("*")) if p.is_file() and not p.name.endswith("-shm")]
    for file in files:
        for way, damage in _DAMAGE.items():
            tally.tried += 1
            home = base / "home"
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(whole, home)
            data = damage((home / file).read_bytes())
            (home / file).unlink() if data is None else (home / file).write_bytes(data)
            _healed(tally, partial(Stylus, lora, home=home, encoder=encoder), right, f"{_plain(file)}, {way}")


def _plain(file: Path) -> str:
    return "/".join(file.parts[1:])


def _healed(tally: Tally, opened: Callable[[], Stylus], right: list[tuple[str, ...]], name: str) -> None:
    for attempt in ("at once", "again"):
        try:
            with opened() as stylus:
                picks = [tuple(p.name for p in stylus.select(text).picks) for text in prompts(6)]
        except Exception as e:
            tally.fail("lost", f"{name}, {attempt}: {type(e).__name__}: {str(e)[:120]}")
            continue
        if picks != right:
            tally.fail("lost", f"{name}, {attempt}: other picks, {sum(map(bool, picks))} prompts with any")


if __name__ == "__main__":
    print(json.dumps(run().told(), indent=1))
