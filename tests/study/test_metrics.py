"""The metrics of a study on small models, against scipy, torchmetrics, clean-fid and sums done by hand."""

from __future__ import annotations

import functools
import json
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.linalg import sqrtm
from sklearn.datasets import load_digits

from stylus_core.errors import ModelError
from stylus_core.study import metrics
from stylus_core.study.distances import Frechet, Kernel, frechet_distance, spread
from stylus_core.study.embedding import Embedder
from stylus_core.study.feature_cache import FeatureCache
from stylus_core.study.features import Clip, Inception, resized
from stylus_core.study.folder import StudyError, StudyFolder
from stylus_core.study.jobs import cells
from stylus_core.study.metric_rows import Seen, rows
from stylus_core.study.types import BASE, Picture, Plan, System
from tests.study import sample, tiny_models

SYSTEMS = (System(BASE, "Base"), System("stylus", "Stylus", {"composer": "local"}))
PLAN = Plan(
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
    return metrics.measure(folder, device="cpu", **{**models, **more})


def row(result, system: str, cfg: float):
    return next(r for r in result["rows"] if (r["system"], r["cfg"]) == (system, cfg))


# Distances


def scipy_frechet(x, y) -> float:
    covariances = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few pictures the matrix is singular, and its root less exact
        shared = np.trace(sqrtm(covariances[0] @ covariances[1])).real
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1]) - 2 * shared)


def test_frechet_distance_of_known_normal_distributions():
    eye = np.eye(4)
    assert frechet_distance(np.zeros(4), eye, np.full(4, 3.0), eye) == pytest.approx(36)
    assert frechet_distance(np.zeros(4), 4 * eye, np.zeros(4), 9 * eye) == pytest.approx(4 * (2 - 3) ** 2)
    assert frechet_distance(np.zeros(4), 0 * eye, np.zeros(4), 9 * eye) == pytest.approx(36)
    rng = np.random.default_rng(0)
    one, other = (a @ a.T for a in rng.normal(size=(2, 12, 12)))
    expected = 12 * 0.25 + np.trace(one + other - 2 * sqrtm(one @ other).real)
    assert frechet_distance(np.zeros(12), one, np.full(12, 0.5), other) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("counts", [(300, 400), (400, 30), (30, 400), (20, 25), (2, 2)])
def test_frechet_distance_of_real_features_is_scipys(counts):
    digits = load_digits()
    x, y = (digits.data[digits.target < 5][: counts[0]], digits.data[digits.target > 4][: counts[1]])
    found = Frechet(y).of(x)(None)
    assert found == pytest.approx(scipy_frechet(x, y), rel=1e-4)
    whole = frechet_distance(x.mean(0), np.cov(x, rowvar=False), y.mean(0), np.cov(y, rowvar=False))
    assert found == pytest.approx(whole, rel=1e-6)


def test_frechet_distance_is_torchmetrics():
    fid = pytest.importorskip("torchmetrics.image.fid")
    digits = load_digits().data.astype(np.float32)
    x, y = (torch.from_numpy(a) for a in (digits[:900], digits[900:]))

    class Known(torch.nn.Module):
        num_features = 64

        def forward(self, features):
            return features

    theirs = fid.FrechetInceptionDistance(feature=Known())
    theirs.update(x, real=True)
    theirs.update(y, real=False)
    assert Frechet(x.numpy()).of(y.numpy())(None) == pytest.approx(float(theirs.compute()), rel=1e-4)


def test_weights_are_repetitions():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 6)), rng.normal(size=(50, 6)) + 0.5
    weights = rng.integers(0, 3, 40).astype(float)
    repeated = np.repeat(x, weights.astype(int), axis=0)
    assert Frechet(y).of(x)(weights) == pytest.approx(scipy_frechet(repeated, y), rel=1e-6)
    assert math.isnan(Frechet(y).of(x)(np.eye(40)[0]))


def mmd(x, y) -> float:
    """The unbiased estimate, sum by sum (Gretton et al. 2012, equation 3)."""

    def k(a, b):
        return (a @ b / len(a) + 1) ** 3

    within = [
        sum(k(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j) / (len(s) * (len(s) - 1))
        for s in (x, y)
    ]
    return float(sum(within) - 2 * sum(k(a, b) for a in x for b in y) / (len(x) * len(y)))


def test_kernel_distance():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=(40, 8)) + 0.3
    assert Kernel(y).of(x) == pytest.approx([mmd(x, y)], rel=1e-9)
    kid = pytest.importorskip("torchmetrics.image.kid")
    same = rng.normal(size=(40, 8))  # torchmetrics compares sets of one size
    theirs = float(kid.poly_mmd(torch.from_numpy(same), torch.from_numpy(y)))
    assert Kernel(y).of(same)[0] == pytest.approx(theirs, rel=1e-6)


