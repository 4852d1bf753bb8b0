"""The HTTP side: our arguments through the host's API, driven by a client that we did not write, and our own routes."""

from __future__ import annotations

import base64
import json
import socket
import threading

import pytest
import requests

from stylus_core.errors import LibraryError
from stylus_core.types import Selection
from tests.clock import HANG, until
from tests.host.fake import safetensors

webuiapi = pytest.importorskip("webuiapi")
uvicorn = pytest.importorskip("uvicorn")


@pytest.fixture
def listen(host):
    """Serves the application of a host that was started; gives its port."""
    servers = []

    def serve() -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(host.app, host="127.0.0.1", port=port, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append((server, thread))
        until(lambda: server.started, "the server")
        return port

    yield serve
    for server, thread in servers:
        server.should_exit = server.force_exit = True
        thread.join(HANG)


@pytest.fixture
def zoo(host):
    host.adapter("fox_v2", word="fox")
    host.adapter("snow", word="snow", weight=0.5)
    return host.start()


@pytest.fixture
def client(zoo, listen):
    return webuiapi.WebUIApi(host="127.0.0.1", port=listen(), sampler="Euler")


def info(result):
    return result.info


# -- webuiapi ----------------------------------------------------------------------------------------------------------


def test_named_options(zoo, client):
    given = {"enabled": True, "max_adapters": 1, "trigger_words": "never"}
    result = client.txt2img(prompt="a fox in the snow", seed=1, alwayson_scripts={"Stylus": {"args": [given]}})
    assert result.info["all_prompts"] == ["a fox in the snow <lora:fox_v2:0.8>"]
    params = result.info["extra_generation_params"]
    assert params["Stylus max adapters"] == "1" and params["Stylus trigger words"] == "never"


def test_a_bool_and_the_panels_defaults(zoo, client):
    result = client.txt2img(prompt="a fox", alwayson_scripts={"stylus": {"args": [True]}})
    assert result.info["all_prompts"] == ["a fox <lora:fox_v2:0.8>"]


def test_a_dict_alone_means_enabled_unless_it_says_otherwise(zoo, client):
    on = client.txt2img(prompt="a fox", alwayson_scripts={"STYLUS": {"args": [{}]}})
    off = client.txt2img(prompt="a fox", alwayson_scripts={"Stylus": {"args": [{"enabled": False}]}})
    assert "lora" in on.info["all_prompts"][0] and off.info["all_prompts"] == ["a fox"]


def test_a_request_that_does_not_name_us_is_left_alone(zoo, client):
    result = client.txt2img(prompt="a fox")
    assert result.info["all_prompts"] == ["a fox"] and zoo.core.asked == []
    assert "Stylus" not in json.dumps(result.info)


def test_positional_options(zoo, client):
    result = client.txt2img(prompt="a fox in the snow", alwayson_scripts={"Stylus": {"args": [True, "local", 1]}})
    assert result.info["all_prompts"] == ["a fox in the snow <lora:fox_v2:0.8>"]


def test_unknown_options_are_refused_in_the_answer(zoo, client):
    result = client.txt2img(prompt="a fox", alwayson_scripts={"Stylus": {"args": [{"max_loras": 2}]}})
    assert result.info["all_prompts"] == ["a fox"]
    assert "unknown option 'max_loras'" in result.info["extra_generation_params"]["Stylus error"]


def test_too_many_arguments_are_the_hosts_to_drop(zoo, client):
    result = client.txt2img(prompt="a fox", alwayson_scripts={"Stylus": {"args": [{}, *[None] * 40]}})
    assert "lora" in result.info["all_prompts"][0]


def test_a_pick_that_the_host_does_not_know_is_told(zoo, client, caplog):
    given = {"picks": ["nowhere:1", "fox_v2:0.5"]}
    result = client.txt2img(prompt="a cat", alwayson_scripts={"Stylus": {"args": [given]}})
    assert result.info["all_prompts"] == ["a cat <lora:fox_v2:0.5>"]
    note = result.info["extra_generation_params"]["Stylus note"]
    assert note == "'nowhere' is left out: neither Stylus nor the WebUI knows an adapter of the name 'nowhere'."
    assert any("adapter of the name 'nowhere'" in r.message for r in caplog.records if r.levelname == "WARNING")


def test_a_pick_without_a_name_is_refused(zoo, client):
    given = {"picks": ["fox_v2:0.5", "  :0.7"]}
    result = client.txt2img(prompt="a cat", alwayson_scripts={"Stylus": {"args": [given]}})
    assert result.info["all_prompts"] == ["a cat"]
    assert "name:weight" in result.info["extra_generation_params"]["Stylus error"]


def test_img2img_and_batches(zoo, client):
    from PIL import Image

    result = client.img2img(
        images=[Image.new("RGB", (8, 8))],
        prompt="a fox in the snow",
        n_iter=2,
        seed=5,
        alwayson_scripts={"Stylus": {"args": [{"variants": "one-hot per adapter"}]}},
    )
    assert len(set(result.info["all_prompts"])) == 2
    assert all("Stylus picks" in text for text in result.info["infotexts"])


def test_fixed_picks_ask_nothing(zoo, client):
    given = {"picks": ["snow:0.35", "fox_v2:1"]}
    result = client.txt2img(prompt="a bear", alwayson_scripts={"Stylus": {"args": [given]}})
    assert result.info["all_prompts"] == ["a bear <lora:snow:0.35> <lora:fox_v2:1>"]
    given = {"picks": ["snow:0.2:0.35"]}
    result = client.txt2img(prompt="a bear", alwayson_scripts={"Stylus": {"args": [given]}})
    assert result.info["all_prompts"] == ["a bear <lora:snow:0.2:0.35>"]
    assert zoo.core.asked == []


def test_an_infotext_through_the_api_repeats_the_picture(zoo, client):
    first = client.txt2img(
        prompt="a fox in the snow", seed=7, steps=2, alwayson_scripts={"Stylus": {"args": [{"max_adapters": 1}]}}
    )
    zoo.cache.clear()
    asked = len(zoo.core.asked)
    payload = {"infotext": first.info["infotexts"][0]}
    answer = requests.post(f"{client.baseurl}/txt2img", json=payload, timeout=HANG).json()
    again = json.loads(answer["info"])
    assert again["infotexts"] == first.info["infotexts"] and len(zoo.core.asked) == asked


def told(result):
    """What became of the picks that a request asked for."""
    ours = {k: v for k, v in result.info["extra_generation_params"].items() if k.startswith("Stylus ")}
    assert ours, "nothing says what became of the picks"
    return ours["Stylus note"]


ASKED = {"Stylus": {"args": [{}]}}


def test_an_answer_says_that_the_index_is_not_ready(host, listen):
    host.core.hold = threading.Event()
    host.adapter("fox_v2", word="fox")
    host.start(wait=False)
    client = webuiapi.WebUIApi(host="127.0.0.1", port=listen(), sampler="Euler")
    result = client.txt2img(prompt="a fox", alwayson_scripts=ASKED)
    assert "ndexing" in told(result) and result.info["all_prompts"] == ["a fox"]
    host.core.hold.set()


@pytest.mark.parametrize(
    ("notes", "note"),
    [
        (("none of the 1,500 adapters is made for Flux.1",), "None of the 1,500 adapters is made for Flux.1."),
        ((), '"No adapter fits this prompt."'),
    ],
)
def test_an_answer_says_why_nothing_was_picked(zoo, client, notes, note):
    zoo.core.answers = [Selection("a cat", "a cat", notes=notes, composer="local")]
    result = client.txt2img(prompt="a cat", alwayson_scripts=ASKED)
    assert told(result) == note
    assert result.info["extra_generation_params"]["Stylus picks"] == "none"


@pytest.mark.parametrize(
    "failure",
    [
        LibraryError("the folder /srv/pictures/webui/models/Lora is gone; ask http://10.0.0.7:9/v1"),
        OSError(13, "Permission denied", "/srv/my pictures/library.sqlite"),
        RuntimeError("x" * 5000),
    ],
)
def test_an_answer_tells_of_a_failure_without_paths_and_addresses_and_briefly(zoo, client, failure):
    zoo.core.answers = [failure]
    result = client.txt2img(prompt="a fox", alwayson_scripts=ASKED)
    note = told(result)
    assert "srv" not in note and "pictures" not in note and "10.0.0.7" not in note and len(note) <= 510
    assert result.info["all_prompts"] == ["a fox"]


def test_an_answer_tells_of_an_empty_prompt_and_of_a_missing_package(zoo, client, monkeypatch):
    assert told(client.txt2img(prompt="", alwayson_scripts=ASKED)) == '"The prompt is empty."'
    monkeypatch.setattr(zoo.script().tab, "problem", "Stylus needs numpy: run pip install numpy.")
    assert "needs numpy" in told(client.txt2img(prompt="a fox", alwayson_scripts=ASKED))


# -- our routes --------------------------------------------------------------------------------------------------------


def get(port, path, **more):
    return requests.get(f"http://127.0.0.1:{port}/stylus/v1{path}", timeout=10, **more)


def post(port, path, **more):
    return requests.post(f"http://127.0.0.1:{port}/stylus/v1{path}", timeout=10, **more)


ROUTES = [
    ("GET", "/version"),
    ("GET", "/options"),
    ("POST", "/select"),
    ("GET", "/adapters"),
    ("GET", "/index"),
    ("POST", "/index/rescan"),
    ("GET", "/feedback"),
    ("POST", "/feedback"),
    ("POST", "/feedback/undo"),
]
#: Of those who may ask: with what they said, or what was wrong in it.
LET_IN = {200, 422}


def test_every_route_is_listed_here(zoo):
    ours = {(next(iter(r.methods)), r.path.removeprefix("/stylus/v1")) for r in zoo.app.routes if "/stylus/" in r.path}
    assert ours == set(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_for_the_hosts_credentials(host, listen, method, path):
    host.adapter("fox_v2", word="fox")
    host.start(api_auth="ann:secret,bob:word")
    url = f"http://127.0.0.1:{listen()}/stylus/v1{path}"

    def ask(headers=None, auth=None):
        return requests.request(method, url, json={"prompt": "a fox"}, headers=headers, auth=auth, timeout=HANG)

    assert ask().status_code == 401 and ask().headers["WWW-Authenticate"] == "Basic"
    for user, password in (("ann", "word"), ("ann", ""), ("eve", "secret"), ("", ""), ("ann", "secret2")):
        assert ask(auth=(user, password)).status_code == 401
    for header in ("Basic", "Basic !!!", "Bearer secret", f"Basic {base64.b64encode(b'ann').decode()}", "Basic /w=="):
        assert ask(headers={"Authorization": header}).status_code == 401
    assert ask(auth=("ann", "secret")).status_code in LET_IN
    assert ask(auth=("bob", "word")).status_code in LET_IN


def test_open_where_the_host_is_open_and_absent_where_its_api_is_off(zoo, listen):
    assert get(listen(), "/version").json()["api"] == 1


def test_absent_where_the_hosts_api_is_off(host):
    host.start(api=False)
    assert not [r for r in host.app.routes if "/stylus/" in r.path]


def test_without_a_page(host, listen):
    host.adapter("fox_v2", word="fox")
    host.start(api=False, nowebui=True)
    assert get(listen(), "/index").json()["status"] == "ready"


def test_options_are_the_table(zoo, listen):
    from stylus_webui.options import TABLE

    given = get(listen(), "/options").json()["options"]
    assert [o["name"] for o in given] == [o.name for o in TABLE]
    assert all(o["label"] and o["help"] and "default" in o for o in given)


def test_select(zoo, listen):
    port = listen()
    found = post(port, "/select", json={"prompt": "a fox in the snow", "options": {"max_adapters": 1}}).json()
    assert found["rewritten"] == "a fox in the snow <lora:fox_v2:0.8>"
    assert [(p["name"], p["keyword"], p["reason"]) for p in found["picks"]] == [
        ("fox_v2", "fox", "Fox_V2 is made for fox.")
    ]
    assert [p["name"] for p in found["nearly"]] == ["snow"]


def test_select_draws_anew_where_the_seed_is_left_open(zoo, listen):
    port = listen()
    for seed in (-1, None, "", -1):
        answer = post(port, "/select", json={"prompt": "a fox", "options": {"composer": "random", "seed": seed}})
        assert answer.status_code == 200
    seeds = [options.seed for _, options in zoo.core.asked]
    assert len({*seeds}) == 4 and min(seeds) >= 0
    refused = post(port, "/select", json={"prompt": "a fox", "options": {"seed": -2}})
    assert refused.status_code == 422 and "'seed' takes -1 to" in refused.json()["detail"]


def test_answers_name_no_path_on_the_server(zoo, listen, tmp_path):
    """Neither of a pick nor in a sentence, whatever the route."""
    port = listen()
    zoo.adapter("ink", word="ink", preview=str(zoo.loras / "ink.png"))
    zoo.adapter("wolf", file=safetensors(zoo.loras / "a" / "wolf.safetensors"))
    safetensors(zoo.loras / "b" / "wolf.safetensors")
    zoo.networks.list_available_networks()
    found = post(port, "/select", json={"prompt": "a fox and a wolf in ink"})
    assert "b/wolf.safetensors" in found.json()["notes"][0]  # which of two files it is can be told
    assert not {"path", "preview"} & {*found.json()["picks"][0]}
    zoo.core.answers = [Selection("fog", "fog", notes=(f"there are no usable adapters in {zoo.loras}, /srv/other",))]
    bare = post(port, "/select", json={"prompt": "fog"})
    assert bare.json()["notes"] == ["there are no usable adapters in Lora, other"]
    zoo.core.indexing = [LibraryError(f"the database '{tmp_path}/home of mine/library.sqlite' is damaged")]
    assert post(port, "/index/rescan", json={}).status_code == 200
    assert zoo.service.wait(HANG)
    index = get(port, "/index")
    assert "'library.sqlite' is damaged" in index.json()["problem"]
    every = [found, bare, index, get(port, "/adapters"), get(port, "/options"), get(port, "/version")]
    assert not [answer.text for answer in every if str(tmp_path) in answer.text or "/srv" in answer.text]


def test_an_error_names_no_path_on_the_server(host, listen):
    host.core.indexing = [LibraryError(f"{host.folder}/deep/library.sqlite is damaged")]
    host.start()
    answer = post(listen(), "/select", json={"prompt": "a fox"})
    assert answer.status_code == 503 and "library.sqlite is damaged" in answer.json()["detail"]
    assert str(host.folder) not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"prompt": "x", "options": {"compositor": 1}}, 422, "compositor"),
        ({"prompt": "x", "options": {"strength": 99}}, 422, "strength"),
        ({"prompt": "x", "option": {}}, 422, "option"),
        ({"prompt": "x", "options": [1]}, 422, "options"),
        ({"prompt": "x", "options": []}, 422, "options"),
        ({"prompt": "x", "options": None}, 422, "options"),
        ({"prompt": "x", "options": {"pinned": "a,b,c," + ",".join(map(str, range(2000)))}}, 422, "pinned"),
        ({"prompt": 7}, 422, "prompt"),
        ({}, 422, "prompt"),
    ],
)
def test_wrong_bodies_are_refused_by_name(zoo, listen, body, status, named):
    answer = post(listen(), "/select", json=body)
    assert answer.status_code == status and named in answer.json()["detail"]


