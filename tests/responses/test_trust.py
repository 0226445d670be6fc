"""What people are told before they answer, and what is kept of them afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from crm_mappings.plan.anonymity import names_somebody
from deployments.models import Deployment, Invitation, Suppression
from deployments.signals import invitation_changed
from responses import durations, sums
from responses.models import AnsweredOnce, Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import make_response

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
ANSWERS = {"csat": "5", "nps": "9", "go": "submit"}
SECRETS = {"Case": "500D000001AbCdEIAV"}


def told(version, **fields):
    """A tracking link of a deployment that says these things."""
    deployment = make_deployment(version.survey, **fields)
    return make_invitation(
        deployment,
        now=timezone.now(),
        records=SECRETS,
        variables={"agent": "E-17"},
        name="Ada",
    )


# ------------------------------------------------------------------ introduction


def test_first_page_says_who_asks_why_and_how_long(client, version, read):
    invited = told(
        version,
        asker="The Ada shop",
        purpose={"en": "To answer sooner.", "de": "Um schneller zu antworten."},
        privacy_notice={"en": "Kept for a year only."},
        usual_seconds=130,
    )

    page = read(client.get(f"/s/{invited.token}/"))

    assert "Asked by The Ada shop. It takes about 3 minutes." in page.text
    assert "To answer sooner." in page.text
    assert "Kept for a year only." in page.one("//details").text_content()
    german = read(client.get(f"/s/{invited.token}/?lang=de"))
    assert "Um schneller zu antworten." in german.text


def test_a_later_page_does_not_say_it_again(client, version, read):
    link = f"/s/{told(version, purpose={'en': 'To learn.'}).token}/"
    page = read(client.post(link, {**ANSWERS, "page": "p1", "nps": "1"}, follow=True))

    assert "To learn." not in page.text


def test_time_is_measured_from_the_latest_who_answered(version):
    deployment = make_deployment(version.survey)
    for seconds in (10, 20, 60, 90, 100):
        make_response(version, deployment=deployment, seconds=seconds, started_at=NOW)
    make_response(version, deployment=deployment, seconds=90_000, started_at=NOW)
    quiet = make_deployment(version.survey)

    assert durations.measure(now=NOW + timedelta(minutes=5)) == 1

    deployment.refresh_from_db()
    assert deployment.usual_seconds == 60
    quiet.refresh_from_db()
    assert quiet.usual_seconds is None
    assert durations.measure(now=NOW + timedelta(days=9)) == 0


def test_few_answers_say_nothing_of_the_time(version):
    deployment = make_deployment(version.survey)
    for _ in range(durations.FEWEST - 1):
        make_response(version, deployment=deployment, started_at=NOW)

    assert durations.measure(now=NOW + timedelta(minutes=5)) == 0
    assert [durations.minutes(n) for n in (None, 0, 1, 60, 61)] == [0, 0, 1, 1, 2]


# ----------------------------------------------------------------------- consent


def test_nothing_is_kept_without_consent(client, version, read):
    notice = {"en": "We keep it."}
    link = f"/s/{told(version, asks_consent=True, privacy_notice=notice).token}/"
    form = read(client.get(link)).form

    page = read(client.post(link, {**form, **ANSWERS}))
    kept = client.post(link, {**form, **ANSWERS, "go": "save"})

    assert page.response.status_code == 422
    assert "Without your consent nothing can be kept." in page.text
    assert page.form["csat"] == ["5"]
    assert kept.status_code == 204
    assert not Response.objects.exists()

    client.post(link, {**form, **ANSWERS, "agrees": "1"})

    response = Response.objects.get()
    assert response.status == "completed"
    assert response.consented_at is not None


# ------------------------------------------------------------------------- a sum


def test_a_web_link_can_ask_for_a_sum(client, web, read):
    Deployment.objects.update(asks_sum=True)
    page = read(client.get(web))
    assert "how much is" in page.text

    wrong = read(client.post(web, {**page.form, **ANSWERS, "sum": "99"}))
    assert wrong.response.status_code == 422
    assert "not the sum" in wrong.text
    assert not Response.objects.exists()

    total = str(sum(sums.numbers(wrong.form["shown"][0])))
    client.post(web, {**wrong.form, **ANSWERS, "sum": f" {total} "})
    assert Response.objects.get().status == "completed"


def test_who_was_invited_is_asked_for_no_sum(client, version, read):
    invited = told(version, asks_sum=True)

    assert "how much is" not in read(client.get(f"/s/{invited.token}/")).text


@pytest.mark.parametrize("given", ["", "x", "-", "1e1", "٠", "99", "9" * 5000, "²"])
def test_wrong_sums(given):
    assert not sums.is_right("stamp", given)


def test_right_sums_in_any_digits():
    total = sum(sums.numbers("stamp"))
    arabic = "".join("٠١٢٣٤٥٦٧٨٩"[int(sign)] for sign in str(total))

    assert sums.is_right("stamp", f"{total}")
    assert sums.is_right("stamp", f" {arabic}.")


# --------------------------------------------------------------------- anonymous


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


# ----------------------------------------------------------------------- opt-out


def test_one_click_on_the_page_opts_out(client, version, read):
    invited = told(version)
    page = read(client.get(f"/s/{invited.token}/"))
    form = page.one("//footer//form")
    assert form.get("method") == "post"

    answer = client.post(form.get("action"))

    assert answer.status_code == 200
    assert Suppression.objects.get().email == "ada@example.com"


# ----------------------------------------------------------------------- erasing


def test_respondents_erase_their_own_answers(client, version, read):
    invited = told(version)
    link = f"/s/{invited.token}/"
    end = read(client.post(link, {**ANSWERS, "page": "p1"}, follow=True))
    place = end.one("//p[@class='erase']/a").get("href")

    asked = read(client.get(place))
    assert Response.objects.get().status == "completed"
    done = read(client.post(asked.action))

    assert "Your answers are erased" in done.text
    response = Response.objects.get()
    assert (response.status, response.answers) == ("erased", {})
    assert Invitation.objects.get().email == ""
    assert "erased" in read(client.post(place)).text


def test_answers_by_a_web_link_are_erased_too(client, web, read):
    form = read(client.get(web)).form
    end = read(client.post(web, {**form, **ANSWERS}, follow=True))
    place = end.one("//p[@class='erase']/a").get("href")

    twice = [read(client.post(place)) for _click in range(2)]

    assert Response.objects.get().status == "erased"
    here = end.one("//p[@class='erase']/a").get("href").removesuffix("erase/")
    for page in (*twice, read(client.get(here)), read(client.get(f"{here}thanks/"))):
        assert page.response.status_code == 200
        assert "Your answers are erased" in page.text
        assert not page.all("//p[@class='erase']")
    assert client.post(here, {**form, **ANSWERS}, follow=True).status_code == 200
    assert Response.objects.get().answers == {}


def test_a_kiosk_begins_anew_after_answers_were_erased(client, web, read):
    Deployment.objects.update(kiosk=True)
    form = read(client.get(web)).form
    end = read(client.post(web, {**form, **ANSWERS}, follow=True))

    done = read(client.post(end.one("//p[@class='erase']/a").get("href")))

    assert done.one("//p[@class='on']/a").get("href") == web
    assert done.all("//script[contains(@src, 'kiosk')]")


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


def test_another_site_erases_nothing(client, version):
    link = f"/s/{told(version).token}/"
    client.post(link, {**ANSWERS, "page": "p1"})

    answer = client.post(f"{link}erase/", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert Response.objects.get().status == "completed"


def test_who_has_not_answered_has_nothing_to_erase(client, version):
    link = f"/s/{told(version).token}/"

    assert client.get(f"{link}erase/").headers["Location"] == link
    assert client.post(f"{link}erase/").headers["Location"] == link
