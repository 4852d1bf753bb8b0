"""The vote over HTTP: kept through a kill, blind, an order for each rater, and summed up as it should be."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL")

from stylus_core.cli import main
from stylus_study.study.preference import win_rate
from stylus_study.study.study_folder import StudyError
from stylus_study.study.types import BASE
from stylus_study.vote.preference_vote import STORE, serve, summary
from tests.study import colours
from tests.study.voting import HUNG, Rater, served

ROOT = Path(__file__).resolve().parents[2]


def counted(result: dict[str, Any], system: str = "red") -> tuple[int, int, int]:
    (row,) = [row for row in result["rows"] if row["system"] == system]
    return row["wins"], row["losses"], row["ties"]


def test_votes_become_win_rates(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 5, unchanged=("0002",))
    with served(folder) as url:
        rater = Rater(url, " Ada   L ")
        assert len(rater.vote("red")) == 8
        state = rater.ask("/state")
        assert (state["rater"], state["done"], state["total"], state["pair"]) == ("Ada L", 8, 8, None)
    result = json.loads((folder / "votes.json").read_text())
    assert counted(result) == (8, 0, 0) and result["rows"][0]["same"] == 2
    assert (result["raters"], result["votes"], result["agreement"]["kappa"]) == (1, 8, None)
    assert result["rows"][0]["rate"]["value"] == 1 and result["rows"][0]["rate"]["low"] < 0.6


def test_votes_survive_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 6)
    command = [sys.executable, "-m", "stylus_core", "study", "vote", str(folder), "--port", "0"]
    seen: list[str] = []
    for _ in range(2):
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            url = process.stderr.readline().split()[0]
            rater = Rater(url, "Ada")
            before = rater.ask("/state")
            assert before["done"] == len(seen)
            rater.vote("red", 4)
            shown = rater.ask("/state")
            assert rater.ask("/state") == shown  # a reload shows the same pair at the same sides
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
        seen += ["red"] * 4
        assert counted(summary(folder)) == (len(seen), 0, 0)
    with served(folder) as url:
        assert Rater(url, "Ada").ask("/state")["pair"] == shown["pair"]


def test_nothing_that_is_sent_tells_a_system(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    study = colours.make(folder, 6, systems=(BASE, "red", "green"))
    secrets = [word.encode() for p in study.pictures() for word in (p.cell.system, p.path.stem, p.sha256)]
    secrets += [b"lora", b"secret", b"composer", b"parameters"]
    with served(folder) as url:
        rater = Rater(url, "Ada")
        state = rater.ask("/state")
        addresses = set()
        while state["pair"]:
            sent = json.dumps({**state, "pair": {**state["pair"], "prompt": ""}}).encode()
            for side in ("left", "right"):
                addresses.add(state["pair"][side])
                sent += rater.send("GET", state["pair"][side])[1]
            assert not [word for word in secrets if word in sent]
            state = rater.ask("/vote", pair=state["pair"]["name"], choice="left")
        assert len(addresses) == 2 * state["total"] == 48  # the base model's picture has another address in each pair
    with sqlite3.connect(folder / STORE) as db:
        dump = "\n".join(db.iterdump())
    assert not [name for name in (BASE, "red", "green") if f"'{name}'" in dump]


def test_sides_and_order_are_drawn_for_each_rater(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "5e" * size)  # else the draw is another one each time
    folder = tmp_path / "s"
    colours.make(folder, 40, seeds=(1,))
    with served(folder) as url:
        said = {name: Rater(url, name).vote("red") for name in ("Ada", "Ben", "Cleo")}
    orders = [[prompt for prompt, _ in one] for one in said.values()]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert set(orders[0][:20]) == set(orders[1][:20]) == set(orders[2][:20])  # who stops early has seen the same ones
    for one in said.values():
        assert 8 <= sum(choice == "left" for _, choice in one) <= 32
    assert 0.3 < json.loads((folder / "votes.json").read_text())["left"] < 0.7


def test_a_vote_is_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 3, seeds=(1,))
    with served(folder) as url:
        rater = Rater(url, "Ada")
        assert rater.ask("/undo")["done"] == 0
        first = rater.ask("/state")
        rater.ask("/vote", pair=first["pair"]["name"], choice="same")
        Rater(url, "Ben").vote("red", 1)
        back = rater.ask("/undo")
        assert back["pair"] == first["pair"] and back["done"] == 0
        rater.vote("blue")
    result = summary(folder)
    assert counted(result) == (1, 3, 0) and result["raters"] == 2


def test_agreement_is_that_of_scikit_learn(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    folder = tmp_path / "s"
    colours.make(folder, 12)
    draw = random.Random(3)
    said: dict[str, dict[str, str]] = {"Ada": {}, "Ben": {}}
    with served(folder) as url:
        for name, given in said.items():
            rater = Rater(url, name)
            state = rater.ask("/state")
            while state["pair"]:
                shown = rater.look(state)
                wanted = draw.choice(("red", "red", "blue", "none"))
                choice = next((side for side, seen in shown.items() if seen == wanted), "same")
                pictures = sorted(rater.send("GET", state["pair"][side])[1] for side in ("left", "right"))
                given[repr(pictures)] = wanted
                state = rater.ask("/vote", pair=state["pair"]["name"], choice=choice)
        rows = [(said["Ada"][key], said["Ben"][key]) for key in said["Ada"]]
        assert len(rows) == 24
    result = summary(folder)
    assert (result["agreement"]["name"], result["agreement"]["items"]) == ("cohen", 24)
    assert result["agreement"]["kappa"] == pytest.approx(metrics.cohen_kappa_score(*zip(*rows, strict=True)))
    with served(folder) as url:
        Rater(url, "Cleo").vote("red", 10)
    third = summary(folder)
    assert (third["agreement"]["name"], third["agreement"]["items"], third["raters"]) == ("fleiss", 24, 3)


def test_a_picture_that_two_systems_made_is_voted_on_once(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 4, systems=(BASE, "red", "twin"), seeds=(1,))
    with served(folder) as url:
        assert len(Rater(url, "Ada").vote("red")) == 4
    result = summary(folder)
    assert counted(result) == counted(result, "twin") == (4, 0, 0) and result["votes"] == 4


def test_votes_stay_with_their_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 4, seeds=(1,))
    with served(folder) as url:
        Rater(url, "Ada").vote("red")
    colours.make(folder, 2, systems=(BASE, "twin", "green"), seeds=(1,))
    result = summary(folder)
    assert counted(result, "twin") == (2, 0, 0) and counted(result, "green") == (0, 0, 0) and result["stale"] == 2


def test_a_broken_picture_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    study = colours.make(folder, 3, seeds=(1,))
    next(p for p in study.pictures() if p.cell.system == "red").path.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with served(folder) as url:
        assert len(Rater(url, "Ada").vote("red")) == 2
        state = Rater(url, "Ada").ask("/state")
        assert (state["done"], state["total"]) == (2, 2)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/vote", {"rater": "Ada", "pair": "nope", "choice": "left"}, {}, 400),
        ("/vote", {"rater": "Ada", "pair": "REAL", "choice": "red"}, {}, 400),
        ("/vote", {"rater": "  ", "pair": "REAL", "choice": "left"}, {}, 400),
        ("/vote", [1], {}, 400),
        ("/vote", b"{", {}, 400),
        ("/vote", b" " * 5000, {}, 413),
        ("/vote", {"rater": "Ada", "pair": "REAL", "choice": "left"}, {"Content_Type": "text/plain"}, 415),
        ("/vote", {"rater": "Ada", "pair": "REAL", "choice": "left"}, {"Host": "evil.example:7871"}, 403),
        ("/vote", {"rater": "Ada", "pair": "REAL", "choice": "left"}, {"Origin": "https://evil.example"}, 403),
        ("/vote", {"rater": "Ada", "pair": "REAL", "choice": "left"}, {"Origin": "null"}, 403),
        ("/elsewhere", {}, {}, 404),
    ],
)
def test_what_is_no_vote_is_refused(tmp_path: Path, path: str, body: Any, headers: dict[str, str], status: int) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 2, seeds=(1,))
    with served(folder) as url:
        rater = Rater(url, "Ada")
        if isinstance(body, dict) and body.get("pair") == "REAL":
            body["pair"] = rater.ask("/state")["pair"]["name"]
        assert rater.send("POST", path, body, **headers)[0] == status
        assert rater.ask("/state")["done"] == 0


def test_the_page_comes_from_here_alone_and_pictures_have_no_other_names(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    study = colours.make(folder, 2)
    name = study.pictures()[0].path.name
    with served(folder) as url:
        rater = Rater(url, None)
        for path in ("/", "/page.css", "/page.js"):
            status, body = rater.send("GET", path)
            assert status == 200 and b"http" not in body.replace(b"http-equiv", b"")
        for path in (
            f"/picture/{name}",
            f"/pictures/{name}",
            "/picture/..%2fplan.json",
            "/../plan.json",
            "/votes.json",
        ):
            assert rater.send("GET", path)[0] == 404
        assert rater.send("GET", "/", Host="evil.example")[0] == 403
        assert rater.ask("/state") == {"rater": None}


def test_a_rater_that_the_command_names_is_not_asked(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 2, seeds=(1,))
    with served(folder, rater="Ada", limit=1) as url:
        state = Rater(url, "Somebody else").ask("/state")
        assert (state["rater"], state["fixed"], state["total"]) == ("Ada", True, 1)


def test_only_this_machine_is_served(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 1)
    for host in ("::", "192.0.2.7", "example.org"):
        with pytest.raises(StudyError, match="this machine alone"):
            serve(tmp_path / "s", host=host)
    colours.make(tmp_path / "t", 1, unchanged=("0000",))
    with pytest.raises(StudyError, match="no two pictures"):
        serve(tmp_path / "t", port=0)
    with served(tmp_path / "s") as url, pytest.raises(StudyError, match="cannot be served"):
        serve(tmp_path / "s", port=int(url.rsplit(":", 1)[1].strip("/")))


def test_the_command_sums_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 3, seeds=(1,))
    with served(folder) as url:
        Rater(url, "Ada").vote("red")
        Rater(url, "Ben").vote("blue", 2)
    assert main(["study", "vote", str(folder), "--summary"]) == 0
    out = capsys.readouterr().out
    assert "5 votes of 2 raters" in out and "Cohen's kappa" in out and "60%" in out
    assert main(["study", "vote", str(folder), "--summary", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["votes"] == 5
    assert main(["study", "vote", str(folder), "--against", "nothing"]) == 1
    assert "no system 'nothing'" in capsys.readouterr().err


def test_the_rates_interval_holds_where_answers_of_a_prompt_go_together() -> None:
    draw = random.Random(7)
    held = {True: 0, False: 0}
    for _ in range(400):
        won, prompts = [], []
        for prompt in range(40):
            chance = draw.betavariate(1.8, 1.2)  # 0.6 in the mean, and alike within a prompt
            for _ in range(6):
                won.append(draw.random() < chance)
                prompts.append(prompt)
        for clustered in held:
            rate = win_rate(won, prompts if clustered else list(range(len(won))))
            assert rate is not None and rate.low is not None and rate.high is not None
            held[clustered] += rate.low <= 0.6 <= rate.high
    assert held[True] >= 370 > 350 > held[False]


def test_rates_at_the_edges() -> None:
    assert win_rate([], []) is None
    one = win_rate([True, False, True], ["p", "p", "p"])
    assert one is not None and one.low is None and one.value == pytest.approx(2 / 3)
    plain = win_rate([True, False, True, True], [1, 2, 3, 4])
    assert plain is not None and plain.low == pytest.approx(0.3006, abs=1e-4)  # Wilson's, of 3 in 4


def test_two_processes_may_serve_the_same_study(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    colours.make(folder, 4)
    with served(folder) as one, served(folder) as other:
        Rater(one, "Ada").vote("red", 3)
        Rater(other, "Ben").vote("blue", 3)
        assert Rater(other, "Ada").ask("/state")["done"] == 3
    assert os.path.getsize(folder / STORE) > 0 and summary(folder)["votes"] == 6


def raw(url: str, request: bytes) -> bytes:
    """The first line of an answer to bytes that no client library would send."""
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=HUNG) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


def test_requests_that_break_leave_no_traceback(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    colours.make(tmp_path / "s", 1)
    kind = "Content-Type: application/json"
    with served(tmp_path / "s") as url:
        here = f"Host: {url.split('/')[2]}"
        for head, status in (
            ([here, kind, f"Content-Length: {'9' * 5000}"], b" 413 "),
            ([here, kind, "Content-Length: 2", "Content-Length: 40"], b" 400 "),
            ([here, kind, "Content-Length: 2", "Transfer-Encoding: chunked"], b" 400 "),
            ([here, "Host: evil.example", kind, "Content-Length: 2"], b" 403 "),
            ([f"Host: evil@{url.split('/')[2]}", kind, "Content-Length: 2"], b" 403 "),
            ([here, "Origin: http://localhost:3000", kind, "Content-Length: 2"], b" 403 "),
            ([here, f"Origin: http://evil@{url.split('/')[2]}", kind, "Content-Length: 2"], b" 403 "),
            ([here, f"Origin: {url.rstrip('/')}", kind, "Content-Length: 2"], b" 200 "),
        ):
            request = "\r\n".join(["POST /state HTTP/1.1", *head, "", "{}"])
            assert status in raw(url, request.encode())[:13], head
        address = url.split("/")[2].split(":")
        for _ in range(20):  # gone before the answer, with a reset
            connection = socket.create_connection((address[0], int(address[1])))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(f"GET /page.js HTTP/1.1\r\n{here}\r\n\r\nGET /p".encode())
            connection.close()
        assert Rater(url, "Ada").ask("/state")["total"] == 2
    assert "Traceback" not in capfd.readouterr().err


def test_made_up_names_of_raters_are_no_burden(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 1)
    with served(tmp_path / "s") as url:
        first = Rater(url, "Ada").ask("/state")["pair"]
        assert Rater(url, "Ada").send("GET", first["left"])[0] == 200
        for count in range(200):
            Rater(url, f"nobody {count}").ask("/state")
        # what was drawn for her is forgotten, and drawn again when she comes back
        assert Rater(url, "Ada").send("GET", first["left"])[0] == 404
        assert Rater(url, "Ada").ask("/state")["pair"] == first
        assert Rater(url, "Ada").send("GET", first["left"])[0] == 200
        with contextlib.closing(sqlite3.connect(tmp_path / "s" / STORE)) as db, db:
            db.executemany("INSERT INTO votes VALUES (?, 'p', '', '', 1)", [(f"r{n}",) for n in range(1000)])
        status, body = Rater(url, "Bob").send(
            "POST", "/vote", {"rater": "Ada", "pair": first["name"], "choice": "left"}
        )
        assert status == 500 and "1,000 people" in json.loads(body)["error"]


def test_what_is_no_vote_in_the_store_is_passed_over(tmp_path: Path) -> None:
    colours.make(tmp_path / "s", 1)
    with served(tmp_path / "s") as url:
        Rater(url, "Ada").vote("red", 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "s" / STORE)) as db, db:
        db.execute("INSERT INTO votes SELECT x'ff', pair, winner, left_side, at FROM votes")
        db.execute("INSERT INTO votes SELECT 'Bob', pair, x'00', left_side, 'never' FROM votes WHERE rater = 'Ada'")
    assert summary(tmp_path / "s")["votes"] == 1
