"""The metrics of a study on small models, every number again from the pictures, by other means."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylus_core.errors import ModelError
from stylus_study.metrics import study_metrics
from stylus_study.metrics.extractors import Clip, Inception
from stylus_study.study.study_folder import StudyError, StudyFolder
from stylus_study.study.types import BASE, StudyPlan, StudySystem
from tests.study import by_hand, sample, tiny_models

SYSTEMS = (StudySystem(BASE, "Base"), StudySystem("stylus", "Stylus", {"composer": "local"}))
PLAN = StudyPlan(
    name="small",
    systems=SYSTEMS,
    prompts=(("p0", "a fox"), ("p1", "a tin robot at dawn"), ("p2", "an old harbour, by the sea")),
    cfgs=(3.0, 7.0),
    seeds=(1, 2, 3),
    checkpoints=("",),
    settings={"picture": {}},
)


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("models")
    return {
        "clip": str(tiny_models.clip(root / "clip")),
        "inception": str(tiny_models.inception(root / "inception.pt")),
    }


@pytest.fixture
def study(tmp_path) -> Path:
    return sample.make(tmp_path / "study", PLAN, results=False, size=48)


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    rng = np.random.default_rng(0)
    (folder / "more").mkdir()
    for n in range(9):
        pixels = np.kron(rng.integers(0, 255, (5, 6, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
        Image.fromarray(pixels).save(folder / ("more" if n % 2 else ".") / f"{n}.{('png', 'jpg', 'webp')[n % 3]}")
    (folder / "note.txt").write_text("not a picture")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n, and no more")
    return folder


def run(folder: Path, models: dict[str, str], **more):
    return study_metrics.measure(folder, device="cpu", **{**models, **more})


def row(result, system: str, cfg: float):
    return next(r for r in result["rows"] if (r["system"], r["cfg"]) == (system, cfg))


def test_a_study_is_measured(study, models, reference):
    told = []
    result = run(study, models, reference=reference, progress=lambda *t: told.append(t))
    assert json.loads((study / "metrics.json").read_text()) == result
    assert [(r["system"], r["cfg"], r["pictures"]) for r in result["rows"]] == [
        (BASE, 3.0, 9),
        (BASE, 7.0, 9),
        ("stylus", 3.0, 9),
        ("stylus", 7.0, 9),
    ]
    assert (result["missing"], result["broken"], result["notes"]) == (0, [], [])
    assert result["reference"] == {"folder": str(reference), "count": 9, "broken": 1}
    assert {stage for stage, *_ in told} == {"Inception, reference", "Inception", "CLIP", "FID and KID"}
    assert all(done <= total for _, done, total in told)

    # Every number again, from the pictures.
    made = StudyFolder(study).pictures()
    texts = dict(PLAN.prompts)
    clip = {
        p.path: by_hand.clip_score(models["clip"], Image.open(p.path).convert("RGB"), texts[p.cell.prompt])
        for p in made
    }
    network = Inception(Path(models["inception"]), "cpu")

    def features(paths):
        return network.embed([network.prepare(Image.open(p).convert("RGB")) for p in paths])

    real = features([p for p in sorted(reference.rglob("*.*")) if p.stem not in ("broken", "note")])
    for cfg in PLAN.cfgs:
        mine, base = ([p for p in made if (p.cell.system, p.cell.cfg) == (s, cfg)] for s in ("stylus", BASE))
        found = row(result, "stylus", cfg)
        assert found["clip"]["value"] == pytest.approx(np.mean([clip[p.path] for p in mine]), abs=1e-3)
        apart = np.mean([clip[p.path] for p in mine]) - np.mean([clip[p.path] for p in base])
        assert found["clip_difference"]["value"] == pytest.approx(apart, abs=1e-3)
        seen, other = (features([p.path for p in group]) for group in (mine, base))
        assert found["fid"]["value"] == pytest.approx(by_hand.scipy_frechet(seen, real), rel=1e-3)
        assert found["kid"]["value"] == pytest.approx(by_hand.mmd(seen.astype(float), real.astype(float)), rel=1e-3)
        fid = by_hand.scipy_frechet(seen, real) - by_hand.scipy_frechet(other, real)
        assert found["fid_difference"]["value"] == pytest.approx(fid, rel=0.02, abs=1e-4)
        spreads = [features([p.path for p in mine if p.cell.prompt == i]).var(axis=0, ddof=1).sum() for i in texts]
        assert found["diversity"]["value"] == pytest.approx(np.mean(spreads), rel=1e-3)
        for name in ("clip", "fid", "kid", "diversity"):
            for kind in (name, f"{name}_difference"):
                assert found[kind]["low"] <= found[kind]["value"] <= found[kind]["high"]
            assert row(result, BASE, cfg)[f"{name}_difference"] is None
    assert set(result["pictures"]) == {f"pictures/{p.path.name}" for p in made}
    for p in made:
        assert result["pictures"][f"pictures/{p.path.name}"]["clip"] == pytest.approx(clip[p.path], abs=1e-3)


def test_best_of_group_keeps_the_picture_with_the_highest_score(study, models, reference):
    every = run(study, models, reference=reference)
    result = run(study, models, reference=reference, best_of_group=True)
    found, scores = row(result, "stylus", 7.0), result["pictures"]
    groups: dict[tuple[str, str], list] = {}
    for p in StudyFolder(study).pictures():
        if p.cell.cfg == 7.0:
            groups.setdefault((p.cell.system, p.cell.prompt), []).append(scores[f"pictures/{p.path.name}"]["clip"])
    best = {key: max(values) for key, values in groups.items()}
    mine, base = ([v for (s, _), v in best.items() if s == name] for name in ("stylus", BASE))
    assert found["pictures"] == 3
    assert found["clip"]["value"] == pytest.approx(np.mean(mine))
    assert found["clip_difference"]["value"] == pytest.approx(np.mean(mine) - np.mean(base))
    assert found["clip"]["value"] > row(every, "stylus", 7.0)["clip"]["value"]
    assert found["fid"]["value"] != row(every, "stylus", 7.0)["fid"]["value"]
    assert found["diversity"] == row(every, "stylus", 7.0)["diversity"]
    with pytest.raises(StudyError, match="CLIP"):
        run(study, {**models, "clip": ""}, best_of_group=True)


class EmbedCounter:
    """Counts the pictures that the models of the metrics are shown."""

    def __init__(self, monkeypatch) -> None:
        self.seen = {"Clip": 0, "Inception": 0}
        for kind in (Clip, Inception):
            monkeypatch.setattr(kind, "embed", self._counted(kind.__name__, kind.embed))

    def _counted(self, name, embed):
        def counted(model, prepared):
            self.seen[name] += len(prepared)
            return embed(model, prepared)

        return counted

    def taken(self) -> tuple[int, int]:
        out = self.seen["Clip"], self.seen["Inception"]
        self.seen.update(Clip=0, Inception=0)
        return out


def test_no_picture_is_embedded_twice(study, models, reference, tmp_path, monkeypatch):
    count = EmbedCounter(monkeypatch)
    different = len({p.path.read_bytes() for p in StudyFolder(study).pictures()})
    first = run(study, models, reference=reference)
    assert count.taken() == (different, different + 9)
    assert run(study, models, reference=reference) == first
    assert count.taken() == (0, 0)

    # A system more costs its own pictures alone, a lost time stamp nothing, another model all of them again.
    more = StudyPlan(
        **{**{f: getattr(PLAN, f) for f in PLAN.__slots__}, "systems": (*SYSTEMS, StudySystem("random", "Random"))}
    )
    sample.make(study, more, results=False, size=48)
    now = {p.path.read_bytes() for p in StudyFolder(study).pictures()}
    run(study, models, reference=reference)
    assert count.taken() == (len(now) - different, len(now) - different)
    other = str(tiny_models.clip(tmp_path / "other", seed=1))
    changed = run(study, {**models, "clip": other}, reference=reference)
    assert count.taken() == (len(now), 0)
    assert changed["rows"][0]["clip"] != first["rows"][0]["clip"]


def test_a_killed_run_keeps_what_was_embedded(study, models, monkeypatch):
    class Killed(Exception):
        pass

    def kill(stage, done, _total):
        if stage == "CLIP" and done >= 8:
            raise Killed

    count = EmbedCounter(monkeypatch)
    with pytest.raises(Killed):
        run(study, models, batch=4, progress=kill)
    assert count.taken()[0] == 8
    run(study, models, batch=4)
    different = len({p.path.read_bytes() for p in StudyFolder(study).pictures()})
    assert count.taken()[0] == different - 8


def test_one_by_one_and_in_batches_is_the_same(study, models, tmp_path):
    one = run(study, models, batch=1)
    (study / study_metrics.CACHE).unlink()
    many = run(study, models, batch=64)
    for name, score in one["pictures"].items():
        assert many["pictures"][name]["clip"] == pytest.approx(score["clip"], abs=1e-3)


def test_broken_and_missing_pictures_are_counted(study, models, reference):
    made = StudyFolder(study).pictures()
    victims = [p for p in made if p.cell.system == "stylus" and p.cell.cfg == 3.0][:6]
    gone, torn, empty, wide, huge, other = victims
    gone.path.unlink()
    torn.path.write_bytes(torn.path.read_bytes()[:-60])
    empty.path.write_bytes(b"")
    Image.new("RGB", (60_000, 1)).save(wide.path)
    _claims(huge.path, 60_000, 60_000)
    Image.new("P", (30, 30)).save(other.path, "GIF")
    lines = (study / "results.jsonl").read_text().splitlines()
    (study / "results.jsonl").write_text("\n".join(lines[:-1]) + "\n")

    result = run(study, models, reference=reference)
    assert result["missing"] == 2
    assert sorted(result["broken"]) == sorted(f"pictures/{p.path.name}" for p in (torn, empty, wide, huge, other))
    assert row(result, "stylus", 3.0)["pictures"] == 3
    assert set(result["pictures"]).isdisjoint(result["broken"])
    assert row(result, "stylus", 3.0)["clip"] is not None

    # Mended pictures are measured in the next run.
    Image.new("RGB", (48, 48), "teal").save(torn.path)
    assert f"pictures/{torn.path.name}" in run(study, models, reference=reference)["pictures"]


def _claims(path: Path, width: int, height: int) -> None:
    """A PNG whose header promises more pixels than a machine has memory for."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    )


