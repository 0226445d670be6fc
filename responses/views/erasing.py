"""Owns the page on which respondents erase their own answers: a GET asks, a POST does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation

from responses import arrivals
from responses.doors import Way
from responses.erasure import erase
from responses.tongues import tongue
from responses.views import notices
from responses.views.answering import door_of
from responses.views.doorway import respondent_page
from responses.views.framing import framed, surroundings
from responses.views.showing import close, language_of, see, speech_of
from responses.visits import Visit


@respondent_page
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    return _erase(request, arrivals.by_link(token, now=timezone.now(), sends=True))


@respondent_page
def unlinked(request: HttpRequest, token: str, own: str) -> HttpResponse:
    now = timezone.now()
    return _erase(request, arrivals.by_unlinked_token(token, own, now=now))


@respondent_page
def behind_door(request: HttpRequest, way: Way, name: str, token: str) -> HttpResponse:
    door = door_of(way, name)
    visit = arrivals.by_door_token(door, token)
    return framed(_erase(request, visit), door, visit.deployment)


def _erase(request: HttpRequest, visit: Visit) -> HttpResponse:
    language = language_of(request, visit)
    if visit.response is None:
        return see(visit.posts_to)
    if request.method != "POST" and visit.erases:
        return _ask(visit, language)
    if request.method == "POST":
        visit.response.asked = visit.asked
        erase(response=visit.response, now=visit.clock(timezone.now()))
        visit.response.refresh_from_db(fields=["status"])
    return close(notices.ERASED, visit, language)


def _ask(visit: Visit, language: str) -> HttpResponse:
    spoken, speech = tongue(language), speech_of(visit, language)
    context = {
        "tongue": spoken,
        "survey": speech.plain(visit.definition.title),
        "visit": visit,
        "dress": visit.style.dress(speech),
        "around": surroundings(visit),
    }
    with translation.override(spoken.interface):
        answer = HttpResponse(render_to_string("respondent/erase.html", context))
    answer["Content-Language"] = spoken.language
    return answer
