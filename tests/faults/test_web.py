"""The web process is killed between two pages of a survey: nothing is lost."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection
from django.utils import timezone
from lxml import html

from config.demo.processes import Running, answers
from responses.models import Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.processes import eventually
from tests.factories.surveys import csat, nps, publish_survey, survey_document, why

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
THREE = [
    {"key": "p1", "questions": [csat()]},
    {"key": "p2", "questions": [nps()]},
    {"key": "p3", "questions": [why(required=True)]},
]


class Web:
    """A web server of our own on the tests' database, to be killed and started."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        log.write_bytes(b"")
        self.url = f"http://127.0.0.1:{self.port}"
        env = {**os.environ, "DATABASE_URL": database(), "BASE_URL": self.url}
        self.running = Running(env=env, log=log)

    def start(self) -> None:
        where = ("--bind", f"127.0.0.1:{self.port}", "--no-control-socket")
        self.running.start(
            "Web", "-m", "gunicorn", "config.wsgi", *where, "--workers", "1"
        )
        self.running.wait_for("Web", answers(f"{self.url}/healthz"))

    def kill(self) -> None:
        """At once and all of it: no request is finished, nothing is tidied up."""
        _name, process = self.running.processes.pop()
        os.killpg(process.pid, 9)
        process.wait(timeout=30)
        eventually(lambda: not self.listens())

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def database() -> str:
    said = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{said['NAME']}"
    who = f"{said['USER']}:{said['PASSWORD']}" if said["PASSWORD"] else said["USER"]
    where = f"{said['HOST'] or '127.0.0.1'}:{said['PORT'] or 5432}"
    return f"postgres://{who}@{where}/{said['NAME']}"


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path / "web.log")
    web.start()
    yield web
    web.running.stop()


def page_of(answer: Any) -> str:
    return html.fromstring(answer.text).xpath("string(//input[@name='page']/@value)")


def test_a_killed_web_process_costs_no_answer_between_two_pages(web):
    survey = publish_survey(survey_document(pages=THREE)).survey
    invited = make_invitation(make_deployment(survey), now=timezone.now())
    link = f"{web.url}/s/{invited.token}/"
    turned = requests.post(link, data={"page": "p1", "csat": "4"}, timeout=30)
    assert page_of(turned) == "p2"

    web.kill()
    with pytest.raises(requests.ConnectionError):
        requests.post(link, data={"page": "p2", "nps": "9"}, timeout=30)
    web.start()

    # The link resumes where it was, and the page that did not arrive is sent again.
    assert page_of(requests.get(link, timeout=30)) == "p2"
    for page, key, value in (("p2", "nps", "9"), ("p3", "why", "Fine")):
        done = requests.post(link, data={"page": page, key: value}, timeout=30)
    assert "Thank you" in done.text
    response = Response.objects.get()
    assert response.answers == {"csat": 4, "nps": 9, "why": "Fine"}
    assert response.status == Response.Status.COMPLETED