def test_a_system_without_pictures_has_a_row_without_numbers(tmp_path, models, reference):
    folder = sample.make(tmp_path / "s", PLAN, results=False, size=48)
    lines = [line for line in (folder / "results.jsonl").read_text().splitlines() if '"picks": []' in line]
    (folder / "results.jsonl").write_text("\n".join(lines) + "\n")
    kept = {p.cell.system for p in StudyFolder(folder).pictures()}
    result = run(folder, models, reference=reference)
    for found in result["rows"]:
        if found["system"] not in kept:
            numbers = {k: v for k, v in found.items() if k not in ("system", "checkpoint", "cfg")}
            assert numbers.pop("pictures") == 0
            assert set(numbers.values()) == {None}
    (folder / "results.jsonl").unlink()
    assert run(folder, models, reference=reference)["missing"] == PLAN.size


def test_without_a_reference_or_the_network(study, models, monkeypatch, tmp_path):
    found = run(study, models)["rows"][0]
    assert (found["fid"], found["kid"]) == (None, None)
    assert found["diversity"]["value"] > 0
    monkeypatch.setenv("STYLUS_HOME", str(tmp_path / "home"))
    result = run(study, {**models, "inception": None})
    assert result["rows"][0]["diversity"] is None
    assert "inception-2015-12-05.pt" in result["notes"][0]
    tiny_models.inception(tmp_path / "home" / "models" / "inception-2015-12-05.pt")
    assert run(study, {**models, "inception": None})["rows"][0]["diversity"] is not None
    alone = run(study, {**models, "clip": ""})
    assert (alone["rows"][0]["clip"], alone["pictures"]) == (None, {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"inception": "/nowhere/inception.pt"},
            r"/nowhere/inception\.pt.*fetch https://.*inception-2015-12-05\.pt to ",
        ),
        ({"clip": "/nowhere/clip"}, r"the CLIP model /nowhere/clip .*hf download openai/clip-vit-large-patch14"),
        ({"device": "quantum"}, "the device quantum cannot be used"),
    ],
)
def test_what_cannot_be_loaded_is_one_sentence(study, models, change, said, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    count = EmbedCounter(monkeypatch)
    with pytest.raises(ModelError, match=said) as error:
        study_metrics.measure(study, **{"device": "cpu", **models, **change})
    assert "\n" not in str(error.value)
    assert count.taken() == (0, 0)


def test_weights_that_are_no_weights(study, models, tmp_path, reference):
    torn = tmp_path / "torn.pt"
    torn.write_bytes(Path(models["inception"]).read_bytes()[:2000])
    with pytest.raises(ModelError, match=r"Inception network .* cannot be loaded from .*torn\.pt"):
        run(study, {**models, "inception": str(torn)})
    folder = tiny_models.clip(tmp_path / "clip")
    for name, said in (("model.safetensors", "hf download"), ("config.json", "no config.json")):
        (folder / name).unlink()
        with pytest.raises(ModelError, match=said):
            run(study, {**models, "clip": str(folder)})
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="type bert"):
        run(study, {**models, "clip": str(folder)})
    incomplete = tiny_models.clip(tmp_path / "incomplete")
    _drop(incomplete / "model.safetensors", "visual_projection.weight")
    with pytest.raises(ModelError, match="lacks weights"):
        run(study, {**models, "clip": str(incomplete)})


def _drop(path: Path, name: str) -> None:
    from safetensors.torch import load_file, save_file

    weights = {k: v for k, v in load_file(path).items() if k != name}
    save_file(weights, path, {"format": "pt"})


def test_no_reference_to_compare_with(study, models, tmp_path):
    with pytest.raises(StudyError, match="no folder of reference pictures"):
        run(study, models, reference=tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match="fewer than two"):
        run(study, models, reference=tmp_path / "empty")
    with pytest.raises(StudyError, match="holds no study"):
        run(tmp_path / "empty", models)


def test_a_damaged_cache_is_made_anew(study, models):
    whole = run(study, models)
    (study / study_metrics.CACHE).write_bytes(b"not a database, by any means" * 100)
    assert run(study, models) == whole
    assert (study / f"{study_metrics.CACHE}.broken-1").exists()
