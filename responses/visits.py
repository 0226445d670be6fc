"""Owns what is known of somebody who answers: the deployment, the response behind
them, and the version of the survey that they read. `arrivals` finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from deployments.models import Deployment, Invitation
from deployments.rules import hosts
from responses import once, route, submission, sums
from responses.doors import Door, Way, mark_of
from responses.models import Response
from surveys import logic, piping
from surveys.definition import Definition, Page
from surveys.looks import PLAIN, Style
from surveys.models import SurveyVersion
from surveys.presenting import presented

LONGEST_VARIABLE = 255


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
    # Who was asked, where nothing may link them to their answers.
    asked: Invitation | None = None
    response: Response | None = None
    # None: a tracking link, which is nobody else's.
    door: Door | None = None
    # When the first page was shown, by what came with it; and what it is given to say so.
    shown_at: datetime | None = None
    stamp: str = ""
    # False: the password of the deployment was not given yet.
    is_unlocked: bool = True
    # Fetched by what is no person, as far as one can tell.
    is_machine: bool = False
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
        invited = self.invited is not None and self.invited.is_test
        is_preview = self.door is not None and self.door.way is Way.PREVIEW
        return is_preview or self.deployment.test_mode or invited

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

    def away(self, language: str) -> str:
        """Where a completed survey leads to; blank: nowhere, it says thanks itself."""
        response, deployment = self.response, self.deployment
        if response is None or not deployment.end_url:
            return ""
        if response.status != Response.Status.COMPLETED:
            return ""
        declared = {one.key for one in self.definition.variables}
        values = {key: response.variables.get(key, "") for key in declared}
        values |= {"response": response.key, "language": language}
        return hosts.filled(deployment.end_url, values, deployment.end_hosts) or ""

    @property
    def is_answered_elsewhere(self) -> bool:
        """The same person has answered by another invitation."""
        if self.is_completed or self.is_test:
            return False
        return once.has_answered(self.deployment, self.invited)

    @property
    def is_open(self) -> bool:
        """Whether anybody can come in here, people and machines."""
        return self.invited is None

    @property
    def invited(self) -> Invitation | None:
        return self.invitation or self.asked

    @property
    def sum(self) -> str:
        """The numbers that are to be added before anything is kept; blank: none."""
        asks = self.deployment.asks_sum and self.is_open and not self.response
        return sums.words(self.stamp) if asks else ""

    @property
    def is_anonymous(self) -> bool:
        """As it was promised when it was begun, whatever the deployment says now."""
        if self.response:
            return self.response.is_anonymous
        return self.deployment.anonymous

    def clock(self, now: datetime) -> datetime:
        """The time as it may be kept: of what is anonymous, the day alone."""
        if not self.is_anonymous:
            return now
        return now.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def posts_to(self) -> str:
        return self.address if self.response else self.entrance or self.address

    @property
    def erases(self) -> str:
        """Where the respondent takes the answers back; blank: there are none."""
        response = self.response
        there = response is not None and response.status != Response.Status.ERASED
        return f"{self.address}erase/" if there else ""

    @property
    def resumes(self) -> str:
        """How one comes back half way: by the same "link", or by the "address" of the
        page; blank: there is nothing to come back to, or no way."""
        if self.door is None:
            return "link"
        lost = self.door.way is Way.EMBED or self.deployment.kiosk
        return "address" if self.response and not lost else ""

    @property
    def opt_out(self) -> str:
        """Where somebody who was asked by mail says: never again."""
        asked = self.invited is not None and self.invited.email
        return f"{self.entrance or self.address}opt-out/" if asked else ""

    @property
    def is_completed(self) -> bool:
        # An erased response takes no answers either.
        begun = Response.Status.IN_PROGRESS
        if self.response is None:
            return self.asked is not None and self.asked.completed_at is not None
        return self.response.status != begun

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
        if self.response or self.deployment.anonymous:
            return self
        return replace(self, carried=open_variables(self.definition, given))

    def unlocked(self) -> Visit:
        """The visit of somebody who has just given the password."""
        start = ""
        if self.door is not None:
            start = self.door.start_value(self.token, mark_of(self.deployment))
        return replace(self, is_unlocked=True, start=start)

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
            # It began when the first page was shown, where that is known.
            now=self.clock(min(self.shown_at or now, now)),
            token=self.token,
            seed=self.seed,
            is_test=self.is_test,
        )
        # Known already: nobody needs to ask for it again.
        response.deployment = self.deployment
        response.asked = self.asked
        if self.response is None:
            response.is_anonymous = self.is_anonymous
            # Who sent the page has agreed, or was not asked (`turning`).
            agreed = self.clock(now) if self.deployment.asks_consent else None
            response.consented_at = agreed
        return replace(self, response=response), response


def open_variables(definition: Definition, given: Mapping[str, str]) -> dict[str, str]:
    """The declared open variables among what a link says, tidied and cut."""
    found = {}
    for variable in definition.variables:
        text = given.get(variable.key, "") if variable.open else ""
        text = "".join(sign for sign in text if sign.isprintable()).strip()
        if text:
            found[variable.key] = text[:LONGEST_VARIABLE]
    return found
