"""Owns the pages of a survey: shown by GET, which records no answer, and turned by
POST, which saves before it goes on."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from deployments import invitations
from responses import forms, origins, visits
from responses.views import notices
from responses.views.doorway import respondent_page
from responses.views.showing import close, language_of, see, show
from responses.views.turning import Turn
from responses.visits import Visit

VARIABLE = "v-"


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
    language = language_of(request, visit)
    if request.method == "POST":
        return Turn(request.POST, request.FILES, visit, language, now).take()
    if visit.is_completed:
        return close(notices.ALREADY_ANSWERED, visit, language)
    page = visit.page(request.GET.get("page"))
    if page is None:
        return close(notices.NOTHING_TO_ASK, visit, language)
    problems = None
    if "check" in request.GET:
        problems = forms.missing_problems(
            page, visit.definition, visit.answers, visit.variables
        )
    more = "more" in request.GET
    return show(visit, page, language, problems=problems, more=more)


def _thanks(request: HttpRequest, visit: Visit) -> HttpResponse:
    if not visit.is_completed:
        return see(visit.address)
    return close(notices.THANKS, visit, language_of(request, visit))


def _given_variables(request: HttpRequest) -> dict[str, str]:
    """Open variables: in the query of the link, then carried by the form."""
    carried = {
        name.removeprefix(VARIABLE): value
        for name, value in request.POST.items()
        if name.startswith(VARIABLE) and isinstance(value, str)
    }
    return {**{name: str(value) for name, value in request.GET.items()}, **carried}
