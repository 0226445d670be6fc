"""Owns how a response comes to be: begun once, saved page by page, completed once.

Nothing here locks a row: each change says which state it was made from
(`updated_at`, which only grows) and starts again when another request was faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from deployments import invitations
from deployments.links import hash_token
from deployments.models import Deployment, Invitation
from responses import quotas, route, uploads
from responses.models import Response
from responses.signals import response_completed
from surveys import logic, publishing
from surveys.answers import AnswerProblem, Raw
from surveys.definition import Definition, Kind, Page, Quota
from surveys.models import SurveyVersion

TICK = timedelta(microseconds=1)


class UnknownPage(ValueError):
    """The survey version has no page of this key."""


class Unfinished(Exception):
    """A required answer is missing on `page`."""

    def __init__(self, page: Page) -> None:
        super().__init__(f"A required answer is missing on page {page.key}.")
        self.page = page


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    problems: Mapping[str, AnswerProblem] = field(default_factory=dict)
    # None: this was the last page.
    next_page: Page | None = None
    # Questions of the page that its answers brought up; they were not seen yet.
    opened: tuple[str, ...] = ()


def start(
    *,
    invitation: Invitation | None = None,
    deployment: Deployment | None = None,
    version: SurveyVersion,
    language: str,
    variables: Mapping[str, object],
    now: datetime,
    token: str = "",
    seed: int = 0,
) -> Response:
    """Begin the response of this invitation, or of this web link's token.

    Whoever comes second gets the response that is there. What the invitation says
    is copied and wins over `variables`, which anybody may have typed.
    """
    credential: dict[str, object] = {"invitation": invitation}
    if invitation is None:
        credential = {"token_hash": hash_token(token) if token else None}
    try:
        with transaction.atomic():
            response = Response.objects.create(
                **credential,
                survey_id=version.survey_id,
                version=version,
                deployment=invitation.deployment if invitation else deployment,
                records=dict(invitation.records) if invitation else {},
                variables={**variables, **(invitation.variables if invitation else {})},
                language=language,
                seed=seed,
                started_at=now,
                updated_at=now,
            )
            if invitation:
                invitations.mark_started(invitation=invitation, now=now)
    except IntegrityError:
        return Response.objects.get(**credential)
    return response


def save_page(
    *,
    response: Response,
    page_key: str,
    raw: Mapping[str, Raw],
    now: datetime,
    language: str = "",
    turned: bool = True,
    files: uploads.Files | None = None,
) -> Saved:
    """Keep the valid answers of the page, and say what is wrong with the others.

    Fields that are no visible question of the page are left out, and a completed
    response stays as it is. `turned` is for going on: the way resumes behind this
    page.
    """
    definition = publishing.compiled(response.version_id)
    page = definition.page(page_key)
    if page is None:
        raise UnknownPage(f"There is no page “{page_key}”.")
    refused: dict[str, AnswerProblem] = {}
    if any(question.kind is Kind.FILE for question in page.questions):
        raw, refused = uploads.take_in(page, response, raw, files or {}, now)
    while response.status == Response.Status.IN_PROGRESS:
        if page not in _pages(definition, response):
            return Saved(next_page=_resume_page(definition, response))
        reading = route.read(
            page, definition, response.answers, response.variables, raw, refused
        )
        values: dict[str, object] = {"answers": reading.answers}
        if language:
            values["language"] = language
        if turned and not reading.problems and not reading.opened:
            values["last_page"] = page.key
        if _change(response, now=now, **values):
            return Saved(
                problems=reading.problems,
                opened=reading.opened,
                next_page=_following(definition, response, page),
            )
        response.refresh_from_db()
    return Saved()


def complete(*, response: Response, now: datetime) -> bool:
    """Complete the response; True for the one caller who did.

    Answers off the path are dropped. Raises `Unfinished` when a required answer is
    missing. The invitation's milestone and all that listens to
    `response_completed` share the transaction.
    """
    definition = publishing.compiled(response.version_id)
    while response.status == Response.Status.IN_PROGRESS:
        full = quotas.full(definition, response)
        page = route.gap(definition, response.answers, response.variables)
        if page is not None and full is None:
            raise Unfinished(page)
        if _end(definition, response, now, full):
            return True
        response.refresh_from_db()
    return False


def _end(
    definition: Definition, response: Response, now: datetime, full: Quota | None
) -> bool:
    """End the response as its path or a full quota says; False: look again."""
    answers, variables = response.answers, response.variables
    ending = logic.ending(definition, answers, variables)
    counts = full is None and not ending.screened_out
    try:
        with transaction.atomic():
            if counts and quotas.reserve(definition, response) is not None:
                raise _NotYet
            if not _change(
                response,
                now=now,
                status=Response.Status.COMPLETED
                if counts
                else Response.Status.SCREENED_OUT,
                completed_at=now,
                full_quota=full.key if full else "",
                answers=logic.reachable_answers(definition, answers, variables),
            ):
                raise _NotYet
            _tell(definition, response, now)
    except _NotYet:
        return False
    return True


class _NotYet(Exception):
    """Nothing of this attempt stays: the places that it took are given back."""


def _following(definition: Definition, response: Response, page: Page) -> Page | None:
    """The next page; none when a full quota ends the survey here."""
    following = logic.next_page(
        definition, response.answers, response.variables, page.key
    )
    if following is None or quotas.full(definition, response) is None:
        return following
    return None


def _tell(definition: Definition, response: Response, now: datetime) -> None:
    if any(question.kind is Kind.FILE for question in definition.questions()):
        uploads.forget_unused(response)
    if response.invitation is not None:
        invitations.mark_completed(invitation=response.invitation, now=now)
    if response.status == Response.Status.COMPLETED:
        response_completed.send(Response, response=response)


def _change(response: Response, *, now: datetime, **values: object) -> bool:
    """Write the values if the row still is as `response` knows it."""
    values["updated_at"] = max(now, response.updated_at + TICK)
    unchanged = Response.objects.filter(
        pk=response.pk,
        status=Response.Status.IN_PROGRESS,
        updated_at=response.updated_at,
    )
    if not unchanged.update(**values):
        return False
    for name, value in values.items():
        setattr(response, name, value)
    return True


def _pages(definition: Definition, response: Response) -> tuple[Page, ...]:
    return logic.visible_pages(definition, response.answers, response.variables)


def _resume_page(definition: Definition, response: Response) -> Page | None:
    return route.resume_page(
        definition, response.answers, response.variables, response.last_page
    )
