"""Owns whom a request belongs to: the invitation or web link, the response behind
it, and the version of the survey that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from django.core import signing
from django.db.models import FilteredRelation, Q, QuerySet

from deployments import invitations
from deployments.links import hash_token, new_token
from deployments.models import Deployment, Invitation
from responses import route, submission
from responses.looks import PLAIN, Style, style_of
from responses.models import Response
from surveys import logic, piping
from surveys.definition import Definition, Page
from surveys.models import Survey, SurveyVersion
from surveys.prepared import Prepared
from surveys.presenting import presented
from surveys.theming import heavy

LONGEST_VARIABLE = 255
# An open web link gives every visitor a token of their own when the page is shown,
# so that a form that is sent twice is one response.
SALT = "responses.visits.web"


class UnknownLink(Exception):
    """Neither an invitation nor a live web link."""


class NotOpen(Exception):
    """The survey was never published."""


class Closed(Exception):
    """The survey takes no new answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    deployment: Deployment
    version_id: int
    token: str
    # Where the pages of this respondent are, once begun.
    address: str
    # Where a web link is begun, and what makes that happen once.
    entrance: str = ""
    start: str = ""
    invitation: Invitation | None = None
    response: Response | None = None
    is_preview: bool = False
    style: Style = PLAIN
    # Open variables that the link carried; kept when the response is begun.
    carried: Mapping[str, str] = field(default_factory=dict)

    @property
    def definition(self) -> Definition:
        """As this respondent goes through it."""
        single = self.style.look.paging == "questions"
        return presented(self.version_id, seed=self.seed, single=single)

    @property
    def answers(self) -> Mapping[str, object]:
        answers: Mapping[str, object] = self.response.answers if self.response else {}
        return answers

    @property
    def variables(self) -> Mapping[str, object]:
        fixed = self.invitation.variables if self.invitation else {}
        begun = self.response.variables if self.response else {}
        return dict(begun) if self.response else {**self.carried, **fixed}

    @property
    def is_test(self) -> bool:
        """Given to try the survey; said by what was begun, once it is."""
        if self.response:
            return self.response.is_test
        invited = self.invitation is not None and self.invitation.is_test
        return self.is_preview or self.deployment.test_mode or invited

    @property
    def seed(self) -> int:
        """What the order by chance comes from: the same before and after begun."""
        if self.response:
            return self.response.seed
        return int.from_bytes(sha256(f"order:{self.token}".encode()).digest()[:6])

    def filler(self, language: str) -> Callable[[str], str]:
        """Puts into a text what is known of this respondent."""
        about = self.response or self.invitation
        return piping.filler(
            self.definition,
            self.answers,
            self.variables,
            about.records if about else {},
            language,
        )

    @property
    def ending(self) -> logic.Ending:
        """How the survey ended for this respondent, and what is said."""
        quota = self.definition.quota(self.response.full_quota if self.response else "")
        if quota is not None:
            text = quota.text or self.definition.screened_out
            return logic.Ending(screened_out=True, text=text)
        return logic.ending(self.definition, self.answers, self.variables)

    @property
    def posts_to(self) -> str:
        return self.address if self.response else self.entrance or self.address

    @property
    def opt_out(self) -> str:
        """Where somebody who was asked by mail says: never again."""
        asked = self.invitation is not None and self.invitation.email
        return f"{self.address}opt-out/" if asked else ""

    @property
    def is_completed(self) -> bool:
        # An erased response takes no answers either.
        begun = Response.Status.IN_PROGRESS
        return self.response is not None and self.response.status != begun

    def page(self, key: str | None) -> Page | None:
        """The page asked for where it is open, else where the respondent goes on."""
        pages = route.open_pages(self.definition, self.answers, self.variables)
        for page in pages:
            if page.key == key:
                return page
        last = self.response.last_page if self.response else ""
        return route.resume_page(self.definition, self.answers, self.variables, last)

    def carrying(self, given: Mapping[str, str]) -> Visit:
        """The visit with what was given for variables that the survey opens."""
        if self.response:
            return self
        return replace(self, carried=open_variables(self.definition, given))

    def begun(self, *, language: str, now: datetime) -> tuple[Visit, Response]:
        """The visit with its response; one that begins here is not stored yet."""
        response = self.response or submission.begin(
            invitation=self.invitation,
            deployment=self.deployment,
            # The reference alone: its definition is in memory.
            version=SurveyVersion(
                pk=self.version_id, survey_id=self.deployment.survey_id
            ),
            language=language,
            variables=self.carried,
            now=now,
            token=self.token,
            seed=self.seed,
            is_test=self.is_test,
        )
        # Known already: nobody needs to ask for it again.
        response.deployment = self.deployment
        return replace(self, response=response), response


