"""A rescan touches only what changed, ids stay with their files, and the host's own file wins."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stylus_core import refiner
from stylus_core.errors import LibraryError
from stylus_core.library import Library, scan
from stylus_core.library.folder_walk import Listed, Listing, winners
from stylus_core.library.host_order import natural_key
from stylus_core.refiner import MetadataRefiner
from stylus_core.types import STATUSES, Card
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

NO_RIGHTS = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")


def counts(shelf: Shelf) -> tuple[int, int, int, int, int]:
    report = shelf.scan()
    return report.added, report.changed, report.removed, report.renamed, report.unchanged


def test_only_what_changed_is_touched(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        safetensors(shelf.loras / f"{name}.safetensors", {"ss_output_name": name})
    assert counts(shelf) == (3, 0, 0, 0, 0)
    revision = shelf.library.revision
    read: list[str] = []
    real = scan.read_item
    monkeypatch.setattr(scan, "read_item", lambda item, refiner: read.append(item.name) or real(item, refiner))
    assert counts(shelf) == (0, 0, 0, 0, 3)
    assert (read, shelf.library.revision) == ([], revision)
    sidecar(shelf.loras / "b.safetensors", ".txt", "now described")
    safetensors(shelf.loras / "d.safetensors")
    (shelf.loras / "a.safetensors").unlink()
    assert counts(shelf) == (1, 1, 1, 0, 1)
    assert sorted(read) == ["b.safetensors", "d.safetensors"]


@pytest.mark.parametrize(
    "suffix", [".json", ".civitai.info", ".api_info.json", ".metadata.json", ".cm-info.json", ".txt"]
)
def test_every_edit_of_a_sidecar_is_found(shelf: Shelf, suffix: str) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    shelf.scan()
    for content in ("{}", "[]", None):  # written, edited to the same size, deleted
        if content is None:
            path.with_name(f"a{suffix}").unlink()
        else:
            stamp = sidecar(path, suffix, content)
            os.utime(stamp, ns=(1, hash(content) % 10**9))
        assert shelf.library.changed([shelf.loras])
        assert counts(shelf) == (0, 1, 0, 0, 0)
        assert not shelf.library.changed([shelf.loras])


def test_a_preview_that_comes_or_goes_is_found(shelf: Shelf) -> None:
    safetensors(shelf.loras / "a.safetensors")
    shelf.scan()
    picture = shelf.loras / "a.preview.png"
    picture.write_bytes(b"x")
    assert counts(shelf) == (0, 1, 0, 0, 0)
    assert shelf.all()["a.safetensors"].metadata.preview == str(picture)
    picture.unlink()
    assert counts(shelf) == (0, 1, 0, 0, 0)
    assert shelf.all()["a.safetensors"].metadata.preview == ""


def test_ids_survive_renames_moves_and_copies_across_disks(shelf: Shelf) -> None:
    for name in ("a", "b", "c"):
        safetensors(shelf.loras / f"{name}.safetensors", {"ss_output_name": name})
    shelf.scan()
    before = {a.stem: a.id for a in shelf.all().values()}
    (shelf.loras / "a.safetensors").rename(shelf.loras / "renamed.safetensors")
    (shelf.loras / "sub").mkdir()
    shutil.copy(shelf.loras / "b.safetensors", shelf.loras / "sub" / "b.safetensors")  # another inode and mtime
    os.utime(shelf.loras / "sub" / "b.safetensors", ns=(5, 5))
    (shelf.loras / "b.safetensors").unlink()
    assert counts(shelf) == (0, 0, 0, 2, 1)
    after = {a.stem: a.id for a in shelf.all().values()}
    assert after == {"renamed": before["a"], "b": before["b"], "c": before["c"]}


def test_epochs_that_share_size_and_header_are_not_mixed_up(shelf: Shelf) -> None:
    for number in (1, 2, 3):
        safetensors(shelf.loras / f"fox-{number}.safetensors")
        os.utime(shelf.loras / f"fox-{number}.safetensors", ns=(number, number))
    shelf.scan()
    before = {a.stem: a.id for a in shelf.all().values()}
    for number in (1, 2, 3):
        target = shelf.loras / "sub" / f"fox-{number}.safetensors"
        safetensors(target)
        (shelf.loras / f"fox-{number}.safetensors").unlink()
    shelf.scan()
    assert {a.stem: a.id for a in shelf.all().values()} == before


def test_a_stranger_with_the_same_tensors_is_no_rename(shelf: Shelf) -> None:
    """Without a trainer's metadata, all adapters of one rank have one header and one size."""
    path = safetensors(shelf.loras / "fox.safetensors", {"format": "pt"})
    shelf.scan()
    path.rename(shelf.loras.parent / "kept elsewhere")
    safetensors(shelf.loras / "hen.safetensors", {"format": "pt"})
    assert counts(shelf) == (1, 0, 1, 0, 0)