def test_kernel_distance_in_blocks_and_with_weights(monkeypatch):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=(40, 8)) + 0.3
    weights = np.stack([np.ones(30), np.r_[np.ones(20), np.zeros(10)], np.eye(30)[0], np.r_[2, 1, np.zeros(28)]])
    found = Kernel(y).of(x, weights)
    assert found[0] == pytest.approx(mmd(x, y))
    assert found[1] == pytest.approx(mmd(x[:20], y))
    assert math.isnan(found[2])
    assert math.isfinite(found[3])  # the same picture twice and another: three pictures, two pairs
    monkeypatch.setattr("stylus_core.study.distances._ROWS", 7)
    assert Kernel(y).of(x, weights)[:2] == pytest.approx(found[:2])


def test_kernel_distance_does_not_depend_on_the_count_and_frechet_distance_does():
    rng = np.random.default_rng(4)
    y = rng.normal(size=(600, 10))
    sets = {n: [rng.normal(size=(n, 10)) for _ in range(60)] for n in (20, 200)}
    kernel, frechet = Kernel(y), Frechet(y)
    kid = {n: np.mean([kernel.of(x)[0] for x in s]) for n, s in sets.items()}
    fid = {n: np.mean([frechet.of(x)(None) for x in s]) for n, s in sets.items()}
    assert abs(kid[20]) < 0.05 and abs(kid[200]) < 0.02
    assert fid[20] > 3 * fid[200]


def test_spread_is_half_the_mean_squared_distance():
    x = np.random.default_rng(5).normal(size=(6, 9))
    pairs = [((a - b) ** 2).sum() for i, a in enumerate(x) for b in x[:i]]
    assert spread(x) == pytest.approx(np.mean(pairs) / 2)
    point = frechet_distance(x.mean(0), np.cov(x, rowvar=False), x.mean(0), np.zeros((9, 9)))
    assert spread(x) == pytest.approx(point, rel=1e-6)


def test_intervals_of_distances_hold_what_a_new_study_would_give():
    """Each simulated study draws prompts, and pictures around them; the interval is of its expected distance."""
    rng = np.random.default_rng(6)
    plan = Plan("p", SYSTEMS, tuple((str(n), "") for n in range(60)), (7.0,), (1, 2), ("",))
    y = rng.normal(size=(300, 4))
    pictures = _pictures(plan)
    found = []
    for _ in range(40):
        prompts = rng.normal(0.4, 0.9, size=(60, 4))
        vectors = {
            p.path: (prompts[int(p.cell.prompt)] + 0.4 * rng.normal(size=4) + 0.2 * (p.cell.system == BASE)).astype(
                "f4"
            )
            for p in pictures
        }
        found.append(rows(plan, pictures, Seen(None, vectors, y)))
    for place, name in ((0, "fid"), (0, "kid"), (1, "fid_difference"), (1, "kid_difference")):
        estimates = [f[place][name] for f in found]
        expected = np.mean([e["value"] for e in estimates])
        held = sum(e["low"] <= expected <= e["high"] for e in estimates)
        assert 34 <= held <= 40, name
    paired, alone = (np.mean([f[1][k]["high"] - f[1][k]["low"] for f in found]) for k in ("fid_difference", "fid"))
    assert paired < 0.8 * alone  # the same prompts in both: most of what makes studies differ cancels out


def test_one_prompt_has_no_interval():
    plan = Plan("p", SYSTEMS, (("0", ""), ("1", "")), (7.0,), (1, 2, 3), ("",))
    rng = np.random.default_rng(8)
    pictures = [p for p in _pictures(plan) if p.cell.system == BASE or p.cell.prompt == "0"]
    vectors = {p.path: rng.normal(size=4).astype("f4") for p in pictures}
    base, other = rows(plan, pictures, Seen({p.path: 20.0 for p in pictures}, vectors, rng.normal(size=(30, 4))))
    for name in ("clip", "fid", "kid", "diversity", "fid_difference", "clip_difference"):
        assert other[name]["value"] is not None
        assert (other[name]["low"], other[name]["high"]) == (None, None)
    assert base["fid"]["low"] < base["fid"]["high"]


