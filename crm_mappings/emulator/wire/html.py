"""Owns the little HTML that the org shows: escaped elements and the page around them."""

from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("style.css")
VOID = frozenset({"input", "link", "meta", "br"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *content: str, **attributes: str | bool) -> Html:
    """An element; names like ``for_`` lose the underscore, ``True`` is a bare name."""
    shown = "".join(
        f" {key.rstrip('_')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not False
    )
    if name in VOID:
        return Html(f"<{name}{shown}>")
    inner = "".join(
        each if isinstance(each, Html) else escape(each) for each in content
    )
    return Html(f"<{name}{shown}>{inner}</{name}>")


def document(title: str, *body: str, root: str = "") -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} – emulated org"),
        tag("link", rel="stylesheet", href=f"{root}/emulator/style.css"),
    )
    header = tag(
        "header",
        tag("a", "Emulated org", href=f"{root}/"),
        tag("span", "for demo and tests, not Salesforce"),
    )
    page = tag("html", head, tag("body", header, tag("main", *body)), lang="en")
    return f"<!doctype html>\n{page}\n"


def table(headings: list[str], rows: list[list[str]]) -> Html:
    if not rows:
        return tag("p", "None.", class_="none")
    top = tag("tr", *(tag("th", each, scope="col") for each in headings))
    lines = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    return tag(
        "div", tag("table", tag("thead", top), tag("tbody", *lines)), class_="wide"
    )


def link(text: str, href: str) -> Html:
    return tag("a", text, href=href)
