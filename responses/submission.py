"""Owns how a response comes to be: begun once, saved page by page, completed once.

Each change says which state it was made from (`storing`) and starts again when another
request was faster. A response that is begun, answered and completed by one page is one row written once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError

from deployments import invitations
from deployments.links import hash_token
from deployments.models import Deployment, Invitation
from responses import once, quality, quotas, route, storing, uploads
from responses.models import Response
from responses.signals import response_completed, response_screened_out
from surveys import logic
from surveys.answers import AnswerProblem, Raw
from surveys.definition import Definition, Kind, Page
from surveys.models import SurveyVersion
from surveys.presenting import presented

Status = Response.Status


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
    # Where an answer is missing that the survey cannot end without.
    gap: Page | None = None

    @property
    def goes_on(self) -> bool:
        return not self.problems and not self.opened

    @property
    def ends(self) -> bool:
        return self.goes_on and self.next_page is None and self.gap is None


def begin(  # noqa: PLR0913 - the facts of one response, all by keyword
    *,
    invitation: Invitation | None = None,
    deployment: Deployment | None = None,
    version: SurveyVersion,
    language: str,
    variables: Mapping[str, object],
    now: datetime,
    token: str = "",
    seed: int = 0,
    is_test: bool = False,
) -> Response:
    """The response of this invitation, or of this web link's token, not stored yet.

    What the invitation says is copied and wins over `variables`, which anybody may
    have typed.
    """
    return Response(
        invitation=invitation,
        token_hash=hash_token(token) if token and invitation is None else None,
        survey_id=version.survey_id,
        version=version,
        deployment=invitation.deployment if invitation else deployment,
        records=dict(invitation.records) if invitation else {},
        variables={**variables, **(invitation.variables if invitation else {})},
        language=language,
        is_test=is_test or _is_test(invitation, deployment),
        seed=seed,
        started_at=now,
        updated_at=now,
    )


def _is_test(invitation: Invitation | None, deployment: Deployment | None) -> bool:
    if invitation:
        return invitation.is_test
    return deployment is not None and deployment.test_mode


def start(response: Response, *, now: datetime) -> Response:
    """Store a response that was begun; whoever comes second gets the one there is."""
    if not response.is_stored:
        _write(response, now, {})
    return response


def save_page(  # noqa: PLR0913 - each is a part of what was sent
    *,
    response: Response,
    page_key: str,
    raw: Mapping[str, Raw],
    now: datetime,
    language: str = "",
    turned: bool = True,
    completes: bool = False,
    files: uploads.Files | None = None,
    definition: Definition | None = None,
) -> Saved:
    """Keep the valid answers of the page, and say what is wrong with the others.

    Fields that are no visible question of the page are left out, and a completed
    response stays as it is. `turned` is for going on: the way resumes behind this
    page. With `completes` the last page completes the response. `definition` is the
    version as this respondent saw it.
    """
    definition = definition or _definition(response)
    page = definition.page(page_key)
    if page is None:
        raise UnknownPage(f"There is no page “{page_key}”.")
    refused: dict[str, AnswerProblem] = {}
    if any(question.kind is Kind.FILE for question in page.questions):
        start(response, now=now)
        raw, refused = uploads.take_in(page, response, raw, files or {}, now)
    while response.status == Status.IN_PROGRESS:
        if page not in _pages(definition, response):
            return Saved(next_page=_resume_page(definition, response))
        reading = route.read(
            page, definition, response.answers, response.variables, raw, refused
        )
        full = quotas.full(definition, response, reading.answers)
        saved = _saved(definition, response, page, reading, full)
        values = {"answers": reading.answers, "quality": response.quality}
        values |= {"language": language} if language else {}
        values |= {"last_page": page.key} if turned and saved.goes_on else {}
        try:
            if completes and turned and saved.ends:
                stored = _end(definition, response, reading.answers, full, values, now)
            else:
                stored = _write(response, now, values)
        except DatabaseError:
            # Where the end cannot be stored, the page at least is kept.
            _write(response, now, values)
            raise
        if stored:
            return saved
    return Saved()


def complete(*, response: Response, now: datetime) -> bool:
    """Complete the response; True for the one caller who did.

    Answers off the path are dropped. Raises `Unfinished` when a required answer is
    missing. The invitation's milestone and all that listens to
    `response_completed` share the transaction.
    """
    definition = _definition(response)
    while response.status == Status.IN_PROGRESS:
        answers = response.answers
        full = quotas.full(definition, response, answers)
        page = route.gap(definition, answers, response.variables)
        if page is not None and not full:
            raise Unfinished(page)
        if _end(definition, response, answers, full, {}, now):
            return True
    return False


def _definition(response: Response) -> Definition:
    return presented(response.version_id, seed=response.seed, single=False)


def _saved(
    definition: Definition,
    response: Response,
    page: Page,
    reading: route.Reading,
    full: str,
) -> Saved:
    """What comes behind the page; nothing when a full quota ends the survey here."""
    following, gap = None, None
    if not full:
        answers, variables = reading.answers, response.variables
        following = logic.next_page(definition, answers, variables, page.key)
        gap = None if following else route.gap(definition, answers, variables)
    return Saved(
        problems=reading.problems,
        opened=reading.opened,
        next_page=following,
        gap=gap,
    )


def _end(
    definition: Definition,
    response: Response,
    answers: Mapping[str, object],
    full: str,
    values: Mapping[str, object],
    now: datetime,
) -> bool:
    """End the response as its path or a full quota says; False: look again."""
    ending = logic.ending(definition, answers, response.variables)
    counts = not full and not ending.screened_out
    is_new = not response.is_stored

    def reserve() -> None:
        if not counts:
            return
        once.note(response)
        if not quotas.reserve(definition, response, answers):
            raise storing.Overtaken

    reached = logic.reachable_answers(definition, answers, response.variables)
    state = {
        **values,
        **_judged(definition, response, reached, now),
        "answers": reached,
        "status": Status.COMPLETED if counts else Status.SCREENED_OUT,
        "completed_at": now,
        "full_quota": full,
    }
    return storing.write(
        response,
        now=now,
        values=state,
        first=reserve,
        then=lambda: _tell(definition, response, now, is_new=is_new),
    )


def _judged(
    definition: Definition,
    response: Response,
    answers: Mapping[str, object],
    now: datetime,
) -> dict[str, object]:
    """What is said of the answers as a whole, with what was seen on the way."""
    passed = (now - response.started_at).total_seconds()
    return {
        "quality": quality.flags(
            definition,
            answers,
            # Nobody knows when the only page was shown that begins and ends it.
            seconds=passed or None,
            signs=response.flags,
        ),
        "fingerprint": quality.fingerprint(answers),
    }


def _tell(
    definition: Definition, response: Response, now: datetime, *, is_new: bool
) -> None:
    if any(question.kind is Kind.FILE for question in definition.questions()):
        uploads.forget_unused(response)
    invitation = response.invitation or response.asked
    if invitation is not None:
        mark = invitations.mark_answered if is_new else invitations.mark_completed
        told = response.asked is None
        if not mark(invitation=invitation, now=now, told=told) and response.asked:
            raise once.AnsweredAlready
    completed = response.status == Status.COMPLETED
    signal = response_completed if completed else response_screened_out
    signal.send(Response, response=response)


def _write(response: Response, now: datetime, values: Mapping[str, object]) -> bool:
    """Write the values; the first time, the invitation learns that it began."""
    asked = response.invitation or response.asked
    invitation = None if response.is_stored else asked
    if invitation is None:
        return storing.write(response, now=now, values=values)
    return storing.write(
        response,
        now=now,
        values=values,
        then=lambda: _started(invitation, now, told=response.asked is None),
    )


def _started(invitation: Invitation, now: datetime, *, told: bool) -> None:
    invitations.mark_started(invitation=invitation, now=now, told=told)


def _pages(definition: Definition, response: Response) -> tuple[Page, ...]:
    return logic.visible_pages(definition, response.answers, response.variables)


def _resume_page(definition: Definition, response: Response) -> Page | None:
    return route.resume_page(
        definition, response.answers, response.variables, response.last_page
    )
