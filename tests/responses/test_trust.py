"""What people are told before they answer, and what is kept of them afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deployments.models import Deployment, Invitation, Suppression
from responses import durations, sums
from responses.models import Response
from tests.factories.deployments import make_deployment
from tests.factories.responses import make_response
from tests.factories.trust import told

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
ANSWERS = {"csat": "5", "nps": "9", "go": "submit"}


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
def test_wrong_sums_are_not_taken(given):
    assert not sums.is_right("stamp", given)


def test_right_sums_in_any_digits():
    total = sum(sums.numbers("stamp"))
    arabic = "".join("٠١٢٣٤٥٦٧٨٩"[int(sign)] for sign in str(total))

    assert sums.is_right("stamp", f"{total}")
    assert sums.is_right("stamp", f" {arabic}.")


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
