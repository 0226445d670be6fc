"""Goes through the whole loop as a stranger would: only HTTP, only what is shown.

A case is closed in the org; the invitation is read from the mailbox; the form is
filled from its HTML; the case is read from the org again.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests
from lxml import html

from config.demo.processes import DemoFailed, Ports

PATIENCE = 60.0
EMAIL = "ada@example.com"
ANSWERS = {
    "csat": ["2"],
    "nps": ["6"],
    "topics": ["speed", "quality"],
    "why": ["Nobody called me back. Grüße!"],
}
OPEN_CASE = (
    "SELECT Id FROM Case WHERE IsClosed = false "
    "AND Contact.Email = 'ada@example.com' LIMIT 1"
)
CASE_FIELDS = "Id, CaseNumber, Status, CSAT__c, NPS__c, NPS_Group__c, Topics__c, Survey_Comment__c"


@dataclass(slots=True)
class Loop:
    """One way through the loop; `say` gets one line a step."""

    ports: Ports
    org_login: Mapping[str, str]
    say: Callable[[str], None]
    version: str = "66.0"

    def run(self) -> dict[str, Any]:
        """Return the case as the org holds it at the end; raise `DemoFailed`."""
        with self.step("Logged in to the org"):
            org = self.log_in()
        with self.step("Closed the case in the org"):
            case_id = self.close_case(org)
        with self.step("The invitation arrived in the mailbox"):
            link = self.wait("an invitation in the mailbox", self.find_link)
        with self.step("Answered the survey behind the link"):
            self.answer(link)
        with self.step("The answers are on the case"):
            case: dict[str, Any] = self.wait(
                "the answers on the case", lambda: self.written_case(org, case_id)
            )
        return case

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.say(f"{time.monotonic() - started:7.2f} s  {text}")

    def wait(self, what: str, look: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if found := look():
                return found
            time.sleep(0.2)
        raise DemoFailed(f"Waited {PATIENCE:.0f} s for {what}.")

    def log_in(self) -> requests.Session:
        answer = requests.post(
            f"{self.ports.org_url}/services/oauth2/token",
            data={"grant_type": "client_credentials", **self.org_login},
            timeout=10,
        )
        self.expect(answer)
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return session

    def query(self, org: requests.Session, soql: str) -> list[dict[str, Any]]:
        url = f"{self.ports.org_url}/services/data/v{self.version}/query"
        answer = org.get(url, params={"q": soql}, timeout=10)
        self.expect(answer)
        records: list[dict[str, Any]] = answer.json()["records"]
        return records

    def close_case(self, org: requests.Session) -> str:
        cases = self.query(org, OPEN_CASE)
        if not cases:
            raise DemoFailed(f"The org has no open case of {EMAIL}.")
        case_id = str(cases[0]["Id"])
        url = f"{self.ports.org_url}/services/data/v{self.version}/sobjects/Case/"
        self.expect(org.patch(url + case_id, json={"Status": "Closed"}, timeout=10))
        return case_id

    def find_link(self) -> str | None:
        url = f"{self.ports.mail_url}/messages.json"
        for mail in json.loads(requests.get(url, timeout=10).text):
            address = re.escape(self.ports.base_url)
            link = re.search(rf"{address}/s/[\w-]+/(?!opt-out)", mail["text"])
            if EMAIL in mail["recipients"] and link:
                return link.group()
        return None

    def answer(self, link: str) -> None:
        """Fill every page's form with what it asks for, and submit it."""
        session = requests.Session()
        page = session.get(link, timeout=10)
        for _page in range(20):
            self.expect(page)
            document = html.fromstring(page.text, base_url=page.url)
            forms = [each for each in document.forms if each.method == "POST"]
            if not forms:
                return
            form = forms[0]
            page = session.post(
                urljoin(page.url, form.action or ""), data=fill(form), timeout=10
            )
        raise DemoFailed("The survey did not end after 20 pages.")

    def written_case(
        self, org: requests.Session, case_id: str
    ) -> dict[str, Any] | None:
        soql = f"SELECT {CASE_FIELDS} FROM Case WHERE Id = '{case_id}'"  # noqa: S608 - an id of the org
        case = self.query(org, soql)[0]
        return case if case["CSAT__c"] is not None else None

    def expect(self, answer: requests.Response) -> None:
        if answer.status_code >= 400:
            raise DemoFailed(
                f"{answer.request.method} {answer.url} answered "
                f"{answer.status_code}: {answer.text[:500]}"
            )


def fill(form: Any) -> list[tuple[str, str]]:
    """Return the fields to post: what is hidden, our answers, the last button."""
    fields = [
        (item.name, item.value or "")
        for item in form.xpath(".//input[@type='hidden']")
        if item.name
    ]
    asked = {item.name for item in form.inputs if item.name}
    for name in asked & set(ANSWERS):
        fields += [(name, value) for value in ANSWERS[name]]
    buttons = form.xpath(".//button[@type='submit'][not(@value='back')]")
    if buttons and buttons[-1].get("name"):
        fields.append((buttons[-1].get("name"), buttons[-1].get("value") or ""))
    return fields
