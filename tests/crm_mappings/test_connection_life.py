"""Quiet log-ins live, those that are gone are told, the stand-by takes over."""

from __future__ import annotations

import logging
import traceback
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django_q.models import OrmQ

from crm_mappings import connections, tasks
from crm_mappings.connections import health
from crm_mappings.emulator.clock import Clock
from crm_mappings.models import Connection, Trouble, WriteBack
from crm_mappings.salesforce import auth
from crm_mappings.salesforce.errors import Kind, NoAnswer, OrgError, Refusal
from tests.factories.crm import (
    NOW,
    completed,
    connected,
    deliver,
    logged_in_by_a_person,
    make_case,
    make_connection,
    make_mapping,
    only_write_back,
    served,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotating(settings, db):
    with served(rotate_refresh_tokens=True) as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield org


@pytest.fixture
def boss(django_user_model):
    return django_user_model.objects.create_superuser(
        "boss", "boss@example.com", "secret"
    )


# -- a key pair


@pytest.fixture
def real_time_org(settings, db):
    """Assertions end by the clock of the machine."""
    with served(clock=Clock()) as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield org


def by_key(org, **fields) -> Connection:
    username = "integration@tellback.example"
    connection = make_connection(
        org, login="jwt_bearer", login_username=username, client_secret="", **fields
    )
    return connections.make_key_pair(connection=connection, now=org.org.clock.now())


def test_a_key_pair_logs_in_and_again_when_the_token_has_ended(real_time_org):
    org = real_time_org
    connection = by_key(org)
    org.org.client.certificates.append(connection.certificate)

    connections.connect(connection=connection, now=org.org.clock.now())
    org.org.logins.expire_sessions()
    told = connections.client(connection).organization()

    assert told["Name"] == "Tellback Demo"
    row = Connection.objects.get()
    assert (row.status, row.username) == ("connected", "integration@tellback.example")
    assert row.refresh_token == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"login_username": "nobody@example.com"}, "certificate"),
        ({"login_username": "admin@tellback.example"}, "pre-authorised"),
        ({"client_id": "other"}, "consumer key"),
        ({"private_key": ""}, "key pair"),
        ({"private_key": "nonsense"}, "key pair"),
    ],
)
def test_a_wrong_key_or_user_is_told(real_time_org, change, words):
    org = real_time_org
    connection = by_key(org)
    org.org.client.certificates.append(connection.certificate)
    for name, value in change.items():
        setattr(connection, name, value)

    with pytest.raises(OrgError) as caught:
        connections.connect(connection=connection, now=org.org.clock.now())

    assert words in caught.value.refusal.message


def test_a_certificate_that_is_not_uploaded_is_not_believed(real_time_org):
    connection = by_key(real_time_org)
    other = by_key(real_time_org)
    real_time_org.org.client.certificates.append(other.certificate)

    with pytest.raises(OrgError, match="upload the certificate"):
        connections.connect(connection=connection, now=real_time_org.org.clock.now())


def test_an_assertion_of_another_time_is_not_believed(real_time_org):
    connection = by_key(real_time_org)
    real_time_org.org.client.certificates.append(connection.certificate)

    for moved in (timedelta(hours=1), -timedelta(hours=1)):
        with pytest.raises(OrgError, match="signature"):
            connections.connect(
                connection=connection, now=real_time_org.org.clock.now() + moved
            )


@pytest.mark.parametrize(
    ("address", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
    ],
)
def test_an_assertion_is_for_the_log_in_host_of_the_org(address, audience):
    app = auth.App(login_url=address, client_id="x", client_secret="")

    assert auth.audience(app) == audience


def test_the_private_key_is_not_readable_in_the_database_or_the_pages(
    admin_client, real_time_org
):
    connection = by_key(real_time_org)
    page = reverse("admin:crm_mappings_connection_change", args=[connection.pk])
    file = reverse("admin:crm_mappings_connection_certificate", args=[connection.pk])

    shown = admin_client.get(page).content + admin_client.get(file).content

    assert b"PRIVATE" not in shown
    assert b"BEGIN CERTIFICATE" in shown
    stored = Connection.objects.extra(select={"raw": "private_key"}).get().raw
    assert "PRIVATE" not in stored


# -- kept alive


def test_a_quiet_log_in_is_used_each_week_and_lives(rotating):
    connection = logged_in_by_a_person(rotating)
    now = NOW
    for _ in range(40):
        now += timedelta(days=2)
        rotating.org.clock.advance(days=2)
        connections.keep_alive(now=now)

    assert connections.client(Connection.objects.get(pk=connection.pk)).organization()


