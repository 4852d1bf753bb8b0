"""`stylus study run` against stand-ins for WebUIs, with real libraries and with scripted ones."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from samples.catalogue import PROMPTS
from samples.make_samples import build
from stylus_core.cli import main
from stylus_core.eta import Eta
from stylus_core.options import Options
from stylus_core.types import Adapter, Candidate, Pick, Selection
from stylus_study.batch import webui as client
from stylus_study.study.study_folder import StudyFolder
from stylus_study.study.types import BASE
from tests.clock import HANG
from tests.study.webui import PaintingWebUI


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    defaults = client.WebUI.__init__.__kwdefaults__
    quick = {**defaults, "pauses": (0.0, 0.0), "sleep": lambda seconds: time.sleep(0.01)}
    monkeypatch.setattr(client.WebUI.__init__, "__kwdefaults__", quick)
    for name in ("STYLUS_LIBRARY", "STYLUS_WEBUI_AUTH", "STYLUS_MODEL", "STYLUS_ENDPOINT", "STYLUS_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("samples"))[0]


def loras(library: Path) -> dict[str, str]:
    return {path.stem: str(path) for path in library.rglob("*.safetensors")}


@pytest.fixture
def host(library: Path) -> Iterator[PaintingWebUI]:
    with PaintingWebUI(loras(library)) as standin:
        yield standin


def study(folder: Path, text: str, prompts: tuple[str, ...] = PROMPTS) -> Path:
    (folder / "prompts.txt").write_text("\n".join(prompts))
    path = folder / "small.toml"
    path.write_text(text + '\n[prompts]\nfile = "prompts.txt"\n[options]\narchitecture = "sd1"\n')
    return path


def run(path: Path, *hosts: PaintingWebUI | str, more: tuple[str, ...] = (), opener: Any = None) -> int:
    urls = [x for h in hosts for x in ("--webui", h if isinstance(h, str) else h.url)]
    out = ("--out", str(path.parent / "out"), "--encoder", "none")
    return main(["study", "run", str(path), *urls, *out, *more], opener=opener)


def opened(path: Path) -> StudyFolder:
    return StudyFolder(path.parent / "out")


def whole(path: Path) -> StudyFolder:
    found = opened(path)
    assert len(found.pictures()) == found.plan.size
    assert len({p.cell for p in found.pictures()}) == found.plan.size
    assert all(p.path.read_bytes()[:4] == b"\x89PNG" for p in found.pictures())
    return found


class Scripted:
    """A library that picks `picks[word]` for a prompt with that word; opened as `Stylus` is."""

    def __init__(
        self, picks: dict[str, str], answer: Callable[[Options], str] = lambda options: options.composer
    ) -> None:
        self.picks = picks
        self.answer = answer  # who answers
        self.asked: list[tuple[str, str]] = []
        self.opened: list[str] = []

    def __call__(self, library: Any, **settings: Any) -> Scripted:
        self.opened.append(settings.get("descriptions", ""))
        return self

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    library = None

    def index(self, progress: Any = None) -> None:
        pass

    def select(self, prompt: str, options: Options) -> Selection:
        self.asked.append((options.composer, prompt))
        composer = self.answer(options)
        names = [n for word, n in self.picks.items() if word in prompt and n not in options.banned]
        picks = tuple(Pick(n, f"/l/{n}.safetensors", 0.7, "thing", "it fits", n.title(), "style") for n in names)
        tags = "".join(f" <lora:{n}:0.7>" for n in names)
        seen = (Candidate(Adapter(1, "/l/a.safetensors", "a"), 1.0),)
        note = () if composer == options.composer else ("the local composer chose instead: no answer",)
        return Selection(prompt, prompt + tags, picks, (), seen, composer, note, {"compose": 1.5, "total": 2.0})


FEW = ("a red fox", "an old castle")
TWO = 'systems = ["base", "retriever"]'


def test_every_system_gets_the_same_seeds_and_settings(tmp_path: Path, library: Path, host: PaintingWebUI) -> None:
    path = study(
        tmp_path,
        'systems = ["base", "local", "random"]\nseeds = [4, 9]\ncfg = [3, 7]\ncheckpoints = ["small", "other.ckpt"]\n'
        'picture = {steps = 6, width = 64, height = 96, negative = "blur", sampler = "DPM++ 2M Karras", '
        "request = {eta = 0.5, override_settings = {CLIP_stop_at_last_layers = 2}}}",
    )
    assert run(path, host, more=("--library", str(library))) == 0
    found = whole(path)
    assert found.plan.size == 3 * 5 * 2 * 2 * 2
    for body in host.asked:
        assert (body["steps"], body["width"], body["height"], body["negative_prompt"]) == (6, 64, 96, "blur")
        assert (body["sampler_name"], body["eta"]) == ("DPM++ 2M Karras", 0.5)
        assert body["override_settings"]["CLIP_stop_at_last_layers"] == 2
    # no request twice, and the first checkpoint is done before the second one is loaded
    assert set(Counter(host.requests()).values()) == {1}
    order = [checkpoint for *_, checkpoint in host.requests()]
    assert order == sorted(order, key=["small.safetensors [abc]", "other.ckpt [def]"].index)
    by_cell = {p.cell: p for p in found.pictures()}
    for cell, picture in by_cell.items():
        base = by_cell[type(cell)(BASE, cell.prompt, cell.cfg, cell.seed, cell.checkpoint)]
        assert (picture.sha256 == base.sha256) == (picture.used_prompt == base.used_prompt)
        if cell.system == "local":
            assert all(f"<lora:{pick['name']}:" in picture.used_prompt for pick in picture.picks)
            assert picture.timings["total"] > 0
        if cell.system == BASE:
            assert picture.used_prompt == dict(found.plan.prompts)[cell.prompt] and not picture.picks
    picks = {p.cell.prompt: p.picks for p in found.pictures() if p.cell.system == "local"}
    assert sum(map(bool, picks.values())) >= 3


def test_each_prompt_is_chosen_for_once_and_like_requests_are_painted_once(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    core = Scripted({"fox": "fox_v2"})
    host.loras = {"fox_v2": "/l/fox_v2.safetensors"}
    path = study(tmp_path, TWO + "\ncfg = [3, 5, 7]\nseeds = 2", FEW)
    assert run(path, host, more=("--library", "/l"), opener=core) == 0
    assert core.asked == [("retriever", "a red fox"), ("retriever", "an old castle")]
    assert len(host.asked) == 12 + 6  # nothing is picked for the castle: its pictures are the base model's
    assert "6 of 24 pictures are asked for like another one" in capsys.readouterr().err
    by_cell = {p.cell: p for p in whole(path).pictures()}
    castles = [c for c, p in by_cell.items() if "castle" in p.used_prompt and c.system == "retriever"]
    assert len(castles) == 6
    assert run(path, host, more=("--library", "/l"), opener=core) == 0
    assert len(host.asked) == 18 and len(core.asked) == 2


def test_more_cfgs_and_systems_make_only_what_is_new(tmp_path: Path, host: PaintingWebUI) -> None:
    core = Scripted({"fox": "fox_v2", "castle": "castle"})
    host.loras = {"fox_v2": "", "castle": ""}
    more = ("--library", "/l")
    assert run(study(tmp_path, TWO, FEW), host, more=more, opener=core) == 0
    first = {p.path: p.path.stat().st_mtime_ns for p in whole(tmp_path / "small.toml").pictures()}
    path = study(
        tmp_path, 'systems = ["retriever", {name = "deb", composer = "none", append = "sharp"}]\ncfg = [7, 5]', FEW
    )
    assert run(path, host, more=more, opener=core) == 0
    assert len(host.asked) == 4 + 2 + 6
    found = whole(path)
    assert {p.path: p.path.stat().st_mtime_ns for p in found.pictures() if p.path in first} == first
    assert {p.used_prompt for p in found.pictures() if p.cell.system == "deb"} == {f"{p}, sharp" for p in FEW}
    assert len(core.asked) == 2


def test_an_installed_extension_is_kept_out_of_it(tmp_path: Path) -> None:
    core = Scripted({"fox": "fox_v2"})
    with PaintingWebUI({"fox_v2": ""}, extension=True) as host:
        path = study(tmp_path, TWO, FEW)
        assert run(path, host, more=("--library", "/l"), opener=core) == 0
        assert all(b["alwayson_scripts"]["Stylus"]["args"] == [{"enabled": False}] for b in host.asked)
    assert {p.used_prompt for p in whole(path).pictures()} == {*FEW, "a red fox <lora:fox_v2:0.7>"}


def test_descriptions_are_a_source_each(tmp_path: Path, library: Path, host: PaintingWebUI) -> None:
    described = {"format": "stylus-card", "version": 1, "stem": "crystal_teapot", "kind": "object",
                 "description": "Zeppelins over a harbour, drawn in chalk.", "subject": "zeppelins",
                 "trigger_words": ["chalkzep"], "weight": 0.9}  # fmt: skip
    (tmp_path / "model.jsonl").write_text(json.dumps(described) + "\n")
    path = study(
        tmp_path,
        'descriptions = {m = "model.jsonl"}\nsystems = ["local", '
        '{name = "bare", composer = "local", descriptions = "none"}, '
        '{name = "model", composer = "local", descriptions = "m"}, '
        '{name = "as-is", composer = "local", descriptions = "library"}]',
        (*PROMPTS, "zeppelins over a harbour"),
    )
    assert run(path, host, more=("--library", str(library))) == 0
    picks: dict[str, dict[str, set[str]]] = {}
    for p in whole(path).pictures():
        picks.setdefault(p.cell.system, {})[p.used_prompt.split(",")[0][:12]] = {x["name"] for x in p.picks}
    (zeppelin,) = {key for key in picks["model"] if key.startswith("zeppelins")}
    assert picks["model"][zeppelin] == {"crystal_teapot"} and picks["local"][zeppelin] == set()
    assert picks["local"] == picks["as-is"]  # nothing was described or edited in this library
    assert picks["bare"] != picks["local"]


@pytest.mark.parametrize("fallbacks", [False, True])
def test_what_another_composer_chose_does_not_count_for_the_model(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str], fallbacks: bool
) -> None:
    core = Scripted({"fox": "fox_v2"}, answer=lambda options: "local")
    host.loras = {"fox_v2": ""}
    path = study(tmp_path, f'systems = ["llm"]\nfallbacks = {str(fallbacks).lower()}', ("a fox", "b", "c", "d", "e"))
    code = run(path, host, more=("--library", "/l", "--model", "tiny"), opener=core)
    made = Counter(p.cell.system for p in opened(path).pictures())
    if fallbacks:
        assert code == 0 and made == {BASE: 5, "llm": 5}
        return
    assert code == 1 and made == {BASE: 5}
    assert len(core.asked) == 3  # then it is not asked any more
    said = capsys.readouterr()
    assert "llm has no choice for 5 prompts: the local composer chose instead: no answer" in said.err
    assert "5 pictures made, 0 were there, 5 missing: run the same command again" in said.out
    core.answer = lambda options: options.composer
    assert run(path, host, more=("--library", "/l", "--model", "tiny"), opener=core) == 0
    assert len(host.asked) == 6
    whole(path)


def test_many_prompts_are_chosen_for_at_once_and_all_the_same(tmp_path: Path, host: PaintingWebUI) -> None:
    together = threading.Barrier(4, timeout=HANG)

    def answer(options: Options) -> str:
        together.wait()
        return options.composer

    core = Scripted({"fox": "fox_v2"}, answer=answer)
    host.loras = {"fox_v2": ""}
    path = study(tmp_path, 'systems = ["llm"]', tuple(f"fox {n}" for n in (2, 3, 4, 5, 6, 7, 8, 9)))
    more = ("--library", "/l", "--model", "tiny", "--workers", "4")
    assert run(path, host, more=more, opener=core) == 0
    assert all(p.picks for p in whole(path).pictures() if p.cell.system == "llm")
    assert len(core.asked) == 8


def test_an_adapter_that_one_webui_lacks_is_passed_over_at_all(tmp_path: Path) -> None:
    core = Scripted({"fox": "fox_v2", "red": "red_style"})
    with PaintingWebUI({"fox_v2": "", "red_style": ""}) as a, PaintingWebUI({"fox_v2": ""}) as b:
        path = study(tmp_path, TWO + "\nseeds = 6", FEW)
        assert run(path, a, b, more=("--library", "/l"), opener=core) == 0
        assert a.asked and b.asked
        assert set(Counter(a.requests() + b.requests()).values()) == {1}
    foxes = {p.used_prompt: p.notes for p in whole(path).pictures() if "lora" in p.used_prompt}
    assert list(foxes) == ["a red fox <lora:fox_v2:0.7>"]
    assert "red_style was not picked" in foxes["a red fox <lora:fox_v2:0.7>"][0]


def test_a_webui_without_the_picks_of_an_earlier_run_does_not_paint(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    core = Scripted({"fox": "fox_v2"})
    host.loras = {"fox_v2": "/x/fox_v2.safetensors"}
    assert run(study(tmp_path, TWO, FEW), host, more=("--library", "/l"), opener=core) == 0
    path = study(tmp_path, TWO + "\nseeds = 2", FEW)
    with PaintingWebUI({"fox_v2": "/x/another.safetensors"}) as other:
        assert run(path, other, more=("--library", "/l"), opener=core) == 1
        assert not other.asked
    assert "does not have 'fox_v2', which the study picked" in capsys.readouterr().err
    assert run(path, host, more=("--library", "/l"), opener=core) == 0
    whole(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('checkpoints = ["smal"]', "has no checkpoint 'smal'; near: small"),
        ('picture.sampler = "Euler b"', "has no sampler 'Euler b': is Euler a meant?"),
    ],
)
def test_what_the_webui_does_not_have_is_told_before_anything_is_made(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    core = Scripted({})
    assert run(study(tmp_path, f"{TWO}\n{text}", FEW), host, more=("--library", "/l"), opener=core) == 1
    assert told in capsys.readouterr().err
    assert not host.asked and not core.asked


def test_a_dead_webui_leaves_the_work_to_the_others(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study(tmp_path, 'systems = ["base"]', FEW)
    assert run(path, "http://127.0.0.1:9", host) == 0
    assert "http://127.0.0.1:9 cannot be reached" in capsys.readouterr().err
    whole(path)
    assert run(study(tmp_path, 'systems = ["base"]\nseeds = 2', FEW), "http://127.0.0.1:9") == 1
    assert "no WebUI can paint this study" in capsys.readouterr().err


def test_a_webui_that_sends_half_pictures_leaves_the_work_to_the_others(
    tmp_path: Path, library: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    class CutPictureWebUI(PaintingWebUI):
        def draw(self, text: str, body: dict[str, Any]) -> bytes:
            return super().draw(text, body)[:-9]

    path = study(tmp_path, 'name = "small"\nsystems = ["local"]\ncfg = [5]\nseeds = 2\n', PROMPTS[:3])
    with CutPictureWebUI(loras(library)) as bad:
        assert run(path, bad, host, more=("--library", str(library))) == 0
    for picture in whole(path).pictures():
        Image.open(picture.path).load()
    assert bad.asked


def test_one_prompt_that_breaks_the_picture_does_not_end_the_study(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    host.breaking = "castle"
    path = study(tmp_path, 'systems = ["base"]\ncfg = [1, 2, 3, 4, 5]', (*FEW, "a bowl of soup"))
    assert run(path, host) == 1
    assert {p.used_prompt for p in opened(path).pictures()} == {"a red fox", "a bowl of soup"}
    assert len(opened(path).pictures()) == 10
    said = capsys.readouterr()
    assert "'an old castle' (base, seed 1): " in said.err and "A tensor with NaNs" in said.err
    assert "10 pictures made, 0 were there, 5 missing" in said.out
    host.breaking = "a"  # now everything
    assert run(study(tmp_path, 'systems = ["base"]\nseeds = 8', FEW), host) == 1
    assert "in a row, last: " in capsys.readouterr().err


def test_what_is_missing_on_the_command_line_is_told(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study(tmp_path, TWO, FEW)
    assert run(path) == 1
    assert "--webui http://127.0.0.1:7860" in capsys.readouterr().err
    assert run(path, host) == 1
    assert "retriever pick from a library" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_study_is_refused(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(study(tmp_path, 'systems = ["base"]', FEW), host) == 0
    path = study(tmp_path, 'name = "other"\nsystems = ["base"]', FEW)
    for more in ((), ("--dry-run",)):
        assert run(path, host, more=more) == 1
        assert "holds the study 'small' and not 'other'" in capsys.readouterr().err


# -- what it costs -----------------------------------------------------------------------------------------------------


def dry(path: Path, capsys: pytest.CaptureFixture[str], *hosts: PaintingWebUI, more: tuple[str, ...] = ()) -> Any:
    capsys.readouterr()
    assert run(path, *hosts, more=("--dry-run", "--json", *more)) == 0
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_tells_the_cost_and_touches_nothing(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study(tmp_path, 'systems = ["llm", "local", "reranker"]\ncfg = [5, 7]\nseeds = 3', FEW)
    found = dry(path, capsys, host, more=("--seconds", "1.5", "--model", "tiny"))
    assert (found["pictures"], found["left"], found["choices"]) == (48, 48, 6)
    assert found["calls"] == {"llm": 2, "reranker": 2}
    assert (found["tokens_read"], found["tokens_written"]) == (1500, 100)
    assert found["hours"] == pytest.approx(48 * 1.5 / 3600) and found["source"] == "as given"
    assert dry(path, capsys)["hours"] is None
    assert not host.asked and not host.seen and not (tmp_path / "out").exists() and not (tmp_path / "home").exists()
    assert run(path, more=("--dry-run", "--seconds", "300", "--model", "tiny")) == 0
    said = capsys.readouterr().out
    assert "2 prompts x 4 systems x 2 CFG values x 3 seeds x 1 checkpoint\n  = 48 pictures, 0 of them made\n" in said
    assert "at most 2 calls of tiny: about 1,500 tokens read and 100 written" in said
    assert "about 4.0 h of painting, at 300 s a picture" in said


def test_a_probe_paints_and_keeps_nothing(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    host.seconds = 0.1
    found = dry(study(tmp_path, 'systems = ["base"]', FEW), capsys, host, more=("--probe",))
    assert 0.1 <= found["seconds"] and found["source"] == "by a probe"
    assert len(host.asked) == 2 and not (tmp_path / "out").exists()


def test_what_was_measured_is_used_and_what_was_made_is_counted(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    host.seconds = 0.05
    core = Scripted({"fox": "fox_v2"})
    host.loras = {"fox_v2": ""}
    assert run(study(tmp_path, TWO, FEW), host, more=("--library", "/l"), opener=core) == 0
    found = dry(study(tmp_path, TWO + "\nseeds = 2", FEW), capsys, host)
    assert (found["pictures"], found["made"], found["choices"]) == (8, 4, 0)
    assert 0.05 <= found["seconds"] and found["source"] == "measured on 3 pictures of this study"


def test_the_plan_is_told_before_the_first_picture_and_the_rest_as_it_goes(
    tmp_path: Path, host: PaintingWebUI, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stylus_core.cli import progress

    monkeypatch.setattr(progress, "_SAY_EVERY", 0.0)
    host.seconds = 0.01
    assert run(study(tmp_path, 'systems = ["base"]\nseeds = 4', FEW), host) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "= 8 pictures, 0 of them made" in lines[1]
    told = [line for line in lines if line.startswith("pictures")]
    assert not any(line.startswith("choosing") for line in lines)
    assert told[0] == "pictures: 0 of 8" and told[-1] == "pictures, about 0 s left: 8 of 8"


def test_the_pace_counts_what_is_painted_by_the_clock() -> None:
    now = 100.0
    pace = Eta(lambda: now)
    pace.start(1000)
    for _ in range(2):
        now += 4.0
        pace.step()
    assert pace.seconds() is None  # too few to tell from
    now += 4.0
    pace.step()
    assert pace.seconds() == pytest.approx(997 * 4.0)
    for _ in range(100):  # a faster checkpoint: what was long ago does not count
        now += 1.0
        pace.step()
    assert pace.seconds() == pytest.approx(897 * 1.0)


# -- what a kill leaves ------------------------------------------------------------------------------------------------


def test_a_torn_choice_is_made_again_and_a_broken_one_is_told(
    tmp_path: Path, host: PaintingWebUI, capsys: pytest.CaptureFixture[str]
) -> None:
    core = Scripted({"fox": "fox_v2"})
    host.loras = {"fox_v2": ""}
    path = study(tmp_path, TWO, FEW)
    more = ("--library", "/l")
    assert run(path, host, more=more, opener=core) == 0
    choices = tmp_path / "out" / "selections.jsonl"
    data = choices.read_bytes()
    choices.write_bytes(data[:-20])
    assert run(path, host, more=more, opener=core) == 0
    assert len(core.asked) == 3 and choices.read_bytes() == data
    assert len(host.asked) == 3
    choices.write_bytes(b"{}\n" + data)
    assert run(path, host, more=more, opener=core) == 1
    assert "line 1 of" in capsys.readouterr().err


def test_a_picture_that_went_away_is_made_again(tmp_path: Path, host: PaintingWebUI) -> None:
    path = study(tmp_path, 'systems = ["base"]', FEW)
    assert run(path, host) == 0
    opened(path).pictures()[1].path.unlink()
    assert run(path, host) == 0
    assert len(host.asked) == 3
    whole(path)
