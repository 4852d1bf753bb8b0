"""Two WebUIs that share a home, and one whose library is another one: nobody gets picks of somebody else's library."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_host.service import Service
from stylus_webui import options
from stylus_webui.cache import Cache
from stylus_webui.select_or_reuse import DecisionContext, decide
from tests.clock import HANG
from tests.host.fake import FakeCore, safetensors


class EveryFileListing:
    """What a WebUI lists: every file."""

    def path(self, name: str) -> str:
        return ""

    def problem(self, name: str, path: str) -> str:
        return ""


def service(core) -> Service:
    made = Service(core, lambda: [Path("/loras")])
    made.refresh()
    assert made.wait(HANG)
    return made


def picks(made: Service, cache: Cache, prompt: str = "a cork lantern") -> list[str]:
    found = decide(
        prompt, options.of({"enabled": True}), DecisionContext(service=made, cache=cache, names=EveryFileListing())
    )
    assert found.decided, found.notes
    return [p.name for p in found.picks]


@pytest.fixture
def cache(tmp_path: Path):
    made = Cache(tmp_path / "webui-picks.sqlite")
    yield made
    made.close()


def test_two_libraries_of_one_revision(tmp_path: Path, cache: Cache) -> None:
    found = []
    for which in ("east", "west"):
        loras = tmp_path / which
        safetensors(loras / f"lantern_{which}.safetensors", ss_tag_frequency='{"9_cork lantern": {"cork lantern": 9}}')
        made = service(lambda _, loras=loras: Stylus(loras, home=tmp_path / "home", encoder="none"))
        found.append((made.revision(), picks(made, cache)))
        assert picks(made, cache) == found[-1][1]
        made.close()
    (one, east), (two, west) = found
    assert (one, east, west) == (two, ["lantern_east"], ["lantern_west"])


def test_a_library_that_was_made_anew(tmp_path: Path, cache: Cache) -> None:
    core = FakeCore(tmp_path / "loras")
    core.add("fox", word="lantern")
    made = service(core.open)
    assert picks(made, cache) == picks(made, cache) == ["fox"]
    assert len(core.asked) == 1
    core.identity = "another zoo"
    assert picks(made, cache) == ["fox"]
    assert len(core.asked) == 2
    made.close()


def test_picks_of_a_library_that_changed_meanwhile_are_not_kept(tmp_path: Path, cache: Cache) -> None:
    """A selection that has to make the database anew is asked of one library and answered from another."""
    core = FakeCore(tmp_path / "loras")
    core.add("fox", word="lantern")
    select = core.select

    def while_it_is_lost(*args, **more):
        core.identity = "anew"
        return select(*args, **more)

    core.select = while_it_is_lost  # type: ignore[method-assign]
    made = service(core.open)
    assert picks(made, cache) == ["fox"] and cache.count("picks") == 0
    made.close()
