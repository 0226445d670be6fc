"""Owns the addresses of a survey's pages: shown by GET, which records no answer, and
turned by POST, which saves before it goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from deployments import invitations, web_links
from deployments.mail_question import ANSWER
from responses import arrivals, forms, origins, traps
from responses.clicking import clicked
from responses.doors import Door, Way
from responses.views import locks, notices
from responses.views.doorway import respondent_page
from responses.views.framing import framed
from responses.views.showing import close, close_shut, language_of, see, show
from responses.views.turning import Turn
from responses.visits import Visit

VARIABLE = "v-"
ONE_YEAR = 365 * 24 * 60 * 60


@respondent_page
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    try:
        start = request.POST.get("start", "")
        sends = request.method == "POST"
        visit = arrivals.by_link(token, now=now, sends=sends, start=start)
    except arrivals.Shut as shut:
        return close_shut(request, shut)
    machine = _note_opening(request, visit, now)
    return _answer(request, replace(visit, is_machine=machine), now)


@respondent_page
def thanks_by_link(request: HttpRequest, token: str) -> HttpResponse:
    return _thanks(request, arrivals.by_link(token, now=timezone.now()))


@respondent_page
def unlinked(request: HttpRequest, token: str, own: str) -> HttpResponse:
    now = timezone.now()
    return _answer(request, arrivals.by_unlinked_token(token, own, now=now), now)


@respondent_page
def thanks_unlinked(request: HttpRequest, token: str, own: str) -> HttpResponse:
    now = timezone.now()
    return _thanks(request, arrivals.by_unlinked_token(token, own, now=now))


@respondent_page
def at_door(request: HttpRequest, way: Way, name: str) -> HttpResponse:
    """An open door, for somebody new or somebody who sends the first page."""
    now, door = timezone.now(), door_of(way, name)
    start = request.POST.get("start") or request.COOKIES.get(door.cookie, "")
    try:
        visit = arrivals.by_door(
            door, start=start, now=now, sends=request.method == "POST"
        )
    except arrivals.Shut as shut:
        return framed(close_shut(request, shut), door, shut.deployment)
    if visit.is_unlocked:
        answer = _answer(request, visit, now)
    else:
        answer = _at_lock(request, visit)
    return framed(_remembering(request, answer, visit), door, visit.deployment)


@respondent_page
def behind_door(request: HttpRequest, way: Way, name: str, token: str) -> HttpResponse:
    door = door_of(way, name)
    visit = arrivals.by_door_token(door, token)
    answer = _answer(request, visit, timezone.now())
    return framed(answer, door, visit.deployment)


@respondent_page
def thanks_behind_door(
    request: HttpRequest, way: Way, name: str, token: str
) -> HttpResponse:
    door = door_of(way, name)
    visit = arrivals.by_door_token(door, token)
    return framed(_thanks(request, visit), door, visit.deployment)


def door_of(way: Way, name: str) -> Door:
    """The door of this address; a preview is opened by a pass that does not last."""
    key = web_links.read_pass(name) if way is Way.PREVIEW else name
    if not key:
        raise arrivals.UnknownLink
    return Door(way=way, name=name, key=key)


def _note_opening(request: HttpRequest, visit: Visit, now: datetime) -> bool:
    """Note who fetched the page; True for what no person would do.

    Only what a person asked to see counts as opened. It changes nothing else.
    """
    invitation, kept = visit.invited, visit.clock(now)
    if request.method == "POST" or invitation is None or visit.is_completed:
        return False
    if sign := origins.machine_sign(request):
        invitations.note_machine(invitation=invitation, sign=sign, now=kept)
        return True
    if not invitation.opened_at:
        invitations.mark_opened(invitation=invitation, now=kept)
    if ANSWER not in request.GET:
        return False
    return invitations.note_following(invitation=invitation, now=kept)


def _answer(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    visit = visit.carrying(_given_variables(request))
    visit = _stamped(request, visit, now)
    language = language_of(request, visit)
    if visit.is_answered_elsewhere:
        return close(notices.ALREADY_ANSWERED, visit, language)
    if request.method == "POST":
        return Turn(
            request.POST, request.FILES, visit, language, visit.clock(now)
        ).take()
    return _page(request, visit, language)


def _page(request: HttpRequest, visit: Visit, language: str) -> HttpResponse:
    if visit.is_completed:
        return close(notices.ALREADY_ANSWERED, visit, language)
    chosen = clicked(visit, request.GET.get(ANSWER, ""))
    if chosen is not None:
        return show(visit, chosen.page, language, raw=chosen.raw, chosen=True)
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


def _at_lock(request: HttpRequest, visit: Visit) -> HttpResponse:
    visit = visit.carrying(_given_variables(request))
    language = language_of(request, visit)
    if not locks.opens(request, visit):
        return locks.ask(request, visit, language)
    visit = _stamped(request, visit.unlocked(), timezone.now())
    return _page(request, visit, language)


def _stamped(request: HttpRequest, visit: Visit, now: datetime) -> Visit:
    """The visit with the time when its first page was shown, which goes with it."""
    given = request.POST.get(traps.STAMP, "")
    shown_at = traps.read(given)
    stamp = given if shown_at else traps.stamp(now)
    return replace(visit, shown_at=shown_at, stamp=stamp)


def _remembering(
    request: HttpRequest, answer: HttpResponse, visit: Visit
) -> HttpResponse:
    """Where one response per person is taken, the browser keeps what began it."""
    began = request.method == "POST" and visit.is_unlocked and visit.door is not None
    if began and visit.door and visit.deployment.once_per_person and not visit.is_test:
        elsewhere = visit.door.way is Way.EMBED
        answer.set_cookie(
            visit.door.cookie,
            visit.start or request.POST.get("start", ""),
            max_age=ONE_YEAR,
            path=visit.door.address,
            secure=request.is_secure(),
            httponly=True,
            # Within another site the browser sends it only so.
            samesite="None" if elsewhere and request.is_secure() else "Lax",
        )
    return answer


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
