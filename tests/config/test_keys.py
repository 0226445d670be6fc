"""API keys: recognisable, from some networks alone, changed over without a gap, and
every change kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config import key_acts, key_format, networks
from config.models import ApiKey, ApiKeyEvent
from tests.factories.access import bearer, make_api_key

URL = "/api/v1/surveys/"


def test_a_key_can_be_recognised_where_it_leaked():
    secret = key_format.new_secret()

    assert key_format.KEY.match(secret)
    assert not key_format.is_mistyped(secret)


@given(place=st.integers(3, 48), letter=st.sampled_from(key_format.ALPHABET))
def test_one_wrong_character_is_noticed(place, letter):
    secret = key_format.new_secret()
    wrong = secret[:place] + letter + secret[place + 1 :]

    assert key_format.is_mistyped(wrong) == (wrong != secret)


def test_the_proof_of_a_key_stays_as_it_is():
    """Scanners of leaked secrets count on it."""
    assert key_format.proof("tb_" + "0" * 40) == "1MWvlF"


@pytest.mark.parametrize(
    ("address", "allowed", "within"),
    [
        ("192.0.2.7", "", True),
        ("192.0.2.7", "192.0.2.0/24", True),
        ("192.0.3.7", "192.0.2.0/24", False),
        ("192.0.3.7", "192.0.2.0/24\n192.0.3.7", True),
        ("::ffff:192.0.2.7", "192.0.2.0/24", True),
        ("2001:db8::1", "192.0.2.0/24 2001:db8::/32", True),
        ("", "192.0.2.0/24", False),
        ("nonsense", "0.0.0.0/0", False),
    ],
)
def test_a_key_may_be_used_from_its_networks_alone(address, allowed, within):
    assert networks.is_within(address, allowed) is within


@pytest.mark.django_db
def test_a_key_of_another_network_is_as_good_as_none(client):
    here = bearer(make_api_key(allowed_networks="127.0.0.0/8"))
    there = bearer(make_api_key(allowed_networks="192.0.2.0/24"))

    assert client.get(URL, headers=here).status_code == 200
    assert client.get(URL, headers=there).status_code == 401
    assert client.post(
        "/api/xmlrpc/",
        "<methodCall><methodName>survey.listSurveys</methodName><params>"
        f"<param><value>{there['Authorization'][7:]}</value></param>"
        "<param><value><struct/></value></param></params></methodCall>",
        content_type="text/xml",
    ).content.count(b"authentication-failed")


@pytest.mark.django_db
def test_a_network_is_what_our_proxy_saw_not_what_the_caller_says(client, settings):
    settings.TRUSTED_PROXIES = 1
    key = bearer(make_api_key(allowed_networks="192.0.2.0/24"))

    def status(seen):
        return client.get(URL, headers=key | {"X-Forwarded-For": seen}).status_code

    assert status("192.0.2.7") == 200
    assert status("10.0.0.1, 192.0.2.7") == 200
    assert status("192.0.2.7, 10.0.0.1") == 401  # the first was the caller's word
    assert client.get(URL, headers=key).status_code == 401


@pytest.mark.django_db
def test_a_key_is_noted_as_used_once_a_minute(client):
    headers = bearer(make_api_key())
    client.get(URL, headers=headers)
    first = ApiKey.objects.get().last_used_at

    with CaptureQueriesContext(connection) as queries:
        client.get(URL, headers=headers)
    assert not [one for one in queries if one["sql"].startswith("UPDATE")]
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    client.get(URL, headers=headers)

    assert ApiKey.objects.get().last_used_at >= first


@pytest.mark.django_db
def test_both_secrets_open_while_one_follows_the_other(client):
    old = make_api_key()
    key = ApiKey.objects.get()
    new = key_acts.rotate(key=key, now=timezone.now())

    assert client.get(URL, headers=bearer(old)).status_code == 200
    assert client.get(URL, headers=bearer(new)).status_code == 200
    ApiKey.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    assert client.get(URL, headers=bearer(old)).status_code == 401
    assert client.get(URL, headers=bearer(new)).status_code == 200
    assert key_acts.revoke(key=key, now=timezone.now())
    assert not key_acts.revoke(key=key, now=timezone.now())
    assert client.get(URL, headers=bearer(new)).status_code == 401


@pytest.mark.django_db
def test_everything_that_is_done_with_a_key_is_kept(client):
    client.force_login(get_user_model().objects.create_superuser("ada"))
    asked = {"name": "Shop", "scopes": ["surveys:read"]}
    inline = {"events-TOTAL_FORMS": 0, "events-INITIAL_FORMS": 0}
    made = client.post(reverse("admin:tellback_apikey_add"), asked, follow=True)
    key = ApiKey.objects.get()
    assert key.prefix in made.content.decode()
    page = reverse("admin:tellback_apikey_change", args=[key.pk])
    wrong = client.post(page, asked | inline | {"allowed_networks": "everywhere"})
    assert "is no network" in wrong.content.decode()
    client.post(page, asked | inline | {"allowed_networks": "192.0.2.0/24"})
    for act in ("rotate", "revoke"):
        client.post(
            reverse("admin:tellback_apikey_changelist"),
            {"action": act, "_selected_action": [key.pk]},
        )

    events = list(ApiKeyEvent.objects.order_by("pk").values_list("what", "who"))
    whats = ["made", "changed", "rotated", "revoked"]
    assert events == [(what, "ada") for what in whats]
    changed = ApiKeyEvent.objects.get(what="changed").details
    assert changed == {"allowed_networks": ["", "192.0.2.0/24"]}
    shown = client.get(page).content.decode()
    assert "Given another secret" in shown
    assert "from these networks: – → 192.0.2.0/24" in shown
    assert "the secret before is valid until: " in shown


@pytest.mark.django_db
def test_the_command_limits_a_key_to_networks(capsys):
    call_command("create_api_key", "shop", scopes=["surveys:read"], networks=["::/0"])
    with pytest.raises(CommandError, match="is no network"):
        call_command("create_api_key", "shop", scopes=["surveys:read"], networks=["x"])

    assert ApiKey.objects.get().allowed_networks == "::/0"
    assert ApiKeyEvent.objects.get().what == "made"


@pytest.mark.django_db
def test_a_person_with_keys_is_not_deleted_and_leaves_no_key_that_sees_more():
    maker = get_user_model().objects.create_user("ada")
    make_api_key(created_by=maker)

    with pytest.raises(ProtectedError):
        maker.delete()

    assert ApiKey.objects.get().created_by == maker