def by_link(token: str, *, now: datetime) -> Visit:
    """The visit of a tracking link; raises what `invitations.find` raises."""
    also = ("response", "deployment__survey__theme")
    invitation = invitations.find(token, now, *also)
    response = getattr(invitation, "response", None)
    return Visit(
        deployment=invitation.deployment,
        version_id=_version(invitation.deployment.survey, response),
        token=token,
        address=f"/s/{token}/",
        style=style_of(invitation.deployment.survey),
        invitation=invitation,
        response=response,
    )


def by_web_link(slug: str, *, start: str) -> Visit:
    """The visit of somebody who comes by a web link, perhaps not the first time.

    `start` is what the page that they send had been given.
    """
    token = _given_token(slug, start)
    deployment, response = _by_slug(slug, token)
    if deployment is None or not (
        response or deployment.status == Deployment.Status.LIVE
    ):
        raise UnknownLink
    return _web_visit(deployment, response, token or new_token())


def by_web_token(slug: str, token: str) -> Visit:
    """The visit of somebody who began by a web link."""
    response = _web_response(slug, token)
    if response is None or response.deployment is None:
        raise UnknownLink
    return _web_visit(response.deployment, response, token)


def start_value(slug: str, token: str) -> str:
    """What the first page of a web link is given, to begin once."""
    return signing.Signer(salt=f"{SALT}:{slug}").sign(token)


def open_variables(definition: Definition, given: Mapping[str, str]) -> dict[str, str]:
    """The declared open variables among what a link says, tidied and cut."""
    found = {}
    for variable in definition.variables:
        text = given.get(variable.key, "") if variable.open else ""
        text = "".join(sign for sign in text if sign.isprintable()).strip()
        if text:
            found[variable.key] = text[:LONGEST_VARIABLE]
    return found


def _given_token(slug: str, start: str) -> str:
    try:
        return signing.Signer(salt=f"{SALT}:{slug}").unsign(start)
    except signing.BadSignature:
        return ""


def _by_slug(slug: str, token: str) -> tuple[Deployment | None, Response | None]:
    """The web link and, in the same query, what was begun with the token."""
    if not token:
        return _LINKS.first(slug, Deployment.Channel.WEB.value), None
    deployment = _BEGUN_LINKS.first(
        slug, Deployment.Channel.WEB.value, hash_token(token)
    )
    return deployment, getattr(deployment, "begun", None)


def _links(slug: str, channel: str) -> QuerySet[Deployment]:
    rows = Deployment.objects.filter(key=slug, channel=channel)
    return rows.select_related("survey__theme").defer(*heavy("survey"))


def _begun_links(slug: str, channel: str, token_hash: str) -> QuerySet[Deployment]:
    mine = FilteredRelation("responses", condition=Q(responses__token_hash=token_hash))
    rows = _links(slug, channel).annotate(begun=mine)
    return rows.select_related("survey__theme", "begun")  # type: ignore[misc]


def _web_response(slug: str, token: str) -> Response | None:
    return _BEGUN.first(slug, hash_token(token))


def _begun(slug: str, token_hash: str) -> QuerySet[Response]:
    rows = Response.objects.filter(deployment__key=slug, token_hash=token_hash)
    return rows.select_related("deployment__survey__theme").defer(
        *heavy("deployment__survey")
    )


_LINKS = Prepared(_links, "slug", "channel")
_BEGUN_LINKS = Prepared(_begun_links, "slug", "channel", "token")
_BEGUN = Prepared(_begun, "slug", "token")


def _web_visit(deployment: Deployment, response: Response | None, token: str) -> Visit:
    return Visit(
        deployment=deployment,
        version_id=_version(deployment.survey, response),
        token=token,
        address=f"/w/{deployment.key}/{token}/",
        entrance=f"/w/{deployment.key}/",
        style=style_of(deployment.survey),
        start="" if response else start_value(deployment.key, token),
        response=response,
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
