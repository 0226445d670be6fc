"""The log-in of a person, from the admin to Salesforce and back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from crm_mappings.models import Connection
from tests.factories.crm import allow, make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(org, db) -> Connection:
    return make_connection(org, login=Connection.Login.WEB_SERVER)


def start(connection: Connection) -> str:
    return reverse("salesforce-login", args=[connection.pk])


def messages_of(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_person_connects(admin_client, org, connection):
    away = admin_client.get(start(connection))
    back = allow(away["Location"])

    answer = admin_client.get(back, follow=True)

    row = Connection.objects.get()
    assert (row.status, row.org_id) == ("connected", org.org.org_id)
    assert row.refresh_token
    assert "Tellback Demo" in messages_of(answer)
    assert answer.redirect_chain[-1][0].endswith(f"/connection/{row.pk}/change/")


def test_the_way_out_is_bound_to_the_browser(admin_client, org, connection):
    away = admin_client.get(start(connection))

    query = parse_qs(urlsplit(away["Location"]).query)
    assert away["Location"].startswith(org.url)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"][0].endswith("/oauth/salesforce/callback/")
    assert "no-store" in away["Cache-Control"]


def test_another_browser_cannot_finish(
    admin_client, client, org, connection, admin_user
):
    back = allow(admin_client.get(start(connection))["Location"])
    client.force_login(admin_user)

    answer = client.get(back, follow=True)

    assert "Begin again" in messages_of(answer)
    assert Connection.objects.get().status == "new"


@pytest.mark.parametrize("state", ["", "wrong", "ä"])
def test_another_state_does_not_finish(admin_client, connection, state):
    admin_client.get(start(connection))

    answer = admin_client.get(
        reverse("salesforce-callback"), {"code": "x", "state": state}, follow=True
    )

    assert "Begin again" in messages_of(answer)


def test_coming_back_twice_connects_once(admin_client, connection):
    back = allow(admin_client.get(start(connection))["Location"])
    admin_client.get(back)

    answer = admin_client.get(back, follow=True)

    assert "Begin again" in messages_of(answer)
    assert Connection.objects.get().status == "connected"


def test_a_person_who_does_not_allow_it_reads_so(admin_client, connection):
    away = admin_client.get(start(connection))
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]

    answer = admin_client.get(
        reverse("salesforce-callback"),
        {
            "error": "access_denied",
            "error_description": "<b>denied</b>",
            "state": state,
        },
        follow=True,
    )

    assert "denied" in messages_of(answer)
    assert b"<b>denied</b>" not in answer.content
    assert Connection.objects.get().status == "new"


def test_a_refused_code_is_told(admin_client, connection):
    away = admin_client.get(start(connection))
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]

    answer = admin_client.get(
        reverse("salesforce-callback"), {"code": "stolen", "state": state}, follow=True
    )

    assert "Connect again" in messages_of(answer)


def test_a_log_in_address_that_is_not_salesforces_is_not_visited(
    admin_client, connection
):
    Connection.objects.update(login_url="https://evil.example")

    answer = admin_client.get(start(connection), follow=True)

    assert "SALESFORCE_EXTRA_HOSTS" in messages_of(answer)


@pytest.mark.parametrize("name", ["start", "callback"])
def test_a_stranger_is_asked_to_log_in(client, connection, name):
    address = start(connection) if name == "start" else reverse("salesforce-callback")

    answer = client.get(address)

    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_a_colleague_without_the_right_is_refused(
    client, connection, django_user_model
):
    client.force_login(django_user_model.objects.create_user("ada", is_staff=True))

    assert client.get(start(connection)).status_code == 403


def test_nothing_of_a_log_in_is_in_the_page(admin_client, connection):
    away = admin_client.get(start(connection))
    back = allow(away["Location"])
    page = admin_client.get(back, follow=True).content.decode()

    row = Connection.objects.get()
    for secret in (row.access_token, row.refresh_token, row.client_secret):
        assert secret not in page
