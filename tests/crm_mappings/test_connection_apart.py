"""The whole life of a connection against an org in a process of its own, steered by the
switches that a person has on its control page."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from crm_mappings import connections, delivery, drift, rebinding
from crm_mappings.emulator.org import CLIENT_SECRET
from crm_mappings.models import Connection, SchemaChange
from crm_mappings.salesforce.errors import Kind, OrgError
from tests.factories.crm import (
    allow,
    completed,
    connected,
    logged_in_by_a_person,
    make_connection,
    make_mapping,
    only_write_back,
    record_step,
)
from tests.factories.org import running_org

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("org_apart")]
CALM = {
    "app_installed": True,
    "app_blocked": False,
    "rotate_refresh_tokens": True,
    "client_secret": CLIENT_SECRET,
    "restore_fields": "Case",
    "daily_limit": 15_000,
}


@pytest.fixture(scope="module")
def process():
    with running_org("--rotate") as org:
        yield org


@pytest.fixture
def org(process, settings):
    settings.SALESFORCE_EXTRA_HOSTS = [process.url]
    yield process
    process.control("DELETE", "faults")
    process.faults(**CALM)


def by_key(org) -> Connection:
    row = make_connection(
        org,
        login="jwt_bearer",
        login_username="integration@tellback.example",
        client_secret="",
    )
    connections.make_key_pair(connection=row, now=timezone.now())
    org.faults(certificate=row.certificate)
    return connections.connect(connection=row, now=timezone.now())


LOG_INS = {
    "client_credentials": connected,
    "web_server": logged_in_by_a_person,
    "jwt_bearer": by_key,
}


@pytest.mark.parametrize("login", LOG_INS)
def test_each_log_in_is_green_and_lives_on_when_its_token_ends(org, login):
    connection = LOG_INS[login](org)
    org.faults(expire_tokens=True)

    told = connections.check(connection=connection, now=timezone.now())

    assert [line.name for line in told if not line.passed] == []
    assert Connection.objects.get().status == "connected"


def test_a_grant_that_is_gone_pauses_once_tells_and_goes_on_with_one_click(
    org, version, admin_client, admin_user
):
    admin_user.email = "boss@example.com"
    admin_user.save(update_fields=["email"])
    connection = logged_in_by_a_person(org)
    case = org.insert("Case", Subject="Printer")
    make_mapping(connection, version, record_step())
    completed(version, records={"Case": case})
    org.faults(revoke_grants=True)

    for _ in range(2):
        work()
        connections.tell_of_problems(now=timezone.now())

    [told] = mail.outbox
    assert "paused" in told.subject
    assert (Connection.objects.get().status, only_write_back().state) == (
        "paused",
        "waiting",
    )
    away = admin_client.get(reverse("salesforce-login", args=[connection.pk]))
    admin_client.get(allow(away["Location"]))
    work()
    assert only_write_back().state == "written"
    assert len(org.rows("Tellback_Response__c")) == 1


def work() -> None:
    delivery.deliver_due(now=timezone.now())


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"app_installed": False}, "install the app"),
        ({"client_secret": "changed there"}, "secret is wrong"),
        ({"token_errors": ["invalid_grant | ip restricted | object"]}, "address"),
        ({"token_errors": ["invalid_grant | inactive user | list"]}, "Activate"),
        ({"token_errors": ["x | | html | 503"]}, "maintenance"),
        ({"bad_signatures": 1}, "signed"),
        ({"instance_url": "https://evil.example"}, "not an address of Salesforce"),
    ],
)
def test_a_log_in_that_is_refused_says_why(org, switches, words):
    connection = make_connection(org)
    org.faults(**switches)

    with pytest.raises(OrgError, match=words):
        connections.connect(connection=connection, now=timezone.now())

    assert Connection.objects.get().status == "new"


@pytest.mark.parametrize(
    ("switches", "kind"),
    [
        ({"app_blocked": True, "expire_tokens": True}, Kind.CONNECTION),
        ({"policy_errors": 1}, Kind.CONNECTION),
        ({"api_disabled": 1}, Kind.CONNECTION),
        ({"request_limit": 1}, Kind.BUDGET),
        ({"daily_limit": 0}, Kind.BUDGET),
        ({"unavailable": 3}, Kind.TRANSIENT),
        ({"server_errors": 3}, Kind.TRANSIENT),
    ],
)
def test_each_refusal_of_a_call_has_its_kind(org, switches, kind):
    client = connections.client(connected(org))
    org.faults(**switches)

    with pytest.raises(OrgError) as caught:
        client.organization()

    assert caught.value.kind is kind


def test_a_description_that_has_not_changed_is_not_sent_again(org, version):
    connection = connected(org)
    make_mapping(connection, version)
    drift.look(connection=connection, now=timezone.now())
    org.faults(hide_field="Case.Comments", not_modified=1)

    drift.look(connection=connection, now=timezone.now())
    unseen = SchemaChange.objects.count()
    drift.look(connection=connection, now=timezone.now())

    assert unseen == 0
    assert SchemaChange.objects.filter(object="Case", field="Comments").exists()


@pytest.mark.parametrize("wrong", ["state=wrong&code=x", "code=x", "state=wrong"])
def test_a_callback_with_another_state_is_refused(org, admin_client, wrong):
    connection = make_connection(org, login="web_server")
    admin_client.get(reverse("salesforce-login", args=[connection.pk]))

    answer = admin_client.get(f"{reverse('salesforce-callback')}?{wrong}", follow=True)

    assert "did not begin in this browser" in answer.content.decode()
    assert Connection.objects.get().status == "new"


def test_disconnecting_gives_the_log_in_back(org):
    connection = logged_in_by_a_person(org)
    twin = Connection.objects.get()

    connections.disconnect(connection=connection)

    with pytest.raises(OrgError):
        connections.client(twin).organization()


def test_a_refreshed_sandbox_is_bound_anew(settings, version):
    with running_org("--sandbox") as sandbox:
        settings.SALESFORCE_EXTRA_HOSTS = [sandbox.url]
        connection = connected(sandbox)
        make_mapping(connection, version)
        drift.look(connection=connection, now=timezone.now())
        sandbox.faults(refresh_sandbox="00DTb0000000009", hide_field="Case.Comments")

        with pytest.raises(connections.WrongOrganisation):
            connections.client(connection).organization()
        told = rebinding.rebind(connection=connection, now=timezone.now())

    assert told.org_now.startswith("00DTb0000000009")
    assert [one.mapping.connection for one in told.unfit] == [connection]