def _pictures(plan: Plan):
    return [Picture(cell, Path(name), name, "") for group in cells(plan) for name, cell in group]


# Models


def test_resizing_is_clean_fids():
    theirs = pytest.importorskip("cleanfid.resize").build_resizer("clean")
    rng = np.random.default_rng(0)
    for shape in ((64, 48, 3), (500, 400, 3)):
        pixels = rng.integers(0, 256, shape, np.uint8)
        assert np.array_equal(resized(Image.fromarray(pixels), 299), theirs(pixels))


def test_inception_gets_what_clean_fid_gives_it(models):
    pixels = np.random.default_rng(1).integers(0, 256, (3, 40, 60, 3), np.uint8)
    images = [Image.fromarray(p) for p in pixels]
    model = Inception(Path(models["inception"]), "cpu")
    found = model.embed([model.prepare(i) for i in images])
    network = torch.jit.load(models["inception"])
    batch = np.stack([resized(i, 299) for i in images]).transpose(0, 3, 1, 2)
    with torch.no_grad():
        expected = network.layers((torch.from_numpy(batch) - 128) / 128).flatten(1).numpy()
    assert found.shape == (3, 48)
    assert found == pytest.approx(expected, abs=1e-5)


@functools.cache
def _clip(folder: str):
    from transformers import CLIPModel

    return CLIPModel.from_pretrained(folder).eval()


def by_hand(folder: str, image: Image.Image, text: str) -> float:
    """The CLIP score from the model's parts: pixels and tokens made here."""
    model = _clip(folder)
    side = tiny_models.SIDE
    scale = side / min(image.size)
    small = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BICUBIC)
    left, top = (small.width - side) // 2, (small.height - side) // 2
    pixels = np.asarray(small.crop((left, top, left + side, top + side)), np.float32) / 255
    pixels = (pixels - np.array(tiny_models.MEAN)) / np.array(tiny_models.DEVIATION)
    words = [[*word[:-1], f"{word[-1]}</w>"] for word in re.findall(r"[a-z]+|[^\sa-z]+", text)]
    most = tiny_models.TOKENS - 2
    tokens = [tiny_models.START, *[t for w in words for t in w][:most], tiny_models.END]
    ids = torch.tensor([[tiny_models.VOCABULARY[t] for t in tokens]])
    with torch.no_grad():
        seen = model.vision_model(torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32))
        states = model.text_model(ids).last_hidden_state[0, len(tokens) - 1]
        a, b = model.visual_projection(seen.pooler_output)[0], model.text_projection(states)
    return float(100 * (a @ b) / (a.norm() * b.norm()))


@pytest.mark.parametrize("text", ["a fox", "far more words than a model with so few tokens can read"])
def test_clip_score_by_hand(models, text):
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8))
    model = Clip(models["clip"], "cpu")
    picture, words = model.embed([model.prepare(image)])[0], model.embed_texts([text, "another, longer text"])[0]
    assert 100 * float(picture @ words) == pytest.approx(by_hand(models["clip"], image, text), abs=1e-3)


def test_clip_score_is_torchmetrics(models):
    scores = pytest.importorskip("torchmetrics.functional.multimodal")
    from transformers import AutoTokenizer, CLIPModel

    pixels = np.random.default_rng(3).integers(0, 256, (3, 3, 40, 40), np.uint8)
    texts = ["a fox", "a tin robot", "the sea"]
    model = Clip(models["clip"], "cpu")
    pictures = model.embed([model.prepare(Image.fromarray(p.transpose(1, 2, 0))) for p in pixels])
    ours = 100 * (pictures * model.embed_texts(texts)).sum(axis=1).mean()

    class Whole(CLIPModel):
        """torchmetrics expects vectors, as transformers gave them before its fifth version."""

        def get_image_features(self, *args):
            out = super().get_image_features(*args)
            return getattr(out, "pooler_output", out)

        def get_text_features(self, *args):
            out = super().get_text_features(*args)
            return getattr(out, "pooler_output", out)

    tokenizer = AutoTokenizer.from_pretrained(models["clip"])

    def processor(text=None, images=None, **_):
        if text is not None:
            return tokenizer(text, return_tensors="pt", padding=True)
        prepared = [model.prepare(Image.fromarray(np.asarray(i).transpose(1, 2, 0))) for i in images]
        return {"pixel_values": torch.from_numpy(np.stack(prepared))}

    theirs = scores.clip_score(
        torch.from_numpy(pixels), texts, model_name_or_path=lambda: (Whole.from_pretrained(models["clip"]), processor)
    )
    assert max(ours, 0) == pytest.approx(theirs.item(), abs=1e-3)