def test_a_log_in_that_was_used_lately_is_left_alone(rotating):
    logged_in_by_a_person(rotating)
    rotating.org.calls.clear()

    assert connections.keep_alive(now=NOW + timedelta(days=6)) == 0
    assert not rotating.org.calls.calls
    assert connections.keep_alive(now=NOW + timedelta(days=7)) == 1


def test_a_log_in_without_a_refresh_token_is_left_alone(org, connection):
    assert connections.keep_alive(now=NOW + timedelta(days=30)) == 0


def test_an_org_that_is_down_is_asked_again_some_hours_later(rotating):
    logged_in_by_a_person(rotating)
    rotating.org.faults.unavailable = 1
    week = NOW + timedelta(days=7)

    assert connections.keep_alive(now=week) == 0
    assert connections.keep_alive(now=week + timedelta(hours=1)) == 0
    assert connections.keep_alive(now=week + timedelta(hours=7)) == 1
    assert Connection.objects.get().status == "connected"


# -- gone


def test_a_grant_that_is_gone_pauses_once_tells_and_loses_nothing(
    rotating, version, boss
):
    connection = logged_in_by_a_person(rotating)
    make_mapping(connection, version)
    completed(version, records={"Case": make_case(rotating.org)})
    rotating.org.logins.revoke_grants()
    rotating.org.logins.expire_sessions()

    deliver()
    for _ in range(3):
        connections.tell_of_problems(now=NOW)

    row = Connection.objects.get(pk=connection.pk)
    assert row.status == "paused"
    assert "Connect again" in row.problem
    [told] = mail.outbox
    assert told.to == ["boss@example.com"]
    assert "1 responses wait" in told.body
    assert reverse("admin:crm_mappings_connection_change", args=[row.pk]) in told.body
    write_back = only_write_back()
    assert (write_back.state, write_back.attempts) == (WriteBack.State.WAITING, 0)


def test_it_goes_on_with_one_click(admin_client, org, connection, version):
    make_mapping(connection, version)
    completed(version, records={"Case": make_case(org.org)})
    connections.pause(connection=connection, problem="The secret was wrong")
    assert deliver().claimed == 0
    OrmQ.objects.all().delete()

    admin_client.post(
        reverse("admin:crm_mappings_connection_resume", args=[connection.pk])
    )

    assert [task.func() for task in OrmQ.objects.all()] == [
        "crm_mappings.tasks.deliver"
    ]
    assert deliver().written == 1
    row = Connection.objects.get()
    assert (row.status, row.problem, row.told_at) == ("connected", "", None)


def test_a_new_problem_is_told_again(org, connection, boss):
    for problem in ("The user is locked", "The app was blocked"):
        connections.pause(connection=connection, problem=problem)
        connections.tell_of_problems(now=NOW)
        connections.resume(connection=connection, now=NOW)

    assert [
        problem in told.body
        for problem, told in zip(
            ("The user is locked", "The app was blocked"), mail.outbox, strict=True
        )
    ] == [True, True]


def test_those_named_are_told_instead(org, connection, boss):
    connection.tell = "crm@example.com, it@example.com"
    connection.save(update_fields=["tell"])
    connections.pause(connection=connection, problem="x")

    connections.tell_of_problems(now=NOW)

    assert mail.outbox[0].to == ["crm@example.com", "it@example.com"]


def test_a_mail_that_cannot_be_sent_is_tried_again(org, connection, boss, settings):
    connections.pause(connection=connection, problem="x")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert connections.tell_of_problems(now=NOW) == 0

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert connections.tell_of_problems(now=NOW) == 1


def test_the_sweep_looks_after_connections(org, connection, boss, settings):
    connections.pause(connection=connection, problem="x")

    tasks.look_after_connections()

    assert "crm_mappings.tasks.look_after_connections" in settings.SWEEP_TASKS
    assert len(mail.outbox) == 1


# -- a stand-by


def test_the_stand_by_takes_over_and_people_are_told(org, version, boss):
    spare = connected(org, name="Spare")
    connection = logged_in_by_a_person(org, stand_by=spare)
    make_mapping(connection, version)
    for _ in range(2):
        completed(version, records={"Case": make_case(org.org)})
    org.org.logins.revoke_grants()
    org.org.logins._sessions.pop(connection.access_token, None)

    deliver(limit=1)
    told = deliver(now=NOW + timedelta(minutes=5))
    connections.tell_of_problems(now=NOW)

    row = Connection.objects.get(pk=connection.pk)
    assert (row.status, row.stands_in) == ("connected", True)
    assert told.written == 2
    assert "Spare" in mail.outbox[0].body


def test_a_stand_by_of_another_org_does_not_stand_in(org, connection, settings):
    with served(org_id="00DTb0000000002") as other:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, other.url]
        connection.stand_by = connected(other)
        connection.save(update_fields=["stand_by"])

        assert connections.pause(connection=connection, problem="x")

    assert Connection.objects.get(pk=connection.pk).status == "paused"


