"""Owns who comes by which address: the visit behind a tracking link or an open door,
or why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db.models import FilteredRelation, Q, QuerySet

from deployments import invitations
from deployments.links import hash_token, new_token
from deployments.models import Deployment, Invitation
from responses.doors import Door, Way, mark_of
from responses.models import Response
from responses.visits import Visit
from surveys.looks import style_of
from surveys.models import Survey
from surveys.prepared import Prepared
from surveys.theming import heavy


class UnknownLink(Exception):
    """Neither an invitation nor a live web link."""


class NotOpen(Exception):
    """The survey was never published."""


class Closed(Exception):
    """The survey takes no new answers."""


class Erased(Exception):
    """What was answered by this link half way is erased, and the link with it."""


class Shut(Exception):
    """The deployment's doors are shut: not open yet, over, or full."""

    def __init__(self, deployment: Deployment, *, early: bool) -> None:
        super().__init__(deployment.key)
        self.deployment, self.early = deployment, early


def by_link(
    token: str, *, now: datetime, sends: bool = False, start: str = ""
) -> Visit:
    """The visit of a tracking link; raises what `invitations.find` raises.

    `sends`: a page comes filled in, which had been opened in time. `start` is what
    that page had been given, where answers are anonymous.
    """
    also = ("response", "deployment__survey__theme")
    try:
        invitation = invitations.find(token, now, *also)
    except invitations.InvitationCancelled as closed:
        begun = getattr(closed.invitation, "response", None)
        if begun is not None and begun.status == Response.Status.ERASED:
            raise Erased from closed
        raise
    response = getattr(invitation, "response", None)
    if response is None and invitation.deployment.anonymous:
        return _unlinked(invitation, token, start, now)
    if response is None:
        had_it = sends and invitation.opened_at is not None
        _check_hours(invitation.deployment, now, had_it=had_it)
    return Visit(
        deployment=invitation.deployment,
        version_id=_version(invitation.deployment.survey, response),
        token=token,
        address=f"/s/{token}/",
        style=style_of(invitation.deployment.survey),
        invitation=invitation,
        response=response,
    )


def by_unlinked_token(token: str, own: str, *, now: datetime) -> Visit:
    """The visit of somebody who began by a tracking link and stays anonymous."""
    invitation = invitations.find(token, now, "deployment__survey__theme")
    door = _secret(invitation, token)
    response = _BEGUN.first(door.key, hash_token(own))
    if response is None or not response.is_anonymous:
        raise UnknownLink
    visit = _door_visit(door, invitation.deployment, response, own)
    return replace(visit, asked=invitation)


def _unlinked(invitation: Invitation, token: str, start: str, now: datetime) -> Visit:
    """Who was asked is known from the address, who answers from the page alone: no
    row holds both."""
    door = _secret(invitation, token)
    own, _mark = door.read(start)
    response = _BEGUN.first(door.key, hash_token(own)) if own else None
    if response is None and invitation.completed_at is None:
        _check_hours(invitation.deployment, now, had_it=bool(own))
    visit = _door_visit(door, invitation.deployment, response, own or new_token())
    return replace(visit, asked=invitation)


def _secret(invitation: Invitation, token: str) -> Door:
    return Door(way=Way.UNLINKED, name=token, key=invitation.deployment.key)


def by_door(door: Door, *, start: str, now: datetime, sends: bool = False) -> Visit:
    """The visit of somebody who comes by an open door, perhaps not the first time.

    `start` is what the page that they send had been given: in time, so it is taken.
    """
    token, mark = door.read(start)
    deployment, response = _behind(door, token)
    if deployment is None:
        raise UnknownLink
    if response is None:
        _let_in(door, deployment, now, had_it=sends and bool(token))
    visit = _door_visit(door, deployment, response, token or new_token())
    locked = deployment.password_hash and mark != mark_of(deployment)
    if response or not locked or door.way is Way.PREVIEW:
        return visit
    return replace(visit, is_unlocked=False, start="")


def by_door_token(door: Door, token: str) -> Visit:
    """The visit of somebody who began by an open door."""
    response = _BEGUN.first(door.key, hash_token(token))
    if response is None or response.deployment is None:
        raise UnknownLink
    return _door_visit(door, response.deployment, response, token)


def _let_in(door: Door, deployment: Deployment, now: datetime, *, had_it: bool) -> None:
    """Raise what keeps somebody new out; a preview is let in at all times."""
    if door.way is Way.PREVIEW:
        return
    if deployment.status != Deployment.Status.LIVE:
        raise UnknownLink
    if door.way is Way.EMBED and not deployment.embed_sites:
        raise UnknownLink
    _check_hours(deployment, now, had_it=had_it)


def _check_hours(deployment: Deployment, now: datetime, *, had_it: bool) -> None:
    """Whoever had the page may send it; who comes new comes within time and limit."""
    if deployment.is_early(now):
        raise Shut(deployment, early=True)
    if not had_it and (deployment.is_over(now) or deployment.is_full):
        raise Shut(deployment, early=False)


def _behind(door: Door, token: str) -> tuple[Deployment | None, Response | None]:
    """The deployment and, in the same query, what was begun with the token."""
    if door.way is Way.PREVIEW:
        response = _BEGUN.first(door.key, hash_token(token)) if token else None
        return _any_link(door.key).first(), response
    if not token:
        return _LINKS.first(door.key, Deployment.Channel.WEB.value), None
    deployment = _BEGUN_LINKS.first(
        door.key, Deployment.Channel.WEB.value, hash_token(token)
    )
    return deployment, getattr(deployment, "begun", None)


def _any_link(key: str) -> QuerySet[Deployment]:
    rows = Deployment.objects.filter(key=key)
    return rows.select_related("survey__theme").defer(*heavy("survey"))


def _links(key: str, channel: str) -> QuerySet[Deployment]:
    return _any_link(key).filter(channel=channel)


def _begun_links(key: str, channel: str, token_hash: str) -> QuerySet[Deployment]:
    mine = FilteredRelation("responses", condition=Q(responses__token_hash=token_hash))
    rows = _links(key, channel).annotate(begun=mine)
    return rows.select_related("survey__theme", "begun")  # type: ignore[misc]


def _begun(key: str, token_hash: str) -> QuerySet[Response]:
    rows = Response.objects.filter(deployment__key=key, token_hash=token_hash)
    return rows.select_related("deployment__survey__theme").defer(
        *heavy("deployment__survey")
    )


_LINKS = Prepared(_links, "slug", "channel")
_BEGUN_LINKS = Prepared(_begun_links, "slug", "channel", "token")
_BEGUN = Prepared(_begun, "slug", "token")


def _door_visit(
    door: Door, deployment: Deployment, response: Response | None, token: str
) -> Visit:
    return Visit(
        deployment=deployment,
        version_id=_version(deployment.survey, response),
        token=token,
        address=f"{door.address}{token}/",
        entrance=door.address,
        style=style_of(deployment.survey),
        start="" if response else door.start_value(token, mark_of(deployment)),
        response=response,
        door=door,
    )


def _version(survey: Survey, response: Response | None) -> int:
    """Who has begun stays on the version; who comes new gets the live one."""
    if response:
        return response.version_id
    if survey.status == Survey.Status.CLOSED:
        raise Closed
    if survey.live_version_id is None:
        raise NotOpen
    return survey.live_version_id