#: JSON texts, each no request, and what the answer's sentence speaks of. 400 digits are no number of anything.
BROKEN = [
    (b"{", "JSON"),
    (b"[" * 100_000, "JSON"),
    (b"\xff\xfe", "JSON"),
    (b"null", "object"),
    (b'{"prompt": "\\ud800 fox"}', "surrogate"),
    (b'{"prompt": "fox", "options": {"banned": ["\\udfff"]}}', "surrogate"),
    (b'{"prompt": "fox", "options": {"strength": NaN}}', "NaN"),
    (b'{"prompt": "fox", "options": {"strength": -Infinity}}', "Infinity"),
    (b'{"prompt": "fox", "options": {"strength": 1e400}}', "too large"),
    (b'{"prompt": "fox", "options": {"strength": ' + b"9" * 400 + b"}}", "strength"),
    (b'{"prompt": "fox", "options": {"strength": ' + b"9" * 5000 + b"}}", "JSON"),
    (b'{"prompt": "fox", "options": {"picks": ["fox_v2:' + b"9" * 400 + b'"]}}', "-100 to 100"),
    (b'{"prompt": "fox", "options": {"picks": ["fox_v2:0.5:-101"]}}', "-100 to 100"),
    (b'{"prompt": "fox", "options": {"picks": ["fox_v2:1", "snow:1", "fox_v2:0.5"]}}', "'fox_v2' twice"),
    (b'{"prompt": "fox", "options": {"picks": ["' + b'","'.join(b"a%d:1" % i for i in range(999)) + b'"]}}', "100"),
    (b'{"prompt": "fox", "options": {"picks": ["' + b'","'.join([b"fox_v2:1"] * 60_000) + b'"]}}', "picks"),
    (b'{"prompt": "fox", "options": {"picks": "' + b" " * 900_000 + b'"}}', "name:weight"),
    (b'{"prompt": "fox", "options": {"picks": "' + b"a" * 900_000 + b'"}}', "name:weight"),
    (b'{"prompt": "fox", "options": {"picks": [" :1"]}}', "name:weight"),
    (b'{"prompt": "fox", "options": {"pinned": ["' + b'","'.join(b"a%d" % i for i in range(5000)) + b'"]}}', "pinned"),
    (b'{"prompt": "' + b"fox, " * 10_000 + b'"}', "characters"),
]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("body", "named"), BROKEN, ids=[str(body[:60]) for body, _ in BROKEN])
def test_bodies_that_are_no_request_are_refused_with_a_sentence(zoo, listen, body, named):
    answer = post(listen(), "/select", data=body, headers=JSON)
    assert answer.status_code == 422 and named in answer.json()["detail"], answer.text
    assert zoo.core.asked == []


