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


def coming_back(admin_client, connection, **query):
    away = admin_client.get(start(connection))
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    answer = admin_client.get(
        reverse("salesforce-callback"), {"state": state, **query}, follow=True
    )
    return messages_of(answer)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "did not allow"),
        ("OAUTH_APP_BLOCKED", "blocked the app"),
        ("OAUTH_APP_ACCESS_DENIED", "not approved this user"),
        ("OAUTH_APPROVAL_ERROR_GENERIC", "Begin again"),
        ("invalid_scope", "OAuth scopes"),
        ("of_2031", "of_2031"),
    ],
)
def test_each_refusal_on_the_way_back_is_told(admin_client, connection, error, words):
    assert words in coming_back(admin_client, connection, error=error)


def test_coming_back_with_nothing_is_told(admin_client, connection):
    assert "refused" in coming_back(admin_client, connection)


def test_an_old_state_is_refused(admin_client, connection):
    back = allow(admin_client.get(start(connection))["Location"])
    session = admin_client.session
    kept = session["salesforce_log_in"]
    session["salesforce_log_in"] = {**kept, "began": kept["began"] - 3600}
    session.save()

    assert "Begin again" in messages_of(admin_client.get(back, follow=True))
    assert Connection.objects.get().status == "new"


def test_a_code_that_waited_too_long_is_told(admin_client, org, connection):
    back = allow(admin_client.get(start(connection))["Location"])
    org.org.clock.advance(minutes=16)

    assert "took too long" in messages_of(admin_client.get(back, follow=True))


def test_the_code_of_another_try_is_refused(admin_client, org, connection):
    first = allow(admin_client.get(start(connection))["Location"])
    code = parse_qs(urlsplit(first).query)["code"][0]

    assert "not this browser" in coming_back(admin_client, connection, code=code)


def test_a_code_is_good_once(admin_client, client, admin_user, org, connection):
    back = allow(admin_client.get(start(connection))["Location"])
    code = parse_qs(urlsplit(back).query)["code"][0]
    admin_client.get(back)

    assert "sent twice" in coming_back(admin_client, connection, code=code)
    assert Connection.objects.get().status == "connected"


def test_two_browsers_may_connect_at_once(
    admin_client, client, admin_user, org, connection
):
    client.force_login(admin_user)
    first = allow(admin_client.get(start(connection))["Location"])
    second = allow(client.get(start(connection))["Location"])

    told = [
        messages_of(admin_client.get(first, follow=True)),
        messages_of(client.get(second, follow=True)),
    ]

    assert all("Tellback Demo" in one for one in told)
    row = Connection.objects.get()
    assert org.org.logins.find(row.access_token)
    assert any(row.refresh_token == one.refresh_token for one in org.org.logins._grants)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"bad_signatures": 1}, "not signed"),
        ({"instance_url": "https://evil.example"}, "SALESFORCE_EXTRA_HOSTS"),
        ({"instance_url": "http://acme.my.salesforce.com"}, "SALESFORCE_EXTRA_HOSTS"),
    ],
)
def test_a_token_that_is_not_to_be_believed_is_refused(
    admin_client, org, connection, faults, words
):
    back = allow(admin_client.get(start(connection))["Location"])
    for name, value in faults.items():
        setattr(org.org.faults, name, value)

    told = messages_of(admin_client.get(back, follow=True))

    assert words in told
    row = Connection.objects.get()
    assert (row.status, row.access_token, row.refresh_token) == ("new", "", "")


def test_an_org_without_the_pinned_version_is_refused(
    admin_client, org, connection, settings
):
    settings.SALESFORCE_API_VERSION = "99.0"
    back = allow(admin_client.get(start(connection))["Location"])

    assert "version 99.0" in messages_of(admin_client.get(back, follow=True))
    assert Connection.objects.get().status == "new"
