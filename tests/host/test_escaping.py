"""Whatever a stranger wrote into a file's name or its texts stands on the panel as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from stylus_core.types import Pick
from stylus_webui import chips

#: Each leaves another kind of place in a page: text, a quoted attribute of either kind, an entity, a comment.
HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "&quot; onclick=&quot;alert(1)",
    "</div></li></ul><svg onload=alert(1)>",
    "--><iframe srcdoc=x><!--",
    "&lt;b&gt; &amp; {{7*7}} ${1}",
]
ELEMENTS = {
    *("div", "ul", "li", "span", "p", "button", "input", "img", "details", "summary", "mark", "sup", "progress", "a"),
}
ATTRIBUTES = {
    *("class", "role", "type", "alt", "src", "title", "value", "min", "max", "step", "aria-label", "aria-expanded"),
    *("data-stylus", "data-name", "data-busy", "data-slot", "data-copy", "disabled", "href", "target", "rel"),
}


class ParsedFragment(HTMLParser):
    """What a browser makes of a piece of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.other: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.other.append(data)

    def values(self, name):
        return {value for key, value in self.attributes if key == name}


def pick(name, **more):
    return Pick(**{"name": name, "path": "/x", "weight": 0.8, "keyword": "", "reason": "", **more})


def plain(page):
    assert page.elements <= ELEMENTS and {name for name, _ in page.attributes} <= ATTRIBUTES and not page.other


@pytest.mark.parametrize("kind", ["picks", "nearly"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_text_wherever_a_chip_has_it(text, kind):
    second = pick(f"{text} low", belongs_to=text)
    for known in ({}, {"pinned": frozenset([text]), "banned": frozenset([text])}):
        page = ParsedFragment(
            chips.answer(chips.View(**{"prompt": "a fox", "picks": (second,), kind: (pick(text), second), **known}))
        )
        plain(page)
        # every tool of the chip acts on this very name
        assert page.values("data-name") <= {text, f"{text} low"} and text in page.values("data-name")
        assert text in "".join(page.text)
        labels = {value for value in page.values("aria-label") if value}
        assert labels and all(label.endswith((f" {text}", f" {text} low")) for label in labels)
        assert text in page.values("data-copy")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["title", "keyword", "reason", "kind", "preview"])
def test_what_else_a_pick_tells_is_text(text, field):
    made = pick("fox", **{field: text})
    page = ParsedFragment(chips.answer(chips.View(prompt="a fox", picks=(made,), nearly=(made,))))
    plain(page)
    assert field in ("kind", "preview") or text in "".join(page.text)
    page = ParsedFragment(chips.answer(chips.View(prompt="a fox", picks=(pick("fox", trigger_words=(text,)),))))
    plain(page)
    assert f"Trigger words: {text}." in "".join(page.text)


@pytest.mark.parametrize("text", HOSTILE)
def test_prompts_notes_and_what_is_left_out_are_text(text):
    marked = pick("fox", keyword=text, start=len(text), end=2 * len(text))
    page = ParsedFragment(chips.answer(chips.View(prompt=text * 3, picks=(marked,), notes=(text,), removed=(text,))))
    plain(page)
    assert page.values("data-name") == {text, "fox"}
    assert "".join(page.text).count(text) >= 6  # before, in and after the mark, keyword, note, what is left out


@pytest.mark.parametrize(
    "address", [*HOSTILE, "javascript:alert(1)", "data:text/html,x", "//x/y", "https://[", "http:"]
)
def test_a_page_is_only_linked_if_it_is_an_address_of_the_web(address):
    page = ParsedFragment(chips.answer(chips.View(picks=(pick("fox"),), pages={"fox": address})))
    plain(page)
    assert "a" not in page.elements


def test_a_page_is_opened_without_a_way_back():
    address = 'https://civitai.com/models/7?modelVersionId=9&x="><b>'
    page = ParsedFragment(chips.answer(chips.View(picks=(pick("fox"),), pages={"fox": address})))
    plain(page)
    assert page.values("href") == {address} and page.values("rel") == {"noopener noreferrer"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_status_is_text(text):
    page = ParsedFragment(chips.status(text, True, 1, 2))
    plain(page)
    assert "".join(page.text) == text
