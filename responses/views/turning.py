"""Owns what a page that was sent does: it is saved, then the survey goes on, back, or
shows the page again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.http import HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from responses import forms, once, quality, submission, sums, traps
from responses.introductions import AGREES
from responses.models import Response
from responses.views import notices
from responses.views.showing import see, show
from responses.visits import Visit
from surveys import logic
from surveys.answers import AnswerProblem, Raw, to_raw
from surveys.arrangement import PART
from surveys.definition import Kind, Page

log = logging.getLogger(__name__)

SAVE = "save"


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
        if page is not None and forms.is_flooded(page, self.data):
            raise notices.Refused(notices.NOT_UNDERSTOOD)
        if self.only_saves:
            return self.keep(page)
        if self.visit.is_completed:
            if self.visit.response is None:
                raise once.AnsweredAlready
            return see(f"{self.visit.address}thanks/")
        if page is None and not self.data.get("page", "").startswith(PART):
            raise notices.Refused(notices.NOT_UNDERSTOOD)
        if page is None or page not in self.pages:
            # Another tab changed the path: this page is no longer on it.
            return see(self.visit.posts_to)
        if missing := self.missing:
            raw = self.raw(page)
            return show(self.visit, page, self.language, raw=raw, missing=missing)
        try:
            visit, response = self.visit.begun(language=self.language, now=self.now)
            return self.turn(visit, response, page)
        except DatabaseError:
            log.exception("Page %s was not saved", page.key)
            return show(
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
            or self.missing
        ):
            return done
        try:
            _visit, response = self.visit.begun(language=self.language, now=self.now)
            self.save(response, page)
        except DatabaseError:
            log.exception("Page %s was not saved", page.key)
            return HttpResponse(status=503)
        return done

    @property
    def missing(self) -> tuple[str, ...]:
        """What the introduction asks for before anything is kept."""
        visit = self.visit
        if visit.response is not None:
            return ()
        agrees = not visit.deployment.asks_consent or AGREES in self.data
        given = self.data.get(sums.FIELD, "")
        right = not visit.sum or sums.is_right(visit.stamp, given)
        return (*(() if agrees else (AGREES,)), *(() if right else (sums.FIELD,)))

    def lacks_consent(self, page: Page) -> bool:
        """Nothing is kept by itself while the page still asks whether it may."""
        raw = self.raw(page)
        return any(
            question.kind is Kind.CONSENT and question.required
            for question in page.questions
            if question.key not in raw
        )

    def save(self, response: Response, page: Page) -> submission.Saved:
        if self.goes_on:
            # Of what is anonymous the day alone is known, and of a link who came.
            timed = self.visit.is_open and not self.visit.is_anonymous
            shown_at = self.visit.shown_at if timed else None
            signs = traps.signs(self.data, shown_at=shown_at, now=self.now)
            response.quality = quality.joined([*response.flags, *signs])
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
            return see(f"{visit.address}thanks/")
        if self.goes_on:
            return self.go_on(visit, page, saved)
        return self.stay_or_go_back(visit, page, saved)

    def go_on(self, visit: Visit, page: Page, saved: submission.Saved) -> HttpResponse:
        if saved.problems:
            return self.again(visit, page, saved.problems)
        if saved.opened:
            return see(visit.address, page, more="1")
        if saved.gap is not None:
            return see(visit.address, saved.gap, check="1")
        return see(visit.address, saved.next_page)

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
            return see(visit.address, page)
        previous = logic.previous_page(
            visit.definition, visit.answers, visit.variables, page.key
        )
        return see(visit.address, previous or page)

    def again(
        self, visit: Visit, page: Page, problems: Mapping[str, AnswerProblem]
    ) -> HttpResponse:
        # No browser sends a file again that was chosen for this page before.
        files = {
            question.key: to_raw(question, visit.answers.get(question.key))
            for question in page.questions
            if question.kind is Kind.FILE
        }
        raw = {**self.raw(page), **files}
        return show(visit, page, self.language, raw=raw, problems=problems)