# A study


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
    clip = {p.path: by_hand(models["clip"], Image.open(p.path).convert("RGB"), texts[p.cell.prompt]) for p in made}
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
        assert found["fid"]["value"] == pytest.approx(scipy_frechet(seen, real), rel=1e-3)
        assert found["kid"]["value"] == pytest.approx(mmd(seen.astype(float), real.astype(float)), rel=1e-3)
        fid = scipy_frechet(seen, real) - scipy_frechet(other, real)
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


class Counting:
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
    count = Counting(monkeypatch)
    different = len({p.path.read_bytes() for p in StudyFolder(study).pictures()})
    first = run(study, models, reference=reference)
    assert count.taken() == (different, different + 9)
    assert run(study, models, reference=reference) == first
    assert count.taken() == (0, 0)

    # A system more costs its own pictures alone, a lost time stamp nothing, another model all of them again.
    more = Plan(**{**{f: getattr(PLAN, f) for f in PLAN.__slots__}, "systems": (*SYSTEMS, System("random", "Random"))})
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

    count = Counting(monkeypatch)
    with pytest.raises(Killed):
        run(study, models, batch=4, progress=kill)
    assert count.taken()[0] == 8
    run(study, models, batch=4)
    different = len({p.path.read_bytes() for p in StudyFolder(study).pictures()})
    assert count.taken()[0] == different - 8


def test_one_by_one_and_in_batches_is_the_same(study, models, tmp_path):
    one = run(study, models, batch=1)
    (study / metrics.CACHE).unlink()
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
    count = Counting(monkeypatch)
    with pytest.raises(ModelError, match=said) as error:
        metrics.measure(study, **{"device": "cpu", **models, **change})
    assert "\n" not in str(error.value)
    assert count.taken() == (0, 0)


class Small:
    """A model on a GPU with memory for two pictures."""

    label = key = "small"

    def __init__(self, memory: int = 2) -> None:
        self.memory, self.batches = memory, []

    def prepare(self, image):
        return np.asarray(image.resize((2, 2)), np.float32)

    def embed(self, prepared):
        self.batches.append(len(prepared))
        if len(prepared) > self.memory:
            raise torch.cuda.OutOfMemoryError
        return np.stack(prepared).reshape(len(prepared), -1)


def test_a_batch_that_does_not_fit_is_halved(tmp_path):
    paths = [tmp_path / f"{n}.png" for n in range(11)]
    for n, path in enumerate(paths):
        Image.new("RGB", (8, 8), (n, 0, 0)).save(path)
    cache = FeatureCache(tmp_path / "c.sqlite")
    model = Small()
    found = Embedder(cache, "cpu", 8).pictures(model, paths, "")
    assert [int(found.vectors[p][0]) for p in paths] == list(range(11))
    assert model.batches[:3] == [8, 4, 2] and max(model.batches[2:]) == 2
    assert found.computed == 11
    with pytest.raises(torch.cuda.OutOfMemoryError):
        Embedder(FeatureCache(tmp_path / "d.sqlite"), "cpu", 8).pictures(Small(0), paths, "")


@pytest.mark.parametrize("size", [(3, 90), (90, 3), (1, 1), (1, 40)])
def test_pictures_of_odd_shapes(models, size):
    image = Image.new("RGB", size, (200, 10, 10))
    for model in (Clip(models["clip"], "cpu"), Inception(Path(models["inception"]), "cpu")):
        first, square = model.embed([model.prepare(image), model.prepare(Image.new("RGB", (40, 40), (200, 10, 10)))])
        assert first == pytest.approx(square, abs=1e-3)


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


def test_a_damaged_cache_is_said(study, models):
    (study / metrics.CACHE).write_bytes(b"not a database, by any means" * 100)
    with pytest.raises(StudyError, match=r"features\.sqlite cannot be used .*delete it"):
        run(study, models)


def test_vectors_are_kept_by_model_and_content(tmp_path):
    cache = FeatureCache(tmp_path / "c.sqlite")
    vectors = {str(n): np.full(3, n, np.float32) for n in range(1200)}
    cache.put("a", vectors)
    assert cache.known("a", [*vectors, "x"]) == set(vectors)
    assert cache.known("b", vectors) == set()
    cache.close()
    again = FeatureCache(tmp_path / "c.sqlite")
    assert again.get("a", ["7", "x"])["7"].tolist() == [7, 7, 7]
    again.close()
