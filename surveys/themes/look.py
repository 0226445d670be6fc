"""A theme as data, read from its document with everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys.definition.nodes import LONGEST_LABEL, Node
from surveys.definition.problems import DefinitionError, Findings
from surveys.pictures import Picture, PictureRefused, from_text
from surveys.texts import Texts
from surveys.themes import palette as palettes
from surveys.themes.colours import colour
from surveys.themes.palette import PARTS, Palette
from surveys.wording import gettext as _

# The first of each is the usual one.
FONTS = ("system", "serif", "rounded", "inter", "source-serif", "atkinson")
APPEARANCES = ("auto", "light", "dark")
PROGRESSES = ("bar", "steps", "words", "none")
PAGINGS = ("pages", "questions")

MOST_LINKS = 8
LONGEST_FOOTER = 2_000
LONGEST_ADDRESS = 500
ADDRESS = re.compile(
    r"(https?://[^\s\"<>]+|mailto:[^\s\"<>]+@[^\s\"<>]+|/[^\s\"<>]*)\Z"
)
NAMES = (
    *("key", "name", "colours", "font", "appearance", "progress", "paging"),
    *("logo", "logo_text", "footer", "links"),
)


class ThemeError(DefinitionError):
    """The document is no theme; `problems` say where and why, all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Such as the imprint or the privacy notice."""

    label: Texts
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the pages of a survey look."""

    # What a person chose; all other colours follow.
    chosen_light: Mapping[str, str] = field(default_factory=dict)
    chosen_dark: Mapping[str, str] = field(default_factory=dict)
    font: str = FONTS[0]
    appearance: str = APPEARANCES[0]
    progress: str = PROGRESSES[0]
    # Whole pages, or one question at a time.
    paging: str = PAGINGS[0]
    logo: Picture | None = None
    # What the logo says to those who do not see it.
    logo_text: Texts = field(default_factory=dict)
    footer: Texts = field(default_factory=dict)
    links: tuple[Link, ...] = ()

    @property
    def light(self) -> Palette:
        return palettes.light(self.chosen_light)

    @property
    def dark(self) -> Palette:
        return palettes.dark(self.chosen_dark, self.light)

    @property
    def scheme(self) -> str:
        """What browsers are told of it, for their own controls."""
        return "light dark" if self.appearance == "auto" else self.appearance

    def to_document(self) -> dict[str, Any]:
        """What is not as it usually is."""
        colours = {"light": dict(self.chosen_light), "dark": dict(self.chosen_dark)}
        words = ("font", "appearance", "progress", "paging")
        said = {
            "colours": {name: part for name, part in colours.items() if part},
            **{name: getattr(self, name) for name in words},
            "logo": str(self.logo) if self.logo else "",
            "logo_text": dict(self.logo_text),
            "footer": dict(self.footer),
            "links": [{"label": dict(one.label), "url": one.url} for one in self.links],
        }
        return {
            name: part
            for name, part in said.items()
            if part and part != getattr(USUAL, name, None)
        }


USUAL = Look()


def read(document: object) -> Look:
    """Raise `ThemeError` with all that is wrong; a colour nobody can read is."""
    findings = Findings()
    if not isinstance(document, Mapping):
        findings.add("", _("A theme document is an object with key and name."))
        raise ThemeError(findings.problems)
    look = _look(Node(document, "", findings))
    if findings.problems:
        raise ThemeError(findings.problems)
    return look


def read_anyway(document: Mapping[str, Any]) -> Look:
    """The look as far as it can be read: for a preview of what is being typed."""
    return _look(Node(document, "", Findings()))


def _look(node: Node) -> Look:
    node.only(NAMES)
    light, dark = _colours(node)
    look = Look(
        chosen_light=light,
        chosen_dark=dark,
        font=node.word("font", FONTS),
        appearance=node.word("appearance", APPEARANCES),
        progress=node.word("progress", PROGRESSES),
        paging=node.word("paging", PAGINGS),
        logo=_logo(node),
        logo_text=node.texts("logo_text", longest=LONGEST_LABEL),
        footer=node.texts("footer", longest=LONGEST_FOOTER),
        links=tuple(_links(node)),
    )
    if look.logo and not look.logo_text:
        node.add("logo_text", _("Say what the logo says, for those who do not see it."))
    _refuse_faint(node, look)
    return look


def _refuse_faint(node: Node, look: Look) -> None:
    """Only what is shown must be readable."""
    shown = {"light": look.light, "dark": look.dark}
    for name, palette in shown.items():
        if look.appearance in {"auto", name}:
            for part, message in palettes.problems(palette):
                node.add(f"colours.{name}.{part}", message)


def _colours(node: Node) -> tuple[dict[str, str], dict[str, str]]:
    given = node.document.get("colours", {})
    if not isinstance(given, Mapping):
        node.add("colours", _('Give colours as {"light": {"accent": "#0b5c4d"}}.'))
        return {}, {}
    inner = Node(given, node.at("colours"), node.findings)
    inner.only(("light", "dark"))
    light, dark = (_chosen(inner, name) for name in ("light", "dark"))
    return light, dark


def _chosen(node: Node, name: str) -> dict[str, str]:
    given = node.document.get(name, {})
    if not isinstance(given, Mapping):
        node.add(name, _("This must be an object."))
        return {}
    inner = Node(given, node.at(name), node.findings)
    inner.only(PARTS)
    found = {}
    for part in PARTS:
        text = given.get(part)
        read_as = colour(text)
        if read_as is not None:
            found[part] = str(read_as)
        elif text:
            inner.add(part, _("Use a colour such as #0b5c4d."))
    return found


def _logo(node: Node) -> Picture | None:
    text = node.document.get("logo")
    if not text:
        return None
    try:
        return from_text(text if isinstance(text, str) else "")
    except PictureRefused as error:
        node.add("logo", str(error))
        return None


def _links(node: Node) -> Iterator[Link]:
    for one in node.nodes("links", most=MOST_LINKS):
        one.only(("label", "url"))
        label = one.texts("label", longest=LONGEST_LABEL)
        if not label:
            one.add("label", _("Say where the link leads."))
        url = one.line("url", LONGEST_ADDRESS)
        if not ADDRESS.match(url):
            one.add(
                "url", _("Use an address such as https://example.com/privacy here.")
            )
        yield Link(label=label, url=url)