def test_a_copy_is_a_new_adapter(shelf: Shelf) -> None:
    safetensors(shelf.loras / "a.safetensors")
    shelf.scan()
    shutil.copy2(shelf.loras / "a.safetensors", shelf.loras / "b.safetensors")
    assert counts(shelf) == (1, 0, 0, 0, 1)
    assert len({a.id for a in shelf.all().values()}) == 2


def test_what_comes_back_is_what_it_was(shelf: Shelf, tmp_path: Path) -> None:
    path = safetensors(shelf.loras / "sub" / "a.safetensors")
    safetensors(shelf.loras / "b.safetensors")
    shelf.scan()
    number = shelf.all()["sub/a.safetensors"].id
    shelf.library.edit(number, {"weight": 0.55})
    path.parent.rename(tmp_path / "unmounted")
    assert counts(shelf) == (0, 0, 1, 0, 1)
    assert shelf.library.get([number]) == {} and shelf.library.find("a") == []
    (tmp_path / "unmounted").rename(path.parent)
    assert counts(shelf) == (1, 0, 0, 0, 1)
    assert shelf.library.get([number])[number].card.weight == 0.55


def test_a_killed_scan_goes_on_where_it_stopped(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(25):
        safetensors(shelf.loras / f"{number}.safetensors")
    monkeypatch.setattr(scan, "BATCH", 10)
    real, read = scan.read_item, []

    def dies(item: object, refiner: object) -> object:
        if len(read) == 17:
            raise KeyboardInterrupt
        read.append(item)
        return real(item, refiner)  # type: ignore[arg-type]

    monkeypatch.setattr(scan, "read_item", dies)
    with pytest.raises(KeyboardInterrupt):
        shelf.scan()
    assert len(shelf.all()) == 10
    read.clear()
    with Library(shelf.database, MetadataRefiner()) as other:
        report = other.scan([shelf.loras])
    assert (len(read), report.added, report.unchanged) == (15, 15, 10)
    assert len(shelf.all()) == 25


def test_progress_counts_to_the_end(shelf: Shelf) -> None:
    for number in range(7):
        safetensors(shelf.loras / f"{number}.safetensors")
    told: list[tuple[int, int]] = []
    shelf.library.scan([shelf.loras], lambda done, total: told.append((done, total)))
    assert told[-1] == (7, 7) and [d for d, _ in told] == sorted({d for d, _ in told})
    told.clear()
    shelf.library.scan([shelf.loras], lambda done, total: told.append((done, total)))
    assert told == []


def test_symlinked_folders_once_and_loops_never(shelf: Shelf, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    safetensors(outside / "deep" / "b.safetensors")
    safetensors(shelf.loras / "sub" / "a.safetensors")
    (shelf.loras / "0 link").symlink_to(shelf.loras / "sub")
    (shelf.loras / "sub" / "loop").symlink_to(shelf.loras)
    (shelf.loras / "self.safetensors").symlink_to(shelf.loras / "self.safetensors")
    (shelf.loras / "out").symlink_to(outside)
    (shelf.loras / "out again").symlink_to(outside)
    shelf.scan()
    found = {k: a.status for k, a in shelf.all().items()}
    assert found == {"sub/a.safetensors": "ok", "out/deep/b.safetensors": "ok", "self.safetensors": "unreadable"}


def test_roots_may_overlap(shelf: Shelf) -> None:
    safetensors(shelf.loras / "sub" / "a.safetensors")
    report = shelf.library.scan([shelf.loras, shelf.loras / "sub", shelf.loras])
    assert (report.added, report.shadowed) == (1, 0)


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        ("a/fox.safetensors", "b/fox.safetensors", "b/fox.safetensors"),
        ("B/fox.safetensors", "a/fox.safetensors", "B/fox.safetensors"),  # without case
        ("set 10/fox.safetensors", "set 9/fox.safetensors", "set 10/fox.safetensors"),  # digits as numbers
        ("fox.safetensors", "a/fox.safetensors", "a/fox.safetensors"),
        ("a/b/fox.safetensors", "a/fox.safetensors", "a/b/fox.safetensors"),
        ("fox.pt", "fox.safetensors", "fox.safetensors"),
        ("fox.safetensors", "z/fox.ckpt", "z/fox.ckpt"),
    ],
)
def test_of_two_files_with_one_stem_the_host_loads_the_last_listed(
    shelf: Shelf, first: str, second: str, wins: str
) -> None:
    for name in (first, second):
        safetensors(shelf.loras / name)
    report = shelf.scan()
    found = shelf.all()
    loser = ({first, second} - {wins}).pop()
    assert found[wins].status in ("ok", "unopened")
    if loser.endswith(".safetensors"):
        assert (found[loser].status, report.shadowed) == ("shadowed", 1)
        assert str(shelf.loras / wins) in found[loser].problem
    (shelf.loras / wins).unlink()
    shelf.scan()
    assert shelf.all()[loser].status in ("ok", "unopened")