def test_when_the_stand_by_fails_too_it_is_paused(org, connection):
    connection.stand_by = connected(org)
    connection.save(update_fields=["stand_by"])

    assert not connections.pause(connection=connection, problem="first")
    assert connections.pause(connection=connection, problem="second")

    row = Connection.objects.get(pk=connection.pk)
    assert (row.status, row.problem) == ("paused", "second")


# -- disconnected


def test_disconnecting_gives_the_log_in_back(admin_client, rotating):
    connection = logged_in_by_a_person(rotating)
    kept = connection.refresh_token
    url = reverse("admin:crm_mappings_connection_disconnect", args=[connection.pk])

    answer = admin_client.post(url, follow=True)

    row = Connection.objects.get()
    assert (row.access_token, row.refresh_token, row.status) == ("", "", "new")
    assert "given back" in answer.content.decode()
    with pytest.raises(auth.AuthError):
        auth.refresh(connections.log_in._app(connection), refresh_token=kept)


def test_disconnecting_twice_or_from_an_org_that_is_down_is_no_failure(
    admin_client, org, connection
):
    url = reverse("admin:crm_mappings_connection_disconnect", args=[connection.pk])
    org.org.logins.expire_sessions()
    assert "given back" in admin_client.post(url, follow=True).content.decode()

    connections.connect(connection=connection, now=NOW)
    org.org.faults.unavailable = 1
    answer = admin_client.post(url, follow=True).content.decode()

    assert "could not be told" in answer
    assert Connection.objects.get().access_token == ""


# -- resting


def no_answer() -> OrgError:
    return NoAnswer(Refusal(kind=Kind.TRANSIENT, code="TIMEOUT", message="x"))


def test_after_many_failures_the_org_is_left_alone_for_longer_and_longer(connection):
    ends = []
    for _ in range(health.MANY + 2):
        health.failed(connection=connection, error=no_answer(), now=NOW)
        ends.append(Connection.objects.get().not_before)

    assert ends[: health.MANY - 1] == [None] * (health.MANY - 1)
    rests = [(end - NOW).total_seconds() for end in ends[health.MANY - 1 :]]
    assert rests == [30, 60, 120]
    assert health.is_resting(Connection.objects.get(), NOW)


def test_a_rest_has_an_end(connection):
    until = health.rests_until(10_000, NOW)

    assert until == NOW + health.LONGEST_REST


def test_a_success_ends_the_count(connection):
    health.failed(connection=connection, error=no_answer(), now=NOW)
    health.worked(connection=connection, now=NOW)

    row = Connection.objects.get()
    assert (row.failures, row.last_success_at) == (0, NOW)


def test_errors_are_counted_by_hour_and_kind_and_drawn(admin_client, connection):
    from django.utils import timezone

    now = timezone.now()
    for kind in ("data", "data", "transient"):
        health.note(connection=connection, kinds={kind: 2}, now=now)
    page = reverse("admin:crm_mappings_connection_change", args=[connection.pk])

    shown = admin_client.get(page).content.decode()

    assert set(Trouble.objects.values_list("kind", "count")) == {
        ("data", 4),
        ("transient", 2),
    }
    assert "tb-kind-data" in shown
    assert "tb-kind-transient" in shown
    health.forget_old(now=now + timedelta(days=31))
    assert not Trouble.objects.exists()


# -- never a token


def test_no_token_is_in_logs_errors_task_arguments_or_mails(
    rotating, version, boss, caplog
):
    caplog.set_level(logging.DEBUG)
    connection = logged_in_by_a_person(rotating)
    make_mapping(connection, version)
    completed(version, records={"Case": make_case(rotating.org)})
    secrets = [connection.access_token, connection.refresh_token]
    secrets.append(connection.client_secret)
    told = ""
    for fault in ("unavailable", "server_errors", "api_disabled", "policy_errors"):
        setattr(rotating.org.faults, fault, 2)
        try:
            connections.client(connection).organization()
        except OrgError as error:
            told += "".join(traceback.format_exception(error)) + repr(vars(error))
        rotating.org.faults.clear()
    rotating.org.logins.revoke_grants()
    rotating.org.logins.expire_sessions()
    deliver()
    connections.tell_of_problems(now=NOW)

    told += caplog.text + "".join(row.payload for row in OrmQ.objects.all())
    told += "".join(sent.body + sent.subject for sent in mail.outbox)
    told += Connection.objects.get().problem + only_write_back().reason
    assert len(mail.outbox) == 1
    for secret in secrets:
        assert secret
        assert secret not in told
