"""Checks of a page's HTML for screen readers and the security policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

_VOID = {"meta", "link", "img", "input", "br", "wbr", "hr"}
_SVG_LEAVES = {"path", "line", "circle", "rect", "use", "image", "defs", "g"}
#: Elements within a word or sentence; text around others is separated by spaces.
_INLINE = {"a", "b", "strong", "code", "time", "span", "wbr", "i"}


class Outline(HTMLParser):
    """Elements, headings and text of a page; parsing fails if tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.text += "" if tag in _INLINE else " "
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {tag} {attrs}"
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in _VOID | _SVG_LEAVES, f"<{tag}/> is no element of HTML"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        self.text += "" if tag in _INLINE else " "
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def words(self):
        return " ".join(self.text.split())


def check_page(html: str) -> Outline:
    """Check the rules for every page, and return its outline."""
    page = Outline(html)
    assert html.startswith("<!doctype html>")
    (root,) = page.all("html")
    assert root["lang"] == "en"
    assert page.all("title")
    assert page.all("meta")[1]["name"] == "viewport"
    # Headings: one h1, and no level is skipped.
    assert page.headings.count(1) == 1, page.headings
    assert all(b - a <= 1 for a, b in pairwise(page.headings))
    # Nothing that the policy refuses, and nothing from other servers.
    assert not page.all("style")
    for tag, attributes in page.elements:
        assert "style" not in attributes, (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("href", "src", "action"):
            address = attributes.get(name) or "/"
            assert address.startswith(("/", "?", "#")), (tag, address)
            assert not address.startswith("//"), (tag, address)
    assert all(script["src"] for script in page.all("script"))
    # Labels and descriptions.
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)), ids
    for _, attributes in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(name, ids[0]) in ids, attributes
    labelled = {label["for"] for label in page.all("label")}
    for field in page.all("input"):
        assert field.get("aria-label") or field["id"] in labelled, field
    assert all("alt" in image for image in page.all("img"))
    for chart in page.all("svg"):
        assert chart.get("aria-hidden") == "true" or chart.get("aria-label"), chart
    assert len(page.all("table")) == len(page.all("caption"))
    assert all("scope" in cell for cell in page.all("th"))
    assert sum(link.get("aria-current") == "page" for link in page.all("a")) <= 1
    return page


def check_self_contained(html: str) -> Outline:
    """Check that a page needs no script and no other file; return its outline."""
    page = Outline(html)
    for tag in ("script", "img", "link", "iframe"):
        assert not page.all(tag), tag
    # Names of XML vocabularies are not fetched.
    addresses = set(re.findall(r"https?://[^\"' )<]+", html))
    assert all("w3.org" in address for address in addresses), addresses
    assert not re.search(r"url\((?!#)", html)
    assert all("aria-label" in figure for figure in page.all("figure"))
    assert page.headings[0] == 1
    return page
