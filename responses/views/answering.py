"""Owns the pages of a survey: shown by GET, which records no answer, and turned by
POST, which saves before it goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation.trans_real import parse_accept_lang_header

from deployments import invitations
from responses import forms, languages, origins, submission, visits
from responses.models import Response
from responses.tongues import tongue
from responses.views import notices
from responses.views.doorway import respondent_page
from responses.visits import Visit
from surveys import logic
from surveys.answers import AnswerProblem, Raw
from surveys.arrangement import PART
from surveys.definition import Definition, Kind, Page

log = logging.getLogger(__name__)

VARIABLE = "v-"
SAVE = "save"


@respondent_page
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    visit = visits.by_link(token, now=now)
    _note_opening(request, visit, now)
    return _answer(request, visit, now)


@respondent_page
def by_web_link(request: HttpRequest, slug: str) -> HttpResponse:
    visit = visits.by_web_link(slug, start=request.POST.get("start", ""))
    return _answer(request, visit, timezone.now())


@respondent_page
def by_web_token(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    return _answer(request, visits.by_web_token(slug, token), timezone.now())


@respondent_page
def thanks_by_link(request: HttpRequest, token: str) -> HttpResponse:
    return _thanks(request, visits.by_link(token, now=timezone.now()))


@respondent_page
def thanks_by_web_token(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    return _thanks(request, visits.by_web_token(slug, token))


def _note_opening(request: HttpRequest, visit: Visit, now: datetime) -> None:
    """Only what a person asked to see counts as opened; it changes nothing else."""
    invitation = visit.invitation
    if request.method != "GET" or invitation is None or invitation.opened_at:
        return
    if not origins.is_prefetch(request):
        invitations.mark_opened(invitation=invitation, now=now)


def _answer(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    visit = visit.carrying(_given_variables(request))
    language = _language(request, visit)
    if request.method == "POST":
        return Turn(request.POST, request.FILES, visit, language, now).take()
    if visit.is_completed:
        return _closing(notices.ALREADY_ANSWERED, visit, language)
    page = visit.page(request.GET.get("page"))
    if page is None:
        return _closing(notices.NOTHING_TO_ASK, visit, language)
    problems = None
    if "check" in request.GET:
        problems = forms.missing_problems(
            page, visit.definition, visit.answers, visit.variables
        )
    more = "more" in request.GET
    return _show(visit, page, language, problems=problems, more=more)


def _thanks(request: HttpRequest, visit: Visit) -> HttpResponse:
    if not visit.is_completed:
        return _see(visit.address)
    return _closing(notices.THANKS, visit, _language(request, visit))


def _given_variables(request: HttpRequest) -> dict[str, str]:
    """Open variables: in the query of the link, then carried by the form."""
    carried = {
        name.removeprefix(VARIABLE): value
        for name, value in request.POST.items()
        if name.startswith(VARIABLE) and isinstance(value, str)
    }
    return {**{name: str(value) for name, value in request.GET.items()}, **carried}


def _language(request: HttpRequest, visit: Visit) -> str:
    """By choice, by what was begun, by invitation, by the browser, by default."""
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    wanted = [
        request.POST.get("lang", ""),
        request.GET.get("lang", ""),
        request.POST.get("language", ""),
        visit.response.language if visit.response else "",
        visit.invitation.language if visit.invitation else "",
        *(code for code, _weight in accepted),
    ]
    definition = visit.definition
    return languages.choose(wanted, definition.languages, definition.default_language)


def _show(
    visit: Visit,
    page: Page,
    language: str,
    *,
    raw: Mapping[str, Raw] | None = None,
    problems: Mapping[str, AnswerProblem] | None = None,
    trouble: bool = False,
    more: bool = False,
) -> HttpResponse:
    definition = visit.definition
    spoken = tongue(language)
    speech = _speech(visit, language)
    with translation.override(spoken.interface):
        sheet = forms.sheet(
            page,
            definition,
            visit.answers,
            visit.variables,
            speech=speech,
            raw=raw,
            problems=problems,
            seed=visit.seed,
        )
        content = render_to_string(
            "respondent/page.html",
            {
                "tongue": spoken,
                "survey": speech.plain(definition.title),
                "survey_html": speech.inline(definition.title),
                "sheet": sheet,
                "visit": visit,
                "dress": visit.style.dress(speech),
                "languages": _other_languages(definition, language),
                "trouble": trouble,
                "more": more,
            },
        )
    status = 503 if trouble else 422 if sheet.wrong and raw is not None else 200
    response = HttpResponse(content, status=status)
    response["Content-Language"] = language
    return response


def _other_languages(definition: Definition, language: str) -> list[tuple[str, str]]:
    return [
        (code, languages.own_name(code))
        for code in definition.languages
        if code != language
    ]


def _speech(visit: Visit, language: str) -> forms.Speech:
    return forms.Speech(
        language=language,
        default=visit.definition.default_language,
        fill=visit.filler(language),
    )


def _closing(notice: notices.Notice, visit: Visit, language: str) -> HttpResponse:
    speech = _speech(visit, language)
    body: SafeString | str = ""
    if notice is notices.THANKS:
        ending = visit.ending
        body = speech.paragraphs(ending.text)
        notice = notices.SCREENED_OUT if ending.screened_out else notice
    return notices.render(
        notice,
        language=language,
        survey=speech.plain(visit.definition.title),
        body=body,
        dress=visit.style.dress(speech),
    )


def _see(address: str, page: Page | None = None, **query: str) -> HttpResponse:
    """303: a reload of what comes next sends nothing again."""
    if page is not None:
        query = {"page": page.key, **query}
    target = f"{address}?{urlencode(query)}" if query else address
    return HttpResponseRedirect(target, status=303)


@dataclass(frozen=True, slots=True)
class Turn:
    """One page sent by a respondent: saved, then on, back, or shown again."""

    data: QueryDict
    sent: MultiValueDict[str, UploadedFile[bytes]]
    visit: Visit
    language: str
    now: datetime

    def raw(self, page: Page) -> Mapping[str, Raw]:
        return forms.raw_answers(page, dict(self.data.lists()))

    @property
    def pages(self) -> tuple[Page, ...]:
        visit = self.visit
        return logic.visible_pages(visit.definition, visit.answers, visit.variables)

    @property
    def goes_on(self) -> bool:
        stays = {"back", SAVE}
        return "lang" not in self.data and self.data.get("go") not in stays

    @property
    def only_saves(self) -> bool:
        """Sent by the page itself while somebody answers: nothing is to be shown."""
        return self.data.get("go") == SAVE

    def take(self) -> HttpResponse:
        page = self.visit.definition.page(self.data.get("page", ""))
        if self.only_saves:
            return self.keep(page)
        if self.visit.is_completed:
            return _see(f"{self.visit.address}thanks/")
        if page is None and not self.data.get("page", "").startswith(PART):
            raise notices.Refused(notices.NOT_UNDERSTOOD)
        if page is None or page not in self.pages:
            # Another tab changed the path: this page is no longer on it.
            return _see(self.visit.posts_to)
        try:
            visit, response = self.visit.begun(language=self.language, now=self.now)
            return self.turn(visit, response, page)
        except DatabaseError:
            log.exception("Page %s was not saved", page.key)
            return _show(
                self.visit, page, self.language, raw=self.raw(page), trouble=True
            )

    def keep(self, page: Page | None) -> HttpResponse:
        """Save what is valid so far; what is wrong is said when the page is turned."""
        done = HttpResponse(status=204)
        if (
            self.visit.is_completed
            or page is None
            or page not in self.pages
            or self.lacks_consent(page)
        ):
            return done
        try:
            _visit, response = self.visit.begun(language=self.language, now=self.now)
            self.save(response, page)
        except DatabaseError:
            log.exception("Page %s was not saved", page.key)
            return HttpResponse(status=503)
        return done

    def lacks_consent(self, page: Page) -> bool:
        """Nothing is kept by itself while the page still asks whether it may."""
        raw = self.raw(page)
        return any(
            question.kind is Kind.CONSENT and question.required
            for question in page.questions
            if question.key not in raw
        )

    def save(self, response: Response, page: Page) -> submission.Saved:
        return submission.save_page(
            response=response,
            page_key=page.key,
            raw=self.raw(page),
            now=self.now,
            language=self.language,
            turned=self.goes_on,
            completes=True,
            files=dict(self.sent.lists()),
            definition=self.visit.definition,
        )

    def turn(self, visit: Visit, response: Response, page: Page) -> HttpResponse:
        saved = self.save(response, page)
        if visit.is_completed:
            return _see(f"{visit.address}thanks/")
        if self.goes_on:
            return self.go_on(visit, page, saved)
        return self.stay_or_go_back(visit, page, saved)

    def go_on(self, visit: Visit, page: Page, saved: submission.Saved) -> HttpResponse:
        if saved.problems:
            return self.again(visit, page, saved.problems)
        if saved.opened:
            return _see(visit.address, page, more="1")
        if saved.gap is not None:
            return _see(visit.address, saved.gap, check="1")
        return _see(visit.address, saved.next_page)

    def stay_or_go_back(
        self, visit: Visit, page: Page, saved: submission.Saved
    ) -> HttpResponse:
        """What is merely missing may wait; what was typed wrongly would be lost."""
        typed_wrongly = {
            key: problem
            for key, problem in saved.problems.items()
            if problem.code != "required"
        }
        if typed_wrongly:
            return self.again(visit, page, typed_wrongly)
        if "lang" in self.data:
            return _see(visit.address, page)
        previous = logic.previous_page(
            visit.definition, visit.answers, visit.variables, page.key
        )
        return _see(visit.address, previous or page)

    def again(
        self, visit: Visit, page: Page, problems: Mapping[str, AnswerProblem]
    ) -> HttpResponse:
        return _show(visit, page, self.language, raw=self.raw(page), problems=problems)
