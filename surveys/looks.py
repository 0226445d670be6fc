"""Owns what a survey's theme puts around a page, said in the respondent's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString

from surveys.models import Survey
from surveys.speech import Speech
from surveys.themes import USUAL, Look
from surveys.theming import look_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What templates print of a look."""

    scheme: str = USUAL.scheme
    # Addresses; blank where the theme has none.
    stylesheet: str = ""
    logo: str = ""
    logo_text: str = ""
    footer: SafeString | str = ""
    links: tuple[tuple[SafeString, str], ...] = ()
    progress: str = USUAL.progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A look, and where its files are."""

    look: Look = USUAL
    stylesheet: str = ""
    logo: str = ""

    def dress(self, speech: Speech) -> Dress:
        look = self.look
        return Dress(
            scheme=look.scheme,
            stylesheet=self.stylesheet,
            logo=self.logo,
            logo_text=speech.plain(look.logo_text),
            footer=speech.paragraphs(look.footer),
            links=tuple((speech.inline(one.label), one.url) for one in look.links),
            progress=look.progress,
        )


PLAIN = Style()


def style_of(survey: Survey) -> Style:
    look, name = look_of(survey)
    if not name:
        return PLAIN
    logo = look.logo
    return Style(
        look=look,
        stylesheet=reverse("look_stylesheet", args=[name]),
        logo=reverse("look_logo", args=[name, logo.ending]) if logo else "",
    )