def test_a_name_that_is_no_text_is_told(zoo, listen):
    zoo.core.add("odd\udcff", word="fox", file=zoo.loras / "odd.safetensors")
    assert [a["name"] for a in get(listen(), "/adapters").json()["adapters"]] == ["fox_v2", "snow", "odd\udcff"]


# -- who may ask -------------------------------------------------------------------------------------------------------


def registered(host):
    """Method and path of every route of ours that the application has."""
    return [(method, r.path) for r in host.app.routes if "/stylus/" in r.path for method in r.methods]


def test_every_route_refuses_pages_of_other_origins(zoo, listen):
    port = listen()
    base = f"http://127.0.0.1:{port}"

    def status(headers, method, path):
        body = {"prompt": "a fox"} if method == "POST" else None
        return requests.request(method, base + path, json=body, headers=headers, timeout=HANG).status_code

    foreign = [
        {"Origin": origin}
        for origin in (
            *("https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", f"http://evil.example:{port}"),
            *(
                f"http://127.0.0.1.evil.example:{port}",
                f"http://127.0.0.1:{port}@evil.example",
                "http://[::1",
                "file://",
            ),
            *("x" * 10_000, f"http://127.0.0.1:{port}/path"),
        )
    ]
    foreign += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "nonsense")]
    foreign += [{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "X-Forwarded-Host": "other.example"}]
    own = [
        {},
        {"Origin": base},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
        # a proxy in front of it, and what it makes of the address
        {"Origin": "https://pictures.example", "Host": "pictures.example"},
        {"Origin": "https://pictures.example:8443", "Host": "pictures.example:8443"},
        {"Origin": "https://pictures.example", "X-Forwarded-Host": "pictures.example"},
        {"Origin": "https://a1b2.share.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://[::1]:7860", "Host": "[::1]:7860"},
    ]
    assert len(registered(zoo)) == len(ROUTES)
    for method, path in registered(zoo):
        assert {status(headers, method, path) for headers in own} <= LET_IN, path
        assert {status(headers, method, path) for headers in foreign} == {403}, path
    asked = len(zoo.core.asked)
    assert asked == len(own) or asked == 1  # the same prompt is not selected for again


