"""Goes through a survey as a respondent would, and keeps nothing.

What was answered so far travels with the page, signed; nobody is invited, and no
response is begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from responses import forms, languages, route
from responses.tongues import tongue
from responses.views import notices
from responses.views.turning import SAVE
from surveys import logic, piping
from surveys.answers import AnswerProblem, Raw
from surveys.arrangement import arranged
from surveys.definition import Definition, Kind, Page
from surveys.looks import Style
from surveys.showing import Scene
from surveys.speech import Speech

SALT = "responses.preview"
# The same order by chance each time it is looked at.
SEED = 1


def show(request: HttpRequest, scene: Scene) -> HttpResponse:
    """The page that the scene begins with, or what follows the one that was sent."""
    scenery = Scenery(scene, _carried(request.POST.get("start", "")))
    page = scenery.definition.page(request.POST.get("page", ""))
    if request.method == "POST" and page is not None:
        return scenery.turn(request, page)
    return scenery.page(scenery.definition.page(scene.page) or scenery.first())


def _carried(signed: str) -> dict[str, object]:
    try:
        found = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        return {}
    return dict(found)


class Scenery:
    """One look at a scene, with what was answered on the way."""

    def __init__(self, scene: Scene, answers: dict[str, object]) -> None:
        self.scene = scene
        single = scene.look.paging == "questions"
        self.definition: Definition = arranged(
            scene.definition, seed=SEED, single=single
        )
        self.answers = answers
        self.language = self.spoken(scene.language)

    def spoken(self, language: str) -> str:
        definition = self.definition
        return languages.choose(
            [language], definition.languages, definition.default_language
        )

    def first(self) -> Page | None:
        return logic.next_page(self.definition, self.answers, {}, None)

    def turn(self, request: HttpRequest, page: Page) -> HttpResponse:
        if request.POST.get("go") == SAVE:
            # Sent by the page itself while somebody answers: here it has no use.
            return HttpResponse(status=204)
        if "lang" in request.POST:
            self.language = self.spoken(request.POST["lang"])
            return self.page(page)
        raw = forms.raw_answers(page, dict(request.POST.lists()))
        reading = route.read(page, self.definition, self.answers, {}, raw)
        self.answers = reading.answers
        if request.POST.get("go") == "back":
            before = logic.previous_page(self.definition, self.answers, {}, page.key)
            return self.page(before or page)
        problems = self.asked_of_people(reading.problems)
        if problems:
            return self.page(page, raw=raw, problems=problems)
        if reading.opened:
            return self.page(page, more=True)
        following = logic.next_page(self.definition, self.answers, {}, page.key)
        return self.page(following)

    def asked_of_people(
        self, problems: Mapping[str, AnswerProblem]
    ) -> dict[str, AnswerProblem]:
        """A file is not taken in here, so it may be missing."""
        files = {
            one.key for one in self.definition.questions() if one.kind is Kind.FILE
        }
        return {key: one for key, one in problems.items() if key not in files}

    def page(
        self,
        page: Page | None,
        *,
        raw: Mapping[str, Raw] | None = None,
        problems: dict[str, AnswerProblem] | None = None,
        more: bool = False,
    ) -> HttpResponse:
        if page is None:
            return self.end()
        speech, spoken = self.speech(), tongue(self.language)
        title = self.definition.title
        with translation.override(spoken.interface):
            context: dict[str, Any] = {
                "tongue": spoken,
                "survey": speech.plain(title),
                "survey_html": speech.inline(title),
                "sheet": forms.sheet(
                    page,
                    self.definition,
                    self.answers,
                    {},
                    speech=speech,
                    raw=raw,
                    problems=problems,
                    seed=SEED,
                ),
                "own": {"start": signing.dumps(self.answers, salt=SALT)},
                "dress": self.style.dress(speech),
                "languages": [
                    (code, languages.own_name(code))
                    for code in self.definition.languages
                    if code != self.language
                ],
                "more": more,
                "resumes": "link",
            }
            content = render_to_string("respondent/page.html", context)
        return HttpResponse(content)

    def end(self) -> HttpResponse:
        speech = self.speech()
        ending = logic.ending(self.definition, self.answers, {})
        return notices.render(
            notices.SCREENED_OUT if ending.screened_out else notices.THANKS,
            language=self.language,
            survey=speech.plain(self.definition.title),
            body=speech.paragraphs(ending.text),
            dress=self.style.dress(speech),
        )

    @property
    def style(self) -> Style:
        scene = self.scene
        return Style(look=scene.look, stylesheet=scene.stylesheet, logo=scene.logo)

    def speech(self) -> Speech:
        return Speech(
            language=self.language,
            default=self.definition.default_language,
            fill=piping.filler(self.definition, self.answers, {}, {}, self.language),
        )