def test_a_broken_file_shadows_and_a_folder_does_not(shelf: Shelf) -> None:
    safetensors(shelf.loras / "a" / "fox.safetensors")
    (shelf.loras / "b").mkdir()
    (shelf.loras / "b" / "fox.safetensors").write_bytes(b"broken")  # the host lists it all the same
    safetensors(shelf.loras / "a" / "hen.safetensors")
    (shelf.loras / "b" / "hen.safetensors").mkdir()
    shelf.scan()
    assert {k: a.status for k, a in shelf.all().items()} == {
        "a/fox.safetensors": "shadowed",
        "b/fox.safetensors": "unreadable",
        "a/hen.safetensors": "ok",
        "b/hen.safetensors": "unreadable",
    }


def test_a_later_root_and_a_link_count_for_the_host(shelf: Shelf, tmp_path: Path) -> None:
    first, second = tmp_path / "z", tmp_path / "a"
    safetensors(first / "fox.safetensors")
    safetensors(second / "fox.safetensors")
    shelf.library.scan([first, second])
    assert [a.path for a in shelf.library.adapters()] == [str(second / "fox.safetensors")]
    for name in ("b", "c"):
        safetensors(shelf.loras / name / "hen.safetensors")
    (shelf.loras / "d").symlink_to(shelf.loras / "b")  # the host lists b's file again, after c's
    shelf.scan()
    assert [a.path for a in shelf.library.adapters()] == [str(shelf.loras / "b" / "hen.safetensors")]


def test_natural_order_is_the_hosts() -> None:
    names = ["b", "A10", "a9", "a", "B2", "10", "9", "", "a09b"]
    assert sorted(names, key=natural_key) == ["", "9", "10", "a", "a9", "a09b", "A10", "b", "B2"]