@pytest.mark.parametrize(
    ("flags", "origin", "status"),
    [
        ({"cors_allow_origins": "https://a.example, https://b.example"}, "https://b.example", 200),
        ({"cors_allow_origins": "https://a.example"}, "https://b.example", 403),
        ({"cors_allow_origins": "*"}, "https://b.example", 200),
        ({"cors_allow_origins_regex": r"https://\w+\.example"}, "https://b.example", 200),
        ({"cors_allow_origins_regex": r"https://\w+\.example"}, "https://b.example.evil", 403),
        ({"cors_allow_origins_regex": "("}, "https://b.example", 403),
        ({"cors_origins": "https://b.example"}, "https://b.example", 200),
        ({"cors_regex": "https://b.*"}, "https://b.example", 200),
    ],
)
def test_pages_that_the_host_lets_in(host, listen, flags, origin, status):
    host.adapter("fox_v2", word="fox")
    host.start(**flags)
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    answer = post(listen(), "/select", json={"prompt": "a fox"}, headers=headers)
    assert answer.status_code == status


def test_every_route_that_does_something_takes_bounded_json_alone(zoo, listen):
    port, kinds = listen(), ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
    doing = [(method, path) for method, path in registered(zoo) if method not in ("GET", "HEAD")]
    assert doing
    indexed = zoo.core.indexed
    for method, path in doing:
        url = f"http://127.0.0.1:{port}{path}"
        for kind in (*kinds, "text/plain; application/json", "application/json-seq"):
            answer = requests.request(
                method, url, data=b'{"prompt": "a fox"}', headers={"Content-Type": kind}, timeout=HANG
            )
            assert answer.status_code == 415 and "application/json" in answer.json()["detail"], (path, kind)
        assert requests.request(method, url, timeout=HANG).status_code == 415
        for body, status in ((b" " * (1 << 21), 413), (b"{", 422), (b"[]", 422), (b'{"x": NaN}', 422)):
            answer = requests.request(method, url, data=body, headers=JSON, timeout=HANG)
            assert answer.status_code == status and answer.json()["detail"], (path, body[:9])
    assert zoo.core.asked == [] and zoo.core.indexed == indexed


