"""The admin of connections: log in, test, and never show a secret."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from lxml import html

from crm_mappings import connections
from crm_mappings.models import Connection, ObjectDescription
from tests.factories.crm import NOW, make_connection


def page(row):
    return reverse("admin:crm_mappings_connection_change", args=[row.pk])


def act(client, row, name, **follow):
    url = reverse(f"admin:crm_mappings_connection_{name}", args=[row.pk])
    return client.post(url, **follow)


def text(answer):
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())


def form(org, **typed):
    return {
        "name": "Sandbox",
        "key": "sandbox",
        "login": "client_credentials",
        "login_url": org.url,
        "client_id": org.org.client.client_id,
        "client_secret": org.org.client.client_secret,
        "api_share": "90",
        "concurrency": "5",
        **typed,
    }


def test_a_connection_is_made_with_a_hook_of_its_own(admin_client, org):
    answer = admin_client.post(reverse("admin:crm_mappings_connection_add"), form(org))

    row = Connection.objects.get()
    assert answer.status_code == 302
    assert row.client_secret == org.org.client.client_secret
    assert row.hook_secret
    assert row.hook_secret_hash


@pytest.mark.parametrize(
    "address", ["http://evil.example", "https://evil.example", "file:///etc", "x"]
)
def test_only_salesforce_is_a_log_in_address(admin_client, org, address):
    answer = admin_client.post(
        reverse("admin:crm_mappings_connection_add"), form(org, login_url=address)
    )

    assert answer.status_code == 200
    assert not Connection.objects.exists()


def test_no_secret_is_ever_shown(admin_client, connection):
    body = admin_client.get(page(connection)).content.decode()

    for secret in ("client_secret", "access_token", "refresh_token"):
        kept = getattr(connection, secret)
        assert not kept or kept not in body
    assert "Set. Leave it empty to keep it" in body


def test_an_empty_secret_keeps_the_one_that_is_set(admin_client, org, connection):
    kept = connection.client_secret

    admin_client.post(page(connection), form(org, name="Renamed", client_secret=""))

    connection.refresh_from_db()
    assert (connection.name, connection.client_secret) == ("Renamed", kept)
    assert connection.access_token


def test_a_new_secret_replaces_the_old_one(admin_client, org, connection):
    admin_client.post(page(connection), form(org, client_secret="new"))

    connection.refresh_from_db()
    assert connection.client_secret == "new"


def test_the_key_is_for_good(admin_client, org, connection):
    key = connection.key

    admin_client.post(page(connection), form(org, key="other"))

    connection.refresh_from_db()
    assert connection.key == key


def test_connecting_says_to_which_org_and_as_whom(admin_client, org):
    row = make_connection(org)

    answer = act(admin_client, row, "connect", follow=True)

    row.refresh_from_db()
    assert row.status == "connected"
    assert f"Connected to {row.org_name} as {row.username}" in text(answer)


def test_a_refused_log_in_is_said_and_nothing_breaks(admin_client, org):
    row = make_connection(org, client_secret="wrong")

    answer = act(admin_client, row, "connect", follow=True)

    row.refresh_from_db()
    assert row.status == "new"
    assert html.fromstring(answer.content.decode()).xpath("//li[@class='error']")


def test_the_test_shows_each_check(admin_client, connection):
    answer = act(admin_client, connection, "check")

    assert "Everything that was checked works." in text(answer)
    assert "API Enabled" in text(answer)


def test_a_failed_check_says_what_to_do(admin_client, org):
    row = make_connection(org, client_secret="wrong")

    answer = act(admin_client, row, "check")

    assert "1 check failed" in text(answer)
    assert "Fail" in text(answer)


def test_descriptions_are_asked_for_again(admin_client, org, connection):
    connections.describe(connection=connection, object="Case", now=NOW)
    before = ObjectDescription.objects.get(object="Case").fetched_at

    answer = act(admin_client, connection, "refresh", follow=True)

    assert "1 description are fresh" in text(answer) or "1 description" in text(answer)
    assert ObjectDescription.objects.get(object="Case").fetched_at > before


def test_descriptions_of_an_org_that_is_gone_stay(admin_client, connection):
    connections.describe(connection=connection, object="Case", now=NOW)
    Connection.objects.update(access_token="")

    act(admin_client, connection, "refresh")

    assert ObjectDescription.objects.filter(object="Case").exists()


def test_the_address_for_outbound_messages_can_be_copied(admin_client, connection):
    document = html.fromstring(admin_client.get(page(connection)).content.decode())

    box = document.get_element_by_id("tb-hook-url")
    assert box.get("value") == connections.hook_url(connection)


def test_a_person_who_logs_in_is_led_to_salesforce(admin_client, org):
    row = make_connection(org, login="web_server")

    body = admin_client.get(page(row)).content.decode()

    assert reverse("salesforce-login", args=[row.pk]) in body
    assert connections.callback_url() in body


def test_what_is_wrong_is_on_the_list_and_the_page(admin_client, connection):
    connections.pause(connection=connection, problem="The user is locked.")

    listed = admin_client.get(reverse("admin:crm_mappings_connection_changelist"))

    assert "The user is locked." in text(listed)
    assert "The user is locked." in text(admin_client.get(page(connection)))


@pytest.fixture
def reader(client, db):
    user = get_user_model().objects.create_user("reader", is_staff=True)
    names = ["view_connection", "view_objectdescription"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def test_who_may_only_look_sees_no_hook_and_has_no_buttons(reader, connection):
    body = reader.get(page(connection)).content.decode()

    assert connection.hook_secret not in body
    assert "Check everything" not in body


@pytest.mark.parametrize("name", ["connect", "check", "refresh"])
def test_who_may_only_look_cannot_act(reader, connection, name):
    assert act(reader, connection, name).status_code == 403


@pytest.mark.parametrize("name", ["connect", "check", "refresh"])
def test_acts_are_posted(admin_client, connection, name):
    url = reverse(f"admin:crm_mappings_connection_{name}", args=[connection.pk])

    assert admin_client.get(url).status_code == 403


# Object descriptions.


@pytest.fixture
def described(connection):
    connections.list_objects(connection=connection, now=NOW)
    connections.describe(connection=connection, object="Case", now=NOW)
    return ObjectDescription.objects.get(object="Case")


def test_descriptions_are_listed_without_the_list_of_all_objects(reader, described):
    url = reverse("admin:crm_mappings_objectdescription_changelist")

    document = html.fromstring(reader.get(url).content.decode())

    assert len(document.xpath("//table[@id='result_list']/tbody/tr")) == 1


@pytest.mark.parametrize(
    ("words", "shown"), [("", True), ("csat", True), ("multi-select", False)]
)
def test_fields_are_found_by_name_label_or_type(reader, described, words, shown):
    url = reverse("admin:crm_mappings_objectdescription_change", args=[described.pk])

    answer = reader.get(url, {"q": words})

    assert ("CSAT__c" in text(answer)) is shown


def test_a_description_that_is_not_there_is_not_found(reader):
    url = reverse("admin:crm_mappings_objectdescription_change", args=[7])

    assert reader.get(url).status_code == 404


def test_who_may_not_look_sees_no_description(client, described):
    client.force_login(get_user_model().objects.create_user("x", is_staff=True))
    url = reverse("admin:crm_mappings_objectdescription_change", args=[described.pk])

    assert client.get(url).status_code == 403


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("csat", True),
        ("Escalated", True),
        ("4000", True),
        ("read-only picklist", False),
        ("nothing at all", False),
    ],
)
def test_objects_are_found_by_what_is_said_of_their_fields(
    reader, described, words, shown
):
    url = reverse("admin:crm_mappings_objectdescription_changelist")

    document = html.fromstring(reader.get(url, {"q": words}).content.decode())

    assert bool(document.xpath("//table[@id='result_list']/tbody/tr")) is shown


def test_record_types_and_dependent_values_are_shown(reader, described):
    told = described.describe
    told["recordTypeInfos"].append(
        {
            "recordTypeId": "012000000000001AAA",
            "name": "Support",
            "developerName": "Support_Case",
            "active": True,
            "available": True,
        }
    )
    fields = {field["name"]: field for field in told["fields"]}
    fields["Priority"]["controllerName"] = "Status"
    for value in fields["Priority"]["picklistValues"]:
        value["validFor"] = "gAAA"  # beside the first alone
    described.save(update_fields=["describe"])
    url = reverse("admin:crm_mappings_objectdescription_change", args=[described.pk])

    shown = text(reader.get(url))

    first = fields["Status"]["picklistValues"][0]["value"]
    assert "Support (Support_Case)" in shown
    assert "depends on Status" in shown
    assert f"High: {first}" in shown


# The steps.


def test_the_steps_say_what_to_paste_for_each_kind_of_log_in(admin_client, org):
    wanted = {
        "web_server": ["refresh_token", "Require Proof Key for Code Exchange (PKCE)"],
        "jwt_bearer": ["Make the key pair", "pre-authorized"],
        "client_credentials": ["Enable Client Credentials Flow", "Run As"],
    }
    for login, words in wanted.items():
        body = text(admin_client.get(page(make_connection(org, login=login))))

        for word in [*words, "Manage user data via APIs (api)"]:
            assert word in body, (login, word)


def test_the_steps_come_first_and_the_app_after(admin_client, org):
    made = form(org, login="jwt_bearer", client_id="", client_secret="")

    answer = admin_client.post(
        reverse("admin:crm_mappings_connection_add"), made, follow=True
    )

    row = Connection.objects.get()
    assert "step by step" in text(answer)
    act(admin_client, row, "key_pair")
    url = reverse("admin:crm_mappings_connection_certificate", args=[row.pk])
    assert b"BEGIN CERTIFICATE" in admin_client.get(url).content
    assert "Good until" in text(admin_client.get(page(row)))


def test_without_a_key_pair_there_is_no_certificate(admin_client, org):
    row = make_connection(org, login="jwt_bearer")
    url = reverse("admin:crm_mappings_connection_certificate", args=[row.pk])

    assert "Make one first" in text(admin_client.get(url, follow=True))


@pytest.mark.parametrize("tell", ["nonsense", "a@example.com, b"])
def test_only_addresses_are_told(admin_client, org, tell):
    answer = admin_client.post(
        reverse("admin:crm_mappings_connection_add"), form(org, tell=tell)
    )

    assert answer.status_code == 200
    assert not Connection.objects.exists()


def test_deleting_gives_the_log_in_back(admin_client, org, connection):
    url = reverse("admin:crm_mappings_connection_delete", args=[connection.pk])

    admin_client.post(url, {"post": "yes"})

    assert not Connection.objects.exists()
    assert org.org.logins.find(connection.access_token) is None


def test_the_page_says_when_the_budget_ends_at_todays_pace(admin_client, connection):
    now = timezone.now()
    Connection.objects.update(
        calls_used=5000,
        calls_allowed=10_000,
        usage_at=now,
        usage_log=[[(now - timedelta(hours=1)).isoformat(), 3000]],
    )
    body = text(admin_client.get(page(connection)))
    ends = timezone.localtime(now + timedelta(hours=2))

    told = re.search(r"the budget ends at (\d\d:\d\d)", body)
    assert told
    assert told[1] in {f"{ends + timedelta(minutes=n):%H:%M}" for n in (-1, 0, 1)}
    assert "90 % of the calls (9000)" in body


def test_the_page_says_that_the_budget_lasts_or_is_used_up(admin_client, connection):
    Connection.objects.update(
        calls_used=10, calls_allowed=10_000, usage_at=timezone.now()
    )
    assert "the budget lasts" in text(admin_client.get(page(connection)))
    Connection.objects.update(calls_used=9500)
    assert "used up" in text(admin_client.get(page(connection)))
