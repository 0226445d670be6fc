"""What the tests of this room share: surveys, links and a reader of pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from lxml import html

from deployments.invitations import Invited
from deployments.models import Deployment
from surveys.models import SurveyVersion
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.surveys import publish_survey


@pytest.fixture
def version(db: None) -> SurveyVersion:
    """The support survey: page p1 (csat required, nps, topics), p2 for low NPS."""
    return publish_survey()


@pytest.fixture
def deployment(version: SurveyVersion) -> Deployment:
    return make_deployment(version.survey)


@pytest.fixture
def invited(deployment: Deployment) -> Invited:
    return make_invitation(deployment, now=timezone.now())


@pytest.fixture
def link(invited: Invited) -> str:
    return f"/s/{invited.token}/"


@pytest.fixture
def web(version: SurveyVersion) -> str:
    make_deployment(version.survey, key="feedback", channel=Deployment.Channel.WEB)
    return "/w/feedback/"


class Page:
    """What a browser knows of an answer: its form, and what it says."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.tree = html.fromstring(response.content.decode())

    def all(self, xpath: str) -> list[Any]:
        return self.tree.xpath(xpath)

    def one(self, xpath: str) -> Any:
        found = self.all(xpath)
        assert len(found) == 1, f"{xpath}: {len(found)} in {self.text}"
        return found[0]

    def rows(self, xpath: str) -> list[list[str]]:
        """The words in each cell of the table rows found."""
        return [
            [" ".join(cell.text_content().split()) for cell in row.xpath("./th | ./td")]
            for row in self.all(xpath)
        ]

    @property
    def text(self) -> str:
        return " ".join(self.tree.text_content().split())

    @property
    def form(self) -> dict[str, list[str]]:
        """What the form would send untouched, without a button."""
        fields: dict[str, list[str]] = {}
        for control in self.all("//main//form//input | //main//form//textarea"):
            kind = control.get("type")
            if kind in {"radio", "checkbox"} and control.get("checked") is None:
                continue
            value = control.get("value") or (control.text or "").removeprefix("\n")
            fields.setdefault(control.get("name"), []).append(value)
        return fields

    @property
    def action(self) -> str:
        return self.one("//main//form").get("action")


@pytest.fixture
def read() -> type[Page]:
    return Page
