"""Owns the question for a deployment's password, which stands before its first page."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from responses import limits
from responses.tongues import tongue
from responses.views import notices
from responses.views.framing import surroundings
from responses.views.showing import speech_of
from responses.visits import Visit

# Guesses that one address has for one deployment, and after how long again.
MOST_TRIES = 10
PAUSE_SECONDS = 600
LONGEST = 200


def opens(request: HttpRequest, visit: Visit) -> bool:
    """Whether the password was sent; a wrong one is counted.

    A try is counted before it is looked at, so that many at once are no more of them.
    """
    given = request.POST.get("password")
    if request.method != "POST" or given is None:
        return False
    address = limits.own_address(request) or request.META.get("REMOTE_ADDR")
    who = f"{visit.deployment.pk}:{address}"
    try:
        limits.spend("password", who, MOST_TRIES, window=PAUSE_SECONDS)
    except limits.TooOften as often:
        raise notices.Refused(notices.TOO_OFTEN) from often
    if not check_password(given[:LONGEST], visit.deployment.password_hash):
        return False
    limits.give_back("password", who)
    return True


def ask(request: HttpRequest, visit: Visit, language: str) -> HttpResponse:
    spoken, speech = tongue(language), speech_of(visit, language)
    wrong = "password" in request.POST
    with translation.override(spoken.interface):
        content = render_to_string(
            "respondent/password.html",
            {
                "tongue": spoken,
                "survey": speech.plain(visit.definition.title),
                "visit": visit,
                "dress": visit.style.dress(speech),
                "around": surroundings(visit),
                "wrong": wrong,
            },
        )
    answer = HttpResponse(content, status=422 if wrong else 200)
    answer["Content-Language"] = language
    return answer