def test_double_names_and_links_are_worked_out_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of files in two folders and thousands of links: each path is taken apart a few times."""
    files = {}
    for folder in ("/l/a", "/l/b/c"):
        for number in range(1_000):
            name = f"x{number}.safetensors"
            files[f"{folder}/{name}"] = Listed(f"{folder}/{name}", f"x{number}", folder, name, 1, 1, 1, b"", ())
    aliases = [(f"/l/{to}/l{number}", f"/l/{to}", 0) for to in ("a", "b") for number in range(1_000)]
    calls: list[str] = []

    def counted(text: str) -> object:
        calls.append(text)
        return natural_key(text)

    for module in ("host_order", "folder_walk"):
        monkeypatch.setattr(f"stylus_core.library.{module}.natural_key", counted)
    won = winners(Listing(files, {}, aliases, ("/l",), {}))
    assert len(won) == 1_000
    assert set(won.values()) == {f"/l/b/c/x{number}.safetensors" for number in range(1_000)}
    assert len(calls) < 3 * (len(files) + len(aliases))


def test_of_many_links_the_last_listed_counts(shelf: Shelf) -> None:
    for name in ("a", "m/inner"):
        safetensors(shelf.loras / name / "fox.safetensors")
    for link in ("b", "l2", "l10", "L9", "z"):
        (shelf.loras / link).symlink_to(shelf.loras / "a")
    shelf.scan()
    assert [a.path for a in shelf.library.adapters()] == [str(shelf.loras / "a" / "fox.safetensors")]
    (shelf.loras / "z").unlink()
    (shelf.loras / "l9").symlink_to(shelf.loras / "m")  # the host lists l9/inner before l10
    shelf.scan()
    assert [a.path for a in shelf.library.adapters()] == [str(shelf.loras / "m" / "inner" / "fox.safetensors")]
    (shelf.loras / "m").rename(shelf.loras / "k")
    (shelf.loras / "l9").unlink()
    shelf.scan()
    assert [a.path for a in shelf.library.adapters()] == [str(shelf.loras / "a" / "fox.safetensors")]


@pytest.mark.parametrize(
    "stem", ["狐の巫女", "лиса", "fuchs ä", "ثعلب", "🦊 (v2)", "a, b; 'c' \"d\"", "x" * 200, ".hidden", "a\nb"]
)
def test_names_are_any_unicode(shelf: Shelf, stem: str) -> None:
    path = safetensors(shelf.loras / "ordner ü" / f"{stem}.safetensors")
    sidecar(path, ".json", {"notes": "read"})
    found = shelf.one()
    assert (found.stem, found.path, found.metadata.notes) == (stem, str(path), "read")
    assert [a.id for a in shelf.library.find(stem)] == [found.id]


def test_a_name_that_is_no_unicode_is_told(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    try:
        os.rename(path, os.fsencode(shelf.loras) + b"/f\xffx.safetensors")
    except OSError:
        pytest.skip("this file system takes no such name")
    shelf.scan()
    (problem,) = shelf.library.problems()
    assert problem.status == "unreadable" and "rename" in problem.reason
    assert problem.path.endswith("f\\xffx.safetensors")
    assert shelf.scan().unchanged == 1


def test_a_name_that_breaks_the_tag_is_told(shelf: Shelf) -> None:
    safetensors(shelf.loras / "a=b.safetensors")
    assert shelf.one().status == "ok"
    assert "tag" in shelf.reasons()["a=b.safetensors"]


@pytest.mark.parametrize("extension", [".pt", ".ckpt", ".PT"])
def test_pickles_are_listed_and_never_opened(shelf: Shelf, extension: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (shelf.loras / f"a{extension}").write_bytes(b"\x80\x02cos\nsystem\n")

    def refuse(path: str) -> None:
        raise AssertionError(path)

    monkeypatch.setattr("stylus_core.library.file_reader.read_header", refuse)
    report = shelf.scan()
    (found,) = shelf.all().values()
    assert (report.unopened, found.status, found.metadata.title) == (1, "unopened", "")
    assert found.status in STATUSES and "never opened" in found.problem


@NO_RIGHTS
def test_no_permission_is_told_and_tried_again(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    path.chmod(0)
    assert shelf.scan().unreadable == 1
    assert "denied" in shelf.reasons()["a.safetensors"].lower()
    path.chmod(0o600)
    assert (shelf.scan().changed, shelf.all()["a.safetensors"].status) == (1, "ok")


def test_a_file_that_cannot_be_opened_is_tried_at_every_scan(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors(shelf.loras / "a.safetensors")
    with monkeypatch.context() as patched:

        def fails(path: str) -> None:
            raise PermissionError(13, "Permission denied")

        patched.setattr("stylus_core.library.file_reader.read_header", fails)
        assert shelf.scan().unreadable == 1
        revision = shelf.library.revision
        assert (counts(shelf), shelf.library.revision) == ((0, 0, 0, 0, 1), revision)
        assert not shelf.library.changed([shelf.loras])
        assert shelf.reasons() == {"a.safetensors": "Permission denied"}
    assert (shelf.scan().changed, shelf.all()["a.safetensors"].status) == (1, "ok")


def test_a_folder_that_cannot_be_listed_keeps_its_adapters(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors(shelf.loras / "locked" / "a.safetensors")
    safetensors(shelf.loras / "b.safetensors")
    shelf.scan()
    real = os.scandir
    with monkeypatch.context() as patched:

        def fails(folder: str) -> object:
            if folder.endswith("locked"):
                raise PermissionError(13, "Permission denied")
            return real(folder)

        patched.setattr("os.scandir", fails)
        assert counts(shelf) == (0, 0, 0, 0, 1)
        assert shelf.reasons() == {"locked": "Permission denied"}
        assert "locked/a.safetensors" in shelf.all()
    assert counts(shelf) == (0, 0, 0, 0, 2)
    assert shelf.reasons() == {}


def test_roots_that_are_no_folders(shelf: Shelf, tmp_path: Path) -> None:
    safetensors(shelf.loras / "a.safetensors")
    shelf.scan()
    with pytest.raises(LibraryError, match="does not exist"):
        shelf.library.scan([tmp_path / "nowhere"])
    with pytest.raises(LibraryError, match="is not a folder"):
        shelf.library.scan([shelf.loras / "a.safetensors"])
    with pytest.raises(LibraryError, match="no library folder"):
        shelf.library.scan([])
    assert len(shelf.all()) == 1
    assert shelf.library.scan([tmp_path / "nowhere", shelf.loras]).unchanged == 1
    (tmp_path / "empty").mkdir()
    assert shelf.library.scan([tmp_path / "empty"]).removed == 1


def test_quick_look_sees_files_come_and_go(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "sub" / "a.safetensors")
    for folder in (shelf.loras, shelf.loras / "sub"):
        os.utime(folder, ns=(10**18, 10**18))  # long ago
    assert shelf.library.changed([shelf.loras], quick=True)
    shelf.scan()
    assert not shelf.library.changed([shelf.loras], quick=True)
    safetensors(shelf.loras / "sub" / "b.safetensors")
    assert shelf.library.changed([shelf.loras], quick=True)
    shelf.scan()
    path.rename(shelf.loras / "a.safetensors")
    assert shelf.library.changed([shelf.loras], quick=True)


def test_quick_look_does_not_rely_on_fresh_mtimes(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    sidecar(path, ".json", "{}")
    shelf.scan()
    sidecar(path, ".json", '{"notes": "edited in place"}')  # the folder's mtime stays, but it is only just made
    assert shelf.library.changed([shelf.loras], quick=True)


def test_a_new_refiner_makes_the_cards_again_without_reading_files(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    sidecar(path, ".txt", "a fox")
    number = shelf.one().id
    shelf.library.edit(number, {"weight": 0.3})

    def refuse(item: object, refiner: object) -> None:
        raise AssertionError(item)

    monkeypatch.setattr(scan, "read_item", refuse)
    monkeypatch.setattr(refiner, "VERSION", 10**6, raising=False)
    monkeypatch.setattr(refiner, "refine", lambda metadata, stem: Card(f"{stem}: {metadata.description}"))
    assert shelf.library.changed([shelf.loras])
    report = shelf.scan()
    assert (report.refined, report.changed, report.unchanged) == (1, 0, 1)
    card = shelf.library.get([number])[number].card
    assert (card.description, card.weight) == ("a: a fox", 0.3)
    assert shelf.scan().refined == 0


def test_a_refiner_that_fails_loses_no_adapter(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(metadata: object, stem: str) -> Card:
        raise ValueError("unexpected")

    monkeypatch.setattr(refiner, "refine", fails)
    safetensors(shelf.loras / "a.safetensors")
    assert shelf.one().status == "ok"
    assert "ValueError" in shelf.reasons()["a.safetensors"]