def test_adapters_in_pages(zoo, listen):
    port = listen()
    page = get(port, "/adapters", params={"limit": 1, "offset": 1}).json()
    assert page["total"] == 2 and [a["name"] for a in page["adapters"]] == ["snow"]
    assert get(port, "/adapters", params={"query": "FOX"}).json()["total"] == 1
    assert get(port, "/adapters", params={"limit": "x"}).status_code == 422


def test_index_state_rescan_and_before_it_is_ready(host, listen):
    host.core.hold = threading.Event()
    host.adapter("fox_v2", word="fox")
    host.start(wait=False)
    port = listen()
    assert get(port, "/index").json()["status"] == "indexing"
    early = post(port, "/select", json={"prompt": "a fox"})
    assert early.status_code == 503 and "used as typed" in early.json()["detail"]
    assert get(port, "/adapters").status_code == 503
    host.core.hold.set()
    assert host.service.wait(HANG)
    assert get(port, "/index").json()["adapters"] == 1
    indexed = host.core.indexed
    assert post(port, "/index/rescan", json={}).status_code == 200
    assert host.service.wait(HANG) and host.core.indexed == indexed + 1


def test_the_hosts_refresh_rescans(zoo, client):
    indexed = zoo.core.indexed
    client.refresh_loras() if hasattr(client, "refresh_loras") else requests.post(
        f"{client.baseurl}/refresh-loras", timeout=HANG
    )
    assert zoo.service.wait(HANG) and zoo.core.indexed == indexed + 1


