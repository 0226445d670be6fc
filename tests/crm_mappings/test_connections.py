"""Log in, stay logged in, describe, prove, pause."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections as databases
from django.db import transaction

from crm_mappings import connections
from crm_mappings.connections import NotConnected, WrongOrganisation
from crm_mappings.models import Connection, Mapping, ObjectDescription
from crm_mappings.salesforce.auth import new_challenge
from crm_mappings.salesforce.errors import OrgError
from crm_mappings.salesforce.session import SessionExpired
from deployments.links import hash_token
from tests.factories.crm import (
    NOW,
    allow,
    case_step,
    connected,
    make_connection,
    make_mapping,
    record_step,
    served,
)

pytestmark = pytest.mark.django_db
WEB_SERVER = Connection.Login.WEB_SERVER


def logged_in_by_a_person(org, **fields) -> Connection:
    connection = make_connection(org, login=WEB_SERVER, **fields)
    challenge = new_challenge()
    back = allow(connections.authorize_url(connection, challenge))
    code = dict(pair.split("=", 1) for pair in back.split("?")[1].split("&"))["code"]
    return connections.connect_with_code(
        connection=connection,
        code=code.replace("%3D", "="),
        verifier=challenge.verifier,
        now=NOW,
    )


@pytest.fixture
def rotating(settings, db):
    with served(rotate_refresh_tokens=True) as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield org


# -- made


def test_a_new_connection_has_an_address_that_nobody_guesses(org, settings):
    first, second = make_connection(org), make_connection(org)

    address = connections.hook_url(first)

    assert address == f"{settings.BASE_URL}/hooks/salesforce/{first.hook_secret}/"
    assert len(first.hook_secret) >= 40
    assert first.hook_secret != second.hook_secret
    assert first.hook_secret_hash == hash_token(first.hook_secret)


def test_preparing_again_keeps_the_address(org):
    connection = make_connection(org)
    secret = connection.hook_secret

    assert connections.prepare(connection).hook_secret == secret


def test_secrets_are_not_readable_in_the_database(org, connection):
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM crm_mappings_connection")
        stored = str(cursor.fetchall())

    for secret in (
        connection.access_token,
        connection.client_secret,
        connection.hook_secret,
    ):
        assert secret
        assert secret not in stored


@pytest.mark.parametrize("address", ["https://evil.example", "nonsense", ""])
def test_a_log_in_address_that_is_not_salesforces_is_told(address):
    assert "my.salesforce.com" in connections.login_address_problem(address)


def test_a_log_in_address_of_salesforces_is_good():
    assert connections.login_address_problem("https://login.salesforce.com") == ""


# -- logged in


def test_connecting_keeps_whose_organisation_it_is(org, connection):
    row = Connection.objects.get()

    assert row.status == Connection.Status.CONNECTED
    assert (row.org_id, row.org_name) == (org.org.org_id, "Tellback Demo")
    assert row.is_sandbox is False
    assert row.username == "integration@tellback.example"
    assert row.instance_url == org.url
    assert row.calls_allowed == 15_000
    assert row.checked_at == NOW


def test_a_person_connects(org):
    connection = logged_in_by_a_person(org)

    row = Connection.objects.get(pk=connection.pk)
    assert row.status == Connection.Status.CONNECTED
    assert row.refresh_token


def test_a_log_in_of_another_organisation_is_refused(org, connection, settings):
    with served(org_id="00DTb0000000002") as other:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, other.url]
        connection.login_url = other.url

        with pytest.raises(WrongOrganisation):
            connections.connect(connection=connection, now=NOW)

    assert Connection.objects.get().org_id == org.org.org_id


def test_what_never_logged_in_has_no_client(org):
    with pytest.raises(NotConnected):
        connections.client(make_connection(org))


# -- stays logged in


def test_an_ended_token_is_replaced_and_kept(org, connection):
    old = connection.access_token
    org.org.clock.advance(hours=24)

    connections.client(connection).organization()

    assert Connection.objects.get().access_token not in {old, ""}
    assert connection.access_token == Connection.objects.get().access_token


def test_a_refresh_keeps_the_new_refresh_token(rotating):
    connection = logged_in_by_a_person(rotating)
    old = connection.refresh_token
    for _ in range(3):
        rotating.org.clock.advance(hours=24)
        connections.client(connection).organization()

    kept = Connection.objects.get()
    assert kept.refresh_token not in {old, ""}


def test_a_refresh_token_is_not_spent_where_it_could_be_rolled_back(rotating):
    connection = logged_in_by_a_person(rotating)
    rotating.org.clock.advance(hours=24)

    with pytest.raises(NotConnected, match="Try again"), transaction.atomic():
        connections.client(connection).organization()

    assert connections.client(connection).organization()


def test_who_comes_second_takes_the_token_that_the_first_got(rotating):
    first = logged_in_by_a_person(rotating)
    second = Connection.objects.get(pk=first.pk)
    rotating.org.clock.advance(hours=24)

    connections.client(first).organization()
    connections.client(second).organization()

    assert second.access_token == first.access_token


@pytest.mark.django_db(transaction=True)
def test_many_workers_refresh_once(rotating):
    connection = logged_in_by_a_person(rotating)
    rotating.org.clock.advance(hours=24)
    rotating.org.calls.clear()
    failures: list[Exception] = []

    def work() -> None:
        try:
            row = Connection.objects.get(pk=connection.pk)
            connections.client(row).organization()
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            databases.close_all()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    tokens = [call for call in rotating.org.calls.calls if "token" in call.path]
    assert len(tokens) == 1


def test_a_refresh_that_is_refused_changes_nothing(org, connection):
    org.org.client.client_secret = "changed"
    org.org.clock.advance(hours=24)

    with pytest.raises(OrgError, match="consumer secret"):
        connections.client(connection).organization()

    assert Connection.objects.get().access_token == connection.access_token


def test_without_a_refresh_token_a_person_must_log_in_again(org):
    connection = logged_in_by_a_person(org)
    connection.refresh_token = ""
    connection.save(update_fields=["refresh_token"])
    org.org.clock.advance(hours=24)

    with pytest.raises(NotConnected):
        connections.client(connection).organization()


def test_an_organisation_that_moved_is_followed(org, connection, settings):
    with served(org.org) as new:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, new.url]
        connection.login_url = new.url
        connection.save(update_fields=["login_url"])
        org.org.clock.advance(hours=24)

        connections.client(connection).organization()

        assert Connection.objects.get().instance_url == new.url


# -- paused


def test_a_connection_is_paused_once(connection):
    assert connections.pause(connection=connection, problem="The secret is wrong")
    assert not connections.pause(connection=connection, problem="Something else")

    row = Connection.objects.get()
    assert (row.status, row.problem) == ("paused", "The secret is wrong")


@pytest.mark.parametrize("by_person", [True, False])
def test_a_connection_resumes_when_the_org_answers(org, by_person):
    connection = logged_in_by_a_person(org) if by_person else connected(org)
    connections.pause(connection=connection, problem="x")

    connections.resume(connection=connection, now=NOW)

    row = Connection.objects.get()
    assert (row.status, row.problem) == ("connected", "")


def test_a_connection_that_still_does_not_work_stays_paused(org, connection):
    connections.pause(connection=connection, problem="x")
    org.org.client.client_secret = "changed"

    with pytest.raises(OrgError):
        connections.resume(connection=connection, now=NOW)

    assert Connection.objects.get().status == "paused"


# -- described


def test_an_object_is_asked_for_once_an_hour(org, connection):
    org.org.calls.clear()

    for minutes in (0, 30, 59):
        now = NOW + timedelta(minutes=minutes)
        schema = connections.describe(connection=connection, object="Case", now=now)
    assert len(org.org.calls.calls) == 1
    later = NOW + timedelta(minutes=61)
    connections.describe(connection=connection, object="Case", now=later)

    assert schema.name == "Case"
    assert len(org.org.calls.calls) == 2
    assert ObjectDescription.objects.get().fetched_at == later


def test_an_object_can_be_asked_for_anew(org, connection):
    connections.describe(connection=connection, object="Case", now=NOW)
    org.org.hide_field("Case", "Comments")

    fresh = connections.describe(
        connection=connection, object="Case", now=NOW, max_age=timedelta(0)
    )

    assert "Comments" not in fresh.fields


def test_what_is_known_is_told_without_asking(org, connection):
    assert connections.known(connection=connection, object="Case") is None
    assert connections.known_objects(connection=connection) == []
    connections.describe(connection=connection, object="Case", now=NOW)
    connections.list_objects(connection=connection, now=NOW)
    org.org.calls.clear()

    assert connections.known(connection=connection, object="Case").name == "Case"
    assert connections.known_objects(connection=connection)
    assert not org.org.calls.calls


def test_the_objects_are_listed_by_label_and_asked_for_once(org, connection):
    first = connections.list_objects(connection=connection, now=NOW)
    org.org.calls.clear()
    second = connections.list_objects(connection=connection, now=NOW)

    labels = [info.label for info in first]
    assert labels == sorted(labels, key=str.casefold)
    assert {"Case", "Tellback_Response__c"} <= {info.name for info in first}
    assert second == first
    assert not org.org.calls.calls


# -- proved


def names_of(results) -> dict[str, bool]:
    return {result.name: result.passed for result in results}


def test_a_sound_connection_passes_every_check(org, connection, version):
    make_mapping(connection, version, case_step(), record_step())

    results = connections.check(connection=connection, now=NOW)

    assert all(result.passed for result in results)
    assert all(result.detail for result in results)
    assert {"Case", "Tellback_Response__c", "Log-in"} <= names_of(results).keys()


def test_a_check_logs_in_for_the_first_time(org):
    connection = make_connection(org)

    assert connections.check(connection=connection, now=NOW)[0].passed
    assert Connection.objects.get().status == "connected"


def test_a_check_says_what_is_wrong_with_the_log_in(org, connection):
    org.org.client.client_secret = "changed"
    org.org.clock.advance(hours=24)

    [result] = connections.check(connection=connection, now=NOW)

    assert not result.passed
    assert "secret" in result.detail
    assert result.todo


def test_a_check_names_the_fields_that_are_missing(org, connection, version):
    make_mapping(connection, version)
    org.org.hide_field("Case", "Comments")
    org.org.make_read_only("Case", "Priority")

    results = connections.check(connection=connection, now=NOW)

    [case] = [result for result in results if result.name == "Case"]
    assert not case.passed
    assert "Comments" in case.detail
    assert "Priority" in case.detail
    assert case.todo


def test_a_check_looks_only_at_live_mappings(org, connection, version):
    make_mapping(connection, version, status=Mapping.Status.DRAFT)

    assert "Case" not in names_of(connections.check(connection=connection, now=NOW))


def test_a_check_says_that_the_version_is_not_there(org, connection, settings):
    settings.SALESFORCE_API_VERSION = "99.0"

    results = connections.check(connection=connection, now=NOW)

    assert not all(result.passed for result in results)


def test_a_check_warns_when_few_calls_are_left(org, connection):
    while org.org.usage.count() < 100:
        org.org.usage.spend()
    org.org.usage.daily_limit = 106

    results = connections.check(connection=connection, now=NOW)

    [limit] = [result for result in results if "calls" in result.name]
    assert not limit.passed


def test_the_end_of_a_session_does_not_loop(org, connection):
    org.org.logins.session_life = timedelta(seconds=-1)
    org.org.clock.advance(hours=24)
    org.org.calls.clear()

    with pytest.raises(SessionExpired):
        connections.client(connection).organization()

    assert len(org.org.calls.calls) == 3
