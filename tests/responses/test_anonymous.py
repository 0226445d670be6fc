"""Where answers are anonymous, nothing that is kept says whose they are."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from crm_mappings.plan.anonymity import names_somebody
from deployments.models import Deployment, Invitation
from deployments.signals import invitation_changed
from responses.models import AnsweredOnce, Response
from tests.factories.trust import SECRETS, told

pytestmark = pytest.mark.django_db
ANSWERS = {"csat": "5", "nps": "9", "go": "submit"}


@pytest.fixture
def heard():
    """Milestones that were told at once."""
    names: list[str] = []

    def hear(milestone: str, **_: object) -> None:
        names.append(milestone)

    invitation_changed.connect(hear)
    yield names
    invitation_changed.disconnect(hear)


def all_rows_with(text: str) -> list[str]:
    """The tables in which anything holds the text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = str(cursor.fetchall())
            if text in rows or text.replace("-", "") in rows:
                found.append(table)
    return found


def test_an_anonymous_answer_is_linked_to_nobody(client, version, read, heard):
    invited = told(version, anonymous=True)
    link = f"/s/{invited.token}/"
    page = read(client.get(link))
    assert "anonymous" in page.text

    end = read(client.post(link, {**page.form, **ANSWERS}, follow=True))

    assert "Thank you" in end.text
    response = Response.objects.get()
    invitation = Invitation.objects.get()
    assert response.status == "completed"
    assert response.is_anonymous
    assert response.invitation is None
    assert (response.records, response.variables) == ({}, {})
    # Nor by time: both know the day alone.
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    assert response.started_at == response.completed_at == today
    assert invitation.opened_at == invitation.completed_at == today
    assert "completed" not in heard
    assert "opened" not in heard
    assert all_rows_with(str(response.key)) == ["responses_response"]
    for secret in (invitation.token_hash, "ada@example.com", SECRETS["Case"]):
        assert "responses_response" not in all_rows_with(secret)


def test_who_answered_once_is_not_told_by_the_order(client, version, read):
    link = f"/s/{told(version, anonymous=True, once_per_person=True).token}/"

    client.post(link, {**read(client.get(link)).form, **ANSWERS})

    # Numbers given one after the other would stand beside those of the responses.
    assert AnsweredOnce.objects.get().pk > 1_000_000


def test_an_anonymous_survey_goes_on_page_by_page(client, version, read):
    link = f"/s/{told(version, anonymous=True).token}/"
    form = read(client.get(link)).form

    second = read(client.post(link, {**form, **ANSWERS, "nps": "1"}, follow=True))
    assert second.action.startswith(link)
    assert second.action != link
    assert Invitation.objects.get().completed_at is None
    again = read(client.get(second.action))
    assert again.all("//textarea")
    client.post(second.action, {**second.form, "why": "Slow", "go": "submit"})

    assert Response.objects.get().answers == {"csat": 5, "nps": 1, "why": "Slow"}
    assert Invitation.objects.get().completed_at is not None


def test_an_anonymous_invitation_is_answered_once(client, version, read):
    link = f"/s/{told(version, anonymous=True).token}/"
    first, second = (read(client.get(link)).form for _ in range(2))
    client.post(link, {**first, **ANSWERS})
    client.post(link, {**first, **ANSWERS})
    late = read(client.post(link, {**second, **ANSWERS}, follow=True))

    assert Response.objects.filter(status="completed").count() == 1
    assert late.response.status_code == 200
    assert "already answered" in late.text
    assert "already answered" in read(client.get(link)).text


def test_of_two_half_way_by_one_anonymous_link_one_is_completed(client, version, read):
    link = f"/s/{told(version, anonymous=True).token}/"
    pages = []
    for _ in range(2):
        form = read(client.get(link)).form
        pages.append(
            read(client.post(link, {**form, **ANSWERS, "nps": "1"}, follow=True))
        )
    said = [
        read(client.post(page.action, {**page.form, "why": "x"}, follow=True)).text
        for page in pages
    ]

    assert Response.objects.filter(status="completed").count() == 1
    assert "already answered" in said[1]


def test_what_was_begun_anonymously_ends_so(client, version, read, heard):
    link = f"/s/{told(version, anonymous=True).token}/"
    form = read(client.get(link)).form
    page = read(client.post(link, {**form, **ANSWERS, "nps": "1"}, follow=True))
    Deployment.objects.update(anonymous=False)

    client.post(page.action, {**page.form, "why": "Slow", "go": "submit"})

    response, invitation = Response.objects.get(), Invitation.objects.get()
    assert response.is_anonymous
    assert response.completed_at == invitation.completed_at
    assert response.completed_at.time() == datetime.min.time()
    assert heard == ["invited"]


def test_another_address_opens_no_anonymous_answers(client, version, read):
    one, two = told(version, anonymous=True), told(version, anonymous=False)
    form = read(client.get(f"/s/{one.token}/")).form
    page = read(
        client.post(f"/s/{one.token}/", {**form, **ANSWERS, "nps": "1"}, follow=True)
    )
    own = page.action.rstrip("/").rsplit("/", 1)[1]

    assert client.get(f"/s/{two.token}/{own}/").status_code == 404
    assert client.get(f"/s/{one.token}/{own}x/").status_code == 404
    assert client.get(f"/s/x/{own}/").status_code == 404


def test_an_anonymous_web_link_keeps_no_variables(client, web, read):
    Deployment.objects.update(anonymous=True)
    page = read(client.get(f"{web}?agent=E-17"))
    client.post(web, {**page.form, **ANSWERS, "v-agent": "E-17"})

    response = Response.objects.get()
    assert response.variables == {}
    assert response.is_anonymous
    assert response.quality == ""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {
                "steps": [
                    {"action": "create", "fields": [{"value": {"question": "nps"}}]}
                ]
            },
            False,
        ),
        ({"steps": [{"action": "update", "find": [{"record": "Case"}]}]}, True),
        ({"steps": [{"fields": [{"value": {"record": "Contact"}}]}]}, False),
        ({"steps": [{"find": [{"value": {"response": "recipient_email"}}]}]}, True),
        ({"steps": [{"find": [{"value": {"response": "key"}}]}]}, False),
        ({"steps": [{"find": None}]}, False),
        (None, False),
    ],
)
def test_mappings_that_name_somebody_are_known(document, expected):
    assert names_somebody(document) is expected


def test_who_answered_without_a_name_is_forgotten_as_well(client, version, read):
    invited = told(version, anonymous=True, once_per_person=True)
    link = f"/s/{invited.token}/"
    end = read(
        client.post(link, {**read(client.get(link)).form, **ANSWERS}, follow=True)
    )

    done = read(client.post(end.one("//p[@class='erase']/a").get("href")))

    assert "Your answers are erased" in done.text
    assert Response.objects.get().answers == {}
    assert Invitation.objects.get().email == ""
    assert not AnsweredOnce.objects.exists()
