"""The doors of a deployment in the admin: what is refused, what is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.utils import timezone

from deployments import short_links
from deployments.models import Deployment
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
FORM = {
    "time_zone": "UTC",
    "follow_ups-TOTAL_FORMS": "0",
    "follow_ups-INITIAL_FORMS": "0",
    "name": "Feedback",
    "channel": "web",
    "valid_days": "30",
    "quiet_days": "0",
    "kiosk_seconds": "60",
}


@pytest.fixture
def row(db):
    survey = publish_survey().survey
    return make_deployment(survey, key="feedback", channel="web", status="draft")


@pytest.fixture
def send(admin_client, row):
    def send(**fields):
        path = f"/admin/deployments/deployment/{row.pk}/change/"
        form = {**FORM, "survey": row.survey_id, **fields}
        return admin_client.post(path, form, follow=True).content.decode()

    return send


def test_doors_are_written_in_plain_inputs(send, row):
    send(
        opens_at_0="2026-12-01",
        opens_at_1="09:00",
        closes_at_0="2026-12-31",
        closes_at_1="18:00",
        most_responses="100",
        closed_message_en="Too late.",
        password="open sesame",
        embed_sites="https://WWW.example.com/\r\nhttps://shop.example.com",
        end_url="https://shop.example.com/thanks?agent={{ agent }}",
        end_hosts="https://shop.example.com/x\r\n",
    )

    row.refresh_from_db()
    assert row.opens_at.isoformat() == "2026-12-01T09:00:00+00:00"
    assert row.most_responses == 100
    assert row.closed_message == {"en": "Too late."}
    assert check_password("open sesame", row.password_hash)
    assert row.embed_sites == ["https://www.example.com", "https://shop.example.com"]
    assert row.end_hosts == ["shop.example.com"]


def test_a_blank_password_stays_and_a_tick_takes_it_away(send, row, admin_client):
    send(password="open sesame")
    send()
    row.refresh_from_db()
    assert check_password("open sesame", row.password_hash)
    page = admin_client.get(f"/admin/deployments/deployment/{row.pk}/change/")
    assert b"open sesame" not in page.content
    assert row.password_hash not in page.content.decode()
    send(no_password="on")

    row.refresh_from_db()
    assert row.password_hash == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"embed_sites": "http://www.example.com"}, "is no site such as"),
        ({"embed_sites": "https://*.example.com"}, "is no site such as"),
        (
            {"embed_sites": "\n".join(f"https://a{n}.example" for n in range(101))},
            "100",
        ),
        ({"end_url": "https://shop.example.com/"}, "Add shop.example.com"),
        ({"end_url": "http://shop.example.com/"}, "begins with https"),
        ({"end_url": "https://{{ agent }}.example.com/"}, "begins with https"),
        (
            {"end_url": "https://a.example/{{ shoe }}", "end_hosts": "a.example"},
            "no variable “shoe”",
        ),
        ({"most_responses": "0"}, "greater than or equal to 1"),
        ({"kiosk_seconds": "5"}, "greater than or equal to 10"),
        ({"kiosk": "on", "once_per_person": "on"}, "one response after the other"),
        ({"password": "abc"}, "at least four"),
        (
            {
                "opens_at_0": "2026-12-02",
                "opens_at_1": "09:00",
                "closes_at_0": "2026-12-01",
                "closes_at_1": "09:00",
            },
            "closes before it opens",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_its_input(send, row, fields, words):
    assert words in send(**fields)
    assert not Deployment.objects.get().embed_sites


def test_a_web_link_shows_its_addresses_and_the_code_for_other_sites(
    send, row, admin_client
):
    send(embed_sites="https://www.example.com")
    path = f"/admin/deployments/deployment/{row.pk}/change/"
    page = admin_client.get(path).content.decode()

    row.refresh_from_db()
    assert f"/q/{row.short_code}/" in page
    assert "data-survey=&quot;feedback&quot;" in page
    assert "qr.svg" in page


def test_a_code_is_given_once_and_found_as_it_is_typed(client, row):
    code = short_links.give(deployment=row)
    assert short_links.give(deployment=row) == code
    assert short_links.find(f" {code[:3].lower()}-{code[3:]} ") == row

    answer = client.get(f"/q/{code.lower()}/?agent=E-17")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/w/feedback/?agent=E-17"


@pytest.mark.parametrize("code", ["ABC", "000000", "\x00", "A" * 500, "ÄÖÜÄÖÜ"])
def test_an_unknown_code_is_not_found(client, row, code):
    assert client.get(f"/q/{code}/").status_code == 404


def test_trying_out_leads_to_pages_whose_answers_are_marked(admin_client, client, row):
    answer = admin_client.get(f"/admin/deployments/deployment/{row.pk}/try/")

    address = answer.headers["Location"].removeprefix("http://127.0.0.1:8000")
    assert address.startswith("/preview/feedback:")
    assert "A test" in client.get(address).content.decode()


def test_who_may_not_change_it_may_not_try_it(client, row, django_user_model):
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    client.force_login(user)

    path = f"/admin/deployments/deployment/{row.pk}/try/"
    assert client.get(path).status_code in {302, 403, 404}
    assert "/preview/" not in client.get(path).headers.get("Location", "")


@pytest.mark.parametrize(
    ("doors", "said"),
    [
        ({}, "Live"),
        ({"opens_at": timezone.now() + timedelta(days=1)}, "Not opened yet"),
        ({"closes_at": timezone.now() - timedelta(days=1)}, "Closed"),
        ({"most_responses": 5, "places_taken": 5}, "Closed"),
    ],
)
def test_the_list_says_whether_a_live_deployment_takes_answers(
    admin_client, row, doors, said
):
    Deployment.objects.filter(pk=row.pk).update(status="live", **doors)

    page = admin_client.get("/admin/deployments/deployment/").content.decode()

    shown = page[page.index('class="field-state"') :]
    assert f">{said}</span>" in shown[: shown.index("</td>")]