# -- corrections -------------------------------------------------------------------------------------------------------

SAID = {"prompt": "a fox", "name": "fox_v2", "action": "removed"}


@pytest.fixture
def learns(zoo, listen):
    """The port of a WebUI that learns from corrections."""
    from stylus_webui import settings

    settings.set_learns(True)
    return listen()


def test_a_correction_is_kept_listed_and_taken_back(zoo, learns):
    made = post(learns, "/feedback", json=SAID)
    assert made.status_code == 200 and {**SAID, "number": 1, "weight": None, "by": "api"}.items() <= made.json().items()
    post(learns, "/feedback", json={**SAID, "action": "weighed", "weight": 0.4})
    listed = get(learns, "/feedback").json()
    assert listed["on"] is True and [(c["number"], c["weight"]) for c in listed["corrections"]] == [(2, 0.4), (1, None)]
    assert post(learns, "/feedback/undo", json={"number": 1}).json()["action"] == "removed"
    again = post(learns, "/feedback/undo", json={"number": 1})
    assert again.status_code == 422 and "number 1" in again.json()["detail"]
    assert [c["number"] for c in get(learns, "/feedback").json()["corrections"]] == [2]


def test_nothing_is_kept_while_the_webui_does_not_learn(zoo, listen):
    port = listen()
    answer = post(port, "/feedback", json=SAID)
    assert answer.status_code == 422 and "Learn from my own pictures" in answer.json()["detail"]
    assert get(port, "/feedback").json() == {"on": False, "corrections": []} and not zoo.core.history.on


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "prompt"),
        ({**SAID, "prompt": " "}, "prompt"),
        ({**SAID, "prompt": "x" * 32_769}, "32,768"),
        ({**SAID, "name": "nobody"}, "nobody"),
        ({**SAID, "name": 3}, "name"),
        ({**SAID, "action": "loved"}, "loved"),
        ({**SAID, "action": ["removed"]}, "action"),
        ({**SAID, "action": "weighed"}, "weight"),
        ({**SAID, "weight": 0.5}, "weight"),
        ({**SAID, "action": "weighed", "weight": "heavy"}, "weight"),
        ({**SAID, "action": "weighed", "weight": True}, "weight"),
        ({**SAID, "action": "weighed", "weight": 11}, "-10 to 10"),
        ({**SAID, "by": "user"}, "by"),
    ],
)
def test_a_correction_that_is_none_is_refused_by_name(zoo, learns, body, named):
    answer = post(learns, "/feedback", json=body)
    assert answer.status_code == 422 and named in answer.json()["detail"] and zoo.core.history.said == []


@pytest.mark.parametrize("body", [{}, {"number": "1"}, {"number": True}, {"number": 1.5}, {"number": 1, "x": 2}])
def test_what_is_no_number_takes_nothing_back(zoo, learns, body):
    post(learns, "/feedback", json=SAID)
    assert post(learns, "/feedback/undo", json=body).status_code == 422 and len(zoo.core.history.said) == 1


def test_no_answer_but_the_list_says_what_was_corrected_or_used(zoo, learns):
    from stylus_core.history.records import OwnUse

    zoo.core.history.used["fox_v2"] = OwnUse(41, 12, 1_772_366_400.0, (0.5, 0.65, 0.8))
    post(learns, "/feedback", json={**SAID, "prompt": "a fox in secret"})
    answers = [get(learns, path).text for method, path in ROUTES if method == "GET" and path != "/feedback"]
    answers.append(post(learns, "/select", json={"prompt": "a fox"}).text)
    for text in answers:
        assert "secret" not in text and "own_note" not in text and "pictures of yours" not in text
